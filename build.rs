//! Embedded files are never stale: a changed migration or recording rebuilds what embeds it.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=fixtures/demo");
}

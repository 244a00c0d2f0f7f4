//! Embedded files are never stale: a changed migration, declaration or recording rebuilds what embeds it. And a `.env` that would
//! break the build is named, once, before it does.

use std::io::ErrorKind;
use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=src/schema/declared");
    println!("cargo:rerun-if-changed=fixtures/demo");
    // Not rerun when a .env changes: a key in it is no reason to build anew, and a failed build is tried again anyway.
    for folder in Path::new(env!("CARGO_MANIFEST_DIR")).ancestors() {
        let file = folder.join(".env");
        if !readable(&file) {
            // Not what stands in the line: it may be a key.
            println!(
                "cargo::error={} has lines that are not NAME=value (a value with spaces needs quotes), or cannot be read. sqlx's \
                 checks of our SQL read every .env above this folder while we are built: mend it, or move it away",
                file.display()
            );
        }
    }
}

/// Whether sqlx's macros will get through a file. No file is fine.
fn readable(file: &Path) -> bool {
    match dotenvy::from_path_iter(file) {
        Ok(mut lines) => lines.all(|line| line.is_ok()),
        Err(dotenvy::Error::Io(error)) => error.kind() == ErrorKind::NotFound,
        Err(_) => false,
    }
}

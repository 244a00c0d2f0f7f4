//! Embedded files are never stale: a changed migration, declaration or recording rebuilds what embeds it. And a `.env` that would
//! break the build is named, once, before it does.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=src/schema/declared");
    println!("cargo:rerun-if-changed=fixtures/demo");
    if let Err(error) = pack_demo() {
        println!("cargo::error=the demo's recordings in fixtures/demo cannot be packed: {error}");
    }
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

/// Packs the demo's recordings for the program: a tenth of their size. The same files make the same bytes.
fn pack_demo() -> io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "cargo says so where to write")]
    let out = std::env::var_os("OUT_DIR").ok_or(ErrorKind::NotFound)?;
    let packed = File::create(Path::new(&out).join("demo.tar.gz"))?;
    let mut archive = tar::Builder::new(GzEncoder::new(packed, Compression::best()));
    archive.mode(tar::HeaderMode::Deterministic);
    for provider in sorted(Path::new("fixtures/demo"))?.iter().filter(|path| path.is_dir()) {
        for file in sorted(provider)? {
            archive.append_path_with_name(&file, file.strip_prefix("fixtures/demo").unwrap_or(&file))?;
        }
    }
    archive.into_inner()?.finish()?;
    Ok(())
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = folder.read_dir()?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Whether sqlx's macros will get through a file. No file is fine.
fn readable(file: &Path) -> bool {
    match dotenvy::from_path_iter(file) {
        Ok(mut lines) => lines.all(|line| line.is_ok()),
        Err(dotenvy::Error::Io(error)) => error.kind() == ErrorKind::NotFound,
        Err(_) => false,
    }
}

//! Finds the sources of the standard library of exactly this compiler.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::{Compiler, debian};

/// The `library` folder: what was named, what is installed, or the distribution's package.
pub(super) fn find(compiler: &Compiler, named: Option<&Path>, private: &Path) -> Result<PathBuf> {
    if let Some(named) = named {
        return match library_in(named) {
            Some(library) => Ok(library),
            None => bail!(
                "{} holds no Rust library sources (ROOMWIRE_RUST_SRC)",
                named.display()
            ),
        };
    }
    let installed = installed_places(compiler)
        .iter()
        .find_map(|place| library_in(place));
    if let Some(library) = installed {
        eprintln!("    using the sources in {}", library.display());
        return Ok(library);
    }
    let package = debian::unpack_rust_src(compiler, private)?;
    let unpacked = package.join(format!("usr/src/rustc-{}", compiler.release));
    match library_in(&unpacked) {
        Some(library) => Ok(library),
        None => bail!(
            "the rust-src package has no sources in {}",
            unpacked.display()
        ),
    }
}

/// Only places whose content belongs to this release.
fn installed_places(compiler: &Compiler) -> [PathBuf; 2] {
    [
        compiler.sysroot.join("lib/rustlib/src/rust"),
        format!("/usr/src/rustc-{}", compiler.release).into(),
    ]
}

/// Takes the `library` folder itself, or the folder it is in.
fn library_in(folder: &Path) -> Option<PathBuf> {
    [folder.to_path_buf(), folder.join("library")]
        .into_iter()
        .find(|library| {
            library.join("std/Cargo.toml").is_file() && library.join("Cargo.lock").is_file()
        })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_library_is_found_by_itself_and_by_its_parent() {
        let root = tempfile::tempdir().unwrap();
        let library = root.path().join("library");
        fs::create_dir_all(library.join("std")).unwrap();
        fs::write(library.join("std/Cargo.toml"), "").unwrap();
        fs::write(library.join("Cargo.lock"), "").unwrap();
        assert_eq!(library_in(root.path()), Some(library.clone()));
        assert_eq!(library_in(&library), Some(library));
    }

    #[test]
    fn a_named_folder_without_sources_is_refused_and_nothing_is_fetched() {
        let compiler = Compiler {
            release: "1.95.0".to_owned(),
            commit: "unknown".to_owned(),
            sysroot: PathBuf::new(),
        };
        let empty = tempfile::tempdir().unwrap();
        let error = find(&compiler, Some(empty.path()), empty.path()).unwrap_err();
        assert!(error.to_string().contains("ROOMWIRE_RUST_SRC"), "{error}");
    }
}

//! Builds the target's standard library into a private sysroot; the toolchain is only read.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use super::{Compiler, TARGET, has_core, rust_source};
use crate::process;
use crate::workspace::Workspace;

const EMPTY_PACKAGE: &str = "[package]\nname = \"empty\"\nedition = \"2024\"\n\n[workspace]\n";

/// Gives the sysroot for this compiler, building it once.
pub(super) fn ensure(
    workspace: &Workspace,
    compiler: &Compiler,
    named_source: Option<&Path>,
) -> Result<PathBuf> {
    let private = workspace.target.join("wasm-sysroot").join(compiler.key());
    let sysroot = private.join("sysroot");
    if has_core(&libraries(&sysroot)) {
        return Ok(sysroot);
    }
    let what = format!("building the standard library for {TARGET}, without rustup");
    process::step(&what, || {
        let work = private.join("work");
        fs::create_dir_all(&work).with_context(|| format!("can't make {}", work.display()))?;
        let source = rust_source::find(compiler, named_source, &work)?;
        let built = build(&work, &source)?;
        install(&built, &private.join("unfinished"), &sysroot)?;
        // Sources and intermediate results are twenty times as large as what they led to.
        fs::remove_dir_all(&work).with_context(|| format!("can't remove {}", work.display()))
    })?;
    Ok(sysroot)
}

fn libraries(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

/// Lets cargo build `std` for an empty package and gives the libraries that came of it.
fn build(work: &Path, source: &Path) -> Result<Vec<PathBuf>> {
    let package = work.join("empty");
    fs::create_dir_all(package.join("src"))?;
    fs::write(package.join("Cargo.toml"), EMPTY_PACKAGE)?;
    fs::write(package.join("src/lib.rs"), "#![no_std]\n")?;
    let target = work.join("target");
    let mut command = process::cargo(&package);
    command
        .args(["build", "--release", "--target", TARGET])
        .args(["-Zbuild-std=std,panic_abort", "--message-format=json-render-diagnostics"])
        // `-Z` on a released compiler; only the compiler's own sources are built with it.
        .env("RUSTC_BOOTSTRAP", "1")
        // Plugins are linked with LTO, which needs the bitcode.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        // Where cargo reads the sources when they are not in the toolchain, which stays as it is.
        .env("__CARGO_TESTS_ONLY_SRC_ROOT", source)
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_BUILD_BUILD_DIR", &target)
        .stdin(Stdio::null());
    Ok(library_files(&process::output(&mut command)?))
}

/// Reads cargo's messages: the `.rlib` files of everything but the empty package.
fn library_files(messages: &str) -> Vec<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] != "empty")
        .filter_map(|message| message["filenames"].as_array().cloned())
        .flatten()
        .filter_map(|name| name.as_str().map(PathBuf::from))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "rlib")
        })
        .collect()
}

/// Moves a complete sysroot into its place, so that half of one is never used.
fn install(built: &[PathBuf], unfinished: &Path, sysroot: &Path) -> Result<()> {
    for folder in [unfinished, sysroot] {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
    }
    let into = libraries(unfinished);
    fs::create_dir_all(&into)?;
    for file in built {
        let name = file.file_name().context("a library without a name")?;
        fs::copy(file, into.join(name))
            .with_context(|| format!("can't copy {}", file.display()))?;
    }
    if !has_core(&into) {
        bail!(
            "cargo built {} libraries, and `core` is not one of them",
            built.len()
        );
    }
    fs::rename(unfinished, sysroot)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_read_from_messages_without_the_empty_package() {
        let messages = concat!(
            r#"{"target":{"name":"core"},"filenames":["/d/libcore-1.rlib","/d/libcore-1.rmeta"]}"#,
            "\n",
            r#"{"target":{"name":"empty"},"filenames":["/d/libempty-1.rlib"]}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(
            library_files(messages),
            [PathBuf::from("/d/libcore-1.rlib")]
        );
    }

    #[test]
    fn a_sysroot_without_core_is_not_installed() {
        let root = tempfile::tempdir().unwrap();
        let other = root.path().join("libstd-1.rlib");
        fs::write(&other, "").unwrap();
        let sysroot = root.path().join("sysroot");
        let error = install(&[other], &root.path().join("unfinished"), &sysroot).unwrap_err();
        assert!(error.to_string().contains("`core`"), "{error}");
        assert!(!sysroot.exists());
    }

    #[test]
    fn a_complete_sysroot_is_found_by_the_compiler() {
        let root = tempfile::tempdir().unwrap();
        let core = root.path().join("libcore-1.rlib");
        fs::write(&core, "").unwrap();
        let sysroot = root.path().join("sysroot");
        install(&[core], &root.path().join("unfinished"), &sysroot).unwrap();
        assert!(has_core(&libraries(&sysroot)));
    }
}

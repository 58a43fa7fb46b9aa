//! Makes sure that connectors can be compiled for wasm, by rustup or without it.

mod debian;
mod rust_source;
mod standard_library;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::process;
use crate::workspace::Workspace;

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
const TARGET_FLAGS: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";

/// How long rustup may try; its server may be out of reach.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

/// Where the wasm target comes from.
#[derive(Debug, Clone, Args)]
pub(crate) struct WasmTargetOptions {
    /// Whether to use the toolchain's wasm target or to build one of our own.
    #[arg(
        long = "wasm-target",
        env = "ROOMWIRE_WASM_TARGET",
        hide = true,
        global = true
    )]
    #[arg(value_enum, default_value_t = Origin::Toolchain)]
    origin: Origin,
    /// The folder of the compiler's library sources, for a machine where they are nowhere usual.
    #[arg(long, env = "ROOMWIRE_RUST_SRC", hide = true, global = true)]
    rust_src: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Origin {
    /// The toolchain's own, added by rustup where it is missing; the fallback after that.
    Toolchain,
    /// The fallback even where the toolchain has the target, to try the fallback out.
    Fallback,
}

/// A target that can be compiled for.
#[derive(Debug)]
pub(crate) struct WasmTarget {
    /// A sysroot of ours, where the toolchain has no standard library for the target.
    sysroot: Option<PathBuf>,
}

impl WasmTarget {
    /// Finds the target, adds it, or builds its standard library.
    pub(crate) fn ensure(workspace: &Workspace, options: &WasmTargetOptions) -> Result<Self> {
        if options.origin == Origin::Toolchain {
            if toolchain_has_target()? {
                return Ok(Self { sysroot: None });
            }
            let added = process::step(&format!("adding {TARGET} with rustup"), add_with_rustup);
            match added {
                Ok(()) if toolchain_has_target()? => return Ok(Self { sysroot: None }),
                Ok(()) => eprintln!("    rustup added it, and this compiler still has no {TARGET}"),
                Err(cause) => eprintln!("    {cause:#}"),
            }
        }
        let compiler = Compiler::ask()?;
        let sysroot = standard_library::ensure(workspace, &compiler, options.rust_src.as_deref())
            .with_context(|| {
            format!("{TARGET} is missing and can't be built here; with a network, `rustup target add {TARGET}` adds it")
        })?;
        if sysroot.to_string_lossy().contains(char::is_whitespace) {
            bail!(
                "{}: cargo can't take flags with a space; move the target folder",
                sysroot.display()
            );
        }
        Ok(Self {
            sysroot: Some(sysroot),
        })
    }

    /// Tells a program that runs cargo for the wasm target where its standard library is.
    pub(crate) fn apply(&self, command: &mut Command) {
        if let Some(sysroot) = &self.sysroot {
            let flags = with_sysroot(env::var_os(TARGET_FLAGS), sysroot);
            command.env(TARGET_FLAGS, flags);
        }
    }
}

fn with_sysroot(flags: Option<OsString>, sysroot: &Path) -> OsString {
    let mut flags = flags.unwrap_or_default();
    if !flags.is_empty() {
        flags.push(" ");
    }
    flags.push("--sysroot=");
    flags.push(sysroot);
    flags
}

fn toolchain_has_target() -> Result<bool> {
    let mut command = process::rustc();
    command.args(["--print", "target-libdir", "--target", TARGET]);
    let folder = process::output(&mut command)?;
    Ok(has_core(Path::new(folder.trim())))
}

/// Whether the folder holds the standard library, of which `core` is the part all of it needs.
fn has_core(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries.filter_map(Result::ok).any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libcore-") && name.ends_with(".rlib")
    })
}

fn add_with_rustup() -> Result<()> {
    let rustup = process::on_path("rustup").context("there is no rustup here")?;
    let mut command = Command::new(rustup);
    command.args(["target", "add", TARGET]);
    process::run_within(&mut command, RUSTUP_LIMIT)
}

/// Which compiler we have; a standard library serves exactly one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Compiler {
    /// For example `1.95.0`.
    pub(crate) release: String,
    /// The commit it was built from, or `unknown` for some distributions' compilers.
    pub(crate) commit: String,
    pub(crate) sysroot: PathBuf,
}

impl Compiler {
    fn ask() -> Result<Self> {
        let sysroot = process::output(process::rustc().args(["--print", "sysroot"]))?;
        let version = process::output(process::rustc().arg("-vV"))?;
        let field = |name: &str| {
            version
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                .map(str::to_owned)
        };
        Ok(Self {
            release: field("release").context("`rustc -vV` names no release")?,
            commit: field("commit-hash").unwrap_or_else(|| "unknown".to_owned()),
            sysroot: sysroot.trim().into(),
        })
    }

    /// A name for what was built for this compiler and no other.
    pub(crate) fn key(&self) -> String {
        let commit = self.commit.get(..9).unwrap_or(&self.commit);
        format!("{}-{commit}", self.release)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_that_are_there_are_kept() {
        let flags = with_sysroot(Some("-Cdebuginfo=0".into()), Path::new("/s"));
        assert_eq!(flags, "-Cdebuginfo=0 --sysroot=/s");
        assert_eq!(with_sysroot(None, Path::new("/s")), "--sysroot=/s");
    }

    #[test]
    fn a_folder_without_core_has_no_standard_library() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_core(folder.path()));
        std::fs::write(folder.path().join("libcore-0123.rlib"), "").unwrap();
        assert!(has_core(folder.path()));
    }

    #[test]
    fn a_compiler_says_which_it_is() {
        let compiler = Compiler::ask().unwrap();
        assert!(compiler.release.starts_with("1."), "{compiler:?}");
        assert!(compiler.sysroot.is_dir(), "{compiler:?}");
    }

    #[test]
    fn another_commit_is_another_key() {
        let of = |commit: &str| {
            let compiler = Compiler {
                release: "1.95.0".to_owned(),
                commit: commit.to_owned(),
                sysroot: PathBuf::new(),
            };
            compiler.key()
        };
        assert_eq!(of("59807616e1fa25"), "1.95.0-59807616e");
        assert_eq!(of("unknown"), "1.95.0-unknown");
    }
}

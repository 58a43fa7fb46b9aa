//! Making a plugin file of a connector's crate: compile, componentize, check against the manifest, embed it.
//! Of a component that other tools made, only the last two are left to do.

mod cargo;
mod check;
mod place;
mod source;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use wit_component::ComponentEncoder;

use super::inspect::{Certificate, Interfaces, inspect};
use super::loader::foreign;
use super::manifest::section::{self, SectionError};
use super::manifest::{Manifest, ManifestError};

pub use self::check::Disagreement;
pub(in crate::plugin) use self::check::disagreements;
pub(in crate::plugin) use self::source::Source;

/// A plugin file and where it lies.
#[derive(Debug)]
pub struct Built {
    pub path: PathBuf,
    pub certificate: Certificate,
}

/// Why there is no plugin file.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("{} cannot be {action}", path.display())]
    File {
        path: PathBuf,
        action: &'static str,
        source: io::Error,
    },
    #[error("{}{place} is refused", path.display())]
    Manifest {
        path: PathBuf,
        place: place::Place,
        source: Box<ManifestError>,
    },
    #[error("cargo cannot be started: is Rust installed?")]
    NoCargo(#[source] io::Error),
    #[error(
        "cargo failed ({0}); if the target is missing: rustup target add wasm32-unknown-unknown"
    )]
    Cargo(std::process::ExitStatus),
    #[error("{} makes no WebAssembly library: its Cargo.toml needs [lib] crate-type = [\"cdylib\", \"rlib\"]", .0.display())]
    NoArtifact(PathBuf),
    #[error("the module does not become a component: {0}")]
    Componentize(String),
    #[error("the component and the manifest (plugin.toml) disagree")]
    Disagreement(#[from] Disagreement),
    #[error(transparent)]
    Section(#[from] SectionError),
}

/// Builds the connector in `directory`, which holds `Cargo.toml` and `plugin.toml`.
/// Without `out` the file goes to `target/plugins/<id>.wasm`. Cargo's own progress goes to stderr.
pub fn build(directory: &Path, out: Option<&Path>) -> Result<Built, BuildError> {
    let manifest = Source::read(directory)?.manifest()?;
    let artifact = cargo::compile(directory)?;
    let file = assemble(&read(&artifact)?, &manifest)?;
    let path = out.map_or_else(|| default_path(&artifact, &manifest.id), Path::to_path_buf);
    put(path, &file)
}

/// Packs a component that other tools made, with the manifest in `directory`.
/// Without `out` the file goes to `plugins/<id>.wasm` beside the component.
pub fn pack(directory: &Path, component: &Path, out: Option<&Path>) -> Result<Built, BuildError> {
    let manifest = Source::read(directory)?.manifest()?;
    let bytes = read(component)?;
    let file = section::embed(&bytes, &manifest)?;
    let interfaces = Interfaces::read(&bytes).map_err(SectionError::Malformed)?;
    check::check_packed(foreign::imports(&bytes)?, &interfaces, &manifest)?;
    let beside = || component.with_file_name(format!("plugins/{}.wasm", manifest.id));
    put(out.map_or_else(beside, Path::to_path_buf), &file)
}

fn put(path: PathBuf, file: &[u8]) -> Result<Built, BuildError> {
    write(&path, file)?;
    Ok(Built {
        certificate: inspect(file)?,
        path,
    })
}

/// Makes a plugin file of a core module that `wit-bindgen` described, and of its manifest.
pub fn assemble(module: &[u8], manifest: &Manifest) -> Result<Vec<u8>, BuildError> {
    let encode = || {
        ComponentEncoder::default()
            .validate(true)
            .module(module)?
            .encode()
    };
    let component = encode().map_err(|error| BuildError::Componentize(format!("{error:#}")))?;
    let interfaces = Interfaces::read(&component).map_err(SectionError::Malformed)?;
    check::check(&interfaces, manifest)?;
    Ok(section::embed(&component, manifest)?)
}

fn read(path: &Path) -> Result<Vec<u8>, BuildError> {
    fs::read(path).map_err(|source| BuildError::File {
        path: path.to_path_buf(),
        action: "read",
        source,
    })
}

/// Beside what cargo made: `<target>/wasm32-unknown-unknown/plugin/x.wasm` becomes `<target>/plugins/<id>.wasm`.
fn default_path(artifact: &Path, id: &str) -> PathBuf {
    let target = artifact.ancestors().nth(3).unwrap_or(Path::new("target"));
    target.join("plugins").join(format!("{id}.wasm"))
}

/// Writes the file in one step, so that a host that watches the folder never sees half of it.
fn write(path: &Path, file: &[u8]) -> Result<(), BuildError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let put = || {
        fs::create_dir_all(folder)?;
        let mut staged = tempfile::Builder::new()
            .prefix(".plugin-")
            .tempfile_in(folder)?;
        staged.write_all(file)?;
        staged.as_file().sync_all()?;
        readable_by_all(staged.path())?;
        staged.persist(path).map_err(|error| error.error)
    };
    put().map(drop).map_err(|source| BuildError::File {
        path: path.to_path_buf(),
        action: "written",
        source,
    })
}

/// Temporary files are the owner's alone, and a plugin is often built by one user and run by another.
fn readable_by_all(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_replaces_an_older_one_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/plugin.wasm");
        write(&path, b"first").expect("written");
        write(&path, b"second").expect("written");
        assert_eq!(fs::read(&path).expect("the file"), b"second");
        assert_eq!(
            fs::read_dir(folder.path().join("deep"))
                .expect("the folder")
                .count(),
            1
        );
    }

    #[test]
    fn the_default_place_is_beside_cargos_own_output() {
        let artifact = Path::new("/w/target/wasm32-unknown-unknown/plugin/roomwire_x.wasm");
        assert_eq!(
            default_path(artifact, "x"),
            Path::new("/w/target/plugins/x.wasm")
        );
    }

    #[test]
    fn a_manifest_that_is_refused_is_named_with_line_and_field() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("plugin.toml");
        let good = include_str!("example.toml");
        let refusal = |text: &str| {
            fs::write(&path, text).expect("written");
            let source = Source::read(folder.path()).expect("a file");
            let error = source.manifest().expect_err("a refused manifest");
            format!("{:#}", anyhow::Error::from(error))
        };
        let kind = refusal(&good.replace("kind = \"email\"", "kind = \"hotel\""));
        assert!(
            kind.contains("plugin.toml, line 5 is refused: manifest field `kind`: "),
            "{kind}"
        );
        let syntax = refusal(&good.replace("id = \"pigeon-post\"", "id = pigeon-post"));
        assert!(syntax.contains("line 1"), "{syntax}");
        let missing = build(&folder.path().join("nowhere"), None)
            .expect_err("no folder")
            .to_string();
        assert!(missing.contains("plugin.toml cannot be read"), "{missing}");
    }

    #[test]
    fn what_other_tools_made_is_checked_before_it_is_packed() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("plugin.toml"), include_str!("example.toml")).expect("written");
        let refusal = |component: &[u8]| {
            fs::write(at("made.wasm"), component).expect("written");
            let refused = pack(folder.path(), &at("made.wasm"), None).expect_err("no plugin");
            let cause = std::error::Error::source(&refused);
            format!(
                "{refused}: {}",
                cause.map_or_else(String::new, ToString::to_string)
            )
        };
        let mute = refusal(&wasm_encoder::Component::new().finish());
        assert!(
            mute.contains("the manifest promises `roomwire:email/email-"),
            "{mute}"
        );
        let module = refusal(&wasm_encoder::Module::new().finish());
        assert!(module.contains("the file is a core module"), "{module}");
        assert!(!at("plugins").exists(), "nothing is written");
    }

    #[test]
    fn what_is_no_module_does_not_become_a_component() {
        let manifest = Manifest::from_toml(include_str!("example.toml")).expect("a manifest");
        assert!(matches!(
            assemble(b"\0asm", &manifest),
            Err(BuildError::Componentize(_))
        ));
    }
}

//! Compiles guests to plugin files, each once a run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use roomwire::plugin::manifest::{Manifest, section};
use wit_component::ComponentEncoder;

/// The hostile guest, as a plugin file's bytes.
pub(crate) fn hostile() -> &'static [u8] {
    static BUILT: OnceLock<Vec<u8>> = OnceLock::new();
    BUILT.get_or_init(|| hostile_with(&hostile_manifest()))
}

/// The manifest of the hostile guest, as its author wrote it.
pub(crate) fn hostile_manifest() -> String {
    std::fs::read_to_string(folder("hostile").join("plugin.toml")).expect("its plugin.toml")
}

/// The hostile guest's component, with another manifest.
pub(crate) fn hostile_with(manifest: &str) -> Vec<u8> {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    let component = COMPONENT.get_or_init(|| component("hostile"));
    let manifest = Manifest::from_toml(manifest).expect("a manifest");
    section::embed(component, &manifest).expect("a component")
}

fn folder(guest: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("guests")
        .join(guest)
}

fn component(guest: &str) -> Vec<u8> {
    let module = std::fs::read(compile(guest)).expect("the compiled guest");
    let mut encoder = ComponentEncoder::default()
        .module(&module)
        .expect("a module of wit-bindgen's")
        .validate(true);
    encoder.encode().expect("a component")
}

/// The guest's core module.
fn compile(guest: &str) -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args([
            "build",
            "--target",
            "wasm32-unknown-unknown",
            "--profile",
            "plugin",
            "--message-format",
            "json",
        ])
        .current_dir(folder(guest))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo starts");
    assert!(
        output.status.success(),
        "the guest `{guest}` does not compile"
    );
    let messages = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    let artifacts = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let files =
        artifacts.flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default());
    let mut files = files.filter_map(|file| file.as_str().map(PathBuf::from));
    let wasm = |file: &PathBuf| {
        file.extension()
            .is_some_and(|extension| extension == "wasm")
    };
    files.rfind(wasm).expect("a wasm file")
}

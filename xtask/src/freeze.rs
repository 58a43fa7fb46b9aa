//! `cargo xtask freeze`: keeps the present contract and the plugins that use all of it, as `tests/frozen/<version>`.

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use semver::Version;
use walkdir::WalkDir;

use crate::plugins::{self, Profile};
use crate::tidy::contract::{self, frozen};
use crate::wasm_target::WasmTargetOptions;
use crate::workspace::Workspace;

/// The guests that use everything of the contract, each with the name of its file.
const GUESTS: [(&str, &str); 2] = [
    ("frozen-channel", "channel.wasm"),
    ("frozen-email", "email.wasm"),
];

pub(crate) fn run(workspace: &Workspace, wasm_target: &WasmTargetOptions) -> Result<ExitCode> {
    let version = contract::publishable(&workspace.root)?;
    for (guest, _) in GUESTS {
        check_contract(&workspace.root, guest, &version)?;
    }
    let built = plugins::build(workspace, wasm_target, Profile::Dev, &[])?;
    keep(&workspace.root, &built.guests, &version)?;
    eprintln!(
        "{}/{version} is written: commit it, and never change it again",
        frozen::FOLDER
    );
    Ok(ExitCode::SUCCESS)
}

/// A guest that names another version would be frozen as a witness of that one.
fn check_contract(root: &Path, guest: &str, version: &Version) -> Result<()> {
    let place = format!("tests/guests/{guest}/plugin.toml");
    let text =
        fs::read_to_string(root.join(&place)).with_context(|| format!("can't read {place}"))?;
    let manifest: toml::Table = toml::from_str(&text).with_context(|| place.clone())?;
    let named = manifest.get("contract").and_then(toml::Value::as_str);
    if named != Some(version.to_string().as_str()) {
        bail!("{place}: write `contract = \"{version}\"`, and let the guest use what is new in it");
    }
    Ok(())
}

/// Writes a hidden folder and gives it its name at last, so that half of a version is never found.
fn keep(root: &Path, guests: &Path, version: &Version) -> Result<()> {
    let parent = root.join(frozen::FOLDER);
    let (draft, folder) = (
        parent.join(format!(".{version}")),
        parent.join(version.to_string()),
    );
    match fs::remove_dir_all(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("can't remove {}", draft.display()));
        }
        _ => {}
    }
    copy_text(&root.join("wit"), &draft.join("wit"))?;
    for (guest, file) in GUESTS {
        copy(&guests.join(format!("{guest}.wasm")), &draft.join(file))?;
    }
    frozen::seal(&draft)?;
    fs::rename(&draft, &folder).with_context(|| format!("can't make {}", folder.display()))
}

/// The packages, without the page about them.
fn copy_text(from: &Path, to: &Path) -> Result<()> {
    for entry in WalkDir::new(from).sort_by_file_name() {
        let entry = entry?;
        let is_wit = entry.path().extension().is_some_and(|end| end == "wit");
        if entry.file_type().is_file() && is_wit {
            copy(entry.path(), &to.join(entry.path().strip_prefix(from)?))?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    }
    fs::copy(from, to)
        .map(drop)
        .with_context(|| format!("can't copy {} to {}", from.display(), to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_version_is_kept_with_its_text_its_guests_and_their_sums_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        write(&at("wit/host/host.wit"), "package roomwire:host@1.0.0;\n");
        write(&at("wit/README.md"), "about it");
        write(&at("guests/frozen-channel.wasm"), "one");
        write(&at("guests/frozen-email.wasm"), "two");
        write(&at("guests/hostile.wasm"), "three");
        write(&at("tests/frozen/.1.0.0/half.wasm"), "an earlier attempt");
        keep(root.path(), &at("guests"), &Version::new(1, 0, 0)).unwrap();
        let mut files: Vec<String> = WalkDir::new(at("tests/frozen"))
            .into_iter()
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let path = entry.path().strip_prefix(at("tests/frozen")).unwrap();
                path.display().to_string()
            })
            .collect();
        files.sort();
        assert_eq!(
            files,
            [
                "1.0.0/SHA256SUMS",
                "1.0.0/channel.wasm",
                "1.0.0/email.wasm",
                "1.0.0/wit/host/host.wit"
            ]
        );
        let sums = fs::read_to_string(at("tests/frozen/1.0.0/SHA256SUMS")).unwrap();
        // The digest of `one`.
        assert!(
            sums.starts_with(
                "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed  channel.wasm\n"
            ),
            "{sums}"
        );
    }

    #[test]
    fn a_guest_of_another_version_is_not_frozen() {
        let root = tempfile::tempdir().unwrap();
        let manifest = root.path().join("tests/guests/frozen-email/plugin.toml");
        write(&manifest, "contract = \"1.0.0\"");
        let check = |minor| check_contract(root.path(), "frozen-email", &Version::new(1, minor, 0));
        check(0).unwrap();
        let refused = check(1).unwrap_err().to_string();
        assert!(
            refused.contains("tests/guests/frozen-email/plugin.toml: write `contract = \"1.1.0\"`"),
            "{refused}"
        );
    }
}

//! The files of a new connector: those of `plugins/`, which are compiled and tested like any other crate of ours.

use super::NewKind;
use super::name::Name;

/// A path within the crate, and the text as it stands in the workspace.
type File = (&'static str, &'static str);

macro_rules! files {
    ($folder:literal: $($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../../../../plugins/", $folder, "/", $path)))),+]
    };
}

const CHANNEL: &[File] = files!("template":
    ".gitignore",
    "Cargo.toml",
    "README.md",
    "certification.toml",
    "examples/simulator.rs",
    "plugin.toml",
    "settings.schema.json",
    "src/lib.rs",
    "src/map.rs",
    "src/wire.rs",
    "tests/golden.rs",
    "tests/golden/check-found.json",
    "tests/golden/check-garbled.json",
    "tests/golden/check-maintenance.json",
    "tests/golden/check-missing.json",
    "tests/golden/check-revoked.json",
    "tests/golden/fetch-backwards.json",
    "tests/golden/fetch-booked.json",
    "tests/golden/fetch-cancelled.json",
    "tests/golden/fetch-place.json",
    "tests/golden/fetch-total-only.json",
    "tests/golden/fetch-unknown-status.json",
    "tests/golden/fetch-yen.json",
    "tests/golden/products.json",
    "tests/golden/pull-all-broken.json",
    "tests/golden/pull-first.json",
    "tests/golden/pull-last.json",
    "tests/golden/pull-one-broken.json",
    "tests/golden/push-everything.json",
    "tests/golden/push-garbled.json",
    "tests/golden/push-one-refused.json",
    "tests/golden/push-one-unsaid.json",
    "tests/golden/push-paused.json",
    "tests/golden/push-unanswered.json",
);

const EMAIL: &[File] = files!("template-email":
    ".gitignore",
    "Cargo.toml",
    "README.md",
    "certification.toml",
    "examples/simulator.rs",
    "plugin.toml",
    "settings.schema.json",
    "src/lib.rs",
    "src/map.rs",
    "src/wire.rs",
    "tests/golden.rs",
    "tests/golden/another-success.json",
    "tests/golden/error-400.json",
    "tests/golden/error-401.json",
    "tests/golden/error-422-suppressed.json",
    "tests/golden/error-429.json",
    "tests/golden/error-503-page.json",
    "tests/golden/no-answer.json",
    "tests/golden/send-full.json",
    "tests/golden/send-plain.json",
);

/// The names that the templates go by: an id, a crate, and words.
const CHANNEL_NAMES: [&str; 3] = ["quiet-harbour", "quiet_harbour", "Quiet Harbour"];
const EMAIL_NAMES: [&str; 3] = ["swift-letter", "swift_letter", "Swift Letter"];

/// Where the templates have the SDK.
const SDK: &str = r#"path = "../../plugin-sdk""#;

/// A crate outside of any workspace says so, for cargo would take it for a forgotten member of one around it.
const OWN_WORKSPACE: &str = "\n# Its own workspace, wherever the folder lies.\n[workspace]\n";

/// What a new crate's Cargo.toml must know of its place.
#[derive(Debug)]
pub(super) struct Cargo {
    /// The folder of the SDK, as the crate names it.
    pub(super) sdk: String,
    pub(super) own_workspace: bool,
}

/// The files of a connector of this name.
pub(super) fn rendered(kind: NewKind, name: &Name, cargo: &Cargo) -> Vec<(&'static str, String)> {
    let (files, [id, in_rust, in_words]) = match kind {
        NewKind::Channel => (CHANNEL, CHANNEL_NAMES),
        NewKind::Email => (EMAIL, EMAIL_NAMES),
    };
    let renamed = |text: &str| {
        text.replace(id, name.as_str())
            .replace(in_rust, &name.in_rust())
            .replace(in_words, &name.in_words())
    };
    files
        .iter()
        .map(|(path, text)| {
            let mut text = renamed(text);
            if *path == "Cargo.toml" {
                // TOML quotes what it must.
                let sdk = toml::Value::String(cargo.sdk.clone());
                text = text.replace(SDK, &format!("path = {sdk}"));
                if cargo.own_workspace {
                    text.push_str(OWN_WORKSPACE);
                }
            }
            (*path, text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn folder(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../plugins")
            .join(name)
    }

    fn files_below(root: &Path, at: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(at).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                files_below(root, &path, found);
            } else {
                let inner = path.strip_prefix(root).expect("below the root");
                found.insert(inner.display().to_string());
            }
        }
    }

    #[test]
    fn no_file_of_a_template_is_forgotten() {
        for (name, files) in [("template", CHANNEL), ("template-email", EMAIL)] {
            let root = folder(name);
            let mut there = BTreeSet::new();
            files_below(&root, &root, &mut there);
            let embedded: BTreeSet<String> =
                files.iter().map(|(path, _)| (*path).to_owned()).collect();
            assert_eq!(embedded, there, "{name}");
        }
    }

    #[test]
    fn nothing_of_the_templates_own_names_is_left() {
        let name: Name = "sea-view".parse().expect("a name");
        let cargo = Cargo {
            sdk: "/opt/road \"7\"/plugin-sdk".to_owned(),
            own_workspace: true,
        };
        for kind in [NewKind::Channel, NewKind::Email] {
            for (path, text) in rendered(kind, &name, &cargo) {
                let small = text.to_lowercase();
                for word in ["quiet", "harbour", "swift", "../../"] {
                    assert!(!small.contains(word), "{word} is left in {path}");
                }
                if path == "Cargo.toml" {
                    let table: toml::Table = text.parse().expect("TOML");
                    let sdk = &table["dependencies"]["roomwire-plugin-sdk"];
                    assert_eq!(sdk["path"].as_str(), Some(cargo.sdk.as_str()));
                    assert_eq!(table["package"]["name"].as_str(), Some("sea-view"));
                    assert!(table.contains_key("workspace"));
                }
            }
        }
    }
}

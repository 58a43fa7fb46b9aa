//! Files that are refused at the door.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use roomwire::plugin::{Limits, Plugins};

use super::build::{hostile, hostile_manifest, hostile_with};
use super::remote::Remote;
use super::world::options;

/// Everything that loading these files says, or nothing where they load.
pub(crate) async fn refusal(files: &[(&str, &[u8])]) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).expect("written");
    }
    load(folder.path()).await
}

async fn load(folder: &Path) -> Option<String> {
    let remote = Remote::start().await;
    let options = options(Limits::default(), &remote, &Arc::default());
    let error = Plugins::load_directory(folder, options).await.err()?;
    let causes = std::iter::successors(Some(&error as &dyn Error), |&error| error.source());
    Some(
        causes
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(": "),
    )
}

#[tokio::test]
async fn other_files_of_the_folder_are_left_alone() {
    assert_eq!(
        refusal(&[("hostile.wasm", hostile()), ("README.md", b"not a plugin")]).await,
        None
    );
}

#[tokio::test]
async fn a_refusal_names_the_file() {
    let sentence = refusal(&[("broken.wasm", b"not a plugin")])
        .await
        .expect("a refusal");
    assert!(
        sentence.contains("broken.wasm is refused: not a WebAssembly component"),
        "{sentence}"
    );
}

#[tokio::test]
async fn two_files_cannot_have_one_id() {
    let sentence = refusal(&[("a.wasm", hostile()), ("b.wasm", hostile())])
        .await
        .expect("a refusal");
    assert!(
        sentence.contains("its id `hostile` is also that of"),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_manifest_that_promises_what_the_component_does_not_export_is_refused() {
    let promising = hostile_manifest().replace(
        "kind = \"channel\"\n",
        "kind = \"channel\"\nabilities = [\"ari-reader\"]\n",
    );
    let sentence = refusal(&[("hostile.wasm", &hostile_with(&promising))])
        .await
        .expect("a refusal");
    assert!(
        sentence.contains("declares the ability `ari-reader`, and the component does not export"),
        "{sentence}"
    );
}

#[tokio::test]
async fn memory_that_the_guest_needs_from_the_start_counts() {
    let modest = hostile_manifest().replace("[channel]", "[limits]\nmemory_mib = 1\n\n[channel]");
    let sentence = refusal(&[("hostile.wasm", &hostile_with(&modest))])
        .await
        .expect("a refusal");
    assert!(
        sentence.contains("it fails as soon as it is started: it asked for more memory"),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let sentence = load(Path::new("/nonexistent/plugins"))
        .await
        .expect("a refusal");
    assert!(
        sentence.starts_with("the plugin directory /nonexistent/plugins cannot be read"),
        "{sentence}"
    );
}

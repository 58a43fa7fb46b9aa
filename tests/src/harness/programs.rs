//! What `cargo xtask test` builds for the tests: the host's binary and the plugins.

use std::path::{Path, PathBuf};

use roomwire::config::Environment;

/// The host's binary. The private Postgres needs it, and so do the tests that kill it.
pub(crate) fn host() -> PathBuf {
    built("ROOMWIRE_BIN", "target/debug/roomwire")
}

/// The folder of the built plugins.
pub(crate) fn plugins() -> PathBuf {
    built("ROOMWIRE_PLUGINS", "target/plugins")
}

/// Where all tests' hosts keep machine code, so that each plugin is compiled once.
pub(crate) fn plugins_cache() -> PathBuf {
    plugins().with_file_name("plugins-cache")
}

/// The folder of the built guests of the tests.
pub(crate) fn guests() -> PathBuf {
    built("ROOMWIRE_GUESTS", "target/guests")
}

/// What the environment names, or the usual place in the workspace.
fn built(variable: &str, usual: &str) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests are a folder of the workspace");
    let path = Environment::of_process()
        .get(variable)
        .map_or_else(|| workspace.join(usual), PathBuf::from);
    assert!(
        path.exists(),
        "{} is missing: run `cargo xtask test`, which builds the host and its plugins first",
        path.display()
    );
    path
}

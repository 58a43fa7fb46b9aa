//! A folder of an author's own, in which `roomwire` and cargo can be run.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use roomwire::config::Environment;

use crate::harness::programs;

/// Removed at the end.
pub(super) struct Workbench {
    folder: tempfile::TempDir,
    /// Where commands run: the folder, or one below it.
    here: PathBuf,
    /// What goes on in the background, ended with the workbench.
    running: Vec<Child>,
}

/// What a command left behind.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) status: Option<i32>,
    /// Standard output and standard error.
    pub(super) text: String,
}

impl Workbench {
    /// Outside of the workspace, so that a new crate stands by itself, with the SDK beside it as in a checkout.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let sdk = workspace().join("plugin-sdk");
        symlink(sdk, folder.path().join("plugin-sdk")).expect("a link to the SDK");
        let here = folder.path().to_path_buf();
        Self {
            folder,
            here,
            running: Vec::new(),
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.here.join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Enters a crate, and gives it the versions that the workspace is built with: the tests need no network.
    pub(super) fn enter(&mut self, name: &str) {
        self.here.push(name);
        let lock = workspace().join("Cargo.lock");
        fs::copy(lock, self.here.join("Cargo.lock")).expect("the lock is copied");
    }

    /// A line as it would be typed.
    pub(super) fn run(&self, line: &str) -> Ran {
        let output = self.command(line).output().expect("a shell starts");
        let streams = [output.stdout, output.stderr].concat();
        Ran {
            status: output.status.code(),
            text: String::from_utf8_lossy(&streams).into_owned(),
        }
    }

    /// A line that goes on in the background. It is waited for until it says something that begins so, which is given.
    pub(super) fn start(&mut self, line: &str, says: &str) -> String {
        // The shell becomes the program, as cargo does with what it runs: ending the one ends the other.
        let mut command = self.command(&format!("exec {line}"));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut running = command.spawn().expect("a shell starts");
        let output = running.stdout.take().expect("standard output was piped");
        self.running.push(running);
        let mut said = BufReader::new(output).lines().map_while(Result::ok);
        said.find(|said| said.starts_with(says))
            .unwrap_or_else(|| panic!("`{line}` does not say {says:?}"))
    }

    /// Cargo compiles into the workspace's folder, where dependencies lie ready.
    fn command(&self, line: &str) -> Command {
        let host = programs::host();
        let debug = host.parent().expect("the program is in a folder");
        let mut command = Command::new("sh");
        command
            .args(["-c", line])
            .current_dir(&self.here)
            .env("PATH", path_with(debug))
            .env(
                "CARGO_TARGET_DIR",
                debug.parent().expect("the target folder"),
            )
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        command
    }

    /// Runs a line that must succeed.
    pub(super) fn done(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(ran.status, Some(0), "{line}\n{}", ran.text);
        ran.text
    }

    /// What lies in the outermost folder beside the SDK.
    pub(super) fn entries(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("the folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = names
            .map(|name| name.to_string_lossy().into_owned())
            .filter(|name| name != "plugin-sdk")
            .collect();
        names.sort();
        names
    }
}

impl Drop for Workbench {
    fn drop(&mut self) {
        for running in &mut self.running {
            // What has ended by itself cannot be killed, and is waited for all the same.
            let _ = running.kill();
            let _ = running.wait();
        }
    }
}

pub(super) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests are a folder of the workspace")
}

/// The folder before all others, so that `roomwire` is the program that was just built.
fn path_with(folder: &Path) -> OsString {
    let mut path = folder.as_os_str().to_owned();
    if let Some(others) = Environment::of_process().get("PATH") {
        path.push(":");
        path.push(others);
    }
    path
}

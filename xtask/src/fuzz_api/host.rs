//! A host of its own for the fuzzing: an empty folder, a private Postgres, two hotels, a key of each sort.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::process;
use crate::workspace::Workspace;

const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(40);

/// Nobody is refused for asking often: it is the answers that are looked at.
const LIMITS: &str = "\
    [plugins]\n\
    directory = \"plugins\"\n\
    [limits]\n\
    key = { per_second = 100000, burst = 100000 }\n\
    booking = { per_second = 100000, burst = 100000 }\n\
    hotel = { per_second = 100000, burst = 100000 }\n\
    failures = { per_second = 100000, burst = 100000 }\n";

/// What would lead the host to another database than its own.
const FOREIGN: [&str; 3] = ["DATABASE_URL", "DATABASE_OWNER_URL", "ROOMWIRE_QUOTE_KEY"];

/// Whose key is made how; who has none is not named.
const KEYS: [(&str, &[&str]); 3] = [
    ("secret", &["--hotel", "aurora-rome"]),
    ("publishable", &["--hotel", "aurora-rome", "--publishable"]),
    ("operator", &[]),
];

/// A running host. It is ended, and its data goes, with this value.
pub(super) struct Host {
    program: PathBuf,
    port: u16,
    keys: BTreeMap<&'static str, String>,
    running: Option<Child>,
    folder: TempDir,
}

impl Host {
    pub(super) fn start(workspace: &Workspace, program: &Path) -> Result<Self> {
        // Others may pass through it: a Postgres that root starts runs as a user without rights elsewhere.
        let folder = tempfile::Builder::new()
            .prefix("roomwire-fuzz-")
            .permissions(Permissions::from_mode(0o711))
            .tempdir()?;
        fs::create_dir(folder.path().join("plugins"))?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let settings = format!("[server]\nlisten = \"127.0.0.1:{port}\"\n{LIMITS}");
        fs::write(folder.path().join("roomwire.toml"), settings)?;
        let mut host = Self {
            program: program.to_owned(),
            port,
            keys: BTreeMap::new(),
            running: None,
            folder,
        };
        host.furnish(workspace)?;
        let log = File::create(host.folder.path().join("log"))?;
        let mut serve = host.verb(&["serve"]);
        serve.stdout(log.try_clone()?).stderr(log);
        host.running = Some(serve.spawn().context("the host can't be started")?);
        host.wait_until_ready()?;
        Ok(host)
    }

    /// Hotels and keys.
    fn furnish(&mut self, workspace: &Workspace) -> Result<()> {
        let fixtures = workspace.root.join("tests/fixtures");
        let mut seed = self.verb(&["seed"]);
        for hotel in ["aurora-rome.toml", "sakura-kyoto.toml"] {
            seed.arg(fixtures.join(hotel));
        }
        process::output(&mut seed)?;
        for (identity, arguments) in KEYS {
            let mut create = self.verb(&["key", "create", "--json", "--name", identity]);
            let made = process::output(create.args(arguments))?;
            let made: serde_json::Value = serde_json::from_str(&made)?;
            let key = made["key"].as_str().context("the host made no key")?;
            self.keys.insert(identity, key.to_owned());
        }
        Ok(())
    }

    fn verb(&self, verb: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(self.folder.path()).args(verb);
        for name in FOREIGN {
            command.env_remove(name);
        }
        command.stdin(Stdio::null());
        command
    }

    fn wait_until_ready(&self) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        while !self.is_ready() {
            if Instant::now() >= deadline {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                bail!("the host did not start:\n{log}");
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn is_ready(&self) -> bool {
        let ask = || -> std::io::Result<String> {
            let mut connection = TcpStream::connect(("127.0.0.1", self.port))?;
            connection
                .write_all(b"GET /readyz HTTP/1.1\r\nhost: host\r\nconnection: close\r\n\r\n")?;
            let mut answer = String::new();
            connection.read_to_string(&mut answer)?;
            Ok(answer)
        };
        ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(super) fn key(&self, identity: &str) -> Option<&str> {
        self.keys.get(identity).map(String::as_str)
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Asks the host to end, which it must do well.
    pub(super) fn stop(mut self) -> Result<()> {
        let Some(mut child) = self.running.take() else {
            return Ok(());
        };
        kill(Pid::from_raw(child.id().try_into()?), Signal::SIGTERM)?;
        let deadline = Instant::now() + STOP_LIMIT;
        loop {
            if let Some(status) = child.try_wait()? {
                ensure!(status.success(), "the host ended with {status}");
                return Ok(());
            }
            if Instant::now() >= deadline {
                child.kill()?;
                bail!("the host did not end within {} s", STOP_LIMIT.as_secs());
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(child) = &mut self.running
            && let Err(cause) = child.kill().and_then(|()| child.wait())
        {
            eprintln!("the host may still run: {cause}");
        }
    }
}

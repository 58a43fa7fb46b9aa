//! The real program with its private Postgres, which can be killed.

use std::fs::Permissions;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use roomwire_simulators::octorate::Octorate;
use roomwire_simulators::resend::Resend;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::harness::channels::{self, DOUBLE};
use crate::harness::{Client, Line, Setup, eventually, night, programs};

const PATIENCE: Duration = Duration::from_secs(30);

/// The program, its folder, and the simulators that it calls.
pub(crate) struct Program {
    running: Option<Child>,
    /// The process ids of every private Postgres so far.
    servers: Vec<i32>,
    address: SocketAddr,
    environment: Vec<(String, String)>,
    key: String,
    octorate: Octorate,
    _resend: Resend,
    folder: TempDir,
}

impl Program {
    /// Writes the configuration, seeds the hotel in Rome, and makes a key.
    pub(crate) async fn install() -> Self {
        Self::install_with(|setup| setup).await
    }

    /// The same, with what the operator wants otherwise.
    pub(crate) async fn install_with(otherwise: impl FnOnce(Setup) -> Setup) -> Self {
        // The private server runs as another user, where root starts it.
        let permissions = Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new()
            .permissions(permissions)
            .tempdir()
            .expect("a folder can be made");
        let (octorate, resend) = channels::simulators().await;
        let address = TcpListener::bind("127.0.0.1:0")
            .and_then(|port| port.local_addr())
            .expect("a port is free");
        let setup = otherwise(channels::setup(&octorate, &resend));
        let environment = setup.install(folder.path());
        let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/aurora-rome.toml");
        let mut program = Self {
            running: None,
            servers: Vec::new(),
            address,
            environment,
            key: String::new(),
            octorate,
            _resend: resend,
            folder,
        };
        program.run(&["seed", fixture]).await;
        program.key = program
            .run(&["key", "create", "--name", "tests"])
            .await
            .trim()
            .to_owned();
        program
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(programs::host());
        command
            .current_dir(self.folder.path())
            .args(arguments)
            .env_remove("DATABASE_URL")
            .env_remove("DATABASE_OWNER_URL")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs a command in the operator's folder, also beside the running program, and gives what it says.
    pub(crate) async fn run(&self, arguments: &[&str]) -> String {
        let output = self
            .command(arguments)
            .output()
            .await
            .expect("the program starts");
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("the program writes UTF-8")
    }

    /// Starts the gateway and the work, and waits until it takes traffic.
    pub(crate) async fn start(&mut self) {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .expect("the log can be written");
        let mut command = self.command(&["serve", "--listen", &self.address.to_string()]);
        self.running = Some(command.stderr(log).spawn().expect("the program starts"));
        let client = self.client();
        let outcome = async {
            while client
                .get("/readyz")
                .attempt()
                .await
                .is_none_or(|answer| answer.status != 200)
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, outcome).await.is_err() {
            panic!("the program does not start:\n{}", self.told());
        }
        self.servers.push(self.server().expect("its server runs"));
    }

    /// What `kill -9` does: no drain, no goodbye.
    pub(crate) async fn kill(&mut self) {
        let mut child = self.running.take().expect("the program runs");
        child.start_kill().expect("it is ours to kill");
        child.wait().await.expect("it ends");
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Asks it to stop: it drains, and leaves no server behind.
    pub(crate) async fn stop(mut self) {
        self.terminate().await;
    }

    /// Asks it to stop and waits for that; it may be started again.
    pub(crate) async fn terminate(&mut self) {
        let mut child = self.running.take().expect("the program runs");
        let process = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .expect("it runs");
        kill(Pid::from_raw(process), Signal::SIGTERM).expect("it is ours to stop");
        let status = tokio::time::timeout(PATIENCE, child.wait())
            .await
            .expect("it drains in time")
            .expect("it ends");
        assert!(status.success(), "{status}\n{}", self.told());
        assert_eq!(self.server(), None, "its folder still names a server");
        for server in &self.servers {
            assert!(!runs(*server), "the server {server} was left behind");
        }
    }

    /// The operator's folder: the configuration, and the plugins.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it has logged so far.
    pub(crate) fn told(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("host.log")
    }

    /// The process id that Postgres writes into its folder while it runs.
    fn server(&self) -> Option<i32> {
        let file = self
            .folder
            .path()
            .join("data/postgres/cluster/postmaster.pid");
        std::fs::read_to_string(file)
            .ok()?
            .lines()
            .next()?
            .parse()
            .ok()
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(
            &format!("http://{}", self.address),
            "aurora-rome",
            Some(self.key.clone()),
        )
    }

    /// The owner of the private database.
    pub(crate) fn owner(&self) -> PgConnectOptions {
        let data = self.folder.path().join("data/postgres");
        let password =
            std::fs::read_to_string(data.join("password")).expect("the owner has a password");
        PgConnectOptions::new()
            .socket(data.join("socket"))
            .username(roomwire::local_postgres::OWNER)
            .password(password.trim())
            .database("postgres")
            .disable_statement_logging()
    }

    async fn connection(&self) -> PgConnection {
        self.owner()
            .connect()
            .await
            .expect("the private server answers")
    }

    pub(crate) async fn texts(&self, query: &str) -> Vec<String> {
        let query = AssertSqlSafe(query.to_owned());
        sqlx::query_scalar(query)
            .fetch_all(&mut self.connection().await)
            .await
            .expect("texts")
    }

    /// Whether no push is waiting, and no orphan of a killed host.
    pub(crate) async fn quiet(&self) -> bool {
        let waiting = "SELECT count(*)::text FROM dirty_cells WHERE reason IS NULL";
        self.texts(waiting).await == ["0"]
    }

    /// Compares every night of the load with the channel's calendar.
    pub(crate) async fn channel_shows_what_we_have(&self) {
        let client = self.client();
        for days in 0..64 {
            let ours = client
                .units_left(&Line {
                    arrival: days,
                    nights: 1,
                    ..Line::default()
                })
                .await;
            let what = format!("the channel shows {ours} units for {}", night(days));
            eventually(&what, PATIENCE, async || {
                let shown = self
                    .octorate
                    .calendar(DOUBLE, night(days))
                    .expect("a product");
                (i64::from(shown.availability) == ours).then_some(())
            })
            .await;
        }
    }
}

/// Whether a process runs. One that ended and that nobody waited for has no arguments left.
fn runs(process: i32) -> bool {
    let arguments = std::fs::read(format!("/proc/{process}/cmdline"));
    kill(Pid::from_raw(process), None).is_ok()
        && arguments.map_or(cfg!(not(target_os = "linux")), |line| !line.is_empty())
}

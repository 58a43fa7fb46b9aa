//! The same statements without us: pgbench on the same server, as the same role.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use tempfile::TempDir;
use tokio::process::Command;

use crate::bench::drive::{median, rate};
use crate::bench::grand::Grand;

/// Figures are medians of so many rounds: ours and pgbench's in turn, so that both meet the same weather.
pub(super) const ROUNDS: usize = 3;
/// How much longer than asked it may take, before it is ended.
const PATIENCE: Duration = Duration::from_secs(60);

/// The installed pgbench, and where it connects.
pub(super) struct Pgbench {
    program: PathBuf,
    role: PgConnectOptions,
    folder: TempDir,
}

/// What the gateway does a second, and what pgbench does.
pub(super) struct Compared {
    pub(super) ours: f64,
    pub(super) pgbench: Option<f64>,
}

impl Pgbench {
    /// Beside the server's programs, or in `PATH`. Without it, its figures are missing, and that is said.
    pub(super) async fn find(grand: &Grand) -> Option<Self> {
        let query = "SELECT setting FROM pg_config WHERE name = 'BINDIR'";
        let beside = match grand.world.value(query).await {
            Value::String(folder) => PathBuf::from(folder),
            other => panic!("{query} is {other}"),
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = std::iter::once(beside.clone())
            .chain(std::env::split_paths(&path))
            .map(|folder| folder.join("pgbench"))
            .find(|program| program.is_file());
        if program.is_none() {
            eprintln!(
                "    no pgbench in {} or in PATH: there are no ratios to it. Install it, for example with \
                 `apt install postgresql-contrib`",
                beside.display()
            );
        }
        Some(Self {
            program: program?,
            role: grand.world.database.application(),
            folder: tempfile::tempdir().expect("a folder can be made"),
        })
    }

    /// How often a second so many clients together run the script.
    async fn rate(&self, script: &str, clients: usize, span: Duration) -> f64 {
        let file = self.folder.path().join("script.sql");
        std::fs::write(&file, script).expect("a file can be written");
        let role = &self.role;
        let socket = role.get_socket().and_then(|socket| socket.to_str());
        let mut command = Command::new(&self.program);
        command
            .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
            .arg(format!("--client={clients}"))
            .arg(format!("--time={}", span.as_secs()))
            .arg("--file")
            .arg(&file)
            .env("PGHOST", socket.unwrap_or(role.get_host()))
            .env("PGPORT", role.get_port().to_string())
            .env("PGUSER", role.get_username())
            .env("PGPASSWORD", "test")
            .env("PGDATABASE", role.get_database().unwrap_or_default())
            .kill_on_drop(true);
        let output = tokio::time::timeout(span + PATIENCE, command.output())
            .await
            .expect("pgbench ends when it was told to")
            .expect("pgbench runs");
        let (told, complaints) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{told}{complaints}");
        a_second(&told).unwrap_or_else(|| panic!("{told}{complaints}"))
    }
}

/// Scripts a second of what pgbench tells, if none failed.
fn a_second(told: &str) -> Option<f64> {
    let after = |name| told.lines().find_map(|line| line.strip_prefix(name));
    let failed = after("number of failed transactions: ").unwrap_or("0");
    let (failed, figure) = (first(failed)?, first(after("tps = ")?)?);
    (failed == "0").then(|| figure.parse().ok())?
}

fn first(text: &str) -> Option<&str> {
    text.split_whitespace().next()
}

/// Measures an act of ours and a script of pgbench in turn.
pub(super) async fn compare<F: Future<Output = ()> + Send>(
    (pgbench, script): (Option<&Pgbench>, &str),
    callers: usize,
    span: Duration,
    act: impl Fn(usize) -> F + Clone + Send + 'static,
) -> Compared {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(rate(callers, span, act.clone()).await);
        if let Some(pgbench) = pgbench {
            theirs.push(pgbench.rate(script, callers, span).await);
        }
    }
    Compared {
        ours: median(ours),
        pgbench: (!theirs.is_empty()).then(|| median(theirs)),
    }
}

#[test]
fn a_rate_is_read_of_what_pgbench_tells_unless_something_failed() {
    let told = |failed: u32| {
        format!(
            "number of transactions actually processed: 9\nnumber of failed transactions: {failed} (0.000%)\n\
             latency average = 3 ms\ntps = 1234.5 (without initial connection time)\n"
        )
    };
    assert_eq!(a_second(&told(0)), Some(1234.5));
    assert_eq!(a_second(&told(1)), None);
    assert_eq!(a_second("pgbench: error"), None);
}

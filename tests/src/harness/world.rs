//! The whole application round a database of its own, as a test sees it.

use std::net::SocketAddr;
use std::time::Duration;

use roomwire::boot::{Application, BootError, LocalPrograms, Start};
use roomwire::domain::clock::Clock;
use roomwire::domain::random::Random;
use roomwire::lifecycle::Ended;
use roomwire::local_postgres::{BinarySearch, Durability};
use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};
use tempfile::TempDir;

use crate::harness::database::{connect, keys};
use crate::harness::{Client, Setup, TestDatabase, cluster, doctor, eventually, programs};

/// A running application. At the end of the test it is stopped, and every invariant must hold.
pub(crate) struct World {
    /// The application's clock, which in a world that does not work stands still until it is moved.
    pub(crate) clock: Clock,
    pub(crate) database: TestDatabase,
    pub(crate) address: SocketAddr,
    application: Option<Application>,
    expected_dead: usize,
    // Removed last: the application reads it.
    folder: TempDir,
}

impl World {
    /// Two seeded hotels and the gateway; nothing works in the background.
    pub(crate) async fn start() -> Self {
        Self::with(Setup::gateway()).await
    }

    /// Starts what the setup says.
    pub(crate) async fn with(setup: Setup) -> Self {
        Self::by_way_of(setup, |role| role).await
    }

    /// Starts what the setup says, and has it reach the database by another way.
    pub(crate) async fn by_way_of(
        setup: Setup,
        way: impl FnOnce(PgConnectOptions) -> PgConnectOptions,
    ) -> Self {
        let database = TestDatabase::seeded().await;
        let folder = tempfile::tempdir().expect("a folder can be made");
        let start = start(&setup, &way(database.application()), &folder);
        let application = cluster::run(|| Application::start(start))
            .await
            .unwrap_or_else(|error| panic!("{error:?}"));
        let address = application.address.or(application.machines);
        let address = address.expect("every world listens somewhere");
        Self {
            clock: setup.clock,
            database,
            address,
            application: Some(application),
            expected_dead: 0,
            folder,
        }
    }

    /// Has the running application take over what the operator writes now.
    pub(crate) async fn reconfigure(&mut self, setup: &Setup) {
        let role = self.database.application();
        let environment = setup.environment(role.to_url_lossy().as_str());
        let config = setup.configure(self.folder.path(), &environment);
        let application = self.application.take().expect("it runs until the end");
        let (application, applied) = cluster::run(move || async move {
            let applied = application.reconfigure(&config).await;
            (application, applied)
        })
        .await;
        self.application = Some(application);
        applied.unwrap_or_else(|error| panic!("{error:?}"));
    }

    /// Stops the application and keeps its database, whose invariants are then the caller's.
    pub(crate) async fn into_database(mut self) -> TestDatabase {
        let application = self.application.take().expect("it runs until here");
        let ended = cluster::run(|| application.shut_down()).await;
        assert_eq!(ended, Ended::Drained, "the application drains");
        std::mem::replace(&mut self.database, TestDatabase::empty().await)
    }

    /// Why the program does not start with this database role.
    pub(crate) async fn refusal(database: &TestDatabase, role: &PgConnectOptions) -> BootError {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let start = start(&Setup::gateway(), role, &folder);
        let started = cluster::run(|| Application::start(start)).await;
        started
            .err()
            .unwrap_or_else(|| panic!("it started on {database:?}"))
    }

    /// At the end so many jobs wait for a person, as the test wants it.
    pub(crate) fn expect_dead(&mut self, letters: usize) {
        self.expected_dead = letters;
    }

    /// A web page of the hotel in Rome: it reads offers and books.
    pub(crate) async fn guest(&self) -> Client {
        self.guest_of("aurora-rome").await
    }

    pub(crate) async fn guest_of(&self, hotel: &str) -> Client {
        let of_hotel = keys()
            .await
            .hotels
            .iter()
            .find(|(slug, ..)| slug == hotel)
            .expect("a seeded hotel");
        self.client(hotel, Some(of_hotel.1.clone()))
    }

    /// The front desk of the hotel in Rome.
    pub(crate) async fn staff(&self) -> Client {
        self.staff_of("aurora-rome").await
    }

    pub(crate) async fn staff_of(&self, hotel: &str) -> Client {
        let of_hotel = keys()
            .await
            .hotels
            .iter()
            .find(|(slug, ..)| slug == hotel)
            .expect("a seeded hotel");
        self.client(hotel, Some(of_hotel.2.clone()))
    }

    /// Whoever runs the installation, about the hotel in Rome.
    pub(crate) async fn operator(&self) -> Client {
        self.client("aurora-rome", Some(keys().await.operator.clone()))
    }

    /// Somebody without a key.
    pub(crate) fn anonymous(&self) -> Client {
        self.client("aurora-rome", None)
    }

    pub(crate) fn client(&self, hotel: &str, key: Option<String>) -> Client {
        Client::new(&self.url(""), hotel, key)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A connection of the owner, who sees everything.
    pub(crate) async fn owner(&self) -> PgConnection {
        connect(&self.database.owner()).await
    }

    /// Runs statements as the owner.
    pub(crate) async fn execute(&self, statements: &str) {
        crate::harness::database::execute(&self.database.owner(), statements.to_owned()).await;
    }

    /// One number, as the owner sees it.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        let value = self.value(query).await;
        value
            .as_i64()
            .unwrap_or_else(|| panic!("{query} is {value}"))
    }

    /// One value as JSON, as the owner sees it; null where there is no row.
    pub(crate) async fn value(&self, query: &str) -> Value {
        let query = format!("SELECT to_jsonb(value) FROM ({query}) AS one (value)");
        let found: Option<Option<Value>> = sqlx::query_scalar(AssertSqlSafe(query.clone()))
            .fetch_optional(&mut self.owner().await)
            .await
            .unwrap_or_else(|error| panic!("{error}: {query}"));
        found.flatten().unwrap_or(Value::Null)
    }

    /// Waits until a query's one value is this.
    pub(crate) async fn until(&self, query: &str, expected: impl Into<Value>) {
        let expected = expected.into();
        let what = format!("{query} is {expected}");
        eventually(&what, Duration::from_secs(15), async || {
            (self.value(query).await == expected).then_some(())
        })
        .await;
    }
}

fn start(setup: &Setup, role: &PgConnectOptions, folder: &TempDir) -> Start {
    let environment = setup.environment(role.to_url_lossy().as_str());
    Start {
        config: setup.configure(folder.path(), &environment),
        environment,
        programs: LocalPrograms {
            host: programs::host(),
            binaries: BinarySearch::Installed {
                search_path: std::ffi::OsString::new(),
            },
            durability: Durability::Throwaway,
        },
        clock: setup.clock.clone(),
        random: Random::seeded(7),
        role: setup.role,
        work: setup.work,
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let Some(application) = self.application.take() else {
            return;
        };
        // After a panic the invariants would not be told, and to examine a bench's hotels takes many minutes.
        let examined = (!std::thread::panicking()).then(|| self.database.owner());
        let (ended, report) = cluster::run_blocking(async move || {
            let ended = application.shut_down().await;
            let report = match examined {
                Some(owner) => Some(doctor::examine(&owner).await),
                None => None,
            };
            (ended, report)
        });
        let Some(report) = report else {
            return;
        };
        assert_eq!(ended, Ended::Drained, "the application drains");
        assert!(
            report.violations.is_empty(),
            "invariants are broken:\n{}",
            report.violations.join("\n")
        );
        assert_eq!(
            report.dead.len(),
            self.expected_dead,
            "dead letters: {:#?}",
            report.dead
        );
    }
}

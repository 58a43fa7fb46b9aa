//! A database of its own for each test, copied from a migrated template on one throwaway server.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretBox};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::sync::OnceCell;

use crate::domain::clock::Clock;
use crate::domain::ids::new_uuid;
use crate::local_postgres::{BinarySearch, Durability, LocalPostgres, Options};
use crate::store::connect::{PoolSettings, connect};
use crate::store::{Store, migrate};

/// A migrated database, as the application's role sees it. It goes when this is dropped.
pub(crate) struct TestDatabase {
    pub(crate) store: Store,
    server: PgConnectOptions,
    name: String,
}

/// The server's owner and the template, made once a test process.
static TEMPLATE: OnceCell<(PgConnectOptions, String)> = OnceCell::const_new();

impl TestDatabase {
    pub(crate) async fn new() -> Self {
        let (server, template) = TEMPLATE.get_or_init(make_template).await.clone();
        let name = format!("roomwire_test_{}", new_uuid(Clock::system().now()).simple());
        run(&server, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        let application = server.clone().database(&name).username("roomwire_test").password("test");
        let settings = PoolSettings { connections: 8, ..PoolSettings::default() };
        let store = connect(application, settings).await.expect("the application's role connects");
        Self { store, server, name }
    }

    /// Runs a statement as one who sees and may change everything.
    pub(crate) async fn alter(&self, statement: &str) {
        run(&self.server.clone().database(&self.name), statement).await;
    }

    /// One number, asked by one who sees everything.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        let owner = self.server.clone().database(&self.name);
        let mut connection = PgConnection::connect_with(&owner).await.expect("the server answers");
        sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(&mut connection).await.expect("a number")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        in_a_runtime_of_its_own(async move {
            run(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        });
    }
}

async fn make_template() -> (PgConnectOptions, String) {
    let server = server().await.disable_statement_logging();
    run(
        &server,
        "DO $$ BEGIN CREATE ROLE roomwire_test LOGIN PASSWORD 'test';
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
    )
    .await;
    let name = format!("roomwire_template_{}", std::process::id());
    run(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    run(&server, &format!("CREATE DATABASE {name}")).await;
    migrate::up(&server.clone().database(&name)).await.expect("the migrations apply");
    run(&server, "GRANT roomwire_app TO roomwire_test").await;
    (server, name)
}

/// The server that the environment names, or a private one that lives as long as this process.
#[expect(clippy::disallowed_methods, reason = "tests are told their server by the environment")]
async fn server() -> PgConnectOptions {
    if let Ok(url) = std::env::var("ROOMWIRE_TEST_DATABASE_URL") {
        return url.parse().expect("ROOMWIRE_TEST_DATABASE_URL is a URL of Postgres");
    }
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
        runtime.block_on(async move {
            let folder = tempfile::tempdir().expect("a folder can be made");
            let search_path = std::env::var_os("PATH").unwrap_or_default();
            let options = Options {
                durability: Durability::Throwaway,
                ..Options::new(program(), BinarySearch::Installed { search_path }, SecretBox::new(Box::new([7; 32])))
            };
            let server = LocalPostgres::start(&folder.path().join("data"), options).await.expect("Postgres starts");
            tell.send(server.owner_url()).expect("somebody waits for the server");
            std::future::pending::<()>().await;
        });
    });
    told.await.expect("the server started").expose_secret().parse().expect("a private server's URL is one")
}

/// The host's own binary, which cargo puts above the folder of the test binaries.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    test.ancestors().nth(2).expect("cargo's folders").join("roomwire")
}

async fn run(server: &PgConnectOptions, statement: &str) {
    let mut connection = PgConnection::connect_with(server).await.expect("the server answers");
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.expect(statement);
    connection.close().await.expect("a connection closes");
}

fn in_a_runtime_of_its_own(future: impl Future<Output = ()> + Send + 'static) {
    let thread = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts").block_on(future);
    });
    thread.join().expect("the cleaning up succeeds");
}

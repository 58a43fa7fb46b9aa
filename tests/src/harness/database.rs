//! A database for one test, copied from a template that is migrated and seeded once.

use std::time::Duration;

use roomwire::app::access::{self, Wanted};
use roomwire::app::seed;
use roomwire::domain::access::Scope;
use roomwire::domain::night;
use roomwire::domain::random::Random;
use roomwire::store::connect::{self, PoolSettings};
use roomwire::store::{Store, hotels, migrate};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::sync::OnceCell;

use crate::harness::{cluster, eventually, new_key, start_instant};

const HOTELS: [&str; 2] = [
    include_str!("../../fixtures/aurora-rome.toml"),
    include_str!("../../fixtures/sakura-kyoto.toml"),
];

const TEMPLATE: &str = "roomwire_template";
/// The application's login, made once in the server.
const LOGIN: &str = "roomwire_test";

/// The keys of every world, by what they are for.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    /// By hotel: a publishable one, and one of the staff.
    pub(super) hotels: Vec<(String, String, String)>,
    pub(super) operator: String,
}

static KEYS: OnceCell<Keys> = OnceCell::const_new();

/// A database of its own; it goes when this is dropped.
#[derive(Debug)]
pub(crate) struct TestDatabase {
    name: String,
    server: PgConnectOptions,
}

impl TestDatabase {
    /// Migrated, with two hotels of a year's nights and their keys.
    pub(crate) async fn seeded() -> Self {
        keys().await;
        Self::copy_of(TEMPLATE).await
    }

    /// Without any schema.
    pub(crate) async fn empty() -> Self {
        keys().await;
        Self::copy_of("template0").await
    }

    async fn copy_of(template: &str) -> Self {
        let server = cluster::owner().await;
        let name = format!("test_{}", new_key().replace('-', "_"));
        execute(
            &server,
            format!("CREATE DATABASE {name} TEMPLATE {template}"),
        )
        .await;
        Self { name, server }
    }

    /// The owner, who sees and may do everything.
    pub(crate) fn owner(&self) -> PgConnectOptions {
        self.server.clone().database(&self.name)
    }

    /// The application's role, for which row-level security holds.
    pub(crate) fn application(&self) -> PgConnectOptions {
        application(&self.owner())
    }

    /// A pool of the application's role, on the runtime of the caller.
    pub(crate) async fn store(&self, connections: u32) -> Store {
        // Callers of a load test wait for their turn as long as it takes.
        let settings = PoolSettings {
            connections,
            acquire_timeout: Duration::from_secs(60),
        };
        connect::connect(self.application(), settings)
            .await
            .expect("the application's role connects")
    }

    /// Deadlocks that the server saw in this database. Sessions tell when they end, so all others are waited for.
    pub(crate) async fn deadlocks(&self) -> i64 {
        let number = async |query: &'static str| -> i64 {
            let found = sqlx::query_scalar(query);
            let found = found.fetch_one(&mut connect(&self.owner()).await).await;
            found.expect("a number")
        };
        eventually("all other sessions ended, and told", Duration::from_secs(20), async || {
            let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
            let told = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
            (number(others).await == 0 && number(told).await > 0).then_some(())
        })
        .await;
        number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        cluster::run_blocking(async move || {
            execute(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
        });
    }
}

/// The keys of the template, which is made at the first call.
pub(super) async fn keys() -> &'static Keys {
    KEYS.get_or_init(|| cluster::run(make_template)).await
}

async fn make_template() -> Keys {
    let server = cluster::owner().await;
    execute(
        &server,
        format!("CREATE ROLE {LOGIN} LOGIN PASSWORD 'test'"),
    )
    .await;
    execute(&server, format!("CREATE DATABASE {TEMPLATE}")).await;
    let owner = server.clone().database(TEMPLATE);
    migrate::up(&owner).await.expect("the migrations apply");
    execute(&server, format!("GRANT roomwire_app TO {LOGIN}")).await;

    let store = connect::connect(application(&owner), PoolSettings::default())
        .await
        .expect("the role connects");
    let now = start_instant();
    let today = night::today(now, &jiff::tz::TimeZone::UTC);
    hotels::ensure_partitions(&store, today)
        .await
        .expect("the partitions are made");
    let random = Random::seeded(2027);
    let mut keys = Keys {
        hotels: Vec::new(),
        operator: key(&store, &random, "operator", None).await,
    };
    for file in HOTELS {
        let hotel = seed::seed(&store, now, file)
            .await
            .expect("the fixture is good");
        let guest = key(&store, &random, "web-page", Some(hotel.id)).await;
        let staff = key(&store, &random, "front-desk", Some(hotel.id)).await;
        keys.hotels.push((hotel.slug, guest, staff));
    }
    // A template can only be copied while nobody is connected to it.
    store.close().await;
    // Tests count the lines of what they do themselves, from the first on.
    let no_trail =
        "TRUNCATE booking_events, audit_unsealed; ALTER SEQUENCE booking_event_sequence RESTART";
    execute(&owner, no_trail.to_owned()).await;
    keys
}

async fn key(
    store: &Store,
    random: &Random,
    name: &str,
    hotel: Option<roomwire::domain::ids::HotelId>,
) -> String {
    let publishable = name == "web-page";
    let scopes = if publishable {
        Scope::PUBLISHABLE.to_vec()
    } else {
        Scope::ALL.to_vec()
    };
    let wanted = Wanted {
        name: name.to_owned(),
        hotel,
        publishable,
        scopes,
        origins: Vec::new(),
        expires_at: None,
    };
    access::create(store, start_instant(), random, wanted)
        .await
        .expect("a key is made")
}

fn application(owner: &PgConnectOptions) -> PgConnectOptions {
    owner.clone().username(LOGIN).password("test")
}

/// Runs statements on a connection of their own.
pub(super) async fn execute(options: &PgConnectOptions, statements: String) {
    let mut connection = connect(options).await;
    let outcome = sqlx::raw_sql(AssertSqlSafe(statements.clone()))
        .execute(&mut connection)
        .await;
    outcome.unwrap_or_else(|error| panic!("{error}: {statements}"));
    connection.close().await.expect("a connection closes");
}

pub(super) async fn connect(options: &PgConnectOptions) -> PgConnection {
    options.connect().await.expect("the server answers")
}

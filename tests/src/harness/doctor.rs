//! What must hold of a database at any moment at which nobody works on it.

use roomwire::app::{audit, doctor};
use roomwire::store::connect::PoolSettings;
use roomwire::store::{self, Store, hotels};
use sqlx::postgres::PgConnectOptions;

use crate::harness::database::connect;

/// Hotels are asked one after the other, so a few connections are plenty.
const CONNECTIONS: u32 = 2;

/// What a look at a database found.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) violations: Vec<String>,
    /// Jobs that were given up, with the reason.
    pub(super) dead: Vec<String>,
}

pub(super) async fn examine(owner: &PgConnectOptions) -> Report {
    let mut connection = connect(owner).await;
    let dead = sqlx::query_scalar(
        "SELECT concat_ws(' ', kind, payload::text, reason) FROM jobs WHERE state = 'dead' ORDER BY id",
    );
    let dead = dead
        .fetch_all(&mut connection)
        .await
        .expect("the jobs can be read");
    // The application was stopped: what it still holds, it dropped.
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM jobs WHERE state = 'running'")
        .fetch_one(&mut connection)
        .await
        .expect("the jobs can be read");
    let mut violations = violations(owner).await;
    violations.extend(tampered(owner).await);
    if held > 0 {
        violations.push(format!("I24: {held} jobs are still held after the drain"));
    }
    Report { violations, dead }
}

/// What is wrong with each hotel's audit trail, as `roomwire audit verify` reads it: with the application's role.
pub(crate) async fn tampered(owner: &PgConnectOptions) -> Vec<String> {
    let store = application(owner).await;
    let mut broken = Vec::new();
    for hotel in hotels::list(&store).await.expect("the hotels can be read") {
        let verified = audit::verify(&store, &hotel, None)
            .await
            .expect("the trail can be read");
        broken.extend(verified.broken.map(|why| format!("{}: {why}", hotel.slug)));
    }
    store.close().await;
    broken
}

async fn application(owner: &PgConnectOptions) -> Store {
    let settings = PoolSettings {
        connections: CONNECTIONS,
        ..PoolSettings::default()
    };
    let application = owner.clone().options([("role", "roomwire_app")]);
    store::connect::connect(application, settings)
        .await
        .expect("the owner may act as the application")
}

/// Every broken invariant, as `roomwire doctor --invariants` finds them: with the application's role.
pub(crate) async fn violations(owner: &PgConnectOptions) -> Vec<String> {
    let store = application(owner).await;
    let broken = doctor::invariants(&store, |_| {}).await;
    store.close().await;
    let broken = broken.expect("the invariants can be asked");
    broken.iter().map(ToString::to_string).collect()
}

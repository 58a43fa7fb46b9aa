//! What must hold of a database at any moment at which nobody works on it.

use roomwire::app::doctor;
use roomwire::store::{self, connect::PoolSettings};
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
    if held > 0 {
        violations.push(format!("I24: {held} jobs are still held after the drain"));
    }
    Report { violations, dead }
}

/// Every broken invariant, as `roomwire doctor --invariants` finds them: with the application's role.
pub(crate) async fn violations(owner: &PgConnectOptions) -> Vec<String> {
    let settings = PoolSettings {
        connections: CONNECTIONS,
        ..PoolSettings::default()
    };
    let application = owner.clone().options([("role", "roomwire_app")]);
    let store = store::connect::connect(application, settings)
        .await
        .expect("the owner may act as the application");
    let broken = doctor::invariants(&store, |_| {}).await;
    store.close().await;
    let broken = broken.expect("the invariants can be asked");
    broken.iter().map(ToString::to_string).collect()
}

//! What must hold of a database at any moment at which nobody works on it.

use sqlx::Row;
use sqlx::postgres::PgConnectOptions;

use crate::harness::database::connect;

/// One query: a row for each violation. Its head explains each invariant.
const INVARIANTS: &str = include_str!("invariants.sql");

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
    Report {
        violations: violations(owner).await,
        dead,
    }
}

/// Every broken invariant.
pub(crate) async fn violations(owner: &PgConnectOptions) -> Vec<String> {
    let rows = sqlx::query(INVARIANTS)
        .fetch_all(&mut connect(owner).await)
        .await
        .expect("the invariants can be read");
    rows.iter()
        .map(|row| format!("{}: {}", row.get::<String, _>(0), row.get::<String, _>(1)))
        .collect()
}

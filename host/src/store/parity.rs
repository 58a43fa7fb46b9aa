//! Drifts and their evidence.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::ids::{ConnectionId, RatePlanId, RoomTypeId};
use crate::domain::parity::{Class, Drift, Field, Severity, Spot, State};
use crate::store::{HotelTx, StoreError};

/// A drift as it is known.
#[derive(Clone, Debug)]
pub struct KnownDrift {
    pub drift: Drift,
    pub state: State,
    pub sightings: i32,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    /// Whether it was first seen more than a day ago, by the database's clock.
    pub lasting: bool,
}

struct Row {
    room_type_id: Uuid,
    rate_plan_id: Uuid,
    night: jiff_sqlx::Date,
    field: String,
    class: String,
    severity: String,
    ours: String,
    theirs: String,
    sightings: i32,
    state: String,
    first_seen: jiff_sqlx::Timestamp,
    last_seen: jiff_sqlx::Timestamp,
    lasting: bool,
}

impl TryFrom<Row> for KnownDrift {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let night = row.night.to_jiff();
        let refuse = |column| StoreError::Inconsistent {
            table: "parity_drifts",
            column,
            row: format!(
                "{}/{}/{night}/{}",
                row.room_type_id, row.rate_plan_id, row.field
            ),
        };
        let spot = Spot {
            room_type: RoomTypeId(row.room_type_id),
            rate_plan: (!row.rate_plan_id.is_nil()).then_some(RatePlanId(row.rate_plan_id)),
            night,
            field: Field::parse(&row.field).ok_or_else(|| refuse("field"))?,
        };
        let class = Class::parse(&row.class).ok_or_else(|| refuse("class"))?;
        let severity = Severity::parse(&row.severity).ok_or_else(|| refuse("severity"))?;
        Ok(Self {
            state: State::parse(&row.state).ok_or_else(|| refuse("state"))?,
            drift: Drift {
                spot,
                class,
                severity,
                ours: row.ours,
                theirs: row.theirs,
            },
            sightings: row.sightings,
            first_seen: row.first_seen.to_jiff(),
            last_seen: row.last_seen.to_jiff(),
            lasting: row.lasting,
        })
    }
}

/// What is known of a connection's nights, both included.
pub async fn known(
    tx: &mut HotelTx,
    connection: ConnectionId,
    first: Date,
    last: Date,
) -> Result<Vec<KnownDrift>, StoreError> {
    let hotel = tx.hotel();
    sqlx::query_as!(
        Row,
        r#"
        SELECT room_type_id, rate_plan_id, night, field, class, severity, ours, theirs, sightings, state, first_seen,
            last_seen, first_seen < clock_timestamp() - interval '24 hours' AS "lasting!"
        FROM parity_drifts
        WHERE hotel_id = $1 AND connection_id = $2 AND night BETWEEN $3 AND $4
        ORDER BY night, room_type_id, rate_plan_id, field
        "#,
        hotel.0,
        connection.0,
        first.to_sqlx() as _,
        last.to_sqlx() as _,
    )
    .fetch_all(&mut **tx)
    .await?
    .into_iter()
    .map(KnownDrift::try_from)
    .collect()
}

/// Writes sightings, each with the state that it leads to. A drift that had healed begins anew.
pub async fn record(
    tx: &mut HotelTx,
    connection: ConnectionId,
    sightings: &[(Drift, State)],
) -> Result<(), StoreError> {
    if sightings.is_empty() {
        return Ok(());
    }
    let hotel = tx.hotel();
    let rows: Value = sightings
        .iter()
        .map(|(drift, state)| {
            json!({
                "room_type_id": drift.spot.room_type.0,
                "rate_plan_id": drift.spot.rate_plan.map_or(Uuid::nil(), |id| id.0),
                "night": drift.spot.night,
                "field": drift.spot.field.as_str(),
                "class": drift.class.as_str(),
                "severity": drift.severity.as_str(),
                "ours": drift.ours,
                "theirs": drift.theirs,
                "state": state.as_str(),
            })
        })
        .collect();
    sqlx::query!(
        r#"
        INSERT INTO parity_drifts AS known (hotel_id, connection_id, room_type_id, rate_plan_id, night, field, class,
            severity, ours, theirs, state)
        SELECT $1, $2, d.room_type_id, d.rate_plan_id, d.night, d.field, d.class, d.severity, d.ours, d.theirs, d.state
        FROM jsonb_to_recordset($3) AS d (room_type_id uuid, rate_plan_id uuid, night date, field text, class text,
            severity text, ours text, theirs text, state text)
        ON CONFLICT (hotel_id, connection_id, room_type_id, rate_plan_id, night, field) DO UPDATE
            SET class = excluded.class, severity = excluded.severity, ours = excluded.ours, theirs = excluded.theirs,
                state = excluded.state, last_seen = now(),
                first_seen = CASE WHEN known.state = 'healed' THEN now() ELSE known.first_seen END,
                sightings = CASE WHEN known.state = 'healed' THEN 1 ELSE known.sightings + 1 END
        "#,
        hotel.0,
        connection.0,
        rows,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Closes drifts that a later read no longer shows. Answers how many.
pub async fn heal(
    tx: &mut HotelTx,
    connection: ConnectionId,
    spots: &[Spot],
) -> Result<u64, StoreError> {
    if spots.is_empty() {
        return Ok(0);
    }
    let hotel = tx.hotel();
    let rows: Value = spots
        .iter()
        .map(|spot| {
            json!({
                "room_type_id": spot.room_type.0,
                "rate_plan_id": spot.rate_plan.map_or(Uuid::nil(), |id| id.0),
                "night": spot.night,
                "field": spot.field.as_str(),
            })
        })
        .collect();
    let done = sqlx::query!(
        r#"
        UPDATE parity_drifts d SET state = 'healed'
        FROM jsonb_to_recordset($3) AS s (room_type_id uuid, rate_plan_id uuid, night date, field text)
        WHERE d.hotel_id = $1 AND d.connection_id = $2 AND d.room_type_id = s.room_type_id
            AND d.rate_plan_id = s.rate_plan_id AND d.night = s.night AND d.field = s.field
        "#,
        hotel.0,
        connection.0,
        rows,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Whether another look would tell something: a drift was seen only once, or its repair has yet to be seen.
pub async fn undecided(
    tx: &mut HotelTx,
    connection: ConnectionId,
    today: Date,
) -> Result<bool, StoreError> {
    let hotel = tx.hotel();
    let undecided = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT FROM parity_drifts
            WHERE hotel_id = $1 AND connection_id = $2 AND night >= $3 AND state IN ('suspected', 'repairing')) AS "any!"
        "#,
        hotel.0,
        connection.0,
        today.to_sqlx() as _,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(undecided)
}

/// The drifts of a connection that a person should see, from this night on, in order of nights.
pub async fn unhealed(
    tx: &mut HotelTx,
    connection: ConnectionId,
    from: Date,
    limit: i64,
) -> Result<Vec<KnownDrift>, StoreError> {
    let hotel = tx.hotel();
    sqlx::query_as!(
        Row,
        r#"
        SELECT room_type_id, rate_plan_id, night, field, class, severity, ours, theirs, sightings, state, first_seen,
            last_seen, first_seen < clock_timestamp() - interval '24 hours' AS "lasting!"
        FROM parity_drifts
        WHERE hotel_id = $1 AND connection_id = $2 AND night >= $3 AND state <> 'healed'
        ORDER BY night, room_type_id, rate_plan_id, field
        LIMIT $4
        "#,
        hotel.0,
        connection.0,
        from.to_sqlx() as _,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?
    .into_iter()
    .map(KnownDrift::try_from)
    .collect()
}

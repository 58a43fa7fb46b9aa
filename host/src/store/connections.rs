//! Connections, their mappings, and the endpoints of their webhooks.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::connection::{Connection, ConnectionKind, Mapping};
use crate::domain::connector::ProductCode;
use crate::domain::ids::{ConnectionId, HotelId, RatePlanId, RoomTypeId};
use crate::store::{HotelTx, Store, StoreError};

struct Row {
    id: Uuid,
    name: String,
    kind: String,
    connector: String,
    enabled: bool,
    repair_drift: bool,
    pulled_until: Option<jiff_sqlx::Timestamp>,
}

impl TryFrom<Row> for Connection {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let kind = ConnectionKind::parse(&row.kind).ok_or_else(|| StoreError::Inconsistent {
            table: "connections",
            column: "kind",
            row: row.id.to_string(),
        })?;
        Ok(Self {
            id: ConnectionId(row.id),
            name: row.name,
            kind,
            connector: row.connector,
            enabled: row.enabled,
            repair_drift: row.repair_drift,
            pulled_until: row.pulled_until.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

/// Every connection of the hotel, by name.
pub async fn list(tx: &mut HotelTx) -> Result<Vec<Connection>, StoreError> {
    let hotel = tx.hotel();
    sqlx::query_as!(
        Row,
        "SELECT id, name, kind, connector, enabled, repair_drift, pulled_until
         FROM connections WHERE hotel_id = $1 ORDER BY name",
        hotel.0
    )
    .fetch_all(&mut **tx)
    .await?
    .into_iter()
    .map(Connection::try_from)
    .collect()
}

/// A connection by its id.
pub async fn find(tx: &mut HotelTx, id: ConnectionId) -> Result<Option<Connection>, StoreError> {
    let hotel = tx.hotel();
    sqlx::query_as!(
        Row,
        "SELECT id, name, kind, connector, enabled, repair_drift, pulled_until
         FROM connections WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?
    .map(Connection::try_from)
    .transpose()
}

/// Makes the connection of this name what it should be, and answers its id and what it was before: a new one was
/// disabled. The id of `wanted` counts only for a new one.
pub async fn upsert(tx: &mut HotelTx, wanted: &Connection) -> Result<Connection, StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        INSERT INTO connections (hotel_id, id, name, kind, connector, enabled, repair_drift)
        VALUES ($1, $2, $3, $4, $5, false, $6)
        ON CONFLICT (hotel_id, name) DO NOTHING
        "#,
        hotel.0,
        wanted.id.0,
        wanted.name,
        wanted.kind.as_str(),
        wanted.connector,
        wanted.repair_drift,
    )
    .execute(&mut **tx)
    .await?;
    let before: Connection = sqlx::query_as!(
        Row,
        "SELECT id, name, kind, connector, enabled, repair_drift, pulled_until
         FROM connections WHERE hotel_id = $1 AND name = $2 FOR UPDATE",
        hotel.0,
        wanted.name
    )
    .fetch_one(&mut **tx)
    .await?
    .try_into()?;
    let done = sqlx::query!(
        r#"
        UPDATE connections SET kind = $3, connector = $4, enabled = $5, repair_drift = $6
        WHERE hotel_id = $1 AND id = $2
        "#,
        hotel.0,
        before.id.0,
        wanted.kind.as_str(),
        wanted.connector,
        wanted.enabled,
        wanted.repair_drift,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("update connections", &done, 1)?;
    Ok(before)
}

/// Disables every connection but these, and closes their endpoints. Nothing is deleted: reservations point to them.
pub async fn disable_others(tx: &mut HotelTx, kept: &[ConnectionId]) -> Result<u64, StoreError> {
    let hotel = tx.hotel();
    let kept: Vec<Uuid> = kept.iter().map(|id| id.0).collect();
    let disabled = sqlx::query!(
        "UPDATE connections SET enabled = false WHERE hotel_id = $1 AND enabled AND id <> ALL ($2)",
        hotel.0,
        &kept,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "DELETE FROM webhook_endpoints WHERE hotel_id = $1 AND connection_id <> ALL ($2)",
        hotel.0,
        &kept,
    )
    .execute(&mut **tx)
    .await?;
    Ok(disabled.rows_affected())
}

/// Remembers how far reservations have been pulled.
pub async fn set_pulled_until(
    tx: &mut HotelTx,
    connection: ConnectionId,
    until: Timestamp,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        "UPDATE connections SET pulled_until = $3 WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        connection.0,
        until.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("update connections.pulled_until", &done, 1)
}

/// The mappings of a connection, in order.
pub async fn mappings(
    tx: &mut HotelTx,
    connection: ConnectionId,
) -> Result<Vec<Mapping>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT room_type_id, rate_plan_id, external_room, external_rate
        FROM mappings WHERE hotel_id = $1 AND connection_id = $2
        ORDER BY room_type_id, rate_plan_id
        "#,
        hotel.0,
        connection.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Mapping {
            room_type: RoomTypeId(row.room_type_id),
            rate_plan: RatePlanId(row.rate_plan_id),
            code: ProductCode {
                room: row.external_room,
                rate: row.external_rate,
            },
        })
        .collect())
}

/// Replaces the mappings of a connection.
pub async fn replace_mappings(
    tx: &mut HotelTx,
    connection: ConnectionId,
    mappings: &[Mapping],
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "DELETE FROM mappings WHERE hotel_id = $1 AND connection_id = $2",
        hotel.0,
        connection.0
    )
    .execute(&mut **tx)
    .await?;
    let rows: Value = mappings
        .iter()
        .map(|mapping| {
            json!({
                "room_type_id": mapping.room_type.0,
                "rate_plan_id": mapping.rate_plan.0,
                "external_room": mapping.code.room,
                "external_rate": mapping.code.rate,
            })
        })
        .collect();
    let done = sqlx::query!(
        r#"
        INSERT INTO mappings (hotel_id, connection_id, room_type_id, rate_plan_id, external_room, external_rate)
        SELECT $1, $2, m.room_type_id, m.rate_plan_id, m.external_room, m.external_rate
        FROM jsonb_to_recordset($3) AS m (room_type_id uuid, rate_plan_id uuid, external_room text,
            external_rate text)
        "#,
        hotel.0,
        connection.0,
        rows,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("insert mappings", &done, mappings.len() as u64)
}

/// Opens one endpoint for a connection and closes its others; without a token it has none. A token that was another
/// connection's is this one's from now on.
pub async fn replace_endpoint(
    tx: &mut HotelTx,
    connection: ConnectionId,
    token_hash: Option<[u8; 32]>,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let kept = token_hash.unwrap_or_default();
    sqlx::query!(
        "DELETE FROM webhook_endpoints WHERE (connection_id = $1) <> (token_hash = $2)",
        connection.0,
        &kept[..],
    )
    .execute(&mut **tx)
    .await?;
    let Some(token_hash) = token_hash else {
        return Ok(());
    };
    sqlx::query!(
        r#"
        INSERT INTO webhook_endpoints (token_hash, hotel_id, connection_id) VALUES ($3, $1, $2)
        ON CONFLICT (token_hash) DO NOTHING
        "#,
        hotel.0,
        connection.0,
        &token_hash[..],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whose webhooks an endpoint takes.
pub async fn find_endpoint(
    store: &Store,
    token_hash: [u8; 32],
) -> Result<Option<(HotelId, ConnectionId)>, StoreError> {
    let row = sqlx::query!(
        "SELECT hotel_id, connection_id FROM webhook_endpoints WHERE token_hash = $1",
        &token_hash[..]
    )
    .fetch_optional(store.pool())
    .await?;
    Ok(row.map(|row| (HotelId(row.hotel_id), ConnectionId(row.connection_id))))
}

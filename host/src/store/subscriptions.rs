//! What channels are to send to connections' addresses, and what they were last heard to.

use uuid::Uuid;

use crate::domain::ids::ConnectionId;
use crate::domain::subscription::Subscription;
use crate::domain::webhook::SubscriptionDigest;
use crate::store::{HotelTx, StoreError};

/// The longest reason that is kept, in characters.
const LONGEST_FAILURE: usize = 1000;

/// A subscription whose channel is still to be asked something.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unsettled {
    pub connection: ConnectionId,
    /// The connection's, within the hotel.
    pub name: String,
    /// Its plugin's id.
    pub connector: String,
    /// Whether the channel is to stop.
    pub ends: bool,
}

struct Row {
    connection_id: Uuid,
    wanted: Option<Vec<u8>>,
    held: Option<Vec<u8>>,
    events: Vec<String>,
    held_since: Option<jiff_sqlx::Timestamp>,
    failure: Option<String>,
    failed_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    fn read(self) -> Result<(ConnectionId, Subscription), StoreError> {
        let connection = self.connection_id;
        let digest = |bytes: Option<Vec<u8>>, column| {
            let digest = bytes.map(<[u8; 32]>::try_from).transpose();
            digest
                .map(|digest| digest.map(SubscriptionDigest))
                .map_err(|_| StoreError::Inconsistent {
                    table: "webhook_subscriptions",
                    column,
                    row: connection.to_string(),
                })
        };
        let subscription = Subscription {
            wanted: digest(self.wanted, "wanted")?,
            held: digest(self.held, "held")?,
            events: self.events,
            held_since: self.held_since.map(jiff_sqlx::Timestamp::to_jiff),
            failure: self
                .failure
                .zip(self.failed_at.map(jiff_sqlx::Timestamp::to_jiff)),
        };
        Ok((ConnectionId(connection), subscription))
    }
}

/// The subscriptions of the hotel's connections.
pub async fn list(tx: &mut HotelTx) -> Result<Vec<(ConnectionId, Subscription)>, StoreError> {
    let hotel = tx.hotel();
    sqlx::query_as!(
        Row,
        "SELECT connection_id, wanted, held, events, held_since, failure, failed_at
         FROM webhook_subscriptions WHERE hotel_id = $1 ORDER BY connection_id",
        hotel.0
    )
    .fetch_all(&mut **tx)
    .await?
    .into_iter()
    .map(Row::read)
    .collect()
}

/// That of one connection, where its channel sends or is to stop.
pub async fn find(
    tx: &mut HotelTx,
    connection: ConnectionId,
) -> Result<Option<Subscription>, StoreError> {
    let hotel = tx.hotel();
    let found = sqlx::query_as!(
        Row,
        "SELECT connection_id, wanted, held, events, held_since, failure, failed_at
         FROM webhook_subscriptions WHERE hotel_id = $1 AND connection_id = $2",
        hotel.0,
        connection.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let found = found.map(Row::read);
    Ok(found.transpose()?.map(|(_, subscription)| subscription))
}

/// Those whose channels are still to be asked something, in order.
pub async fn unsettled(tx: &mut HotelTx) -> Result<Vec<Unsettled>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT s.connection_id, c.name, c.connector, s.wanted IS NULL AS "ends!"
        FROM webhook_subscriptions s
        JOIN connections c ON c.hotel_id = s.hotel_id AND c.id = s.connection_id
        WHERE s.hotel_id = $1 AND (s.wanted IS NULL OR s.wanted IS DISTINCT FROM s.held)
        ORDER BY s.connection_id
        "#,
        hotel.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let unsettled = rows.into_iter().map(|row| Unsettled {
        connection: ConnectionId(row.connection_id),
        name: row.name,
        connector: row.connector,
        ends: row.ends,
    });
    Ok(unsettled.collect())
}

/// Writes down what a connection's channel is to send: none ends what there is. What is wanted already stays as it is.
pub async fn want(
    tx: &mut HotelTx,
    connection: ConnectionId,
    wanted: Option<SubscriptionDigest>,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let Some(wanted) = wanted else {
        sqlx::query!(
            r#"
            UPDATE webhook_subscriptions SET wanted = NULL, failure = NULL, failed_at = NULL
            WHERE hotel_id = $1 AND connection_id = $2 AND wanted IS NOT NULL
            "#,
            hotel.0,
            connection.0
        )
        .execute(&mut **tx)
        .await?;
        return Ok(());
    };
    sqlx::query!(
        r#"
        INSERT INTO webhook_subscriptions AS s (hotel_id, connection_id, wanted) VALUES ($1, $2, $3)
        ON CONFLICT (hotel_id, connection_id) DO UPDATE
            SET wanted = excluded.wanted, failure = NULL, failed_at = NULL
            WHERE s.wanted IS DISTINCT FROM excluded.wanted
        "#,
        hotel.0,
        connection.0,
        &wanted.0[..]
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends the subscriptions of every connection but these.
pub async fn end_others(tx: &mut HotelTx, kept: &[ConnectionId]) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let kept: Vec<Uuid> = kept.iter().map(|id| id.0).collect();
    sqlx::query!(
        r#"
        UPDATE webhook_subscriptions SET wanted = NULL, failure = NULL, failed_at = NULL
        WHERE hotel_id = $1 AND wanted IS NOT NULL AND connection_id <> ALL ($2)
        "#,
        hotel.0,
        &kept
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The channel sends this from now on. What is wanted may be another thing by now.
pub async fn hold(
    tx: &mut HotelTx,
    connection: ConnectionId,
    held: SubscriptionDigest,
    events: &[String],
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        UPDATE webhook_subscriptions
        SET held = $3, events = $4, held_since = clock_timestamp(), failure = NULL, failed_at = NULL
        WHERE hotel_id = $1 AND connection_id = $2
        "#,
        hotel.0,
        connection.0,
        &held.0[..],
        events
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("update webhook_subscriptions", &done, 1)
}

/// The channel sends nothing any more. Where something is wanted again by now, it is to be asked anew.
pub async fn end(tx: &mut HotelTx, connection: ConnectionId) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        UPDATE webhook_subscriptions
        SET held = NULL, events = '{}', held_since = NULL, failure = NULL, failed_at = NULL
        WHERE hotel_id = $1 AND connection_id = $2
        "#,
        hotel.0,
        connection.0
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "DELETE FROM webhook_subscriptions WHERE hotel_id = $1 AND connection_id = $2 AND wanted IS NULL",
        hotel.0,
        connection.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Has the channels of the hotel's other connections to the same system asked again, as what one of them ended may have been
/// another's too: it has another name since, and the same address.
pub async fn doubt_others(tx: &mut HotelTx, connection: ConnectionId) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        UPDATE webhook_subscriptions s SET held = NULL
        FROM connections ended
        JOIN connections other ON other.hotel_id = ended.hotel_id AND other.connector = ended.connector
        WHERE ended.hotel_id = $1 AND ended.id = $2 AND other.id <> ended.id
            AND s.hotel_id = $1 AND s.connection_id = other.id AND s.wanted IS NOT NULL
        "#,
        hotel.0,
        connection.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps why the channel could not be asked, or refused.
pub async fn fail(
    tx: &mut HotelTx,
    connection: ConnectionId,
    failure: &str,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let failure: String = failure.chars().take(LONGEST_FAILURE).collect();
    sqlx::query!(
        r#"
        UPDATE webhook_subscriptions SET failure = $3, failed_at = clock_timestamp()
        WHERE hotel_id = $1 AND connection_id = $2
        "#,
        hotel.0,
        connection.0,
        failure
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

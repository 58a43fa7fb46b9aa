//! The send ledger: one row a business event.

use uuid::Uuid;

use crate::domain::ids::{ConnectionId, ReservationId, WaitlistEntryId};
use crate::store::{HotelTx, StoreError};

/// Where a mail stands. Later ones outrank earlier ones: an event that comes late takes nothing back.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum EmailState {
    Queued,
    /// Handed to the provider, whose answer is not stored yet.
    Sending,
    /// It may have been sent, and the provider would not recognise it: nobody sends it again unasked.
    Unknown,
    Failed,
    Sent,
    Delayed,
    Delivered,
    Bounced,
    Suppressed,
    Complained,
}

impl EmailState {
    const ALL: [Self; 10] = [
        Self::Queued,
        Self::Sending,
        Self::Unknown,
        Self::Failed,
        Self::Sent,
        Self::Delayed,
        Self::Delivered,
        Self::Bounced,
        Self::Suppressed,
        Self::Complained,
    ];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
            Self::Sent => "sent",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::Bounced => "bounced",
            Self::Suppressed => "suppressed",
            Self::Complained => "complained",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether the provider may not have it yet.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::Queued | Self::Sending)
    }
}

/// What a mail is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum About {
    Reservation(ReservationId),
    /// Somebody who waits.
    Waitlist(WaitlistEntryId),
}

impl About {
    fn read(reservation: Option<Uuid>, entry: Option<Uuid>) -> Option<Self> {
        match (reservation, entry) {
            (Some(id), None) => Some(Self::Reservation(ReservationId(id))),
            (None, Some(id)) => Some(Self::Waitlist(WaitlistEntryId(id))),
            _ => None,
        }
    }

    /// The two columns.
    fn columns(self) -> (Option<Uuid>, Option<Uuid>) {
        match self {
            Self::Reservation(id) => (Some(id.0), None),
            Self::Waitlist(id) => (None, Some(id.0)),
        }
    }
}

/// A mail in the ledger.
#[derive(Clone, Debug)]
pub struct Email {
    /// The event that it tells of, such as `confirmed/<reservation>/<version>`.
    pub business_key: String,
    pub connection: ConnectionId,
    pub about: About,
    pub template: String,
    pub state: EmailState,
}

/// Adds a mail, unless its event has one. Answers whether it did.
pub async fn insert(tx: &mut HotelTx, email: &Email) -> Result<bool, StoreError> {
    let hotel = tx.hotel();
    let (reservation, entry) = email.about.columns();
    let done = sqlx::query!(
        r#"
        INSERT INTO emails (hotel_id, business_key, connection_id, reservation_id, template, state, waitlist_entry_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (hotel_id, business_key) DO NOTHING
        "#,
        hotel.0,
        email.business_key,
        email.connection.0,
        reservation,
        email.template,
        email.state.as_str(),
        entry,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A mail that nobody else changes until this transaction ends.
pub async fn lock(tx: &mut HotelTx, business_key: &str) -> Result<Option<Email>, StoreError> {
    let hotel = tx.hotel();
    let row = sqlx::query!(
        "SELECT connection_id, reservation_id, waitlist_entry_id, template, state FROM emails
         WHERE hotel_id = $1 AND business_key = $2 FOR UPDATE",
        hotel.0,
        business_key,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        let refuse = |column| StoreError::Inconsistent {
            table: "emails",
            column,
            row: business_key.to_owned(),
        };
        Ok(Email {
            business_key: business_key.to_owned(),
            connection: ConnectionId(row.connection_id),
            about: About::read(row.reservation_id, row.waitlist_entry_id)
                .ok_or_else(|| refuse("reservation_id"))?,
            template: row.template,
            state: EmailState::parse(&row.state).ok_or_else(|| refuse("state"))?,
        })
    })
    .transpose()
}

/// Sets a mail's state. The reason is for the operator: no guest's address.
pub async fn set_state(
    tx: &mut HotelTx,
    business_key: &str,
    state: EmailState,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        "UPDATE emails SET state = $3, reason = $4, updated_at = clock_timestamp()
         WHERE hotel_id = $1 AND business_key = $2",
        hotel.0,
        business_key,
        state.as_str(),
        reason,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("set emails.state", &done, 1)
}

/// Notes that the provider took a mail, under this id of its own.
pub async fn set_sent(
    tx: &mut HotelTx,
    business_key: &str,
    message_id: &str,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        "UPDATE emails SET state = 'sent', message_id = $3, reason = NULL, updated_at = clock_timestamp()
         WHERE hotel_id = $1 AND business_key = $2",
        hotel.0,
        business_key,
        message_id,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("set emails.message_id", &done, 1)
}

/// Moves a mail forwards, never backwards. A message that is not ours is none of our business.
pub async fn advance(
    tx: &mut HotelTx,
    connection: ConnectionId,
    message_id: &str,
    state: EmailState,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let outranked: Vec<String> = EmailState::ALL
        .into_iter()
        .filter(|earlier| *earlier < state)
        .map(|earlier| earlier.as_str().to_owned())
        .collect();
    sqlx::query!(
        r#"
        UPDATE emails SET state = $4, reason = $5, updated_at = clock_timestamp()
        WHERE hotel_id = $1 AND connection_id = $2 AND message_id = $3 AND state = ANY ($6)
        "#,
        hotel.0,
        connection.0,
        message_id,
        state.as_str(),
        reason,
        &outranked,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether a message is known, or cannot become so: no mail of the connection waits for its provider's answer.
pub async fn is_placed(
    tx: &mut HotelTx,
    connection: ConnectionId,
    message_id: &str,
) -> Result<bool, StoreError> {
    let hotel = tx.hotel();
    let placed = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT FROM emails WHERE hotel_id = $1 AND connection_id = $2 AND message_id = $3)
            OR NOT EXISTS (SELECT FROM emails WHERE hotel_id = $1 AND connection_id = $2 AND state = 'sending'
                AND updated_at > clock_timestamp() - interval '10 minutes')
            AS "placed!"
        "#,
        hotel.0,
        connection.0,
        message_id,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(placed)
}

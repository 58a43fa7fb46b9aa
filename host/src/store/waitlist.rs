//! Who waits for nights that are sold out, and what happened to each.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use uuid::Uuid;

use crate::domain::fold::folded;
use crate::domain::hold::HoldState;
use crate::domain::ids::{
    HoldId, RatePlanId, ReservationId, RoomTypeId, WaitlistEntryId, least_of_instant,
};
use crate::domain::night::Stay;
use crate::domain::offer::Party;
use crate::domain::reservation::Guest;
use crate::domain::waitlist::{Entry, State, Wish};
use crate::store::reservation_json::GuestJson;
use crate::store::search::Range;
use crate::store::{HotelTx, StoreError};

/// Which entries a list shows. What is absent narrows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// One of [`State::NAMES`].
    pub state: Option<&'static str>,
    /// Stays that take a night of these days: `[from, to]`.
    pub stay: Range,
}

/// A line of an entry's history.
#[derive(Clone, Debug)]
pub struct WaitlistEvent {
    pub kind: String,
    /// Who: an API key or a job.
    pub actor: String,
    pub reason: Option<String>,
    pub at: Timestamp,
}

struct Row {
    id: Uuid,
    state: String,
    room_type_id: Option<Uuid>,
    rate_plan_id: Option<Uuid>,
    check_in: jiff_sqlx::Date,
    check_out: jiff_sqlx::Date,
    units: i32,
    adults: i16,
    children_ages: Vec<i16>,
    guest: Value,
    note: Option<String>,
    hold_id: Option<Uuid>,
    reservation_id: Option<Uuid>,
    alerted: bool,
    offered_until: Option<jiff_sqlx::Timestamp>,
    created_at: jiff_sqlx::Timestamp,
}

impl Row {
    fn entry(self) -> Result<Entry, StoreError> {
        let refuse = |column| StoreError::Inconsistent {
            table: "waitlist_entries",
            column,
            row: self.id.to_string(),
        };
        let state = match (self.state.as_str(), self.hold_id, self.reservation_id) {
            ("waiting", ..) => State::Waiting,
            ("offered", Some(hold), _) => State::Offered(HoldId(hold)),
            ("fulfilled", _, Some(reservation)) => State::Fulfilled(ReservationId(reservation)),
            ("withdrawn", ..) => State::Withdrawn,
            ("lapsed", ..) => State::Lapsed,
            _ => return Err(refuse("state")),
        };
        let ages = self.children_ages.iter();
        let guest: GuestJson = serde_json::from_value(self.guest).map_err(|_| refuse("guest"))?;
        Ok(Entry {
            id: WaitlistEntryId(self.id),
            state,
            wish: Wish {
                room_type: self.room_type_id.map(RoomTypeId),
                rate_plan: self.rate_plan_id.map(RatePlanId),
                stay: Stay::contracted(self.check_in.to_jiff(), self.check_out.to_jiff())
                    .map_err(|_| refuse("check_out"))?,
                units: u32::try_from(self.units).map_err(|_| refuse("units"))?,
                party: Party {
                    adults: u16::try_from(self.adults).map_err(|_| refuse("adults"))?,
                    children_ages: ages
                        .map(|age| u8::try_from(*age).unwrap_or(u8::MAX))
                        .collect(),
                },
            },
            guest: guest.into(),
            note: self.note,
            alerted: self.alerted,
            offered_until: self.offered_until.map(jiff_sqlx::Timestamp::to_jiff),
            created_at: self.created_at.to_jiff(),
        })
    }
}

/// Adds an entry that waits.
pub async fn insert(
    tx: &mut HotelTx,
    id: WaitlistEntryId,
    wish: &Wish,
    guest: &Guest,
    note: Option<&str>,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let ages: Vec<i16> = wish
        .party
        .children_ages
        .iter()
        .map(|age| i16::from(*age))
        .collect();
    let guest = serde_json::to_value(GuestJson::from(guest)).unwrap_or_default();
    sqlx::query!(
        r#"
        INSERT INTO waitlist_entries (hotel_id, id, room_type_id, rate_plan_id, check_in, check_out, units, adults,
            children_ages, guest, note)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        "#,
        hotel.0,
        id.0,
        wish.room_type.map(|id| id.0),
        wish.rate_plan.map(|id| id.0),
        wish.stay.check_in().to_sqlx() as _,
        wish.stay.check_out().to_sqlx() as _,
        i32::try_from(wish.units).unwrap_or(i32::MAX),
        i16::try_from(wish.party.adults).unwrap_or(i16::MAX),
        &ages,
        guest,
        note,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// An entry as it is now.
pub async fn find(tx: &mut HotelTx, id: WaitlistEntryId) -> Result<Option<Entry>, StoreError> {
    let hotel = tx.hotel();
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT w.id, w.state, w.room_type_id, w.rate_plan_id, w.check_in, w.check_out, w.units, w.adults,
            w.children_ages, w.guest, w.note, w.hold_id, w.reservation_id, w.alerted_at IS NOT NULL AS "alerted!",
            h.expires_at AS "offered_until?", w.created_at
        FROM waitlist_entries w
        LEFT JOIN holds h ON h.hotel_id = w.hotel_id AND h.id = w.hold_id
        WHERE w.hotel_id = $1 AND w.id = $2
        "#,
        hotel.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(Row::entry).transpose()
}

/// An entry that nobody else changes until this transaction ends, as it is after whoever was before.
pub async fn lock(tx: &mut HotelTx, id: WaitlistEntryId) -> Result<Option<Entry>, StoreError> {
    let hotel = tx.hotel();
    let locked = sqlx::query_scalar!(
        "SELECT id FROM waitlist_entries WHERE hotel_id = $1 AND id = $2 FOR UPDATE",
        hotel.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    match locked {
        // Read by a statement of its own, which sees what was committed while this one waited.
        Some(_) => find(tx, id).await,
        None => Ok(None),
    }
}

/// Locks an entry, and answers whether it still waits.
pub async fn claim(tx: &mut HotelTx, id: WaitlistEntryId) -> Result<bool, StoreError> {
    let hotel = tx.hotel();
    Ok(sqlx::query_scalar!(
        r#"SELECT claim_waitlist_entry($1, $2) AS "waits!""#,
        hotel.0,
        id.0
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// From here until the transaction ends, nobody else serves the hotel's waitlist.
pub async fn lock_hotel(tx: &mut HotelTx) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!("SELECT lock_waitlist($1)", hotel.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A page of entries in their turn: those after `after`.
pub async fn list(
    tx: &mut HotelTx,
    filter: &Filter,
    after: Option<WaitlistEntryId>,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT w.id, w.state, w.room_type_id, w.rate_plan_id, w.check_in, w.check_out, w.units, w.adults,
            w.children_ages, w.guest, w.note, w.hold_id, w.reservation_id, w.alerted_at IS NOT NULL AS "alerted!",
            h.expires_at AS "offered_until?", w.created_at
        FROM waitlist_entries w
        LEFT JOIN holds h ON h.hotel_id = w.hotel_id AND h.id = w.hold_id
        WHERE w.hotel_id = $1 AND ($2::text IS NULL OR w.state = $2)
            AND ($3::date IS NULL OR w.check_out > $3) AND ($4::date IS NULL OR w.check_in <= $4)
            AND ($5::uuid IS NULL OR (w.created_at, w.id) > (
                SELECT c.created_at, c.id FROM waitlist_entries c WHERE c.hotel_id = $1 AND c.id = $5))
        ORDER BY w.created_at, w.id
        LIMIT $6
        "#,
        hotel.0,
        filter.state,
        filter.stay.from.map(ToSqlx::to_sqlx) as _,
        filter.stay.to.map(ToSqlx::to_sqlx) as _,
        after.map(|id| id.0),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Row::entry).collect()
}

/// Sets the state of an entry that the caller has locked, with the line of its history.
pub async fn set_state(
    tx: &mut HotelTx,
    id: WaitlistEntryId,
    state: &State,
    actor: &str,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let (hold, reservation) = match state {
        State::Offered(hold) => (Some(hold.0), None),
        State::Fulfilled(reservation) => (None, Some(reservation.0)),
        _ => (None, None),
    };
    let done = sqlx::query!(
        r#"
        UPDATE waitlist_entries
        SET state = $3, hold_id = coalesce($4, hold_id), reservation_id = $5
        WHERE hotel_id = $1 AND id = $2
        "#,
        hotel.0,
        id.0,
        state.as_str(),
        hold,
        reservation,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("set waitlist_entries.state", &done, 1)?;
    record(tx, id, state.as_str(), actor, reason).await
}

/// Adds a line to an entry's history. The caller has the entry locked, or has just made it.
pub async fn record(
    tx: &mut HotelTx,
    id: WaitlistEntryId,
    kind: &str,
    actor: &str,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        INSERT INTO waitlist_events (hotel_id, entry_id, number, kind, actor, reason)
        SELECT $1::uuid, $2::uuid, coalesce(max(number), 0) + 1, $3::text, $4::text, $5::text
        FROM waitlist_events WHERE hotel_id = $1 AND entry_id = $2
        "#,
        hotel.0,
        id.0,
        kind,
        actor,
        reason,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What happened to an entry, oldest first.
pub async fn events(
    tx: &mut HotelTx,
    id: WaitlistEntryId,
) -> Result<Vec<WaitlistEvent>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        "SELECT kind, actor, reason, at FROM waitlist_events WHERE hotel_id = $1 AND entry_id = $2 ORDER BY number",
        hotel.0,
        id.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| WaitlistEvent {
            kind: row.kind,
            actor: row.actor,
            reason: row.reason,
            at: row.at.to_jiff(),
        })
        .collect())
}

/// Notes whether staff know that an entry's nights are for sale.
pub async fn set_alerted(
    tx: &mut HotelTx,
    id: WaitlistEntryId,
    alerted: bool,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        UPDATE waitlist_entries SET alerted_at = CASE WHEN $3 THEN clock_timestamp() END
        WHERE hotel_id = $1 AND id = $2
        "#,
        hotel.0,
        id.0,
        alerted,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("set waitlist_entries.alerted_at", &done, 1)
}

/// Whether anybody waits or has an offer.
pub async fn is_open(tx: &mut HotelTx) -> Result<bool, StoreError> {
    let hotel = tx.hotel();
    Ok(sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT FROM waitlist_entries WHERE hotel_id = $1 AND state IN ('waiting', 'offered')) AS "open!"
        "#,
        hotel.0
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// How many entries a guest has open for stays that share a night with this one, whatever the case of the email.
///
/// The database folds ASCII alone, so that it is the same under every locale, and gives out what has other letters too,
/// which few emails have; those are compared here.
pub async fn open_of(tx: &mut HotelTx, email: &str, stay: Stay) -> Result<i64, StoreError> {
    let hotel = tx.hotel();
    let email = folded(email.trim());
    let emails = sqlx::query_scalar!(
        r#"
        SELECT guest ->> 'email' AS "email!" FROM waitlist_entries
        WHERE hotel_id = $1 AND state IN ('waiting', 'offered') AND check_out > $3 AND check_in < $4
            AND (lower(btrim(guest ->> 'email') COLLATE "C") = $2
                OR octet_length(guest ->> 'email') > length(guest ->> 'email'))
        "#,
        hotel.0,
        email,
        stay.check_in().to_sqlx() as _,
        stay.check_out().to_sqlx() as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    let same = |other: &&String| folded(other.trim()) == email;
    Ok(i64::try_from(emails.iter().filter(same).count()).unwrap_or(i64::MAX))
}

/// The most units that one of these room types could ever have for a stay: as many as it has rooms, or what its calendar
/// says where that is more. `None` where one has no rooms, for then nobody knows.
pub async fn most_units(
    tx: &mut HotelTx,
    room_types: &[RoomTypeId],
    stay: Stay,
) -> Result<Option<i64>, StoreError> {
    let hotel = tx.hotel();
    let ids: Vec<Uuid> = room_types.iter().map(|id| id.0).collect();
    Ok(sqlx::query_scalar!(
        r#"
        SELECT CASE WHEN bool_and(t.rooms > 0) THEN max(greatest(t.rooms, t.units)) END AS most
        FROM (
            SELECT (SELECT count(*) FROM rooms r WHERE r.hotel_id = $1 AND r.room_type_id = asked.id) AS rooms,
                (SELECT max(a.allotment + a.overbooking) FROM room_availability a
                    WHERE a.hotel_id = $1 AND a.room_type_id = asked.id AND a.night >= $3 AND a.night < $4) AS units
            FROM unnest($2::uuid[]) AS asked (id)
        ) AS t
        "#,
        hotel.0,
        &ids,
        stay.check_in().to_sqlx() as _,
        stay.check_out().to_sqlx() as _,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Entries that must end: their offer did, by the database's clock, or they wait for an arrival before today.
pub async fn due(
    tx: &mut HotelTx,
    today: Date,
    limit: i64,
) -> Result<Vec<WaitlistEntryId>, StoreError> {
    let hotel = tx.hotel();
    let ids = sqlx::query_scalar!(
        r#"
        SELECT w.id
        FROM waitlist_entries w
        LEFT JOIN holds h ON h.hotel_id = w.hotel_id AND h.id = w.hold_id
        WHERE w.hotel_id = $1 AND (w.state = 'waiting' AND w.check_in < $2
            OR w.state = 'offered' AND (h.state <> 'held' OR h.expires_at <= clock_timestamp()))
        ORDER BY w.created_at, w.id
        LIMIT $3
        "#,
        hotel.0,
        today.to_sqlx() as _,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids.into_iter().map(WaitlistEntryId).collect())
}

/// How the hold of an offer stands, a lapsed one as expired, and the reservation that it became.
pub async fn outcome(
    tx: &mut HotelTx,
    hold: HoldId,
) -> Result<(HoldState, Option<ReservationId>), StoreError> {
    let hotel = tx.hotel();
    // No reservation is older than its hold, so the months before it are left out.
    let row = sqlx::query!(
        r#"
        SELECT CASE WHEN h.state = 'held' AND h.expires_at <= clock_timestamp() THEN 'expired' ELSE h.state END
                AS "state!",
            CASE WHEN h.state = 'confirmed' THEN (
                SELECT r.id FROM reservations r WHERE r.hotel_id = $1 AND r.hold_id = $2 AND r.id >= $3) END
                AS reservation_id
        FROM holds h WHERE h.hotel_id = $1 AND h.id = $2
        "#,
        hotel.0,
        hold.0,
        least_of_instant(hold.0),
    )
    .fetch_one(&mut **tx)
    .await?;
    let state = HoldState::parse(&row.state).ok_or_else(|| StoreError::Inconsistent {
        table: "holds",
        column: "state",
        row: hold.to_string(),
    })?;
    Ok((state, row.reservation_id.map(ReservationId)))
}

//! Holds: thin faces of the stored procedures, which own the lock order.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::hold::{Ended, Hold, HoldState, Holder};
use crate::domain::ids::{HoldId, RatePlanId, RoomTypeId};
use crate::domain::night::Stay;
use crate::domain::offer::Party;
use crate::domain::promo::Promo;
use crate::domain::quote::QuotedLine;
use crate::store::jobs::interval;
use crate::store::{HotelTx, StoreError, booked_extras, charged, hold_caps};

/// What `place_hold` answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Placed {
    Held {
        expires_at: Timestamp,
    },
    /// A room type's night, or an extra's day: both are counted alike.
    SoldOut {
        room_type: RoomTypeId,
        night: Date,
    },
}

fn inconsistent(column: &'static str, hold: HoldId) -> StoreError {
    StoreError::Inconsistent {
        table: "holds",
        column,
        row: hold.to_string(),
    }
}

/// What is held, for how long, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub lines: &'a [QuotedLine],
    pub ttl: Duration,
    /// It can be extended up to this.
    pub longest: Duration,
    /// From the commit on it counts in the caps of its holder; in nobody's where it is booked at once or kept by us.
    pub holder: Option<&'a Holder>,
}

/// Takes the units of all lines, or none of them.
pub async fn place(
    tx: &mut HotelTx,
    hold: HoldId,
    wanted: Wanted<'_>,
) -> Result<Placed, StoreError> {
    let hotel = tx.hotel();
    let lines: Value = wanted
        .lines
        .iter()
        .enumerate()
        .map(|(number, line)| {
            json!({
                "line": number,
                "room_type_id": line.room_type.0,
                "rate_plan_id": line.rate_plan.0,
                "check_in": line.stay.check_in(),
                "check_out": line.stay.check_out(),
                "units": line.units,
                "adults": line.party.adults,
                "children_ages": line.party.children_ages,
                "prices": line.prices,
                "charges": charged::write(&line.charges),
                "extras": booked_extras::write(&line.extras),
                "discount": line.discount,
            })
        })
        .collect();
    let row = sqlx::query!(
        r#"
        SELECT outcome AS "outcome!", short_room_type, short_night, expires
        FROM place_hold($1, $2, $3, $4, $5, $6, $7)
        "#,
        hotel.0,
        hold.0,
        lines,
        interval(wanted.ttl),
        interval(wanted.longest),
        wanted.holder.map(|holder| holder.credential.0),
        wanted.holder.and_then(hold_caps::session),
    )
    .fetch_one(&mut **tx)
    .await?;
    match (
        row.outcome.as_str(),
        row.expires,
        row.short_room_type.zip(row.short_night),
    ) {
        ("held", Some(expires_at), _) => Ok(Placed::Held {
            expires_at: expires_at.to_jiff(),
        }),
        ("sold_out", _, Some((room_type, night))) => Ok(Placed::SoldOut {
            room_type: RoomTypeId(room_type),
            night: night.to_jiff(),
        }),
        ("contended", ..) => Err(StoreError::Contended(sqlx::Error::RowNotFound)),
        _ => Err(inconsistent("state", hold)),
    }
}

/// Gives a live hold `ttl` from now, within its limit.
pub async fn extend(
    tx: &mut HotelTx,
    hold: HoldId,
    ttl: Duration,
) -> Result<Result<Timestamp, Ended>, StoreError> {
    let hotel = tx.hotel();
    let row = sqlx::query!(
        r#"SELECT outcome AS "outcome!", expires FROM extend_hold($1, $2, $3)"#,
        hotel.0,
        hold.0,
        interval(ttl)
    )
    .fetch_one(&mut **tx)
    .await?;
    match (row.outcome.as_str(), row.expires) {
        ("held", Some(expires_at)) => Ok(Ok(expires_at.to_jiff())),
        (outcome, _) => Ok(Err(
            Ended::parse(outcome).ok_or_else(|| inconsistent("state", hold))?
        )),
    }
}

/// Turns held units into sold ones, if the hold is still live by the database's clock.
pub async fn confirm(tx: &mut HotelTx, hold: HoldId) -> Result<Result<(), Ended>, StoreError> {
    let hotel = tx.hotel();
    let outcome = sqlx::query_scalar!(
        r#"SELECT confirm_hold($1, $2) AS "outcome!""#,
        hotel.0,
        hold.0
    )
    .fetch_one(&mut **tx)
    .await?;
    ended_as(&outcome, "confirmed", hold)
}

/// Gives held units back.
pub async fn release(tx: &mut HotelTx, hold: HoldId) -> Result<Result<(), Ended>, StoreError> {
    let hotel = tx.hotel();
    let outcome = sqlx::query_scalar!(
        r#"SELECT release_hold($1, $2) AS "outcome!""#,
        hotel.0,
        hold.0
    )
    .fetch_one(&mut **tx)
    .await?;
    ended_as(&outcome, "released", hold)
}

fn ended_as(outcome: &str, wanted: &str, hold: HoldId) -> Result<Result<(), Ended>, StoreError> {
    if outcome == wanted {
        return Ok(Ok(()));
    }
    Ok(Err(
        Ended::parse(outcome).ok_or_else(|| inconsistent("state", hold))?
    ))
}

/// Ends up to `limit` lapsed holds of the hotel, and answers how many there were.
pub async fn expire(tx: &mut HotelTx, limit: i32) -> Result<i32, StoreError> {
    let hotel = tx.hotel();
    Ok(sqlx::query_scalar!(
        r#"SELECT expire_holds($1, $2) AS "expired!""#,
        hotel.0,
        limit
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// A hold with its lines. One that lapsed and was not swept yet is shown as expired.
pub async fn find(tx: &mut HotelTx, id: HoldId) -> Result<Option<Hold>, StoreError> {
    let hotel = tx.hotel();
    let mut rows = sqlx::query_as!(
        Row,
        r#"
        SELECT CASE WHEN h.state = 'held' AND h.expires_at <= clock_timestamp() THEN 'expired' ELSE h.state END
                AS "state!",
            h.expires_at, h.promo_code_id,
            (SELECT p.code FROM promo_codes p WHERE p.hotel_id = h.hotel_id AND p.id = h.promo_code_id) AS promo_code,
            l.room_type_id, l.rate_plan_id, l.check_in, l.check_out, l.units, l.adults, l.children_ages, l.prices,
            l.charges, l.extras, l.discount
        FROM holds h
        JOIN hold_lines l ON l.hotel_id = h.hotel_id AND l.hold_id = h.id
        WHERE h.hotel_id = $1 AND h.id = $2
        ORDER BY l.line
        "#,
        hotel.0,
        id.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let Some(first) = rows.first_mut() else {
        return Ok(None);
    };
    let hold = first.take_hold(id)?;
    let lines = rows.into_iter().map(|row| row.line(id));
    Ok(Some(Hold {
        lines: lines.collect::<Result<_, _>>()?,
        ..hold
    }))
}

/// A line, with what is its hold's.
struct Row {
    state: String,
    expires_at: jiff_sqlx::Timestamp,
    promo_code_id: Option<Uuid>,
    promo_code: Option<String>,
    room_type_id: Uuid,
    rate_plan_id: Uuid,
    check_in: jiff_sqlx::Date,
    check_out: jiff_sqlx::Date,
    units: i32,
    adults: i16,
    children_ages: Vec<i16>,
    prices: Vec<i64>,
    charges: Value,
    extras: Value,
    discount: i64,
}

impl Row {
    /// The hold, without its lines.
    fn take_hold(&mut self, id: HoldId) -> Result<Hold, StoreError> {
        Ok(Hold {
            id,
            state: HoldState::parse(&self.state).ok_or_else(|| inconsistent("state", id))?,
            expires_at: self.expires_at.to_jiff(),
            lines: Vec::new(),
            promo: self
                .promo_code_id
                .zip(self.promo_code.take())
                .map(|(id, code)| Promo { id, code }),
        })
    }

    fn line(self, id: HoldId) -> Result<QuotedLine, StoreError> {
        Ok(QuotedLine {
            room_type: RoomTypeId(self.room_type_id),
            rate_plan: RatePlanId(self.rate_plan_id),
            stay: Stay::contracted(self.check_in.to_jiff(), self.check_out.to_jiff())
                .map_err(|_| inconsistent("check_out", id))?,
            units: u32::try_from(self.units).map_err(|_| inconsistent("units", id))?,
            party: Party {
                adults: u16::try_from(self.adults).map_err(|_| inconsistent("adults", id))?,
                children_ages: self
                    .children_ages
                    .iter()
                    .map(|age| u8::try_from(*age).unwrap_or(u8::MAX))
                    .collect(),
            },
            prices: self.prices,
            charges: charged::read(self.charges).ok_or_else(|| inconsistent("charges", id))?,
            extras: booked_extras::read(self.extras).ok_or_else(|| inconsistent("extras", id))?,
            discount: self.discount,
        })
    }
}

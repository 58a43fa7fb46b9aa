//! Caps of live holds: thin faces of the stored procedures, which say why no cap is ever exceeded.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::domain::hold::{Capped, HoldCaps, Holder};
use crate::domain::ids::{HoldId, RoomTypeId};
use crate::domain::quote::QuotedLine;
use crate::store::{HotelTx, StoreError};

/// What `guard_hold_caps` answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Guarded {
    /// One hold may be placed in this transaction.
    Free,
    /// The first of the holds in the way lapses in so many seconds, at least one.
    Reached { whose: Capped, wait_seconds: u32 },
    /// It need not be counted: it would find too few units.
    SoldOut { room_type: RoomTypeId, night: Date },
}

fn inconsistent(holder: &Holder) -> StoreError {
    StoreError::Inconsistent {
        table: "holds",
        column: "credential_id",
        row: holder.credential.to_string(),
    }
}

fn most(cap: u32) -> i32 {
    i32::try_from(cap).unwrap_or(i32::MAX)
}

/// The hash of a holder's session, as its column holds it.
pub(super) fn session(holder: &Holder) -> Option<&[u8]> {
    holder.session.as_ref().map(|hash| &hash[..])
}

/// Asks whether a holder may have one more live hold, and keeps its place until the transaction ends. It comes before
/// every lock but that of the idempotency key.
pub async fn guard(
    tx: &mut HotelTx,
    holder: &Holder,
    caps: HoldCaps,
    lines: &[QuotedLine],
) -> Result<Guarded, StoreError> {
    let hotel = tx.hotel();
    let lines: Value = lines
        .iter()
        .map(|line| {
            json!({
                "room_type_id": line.room_type.0,
                "check_in": line.stay.check_in(),
                "check_out": line.stay.check_out(),
                "units": line.units,
            })
        })
        .collect();
    let row = sqlx::query!(
        r#"
        SELECT outcome AS "outcome!", wait_seconds, short_room_type, short_night
        FROM guard_hold_caps($1, $2, $3, $4, $5, $6)
        "#,
        hotel.0,
        holder.credential.0,
        session(holder),
        most(caps.per_key),
        most(caps.per_session),
        lines,
    )
    .fetch_one(&mut **tx)
    .await?;
    let whose = match row.outcome.as_str() {
        "free" => return Ok(Guarded::Free),
        "contended" => return Err(StoreError::Contended(sqlx::Error::RowNotFound)),
        "sold_out" => {
            let cell = row.short_room_type.zip(row.short_night);
            let (room_type, night) = cell.ok_or_else(|| inconsistent(holder))?;
            return Ok(Guarded::SoldOut {
                room_type: RoomTypeId(room_type),
                night: night.to_jiff(),
            });
        }
        "key" => Capped::Key,
        "session" => Capped::Session,
        _ => return Err(inconsistent(holder)),
    };
    let wait_seconds = row.wait_seconds.and_then(|wait| u32::try_from(wait).ok());
    Ok(Guarded::Reached {
        whose,
        wait_seconds: wait_seconds.unwrap_or(1),
    })
}

/// Keeps a hold that is about to be extended from coming back to a cap that was counted without it.
pub async fn lock_of_hold(tx: &mut HotelTx, hold: HoldId) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!("SELECT lock_caps_of_hold($1, $2)", hotel.0, hold.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

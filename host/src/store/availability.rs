//! The counters of inventory, and what they mean for the nights of a hotel.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::domain::ids::RoomTypeId;
use crate::domain::reservation::CellChange;
use crate::store::{HotelTx, StoreError};

/// Whether a change of inventory may go beyond the limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Beyond {
    /// Never: a night that is short changes nothing.
    Refuse,
    /// A channel's reservation is a contract already made: the night is overbooked.
    Accept,
}

/// How a change of inventory went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moved {
    pub wanted: i32,
    pub moved: i32,
}

fn cells_json(cells: &[CellChange]) -> Value {
    cells
        .iter()
        .map(|cell| {
            json!({"room_type_id": cell.room_type.0, "night": cell.night, "held": cell.held, "sold": cell.sold})
        })
        .collect()
}

/// Adds to the counters of cells, summed per cell, in the one lock order, and marks them for the channels.
pub async fn move_inventory(
    tx: &mut HotelTx,
    cells: &[CellChange],
    beyond: Beyond,
) -> Result<Moved, StoreError> {
    if cells.is_empty() {
        return Ok(Moved {
            wanted: 0,
            moved: 0,
        });
    }
    let hotel = tx.hotel();
    let row = sqlx::query!(
        r#"SELECT wanted AS "wanted!", moved AS "moved!" FROM move_inventory($1, $2, $3)"#,
        hotel.0,
        cells_json(cells),
        beyond == Beyond::Accept,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Moved {
        wanted: row.wanted,
        moved: row.moved,
    })
}

/// How a change of what is sold went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Changed {
    Moved,
    /// Nothing was changed, because this cell is short.
    SoldOut {
        room_type: RoomTypeId,
        night: Date,
    },
}

/// Changes the sold units of cells, each cell once, all of them or none. Lapsed holds count as free.
pub async fn change(tx: &mut HotelTx, cells: &[CellChange]) -> Result<Changed, StoreError> {
    if cells.is_empty() {
        return Ok(Changed::Moved);
    }
    let hotel = tx.hotel();
    let row = sqlx::query!(
        r#"SELECT outcome AS "outcome!", short_room_type, short_night FROM change_inventory($1, $2)"#,
        hotel.0,
        cells_json(cells),
    )
    .fetch_one(&mut **tx)
    .await?;
    match (
        row.outcome.as_str(),
        row.short_room_type.zip(row.short_night),
    ) {
        ("moved", _) => Ok(Changed::Moved),
        ("sold_out", Some((room_type, night))) => Ok(Changed::SoldOut {
            room_type: RoomTypeId(room_type),
            night: night.to_jiff(),
        }),
        ("contended", _) => Err(StoreError::Contended(sqlx::Error::RowNotFound)),
        _ => Err(StoreError::Inconsistent {
            table: "room_availability",
            column: "sold",
            row: row.outcome,
        }),
    }
}

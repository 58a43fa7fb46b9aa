//! The counters of inventory against a recount of what they count.

use jiff::civil::Date;

use crate::domain::ids::RoomTypeId;
use crate::domain::reservation::Status;
use crate::store::{HotelTx, StoreError};

/// A cell whose counters are not what its reservations and holds add up to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Miscount {
    pub room_type: RoomTypeId,
    pub night: Date,
    /// Counted, and what it should be.
    pub sold: (i32, i64),
    pub held: (i32, i64),
}

/// Every miscounted cell of the hotel. There should be none, ever.
pub async fn miscounts(tx: &mut HotelTx) -> Result<Vec<Miscount>, StoreError> {
    let hotel = tx.hotel();
    let live: Vec<String> = Status::ALL
        .into_iter()
        .filter(|status| status.takes_inventory())
        .map(|status| status.as_str().to_owned())
        .collect();
    let rows = sqlx::query!(
        r#"
        WITH sold AS (
            SELECT room_type_id, night, sum(units) AS units
            FROM (
                SELECT l.room_type_id, n::date AS night, l.units
                FROM reservations r
                JOIN reservation_rooms l ON l.hotel_id = r.hotel_id AND l.reservation_id = r.id,
                    generate_series(l.check_in, coalesce(l.freed_from, l.check_out) - 1, interval '1 day') AS n
                WHERE r.hotel_id = $1 AND r.status = ANY ($2) AND l.room_type_id IS NOT NULL
                UNION ALL
                SELECT e.extra_id, e.day, e.units
                FROM reservations r
                JOIN reservation_rooms l ON l.hotel_id = r.hotel_id AND l.reservation_id = r.id AND l.extras <> '[]',
                    extra_cells(l.extras) AS e
                WHERE r.hotel_id = $1 AND r.status = ANY ($2) AND (l.freed_from IS NULL OR e.day < l.freed_from)
            ) AS taken
            GROUP BY room_type_id, night
        ), held AS (
            SELECT c.room_type_id, c.night, c.units
            FROM hold_cells($1, ARRAY(SELECT id FROM holds WHERE hotel_id = $1 AND state = 'held')) AS c
        )
        SELECT a.room_type_id, a.night, a.sold, a.held, coalesce(s.units, 0) AS "sold_units!",
            coalesce(h.units, 0)::bigint AS "held_units!"
        FROM room_availability a
        LEFT JOIN sold s ON s.room_type_id = a.room_type_id AND s.night = a.night
        LEFT JOIN held h ON h.room_type_id = a.room_type_id AND h.night = a.night
        WHERE a.hotel_id = $1 AND (a.sold <> coalesce(s.units, 0) OR a.held <> coalesce(h.units, 0))
        ORDER BY a.room_type_id, a.night
        "#,
        hotel.0,
        &live,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Miscount {
            room_type: RoomTypeId(row.room_type_id),
            night: row.night.to_jiff(),
            sold: (row.sold, row.sold_units),
            held: (row.held, row.held_units),
        })
        .collect())
}

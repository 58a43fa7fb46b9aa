//! Reservations by what staff know of them: dates, age, and words of a name, a number or a telephone.

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;

use crate::domain::ids::ReservationId;
use crate::domain::reservation::{Guest, Reservation, Status};
use crate::domain::search::{self, Wanted};
use crate::store::reservations::{Row, with_rooms};
use crate::store::{HotelTx, StoreError};

/// Which reservations a list shows. What is absent narrows nothing.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub status: Option<Status>,
    pub arrival: Range,
    pub departure: Range,
    /// Stays that take a night of these days: `[from, to]`.
    pub stay: Range,
    /// Tentative for at least so many hours.
    pub tentative_hours: Option<i32>,
    /// Every one of these has to be found.
    pub wanted: Vec<Wanted>,
}

/// Days, both of them included.
#[derive(Clone, Copy, Debug, Default)]
pub struct Range {
    pub from: Option<Date>,
    pub to: Option<Date>,
}

/// Adds the words by which a reservation is found.
pub(super) async fn index(tx: &mut HotelTx, reservation: &Reservation) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let guests: Vec<&Guest> = std::iter::once(&reservation.booker)
        .chain(reservation.rooms.iter().flat_map(|room| &room.guests))
        .collect();
    let words = search::words(&reservation.number, &guests);
    sqlx::query!(
        r#"
        INSERT INTO reservation_words (hotel_id, word, reservation_id)
        SELECT DISTINCT $1::uuid, folded(word), $2::uuid FROM unnest($3::text[]) AS word
        WHERE folded(word) <> ''
        "#,
        hotel.0,
        reservation.id.0,
        &words,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes them.
pub(super) async fn forget(tx: &mut HotelTx, reservation: ReservationId) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "DELETE FROM reservation_words WHERE hotel_id = $1 AND reservation_id = $2",
        hotel.0,
        reservation.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A page of reservations, newest first: those before `before`.
pub async fn list(
    tx: &mut HotelTx,
    filter: &Filter,
    before: Option<ReservationId>,
    limit: i64,
) -> Result<Vec<Reservation>, StoreError> {
    let rows = if filter.wanted.is_empty() {
        listed(tx, filter, before, limit).await?
    } else {
        found(tx, filter, before, limit).await?
    };
    with_rooms(tx, rows).await
}

async fn listed(
    tx: &mut HotelTx,
    filter: &Filter,
    before: Option<ReservationId>,
    limit: i64,
) -> Result<Vec<Row>, StoreError> {
    let hotel = tx.hotel();
    Ok(sqlx::query_as!(
        Row,
        r#"
        SELECT id, number, status, version, hold_id, connection_id, source, booker, total_minor, currency, notes,
            overbooked, unmapped, promo_code_id, (SELECT p.code FROM promo_codes p
                WHERE p.hotel_id = reservations.hotel_id AND p.id = promo_code_id) AS promo_code,
            discount_minor, tentative_since, owed_minor, checklist, created_at, updated_at
        FROM reservations
        WHERE hotel_id = $1 AND ($2::text IS NULL OR status = $2) AND ($3::uuid IS NULL OR id < $3)
            AND ($5::date IS NULL OR check_in >= $5) AND ($6::date IS NULL OR check_in <= $6)
            AND ($7::date IS NULL OR check_out >= $7) AND ($8::date IS NULL OR check_out <= $8)
            AND ($9::date IS NULL OR check_out > $9) AND ($10::date IS NULL OR check_in <= $10)
            AND ($11::integer IS NULL
                OR status = 'tentative' AND tentative_since <= clock_timestamp() - make_interval(hours => $11))
        ORDER BY id DESC
        LIMIT $4
        "#,
        hotel.0,
        filter.status.map(Status::as_str),
        before.map(|id| id.0),
        limit,
        filter.arrival.from.map(ToSqlx::to_sqlx) as _,
        filter.arrival.to.map(ToSqlx::to_sqlx) as _,
        filter.departure.from.map(ToSqlx::to_sqlx) as _,
        filter.departure.to.map(ToSqlx::to_sqlx) as _,
        filter.stay.from.map(ToSqlx::to_sqlx) as _,
        filter.stay.to.map(ToSqlx::to_sqlx) as _,
        filter.tentative_hours,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Each beginning of a word that is wanted, after the number of what it is a spelling of.
fn beginnings(wanted: &[Wanted]) -> (Vec<i32>, Vec<String>) {
    let spelled = (0..).zip(wanted).flat_map(|(number, wanted)| {
        let beginnings = wanted.beginnings.iter();
        beginnings.map(move |beginning| (number, beginning.clone()))
    });
    spelled.unzip()
}

/// The words name the reservations first, so that only those are read.
async fn found(
    tx: &mut HotelTx,
    filter: &Filter,
    before: Option<ReservationId>,
    limit: i64,
) -> Result<Vec<Row>, StoreError> {
    let hotel = tx.hotel();
    let (numbers, beginnings) = beginnings(&filter.wanted);
    Ok(sqlx::query_as!(
        Row,
        r#"
        WITH named AS MATERIALIZED (
            SELECT w.reservation_id AS id
            FROM (SELECT number, folded(beginning) AS beginning
                FROM unnest($12::integer[], $13::text[]) AS q (number, beginning)) AS q
            JOIN reservation_words w ON w.hotel_id = $1
                AND w.word >= q.beginning AND w.word < q.beginning || U&'\+10FFFF'
            WHERE $3::uuid IS NULL OR w.reservation_id < $3
            GROUP BY w.reservation_id
            HAVING count(DISTINCT q.number) = $14
        )
        SELECT r.id, r.number, r.status, r.version, r.hold_id, r.connection_id, r.source, r.booker, r.total_minor,
            r.currency, r.notes, r.overbooked, r.unmapped, r.promo_code_id, (SELECT p.code FROM promo_codes p
                WHERE p.hotel_id = r.hotel_id AND p.id = r.promo_code_id) AS promo_code,
            r.discount_minor, r.tentative_since, r.owed_minor, r.checklist, r.created_at, r.updated_at
        FROM named n
        JOIN reservations r ON r.hotel_id = $1 AND r.id = n.id
        WHERE ($2::text IS NULL OR r.status = $2)
            AND ($5::date IS NULL OR r.check_in >= $5) AND ($6::date IS NULL OR r.check_in <= $6)
            AND ($7::date IS NULL OR r.check_out >= $7) AND ($8::date IS NULL OR r.check_out <= $8)
            AND ($9::date IS NULL OR r.check_out > $9) AND ($10::date IS NULL OR r.check_in <= $10)
            AND ($11::integer IS NULL
                OR r.status = 'tentative' AND r.tentative_since <= clock_timestamp() - make_interval(hours => $11))
        ORDER BY r.id DESC
        LIMIT $4
        "#,
        hotel.0,
        filter.status.map(Status::as_str),
        before.map(|id| id.0),
        limit,
        filter.arrival.from.map(ToSqlx::to_sqlx) as _,
        filter.arrival.to.map(ToSqlx::to_sqlx) as _,
        filter.departure.from.map(ToSqlx::to_sqlx) as _,
        filter.departure.to.map(ToSqlx::to_sqlx) as _,
        filter.stay.from.map(ToSqlx::to_sqlx) as _,
        filter.stay.to.map(ToSqlx::to_sqlx) as _,
        filter.tentative_hours,
        &numbers,
        &beginnings,
        i64::try_from(filter.wanted.len()).unwrap_or(i64::MAX),
    )
    .fetch_all(&mut **tx)
    .await?)
}

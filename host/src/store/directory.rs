//! Which hotels a search is about, from the directory.

use jiff::tz::TimeZone;

use crate::domain::fold::folded;
use crate::domain::ids::HotelId;
use crate::domain::money::Currency;
use crate::store::{Reads, StoreError};

/// Round a point, on a sphere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    /// Degrees.
    pub latitude: f64,
    pub longitude: f64,
    pub radius_km: f64,
}

/// Which hotels are meant. Only active ones are found.
#[derive(Clone, Debug, Default)]
pub struct Where {
    /// Only this one, whatever else is asked: a key's own.
    pub own: Option<HotelId>,
    /// A part of the place's name, in any case.
    pub place: Option<String>,
    /// Ids or slugs.
    pub hotels: Option<Vec<String>>,
    pub circle: Option<Circle>,
    pub currency: Option<Currency>,
    /// Only those whose slug comes after this one.
    pub after: Option<String>,
}

/// A hotel that may have something to offer.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub id: HotelId,
    pub slug: String,
    pub name: String,
    pub place: String,
    pub time_zone: TimeZone,
    pub currency: Currency,
    /// From the middle of the circle, where there is one.
    pub distance_km: Option<f64>,
}

/// The first hotels that are meant, by slug.
pub async fn candidates(
    reads: &mut Reads,
    wanted: &Where,
    limit: i64,
) -> Result<Vec<Candidate>, StoreError> {
    let circle = wanted.circle;
    let places = match &wanted.place {
        Some(part) => Some(places_with(reads, wanted.own, part).await?),
        None => None,
    };
    let rows = sqlx::query!(
        r#"
        SELECT id, slug, name, place, time_zone, currency, distance_km
        FROM (
            SELECT h.*, 2 * 6371.0088 * asin(sqrt(least(1, power(sin(radians(latitude - $4) / 2), 2)
                + cos(radians($4)) * cos(radians(latitude)) * power(sin(radians(longitude - $5) / 2), 2))))
                AS distance_km
            FROM hotels h
            WHERE active AND ($1::uuid IS NULL OR id = $1)
                AND ($2::text[] IS NULL OR place = ANY ($2))
                AND ($3::text[] IS NULL OR slug = ANY ($3) OR id::text = ANY ($3))
                AND ($7::text IS NULL OR currency = $7)
                AND ($8::text IS NULL OR slug > $8)
        ) AS h
        WHERE $6::float8 IS NULL OR distance_km <= $6
        ORDER BY slug
        LIMIT $9
        "#,
        wanted.own.map(|hotel| hotel.0),
        places.as_deref(),
        wanted.hotels.as_deref(),
        circle.map(|circle| circle.latitude),
        circle.map(|circle| circle.longitude),
        circle.map(|circle| circle.radius_km),
        wanted.currency.map(Currency::code),
        wanted.after,
        limit,
    )
    .fetch_all(&mut **reads)
    .await?;
    rows.into_iter()
        .map(|row| {
            let refuse = |column| StoreError::Inconsistent {
                table: "hotels",
                column,
                row: row.id.to_string(),
            };
            Ok(Candidate {
                id: HotelId(row.id),
                time_zone: TimeZone::get(&row.time_zone).map_err(|_| refuse("time_zone"))?,
                currency: row.currency.parse().map_err(|_| refuse("currency"))?,
                slug: row.slug,
                name: row.name,
                place: row.place,
                distance_km: row.distance_km,
            })
        })
        .collect()
}

/// The places whose name has this part, in any case. Folded here, because the database folds as its locale does.
async fn places_with(
    reads: &mut Reads,
    own: Option<HotelId>,
    part: &str,
) -> Result<Vec<String>, StoreError> {
    let part = folded(part);
    let places = sqlx::query_scalar!(
        "SELECT DISTINCT place FROM hotels WHERE active AND ($1::uuid IS NULL OR id = $1)",
        own.map(|hotel| hotel.0),
    )
    .fetch_all(&mut **reads)
    .await?;
    let meant = places
        .into_iter()
        .filter(|place| folded(place).contains(&part));
    Ok(meant.collect())
}

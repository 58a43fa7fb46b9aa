//! The tenants' directory.

use jiff::tz::TimeZone;
use sqlx::PgConnection;

use crate::domain::hotel::Hotel;
use crate::domain::ids::HotelId;
use crate::domain::reservation::Status;
use crate::store::{Store, StoreError};

pub(super) struct HotelRow {
    pub(super) id: uuid::Uuid,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) time_zone: String,
    pub(super) currency: String,
    pub(super) place: String,
    pub(super) contact_email: Option<String>,
    pub(super) language: String,
    pub(super) channel_status: String,
}

impl TryFrom<HotelRow> for Hotel {
    type Error = StoreError;

    fn try_from(row: HotelRow) -> Result<Self, StoreError> {
        let refuse = |column| StoreError::Inconsistent {
            table: "hotels",
            column,
            row: row.id.to_string(),
        };
        Ok(Self {
            id: HotelId(row.id),
            time_zone: TimeZone::get(&row.time_zone).map_err(|_| refuse("time_zone"))?,
            currency: row.currency.parse().map_err(|_| refuse("currency"))?,
            channel_status: Status::parse(&row.channel_status)
                .ok_or_else(|| refuse("channel_status"))?,
            slug: row.slug,
            name: row.name,
            place: row.place,
            contact_email: row.contact_email,
            language: row.language,
        })
    }
}

/// Every hotel, by slug.
pub async fn list(store: &Store) -> Result<Vec<Hotel>, StoreError> {
    sqlx::query_as!(
        HotelRow,
        "SELECT id, slug, name, time_zone, currency, place, contact_email, language, channel_status
         FROM hotels ORDER BY slug"
    )
    .fetch_all(store.pool())
    .await?
    .into_iter()
    .map(Hotel::try_from)
    .collect()
}

/// Hotels after a slug, by slug: every one, or only this.
pub async fn page(
    store: &Store,
    only: Option<HotelId>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Hotel>, StoreError> {
    sqlx::query_as!(
        HotelRow,
        "SELECT id, slug, name, time_zone, currency, place, contact_email, language, channel_status
         FROM hotels WHERE ($1::uuid IS NULL OR id = $1) AND ($2::text IS NULL OR slug > $2)
         ORDER BY slug LIMIT $3",
        only.map(|hotel| hotel.0),
        after,
        limit
    )
    .fetch_all(store.pool())
    .await?
    .into_iter()
    .map(Hotel::try_from)
    .collect()
}

/// A hotel by its id.
pub async fn find(store: &Store, hotel: HotelId) -> Result<Option<Hotel>, StoreError> {
    sqlx::query_as!(
        HotelRow,
        "SELECT id, slug, name, time_zone, currency, place, contact_email, language, channel_status
         FROM hotels WHERE id = $1",
        hotel.0
    )
    .fetch_optional(store.pool())
    .await?
    .map(Hotel::try_from)
    .transpose()
}

/// A hotel by the name in its URLs.
pub async fn find_by_slug(store: &Store, slug: &str) -> Result<Option<Hotel>, StoreError> {
    sqlx::query_as!(
        HotelRow,
        "SELECT id, slug, name, time_zone, currency, place, contact_email, language, channel_status
         FROM hotels WHERE slug = $1",
        slug
    )
    .fetch_optional(store.pool())
    .await?
    .map(Hotel::try_from)
    .transpose()
}

/// Adds a hotel, or changes the one of this slug. Answers its id.
pub async fn upsert(connection: &mut PgConnection, hotel: &Hotel) -> Result<HotelId, StoreError> {
    let time_zone = hotel.time_zone.iana_name().unwrap_or("UTC");
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO hotels (id, slug, name, time_zone, currency, place, contact_email, language, channel_status)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (slug) DO UPDATE SET
            name = excluded.name, time_zone = excluded.time_zone, place = excluded.place,
            contact_email = excluded.contact_email, language = excluded.language,
            channel_status = excluded.channel_status
        RETURNING id
        "#,
        hotel.id.0,
        hotel.slug,
        hotel.name,
        time_zone,
        hotel.currency.code(),
        hotel.place,
        hotel.contact_email,
        hotel.language,
        hotel.channel_status.as_str(),
    )
    .fetch_one(connection)
    .await?;
    Ok(HotelId(id))
}

/// Keeps the months of every partitioned table ahead of this day.
pub async fn ensure_partitions(store: &Store, today: jiff::civil::Date) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT ensure_partitions($1)",
        jiff_sqlx::ToSqlx::to_sqlx(today) as _
    )
    .execute(store.pool())
    .await?;
    Ok(())
}

/// Makes the months of these nights, both included, in every table of nights. They are at most ten years away.
pub async fn ensure_nights(
    store: &Store,
    first: jiff::civil::Date,
    last: jiff::civil::Date,
) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT ensure_nights($1, $2)",
        jiff_sqlx::ToSqlx::to_sqlx(first) as _,
        jiff_sqlx::ToSqlx::to_sqlx(last) as _
    )
    .execute(store.pool())
    .await?;
    Ok(())
}

/// How many whole months ahead the partitioned tables reach, the shortest of them.
pub async fn partition_horizon(store: &Store, today: jiff::civil::Date) -> Result<i32, StoreError> {
    let months = sqlx::query_scalar!(
        r#"SELECT partition_horizon($1) AS "months!""#,
        jiff_sqlx::ToSqlx::to_sqlx(today) as _
    )
    .fetch_one(store.pool())
    .await?;
    Ok(months)
}

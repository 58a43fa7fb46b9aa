//! Hotels from files: a catalogue with its first nights, added once.

mod trail;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::AppError;
use crate::domain::hotel::Hotel;
use crate::domain::ids::{HotelId, new_uuid};
use crate::domain::night;
use crate::domain::reservation::Status;
use crate::store::catalogue::{self, Catalogue};
use crate::store::{Store, calendar, hotels};

/// A hotel's file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HotelFile {
    slug: String,
    name: String,
    time_zone: String,
    currency: String,
    #[serde(default)]
    place: String,
    contact_email: Option<String>,
    #[serde(default = "english")]
    language: String,
    #[serde(default = "confirmed")]
    channel_status: String,
    /// How many nights from today are opened for sale.
    nights: u16,
    room_types: Vec<RoomTypeFile>,
    rate_plans: Vec<RatePlanFile>,
    products: Vec<ProductFile>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoomTypeFile {
    code: String,
    name: String,
    standard_occupancy: u16,
    max_occupancy: u16,
    #[serde(default)]
    accessible: bool,
    /// The physical rooms' numbers; their count is the allotment.
    rooms: Vec<String>,
    #[serde(default)]
    overbooking: u16,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RatePlanFile {
    code: String,
    name: String,
    meal_plan: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProductFile {
    room_type: String,
    rate_plan: String,
    /// Minor units a night.
    price: i64,
    /// Friday and Saturday nights.
    weekend_price: Option<i64>,
    min_stay_arrival: Option<u16>,
    max_stay: Option<u16>,
}

fn english() -> String {
    "en".to_owned()
}

fn confirmed() -> String {
    Status::Confirmed.as_str().to_owned()
}

/// Why a hotel's file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    #[error("`{field}`: {message}")]
    Value {
        field: &'static str,
        message: String,
    },
    #[error(transparent)]
    App(#[from] AppError),
}

/// Adds the hotel of a file with its catalogue and nights. What exists already, by slug, code and night, stays, but for
/// what the file says of the hotel itself. The audit trail tells of it as of what is set up over HTTP.
pub async fn seed(store: &Store, now: Timestamp, text: &str) -> Result<Hotel, SeedError> {
    let file: HotelFile = toml::from_str(text)?;
    let mut hotel = hotel(&file, now)?;
    check(&file)?;

    let catalogue = catalogue(&file, &hotel, now);
    let known = hotels::find_by_slug(store, &hotel.slug)
        .await
        .map_err(AppError::from)?;
    if let Some(known) = known {
        if known.currency != hotel.currency {
            let sells_in = known.currency.code();
            return Err(SeedError::Value {
                field: "currency",
                message: format!(
                    "the hotel is there already and sells in {sells_in}: its prices would mean something else"
                ),
            });
        }
        hotel.id = known.id;
    }
    let mut tx = store.begin(hotel.id).await.map_err(AppError::from)?;
    // As over HTTP: what was there before is still so when it is added to.
    calendar::lock(&mut tx).await.map_err(AppError::from)?;
    let before = trail::Before::read(&mut tx).await?;
    let id = hotels::upsert(&mut tx, &hotel)
        .await
        .map_err(AppError::from)?;
    if id != hotel.id {
        return Err(SeedError::Value {
            field: "slug",
            message: "somebody else added the hotel at this moment: seed it again".to_owned(),
        });
    }
    catalogue::insert_catalogue(&mut tx, &catalogue)
        .await
        .map_err(AppError::from)?;
    before.record(&mut tx, &catalogue, now).await?;
    tx.commit().await.map_err(AppError::from)?;
    Ok(hotel)
}

fn hotel(file: &HotelFile, now: Timestamp) -> Result<Hotel, SeedError> {
    let refuse = |field, message: String| SeedError::Value { field, message };
    Ok(Hotel {
        id: HotelId::new(now),
        slug: file.slug.clone(),
        name: file.name.clone(),
        time_zone: TimeZone::get(&file.time_zone).map_err(|_| {
            refuse(
                "time_zone",
                format!(
                    "`{}` is no IANA time zone, such as Europe/Rome",
                    file.time_zone
                ),
            )
        })?,
        currency: file
            .currency
            .parse()
            .map_err(|unknown| refuse("currency", format!("{unknown}")))?,
        place: file.place.clone(),
        contact_email: file.contact_email.clone(),
        language: file.language.clone(),
        channel_status: Status::parse(&file.channel_status)
            .filter(|status| matches!(status, Status::Confirmed | Status::Tentative))
            .ok_or_else(|| refuse("channel_status", "is `confirmed` or `tentative`".to_owned()))?,
    })
}

fn check(file: &HotelFile) -> Result<(), SeedError> {
    let refuse = |field, message: String| Err(SeedError::Value { field, message });
    if !(1..=730).contains(&file.nights) {
        return refuse(
            "nights",
            format!("{} is not between 1 and 730", file.nights),
        );
    }
    for product in &file.products {
        if !file
            .room_types
            .iter()
            .any(|room_type| room_type.code == product.room_type)
        {
            return refuse(
                "products",
                format!("there is no room type `{}` in the file", product.room_type),
            );
        }
        if !file
            .rate_plans
            .iter()
            .any(|rate_plan| rate_plan.code == product.rate_plan)
        {
            return refuse(
                "products",
                format!("there is no rate plan `{}` in the file", product.rate_plan),
            );
        }
        if product.price <= 0 || product.weekend_price.is_some_and(|price| price <= 0) {
            return refuse(
                "products",
                format!(
                    "{}/{} needs a price above 0",
                    product.room_type, product.rate_plan
                ),
            );
        }
    }
    for room_type in &file.room_types {
        if room_type.standard_occupancy == 0
            || room_type.max_occupancy < room_type.standard_occupancy
        {
            return refuse(
                "room_types",
                format!("{} needs 1 ≤ standard ≤ max occupancy", room_type.code),
            );
        }
    }
    Ok(())
}

fn catalogue(file: &HotelFile, hotel: &Hotel, now: Timestamp) -> Catalogue {
    let first = night::today(now, &hotel.time_zone);
    let last = first.saturating_add(i32::from(file.nights).days());
    let nights = || night::nights(first, last);
    let id = || new_uuid(now);
    Catalogue {
        room_types: file
            .room_types
            .iter()
            .map(|t| {
                json!({"id": id(), "code": t.code, "name": t.name, "standard_occupancy": t.standard_occupancy,
                    "max_occupancy": t.max_occupancy, "accessible": t.accessible})
            })
            .collect(),
        rate_plans: file
            .rate_plans
            .iter()
            .map(|p| json!({"id": id(), "code": p.code, "name": p.name, "meal_plan": p.meal_plan}))
            .collect(),
        rooms: file
            .room_types
            .iter()
            .flat_map(|t| t.rooms.iter().map(|number| json!({"id": id(), "room_type": t.code, "number": number})))
            .collect(),
        products: file
            .products
            .iter()
            .map(|p| json!({"room_type": p.room_type, "rate_plan": p.rate_plan}))
            .collect(),
        availability: file
            .room_types
            .iter()
            .flat_map(|t| {
                nights().map(|night| {
                    json!({"room_type": t.code, "night": night, "allotment": t.rooms.len(),
                        "overbooking": t.overbooking})
                })
            })
            .collect(),
        rates: file.products.iter().flat_map(|product| nights().map(|night| rate(product, night))).collect(),
    }
}

fn rate(product: &ProductFile, night: jiff::civil::Date) -> Value {
    let weekend = matches!(night.weekday(), Weekday::Friday | Weekday::Saturday);
    let price = if weekend {
        product.weekend_price.unwrap_or(product.price)
    } else {
        product.price
    };
    json!({"room_type": product.room_type, "rate_plan": product.rate_plan, "night": night, "price_minor": price,
        "min_stay_arrival": product.min_stay_arrival, "max_stay": product.max_stay})
}

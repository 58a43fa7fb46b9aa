//! What staff set up: entries of the catalogue, which refer to each other by code. They are written down as the audit
//! trail keeps them: a field that is renamed is another field there.

use serde::Serialize;
use uuid::Uuid;

use crate::domain::pricing::Adjustment;

/// One entry by its id or its code, or all of them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reference {
    pub id: Option<Uuid>,
    pub code: Option<String>,
}

impl Reference {
    pub fn code(code: &str) -> Self {
        Self {
            id: None,
            code: Some(code.to_owned()),
        }
    }

    /// An id, or else a code.
    pub fn parse(text: &str) -> Self {
        match text.parse() {
            Ok(id) => Self {
                id: Some(id),
                code: None,
            },
            Err(_) => Self::code(text),
        }
    }
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct RoomTypeEntry {
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub description: String,
    pub standard_occupancy: i16,
    pub max_occupancy: i16,
    pub accessible: bool,
    pub active: bool,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct RoomEntry {
    pub id: Uuid,
    pub number: String,
    pub room_type: String,
    pub active: bool,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct PolicyEntry {
    pub id: Uuid,
    pub code: String,
    pub name: String,
    /// Hours before the arrival day begins at the hotel; `None`: never free.
    pub free_until_hours: Option<i32>,
    /// `none`, `first_night`, `percent` or `whole_stay`.
    pub penalty: String,
    pub penalty_percent: Option<i16>,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ChargeEntry {
    pub id: Uuid,
    pub code: String,
    pub name: String,
    /// `tax` or `fee`.
    pub kind: String,
    /// `stay`, `night`, `person`, `person_night` or `percent`.
    pub basis: String,
    /// Minor units, or hundredths of a percent.
    pub value: i64,
    pub included: bool,
    pub min_age: i16,
    pub max_nights: Option<i16>,
    pub active: bool,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct RatePlanEntry {
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub description: String,
    pub meal_plan: String,
    pub cancellation_policy: Option<String>,
    pub derived_from: Option<DerivedFrom>,
    pub child_prices: Vec<ChildPrice>,
    pub active: bool,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct DerivedFrom {
    pub parent: String,
    pub adjustment: Adjustment,
}

/// What a child of an age pays a night.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct ChildPrice {
    pub min_age: i16,
    pub max_age: i16,
    pub price: Adjustment,
}

/// A room type sold under a rate plan.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ProductEntry {
    pub room_type: String,
    pub rate_plan: String,
    pub occupancy_prices: Vec<OccupancyPrice>,
    pub active: bool,
}

/// What a night costs more or less for another number of adults than the standard.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct OccupancyPrice {
    pub adults: i16,
    pub price: Adjustment,
}

/// The meal plans that there are.
pub const MEAL_PLANS: [&str; 5] = [
    "room_only",
    "breakfast",
    "half_board",
    "full_board",
    "all_inclusive",
];

/// A hotel as the operator sets it up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HotelEntry {
    pub id: Uuid,
    /// The name in URLs and configuration; it stays.
    pub slug: String,
    pub name: String,
    /// An IANA name.
    pub time_zone: String,
    /// Every amount is in it, so it stays.
    pub currency: String,
    pub place: String,
    /// Latitude and longitude, in degrees.
    pub position: Option<(f64, f64)>,
    pub contact_email: Option<String>,
    pub language: String,
    /// Where a channel's reservation lands: `confirmed` or `tentative`.
    pub channel_status: String,
    pub active: bool,
}

/// What is sold with a room.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ExtraEntry {
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub description: String,
    /// Of one unit of its basis.
    pub price_minor: i64,
    /// `stay`, `night`, `person` or `person_night`.
    pub basis: String,
    /// `arrival` or `departure`: the day of what is used once.
    pub used_on: String,
    /// Units on a day that has no number of its own; `None`: it is not counted.
    pub daily_capacity: Option<i32>,
    pub active: bool,
}

/// Extras that are sold together.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct PackageEntry {
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub description: String,
    pub extras: Vec<PackagedExtra>,
    /// Codes of what it is booked with; none: all.
    pub room_types: Vec<String>,
    pub rate_plans: Vec<String>,
    /// Instead of its extras' own prices.
    pub price_minor: Option<i64>,
    /// Of that price.
    pub basis: String,
    pub min_nights: i16,
    pub active: bool,
}

/// An extra of a package, by code.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct PackagedExtra {
    pub extra: String,
    pub quantity: i32,
}

/// One day of an extra that is counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ExtraDay {
    pub day: jiff::civil::Date,
    pub capacity: i32,
    /// Whether the day has a number of its own.
    pub own: bool,
    pub sold: i32,
    pub held: i32,
}

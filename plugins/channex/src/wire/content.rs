//! The property and what it sells.

use serde::Deserialize;

use super::or_default;

#[derive(Debug, Deserialize)]
pub(crate) struct Property {
    pub(crate) title: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) timezone: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RoomType {
    pub(crate) title: Option<String>,
    pub(crate) occ_adults: Option<u16>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RatePlan {
    pub(crate) title: Option<String>,
    pub(crate) currency: Option<String>,
    /// Some answers name the room type here, others among the relationships.
    pub(crate) room_type_id: Option<String>,
    pub(crate) parent_rate_plan_id: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) options: Vec<RateOption>,
}

/// The price for so many people.
#[derive(Debug, Deserialize)]
pub(crate) struct RateOption {
    pub(crate) occupancy: Option<u16>,
}

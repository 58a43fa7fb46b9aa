//! A hotel and what it sells.

use jiff::tz::TimeZone;

use crate::domain::ids::{HotelId, RatePlanId, RoomId, RoomTypeId};
use crate::domain::money::Currency;
use crate::domain::reservation::Status;

/// One property: the tenant.
#[derive(Clone, Debug)]
pub struct Hotel {
    pub id: HotelId,
    /// The name in URLs and configuration.
    pub slug: String,
    pub name: String,
    pub time_zone: TimeZone,
    pub currency: Currency,
    pub place: String,
    /// Where the hotel's own mail goes, and what guests answer to.
    pub contact_email: Option<String>,
    pub language: String,
    /// Where a channel's reservation lands: confirmed, or tentative.
    pub channel_status: Status,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoomType {
    pub id: RoomTypeId,
    pub code: String,
    pub name: String,
    pub standard_occupancy: u16,
    pub max_occupancy: u16,
    pub accessible: bool,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Room {
    pub id: RoomId,
    pub room_type: RoomTypeId,
    pub number: String,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RatePlan {
    pub id: RatePlanId,
    pub code: String,
    pub name: String,
    pub meal_plan: String,
}

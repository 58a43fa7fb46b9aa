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

/// How somebody names a hotel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HotelName<'a> {
    Id(HotelId),
    Slug(&'a str),
}

impl<'a> HotelName<'a> {
    /// An id or what may be a slug. What cannot be either never reaches the database, which refuses some characters
    /// outright.
    pub fn parse(name: &'a str) -> Option<Self> {
        let in_slug = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        match name.parse() {
            Ok(id) => Some(Self::Id(id)),
            Err(_) => name.bytes().all(in_slug).then_some(Self::Slug(name)),
        }
    }

    pub fn id(self) -> Option<HotelId> {
        match self {
            Self::Id(id) => Some(id),
            Self::Slug(_) => None,
        }
    }

    pub fn slug(self) -> Option<&'a str> {
        match self {
            Self::Id(_) => None,
            Self::Slug(slug) => Some(slug),
        }
    }
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

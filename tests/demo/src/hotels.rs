//! The hotels of the story, as the files describe them that the host is seeded with.

use anyhow::{Context as _, Result};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;

/// The files, by the hotels' slugs. The story is told at the first; every channel has all of them.
pub(crate) const FILES: [(&str, &str); 2] = [
    (
        "aurora-rome",
        include_str!("../../fixtures/aurora-rome.toml"),
    ),
    (
        "sakura-kyoto",
        include_str!("../../fixtures/sakura-kyoto.toml"),
    ),
];

/// The part of a hotel's file that the channels need to know.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Hotel {
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) time_zone: String,
    pub(crate) currency: String,
    pub(crate) contact_email: String,
    /// How many nights from today are for sale.
    pub(crate) nights: u16,
    room_types: Vec<RoomType>,
    rate_plans: Vec<RatePlan>,
    pub(crate) products: Vec<Product>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RoomType {
    code: String,
    pub(crate) name: String,
    pub(crate) max_occupancy: u16,
    rooms: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct RatePlan {
    code: String,
    name: String,
}

/// A room type under a rate plan.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub(crate) struct Product {
    pub(crate) room_type: String,
    pub(crate) rate_plan: String,
    /// Minor units a night, from Sunday to Thursday.
    pub(crate) price: i64,
}

/// The nights of `[check_in, check_out)`, local dates at the hotel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Stay {
    pub(crate) check_in: Date,
    pub(crate) check_out: Date,
}

/// Every hotel of the story.
pub(crate) fn all() -> Result<Vec<Hotel>> {
    let read = |(slug, text): &(&str, &str)| {
        toml::from_str(text).with_context(|| format!("the file of {slug} is not understood"))
    };
    FILES.iter().map(read).collect()
}

impl Hotel {
    /// The room type of a product.
    pub(crate) fn room_type(&self, product: &Product) -> Result<&RoomType> {
        let mut known = self.room_types.iter();
        known
            .find(|room_type| room_type.code == product.room_type)
            .with_context(|| format!("{} has no room type {}", self.slug, product.room_type))
    }

    /// A product as people call it: `Double – Best Available Rate`.
    pub(crate) fn product_name(&self, product: &Product) -> Result<String> {
        let mut plans = self.rate_plans.iter();
        let plan = plans
            .find(|plan| plan.code == product.rate_plan)
            .with_context(|| format!("{} has no rate plan {}", self.slug, product.rate_plan))?;
        Ok(format!("{} – {}", self.room_type(product)?.name, plan.name))
    }

    /// Units of a product that can be sold a night while nothing is.
    pub(crate) fn units(&self, product: &Product) -> Result<u32> {
        Ok(u32::try_from(self.room_type(product)?.rooms.len())?)
    }

    /// Products that share this one's rooms, itself included.
    pub(crate) fn same_rooms(&self, product: &Product) -> Vec<&Product> {
        let same = |other: &&Product| other.room_type == product.room_type;
        self.products.iter().filter(same).collect()
    }

    /// The date at the hotel.
    pub(crate) fn today(&self, now: Timestamp) -> Result<Date> {
        Ok(now.to_zoned(TimeZone::get(&self.time_zone)?).date())
    }

    /// Two nights from the first Monday that is more than `days` away: none of them is a weekend's.
    pub(crate) fn stay(&self, now: Timestamp, days: i32) -> Result<Stay> {
        let check_in = self
            .today(now)?
            .checked_add(days.days())?
            .nth_weekday(1, Weekday::Monday)?;
        let check_out = check_in.checked_add(2.days())?;
        Ok(Stay {
            check_in,
            check_out,
        })
    }
}

impl Product {
    /// As tables show it: `DBL/BAR`.
    pub(crate) fn code(&self) -> String {
        format!("{}/{}", self.room_type, self.rate_plan)
    }
}

impl Stay {
    pub(crate) fn nights(self) -> impl Iterator<Item = Date> {
        self.check_in
            .series(1.day())
            .take_while(move |night| *night < self.check_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aurora() -> Hotel {
        all().expect("files that are understood").remove(0)
    }

    #[test]
    fn every_file_is_the_hotel_that_it_is_listed_as() {
        let slugs: Vec<String> = all()
            .expect("files that are understood")
            .into_iter()
            .map(|hotel| hotel.slug)
            .collect();
        assert_eq!(slugs, FILES.map(|(slug, _)| slug));
    }

    #[test]
    fn a_product_is_told_by_its_names_and_counts_its_rooms() {
        let hotel = aurora();
        let first = &hotel.products[0];
        assert_eq!(
            hotel.product_name(first).expect("known codes"),
            "Double – Best Available Rate"
        );
        assert_eq!(hotel.units(first).expect("a known room type"), 8);
        let shared: Vec<String> = hotel
            .same_rooms(first)
            .into_iter()
            .map(Product::code)
            .collect();
        assert_eq!(shared, ["DBL/BAR", "DBL/BB"]);
    }

    #[test]
    fn a_stay_begins_on_a_monday_of_the_hotels_own_calendar() {
        // A Sunday in Rome already, still a Saturday in UTC.
        let now: Timestamp = "2026-11-28T23:30:00Z".parse().expect("an instant");
        let stay = aurora().stay(now, 1).expect("a date");
        assert_eq!(stay.check_in.to_string(), "2026-12-07");
        let nights: Vec<String> = stay.nights().map(|night| night.to_string()).collect();
        assert_eq!(nights, ["2026-12-07", "2026-12-08"]);
    }
}

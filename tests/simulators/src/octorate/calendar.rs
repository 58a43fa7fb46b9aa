//! The simulated calendar: days per product and night, and how Octorate shows them.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Channel;
use super::bulk::BulkMessage;
use super::model::{Day, Product};
use super::wire::{self, Page, PageRequest, Parameters, Problem};
use super::world::World;
use crate::money;

/// The most nights that one read or one written range may span.
pub(super) const LONGEST_RANGE: i32 = 1_100;

#[derive(Debug, Default)]
pub(super) struct Calendar {
    days: BTreeMap<String, BTreeMap<Date, Day>>,
    /// Accepted and not yet applied, with the instant at which it will be.
    pub(super) waiting: Vec<(Timestamp, BulkMessage)>,
    /// Everything that was accepted, in order.
    pub(super) messages: Vec<BulkMessage>,
}

impl Calendar {
    /// The day, where it was ever set.
    pub(super) fn day(&self, product: &str, night: Date) -> Option<Day> {
        self.days.get(product)?.get(&night).cloned()
    }

    pub(super) fn set(&mut self, product: &str, night: Date, day: Day) {
        self.days
            .entry(product.to_owned())
            .or_default()
            .insert(night, day);
    }

    /// Every day that was ever set.
    pub(super) fn days(&self) -> &BTreeMap<String, BTreeMap<Date, Day>> {
        &self.days
    }
}

impl World {
    /// Applies the accepted messages whose time has come.
    pub(super) fn settle(&mut self, now: Timestamp) {
        let waiting = std::mem::take(&mut self.calendar.waiting);
        let (due, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(due, _)| *due <= now);
        self.calendar.waiting = later;
        for (_, message) in due {
            self.apply(&message);
        }
    }

    fn apply(&mut self, message: &BulkMessage) {
        for item in &message.items {
            let Some(product) = self.product(&item.product).cloned() else {
                continue;
            };
            let nights = item
                .first
                .series(jiff::ToSpan::day(1))
                .take_while(|night| *night <= item.last);
            for night in nights {
                let mut day = self.day(&product, night);
                item.values.write_to(&mut day);
                self.calendar.set(&product.id, night, day);
            }
        }
    }
}

pub(super) fn routes() -> Router<Channel> {
    Router::new().route("/calendar/{accommodation}", get(show))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Range {
    #[serde(deserialize_with = "wire::day")]
    date_from: Date,
    #[serde(deserialize_with = "wire::day")]
    date_to: Date,
    size: Option<usize>,
    page: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProductView {
    id: String,
    name: String,
    room_name: String,
    currency: String,
    max_occupancy: u16,
    active: bool,
    parent_id: Option<String>,
    days: Vec<DayView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DayView {
    date: Date,
    availability: u32,
    price: Option<Box<RawValue>>,
    min_stay: u32,
    max_stay: u32,
    close_to_arrival: bool,
    close_to_departure: bool,
    stop_sells: bool,
    cut_off_days: u32,
}

async fn show(
    State(channel): State<Channel>,
    Path(accommodation): Path<String>,
    Parameters(range): Parameters<Range>,
) -> Result<Json<Page<ProductView>>, Problem> {
    let (first, last) = (range.date_from, range.date_to);
    check_range(first, last)?;
    let page = PageRequest::new(range.size, range.page, channel.first_page())?;
    let world = channel.world();
    if !world.places.contains_key(&accommodation) {
        return Err(Problem::not_found(format!(
            "Accommodation {accommodation} not found"
        )));
    }
    let products = world
        .products
        .iter()
        .filter(|product| product.accommodation == accommodation)
        .collect();
    let Page {
        data,
        page,
        total_pages,
    } = page.cut(products);
    let data = data
        .into_iter()
        .map(|product| view(&world, product, first, last))
        .collect();
    Ok(Json(Page {
        data,
        page,
        total_pages,
    }))
}

/// Both days are included.
pub(super) fn check_range(first: Date, last: Date) -> Result<(), Problem> {
    if last < first {
        return Err(Problem::parameters(format!(
            "dateTo {last} is before dateFrom {first}"
        )));
    }
    if (last - first).get_days() >= LONGEST_RANGE {
        return Err(Problem::parameters(format!(
            "a range may span {LONGEST_RANGE} days at most"
        )));
    }
    Ok(())
}

fn view(world: &World, product: &Product, first: Date, last: Date) -> ProductView {
    let place = world.place_of(product);
    let days = first
        .series(jiff::ToSpan::day(1))
        .take_while(|night| *night <= last)
        .map(|night| day_view(night, &world.day(product, night), place.decimals))
        .collect();
    ProductView {
        id: product.id.clone(),
        name: product.name.clone(),
        room_name: product.room_name.clone(),
        currency: place.accommodation.currency.clone(),
        max_occupancy: product.max_occupancy,
        active: product.active,
        parent_id: product.parent.clone(),
        days,
    }
}

fn day_view(date: Date, day: &Day, decimals: usize) -> DayView {
    DayView {
        date,
        availability: day.availability,
        price: day.price.map(|minor| money::print(minor, decimals)),
        min_stay: day.min_stay,
        max_stay: day.max_stay,
        close_to_arrival: day.close_to_arrival,
        close_to_departure: day.close_to_departure,
        stop_sells: day.stop_sells,
        cut_off_days: day.cut_off_days,
    }
}

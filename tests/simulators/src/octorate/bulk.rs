//! `POST /calendar/bulk`: all of it is checked before any of it is taken.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::Channel;
use super::calendar::check_range;
use super::model::Day;
use super::wire::{self, JsonBody, Problem};
use super::world::World;
use crate::money;
use crate::strict::Object;

/// One accepted call, as it reached the simulator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BulkMessage {
    /// The job id that the caller was told.
    pub process: u64,
    pub arrived: Timestamp,
    pub items: Vec<BulkItem>,
}

/// Values for one product over a range of nights, both ends included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BulkItem {
    pub product: String,
    pub first: Date,
    pub last: Date,
    pub values: Values,
}

/// What a message sets; absent values stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Values {
    pub availability: Option<u32>,
    /// In minor units of the accommodation's currency.
    pub price: Option<i64>,
    pub min_stay: Option<u32>,
    pub max_stay: Option<u32>,
    pub close_to_arrival: Option<bool>,
    pub close_to_departure: Option<bool>,
    pub stop_sells: Option<bool>,
    pub cut_off_days: Option<u32>,
}

impl Values {
    pub(super) fn write_to(&self, day: &mut Day) {
        fn set<T: Clone>(target: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                *target = value.clone();
            }
        }
        set(&mut day.availability, self.availability.as_ref());
        set(&mut day.min_stay, self.min_stay.as_ref());
        set(&mut day.max_stay, self.max_stay.as_ref());
        set(&mut day.close_to_arrival, self.close_to_arrival.as_ref());
        set(
            &mut day.close_to_departure,
            self.close_to_departure.as_ref(),
        );
        set(&mut day.stop_sells, self.stop_sells.as_ref());
        set(&mut day.cut_off_days, self.cut_off_days.as_ref());
        day.price = self.price.or(day.price);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireItem {
    room: String,
    #[serde(deserialize_with = "wire::day")]
    date_from: Date,
    #[serde(deserialize_with = "wire::day")]
    date_to: Date,
    values: Object<WireValues>,
}

/// `null` is no value: a field is there with one, or absent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireValues {
    #[serde(default, deserialize_with = "present")]
    availability: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    price: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "present")]
    min_stay: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    max_stay: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    close_to_arrival: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    close_to_departure: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    stop_sells: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    cut_off_days: Option<u32>,
}

fn present<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[derive(Serialize)]
struct Accepted {
    process: Vec<u64>,
    success: bool,
}

pub(super) fn routes() -> Router<Channel> {
    Router::new().route("/calendar/bulk", post(accept))
}

async fn accept(
    State(channel): State<Channel>,
    JsonBody(items): JsonBody<Vec<Object<WireItem>>>,
) -> Result<Json<Accepted>, Problem> {
    channel.check_write()?;
    if items.is_empty() {
        return Err(Problem::parameters("the array is empty"));
    }
    let now = channel.now();
    let mut world = channel.world();
    let items = items
        .into_iter()
        .map(|Object(item)| checked(&world, item))
        .collect::<Result<_, _>>()?;
    let process = 4711 + world.calendar.messages.len() as u64;
    let message = BulkMessage {
        process,
        arrived: now,
        items,
    };
    world.calendar.messages.push(message.clone());
    let due = now + channel.apply_after();
    world.calendar.waiting.push((due, message));
    world.settle(now);
    Ok(Json(Accepted {
        process: vec![process],
        success: true,
    }))
}

fn checked(world: &World, item: WireItem) -> Result<BulkItem, Problem> {
    let product = world
        .product(&item.room)
        .ok_or_else(|| Problem::parameters(format!("room {} is unknown", item.room)))?;
    if !product.active {
        return Err(Problem::parameters(format!(
            "room {} is not active",
            item.room
        )));
    }
    check_range(item.date_from, item.date_to)?;
    let values = checked_values(item.values.0, world.place_of(product).decimals)?;
    Ok(BulkItem {
        product: item.room,
        first: item.date_from,
        last: item.date_to,
        values,
    })
}

fn checked_values(values: WireValues, decimals: usize) -> Result<Values, Problem> {
    let price = values
        .price
        .map(|price| match money::parse(price.get(), decimals) {
            Ok(minor) if minor > 0 => Ok(minor),
            Ok(_) => Err(Problem::parameters("price must be greater than 0")),
            Err(error) => Err(Problem::parameters(format!("price {error}"))),
        })
        .transpose()?;
    let values = Values {
        availability: values.availability,
        price,
        min_stay: values.min_stay,
        max_stay: values.max_stay,
        close_to_arrival: values.close_to_arrival,
        close_to_departure: values.close_to_departure,
        stop_sells: values.stop_sells,
        cut_off_days: values.cut_off_days,
    };
    if values == Values::default() {
        return Err(Problem::parameters("values must set at least one field"));
    }
    Ok(values)
}

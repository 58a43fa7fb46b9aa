//! Notifications about the calendar: taken line by line, with errors and warnings beside a success.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};
use roomwire_plugin_sdk::xml::Element;
use serde::Serialize;

use super::Channel;
use super::lines::{Amount, Change, Line};
use super::model::{Night, Pricing};
use super::wire::{Fault, NAMESPACE, answer, complaint, document, framed, holds_only, only};
use super::world::World;
use crate::money;

/// What a header may select.
const VERSIONS: [&str; 2] = ["1.0", "1.1"];

/// A notification that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notification {
    pub arrived: Timestamp,
    /// The endpoint's.
    pub name: &'static str,
    pub property: String,
    pub lines: usize,
    /// The names of what was wrong, with the locators.
    pub problems: Vec<(String, String)>,
}

/// A sort of notification.
#[derive(Clone, Copy, Debug)]
struct Sort {
    name: &'static str,
    list: &'static str,
    line: &'static str,
    read: fn(&Element) -> Result<Line, Fault>,
}

const AVAILABILITY: Sort = Sort {
    name: "OTA_HotelAvailNotif",
    list: "AvailStatusMessages",
    line: "AvailStatusMessage",
    read: Line::of_availability,
};
const PRICES: Sort = Sort {
    name: "OTA_HotelRateAmountNotif",
    list: "RateAmountMessages",
    line: "RateAmountMessage",
    read: Line::of_price,
};

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route(
            "/hotels/ota/OTA_HotelAvailNotif",
            post(
                async |State(channel): State<Channel>, headers: HeaderMap, body: Bytes| {
                    take(AVAILABILITY, &channel, &headers, &body)
                },
            ),
        )
        .route(
            "/hotels/ota/OTA_HotelRateAmountNotif",
            post(
                async |State(channel): State<Channel>, headers: HeaderMap, body: Bytes| {
                    take(PRICES, &channel, &headers, &body)
                },
            ),
        )
}

fn take(
    sort: Sort,
    channel: &Channel,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, Fault> {
    let version = headers.get("accept-version");
    let known = version.is_none_or(|version| {
        VERSIONS
            .iter()
            .any(|known| known.as_bytes() == version.as_bytes())
    });
    if !known {
        return Err(Fault::bad_request("Accept-Version is 1.0 or 1.1"));
    }
    let root = document(headers, body)?;
    framed(&root, &format!("{}RQ", sort.name), &[sort.list])?;
    let list = only(&root, sort.list)?;
    holds_only(list, sort.list, (&["HotelCode"], &[sort.line]))?;
    let property = list.get("HotelCode").unwrap_or_default().to_owned();
    let lines = list
        .all(sort.line)
        .map(sort.read)
        .collect::<Result<Vec<_>, _>>()?;
    check_locators(&lines)?;
    let now = channel.now();
    let mut world = channel.world();
    if !world.places.contains_key(&property) {
        return Err(Fault::forbidden());
    }
    let problems = apply(&mut world, &property, &lines, now);
    let answer = told(sort, lines.len(), &problems);
    world.notifications.push(Notification {
        arrived: now,
        name: sort.name,
        property,
        lines: lines.len(),
        problems: problems
            .into_iter()
            .map(|(locator, code)| (locator, code.to_owned()))
            .collect(),
    });
    Ok(answer)
}

fn check_locators(lines: &[Line]) -> Result<(), Fault> {
    let mut locators: Vec<&str> = lines.iter().map(|line| line.locator.as_str()).collect();
    locators.sort_unstable();
    locators.dedup();
    if lines.is_empty() || locators.len() != lines.len() {
        return Err(Fault::schema(
            "a message needs lines, each with a LocatorID of its own",
        ));
    }
    Ok(())
}

/// Applies what can be applied, and tells what is wrong with the rest, by locator.
fn apply(
    world: &mut World,
    property: &str,
    lines: &[Line],
    now: Timestamp,
) -> Vec<(String, &'static str)> {
    let oldest = oldest(now);
    let mut problems = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let repeated = lines[..place].iter().any(|earlier| line.repeats(earlier));
        let outcome = if repeated {
            Err("WARN_DUPLICATE_DATES")
        } else if line.start < oldest {
            Err("NOT_A_VALID_DATE")
        } else {
            check(world, property, line).and_then(|()| change(world, property, line))
        };
        problems.extend(outcome.err().map(|code| (line.locator.clone(), code)));
    }
    problems
}

/// Yesterday in Central European Time.
fn oldest(now: Timestamp) -> Date {
    let zone = TimeZone::get("Europe/Amsterdam");
    let zone = zone.unwrap_or_else(|_| TimeZone::fixed(Offset::constant(1)));
    now.to_zoned(zone).date().saturating_sub(1.day())
}

/// Whether what a line is about is sold.
fn check(world: &World, property: &str, line: &Line) -> Result<(), &'static str> {
    let room = world.room(&line.room);
    if room.is_none_or(|room| room.property != property) {
        return Err("ROOM_NOT_ACTIVE");
    }
    let Some(rate) = &line.rate else {
        return Ok(());
    };
    let rate = world
        .rate(&line.room, rate)
        .ok_or("RATE_NOT_ACTIVE_FOR_ROOM")?;
    if !rate.active {
        return Err("RATE_NOT_ACTIVE");
    }
    let is_child = rate.parent.is_some();
    if is_child && matches!(line.change, Change::Prices(_)) {
        return Err("CANNOT_EDIT_CHILD_RATE");
    }
    Ok(())
}

fn change(world: &mut World, property: &str, line: &Line) -> Result<(), &'static str> {
    let told = match &line.change {
        Change::Prices(amounts) => prices(world, property, amounts)?,
        _ => Vec::new(),
    };
    let nights = line.start.series(1.day());
    for night in nights.take_while(|night| *night <= line.end) {
        let Some(rate) = &line.rate else {
            let shown = world.room_night(&line.room, night);
            match line.change {
                Change::Units(units) => shown.units = units,
                Change::Closed(closed) => shown.closed = closed,
                _ => {}
            }
            continue;
        };
        let shown = world.rate_night(&line.room, rate, night);
        match line.change {
            Change::Closed(closed) => shown.closed = closed,
            Change::ClosedToArrival(closed) => shown.closed_to_arrival = closed,
            Change::ClosedToDeparture(closed) => shown.closed_to_departure = closed,
            Change::MinStayThrough(nights) => shown.min_stay_through = nights,
            Change::MinStayArrival(nights) => shown.min_stay_arrival = nights,
            Change::MaxStay(nights) => shown.max_stay = nights,
            Change::Prices(_) => show(shown, &told),
            Change::Units(_) => {}
        }
    }
    Ok(())
}

/// A price in minor units for so many guests; absent: for the room.
type Price = (Option<u16>, i64);

fn show(night: &mut Night, prices: &[Price]) {
    for (guests, minor) in prices {
        match guests {
            None => night.price = Some(*minor),
            Some(guests) => {
                night.prices.insert(*guests, *minor);
            }
        }
    }
}

/// What a line's prices come to, where they are of the property's pricing type.
fn prices(world: &World, property: &str, amounts: &[Amount]) -> Result<Vec<Price>, &'static str> {
    let place = world.places.get(property).ok_or("ACCESS_DENIED")?;
    if world.switching_currency {
        return Err("AVAILABILITY_UPDATE_DISABLE_HOTEL_SWITCHING_CURRENCY");
    }
    let by_guests = place.property.pricing == Pricing::Occupancy;
    let of_another_type = amounts.iter().any(|one| one.guests.is_some() != by_guests);
    if of_another_type || (!by_guests && amounts.len() > 1) {
        return Err("PRICING_NOT_OF_PROPERTY");
    }
    let price = |one: &Amount| {
        if one.currency != place.property.currency {
            return Err("CURRENCY_NOT_OF_PROPERTY");
        }
        let minor = money::parse(&one.amount, place.decimals);
        let minor = minor.ok().filter(|minor| *minor > 0);
        Ok((one.guests, minor.ok_or("PRICE_NOT_VALID")?))
    };
    amounts.iter().map(price).collect()
}

/// 400 where all is refused, otherwise a success with what is wrong beside it.
fn told(sort: Sort, lines: usize, problems: &[(String, &'static str)]) -> Response {
    let of = |is_warning: bool| {
        let tag = if is_warning { "Warning" } else { "Error" };
        let chosen = problems
            .iter()
            .filter(move |(_, code)| code.starts_with("WARN_") == is_warning);
        let told = chosen.map(move |(locator, code)| {
            complaint(tag, code, &format!("{code} for this line"))
                .attribute("LocatorID", locator.as_str())
        });
        let told: Vec<Element> = told.collect();
        let list = Element::new(format!("{tag}s"));
        (!told.is_empty()).then(|| list.children(told))
    };
    let refused = problems.len() == lines;
    let success = (!refused).then(|| Element::new("Success"));
    let parts = [success, of(true), of(false)];
    let root = Element::new(format!("{}RS", sort.name))
        .attribute("xmlns", NAMESPACE)
        .attribute("Version", "1.1")
        .children(parts.into_iter().flatten());
    let status = if refused {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    answer(status, &root)
}

//! The page at `/`: the next nights of every rate plan, the bookings, and the last messages.

use axum::extract::State;
use axum::response::Html;
use jiff::civil::Date;
use jiff::{ToSpan, tz::TimeZone};

use super::Channel;
use super::model::{Night, RatePlan};
use super::world::World;
use crate::money;
use crate::page::{self, Table};

/// How many nights the page shows, and how many messages.
const SHOWN_NIGHTS: usize = 14;
const SHOWN_MESSAGES: usize = 20;

pub(super) async fn show(State(channel): State<Channel>) -> Html<String> {
    let today = channel.now().to_zoned(TimeZone::UTC).date();
    let world = channel.world();
    page::render(
        "Simulated Expedia",
        "The calendar as Expedia shows it, from today, what guests booked, and what reached it. Controls: /_control/state",
        &[calendar(&world, today), bookings(&world), messages(&world)],
    )
}

fn texts(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn calendar(world: &World, today: Date) -> Table {
    let nights: Vec<Date> = today.series(1.day()).take(SHOWN_NIGHTS).collect();
    let row = |rate: &RatePlan| {
        let room = world.room_type(&rate.room_type);
        let name = room.map_or("", |room| room.name.as_str());
        let place = room.and_then(|room| world.places.get(&room.property));
        let decimals = place.map_or(2, |place| place.decimals);
        let cells = nights.iter().map(|night| {
            let units = world.units(&rate.room_type, *night);
            cell(units, &world.night(&rate.id, *night), decimals)
        });
        [format!("{name} – {}", rate.name)]
            .into_iter()
            .chain(cells)
            .collect()
    };
    let head = ["Rate plan".to_owned()].into_iter();
    Table {
        caption: "Calendar".to_owned(),
        head: head.chain(nights.iter().map(ToString::to_string)).collect(),
        rows: world.rate_plans.iter().map(row).collect(),
    }
}

fn cell(units: u32, night: &Night, decimals: usize) -> String {
    let price = |(adults, minor): (&u16, &i64)| {
        let price = money::print(*minor, decimals).get().to_owned();
        match adults {
            0 => price,
            adults => format!("{adults}: {price}"),
        }
    };
    let prices: Vec<String> = night.rates.iter().map(price).collect();
    let price = match prices.as_slice() {
        [] => "no price".to_owned(),
        prices => prices.join(", "),
    };
    let units = if night.closed {
        "closed".to_owned()
    } else {
        format!("{units} left")
    };
    format!("{units}\n{price}")
}

fn bookings(world: &World) -> Table {
    let row = |one: &super::Transaction| {
        let guest = &one.request.guest;
        vec![
            one.booking.clone(),
            one.kind.as_str().to_owned(),
            one.status.as_str().to_owned(),
            format!("{} {}", guest.given_name, guest.surname),
            one.request.check_in.to_string(),
            one.request.check_out.to_string(),
            one.confirm_number.clone().unwrap_or_default(),
        ]
    };
    Table {
        caption: "Transactions of bookings".to_owned(),
        head: texts(&[
            "Booking",
            "Type",
            "Status",
            "Guest",
            "Arrival",
            "Departure",
            "Confirmation number",
        ]),
        rows: world.transactions.iter().map(row).collect(),
    }
}

fn messages(world: &World) -> Table {
    let last = world.messages.iter().rev().take(SHOWN_MESSAGES);
    let row = |message: &super::Message| {
        vec![
            message.arrived.to_string(),
            message.updates.len().to_string(),
            message.weight.to_string(),
            message.warnings.len().to_string(),
        ]
    };
    Table {
        caption: "Last messages".to_owned(),
        head: texts(&["Arrived", "Elements", "Updates", "Warnings"]),
        rows: last.map(row).collect(),
    }
}

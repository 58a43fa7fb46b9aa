//! The page at `/`: the next nights of every rate, the reservations, and the last notifications.

use axum::extract::State;
use axum::response::Html;
use jiff::civil::Date;
use jiff::{ToSpan, tz::TimeZone};

use super::Channel;
use super::model::{Night, Rate, Reservation};
use super::world::World;
use crate::money;
use crate::page::{self, Table};

/// How many nights the page shows, and how many notifications.
const SHOWN_NIGHTS: usize = 14;
const SHOWN_NOTIFICATIONS: usize = 20;

pub(super) async fn show(State(channel): State<Channel>) -> Html<String> {
    let today = channel.now().to_zoned(TimeZone::UTC).date();
    let world = channel.world();
    page::render(
        "Simulated Booking.com",
        "The calendar as guests see it, from today, what they booked, and what reached it. Controls: /_control/state",
        &[
            calendar(&world, today),
            reservations(&world),
            notifications(&world),
        ],
    )
}

fn texts(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

/// The room's price, or that of each number of guests.
fn priced(night: &Night, decimals: usize) -> String {
    let text = |minor: i64| money::print(minor, decimals).get().to_owned();
    let by_guests = night.prices.iter();
    let by_guests = by_guests.map(|(guests, minor)| format!("{guests}: {}", text(*minor)));
    let prices: Vec<String> = night.price.map(text).into_iter().chain(by_guests).collect();
    match prices.as_slice() {
        [] => "no price".to_owned(),
        prices => prices.join(", "),
    }
}

fn calendar(world: &World, today: Date) -> Table {
    let nights: Vec<Date> = today.series(1.day()).take(SHOWN_NIGHTS).collect();
    let row = |rate: &Rate| {
        let room = world.room(&rate.room);
        let name = room.map_or("", |room| room.name.as_str());
        let place = room.and_then(|room| world.places.get(&room.property));
        let decimals = place.map_or(2, |place| place.decimals);
        let cells = nights.iter().map(|night| {
            let shown = world.night(&rate.room, &rate.id, *night);
            let price = priced(&shown, decimals);
            let left = match (shown.closed, world.units(&rate.room, *night)) {
                (true, _) => "closed".to_owned(),
                (false, units) => format!("{units} left"),
            };
            format!("{left}\n{price}")
        });
        let name = format!("{name} – {}", rate.name);
        [name].into_iter().chain(cells).collect()
    };
    let head = ["Rate".to_owned()].into_iter();
    Table {
        caption: "Calendar".to_owned(),
        head: head.chain(nights.iter().map(ToString::to_string)).collect(),
        rows: world.rates.iter().map(row).collect(),
    }
}

fn reservations(world: &World) -> Table {
    let row = |one: &Reservation| {
        let guest = &one.request.guest;
        let waits = match one.queue {
            Some(queue) => format!("waits among {queue:?}"),
            None => "acknowledged".to_owned(),
        };
        vec![
            one.id.to_string(),
            format!("{:?}", one.status),
            format!("{} {}", guest.first_name, guest.last_name),
            one.request.rooms.to_string(),
            one.request.check_in.to_string(),
            one.request.check_out.to_string(),
            waits,
        ]
    };
    Table {
        caption: "Reservations".to_owned(),
        head: texts(&[
            "Reservation",
            "Status",
            "Guest",
            "Rooms",
            "Check-in",
            "Check-out",
            "Queue",
        ]),
        rows: world.reservations.values().map(row).collect(),
    }
}

fn notifications(world: &World) -> Table {
    let last = world.notifications.iter().rev().take(SHOWN_NOTIFICATIONS);
    Table {
        caption: "Last notifications".to_owned(),
        head: texts(&["Arrived", "Name", "Lines", "Problems"]),
        rows: last
            .map(|one| {
                vec![
                    one.arrived.to_string(),
                    one.name.to_owned(),
                    one.lines.to_string(),
                    one.problems.len().to_string(),
                ]
            })
            .collect(),
    }
}

//! The page at `/`: the next nights of every room type and rate plan, the bookings, and the last messages.

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
        "Simulated Channex",
        "The calendar as Channex shows it, from today, what guests booked, and what reached it. Controls: /_control/state",
        &[
            calendar(&world, today),
            bookings(&world),
            threads(&world),
            messages(&world),
        ],
    )
}

fn texts(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn calendar(world: &World, today: Date) -> Table {
    let nights: Vec<Date> = today.series(1.day()).take(SHOWN_NIGHTS).collect();
    let head = ["Rate plan".to_owned()].into_iter();
    let row = |rate: &RatePlan| {
        let room = world.room_type(&rate.room_type);
        let room = room.map_or("", |room| room.title.as_str());
        let decimals = world.places.get(&world.property_of(rate));
        let decimals = decimals.map_or(2, |place| place.decimals);
        let cells = nights.iter().map(|night| {
            let units = world.units(&rate.room_type, *night);
            cell(units, &world.night(&rate.id, *night), decimals)
        });
        let name = format!("{room} – {}", rate.title);
        [name].into_iter().chain(cells).collect()
    };
    Table {
        caption: "Calendar".to_owned(),
        head: head.chain(nights.iter().map(ToString::to_string)).collect(),
        rows: world.rate_plans.iter().map(row).collect(),
    }
}

fn cell(units: u32, night: &Night, decimals: usize) -> String {
    let text = |minor: i64| money::print(minor, decimals).get().to_owned();
    let by_people = night.rates.iter();
    let by_people = by_people.map(|(people, minor)| format!("{people}: {}", text(*minor)));
    let prices: Vec<String> = night.rate.map(text).into_iter().chain(by_people).collect();
    let price = match prices.as_slice() {
        [] => "no price".to_owned(),
        prices => prices.join(", "),
    };
    let units = if night.stop_sell {
        "stopped".to_owned()
    } else {
        format!("{units} left")
    };
    format!("{units}\n{price}")
}

fn bookings(world: &World) -> Table {
    let row = |revision: &super::Revision| {
        let booking = &revision.booking;
        let guest = &booking.request.guest;
        let acknowledged = match revision.acknowledged_at {
            Some(at) => at.to_string(),
            None => "waits".to_owned(),
        };
        vec![
            booking.id.clone(),
            revision.id.clone(),
            format!("{:?}", booking.status),
            format!("{} {}", guest.name, guest.surname),
            booking.request.rooms.to_string(),
            booking.request.check_in.to_string(),
            booking.request.check_out.to_string(),
            acknowledged,
        ]
    };
    Table {
        caption: "Revisions of bookings".to_owned(),
        head: texts(&[
            "Booking",
            "Revision",
            "Status",
            "Guest",
            "Rooms",
            "Check-in",
            "Check-out",
            "Acknowledged",
        ]),
        rows: world.revisions.iter().map(row).collect(),
    }
}

fn threads(world: &World) -> Table {
    let rows = world.threads.iter().flat_map(|thread| {
        thread.messages.iter().map(|written| {
            vec![
                thread.title.clone(),
                thread.booking.clone(),
                written.inserted_at.to_string(),
                format!("{:?}", written.sender),
                written.text.clone(),
            ]
        })
    });
    Table {
        caption: "Messages of guests and of the property".to_owned(),
        head: texts(&["Thread", "Booking", "Written", "Sender", "Text"]),
        rows: rows.collect(),
    }
}

fn messages(world: &World) -> Table {
    let last = world.messages.iter().rev().take(SHOWN_MESSAGES);
    Table {
        caption: "Last messages".to_owned(),
        head: texts(&["Task", "Arrived", "Sort", "Values", "Warnings"]),
        rows: last
            .map(|message| {
                vec![
                    message.task.clone(),
                    message.arrived.to_string(),
                    format!("{:?}", message.sort),
                    message.values.len().to_string(),
                    message.warnings.len().to_string(),
                ]
            })
            .collect(),
    }
}

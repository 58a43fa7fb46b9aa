//! The page at `/`: the next nights of every product, and the reservations.

use axum::extract::State;
use axum::response::Html;
use jiff::civil::Date;
use jiff::{ToSpan, tz::TimeZone};

use super::Channel;
use super::model::{Day, Product};
use super::world::World;
use crate::money;
use crate::page::{self, Table};

/// How many nights the page shows.
const SHOWN_NIGHTS: usize = 14;

pub(super) async fn show(State(channel): State<Channel>) -> Html<String> {
    let today = channel.now().to_zoned(TimeZone::UTC).date();
    let world = channel.world();
    page::render(
        "Simulated Octorate",
        "The calendar as the channel shows it, from today, and what guests booked there. Controls: /_control/state",
        &[calendar(&world, today), reservations(&world)],
    )
}

fn calendar(world: &World, today: Date) -> Table {
    let nights: Vec<Date> = today.series(1.day()).take(SHOWN_NIGHTS).collect();
    let head = ["Product".to_owned()]
        .into_iter()
        .chain(nights.iter().map(ToString::to_string))
        .collect();
    let row = |product: &Product| {
        let decimals = world.place_of(product).decimals;
        let cells = nights
            .iter()
            .map(|night| cell(&world.day(product, *night), decimals));
        [format!("{} ({})", product.name, product.id)]
            .into_iter()
            .chain(cells)
            .collect()
    };
    Table {
        caption: "Calendar".to_owned(),
        head,
        rows: world.products.iter().map(row).collect(),
    }
}

fn cell(day: &Day, decimals: usize) -> String {
    let price = day.price.map_or_else(
        || "no price".to_owned(),
        |minor| money::print(minor, decimals).get().to_owned(),
    );
    let units = if day.stop_sells {
        "stopped".to_owned()
    } else {
        format!("{} left", day.availability)
    };
    format!("{units}\n{price}")
}

fn reservations(world: &World) -> Table {
    let texts = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
    Table {
        caption: "Reservations".to_owned(),
        head: texts(&[
            "Id",
            "Status",
            "Guest",
            "Product",
            "Rooms",
            "Check-in",
            "Check-out",
        ]),
        rows: world
            .reservations
            .values()
            .map(|stay| {
                vec![
                    stay.id.to_string(),
                    format!("{:?}", stay.status),
                    format!("{} {}", stay.guest.first_name, stay.guest.last_name),
                    stay.product.clone(),
                    stay.rooms.to_string(),
                    stay.check_in.to_string(),
                    stay.check_out.to_string(),
                ]
            })
            .collect(),
    }
}

//! To each channel and back: a calendar that shows no drift, and bookings whose news come in every order and number.

mod calendar;
mod orders;
mod queues;
mod shown;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::harness::{World, eventually, night};

/// What happens to a booking, one after the other: it is made, moved, enlarged at another price, and cancelled.
const STEPS: usize = 4;
const CANCELLED: usize = 3;

/// Days from one booking's first night to the next one's: no two share a night.
const APART: usize = 5;

/// A booking as it is after a step that is not the last.
#[derive(Clone, Copy, Debug)]
struct Stay {
    check_in: Date,
    check_out: Date,
    rooms: u32,
    /// A room's price a night, in minor units.
    price: i64,
}

impl Stay {
    /// Of a channel whose bookings have so many rooms at most.
    fn after(step: usize, booking: usize, most_rooms: u32) -> Self {
        let (from, to) = if step == 0 { (0, 2) } else { (1, 4) };
        let (rooms, price) = if step < 2 {
            (1, 10_000)
        } else {
            (most_rooms, 11_100)
        };
        Self {
            check_in: day(booking, from),
            check_out: day(booking, to),
            rooms,
            price,
        }
    }

    /// What must be known of it here.
    fn state(self) -> String {
        let nights = (self.check_out - self.check_in).get_days();
        let total = self.price * i64::from(nights) * i64::from(self.rooms);
        format!(
            "confirmed, {} to {}, {} rooms, {total}",
            self.check_in, self.check_out, self.rooms
        )
    }
}

fn day(booking: usize, days: usize) -> Date {
    night(i32::try_from(booking * APART + days).expect("a small number"))
}

/// The state of every booking's reservation; one that was never heard of before its end has none.
type Known = BTreeMap<usize, String>;

const GONE: &str = "cancelled";

/// What the reservations of a channel say.
fn known(reservations: &[Value]) -> Known {
    let found: Known = reservations.iter().map(known_of).collect();
    assert_eq!(
        found.len(),
        reservations.len(),
        "no booking is here twice: {reservations:#?}"
    );
    found
}

fn known_of(reservation: &Value) -> (usize, String) {
    let rooms = reservation["rooms"].as_array().expect("a list of rooms");
    let date = |name: &str| -> Date {
        let date = rooms[0][name].as_str().expect("a date");
        date.parse().expect("a date")
    };
    let (check_in, check_out) = (date("check_in"), date("check_out"));
    let days = (check_in - night(0)).get_days();
    let booking = usize::try_from(days).expect("a night of ours") / APART;
    if reservation["status"] == GONE {
        return (booking, GONE.to_owned());
    }
    assert_eq!(
        (&reservation["overbooked"], &reservation["unmapped"]),
        (&json!(false), &json!(false)),
        "{reservation:#}"
    );
    let status = reservation["status"].as_str().expect("a status");
    let units: u64 = rooms.iter().filter_map(|room| room["units"].as_u64()).sum();
    let total = &reservation["total"]["minor"];
    let state = format!("{status}, {check_in} to {check_out}, {units} rooms, {total}");
    (booking, state)
}

/// Waits until no job of these kinds is left.
async fn none_left(world: &World, kinds: &str) {
    let left = format!("SELECT count(*) FROM jobs WHERE state <> 'dead' AND kind IN ({kinds})");
    let what = format!("no job is left of {kinds}");
    eventually(&what, Duration::from_secs(60), async || {
        (world.number(&left).await == 0).then_some(())
    })
    .await;
}

/// Waits until all that a channel told, or was asked for, is stored and acknowledged.
async fn heard(world: &World) {
    let kinds = "'process_webhook', 'fetch_reservation', 'pull', 'acknowledge'";
    none_left(world, kinds).await;
}

/// Asks the channel for reservations once, as the connection's schedule does; acknowledgements are not waited for.
async fn pull(world: &World, connection: &str) {
    world.ask_for_reservations(connection).await;
    none_left(world, "'pull'").await;
}

/// What the pace remembers of the last minute is made older, in the host's log and in the connector's memory: nothing
/// here waits for a minute to pass.
async fn a_minute_passes(world: &World) {
    let older = "UPDATE channel_sync_logs SET at = at - interval '2 minutes';
        DELETE FROM plugin_values WHERE key LIKE 'sent/%'";
    world.execute(older).await;
}

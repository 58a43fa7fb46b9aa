//! The steps of a booking that many tests begin with.

use futures::future::join_all;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::harness::{Call, Client, start_instant};

/// So many days after a Monday about a hundred days ahead; the nights from it are open and unsold.
pub(crate) fn night(days: i32) -> Date {
    let ahead = start_instant().to_zoned(TimeZone::UTC).date() + 100.days();
    let monday = ahead
        .nth_weekday(1, Weekday::Monday)
        .expect("the calendar goes on");
    monday + days.days()
}

/// One line of a quote: a double room at the best available rate, unless it is changed.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) room_type: &'static str,
    pub(crate) rate_plan: &'static str,
    /// The first night, as [`night`] counts.
    pub(crate) arrival: i32,
    pub(crate) nights: i32,
    pub(crate) units: u32,
    pub(crate) adults: u16,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            room_type: "DBL",
            rate_plan: "BAR",
            arrival: 0,
            nights: 2,
            units: 1,
            adults: 2,
        }
    }
}

impl Line {
    pub(crate) fn json(&self) -> Value {
        json!({
            "room_type": self.room_type, "rate_plan": self.rate_plan,
            "check_in": night(self.arrival), "check_out": night(self.arrival + self.nights),
            "units": self.units, "adults": self.adults,
        })
    }
}

impl Line {
    /// The body of somebody who waits for it.
    pub(crate) fn waiting(&self, first_name: &str) -> Value {
        let mut body = self.json();
        let email = format!("{}@guest.example", first_name.to_lowercase());
        body["guest"] = json!({"first_name": first_name, "last_name": "Lovelace", "email": email});
        body
    }
}

/// The body of a quote.
pub(crate) fn lines(lines: &[Line]) -> Value {
    json!({"lines": lines.iter().map(Line::json).collect::<Vec<_>>()})
}

impl Client {
    /// A quote's token.
    pub(crate) async fn quote(&self, wanted: &[Line]) -> String {
        let quote = self.post("quotes", &lines(wanted)).await.expect(201);
        quote["quote"].as_str().expect("a token").to_owned()
    }

    /// A request for a hold of what is quoted now.
    pub(crate) async fn holding(&self, wanted: &[Line]) -> Call {
        let quote = self.quote(wanted).await;
        self.post("holds", &json!({"quote": quote}))
    }

    /// A hold's id.
    pub(crate) async fn hold(&self, wanted: &[Line]) -> String {
        let hold = self.holding(wanted).await.await.expect(201);
        hold["id"].as_str().expect("an id").to_owned()
    }

    /// A request for a reservation of a hold.
    pub(crate) fn reserving(&self, hold: &str) -> Call {
        let booker =
            json!({"first_name": "Ada", "last_name": "Lovelace", "email": "ada@guest.example"});
        self.post("reservations", &json!({"hold": hold, "booker": booker}))
    }

    /// A tentative reservation.
    pub(crate) async fn reserve(&self, wanted: &[Line]) -> Value {
        let hold = self.hold(wanted).await;
        self.reserving(&hold).await.expect(201)
    }

    /// Tentative reservations of these guests, made at one moment, each a week after the one before.
    pub(crate) async fn reserve_at_once(&self, guests: &[&str]) {
        let mut calls = Vec::new();
        for (guest, arrival) in guests.iter().zip((0..).step_by(7)) {
            let line = Line {
                arrival,
                ..Line::default()
            };
            let email = format!("{guest}@guest.example");
            let booker = json!({"first_name": guest, "last_name": "Lovelace", "email": email});
            let hold = self.hold(&[line]).await;
            calls.push(self.post("reservations", &json!({"hold": hold, "booker": booker})));
        }
        let made = |call: Call| async move { call.await.expect(201) };
        join_all(calls.into_iter().map(made)).await;
    }

    /// A request for a step of a reservation: `confirm`, `decline` or `cancel`.
    pub(crate) fn step(&self, reservation: &Value, step: &str) -> Call {
        let id = reservation["id"].as_str().expect("an id");
        self.post(&format!("reservations/{id}/{step}"), &json!({}))
    }

    /// Units left of a product for a stay.
    pub(crate) async fn units_left(&self, line: &Line) -> i64 {
        let (check_in, check_out) = (night(line.arrival), night(line.arrival + line.nights));
        let path = format!(
            "offers?check_in={check_in}&check_out={check_out}&adults={}",
            line.adults
        );
        let offers = self.get(&path).await.expect(200);
        let offers = offers["offers"].as_array().expect("a list").clone();
        let offer = offers.into_iter().find(|offer| {
            offer["room_type"]["code"] == line.room_type
                && offer["rate_plan"]["code"] == line.rate_plan
        });
        offer.expect("the hotel has the product")["units"]
            .as_i64()
            .unwrap_or(0)
    }
}

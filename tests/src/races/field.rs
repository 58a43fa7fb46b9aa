//! Where any two operations are raced: a hotel with its channel at work, and for each race the things that both are about.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI32, Ordering};

use http::Method;
use jiff::ToSpan;
use jiff::civil::Date;
use roomwire_simulators::octorate::{BookingRequest, EventType};
use serde_json::{Value, json};

use crate::harness::{
    Answer, Channels, Client, DOUBLE, Line, Operation, new_key, night, start_instant,
};

/// The hotel, with more doubles than all races need, and no single for sale.
pub(super) struct Field {
    pub(super) channels: Channels,
    desk: Client,
    booked_by_channel: u64,
    today: Date,
    races: AtomicI32,
}

/// What a race is about: the value of each parameter of a path, and what bodies name.
pub(super) type Things = BTreeMap<&'static str, String>;

/// What both a path and a body call by a code, which is made and taken away by races; not one that others need.
const OWN_CODES: [(&str, &str); 3] = [
    ("rate-plans", "RACED"),
    ("extras", "RACED"),
    ("packages", "RACED"),
];

/// Parameters of paths that are codes, and the fields of the bodies that give them.
const CODES: [(&str, &str); 10] = [
    ("room_type", "code"),
    ("room_type", "room_type"),
    ("rate_plan", "code"),
    ("rate_plan", "rate_plan"),
    ("policy", "code"),
    ("charge", "code"),
    ("extra", "code"),
    ("package", "code"),
    ("promo_code", "code"),
    ("room", "number"),
];

impl Field {
    pub(super) async fn new() -> Self {
        // Every race leaves a hold or two behind.
        let channels = Channels::with(|setup| setup.hold_caps(10_000, 10_000)).await;
        let booking = BookingRequest::new(DOUBLE, night(0), night(2));
        let booked_by_channel = channels.octorate.book(booking).expect("it is sold there");
        let supply = "UPDATE room_availability a SET allotment = CASE t.code WHEN 'DBL' THEN 1000000 ELSE 0 END
            FROM room_types t WHERE t.hotel_id = a.hotel_id AND t.id = a.room_type_id";
        channels.world.execute(supply).await;
        let desk = channels.world.operator().await;
        let hotel = desk.get("/v1/hotels/aurora-rome").await.expect(200);
        let zone = hotel["time_zone"].as_str().expect("a zone");
        let today = start_instant().in_tz(zone).expect("a zone").date();
        Self {
            channels,
            desk,
            booked_by_channel,
            today,
            races: AtomicI32::new(0),
        }
    }

    /// Every operation that changes something, with a body for each that takes one.
    pub(super) fn operations(&self, documented: Vec<Operation>) -> Vec<Operation> {
        let mut operations: Vec<_> = documented
            .into_iter()
            .filter(|operation| operation.method != Method::GET)
            .collect();
        for operation in &mut operations {
            if let Some((_, body)) = &mut operation.example {
                let noun = operation.path.rsplit('/').next();
                if let Some((_, code)) = OWN_CODES.iter().find(|(own, _)| noun == Some(*own)) {
                    body["code"] = json!(code);
                }
            }
        }
        operations
    }

    /// What others refer to: it is there before any race.
    pub(super) async fn furnish(&self, documented: &[Operation]) {
        for (path, name) in [
            ("rate-plans", "RatePlanRequest"),
            ("extras", "ExtraRequest"),
        ] {
            let bodies = documented
                .iter()
                .filter_map(|operation| operation.example.as_ref());
            let (_, body) = bodies.clone().find(|(body, _)| body == name).expect(name);
            self.desk.post(path, body).await.expect(201);
        }
    }

    /// Makes what two operations are about.
    pub(super) async fn lay_out(&self, pair: [&Operation; 2], all: &[Operation]) -> Things {
        let number = self.races.fetch_add(1, Ordering::Relaxed);
        let needs = |what: &str| pair.iter().any(|operation| operation.path.contains(what));
        let mut things = Things::from([
            ("hotel", "aurora-rome".to_owned()),
            ("connection", "octorate".to_owned()),
            ("race", (number % 8).to_string()),
        ]);
        if needs("{hold}") || needs("/holds") || needs("/reservations") {
            let line = Line {
                arrival: number % 90,
                ..Line::default()
            };
            self.hold(&line, &mut things).await;
        }
        if needs("{reservation}") || needs("/assignments") {
            self.reserve(pair, &mut things).await;
        }
        if needs("/waitlist") {
            self.wait(number, needs("/book"), &mut things).await;
        }
        if needs("{thread}") {
            things.insert("thread", self.thread(number).await);
        }
        if needs("{letter}") {
            things.insert("letter", self.set_aside(number).await);
        }
        if needs("{change}") {
            things.insert("change", self.edit(number).await);
        }
        for operation in pair {
            self.prepare(operation, all, &mut things).await;
        }
        things
    }

    /// A quote, and a hold of another: between them a race next door may have changed what it costs.
    async fn hold(&self, line: &Line, things: &mut Things) {
        for _ in 0..20 {
            let quote = self.desk.quote(std::slice::from_ref(line)).await;
            let placed = self.desk.post("holds", &json!({"quote": quote})).await;
            things.insert("quote", quote);
            if placed.status == 201 || placed.code() != "quote_changed" {
                let hold = placed.expect(201);
                things.insert("hold", hold["id"].as_str().expect("an id").to_owned());
                return;
            }
        }
        panic!("the price of {line:?} never stands still");
    }

    /// A reservation in the status that one of the two needs, and another; both with their rooms, if there are any left.
    async fn reserve(&self, pair: [&Operation; 2], things: &mut Things) {
        let needs = |what: &str| pair.iter().any(|operation| operation.path.ends_with(what));
        let tentative = needs("/confirm") || needs("/decline");
        let staff = json!({"reason": "a race", "notify_guest": false, "tentative": tentative,
            "walk_in": !tentative && needs("/check-out")});
        let line = json!({"room_type": "DBL", "rate_plan": "BAR", "check_in": self.today,
            "check_out": self.today + 2.days(), "adults": 1});
        let booker = json!({"first_name": "Ada", "last_name": "Lovelace"});
        let body = json!({"lines": [line], "booker": booker, "staff": staff});
        for (reservation, assignment) in [("reservation", "first"), ("other", "second")] {
            let made = self.desk.post("reservations", &body).await.expect(201);
            let id = made["id"].as_str().expect("an id").to_owned();
            if needs("/swap") || (needs("/unassign") && reservation == "reservation") {
                let auto = format!("reservations/{id}/rooms/auto");
                let assigned = self.desk.post(&auto, &json!({})).await.expect(200);
                let room = &assigned["rooms"][0]["assigned"][0]["id"];
                things.insert(assignment, room.as_str().unwrap_or_default().to_owned());
            }
            things.insert(reservation, id);
            if !needs("/swap") {
                break;
            }
        }
    }

    /// Somebody who waits for a single; it is for sale since, where it is to be booked.
    async fn wait(&self, number: i32, sold: bool, things: &mut Things) {
        let arrival = number % 90 * 2;
        let line = Line {
            room_type: "SGL",
            arrival,
            adults: 1,
            ..Line::default()
        };
        let nights = format!(
            "room_type_id IN (SELECT id FROM room_types WHERE code = 'SGL') AND night BETWEEN '{}' AND '{}'",
            night(arrival),
            night(arrival + 1)
        );
        let close = format!("UPDATE room_availability SET allotment = sold + held WHERE {nights}");
        self.channels.world.execute(&close).await;
        let wish = line.waiting(&format!("Ada{number}"));
        let entry = self.desk.post("waitlist", &wish).await.expect(201);
        things.insert("entry", entry["id"].as_str().expect("an id").to_owned());
        things.insert("wish", wish.to_string());
        if sold {
            let open =
                format!("UPDATE room_availability SET allotment = sold + held + 5 WHERE {nights}");
            self.channels.world.execute(&open).await;
        }
    }

    /// A thread in which a guest wrote by the channel.
    async fn thread(&self, number: i32) -> String {
        let id = uuid::Uuid::from_u128(0x39_0000 + u128::from(number.unsigned_abs()));
        let written = format!(
            "INSERT INTO message_threads (hotel_id, id, connection_id, external_id, last_message_at)
             SELECT hotel_id, '{id}', id, '{id}', now() FROM connections WHERE name = 'octorate';
             INSERT INTO messages (hotel_id, id, thread_id, external_id, sender, text, sent_at)
             SELECT hotel_id, '{id}', id, '1', 'guest', 'Is there a lift?', now() FROM message_threads WHERE id = '{id}'"
        );
        self.channels.world.execute(&written).await;
        id.to_string()
    }

    /// Work that waits for a person, and does no harm when it is done.
    async fn set_aside(&self, number: i32) -> String {
        let world = &self.channels.world;
        let aside = format!(
            "INSERT INTO jobs (kind, key, hotel_id, state, reason, died_at)
             SELECT 'waitlist', 'raced-{number}', id, 'dead', 'a race', now()
             FROM hotels WHERE slug = 'aurora-rome'"
        );
        world.execute(&aside).await;
        let found = format!("SELECT id FROM jobs WHERE key = 'raced-{number}'");
        world.number(&found).await.to_string()
    }

    /// An edit of the calendar that can be undone.
    async fn edit(&self, number: i32) -> String {
        let dates = [json!({"from": night(100), "to": night(110)})];
        let products = [json!({"room_type": "DBL", "rate_plan": "BB"})];
        let update = json!({"dates": dates, "products": products, "price": 15_000 + number});
        let edited = self.desk.patch("ari").json(&json!({"updates": [update]}));
        let edited = edited.await.expect(200);
        edited["change"]["id"].as_str().expect("an id").to_owned()
    }

    /// What is to be made is not there yet, and what is to be changed or taken away is.
    async fn prepare(&self, operation: &Operation, all: &[Operation], things: &mut Things) {
        let Some((making, taking)) = entries(operation, all) else {
            return;
        };
        let (_, body) = making.example.as_ref().expect("what is made is described");
        for (parameter, field) in CODES {
            let code = body[field].as_str();
            if let Some(code) = code.filter(|_| taking.path.contains(&format!("{{{parameter}}}"))) {
                things.insert(parameter, code.to_owned());
            }
        }
        let prepared = if operation.method == Method::POST {
            taking
        } else {
            making
        };
        self.call(prepared, things).await;
    }

    /// What an operation is told about these things.
    pub(super) async fn call(&self, operation: &Operation, things: &Things) -> Answer {
        if operation.path.contains("{endpoint_token}") {
            let url = self.channels.webhook();
            let octorate = &self.channels.octorate;
            let told = octorate.deliver(EventType::ReservationChange, self.booked_by_channel, &url);
            let told = told.await.expect("somebody answers");
            return Answer {
                status: told.status,
                headers: http::HeaderMap::new(),
                body: told.answer.into(),
            };
        }
        let mut path = operation.path.clone();
        for (parameter, value) in things {
            path = path.replace(&format!("{{{parameter}}}"), value);
        }
        assert!(
            !path.contains('{'),
            "nothing stands for a parameter of {path}"
        );
        let call = self
            .desk
            .request(operation.method.clone(), &path)
            .header("idempotency-key", &new_key())
            .header("if-match", "*");
        match self.body(operation, things) {
            Some(body) => call.json(&body),
            None => call,
        }
        .await
    }

    /// The documented example, about these things.
    fn body(&self, operation: &Operation, things: &Things) -> Option<Value> {
        let Some((name, mut body)) = operation.example.clone() else {
            return (operation.method == Method::PATCH && !operation.path.ends_with("{hold}"))
                .then(|| change(&operation.path));
        };
        match name.as_str() {
            "HotelRequest" => body["slug"] = json!(format!("raced-{}", things["race"])),
            "HoldRequest" => body["quote"] = json!(things["quote"]),
            "ReservationRequest" => body["hold"] = json!(things["hold"]),
            "WaitlistRequest" => {
                body = serde_json::from_str(&things["wish"]).expect("a body");
            }
            "ChangeRequest" => {
                body = json!({"rooms": [{"line": 0, "check_out": self.today + 3.days()}]});
            }
            "ArrivalsRequest" => body["arrival"] = json!(self.today),
            "SwapRequest" => body["assignments"] = json!([things["first"], things["second"]]),
            "EditRequest" => body["dry_run"] = json!(false),
            _ => {}
        }
        Some(body)
    }

    /// Ends what is left of a race, so that its rooms are free for the next.
    pub(super) async fn clear(&self, things: &Things) {
        for reservation in ["reservation", "other"]
            .iter()
            .filter_map(|of| things.get(of))
        {
            for step in ["cancel", "check-out"] {
                let path = format!("reservations/{reservation}/{step}");
                if self.desk.post(&path, &json!({})).await.status == 200 {
                    break;
                }
            }
        }
    }
}

/// Which operations make and take away entries of what an operation is about, where they have codes.
fn entries<'all>(
    operation: &Operation,
    all: &'all [Operation],
) -> Option<(&'all Operation, &'all Operation)> {
    let path = operation.path.trim_end_matches("/capacity");
    let collection = path.split("/{").take(2).collect::<Vec<_>>().join("/{");
    let making = all
        .iter()
        .find(|other| other.method == Method::POST && other.path == collection)?;
    let taking = all.iter().find(|other| {
        let rest = other.path.strip_prefix(&collection).unwrap_or_default();
        other.method == Method::DELETE
            && rest.starts_with("/{")
            && rest.split('/').skip(1).all(|part| part.starts_with('{'))
    })?;
    let by_code = CODES
        .iter()
        .any(|(parameter, _)| taking.path.ends_with(&format!("{{{parameter}}}")));
    by_code.then_some((making, taking))
}

/// A change of an entry of the catalogue.
fn change(path: &str) -> Value {
    if path.contains("/products/") {
        json!({"occupancy_prices": [{"adults": 1, "kind": "amount", "value": -1000}]})
    } else if path.contains("/rooms/") {
        json!({"room_type": "SGL"})
    } else {
        json!({"name": "Raced"})
    }
}

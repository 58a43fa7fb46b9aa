//! Channex's fourteen certification tests of a property management system, made through the gateway.
//!
//! The days are those of a month of at least thirty days ahead, for past nights cannot be sold; the hotel trades in euros.
//! The last three are declarations: here they are evidence.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use roomwire_simulators::channex::{BookingRequest, Change, Message};
use serde_json::{Value, json};

use crate::harness::channex::{
    BehindChannex, DOUBLE, DOUBLE_BAR, DOUBLE_BB, TWIN, TWIN_BAR, TWIN_BB, canonical, sorts, values,
};
use crate::harness::start_instant;

const TWIN_BAR_OURS: (&str, &str) = ("DBL", "BAR");
const TWIN_BB_OURS: (&str, &str) = ("DBL", "BB");
const DOUBLE_BAR_OURS: (&str, &str) = ("SGL", "BAR");
const DOUBLE_BB_OURS: (&str, &str) = ("SGL", "BB");

/// The hotel, and the table that the certification's form asks for.
struct Run {
    hotel: BehindChannex,
    /// The first of the month that stands for November.
    month: Date,
    table: Vec<String>,
}

impl Run {
    async fn start() -> Self {
        let soon = start_instant().to_zoned(TimeZone::UTC).date() + 45.days();
        let mut months = (1..).map(|months: i32| soon.first_of_month() + months.months());
        let month = months
            .find(|month| month.days_in_month() >= 30)
            .expect("most months are long enough");
        Self {
            hotel: BehindChannex::start().await,
            month,
            table: Vec::new(),
        }
    }

    fn day(&self, day: i32) -> Date {
        self.month + (day - 1).days()
    }

    /// An update of the calendar: a product's nights, both included.
    fn rate(&self, (room_type, rate_plan): (&str, &str), days: (i32, i32), says: &Value) -> Value {
        let dates = (self.day(days.0), self.day(days.1));
        product((room_type, rate_plan), dates, says)
    }

    /// A room type's units.
    fn units(&self, room_type: &str, days: (i32, i32), units: i32) -> Value {
        json!({"dates": [{"from": self.day(days.0), "to": self.day(days.1)}], "room_types": [room_type],
            "allotment": units})
    }

    /// A value as Channex must get it.
    fn value(&self, target: (&str, &str), days: (i32, i32), says: &Value) -> String {
        value(target, (self.day(days.0), self.day(days.1)), says)
    }

    /// Makes one edit, which must become exactly these values of one message.
    async fn edit(&mut self, test: &str, updates: &[Value], expected: &[String]) {
        let messages = self.hotel.edit(updates).await;
        assert_eq!(messages.len(), 1, "{test}: {messages:#?}");
        assert!(messages[0].warnings.is_empty(), "{test}: {messages:#?}");
        let expected: BTreeSet<String> = expected.iter().cloned().collect();
        assert_eq!(values(&messages), expected, "{test}");
        self.tell(test, &messages);
    }

    fn tell(&mut self, test: &str, messages: &[Message]) {
        let tasks: Vec<&str> = messages.iter().map(|one| one.task.as_str()).collect();
        let line = format!("{test:<40} | {} | {}", messages.len(), tasks.join(", "));
        self.table.push(line);
    }

    fn declare(&mut self, test: &str, what: &str) {
        self.table.push(format!("{test:<40} | – | {what}"));
    }
}

fn product((room_type, rate_plan): (&str, &str), dates: (Date, Date), says: &Value) -> Value {
    let mut update = json!({"dates": [{"from": dates.0, "to": dates.1}],
        "products": [{"room_type": room_type, "rate_plan": rate_plan}]});
    add(&mut update, says);
    update
}

fn value((name, id): (&str, &str), dates: (Date, Date), says: &Value) -> String {
    let mut value = json!({ name: id });
    if dates.0 == dates.1 {
        value["date"] = json!(dates.0);
    } else {
        value["date_from"] = json!(dates.0);
        value["date_to"] = json!(dates.1);
    }
    add(&mut value, says);
    canonical(&value)
}

fn add(value: &mut Value, says: &Value) {
    for (name, said) in says.as_object().expect("an object") {
        value[name] = said.clone();
    }
}

const fn rate_plan(id: &str) -> (&str, &str) {
    ("rate_plan_id", id)
}

const fn room_type(id: &str) -> (&str, &str) {
    ("room_type_id", id)
}

#[tokio::test]
async fn the_fourteen_certification_tests_pass() {
    let mut run = Run::start().await;
    full_update(&mut run).await;
    prices(&mut run).await;
    closures(&mut run).await;
    restrictions(&mut run).await;
    half_a_year(&mut run).await;
    availability_by_bookings(&mut run).await;
    availability_of_several_days(&mut run).await;
    bookings(&mut run).await;
    pace(&mut run);
    only_changes(&mut run).await;
    notes(&mut run);
    println!("{:<40} | calls | tasks", "test");
    for line in &run.table {
        println!("{line}");
    }
    assert_eq!(run.table.len(), 14);
    every_task_is_in_the_gateways_log(&run).await;
}

async fn full_update(run: &mut Run) {
    let before = run.hotel.channex.messages().len();
    let marked = run.hotel.staff.post("connections/channex/sync", &json!({}));
    assert_eq!(marked.await.status / 100, 2);
    run.hotel.settled().await;
    let messages = run.hotel.channex.messages().split_off(before);
    assert_eq!(sorts(&messages), (1, 1), "{messages:#?}");
    run.tell("1 full data update", &messages);
}

async fn prices(run: &mut Run) {
    let twin = run.rate(TWIN_BAR_OURS, (22, 22), &json!({"price": 33_300}));
    let told = run.value(rate_plan(TWIN_BAR), (22, 22), &json!({"rate": "333.00"}));
    run.edit("2 single date, single rate", &[twin], &[told])
        .await;

    let updates = [
        run.rate(TWIN_BAR_OURS, (21, 21), &json!({"price": 33_300})),
        run.rate(DOUBLE_BAR_OURS, (25, 25), &json!({"price": 44_400})),
        run.rate(DOUBLE_BB_OURS, (29, 29), &json!({"price": 45_623})),
    ];
    let told = [
        run.value(rate_plan(TWIN_BAR), (21, 21), &json!({"rate": "333.00"})),
        run.value(rate_plan(DOUBLE_BAR), (25, 25), &json!({"rate": "444.00"})),
        run.value(rate_plan(DOUBLE_BB), (29, 29), &json!({"rate": "456.23"})),
    ];
    run.edit("3 single date, multiple rates", &updates, &told)
        .await;

    let updates = [
        run.rate(TWIN_BAR_OURS, (1, 10), &json!({"price": 24_100})),
        run.rate(DOUBLE_BAR_OURS, (10, 16), &json!({"price": 31_266})),
        run.rate(DOUBLE_BB_OURS, (1, 20), &json!({"price": 11_100})),
    ];
    let told = [
        run.value(rate_plan(TWIN_BAR), (1, 10), &json!({"rate": "241.00"})),
        run.value(rate_plan(DOUBLE_BAR), (10, 16), &json!({"rate": "312.66"})),
        run.value(rate_plan(DOUBLE_BB), (1, 20), &json!({"rate": "111.00"})),
    ];
    run.edit("4 multiple dates, multiple rates", &updates, &told)
        .await;
}

async fn closures(run: &mut Run) {
    let least = |nights: i32| json!({"min_stay_arrival": nights});
    let updates = [
        run.rate(TWIN_BAR_OURS, (23, 23), &least(3)),
        run.rate(DOUBLE_BAR_OURS, (25, 25), &least(2)),
        run.rate(DOUBLE_BB_OURS, (15, 15), &least(5)),
    ];
    let told = [
        run.value(rate_plan(TWIN_BAR), (23, 23), &least(3)),
        run.value(rate_plan(DOUBLE_BAR), (25, 25), &least(2)),
        run.value(rate_plan(DOUBLE_BB), (15, 15), &least(5)),
    ];
    run.edit("5 min stay", &updates, &told).await;

    let stop = json!({"stop_sell": true});
    let updates = [
        run.rate(TWIN_BAR_OURS, (14, 14), &stop),
        run.rate(DOUBLE_BAR_OURS, (16, 16), &stop),
        run.rate(DOUBLE_BB_OURS, (20, 20), &stop),
    ];
    let told = [
        run.value(rate_plan(TWIN_BAR), (14, 14), &stop),
        run.value(rate_plan(DOUBLE_BAR), (16, 16), &stop),
        run.value(rate_plan(DOUBLE_BB), (20, 20), &stop),
    ];
    run.edit("6 stop sell", &updates, &told).await;
}

/// What the next two tests switch off is switched on before, or there would be no change to tell.
async fn restrictions(run: &mut Run) {
    let (first, last) = run_half_year(run);
    let open = [
        run.rate(
            TWIN_BAR_OURS,
            (1, 10),
            &json!({"closed_to_departure": true}),
        ),
        run.rate(TWIN_BB_OURS, (12, 16), &json!({"closed_to_arrival": true})),
        product(
            TWIN_BAR_OURS,
            (first, last),
            &json!({"closed_to_arrival": true, "closed_to_departure": true}),
        ),
    ];
    run.hotel.edit(&open).await;

    let twin_bar = json!({"min_stay_arrival": 1, "max_stay": 4, "closed_to_arrival": true, "closed_to_departure": false});
    let twin_bb =
        json!({"min_stay_arrival": 6, "closed_to_arrival": false, "closed_to_departure": true});
    let double_bar = json!({"min_stay_arrival": 2, "closed_to_arrival": true});
    let double_bb = json!({"min_stay_arrival": 10});
    let updates = [
        run.rate(TWIN_BAR_OURS, (1, 10), &twin_bar),
        run.rate(TWIN_BB_OURS, (12, 16), &twin_bb),
        run.rate(DOUBLE_BAR_OURS, (10, 16), &double_bar),
        run.rate(DOUBLE_BB_OURS, (1, 20), &double_bb),
    ];
    let told = [
        run.value(rate_plan(TWIN_BAR), (1, 10), &twin_bar),
        run.value(rate_plan(TWIN_BB), (12, 16), &twin_bb),
        run.value(rate_plan(DOUBLE_BAR), (10, 16), &double_bar),
        run.value(rate_plan(DOUBLE_BB), (1, 20), &double_bb),
    ];
    run.edit("7 multiple restrictions", &updates, &told).await;
}

/// From the first of the next month for five months, and the day after them.
fn run_half_year(run: &Run) -> (Date, Date) {
    (run.month + 1.months(), run.month + 6.months())
}

async fn half_a_year(run: &mut Run) {
    let nights = run_half_year(run);
    let flags = json!({"closed_to_arrival": false, "closed_to_departure": false});
    let says = |price: Value, least: i32| {
        let mut says = json!({"min_stay_arrival": least});
        add(&mut says, &price);
        says
    };
    let mut twin = says(json!({"price": 43_200}), 2);
    add(&mut twin, &flags);
    let double = says(json!({"price": 34_200}), 3);
    let updates = [
        product(TWIN_BAR_OURS, nights, &twin),
        product(DOUBLE_BAR_OURS, nights, &double),
    ];
    let mut twin = json!({"rate": "432.00"});
    add(&mut twin, &json!({"min_stay_arrival": 2}));
    add(&mut twin, &flags);
    let double = json!({"rate": "342.00", "min_stay_arrival": 3});
    let told = [
        value(rate_plan(TWIN_BAR), nights, &twin),
        value(rate_plan(DOUBLE_BAR), nights, &double),
    ];
    run.edit("8 half-year update", &updates, &told).await;
}

/// One double is left on the twenty-fifth, and two on the nights of the test after it.
async fn availability_by_bookings(run: &mut Run) {
    let arranged = [run.units("SGL", (25, 25), 1), run.units("SGL", (17, 24), 2)];
    run.hotel.edit(&arranged).await;

    let before = run.hotel.channex.messages().len();
    let line = json!({"room_type": "DBL", "rate_plan": "BAR", "check_in": run.day(21), "check_out": run.day(22),
        "units": 1, "adults": 2});
    let booker =
        json!({"first_name": "Ada", "last_name": "Lovelace", "email": "ada@guest.example"});
    let made = run
        .hotel
        .guest
        .post("reservations", &json!({"lines": [line], "booker": booker}));
    made.await.expect(201);
    let request = BookingRequest::new(DOUBLE_BAR, run.day(25), run.day(26));
    let booking = run.hotel.channex.book(request).expect("one is left");
    run.hotel.tell(&run.hotel.revisions(&booking)).await;
    let messages = run.hotel.channex.messages().split_off(before);
    assert!((1..=2).contains(&messages.len()), "{messages:#?}");
    let told = BTreeSet::from([
        run.value(room_type(TWIN), (21, 21), &json!({"availability": 7})),
        run.value(room_type(DOUBLE), (25, 25), &json!({"availability": 0})),
    ]);
    assert_eq!(values(&messages), told);
    run.tell("9 single-date availability", &messages);
}

async fn availability_of_several_days(run: &mut Run) {
    let updates = [run.units("DBL", (10, 16), 3), run.units("SGL", (17, 24), 4)];
    let told = [
        run.value(room_type(TWIN), (10, 16), &json!({"availability": 3})),
        run.value(room_type(DOUBLE), (17, 24), &json!({"availability": 4})),
    ];
    run.edit("10 multiple-date availability", &updates, &told)
        .await;
}

/// A booking is made, changed and cancelled: each revision is stored before it is acknowledged.
async fn bookings(run: &mut Run) {
    let hotel = &run.hotel;
    let request = BookingRequest::new(TWIN_BB, run.day(27), run.day(29));
    let booking = hotel.channex.book(request).expect("for sale");
    hotel.tell(&hotel.revisions(&booking)).await;
    let change = Change {
        rooms: Some(2),
        ..Change::default()
    };
    hotel.channex.change(&booking, &change).expect("allowed");
    hotel.tell(&hotel.revisions(&booking)[1..]).await;
    assert_eq!(hotel.units(TWIN, run.day(27)), 6);
    hotel.channex.cancel(&booking).expect("allowed");
    hotel.tell(&hotel.revisions(&booking)[2..]).await;
    assert_eq!(hotel.units(TWIN, run.day(27)), 8);
    assert_eq!(hotel.unacknowledged(), Vec::<String>::new());
    let stored = "SELECT count(*) FROM channel_sync_logs WHERE operation = 'acknowledge' AND outcome = 'succeeded'";
    assert!(hotel.world.number(stored).await >= 3);
    let revisions = hotel.revisions(&booking).join(", ");
    run.declare("11 booking receiving", &format!("{booking}: {revisions}"));
}

fn pace(run: &mut Run) {
    assert_eq!(
        run.hotel.refused(),
        0,
        "the connector keeps the pace by itself"
    );
    run.declare(
        "12 rate limits",
        "10 + 10 messages a minute, a minute's pause after 429",
    );
}

async fn only_changes(run: &mut Run) {
    let again = run.rate(TWIN_BAR_OURS, (22, 22), &json!({"price": 33_300}));
    assert_eq!(run.hotel.edit(&[again]).await, Vec::new());
    let planned = "SELECT count(*) FROM jobs WHERE kind = 'full_sync'";
    assert_eq!(run.hotel.world.number(planned).await, 0);
    run.declare(
        "13 update logic",
        "only changes; no full update by the clock",
    );
}

/// Every restriction that is declared was sent in the tests before.
fn notes(run: &mut Run) {
    let sent: BTreeSet<String> = run
        .hotel
        .channex
        .messages()
        .iter()
        .flat_map(|message| &message.values)
        .filter_map(Value::as_object)
        .flat_map(|value| value.keys().cloned())
        .collect();
    let declared = [
        "min_stay_arrival",
        "min_stay_through",
        "max_stay",
        "closed_to_arrival",
        "closed_to_departure",
        "stop_sell",
    ];
    for restriction in declared {
        assert!(sent.contains(restriction), "{restriction}: {sent:?}");
    }
    let what = format!(
        "{}; several rooms and rates; no card data is read",
        declared.join(", ")
    );
    run.declare("14 extra notes", &what);
}

/// What the form asks for can be read from the gateway.
async fn every_task_is_in_the_gateways_log(run: &Run) {
    let log = run.hotel.staff.get("connections/channex/log?limit=200");
    let log = log.await.expect(200).to_string();
    for message in run.hotel.channex.messages() {
        assert!(log.contains(&message.task), "{} is not told", message.task);
    }
}

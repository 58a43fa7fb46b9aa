//! Quiet Harbour, simulated on this machine for `roomwire plugin certify`: strict about what it is told, all in memory.
//!
//! Below `/v1` it is the channel, below `/_control` it does what only a channel can: its guests book, change and cancel,
//! and its time passes. `certification.toml` says how it is asked for that.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use roomwire_plugin_sdk::{Date, Decimal, TimeZone, Timestamp, ToSpan};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

/// Where it listens, unless its first argument is another port.
const PORT: u16 = 9310;

/// The one account, as certification.toml has it.
const AUTHORIZATION: &str = "Bearer simulated-quiet-harbour-key";
const PROPERTY: &str = "7";
const CURRENCY: &str = "EUR";

/// What is sold: room, rate, and their names.
const PRODUCTS: [[&str; 4]; 3] = [
    ["DBL", "FLEX", "Double", "Flexible"],
    ["DBL", "EARLY", "Double", "Early bird"],
    ["SGL", "FLEX", "Single", "Flexible"],
];

/// What the channel takes in one request.
const MOST_CHANGES: usize = 200;
/// Nights ahead of the day in UTC, of which a hotel's own may be the next.
const HORIZON: i32 = 366;
/// The bookings of one page.
const PAGE: usize = 50;

type Shared = Arc<Mutex<World>>;
type Refusal = (StatusCode, Json<Value>);
type Answer = Result<Json<Value>, Refusal>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let port = match std::env::args().nth(1) {
        Some(port) => port.parse::<u16>().map_err(io::Error::other)?,
        None => PORT,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    println!("Quiet Harbour is simulated at http://{address}");
    axum::serve(listener, routes()).await
}

fn routes() -> Router {
    Router::new()
        .route("/v1/properties/{property}", get(property))
        .route("/v1/properties/{property}/products", get(products))
        .route("/v1/properties/{property}/calendar", post(change))
        .route("/v1/properties/{property}/bookings", get(bookings))
        .route("/v1/properties/{property}/bookings/{id}", get(booking))
        .route("/_control/clock", get(clock).post(put_forward))
        .route("/_control/bookings", post(book))
        .route("/_control/bookings/{id}/change", post(prolong))
        .route("/_control/bookings/{id}/cancel", post(cancel))
        .with_state(Shared::new(Mutex::new(World::new())))
}

/// Everything that it remembers.
#[derive(Debug)]
struct World {
    /// It stands still until it is put forward.
    now: Timestamp,
    /// What is shown of each room and rate on each night.
    calendar: BTreeMap<(String, String, Date), Map<String, Value>>,
    bookings: Vec<Booking>,
}

#[derive(Debug)]
struct Booking {
    changed: Timestamp,
    stay: Stay,
    shown: Value,
}

/// One change of the calendar.
#[derive(Debug, Deserialize)]
struct Change {
    id: String,
    room: String,
    #[serde(default)]
    rate: String,
    first: Date,
    last: Date,
    /// Everything else is what the nights shall show. What is left out stays.
    #[serde(flatten)]
    shows: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    changes: Vec<Change>,
}

/// What `[controls.book]` of certification.toml sends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stay {
    room: String,
    rate: String,
    /// So many rooms of that kind.
    rooms: usize,
    check_in: Date,
    check_out: Date,
    given_name: String,
    surname: String,
}

/// What `[controls.change]` of it sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Prolonged {
    check_out: Date,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    changed_since: Timestamp,
    #[serde(default)]
    page: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    seconds: u32,
}

async fn property(Path(property): Path<String>, headers: HeaderMap) -> Answer {
    admit(&headers, &property)?;
    Ok(Json(json!({ "id": property, "name": "The Example" })))
}

async fn products(Path(property): Path<String>, headers: HeaderMap) -> Answer {
    admit(&headers, &property)?;
    let product = |[room, rate, room_name, rate_name]: [&str; 4]| {
        json!({
            "room": room, "rate": rate, "room_name": room_name, "rate_name": rate_name,
            "sleeps": 2, "currency": CURRENCY, "open": true,
        })
    };
    let products: Vec<Value> = PRODUCTS.into_iter().map(product).collect();
    Ok(Json(json!({ "products": products })))
}

async fn change(
    State(world): State<Shared>,
    Path(property): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Answer {
    admit(&headers, &property)?;
    let Changes { changes } = read(&body)?;
    if changes.len() > MOST_CHANGES {
        return Err(refused(StatusCode::BAD_REQUEST, "too many changes"));
    }
    let mut world = lock(&world);
    let results: Vec<Value> = changes.iter().map(|change| world.take(change)).collect();
    Ok(Json(json!({ "results": results })))
}

async fn bookings(
    State(world): State<Shared>,
    Path(property): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answer {
    admit(&headers, &property)?;
    let world = lock(&world);
    let all = world.bookings.iter();
    let found: Vec<&Value> = all
        .filter(|booking| booking.changed >= asked.changed_since)
        .map(|booking| &booking.shown)
        .collect();
    let end = asked.page.saturating_add(PAGE);
    let next = (end < found.len()).then(|| end.to_string());
    let page: Vec<&Value> = found.into_iter().skip(asked.page).take(PAGE).collect();
    Ok(Json(json!({ "bookings": page, "next": next })))
}

async fn booking(
    State(world): State<Shared>,
    Path((property, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    admit(&headers, &property)?;
    let mut world = lock(&world);
    Ok(Json(world.booking(&id)?.shown.clone()))
}

async fn clock(State(world): State<Shared>) -> Json<Value> {
    Json(json!({ "now": lock(&world).now }))
}

async fn put_forward(State(world): State<Shared>, body: String) -> Answer {
    let step: Step = read(&body)?;
    let mut world = lock(&world);
    world.now += Duration::from_secs(step.seconds.into());
    Ok(Json(json!({ "now": world.now })))
}

async fn book(State(world): State<Shared>, body: String) -> Answer {
    let stay: Stay = read(&body)?;
    let id = lock(&world).book(stay)?;
    Ok(Json(json!({ "id": id })))
}

async fn prolong(State(world): State<Shared>, Path(id): Path<String>, body: String) -> Answer {
    let Prolonged { check_out } = read(&body)?;
    lock(&world).prolong(&id, check_out)?;
    Ok(Json(json!({ "id": id })))
}

async fn cancel(State(world): State<Shared>, Path(id): Path<String>) -> Answer {
    let mut world = lock(&world);
    let now = world.now;
    let booking = world.booking(&id)?;
    booking.follow(now, json!({ "status": "cancelled" }));
    Ok(Json(json!({ "id": id })))
}

impl Booking {
    /// Shows these from now on, as the next version.
    fn follow(&mut self, now: Timestamp, shows: Value) {
        let version = self.shown["version"].as_u64().unwrap_or_default() + 1;
        self.changed = now;
        if let (Some(shown), Value::Object(shows)) = (self.shown.as_object_mut(), shows) {
            shown.extend(shows);
        }
        self.shown["version"] = json!(version);
    }
}

impl World {
    fn new() -> Self {
        Self {
            now: "2026-11-23T10:00:00Z".parse().expect("an instant"),
            calendar: BTreeMap::new(),
            bookings: Vec::new(),
        }
    }

    /// Makes one change, or says why it does not.
    fn take(&mut self, change: &Change) -> Value {
        if let Some((field, reason)) = self.problem(change) {
            return json!({ "id": change.id, "taken": false, "field": field, "reason": reason });
        }
        let nights = change.first.series(1.day());
        for night in nights.take_while(|night| *night <= change.last) {
            let cell = (change.room.clone(), change.rate.clone(), night);
            let shown = self.calendar.entry(cell).or_default();
            shown.extend(change.shows.clone());
        }
        json!({ "id": change.id, "taken": true })
    }

    fn problem<'a>(&self, change: &'a Change) -> Option<(&'a str, &'static str)> {
        let sold = |product: &[&str; 4]| product[..2] == [&*change.room, &*change.rate];
        if !PRODUCTS.iter().any(sold) {
            return Some(("room", "this room and rate are not sold here"));
        }
        let today = self.now.to_zoned(TimeZone::UTC).date();
        let end = today.saturating_add(HORIZON.days());
        if change.first < today || change.last < change.first || change.last > end {
            return Some(("first", "these nights are past, backwards or too far ahead"));
        }
        let mut shows = change.shows.iter();
        let (field, _) = shows.find(|(field, value)| !fits(field, value))?;
        Some((
            field.as_str(),
            "this is no field of a night, or not its value",
        ))
    }

    /// A guest books. Units are not counted down: what is pushed next counts.
    fn book(&mut self, stay: Stay) -> Result<String, Refusal> {
        let (total, stays) = self.priced(&stay)?;
        let id = format!("B-{}", self.bookings.len() + 1);
        let shown = json!({
            "id": id, "version": 1, "status": "booked", "booked_at": self.now,
            "guest": {
                "first_name": stay.given_name, "last_name": stay.surname,
                "email": "ada@guest.example",
            },
            "currency": CURRENCY, "total": total, "stays": stays,
        });
        let changed = self.now;
        self.bookings.push(Booking {
            changed,
            stay,
            shown,
        });
        Ok(id)
    }

    /// The guest stays until another day.
    fn prolong(&mut self, id: &str, check_out: Date) -> Result<(), Refusal> {
        let mut stay = self.booking(id)?.stay.clone();
        stay.check_out = check_out;
        let (total, stays) = self.priced(&stay)?;
        let now = self.now;
        let booking = self.booking(id)?;
        booking.stay = stay;
        booking.follow(now, json!({ "total": total, "stays": stays }));
        Ok(())
    }

    /// What a stay costs altogether, and its rooms, each with its nights.
    fn priced(&self, stay: &Stay) -> Result<(Value, Value), Refusal> {
        let days = stay.check_in.series(1.day());
        let nights = days.take_while(|night| *night < stay.check_out);
        let prices: Option<Vec<i64>> = nights.map(|night| self.price(stay, night)).collect();
        let Some(prices) = prices.filter(|prices| !prices.is_empty() && stay.rooms > 0) else {
            return Err(refused(StatusCode::CONFLICT, "this stay is not for sale"));
        };
        let amount = |minor: i64| Decimal::from_minor(minor, 2);
        let nights: Vec<Decimal> = prices.iter().copied().map(amount).collect();
        let room = json!({
            "room": stay.room, "rate": stay.rate, "adults": 2, "nights": nights,
            "arrival": stay.check_in, "departure": stay.check_out,
        });
        let stays = vec![room; stay.rooms];
        let total: i64 = stays.iter().flat_map(|_| &prices).sum();
        Ok((json!(amount(total)), json!(stays)))
    }

    /// What a night of a stay costs in minor units, where it is for sale.
    fn price(&self, stay: &Stay, night: Date) -> Option<i64> {
        let cell = (stay.room.clone(), stay.rate.clone(), night);
        let shown = self.calendar.get(&cell)?;
        let left = shown.get("units")?.as_u64()?;
        let closed = shown.get("closed").is_some_and(|closed| *closed == true);
        minor(&shown.get("price")?["amount"]).filter(|_| left > 0 && !closed)
    }

    fn booking(&mut self, id: &str) -> Result<&mut Booking, Refusal> {
        let mut bookings = self.bookings.iter_mut();
        let found = bookings.find(|booking| booking.shown["id"] == id);
        found.ok_or_else(|| refused(StatusCode::NOT_FOUND, "there is no such booking"))
    }
}

/// Whether a night can show this.
fn fits(field: &str, value: &Value) -> bool {
    let above_zero = |number: &Value| number.as_u64().is_some_and(|number| number > 0);
    match field {
        "units" => value.is_u64(),
        "min_nights" | "max_nights" => value.is_null() || above_zero(value),
        "no_arrival" | "no_departure" | "closed" => value.is_boolean(),
        "price" => {
            let amount = minor(&value["amount"]);
            value["currency"] == CURRENCY && amount.is_some_and(|amount| amount > 0)
        }
        _ => false,
    }
}

fn minor(amount: &Value) -> Option<i64> {
    let amount: Decimal = amount.as_number()?.to_string().parse().ok()?;
    amount.to_minor(2)
}

fn admit(headers: &HeaderMap, property: &str) -> Result<(), Refusal> {
    let given = headers.get("authorization");
    if given.is_none_or(|given| given != AUTHORIZATION) {
        return Err(refused(StatusCode::UNAUTHORIZED, "this key is not known"));
    }
    if property != PROPERTY {
        return Err(refused(StatusCode::NOT_FOUND, "there is no such property"));
    }
    Ok(())
}

fn read<T: DeserializeOwned>(body: &str) -> Result<T, Refusal> {
    let unread = |error: serde_json::Error| refused(StatusCode::BAD_REQUEST, &error.to_string());
    serde_json::from_str(body).map_err(unread)
}

fn refused(status: StatusCode, reason: &str) -> Refusal {
    (status, Json(json!({ "reason": reason })))
}

fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

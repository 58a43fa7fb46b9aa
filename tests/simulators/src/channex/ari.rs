//! `POST /availability` and `POST /restrictions`: the form of a whole message is checked before any of it is taken; what a
//! value says is checked by itself, and a wrong one is left out with a warning.

use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::Channel;
use super::value::{Checked, WireValue};
use super::wire::Problem;
use super::world::World;

/// A larger message is refused.
const LARGEST: usize = 10 * 1000 * 1000;

/// Availability and restrictions never share a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    Availability,
    Restrictions,
}

/// One message that was taken, as it reached the simulator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// The task that the caller was told.
    pub task: String,
    pub arrived: Timestamp,
    pub sort: Sort,
    /// As they were written.
    pub values: Vec<Value>,
    /// As they were answered.
    pub warnings: Vec<Value>,
}

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route("/availability", post(availability))
        .route("/restrictions", post(restrictions))
}

async fn availability(
    State(channel): State<Channel>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    take(&channel, Sort::Availability, &headers, &body)
}

async fn restrictions(
    State(channel): State<Channel>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    take(&channel, Sort::Restrictions, &headers, &body)
}

fn take(
    channel: &Channel,
    sort: Sort,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Json<Value>, Problem> {
    let now = channel.now();
    if body.len() > LARGEST {
        return Err(Problem::too_large());
    }
    let values = written(headers, body)?;
    let mut world = channel.world();
    count(
        &mut world,
        &values,
        (sort, channel.messages_per_minute()),
        now,
    )?;
    let checked = values
        .iter()
        .map(|value| WireValue::read(value, sort))
        .collect::<Result<Vec<_>, Problem>>()?;
    let (mut good, mut warnings) = (Vec::new(), Vec::new());
    for (value, written) in checked.into_iter().zip(&values) {
        match value.check(&world, now) {
            Ok(checked) => good.push(checked),
            Err((field, problem)) => warnings.push(warning(written, field, &problem)),
        }
    }
    let task = world.next_task();
    world.messages.push(Message {
        task: task.clone(),
        arrived: now,
        sort,
        values,
        warnings: warnings.clone(),
    });
    world.accept(now + channel.apply_after(), good);
    world.settle(now);
    Ok(Json(json!({
        "data": [{ "id": task, "type": "task" }],
        "meta": { "message": "Success", "warnings": warnings },
    })))
}

/// The values of `{"values": […]}`, one at least.
fn written(headers: &HeaderMap, body: &Bytes) -> Result<Vec<Value>, Problem> {
    let json = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"));
    if !json {
        return Err(Problem::bad_request("the body is not application/json"));
    }
    let mut body: Value =
        serde_json::from_slice(body).map_err(|_| Problem::bad_request("the body is not JSON"))?;
    let only = body.as_object().is_some_and(|body| body.len() == 1);
    match body.get_mut("values").map(Value::take) {
        Some(Value::Array(values)) if only && !values.is_empty() => Ok(values),
        _ => Err(Problem::validation(
            "values must be a list with entries, and stand alone",
        )),
    }
}

/// Counts a message for every property that it is about.
fn count(
    world: &mut World,
    values: &[Value],
    (sort, most): (Sort, usize),
    now: Timestamp,
) -> Result<(), Problem> {
    let mut properties: Vec<&str> = values
        .iter()
        .filter_map(|value| value.get("property_id")?.as_str())
        .collect();
    properties.sort_unstable();
    properties.dedup();
    properties
        .into_iter()
        .try_for_each(|property| world.pace.count((property, sort), most, now))
}

/// What names the value, and what is wrong with it.
fn warning(value: &Value, field: &str, problem: &str) -> Value {
    let names = [
        "property_id",
        "room_type_id",
        "rate_plan_id",
        "date",
        "date_from",
        "date_to",
    ];
    let mut warning = json!({ "warning": { field: [problem] } });
    for name in names {
        if let Some(found) = value.get(name) {
            warning[name] = found.clone();
        }
    }
    warning
}

impl World {
    /// Takes values that will show at an instant.
    fn accept(&mut self, due: Timestamp, values: Vec<Checked>) {
        self.waiting.push((due, values));
    }

    /// Applies the values whose time has come, in the order in which they came.
    pub(super) fn settle(&mut self, now: Timestamp) {
        let waiting = std::mem::take(&mut self.waiting);
        let (due, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(due, _)| *due <= now);
        self.waiting = later;
        for value in due.into_iter().flat_map(|(_, values)| values) {
            value.apply(self);
        }
    }
}

//! Which webhooks the caller has subscribed to.

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::Channel;
use super::outbox::EventType;
use super::wire::{JsonBody, Page, Problem};
use crate::strict::Object;

/// One event type and where its webhooks go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    pub id: u64,
    #[serde(rename = "type")]
    pub event: EventType,
    pub endpoint: String,
    pub api_member: String,
    pub enabled: bool,
    pub priority: u32,
}

impl Subscription {
    pub(super) fn new(id: u64, event: EventType, endpoint: String) -> Self {
        Self {
            id,
            event,
            endpoint,
            api_member: "simulated".to_owned(),
            enabled: true,
            priority: 0,
        }
    }
}

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route("/subscription", get(list))
        .route("/subscription/{event}", post(subscribe).delete(unsubscribe))
}

async fn list(State(channel): State<Channel>) -> Json<Page<Subscription>> {
    Json(Page {
        data: channel.subscriptions(),
        page: channel.first_page(),
        total_pages: 1,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Endpoint {
    endpoint: String,
}

/// One endpoint per event type: a second call replaces the first's.
async fn subscribe(
    State(channel): State<Channel>,
    Path(event): Path<String>,
    JsonBody(Object(wanted)): JsonBody<Object<Endpoint>>,
) -> Result<Json<Subscription>, Problem> {
    channel.check_write()?;
    let event = event_type(&event)?;
    if !wanted.endpoint.starts_with("https://") {
        return Err(Problem::parameters("endpoint must be an https:// address"));
    }
    let mut world = channel.world();
    let subscriptions = &mut world.subscriptions;
    let known = subscriptions.iter_mut().find(|known| known.event == event);
    let subscription = match known {
        Some(known) => {
            known.endpoint = wanted.endpoint;
            known.clone()
        }
        None => {
            let newest = subscriptions.iter().map(|known| known.id).max();
            let id = newest.map_or(301, |newest| newest + 1);
            let new = Subscription::new(id, event, wanted.endpoint);
            subscriptions.push(new.clone());
            new
        }
    };
    Ok(Json(subscription))
}

/// Ends what is subscribed for an event type. Nothing in the vendor's documents says how, so this is a guess.
async fn unsubscribe(
    State(channel): State<Channel>,
    Path(event): Path<String>,
) -> Result<StatusCode, Problem> {
    channel.check_write()?;
    let event = event_type(&event)?;
    let mut world = channel.world();
    let before = world.subscriptions.len();
    world.subscriptions.retain(|known| known.event != event);
    if world.subscriptions.len() == before {
        return Err(Problem::not_found("nothing is subscribed for this event"));
    }
    Ok(StatusCode::NO_CONTENT)
}

fn event_type(name: &str) -> Result<EventType, Problem> {
    serde_json::from_value(name.into())
        .map_err(|_| Problem::parameters(format!("event type {name} is unknown")))
}

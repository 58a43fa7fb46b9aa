//! A hotel's connections to channels: what they are, what was called, and what staff may ask of them.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::calls::CallError;
use crate::app::{channels, push};
use crate::domain::access::Scope;
use crate::domain::connection::Connection;
use crate::domain::connector::ChannelProduct;
use crate::domain::ids::CallId;
use crate::domain::subscription::Subscription;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::{NoQuery, Path, Query};
use crate::http::json_body::NoBody;
use crate::http::problem::{Problem, success};
use crate::store::sync_logs::LoggedCall;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConnectionBody {
    pub id: Uuid,
    #[schema(examples("channel-manager"))]
    pub name: String,
    /// `channel` or `email`.
    pub kind: &'static str,
    /// The plugin's id.
    pub connector: String,
    pub enabled: bool,
    pub repair_drift: bool,
    /// How it stands with the channel's webhooks, where the host has the channel send them here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhooks: Option<SubscriptionBody>,
}

/// What a channel was asked to send here.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SubscriptionBody {
    /// `subscribed`; `pending` until the channel was asked; `ending` until it was asked to stop; `failing` where either has
    /// not succeeded yet.
    #[schema(examples("subscribed"))]
    pub state: &'static str,
    /// What the channel tells of, as it names it.
    pub events: Vec<String>,
    /// Since when it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failed_at: Option<Timestamp>,
}

impl From<Subscription> for SubscriptionBody {
    fn from(subscription: Subscription) -> Self {
        let state = subscription.state().as_str();
        let (failure, failed_at) = subscription.failure.unzip();
        Self {
            state,
            events: subscription.events,
            since: subscription.held_since,
            failure,
            failed_at,
        }
    }
}

impl From<(Connection, Option<Subscription>)> for ConnectionBody {
    fn from((connection, subscription): (Connection, Option<Subscription>)) -> Self {
        Self {
            id: connection.id.0,
            name: connection.name,
            kind: connection.kind.as_str(),
            connector: connection.connector,
            enabled: connection.enabled,
            repair_drift: connection.repair_drift,
            webhooks: subscription.map(SubscriptionBody::from),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConnectionsBody {
    pub connections: Vec<ConnectionBody>,
}

/// The hotel's connections, disabled ones too.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/connections", tag = "Channels", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id")), responses(
    (status = 200, body = ConnectionsBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
pub(super) async fn list_connections(
    State(state): State<HttpState>,
    at: AtHotel,
    _query: NoQuery,
) -> Result<Json<ConnectionsBody>, Problem> {
    let hotel = at.require(Scope::ConnectionsManage)?;
    let found = channels::list(&state.app, hotel.id).await?;
    Ok(Json(ConnectionsBody {
        connections: found.into_iter().map(ConnectionBody::from).collect(),
    }))
}

#[derive(Deserialize)]
pub(super) struct ConnectionPath {
    connection: String,
}

/// The connection of a path, if the caller may manage it. It is named by its id, or by its name in the configuration.
pub(super) async fn connection(
    state: &HttpState,
    at: &AtHotel,
    path: &ConnectionPath,
) -> Result<Connection, Problem> {
    let hotel = at.require(Scope::ConnectionsManage)?;
    Ok(channels::find(&state.app, hotel.id, &path.connection).await?)
}

/// As [`connection`], where only an enabled channel can do what is asked.
pub(super) async fn channel(
    state: &HttpState,
    at: &AtHotel,
    path: &ConnectionPath,
) -> Result<Connection, Problem> {
    let hotel = at.require(Scope::ConnectionsManage)?;
    Ok(channels::find_channel(&state.app, hotel.id, &path.connection).await?)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CallsQuery {
    /// The `next` of the page before.
    cursor: Option<Uuid>,
    /// At most 200.
    #[serde(default = "fifty")]
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: u16,
}

fn fifty() -> u16 {
    50
}

/// One call of a connector.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CallBody {
    pub id: Uuid,
    /// The operation, such as `push_ari`.
    pub operation: String,
    pub items: i32,
    /// `succeeded`, `partial` or `failed`.
    pub outcome: String,
    /// The failure's class, such as `retry` or `egress-denied`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    pub duration_ms: i32,
    pub cpu_ms: i32,
    pub requests: i32,
    pub bytes_sent: i64,
    pub bytes_received: i64,
    /// What the plugin wrote, secrets masked.
    #[schema(value_type = Vec<String>)]
    pub log: Value,
    /// Whether `…/log/{entry}/recording` has its recording.
    pub recorded: bool,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<LoggedCall> for CallBody {
    fn from(call: LoggedCall) -> Self {
        Self {
            id: call.id.0,
            operation: call.operation,
            items: call.items,
            outcome: call.outcome,
            class: call.class,
            detail: call.detail,
            duration_ms: call.duration_ms,
            cpu_ms: call.cpu_ms,
            requests: call.requests,
            bytes_sent: call.bytes_sent,
            bytes_received: call.bytes_received,
            log: call.log,
            recorded: call.recorded,
            at: call.at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CallsBody {
    pub calls: Vec<CallBody>,
    /// Present while there is more: the `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}

/// What was called for a connection, the newest first.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/connections/{connection}/log", tag = "Channels",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("connection" = String, Path, description = "The connection's name or id"), CallsQuery), responses(
    (status = 200, body = CallsBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list_calls(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ConnectionPath>,
    Query(query): Query<CallsQuery>,
) -> Result<Json<CallsBody>, Problem> {
    let connection = connection(&state, &at, &path).await?;
    if !(1..=200).contains(&query.limit) {
        return Err(Problem::invalid("limit", "a page has 1 to 200 calls"));
    }
    let before = query.cursor.map(CallId);
    let calls = channels::calls(
        &state.app,
        at.hotel.id,
        connection.id,
        (before, query.limit),
    )
    .await?;
    let next = (calls.len() == usize::from(query.limit))
        .then(|| calls.last().map(|last| last.id.0))
        .flatten();
    Ok(Json(CallsBody {
        calls: calls.into_iter().map(CallBody::from).collect(),
        next,
    }))
}

/// An id that cannot be one names no call.
#[derive(Deserialize)]
pub(super) struct CallPath {
    connection: String,
    entry: Uuid,
}

/// Everything that a call of the connector asked and was answered, secrets masked: for `roomwire plugin replay`.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/connections/{connection}/log/{entry}/recording", tag = "Channels",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("connection" = String, Path, description = "The connection's name or id"),
        ("entry" = Uuid, Path, description = "The call's id in the log")), responses(
    (status = 200, description = "The recording, whose form its `format` names", body = Value,
        content_type = "application/json"),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn get_recording(
    State(state): State<HttpState>,
    at: AtHotel,
    _query: NoQuery,
    Path(path): Path<CallPath>,
) -> Result<impl IntoResponse, Problem> {
    let CallPath { connection, entry } = path;
    let connection = self::connection(&state, &at, &ConnectionPath { connection }).await?;
    let document =
        channels::recording(&state.app, at.hotel.id, connection.id, CallId(entry)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], document))
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TestBody {
    /// What the connector found.
    pub found: String,
}

/// Tries the credentials: asks the channel whether the hotel's account can be reached.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/connections/{connection}/test", tag = "Channels",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("connection" = String, Path, description = "The connection's name or id")), responses(
    (status = 200, body = TestBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, description = "`connection_disabled`, `not_a_channel`", body = Problem),
    (status = 422, description = "a body that says something", body = Problem),
    (status = 502, description = "`channel_failed`", body = Problem)))]
pub(super) async fn test_connection(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ConnectionPath>,
    body: NoBody,
) -> Result<Json<TestBody>, Problem> {
    let connection = channel(&state, &at, &path).await?;
    body.check()?;
    let found = channels::check(&state.app, at.hotel.id, connection.id).await?;
    Ok(Json(TestBody { found }))
}

/// Something that the channel sells.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChannelProductBody {
    pub external_room: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_rate: Option<String>,
    pub room_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_occupancy: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// An inactive product takes no updates.
    pub active: bool,
}

impl From<ChannelProduct> for ChannelProductBody {
    fn from(product: ChannelProduct) -> Self {
        Self {
            external_room: product.code.room,
            external_rate: product.code.rate,
            room_name: product.room_name,
            rate_name: product.rate_name,
            max_occupancy: product.max_occupancy,
            currency: product.currency,
            active: product.active,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChannelProductsBody {
    pub products: Vec<ChannelProductBody>,
}

/// What the channel sells for the hotel: the codes that mappings name.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/connections/{connection}/products", tag = "Channels",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("connection" = String, Path, description = "The connection's name or id")), responses(
    (status = 200, body = ChannelProductsBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, description = "`connection_disabled`, `not_a_channel`", body = Problem),
    (status = 502, description = "`channel_failed`", body = Problem)))]
pub(super) async fn list_products(
    State(state): State<HttpState>,
    at: AtHotel,
    _query: NoQuery,
    Path(path): Path<ConnectionPath>,
) -> Result<Json<ChannelProductsBody>, Problem> {
    let connection = channel(&state, &at, &path).await?;
    let products = channels::products(&state.app, at.hotel.id, connection.id).await?;
    Ok(Json(ChannelProductsBody {
        products: products.into_iter().map(ChannelProductBody::from).collect(),
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SyncBody {
    /// How many cells (product, night) will be pushed.
    pub cells: u64,
}

/// Pushes everything that the connection sells, for as many nights as the channel takes.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/connections/{connection}/sync", tag = "Channels",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("connection" = String, Path, description = "The connection's name or id")), responses(
    (status = 202, body = SyncBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, description = "`connection_disabled`, `not_a_channel`", body = Problem),
    (status = 422, description = "a body that says something", body = Problem),
    (status = 502, description = "`channel_failed`", body = Problem)))]
pub(super) async fn sync_connection(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ConnectionPath>,
    body: NoBody,
) -> Result<(success::Status, Json<SyncBody>), Problem> {
    let connection = channel(&state, &at, &path).await?;
    body.check()?;
    let cells = push::full_sync(&state.app, at.hotel.id, connection.id).await?;
    state.app.wake.ring();
    Ok((success::ACCEPTED, Json(SyncBody { cells })))
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        match error {
            CallError::App(error) => error.into(),
            CallError::Connector(failure) => {
                Self::channel_failed(failure.class(), failure.to_string())
            }
            CallError::Paced { after } => Self::channel_paced(after.as_secs().max(1)),
        }
    }
}

//! `…/catalogue/events`: who changed the catalogue, and how.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::catalogue;
use crate::domain::access::Scope;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::reservation_list::EventBody;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct CatalogueEventsQuery {
    /// `next` of the page before.
    cursor: Option<i64>,
    #[serde(default = "fifty")]
    #[param(default = 50, minimum = 1, maximum = 100)]
    limit: u16,
}

fn fifty() -> u16 {
    50
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CatalogueEventsBody {
    /// Of a noun and a verb each, such as `room_type.changed`, with what it was before and is after.
    pub events: Vec<EventBody>,
    /// Present while there may be more: the `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// The audit trail of the catalogue, the hotel's settings and its booking rules, the newest first.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/catalogue/events", tag = "Catalogue", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"), CatalogueEventsQuery), responses(
    (status = 200, body = CatalogueEventsBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(in crate::http) async fn list_catalogue_events(
    State(state): State<HttpState>,
    at: AtHotel,
    Query(query): Query<CatalogueEventsQuery>,
) -> Result<Json<CatalogueEventsBody>, Problem> {
    let hotel = at.require(Scope::CatalogueManage)?;
    if !(1..=100).contains(&query.limit) {
        return Err(Problem::invalid("limit", "a page has 1 to 100 events"));
    }
    let page = catalogue::events(&state.app, hotel, query.cursor, query.limit).await?;
    let full = page.len() == usize::from(query.limit);
    let next = page.last().map(|(sequence, _)| *sequence);
    Ok(Json(CatalogueEventsBody {
        events: page
            .into_iter()
            .map(|(_, event)| EventBody::from(event))
            .collect(),
        next: next.filter(|_| full),
    }))
}

//! `GET /accommodation`: the hotels that the login may see.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::Channel;
use super::model::Accommodation;

#[derive(Serialize)]
struct Listed {
    data: Vec<AccommodationView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccommodationView {
    id: String,
    name: String,
    time_zone: String,
    currency: String,
}

impl From<&Accommodation> for AccommodationView {
    fn from(accommodation: &Accommodation) -> Self {
        Self {
            id: accommodation.id.clone(),
            name: accommodation.name.clone(),
            time_zone: accommodation.time_zone.clone(),
            currency: accommodation.currency.clone(),
        }
    }
}

pub(super) fn routes() -> Router<Channel> {
    Router::new().route("/accommodation", get(list))
}

async fn list(State(channel): State<Channel>) -> Json<Listed> {
    let world = channel.world();
    let data = world
        .places
        .values()
        .map(|place| AccommodationView::from(&place.accommodation))
        .collect();
    Json(Listed { data })
}

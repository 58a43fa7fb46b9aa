//! For machines: alive, ready, measured.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::http::HttpState;
use crate::http::problem::Problem;

/// The process runs.
pub(super) async fn alive() -> axum::Json<serde_json::Value> {
    axum::Json(json!({"status": "ok"}))
}

/// The process takes traffic, and the database answers.
pub(super) async fn ready(
    State(state): State<HttpState>,
) -> Result<axum::Json<serde_json::Value>, Problem> {
    if !*state.ready.borrow() {
        return Err(Problem::unavailable());
    }
    state.app.store.ping().await?;
    Ok(axum::Json(json!({"status": "ready"})))
}

/// Prometheus' text format.
pub(super) async fn metrics(State(state): State<HttpState>) -> Response {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        state.metrics.render(),
    )
        .into_response()
}

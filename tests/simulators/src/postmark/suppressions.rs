//! The addresses that get nothing from a stream any more: read, added and taken back.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::OnlyChecked;
use super::model::{Suppression, SuppressionReason};
use super::wire::{Problem, json_body};
use super::{Memory, Provider, address};
use crate::strict::Object;

const MOST_AT_ONCE: usize = 50;

pub(super) fn routes() -> Router<Provider> {
    Router::new()
        .route("/message-streams/{stream}/suppressions/dump", get(dump))
        .route("/message-streams/{stream}/suppressions", post(create))
        .route(
            "/message-streams/{stream}/suppressions/delete",
            post(delete),
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Order {
    suppressions: Vec<Object<Ordered>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Ordered {
    email_address: String,
}

impl Memory {
    pub(super) fn is_suppressed(&self, stream: &str, address: &str) -> bool {
        let key = (stream.to_owned(), address.to_lowercase());
        self.suppressions.contains_key(&key)
    }

    /// A complaint is not forgotten for a lesser reason.
    pub(super) fn suppress(&mut self, stream: &str, suppression: Suppression) {
        let key = (stream.to_owned(), suppression.email_address.clone());
        let kept = self.suppressions.entry(key).or_insert(suppression.clone());
        if kept.suppression_reason != SuppressionReason::SpamComplaint {
            *kept = suppression;
        }
    }
}

impl Provider {
    pub(super) fn check_stream(&self, stream: &str) -> Result<(), Problem> {
        if self.options().streams.iter().any(|known| known == stream) {
            Ok(())
        } else {
            Err(Problem::no_stream(stream))
        }
    }
}

async fn dump(
    State(provider): State<Provider>,
    Path(stream): Path<String>,
) -> Result<Json<Value>, Problem> {
    provider.check_stream(&stream)?;
    Ok(Json(
        json!({ "Suppressions": provider.suppressions(&stream) }),
    ))
}

async fn create(
    State(provider): State<Provider>,
    Path(stream): Path<String>,
    Extension(OnlyChecked(only_checked)): Extension<OnlyChecked>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let addresses = ordered(&provider, &stream, &body)?;
    let answers = addresses.iter().map(|given| {
        let Some(bare) = address::bare(given) else {
            return failed(given, "An invalid email address was provided.");
        };
        if !only_checked {
            provider.suppress(&stream, &bare, SuppressionReason::ManualSuppression);
        }
        done(given, "Suppressed")
    });
    Ok(answered(answers))
}

async fn delete(
    State(provider): State<Provider>,
    Path(stream): Path<String>,
    Extension(OnlyChecked(only_checked)): Extension<OnlyChecked>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let addresses = ordered(&provider, &stream, &body)?;
    let mut memory = provider.memory();
    let answers = addresses.iter().map(|given| {
        let key = (stream.clone(), given.to_lowercase());
        let kept = memory.suppressions.get(&key);
        if kept.is_some_and(|kept| kept.suppression_reason == SuppressionReason::SpamComplaint) {
            return failed(given, "A spam complaint cannot be deleted.");
        }
        if !only_checked {
            memory.suppressions.remove(&key);
        }
        done(given, "Deleted")
    });
    Ok(answered(answers))
}

fn ordered(provider: &Provider, stream: &str, body: &Bytes) -> Result<Vec<String>, Problem> {
    provider.check_stream(stream)?;
    let Object(order): Object<Order> =
        serde_json::from_value(json_body(body)?).map_err(|error| Problem::incompatible(&error))?;
    if order.suppressions.len() > MOST_AT_ONCE {
        return Err(Problem::invalid("50 addresses are taken at once."));
    }
    Ok(order
        .suppressions
        .into_iter()
        .map(|Object(one)| one.email_address)
        .collect())
}

fn answered(answers: impl Iterator<Item = Value>) -> Json<Value> {
    let answers: Vec<Value> = answers.collect();
    Json(json!({ "Suppressions": answers }))
}

fn done(address: &str, status: &str) -> Value {
    json!({ "EmailAddress": address, "Status": status, "Message": null })
}

fn failed(address: &str, message: &str) -> Value {
    json!({ "EmailAddress": address, "Status": "Failed", "Message": message })
}

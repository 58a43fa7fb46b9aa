//! Sending, one by one and in batches.

use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde_json::{Value, json};

use super::auth::OnlyChecked;
use super::draft::checked;
use super::model::Email;
use super::wire::{Problem, json_body};
use super::{Memory, Provider};

const LARGEST_BATCH: usize = 500;

/// Of one message, in bytes.
const LARGEST_MESSAGE: usize = 10 * 1024 * 1024;

/// Of all messages of a batch together, in bytes.
const LARGEST_BATCH_BODY: usize = 50 * 1024 * 1024;

pub(super) fn routes() -> Router<Provider> {
    Router::new()
        .route("/email", post(send))
        .route("/email/batch", post(send_batch))
}

async fn send(
    State(provider): State<Provider>,
    Extension(only_checked): Extension<OnlyChecked>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    if body.len() > LARGEST_MESSAGE {
        return Err(Problem::too_large("A message has 10 MB at most."));
    }
    let draft = json_body(&body)?;
    let mut memory = provider.memory();
    send_one(&provider, &mut memory, draft, only_checked).map(Json)
}

/// Each message is taken or refused by itself, and the answer as a whole is a success.
async fn send_batch(
    State(provider): State<Provider>,
    Extension(only_checked): Extension<OnlyChecked>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    if body.len() > LARGEST_BATCH_BODY {
        return Err(Problem::too_large("A batch has 50 MB at most."));
    }
    let Value::Array(drafts) = json_body(&body)? else {
        return Err(Problem::not_a_batch());
    };
    if drafts.len() > LARGEST_BATCH {
        return Err(Problem::too_many());
    }
    let mut memory = provider.memory();
    let answers = drafts
        .into_iter()
        .map(|draft| {
            send_one(&provider, &mut memory, draft, only_checked)
                .unwrap_or_else(|problem| problem.body())
        })
        .collect();
    Ok(Json(Value::Array(answers)))
}

fn send_one(
    provider: &Provider,
    memory: &mut Memory,
    draft: Value,
    OnlyChecked(only_checked): OnlyChecked,
) -> Result<Value, Problem> {
    let email = Email {
        id: memory.next_id(),
        submitted_at: provider.now(),
        ..checked(provider, memory, draft)?
    };
    let answer = taken(&email, only_checked);
    if !only_checked {
        memory.inbox.push(email);
    }
    Ok(answer)
}

fn taken(email: &Email, only_checked: bool) -> Value {
    let message = match email.inactive.as_slice() {
        _ if only_checked => "Test job accepted".to_owned(),
        [] => "OK".to_owned(),
        inactive => format!(
            "Message OK, but will not deliver to these inactive addresses: {}",
            inactive.join(", ")
        ),
    };
    json!({
        "To": email.to.join(", "),
        "SubmittedAt": format!("{:.7}", email.submitted_at),
        "MessageID": email.id,
        "ErrorCode": 0,
        "Message": message,
    })
}

//! Sending, one by one and in batches, and reading back what was sent.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{Email, Tag};
use super::wire::{JsonBody, Problem};
use super::{Memory, Provider, idempotency};
use crate::strict::Object;

const MOST_RECIPIENTS: usize = 50;
const LARGEST_BATCH: usize = 100;

pub(super) fn routes() -> Router<Provider> {
    Router::new()
        .route("/emails", post(send))
        .route("/emails/batch", post(send_batch))
        .route("/emails/{id}", get(show))
}

/// Resend takes one address or a list of them.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Addresses {
    One(String),
    Many(Vec<String>),
    #[default]
    None,
}

impl Addresses {
    fn into_list(self) -> Vec<String> {
        match self {
            Self::One(address) => vec![address],
            Self::Many(addresses) => addresses,
            Self::None => Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    from: Option<String>,
    #[serde(default)]
    to: Addresses,
    #[serde(default)]
    cc: Addresses,
    #[serde(default)]
    bcc: Addresses,
    #[serde(default)]
    reply_to: Addresses,
    subject: Option<String>,
    text: Option<String>,
    html: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    tags: Vec<Object<Tag>>,
    #[serde(default)]
    attachments: Vec<Value>,
}

async fn send(
    State(provider): State<Provider>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<Value>,
) -> Result<Json<Value>, Problem> {
    let key = idempotency::key(&headers)?;
    answer_once(&provider, key, request, |memory, request, key, now| {
        let email = checked(&provider, request.clone())?;
        let id = keep(memory, email, key, now);
        Ok(json!({ "id": id }))
    })
}

async fn send_batch(
    State(provider): State<Provider>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<Value>,
) -> Result<Json<Value>, Problem> {
    let key = idempotency::key(&headers)?;
    answer_once(&provider, key, request, |memory, request, key, now| {
        let drafts = request
            .as_array()
            .ok_or_else(|| Problem::validation("The batch must be an array."))?;
        if !(1..=LARGEST_BATCH).contains(&drafts.len()) {
            return Err(Problem::validation("A batch has 1 to 100 emails."));
        }
        let emails = drafts
            .iter()
            .map(|draft| {
                if draft.get("attachments").is_some() {
                    return Err(Problem::validation("A batch takes no attachments."));
                }
                checked(&provider, draft.clone())
            })
            .collect::<Result<Vec<_>, _>>()?;
        let ids: Vec<Value> = emails
            .into_iter()
            .map(|email| json!({ "id": keep(memory, email, key, now) }))
            .collect();
        Ok(json!({ "data": ids }))
    })
}

async fn show(
    State(provider): State<Provider>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let id =
        Uuid::parse_str(&id).map_err(|_| Problem::validation("The `id` must be a valid UUID."))?;
    let email = provider.email(id).ok_or_else(Problem::not_found)?;
    Ok(Json(json!({
        "object": "email",
        "id": email.id,
        "from": email.from,
        "to": email.to,
        "cc": email.cc,
        "bcc": email.bcc,
        "reply_to": email.reply_to,
        "subject": email.subject,
        "text": email.text,
        "html": email.html,
        "created_at": email.created_at,
        "last_event": email.last_event,
    })))
}

/// Does the work, or gives the answer that the same request got before. A refusal is not remembered.
fn answer_once(
    provider: &Provider,
    key: Option<String>,
    request: Value,
    work: impl FnOnce(&mut Memory, &Value, Option<&str>, Timestamp) -> Result<Value, Problem>,
) -> Result<Json<Value>, Problem> {
    let now = provider.now();
    let mut memory = provider.memory();
    if let Some(key) = &key
        && let Some(answer) = memory.replays.find(key, &request, now)?
    {
        return Ok(Json(answer));
    }
    let answer = work(&mut memory, &request, key.as_deref(), now)?;
    if let Some(key) = key {
        memory.replays.remember(key, request, answer.clone(), now);
    }
    Ok(Json(answer))
}

fn keep(memory: &mut Memory, mut email: Email, key: Option<&str>, now: Timestamp) -> Uuid {
    email.id = memory.next_id(now);
    email.created_at = now;
    email.idempotency_key = key.map(str::to_owned);
    let id = email.id;
    memory.inbox.push(email);
    id
}

/// The email that a draft asks for, without its id and time.
fn checked(provider: &Provider, draft: Value) -> Result<Email, Problem> {
    let Object(draft): Object<Draft> =
        serde_json::from_value(draft).map_err(|error| Problem::validation(error.to_string()))?;
    let from = draft.from.ok_or_else(|| Problem::missing_field("from"))?;
    check_sender(&from, &provider.options().verified_domains)?;
    let to = recipients("to", draft.to)?;
    if to.is_empty() {
        return Err(Problem::missing_field("to"));
    }
    let subject = draft
        .subject
        .ok_or_else(|| Problem::missing_field("subject"))?;
    if draft.text.is_none() && draft.html.is_none() {
        return Err(Problem::missing_field("html` or `text"));
    }
    let tags: Vec<Tag> = draft.tags.into_iter().map(|Object(tag)| tag).collect();
    check_tags(&tags)?;
    Ok(Email {
        id: Uuid::nil(),
        idempotency_key: None,
        created_at: Timestamp::UNIX_EPOCH,
        last_event: "sent".to_owned(),
        from,
        to,
        cc: recipients("cc", draft.cc)?,
        bcc: recipients("bcc", draft.bcc)?,
        reply_to: recipients("reply_to", draft.reply_to)?,
        subject,
        text: draft.text,
        html: draft.html,
        headers: draft.headers,
        tags,
        attachments: draft.attachments,
    })
}

fn check_sender(from: &str, verified_domains: &[String]) -> Result<(), Problem> {
    let Some(domain) = domain(from) else {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_from_address",
            "Invalid `from` field. Write `email@example.com` or `Name <email@example.com>`.",
        ));
    };
    if verified_domains.is_empty() || verified_domains.iter().any(|known| known == domain) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "validation_error",
        format!("The {domain} domain is not verified."),
    ))
}

fn recipients(field: &str, addresses: Addresses) -> Result<Vec<String>, Problem> {
    let addresses = addresses.into_list();
    if addresses.len() > MOST_RECIPIENTS {
        return Err(Problem::validation(format!(
            "`{field}` takes {MOST_RECIPIENTS} addresses at most."
        )));
    }
    if addresses.iter().any(|address| domain(address).is_none()) {
        return Err(Problem::validation(format!(
            "Invalid `{field}` field. Write `email@example.com` or `Name <email@example.com>`."
        )));
    }
    Ok(addresses)
}

/// The domain of `email@example.com` or `Name <email@example.com>`; `None` where it is neither.
fn domain(address: &str) -> Option<&str> {
    let bare = match address.split_once('<') {
        Some((_, rest)) => rest.strip_suffix('>')?,
        None => address,
    };
    let (local, domain) = bare.split_once('@')?;
    let plain = |part: &str| {
        !part.is_empty()
            && !part.contains(|sign: char| sign.is_whitespace() || "<>@,".contains(sign))
    };
    (plain(local) && plain(domain) && domain.contains('.')).then_some(domain)
}

fn check_tags(tags: &[Tag]) -> Result<(), Problem> {
    let good = |text: &str| {
        (1..=256).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    };
    if tags.iter().all(|tag| good(&tag.name) && good(&tag.value)) {
        Ok(())
    } else {
        Err(Problem::validation(
            "Tags should only contain ASCII letters, numbers, underscores, or dashes, 256 at most.",
        ))
    }
}

//! Sends what it is told to send: `[{"host": "…", "path": "…", "headers": [["…", "…"]], "body": "…"}, …]`.

use serde_json::Value;

use crate::bindings::exports::roomwire::channel::channel_manager_provider::Failure;
use crate::bindings::roomwire::host::http::{self, Method, Request};
use crate::bindings::roomwire::host::kv;
use crate::network::{request, told_by};

/// The longest body that is repeated as it came.
const SHORT: usize = 40;

/// Sends them all, and tells what came of each.
pub(crate) fn send_all(told: &str) -> Result<String, Failure> {
    let outcomes: Vec<_> = list(told)?
        .iter()
        .map(|told| outcome(&read(told)))
        .collect();
    Ok(outcomes.join(" | "))
}

/// Sends them all, and tells everything that came back.
pub(crate) fn show_all(told: &str) -> Result<String, Failure> {
    let shown: Vec<_> = list(told)?.iter().map(|told| shown(&read(told))).collect();
    Ok(shown.join("\n"))
}

fn shown(request: &Request) -> String {
    match http::send(request) {
        Ok(response) => {
            let body = String::from_utf8_lossy(&response.body);
            format!("{} {:?} {body}", response.status, response.headers)
        }
        Err(error) => told_by(error),
    }
}

/// Sends one of them, with each call the next: a denial decides the whole call.
pub(crate) fn send_next(told: &str) -> Result<String, Failure> {
    let told = list(told)?;
    let count = kv::get("next").ok().flatten();
    let next = count
        .and_then(|bytes| <[u8; 4]>::try_from(bytes).ok())
        .map_or(0, u32::from_be_bytes);
    kv::set("next", &(next + 1).to_be_bytes())
        .map_err(|error| Failure::Permanent(format!("{error:?}")))?;
    let request = usize::try_from(next).ok().and_then(|next| told.get(next));
    match request {
        Some(request) => Ok(outcome(&read(request))),
        None => Err(Failure::Permanent("nothing is left to send".to_owned())),
    }
}

fn list(told: &str) -> Result<Vec<Value>, Failure> {
    serde_json::from_str(told).map_err(|error| Failure::Permanent(error.to_string()))
}

fn read(told: &Value) -> Request {
    let text = |name: &str| told[name].as_str().unwrap_or_default();
    let method = match text("method") {
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => Method::Get,
    };
    Request {
        query: pairs(&told["query"]),
        headers: pairs(&told["headers"]),
        body: told["body"].as_str().map(|body| body.as_bytes().to_vec()),
        timeout_ms: told["timeout_ms"]
            .as_u64()
            .and_then(|milliseconds| u32::try_from(milliseconds).ok()),
        ..request(method, text("host"), text("path"))
    }
}

fn pairs(told: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pair = |pair: &Value| (text(&pair[0]), text(&pair[1]));
    told.as_array()
        .map(|told| told.iter().map(pair).collect())
        .unwrap_or_default()
}

fn outcome(request: &Request) -> String {
    let response = match http::send(request) {
        Ok(response) => response,
        Err(error) => return told_by(error),
    };
    let body = match String::from_utf8(response.body) {
        Ok(text) if text.len() <= SHORT => text,
        Ok(text) => format!("{} bytes", text.len()),
        Err(error) => format!("{} bytes", error.as_bytes().len()),
    };
    format!("{}: {body}", response.status)
}

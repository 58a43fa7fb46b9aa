//! Asks the host for everything that it offers, once.

use crate::bindings::roomwire::host::http::{self, HttpError, Method, Request, Response};
use crate::bindings::roomwire::host::kv::{self, KvError};
use crate::bindings::roomwire::host::log::{self, Level};
use crate::bindings::roomwire::host::signer::{self, SignerError};
use crate::bindings::roomwire::host::{clock, random};
use crate::bindings::roomwire::types::common::{CallContext, Failure};

/// A line for each thing that was asked for; the host gives it back as one.
pub(crate) fn use_all(context: &CallContext) -> Result<String, Failure> {
    let levels = [Level::Debug, Level::Info, Level::Warn, Level::Error];
    for level in levels {
        let fields = [("word".to_owned(), "frozen".to_owned())];
        log::write(level, "everything is used", &fields);
    }
    let lines = [
        told(context),
        format!("now {}", clock::now()),
        format!("{} random bytes", random::bytes(8).len()),
        remember()?,
        sign()?,
        send(),
        send_many(),
    ];
    Ok(lines.join("; "))
}

fn told(context: &CallContext) -> String {
    format!(
        "{} {} {}/{} {} with {} extensions",
        context.settings,
        context.time_zone,
        context.currency,
        context.currency_exponent,
        context.today,
        context.extensions.len()
    )
}

fn remember() -> Result<String, Failure> {
    remembered().map_err(|error| {
        Failure::Permanent(match error {
            KvError::Limit(why) => format!("limit: {why}"),
            KvError::Invalid(why) => format!("invalid: {why}"),
            KvError::Unavailable(why) => format!("unavailable: {why}"),
            KvError::Other(why) => format!("other: {why}"),
        })
    })
}

fn remembered() -> Result<String, KvError> {
    kv::set("number", b"1")?;
    let first = kv::get("number")?;
    let stored = kv::compare_and_set("number", first.as_deref(), b"2")?;
    let again = kv::compare_and_set("number", first.as_deref(), b"3")?;
    kv::delete("number")?;
    let last = kv::get("number")?;
    Ok(format!(
        "remembered {first:?}, {stored} and {again}, {last:?}"
    ))
}

fn sign() -> Result<String, Failure> {
    let unknown = match signer::hmac("nobody", b"message") {
        Err(SignerError::UnknownSlot(_)) => "unknown",
        Err(SignerError::Limit(_)) => "limit",
        Err(SignerError::Other(_)) => "other",
        Ok(_) => "signed",
    };
    match signer::hmac("signing_key", b"message") {
        Ok(signature) => {
            let digits: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
            Ok(format!("signed {digits}, {unknown}"))
        }
        Err(error) => Err(Failure::Permanent(format!("{error:?}"))),
    }
}

pub(crate) fn request(method: Method, path: &str) -> Request {
    Request {
        method,
        host: "reflect.example.com".to_owned(),
        path: path.to_owned(),
        query: Vec::new(),
        headers: Vec::new(),
        body: None,
        timeout_ms: None,
        extensions: Vec::new(),
    }
}

/// Every field of a request, and every field of its answer: the remote repeats what it was sent.
fn send() -> String {
    let whole = Request {
        query: vec![("night".to_owned(), "1 December".to_owned())],
        headers: vec![("X-Frozen".to_owned(), "header".to_owned())],
        body: Some(b"a body".to_vec()),
        timeout_ms: Some(5_000),
        extensions: vec![("colour".to_owned(), "red".to_owned())],
        ..request(Method::Post, "/frozen")
    };
    match http::send(&whole) {
        Ok(response) => {
            let text = String::from_utf8_lossy(&response.body);
            let parts = ["?night=1%20December", "x-frozen: header", "a body"];
            let repeated = parts.iter().filter(|part| text.contains(**part)).count();
            let typed = |(name, _): &(String, String)| name == "content-type";
            format!(
                "posted {} with {repeated} parts, typed {}, {} extensions",
                response.status,
                response.headers.iter().any(typed),
                response.extensions.len()
            )
        }
        Err(error) => outcome(&Err(error)),
    }
}

/// Every method, and a request that is refused among those that are not.
fn send_many() -> String {
    let requests = [
        request(Method::Get, "/frozen"),
        request(Method::Get, "/frozen/../up"),
        request(Method::Put, "/frozen"),
        request(Method::Patch, "/frozen"),
        request(Method::Delete, "/frozen"),
    ];
    let answers = http::send_many(&requests);
    answers.iter().map(outcome).collect::<Vec<_>>().join(" ")
}

fn outcome(answer: &Result<Response, HttpError>) -> String {
    match answer {
        Ok(response) => response.status.to_string(),
        Err(HttpError::Denied(_)) => "denied".to_owned(),
        Err(HttpError::Invalid(_)) => "invalid".to_owned(),
        Err(HttpError::Unreachable(_)) => "unreachable".to_owned(),
        Err(HttpError::OutcomeUnknown(_)) => "outcome-unknown".to_owned(),
        Err(HttpError::Limit(_)) => "limit".to_owned(),
        Err(HttpError::Other(_)) => "other".to_owned(),
    }
}

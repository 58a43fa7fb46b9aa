//! Tells the remote where webhooks go: by a body, and by a query, since the host knows the address's secret part alone.

use crate::bindings::exports::roomwire::channel::webhook_registrar::{Endpoint, Subscription};
use crate::bindings::roomwire::host::http::{self, Method, Request};
use crate::bindings::roomwire::types::common::{CallContext, Failure};
use crate::calendar::unknown_value;
use crate::imports::request;

/// The remote repeats what it was sent: whether the address came back as it was told is an event of its own.
pub(crate) fn subscribe(
    context: &CallContext,
    endpoint: &Endpoint,
) -> Result<Subscription, Failure> {
    let answer = send(&Request {
        body: Some(endpoint.url.clone().into_bytes()),
        ..request(Method::Post, "/subscriptions")
    })?;
    let is_repeated = String::from_utf8_lossy(&answer).contains(&endpoint.url);
    Ok(Subscription {
        events: vec![
            format!("{} of {}", endpoint.url, context.settings),
            format!("repeated {is_repeated}"),
            format!("{} extensions", endpoint.extensions.len()),
        ],
        extensions: unknown_value(),
    })
}

pub(crate) fn unsubscribe(endpoint: &Endpoint) -> Result<(), Failure> {
    send(&Request {
        query: vec![("endpoint".to_owned(), endpoint.url.clone())],
        ..request(Method::Delete, "/subscriptions")
    })
    .map(drop)
}

fn send(request: &Request) -> Result<Vec<u8>, Failure> {
    match http::send(request) {
        Ok(response) if response.status == 200 => Ok(response.body),
        Ok(response) => Err(Failure::Retry(format!("answered {}", response.status))),
        Err(error) => Err(Failure::Retry(format!("{error:?}"))),
    }
}

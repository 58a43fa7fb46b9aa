//! An email provider that uses everything of its contract once: each version's is kept, and every later host must
//! run it. The host's interfaces are used up by the connector beside it.

mod bindings;

use bindings::exports::roomwire::email::email_batch::{Batch, MessageOutcome, MessageResult};
use bindings::exports::roomwire::email::{email_batch, email_events, email_provider};
use bindings::roomwire::email::types::{Address, EmailEvent, EventKind, Message, Receipt};
use bindings::roomwire::host::http::{self, Method, Request};
use bindings::roomwire::types::common::{CallContext, Failure, OtherFailure, Webhook};

struct Frozen;

#[expect(
    unsafe_code,
    reason = "the exported functions take raw pointers from the host"
)]
mod boundary {
    use super::Frozen;

    crate::bindings::export!(Frozen with_types_in crate::bindings);
}

impl email_provider::Guest for Frozen {
    /// Sends the message's parts as they came, unless the provider does not write to the address any more.
    fn send(context: CallContext, message: Message) -> Result<Receipt, Failure> {
        if message.subject == "suppressed" {
            return Err(Failure::Other(OtherFailure {
                class: "suppressed".to_owned(),
                message: "it bounced before".to_owned(),
            }));
        }
        let request = Request {
            method: Method::Post,
            host: "reflect.example.com".to_owned(),
            path: "/send".to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Some(told(&context, &message).into_bytes()),
            timeout_ms: None,
            extensions: Vec::new(),
        };
        match http::send(&request) {
            Ok(response) => Ok(Receipt {
                message_id: format!("{} for {}", response.status, message.idempotency_key),
                extensions: vec![("colour".to_owned(), "red".to_owned())],
            }),
            Err(error) => Err(Failure::Permanent(format!("{error:?}"))),
        }
    }
}

impl email_batch::Guest for Frozen {
    /// The first is sent, the second refused, and of the third it says what no host knows.
    fn send_batch(context: CallContext, batch: Batch) -> Result<Vec<MessageResult>, Failure> {
        let request_key = format!("{} with {}", batch.idempotency_key, batch.extensions.len());
        let mut outcomes = vec![
            MessageOutcome::Sent(Receipt {
                message_id: format!("{} of {request_key} extensions", context.settings),
                extensions: vec![("colour".to_owned(), "red".to_owned())],
            }),
            MessageOutcome::Rejected(Failure::Other(OtherFailure {
                class: "suppressed".to_owned(),
                message: "it bounced before".to_owned(),
            })),
            MessageOutcome::Other("printed".to_owned()),
        ]
        .into_iter();
        let result = |message: Message| MessageResult {
            outcome: outcomes
                .next()
                .unwrap_or_else(|| MessageOutcome::Other("too many".to_owned())),
            idempotency_key: message.idempotency_key,
            extensions: vec![("colour".to_owned(), "red".to_owned())],
        };
        Ok(batch.messages.into_iter().map(result).collect())
    }
}

impl email_events::Guest for Frozen {
    /// One event of every kind.
    fn parse(_: CallContext, webhook: Webhook) -> Result<Vec<EmailEvent>, Failure> {
        let body = String::from_utf8_lossy(&webhook.body).into_owned();
        let kinds = [
            EventKind::Sent,
            EventKind::Delivered,
            EventKind::Delayed("full".to_owned()),
            EventKind::BouncedHard("no mailbox".to_owned()),
            EventKind::BouncedSoft("busy".to_owned()),
            EventKind::Suppressed("bounced before".to_owned()),
            EventKind::Complained,
            EventKind::Opened,
            EventKind::Clicked,
            EventKind::Other("printed".to_owned()),
        ];
        let event = |(number, kind): (usize, EventKind)| EmailEvent {
            id: format!("e{number}"),
            message_id: body.clone(),
            kind,
            at: webhook.received_at,
            extensions: vec![
                ("colour".to_owned(), "red".to_owned()),
                ("idempotency-key".to_owned(), format!("key-{number}")),
            ],
        };
        Ok(kinds.into_iter().enumerate().map(event).collect())
    }
}

/// Every field of a message, so that none is lost on the way here.
fn told(context: &CallContext, message: &Message) -> String {
    let to: Vec<String> = message.to.iter().map(address).collect();
    format!(
        "{} | {} to {} reply {} | {} | {} | {} | {} tags {} extensions",
        context.settings,
        address(&message.sender),
        to.join(", "),
        message
            .reply_to
            .as_ref()
            .map_or_else(|| "none".to_owned(), address),
        message.subject,
        message.text,
        message.html.as_deref().unwrap_or("none"),
        message.tags.len(),
        message.extensions.len()
    )
}

fn address(address: &Address) -> String {
    format!(
        "{} <{}>",
        address.name.as_deref().unwrap_or("-"),
        address.email
    )
}

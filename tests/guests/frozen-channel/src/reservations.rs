//! Reservations of the channel, and what its webhooks say.

use crate::bindings::exports::roomwire::channel::webhook_answer::{
    ReservationOutcome, Verdict, WebhookOutcome, WebhookResponse,
};
use crate::bindings::roomwire::channel::types::{
    ChannelEvent, Guest_ as Guest, NightPrice, ProductCode, ReservationRoom, ReservationStatus,
    Revision, RevisionPage,
};
use crate::bindings::roomwire::types::common::{CallContext, Failure, InvalidField, Webhook};
use crate::calendar::{price, unknown_value};

/// First a reservation with everything that can be said of it, then one of every other status with nothing.
pub(crate) fn page(context: &CallContext, since: i64, page: Option<&str>) -> RevisionPage {
    match page {
        None => RevisionPage {
            revisions: vec![Revision {
                notes: Some(format!("since {since}")),
                ..full(context, "R1")
            }],
            next: Some("second".to_owned()),
        },
        Some(name) => {
            let statuses = [
                ReservationStatus::Pending,
                ReservationStatus::Cancelled,
                ReservationStatus::NoShow,
                ReservationStatus::Other(name.to_owned()),
            ];
            let empty = |status| empty(context, "R2", status);
            RevisionPage {
                revisions: statuses.into_iter().map(empty).collect(),
                next: None,
            }
        }
    }
}

pub(crate) fn fetch(context: &CallContext, reservation: &str) -> Result<Revision, Failure> {
    if reservation == "R1" {
        Ok(full(context, reservation))
    } else {
        Err(Failure::NotFound(format!("no {reservation}")))
    }
}

pub(crate) fn acknowledge(acknowledgements: &[String]) -> Result<(), Failure> {
    match acknowledgements {
        [] => Err(Failure::Invalid(InvalidField {
            item: String::new(),
            field: "acknowledgements".to_owned(),
            message: "there are none".to_owned(),
        })),
        _ => Ok(()),
    }
}

/// One event of every kind.
pub(crate) fn events(context: &CallContext, webhook: &Webhook) -> Vec<ChannelEvent> {
    let read = format!(
        "{} headers at {}, {} extensions",
        webhook.headers.len(),
        webhook.received_at,
        webhook.extensions.len()
    );
    vec![
        ChannelEvent::Reservation(String::from_utf8_lossy(&webhook.body).into_owned()),
        ChannelEvent::Revision(full(context, "R1")),
        ChannelEvent::Calendar,
        ChannelEvent::Ignored(read),
        ChannelEvent::Other("a new kind".to_owned()),
    ]
}

/// Everything that it was told of the outcome.
pub(crate) fn answer(
    context: &CallContext,
    webhook: &Webhook,
    outcome: WebhookOutcome,
) -> Result<WebhookResponse, Failure> {
    let one = |outcome: ReservationOutcome| {
        let verdict = match outcome.verdict {
            Verdict::Accepted(Some(number)) => format!("has the number {number}"),
            Verdict::Accepted(None) => "is none of ours".to_owned(),
            Verdict::Refused(Failure::Retry(why)) => format!("is not stored yet: {why}"),
            Verdict::Refused(_) => "is refused".to_owned(),
            Verdict::Other(word) => format!("is something else: {word}"),
        };
        let extensions = outcome.extensions.len();
        format!("{} {verdict}, {extensions} extensions", outcome.revision)
    };
    let told = match outcome {
        WebhookOutcome::WorkedOff(outcomes) => {
            outcomes.into_iter().map(one).collect::<Vec<_>>().join("; ")
        }
        WebhookOutcome::Failed(failure) => return Err(failure),
        WebhookOutcome::Other(word) => format!("something else: {word}"),
    };
    Ok(WebhookResponse {
        status: 203,
        content_type: "text/plain; charset=utf-8".to_owned(),
        body: format!(
            "{} bytes at {}: {told}",
            webhook.body.len(),
            webhook.received_at
        ),
        extensions: vec![("today".to_owned(), context.today.clone())],
    })
}

fn full(context: &CallContext, reservation: &str) -> Revision {
    Revision {
        source: Some("another channel".to_owned()),
        booker: guest("ada@example.com"),
        rooms: vec![room(context)],
        notes: Some("late".to_owned()),
        booked_at: Some(1_794_000_000_000),
        acknowledgement: Some("A1".to_owned()),
        extensions: unknown_value(),
        ..empty(context, reservation, ReservationStatus::Confirmed)
    }
}

fn empty(context: &CallContext, reservation: &str, status: ReservationStatus) -> Revision {
    Revision {
        reservation: reservation.to_owned(),
        revision: "1".to_owned(),
        order: 5,
        status,
        source: None,
        booker: Guest {
            first_name: String::new(),
            last_name: "Lovelace".to_owned(),
            email: None,
            phone: None,
            country: None,
            language: None,
        },
        rooms: Vec::new(),
        total: price(context, 20_000),
        notes: None,
        booked_at: None,
        acknowledgement: None,
        extensions: Vec::new(),
    }
}

fn guest(email: &str) -> Guest {
    Guest {
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
        email: Some(email.to_owned()),
        phone: Some("+44 20 7946 0000".to_owned()),
        country: Some("GB".to_owned()),
        language: Some("en".to_owned()),
    }
}

fn room(context: &CallContext) -> ReservationRoom {
    let night = |night: &str| NightPrice {
        night: night.to_owned(),
        price: price(context, 10_000),
    };
    ReservationRoom {
        id: Some("L1".to_owned()),
        product: ProductCode {
            room: "DBL".to_owned(),
            rate: Some("BAR".to_owned()),
        },
        check_in: "2026-12-01".to_owned(),
        check_out: "2026-12-03".to_owned(),
        adults: 2,
        children_ages: vec![4],
        nights: vec![night("2026-12-01"), night("2026-12-02")],
        guests: vec![guest("guest@example.com")],
        extensions: unknown_value(),
    }
}

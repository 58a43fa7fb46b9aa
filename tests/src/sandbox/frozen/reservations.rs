//! Connectors of earlier contracts: the reservations that they bring, and what they read in webhooks.

use jiff::Timestamp;
use jiff::civil::date;
use roomwire::domain::connector::{
    ChannelEvent, ChannelGuest, ConnectorFailure, ProductCode, ReservationOutcome, Revision,
    RevisionRoom, RevisionStatus, VerifiedWebhook, WebhookAnswer,
};

use super::{CHANNEL, Frozen, caller_of, euros};

pub(super) async fn are_handed_over(frozen: &Frozen) {
    are_pulled(frozen).await;
    are_fetched_and_acknowledged(frozen).await;
    are_told_of_by_webhooks(frozen).await;
    if frozen.connector().profile().abilities.webhook_answer {
        are_confirmed_by_answers(frozen).await;
    }
}

async fn are_pulled(frozen: &Frozen) {
    let (connector, caller) = (frozen.connector(), caller_of(CHANNEL));
    let since = instant(1_793_000_000_000);
    let first = connector.pull(&caller, since, None).await;
    let first = first.result.expect("the first page");
    assert_eq!(
        first.revisions,
        [full("since 1793000000000")],
        "{}",
        frozen.version
    );
    assert_eq!(
        (first.refused.len(), first.next.as_deref()),
        (0, Some("second"))
    );
    let second = connector.pull(&caller, since, first.next.as_deref()).await;
    let second = second.result.expect("the second page");
    let statuses = [
        RevisionStatus::Pending,
        RevisionStatus::Cancelled,
        RevisionStatus::NoShow,
        RevisionStatus::Unknown("second".to_owned()),
    ];
    assert_eq!(second.revisions, statuses.map(empty), "{}", frozen.version);
    assert_eq!((second.refused.len(), second.next), (0, None));
}

async fn are_fetched_and_acknowledged(frozen: &Frozen) {
    let (connector, caller) = (frozen.connector(), caller_of(CHANNEL));
    let found = connector.fetch(&caller, "R1").await;
    assert_eq!(found.result, Ok(full("late")), "{}", frozen.version);
    let absent = connector.fetch(&caller, "R9").await;
    assert_eq!(
        absent.result,
        Err(ConnectorFailure::NotFound("no R9".to_owned()))
    );
    let acknowledged = connector.acknowledge(&caller, &["A1".to_owned()]).await;
    assert_eq!(acknowledged.result, Ok(()));
    let refused = connector.acknowledge(&caller, &[]).await;
    assert_eq!(
        refused.result,
        Err(ConnectorFailure::Invalid {
            item: String::new(),
            field: "acknowledgements".to_owned(),
            message: "there are none".to_owned(),
        })
    );
}

async fn are_told_of_by_webhooks(frozen: &Frozen) {
    let webhook = VerifiedWebhook {
        headers: vec![("x-event".to_owned(), "booking".to_owned())],
        body: b"R1".to_vec(),
        received_at: instant(1_795_000_000_000),
    };
    let parsed = frozen
        .connector()
        .parse_webhook(&caller_of(CHANNEL), &webhook)
        .await;
    let events = vec![
        ChannelEvent::Reservation("R1".to_owned()),
        ChannelEvent::Revision(Box::new(full("late"))),
        ChannelEvent::Calendar,
        ChannelEvent::Ignored("1 headers at 1795000000000, 0 extensions".to_owned()),
        ChannelEvent::Ignored("unknown event `a new kind`".to_owned()),
    ];
    assert_eq!(parsed.result, Ok(events), "{}", frozen.version);
}

async fn are_confirmed_by_answers(frozen: &Frozen) {
    let webhook = VerifiedWebhook {
        headers: Vec::new(),
        body: b"R1".to_vec(),
        received_at: instant(1_795_000_000_000),
    };
    let outcome = |revision: &str, verdict| ReservationOutcome {
        reservation: "R1".to_owned(),
        revision: revision.to_owned(),
        verdict,
    };
    let busy = ConnectorFailure::Retry("busy".to_owned());
    let landed = vec![
        outcome("1", Ok(Some("N1".to_owned()))),
        outcome("2", Ok(None)),
        outcome("3", Err(busy.clone())),
    ];
    let (connector, caller) = (frozen.connector(), caller_of(CHANNEL));
    let answered = connector
        .answer_webhook(&caller, &webhook, &Ok(landed))
        .await;
    let answer = WebhookAnswer {
        status: 203,
        content_type: "text/plain; charset=utf-8".to_owned(),
        body: "2 bytes at 1795000000000: 1 has the number N1, 0 extensions; 2 is none of ours, 0 extensions; \
               3 is not stored yet: busy, 0 extensions"
            .to_owned(),
    };
    assert_eq!(answered.result, Ok(answer), "{}", frozen.version);
    let failed = connector
        .answer_webhook(&caller, &webhook, &Err(busy.clone()))
        .await;
    assert_eq!(failed.result, Err(busy), "{}", frozen.version);
}

/// Everything that can be said of a reservation.
fn full(notes: &str) -> Revision {
    Revision {
        reservation: "R1".to_owned(),
        source: Some("another channel".to_owned()),
        booker: guest("ada@example.com"),
        rooms: vec![room()],
        notes: Some(notes.to_owned()),
        booked_at: Some(instant(1_794_000_000_000)),
        acknowledgement: Some("A1".to_owned()),
        ..empty(RevisionStatus::Confirmed)
    }
}

/// As little as can be said of one.
fn empty(status: RevisionStatus) -> Revision {
    Revision {
        reservation: "R2".to_owned(),
        revision: "1".to_owned(),
        order: 5,
        status,
        source: None,
        booker: ChannelGuest {
            last_name: "Lovelace".to_owned(),
            ..ChannelGuest::default()
        },
        rooms: Vec::new(),
        total: euros(20_000),
        notes: None,
        booked_at: None,
        acknowledgement: None,
    }
}

fn room() -> RevisionRoom {
    let (first, second) = (date(2026, 12, 1), date(2026, 12, 2));
    RevisionRoom {
        id: Some("L1".to_owned()),
        product: ProductCode {
            room: "DBL".to_owned(),
            rate: Some("BAR".to_owned()),
        },
        check_in: first,
        check_out: date(2026, 12, 3),
        adults: 2,
        children_ages: vec![4],
        nights: vec![(first, euros(10_000)), (second, euros(10_000))],
        guests: vec![guest("guest@example.com")],
    }
}

fn guest(email: &str) -> ChannelGuest {
    ChannelGuest {
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
        email: Some(email.to_owned()),
        phone: Some("+44 20 7946 0000".to_owned()),
        country: Some("GB".to_owned()),
        language: Some("en".to_owned()),
    }
}

fn instant(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).expect("an instant")
}

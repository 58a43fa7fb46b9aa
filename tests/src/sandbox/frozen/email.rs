//! Email providers of earlier contracts: what they are given to send, and the events that they read.

use jiff::Timestamp;
use roomwire::domain::connector::{ConnectorFailure, VerifiedWebhook};
use roomwire::domain::email::{Address, EmailBatch, EmailEvent, EmailEventKind, EmailMessage};

use super::{EMAIL, Frozen, SETTINGS, caller_of};

#[tokio::test]
async fn an_email_provider_of_every_published_version_is_run_with_all_its_functions() {
    for frozen in Frozen::every().await {
        assert!(frozen.provider().recognises_repeats(), "{}", frozen.version);
        sends(&frozen).await;
        reads_events(&frozen).await;
        if frozen.has_what_came_with(1) {
            sends_several(&frozen).await;
        }
    }
}

async fn sends(frozen: &Frozen) {
    let (provider, caller) = (frozen.provider(), caller_of(EMAIL));
    let sent = provider.send(&caller, &message("Confirmed")).await;
    assert_eq!(
        sent.result,
        Ok("200 for confirmed/r1/1".to_owned()),
        "{}",
        frozen.version
    );
    let arrived = format!(
        "{SETTINGS} | Hotel Aurora <hotel@example.com> to - <ada@example.com> reply Desk <desk@example.com> \
         | Confirmed | plain | <p>rich</p> | 0 tags 0 extensions"
    );
    let seen = frozen.remote.seen();
    assert!(seen.contains(&arrived), "{seen}");
    let suppressed = provider.send(&caller, &message("suppressed")).await;
    assert_eq!(
        suppressed.result,
        Err(ConnectorFailure::Suppressed("it bounced before".to_owned()))
    );
}

async fn sends_several(frozen: &Frozen) {
    let messages = ["confirmed/r1/1", "confirmed/r2/1", "confirmed/r3/1"].map(|key| EmailMessage {
        idempotency_key: key.to_owned(),
        ..message("Confirmed")
    });
    let batch = EmailBatch {
        idempotency_key: "batch/confirmed/r1/1".to_owned(),
        messages: messages.to_vec(),
    };
    let provider = frozen.provider();
    assert_eq!(provider.most_in_batch(), Some(3), "{}", frozen.version);
    let sent = provider.send_batch(&caller_of(EMAIL), &batch).await;
    let answers = sent.result.expect("answers");
    let id = format!("{SETTINGS} of batch/confirmed/r1/1 with 0 extensions");
    let suppressed = ConnectorFailure::Suppressed("it bounced before".to_owned());
    assert_eq!(answers[..2], [Ok(id), Err(suppressed)]);
    assert!(
        matches!(answers[2], Err(ConnectorFailure::OutcomeUnknown(_))),
        "{answers:?}"
    );
}

async fn reads_events(frozen: &Frozen) {
    let at = Timestamp::from_millisecond(1_795_000_000_000).expect("an instant");
    let webhook = VerifiedWebhook {
        headers: Vec::new(),
        body: b"m1".to_vec(),
        received_at: at,
    };
    let parsed = frozen
        .provider()
        .parse_events(&caller_of(EMAIL), &webhook)
        .await;
    let events: Vec<EmailEvent> = (0..)
        .zip(kinds())
        .map(|(number, kind): (usize, EmailEventKind)| EmailEvent {
            id: format!("e{number}"),
            message_id: "m1".to_owned(),
            idempotency_key: Some(format!("key-{number}")),
            kind,
            at,
        })
        .collect();
    assert_eq!(parsed.result, Ok(events), "{}", frozen.version);
}

fn kinds() -> [EmailEventKind; 10] {
    [
        EmailEventKind::Sent,
        EmailEventKind::Delivered,
        EmailEventKind::Delayed("full".to_owned()),
        EmailEventKind::BouncedHard("no mailbox".to_owned()),
        EmailEventKind::BouncedSoft("busy".to_owned()),
        EmailEventKind::Suppressed("bounced before".to_owned()),
        EmailEventKind::Complained,
        EmailEventKind::Opened,
        EmailEventKind::Clicked,
        EmailEventKind::Unknown("printed".to_owned()),
    ]
}

fn message(subject: &str) -> EmailMessage {
    let address = |name: Option<&str>, email: &str| Address {
        email: email.to_owned(),
        name: name.map(str::to_owned),
    };
    EmailMessage {
        sender: address(Some("Hotel Aurora"), "hotel@example.com"),
        to: address(None, "ada@example.com"),
        reply_to: Some(address(Some("Desk"), "desk@example.com")),
        subject: subject.to_owned(),
        text: "plain".to_owned(),
        html: Some("<p>rich</p>".to_owned()),
        idempotency_key: "confirmed/r1/1".to_owned(),
    }
}

//! Connectors of earlier contracts: what guests write, and what the hotel answers.

use jiff::Timestamp;
use roomwire::domain::connector::ConnectorFailure;
use roomwire::domain::guest_message::{GuestMessage, MessageSender, Reply};

use super::{CHANNEL, Frozen, caller_of};

pub(super) async fn are_carried(frozen: &Frozen) {
    are_pulled(frozen).await;
    are_answered(frozen).await;
}

async fn are_pulled(frozen: &Frozen) {
    let (connector, caller) = (frozen.connector(), caller_of(CHANNEL));
    let since = instant(1_793_000_000_000);
    let first = connector.pull_messages(&caller, since, None).await;
    let first = first.result.expect("the first page");
    let full = GuestMessage {
        reservation: Some("R1".to_owned()),
        ..message(MessageSender::Guest, "since 1793000000000")
    };
    assert_eq!(first.messages, [full], "{}", frozen.version);
    assert_eq!(first.next.as_deref(), Some("second"));
    let second = connector.pull_messages(&caller, since, first.next.as_deref());
    let second = second.await.result.expect("the second page");
    let senders = [
        MessageSender::Hotel,
        MessageSender::Channel,
        MessageSender::Channel,
    ];
    let expected = senders.map(|sender| message(sender, ""));
    assert_eq!(second.messages, expected, "{}", frozen.version);
    assert_eq!((second.refused.len(), second.next), (0, None));
}

async fn are_answered(frozen: &Frozen) {
    let (connector, caller) = (frozen.connector(), caller_of(CHANNEL));
    let mut reply = Reply {
        thread: "T1".to_owned(),
        text: "Yes".to_owned(),
        idempotency_key: "k1".to_owned(),
        tried_since: Some(instant(1_794_000_000_000)),
    };
    let sent = connector.send_reply(&caller, &reply).await;
    let read = "Yes as k1 since Some(1794000000000), 0 extensions".to_owned();
    assert_eq!(sent.result, Ok(read), "{}", frozen.version);
    reply.thread = "T9".to_owned();
    let absent = connector.send_reply(&caller, &reply).await;
    assert_eq!(
        absent.result,
        Err(ConnectorFailure::NotFound("no T9".to_owned()))
    );
}

fn message(sender: MessageSender, text: &str) -> GuestMessage {
    GuestMessage {
        id: "M1".to_owned(),
        thread: "T1".to_owned(),
        reservation: None,
        sender,
        text: text.to_owned(),
        sent_at: instant(1_794_000_000_000),
    }
}

fn instant(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).expect("an instant")
}

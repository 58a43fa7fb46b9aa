//! Connectors that have webhooks sent here: the remote learns the address, and the guest never its secret part.

use roomwire::domain::connector::{ConnectorFailure, VerifiedWebhook};
use roomwire::domain::webhook::SubscriptionDigest;

use super::{CHANNEL, ENDPOINT_TOKEN, Frozen, SETTINGS, caller_of, folders, grant};

pub(super) async fn are_made_and_ended(frozen: &Frozen) {
    let (connector, caller) = (frozen.connector(), caller_of(CHANNEL));
    let version = &frozen.version;
    let wanted = frozen.plugins.subscription(&grant(CHANNEL));
    let wanted = wanted.expect("the plugin can have webhooks sent here");
    let subscribed = connector.subscribe(&caller, wanted).await;
    let told = "https://gateway.example/v1/webhooks/[secret]";
    let events = [
        format!("{told} of {SETTINGS}"),
        "repeated true".to_owned(),
        "0 extensions".to_owned(),
    ];
    assert_eq!(subscribed.result, Ok(events.to_vec()), "{version}");
    let ended = connector.unsubscribe(&caller).await;
    assert_eq!(ended.result, Ok(()), "{version}");

    let seen = frozen.remote.seen();
    let real = format!("https://gateway.example/v1/webhooks/{ENDPOINT_TOKEN}");
    assert!(seen.contains(&real), "{version}: {seen}");
    let encoded = real.replace(':', "%3A").replace('/', "%2F");
    let ending = format!("DELETE /subscriptions?endpoint={encoded}");
    assert!(seen.contains(&ending), "{version}: {seen}");

    let of_others = SubscriptionDigest([0; 32]);
    let too_soon = connector.subscribe(&caller, of_others).await;
    assert!(
        matches!(too_soon.result, Err(ConnectorFailure::Retry(_))),
        "{version}: what another process knows is waited for"
    );
}

#[tokio::test]
async fn a_webhook_is_read_while_its_channel_does_not_answer_and_says_nothing_of_that() {
    let newest = folders().pop().expect("a version");
    let frozen = Frozen::start(&newest).await;
    let (connector, caller) = (frozen.connector(), caller_of(CHANNEL));
    for _ in 0..10 {
        let of_others = SubscriptionDigest([0; 32]);
        let too_soon = connector.subscribe(&caller, of_others).await;
        assert!(matches!(too_soon.result, Err(ConnectorFailure::Retry(_))));
    }
    let webhook = VerifiedWebhook {
        headers: Vec::new(),
        body: b"R1".to_vec(),
        received_at: caller.now,
    };
    for _ in 0..2 {
        let held_back = connector.check(&caller).await.result;
        assert!(
            matches!(&held_back, Err(ConnectorFailure::Retry(sentence)) if sentence.contains("has not answered")),
            "{held_back:?}"
        );
        let parsed = connector.parse_webhook(&caller, &webhook).await;
        assert!(parsed.result.is_ok(), "{:?}", parsed.result);
    }
}

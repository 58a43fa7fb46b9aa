//! Webhooks of every kind at the door, and what is stored of them.

use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::app::inbound_world::{TOKEN, World};
use crate::domain::connector::VerifiedWebhook;

mod answered;

/// Takes what carries the header `proof: good`, with the event id of the header `id`. Channels of ids that begin so wait
/// for an answer.
struct ByHeader;

/// A body that nobody here may keep.
const UNKEPT: &[u8] = b"<card/>";

impl WebhookVerifier for ByHeader {
    fn is_nudged(&self, _: ConnectionId) -> bool {
        false
    }

    fn is_kept(&self, _: ConnectionId, body: &[u8]) -> bool {
        body != UNKEPT
    }

    fn verify(
        &self,
        _: ConnectionId,
        Arrived { headers, body, .. }: Arrived<'_>,
        now: Timestamp,
    ) -> Result<AuthenticWebhook, WebhookRefusal> {
        if headers.get("proof").is_none_or(|proof| proof != "good") {
            return Err(WebhookRefusal::WrongSignature);
        }
        let id = headers["id"].to_str().expect("an id").to_owned();
        let waits = [("answered", 8_000), ("hurried", 2_000)];
        let waits = waits.iter().find(|(begins, _)| id.starts_with(begins));
        let headers = vec![("id".to_owned(), id.clone())];
        let webhook = VerifiedWebhook {
            headers,
            body: body.to_vec(),
            received_at: now,
        };
        Ok(AuthenticWebhook {
            event_id: id,
            webhook,
            hint: false,
            answer_within: waits.map(|(_, within)| Duration::from_millis(*within)),
        })
    }

    fn issue_token(
        &self,
        _: ConnectionId,
        _: &[SecretString],
        _: Timestamp,
    ) -> Result<IssuedToken, NotIssued> {
        Err(NotIssued::NotOffered)
    }
}

async fn call(
    world: &World,
    token: &str,
    proof: &str,
    id: &str,
    body: &[u8],
) -> Result<Received, NotReceived> {
    let mut headers = HeaderMap::new();
    headers.insert("proof", HeaderValue::from_str(proof).expect("a value"));
    headers.insert("id", HeaderValue::from_str(id).expect("a value"));
    receive(&world.app, &ByHeader, token, &headers, body).await
}

#[tokio::test]
async fn a_good_webhook_is_stored_once_with_its_job() {
    let world = World::new().await;
    let first = call(&world, TOKEN, "good", "e1", b"{}").await;
    assert_eq!(first.expect("taken"), Received::Stored);
    for _ in 0..3 {
        assert_eq!(
            call(&world, TOKEN, "good", "e1", b"{}")
                .await
                .expect("taken"),
            Received::Duplicate
        );
    }
    let jobs = world.claim("process_webhook").await;
    assert_eq!(jobs.len(), 1);
    let id: uuid::Uuid = jobs[0].payload["delivery_id"]
        .as_str()
        .expect("an id")
        .parse()
        .expect("a UUID");
    let mut tx = world
        .app
        .store
        .begin(world.hotel.id)
        .await
        .expect("a transaction");
    let delivery = inbox::find(&mut tx, DeliveryId(id))
        .await
        .expect("a read")
        .expect("the delivery");
    assert_eq!(
        (delivery.connection, delivery.webhook.body.as_slice()),
        (world.connection.id, &b"{}"[..])
    );
    assert_eq!(
        delivery.webhook.headers,
        [("id".to_owned(), "e1".to_owned())]
    );
    assert!(!delivery.processed);
}

#[tokio::test]
async fn copies_that_arrive_at_once_are_stored_once() {
    let world = World::new().await;
    let copies = (0..20).map(|_| call(&world, TOKEN, "good", "e1", b"{}"));
    let received = futures::future::join_all(copies).await;
    let stored = received
        .iter()
        .filter(|one| matches!(one, Ok(Received::Stored)))
        .count();
    let duplicate = received
        .iter()
        .filter(|one| matches!(one, Ok(Received::Duplicate)))
        .count();
    assert_eq!((stored, duplicate), (1, 19));
}

#[tokio::test]
async fn an_id_that_comes_again_with_another_body_changes_nothing() {
    let world = World::new().await;
    call(&world, TOKEN, "good", "e1", b"{}")
        .await
        .expect("taken");
    let again = call(&world, TOKEN, "good", "e1", b"{\"other\": true}").await;
    assert_eq!(again.expect("answered as if taken"), Received::Duplicate);
    assert_eq!(world.claim("process_webhook").await.len(), 1);
}

#[tokio::test]
async fn what_is_not_proven_or_not_ours_is_refused_and_not_stored() {
    let world = World::new().await;
    let forged = call(&world, TOKEN, "bad", "e1", b"{}").await;
    assert!(matches!(
        forged,
        Err(NotReceived::Refused(WebhookRefusal::WrongSignature))
    ));
    let elsewhere = call(&world, "another token", "good", "e1", b"{}").await;
    assert!(matches!(elsewhere, Err(NotReceived::UnknownEndpoint)));
    let large = vec![b' '; MAX_BODY + 1];
    assert!(matches!(
        call(&world, TOKEN, "good", "e1", &large).await,
        Err(NotReceived::TooLarge)
    ));
    assert_eq!(world.claim("process_webhook").await.len(), 0);
}

#[tokio::test]
async fn an_empty_call_is_a_ping_for_whoever_knows_the_endpoint() {
    let world = World::new().await;
    assert_eq!(
        call(&world, TOKEN, "bad", "", b"").await.expect("answered"),
        Received::Ping
    );
    assert!(matches!(
        call(&world, "unknown", "good", "", b"").await,
        Err(NotReceived::UnknownEndpoint)
    ));
}

#[test]
fn a_hint_that_is_repeated_with_another_body_is_a_repetition_and_no_reuse() {
    assert_eq!(meaning(Inserted::Reused, true), Inserted::Repeated);
    assert_eq!(meaning(Inserted::Reused, false), Inserted::Reused);
    assert_eq!(meaning(Inserted::New, true), Inserted::New);
}

/// Reads nothing.
struct Nudged;

impl WebhookVerifier for Nudged {
    fn is_nudged(&self, _: ConnectionId) -> bool {
        true
    }

    fn is_kept(&self, _: ConnectionId, _: &[u8]) -> bool {
        panic!("nothing is to be read of it")
    }

    fn verify(
        &self,
        _: ConnectionId,
        _: Arrived<'_>,
        _: Timestamp,
    ) -> Result<AuthenticWebhook, WebhookRefusal> {
        panic!("nothing is to be read of it")
    }

    fn issue_token(
        &self,
        _: ConnectionId,
        _: &[SecretString],
        _: Timestamp,
    ) -> Result<IssuedToken, NotIssued> {
        panic!("nothing is to be issued for it")
    }
}

#[tokio::test]
async fn what_is_not_read_has_the_connection_pulled_once_for_all_that_came() {
    let world = World::new().await;
    let headers = HeaderMap::new();
    for body in [&b"{}"[..], b"{}", b"", b"anything"] {
        let received = receive(&world.app, &Nudged, TOKEN, &headers, body).await;
        assert_eq!(received.expect("taken"), Received::Stored);
    }
    let pulls = world.claim("pull").await;
    let connection = serde_json::json!(world.connection.id.0);
    assert_eq!(pulls.len(), 1);
    assert_eq!(pulls[0].payload["connection_id"], connection);
    assert!(world.claim("process_webhook").await.is_empty());
    let elsewhere = receive(&world.app, &Nudged, "another token", &headers, b"{}").await;
    assert!(matches!(elsewhere, Err(NotReceived::UnknownEndpoint)));
}

#[tokio::test]
async fn what_may_not_be_kept_is_verified_and_has_the_connection_pulled_once() {
    let world = World::new().await;
    let forged = call(&world, TOKEN, "bad", "e1", UNKEPT).await;
    assert!(matches!(
        forged,
        Err(NotReceived::Refused(WebhookRefusal::WrongSignature))
    ));
    assert!(world.claim("pull").await.is_empty());
    for _ in 0..3 {
        let received = call(&world, TOKEN, "good", "e1", UNKEPT).await;
        assert_eq!(received.expect("taken"), Received::Stored);
    }
    assert_eq!(world.claim("pull").await.len(), 1);
    assert!(world.claim("process_webhook").await.is_empty());
    // It was not stored: its id is free.
    let kept = call(&world, TOKEN, "good", "e1", b"{}").await;
    assert_eq!(kept.expect("taken"), Received::Stored);
}

#[tokio::test]
async fn who_is_not_known_cannot_have_the_channel_asked_again_at_once() {
    let world = World::new().await;
    let mut tx = world
        .app
        .store
        .begin(world.hotel.id)
        .await
        .expect("a transaction");
    let now = world.app.clock.now();
    connections::set_pulled_until(&mut tx, world.connection.id, now)
        .await
        .expect("a pull that began");
    tx.commit().await.expect("a commit");
    let headers = HeaderMap::new();
    for (seconds, pulls) in [(0, 0), (5, 0), (5, 1)] {
        let passed = SignedDuration::from_secs(seconds);
        world.app.clock.advance(passed);
        let received = receive(&world.app, &Nudged, TOKEN, &headers, b"{}").await;
        assert_eq!(received.expect("taken"), Received::Stored);
        assert_eq!(world.claim("pull").await.len(), pulls, "{seconds}");
    }
}

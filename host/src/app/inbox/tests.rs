//! What webhooks lead to, once each.

use std::sync::Arc;

use async_trait::async_trait;

use super::*;
use crate::app::inbound_world::{ScriptedChannel, World, apply, configured, lock};
use crate::domain::connector::{CallCost, Called, Caller, ConnectorFailure};
use crate::domain::email::{
    EmailBatch, EmailEventKind, EmailMessage, EmailProvider, EmailProviders,
};
use crate::domain::ids::ReservationId;
use crate::domain::webhook::AuthenticWebhook;
use crate::store::emails::{About, Email, EmailState};
use crate::store::jobs::Job;

/// Tells of one delivered mail, whatever it is asked.
struct OneDelivery;

#[async_trait]
impl EmailProvider for OneDelivery {
    fn recognises_repeats(&self) -> bool {
        true
    }

    fn most_in_batch(&self) -> Option<usize> {
        None
    }

    async fn send(&self, _: &Caller, _: &EmailMessage) -> Called<String> {
        Called {
            result: Ok("m1".to_owned()),
            cost: CallCost::default(),
        }
    }

    async fn send_batch(
        &self,
        _: &Caller,
        batch: &EmailBatch,
    ) -> Called<Vec<Result<String, ConnectorFailure>>> {
        Called {
            result: Ok(vec![Ok("m1".to_owned()); batch.messages.len()]),
            cost: CallCost::default(),
        }
    }

    async fn parse_events(&self, caller: &Caller, _: &VerifiedWebhook) -> Called<Vec<EmailEvent>> {
        let event = EmailEvent {
            id: "e1".to_owned(),
            message_id: "m1".to_owned(),
            idempotency_key: None,
            kind: EmailEventKind::Delivered,
            at: caller.now,
        };
        Called {
            result: Ok(vec![event]),
            cost: CallCost::default(),
        }
    }
}

impl EmailProviders for OneDelivery {
    fn email(&self, _: &str) -> Option<Arc<dyn EmailProvider>> {
        Some(Arc::new(Self))
    }
}

/// Stores a webhook of this body, as if it had been received.
async fn stored(world: &World, body: &str) -> DeliveryId {
    let now = world.app.clock.now();
    let id = DeliveryId::new(now);
    let webhook = VerifiedWebhook {
        headers: vec![],
        body: body.into(),
        received_at: now,
    };
    let authentic = AuthenticWebhook {
        event_id: body.to_owned(),
        webhook,
        hint: false,
        answer_within: None,
    };
    let mut tx = world
        .app
        .store
        .begin(world.hotel.id)
        .await
        .expect("a transaction");
    inbox::insert(&mut tx, id, world.connection.id, &authentic, [0; 32])
        .await
        .expect("an insert");
    tx.commit().await.expect("a commit");
    id
}

async fn run(world: &World, body: &str, events: Vec<ChannelEvent>) {
    lock(&world.channel.events).insert(body.into(), events);
    let id = stored(world, body).await;
    work_off(&world.app, world.hotel.id, id, Belief::Usual)
        .await
        .expect("a processed webhook");
}

fn reservation(job: &Job) -> &str {
    job.payload["reservation"].as_str().expect("a reservation")
}

#[tokio::test]
async fn a_hint_leads_to_one_fetch_of_each_reservation() {
    let world = World::new().await;
    let hint = |name: &str| ChannelEvent::Reservation(name.to_owned());
    run(&world, "a", vec![hint("R2"), hint("R1"), hint("R2")]).await;
    run(
        &world,
        "b",
        vec![hint("R1"), ChannelEvent::Ignored("a ping".to_owned())],
    )
    .await;

    let jobs = world.claim("fetch_reservation").await;
    let mut fetched: Vec<&str> = jobs.iter().map(reservation).collect();
    fetched.sort_unstable();
    assert_eq!(fetched, ["R1", "R2"]);
    assert_eq!(world.reservations().await.len(), 0);
}

#[tokio::test]
async fn a_hint_has_a_channel_pulled_whose_queue_forgets() {
    let mut channel = ScriptedChannel::default();
    channel.profile.webhooks_pull = true;
    let world = World::with_channel(channel).await;
    let hint = |reservation: &str| ChannelEvent::Reservation(reservation.to_owned());
    run(&world, "a", vec![hint("R1"), hint("R2")]).await;
    run(
        &world,
        "b",
        vec![ChannelEvent::Ignored("a ping".to_owned())],
    )
    .await;
    let pulls = world.claim("pull").await;
    assert_eq!(pulls.len(), 1);
    let connection = serde_json::json!(world.connection.id.0);
    assert_eq!(pulls[0].payload["connection_id"], connection);
    assert_eq!(world.claim("fetch_reservation").await.len(), 0);
}

#[tokio::test]
async fn a_hint_at_a_message_has_the_messages_pulled_once_where_the_connector_can() {
    let world = World::new().await;
    run(
        &world,
        "a",
        vec![ChannelEvent::Message, ChannelEvent::Message],
    )
    .await;
    run(&world, "b", vec![ChannelEvent::Message]).await;
    let pulls = world.claim("pull_messages").await;
    assert_eq!(pulls.len(), 1);

    let mut channel = ScriptedChannel::default();
    channel.profile.abilities.guest_messages = false;
    let world = World::with_channel(channel).await;
    run(&world, "a", vec![ChannelEvent::Message]).await;
    assert_eq!(world.claim("pull_messages").await.len(), 0);
}

#[tokio::test]
async fn a_full_revision_is_only_a_hint_where_the_channel_can_be_asked() {
    let world = World::new().await;
    let revision = Box::new(world.revision(1, "D", 3..5));
    run(&world, "a", vec![ChannelEvent::Revision(revision)]).await;
    assert_eq!(world.reservations().await.len(), 0);
    assert_eq!(
        reservation(&world.claim("fetch_reservation").await[0]),
        "R1"
    );
}

#[tokio::test]
async fn a_full_revision_is_believed_where_nothing_else_is_to_be_had() {
    let mut channel = ScriptedChannel::default();
    channel.profile.abilities.reservation_source = false;
    let world = World::with_channel(channel).await;
    let revision = Box::new(world.revision(1, "D", 3..5));
    run(&world, "a", vec![ChannelEvent::Revision(revision)]).await;
    assert_eq!(world.reservation().await.total.minor, 1000);
    assert_eq!(world.claim("fetch_reservation").await.len(), 0);
}

#[tokio::test]
async fn a_processed_webhook_is_not_processed_again() {
    let world = World::new().await;
    lock(&world.channel.events).insert(
        b"a".to_vec(),
        vec![ChannelEvent::Reservation("R1".to_owned())],
    );
    let id = stored(&world, "a").await;
    work_off(&world.app, world.hotel.id, id, Belief::Usual)
        .await
        .expect("a processed webhook");
    assert_eq!(world.claim("fetch_reservation").await.len(), 1);
    work_off(&world.app, world.hotel.id, id, Belief::Usual)
        .await
        .expect("nothing to do");
    assert_eq!(world.claim("fetch_reservation").await.len(), 0);
}

#[tokio::test]
async fn what_the_connector_cannot_read_stays_and_says_why() {
    let world = World::new().await;
    let id = stored(&world, "gibberish").await;
    let failed = work_off(&world.app, world.hotel.id, id, Belief::Usual).await;
    assert!(matches!(
        failed,
        Err(CallError::Connector(ConnectorFailure::Permanent(_)))
    ));
    let mut tx = world
        .app
        .store
        .begin(world.hotel.id)
        .await
        .expect("a transaction");
    let delivery = inbox::find(&mut tx, id)
        .await
        .expect("a read")
        .expect("the delivery");
    assert!(!delivery.processed);
}

#[tokio::test]
async fn what_became_of_a_mail_is_noted_in_the_ledger() {
    let mut world = World::new().await;
    world.app.email_providers = Arc::new(OneDelivery);
    let text = "[[hotels]]\nslug = \"seaside\"\n[[hotels.connections]]\nname = \"post\"\nconnector = \"mail\"\n";
    let applied = apply(&world.app, &configured(text, ""))
        .await
        .expect("applied");
    world.connection.id = applied.connections[0].id;
    let email = Email {
        business_key: "confirmed/1/1".to_owned(),
        connection: world.connection.id,
        about: About::Reservation(ReservationId::new(world.app.clock.now())),
        template: "confirmed".to_owned(),
        state: EmailState::Queued,
    };
    let ledger = async || {
        world
            .app
            .store
            .begin(world.hotel.id)
            .await
            .expect("a transaction")
    };
    let mut tx = ledger().await;
    crate::store::emails::insert(&mut tx, &email)
        .await
        .expect("an insert");
    crate::store::emails::set_state(&mut tx, &email.business_key, EmailState::Sending, None)
        .await
        .expect("an update");
    tx.commit().await.expect("a commit");

    let id = stored(&world, "delivered").await;
    let early = work_off(&world.app, world.hotel.id, id, Belief::Usual).await;
    assert!(early.is_err(), "the provider's own answer is not here yet");

    let mut tx = ledger().await;
    crate::store::emails::set_sent(&mut tx, &email.business_key, "m1")
        .await
        .expect("an update");
    tx.commit().await.expect("a commit");
    work_off(&world.app, world.hotel.id, id, Belief::Usual)
        .await
        .expect("a processed webhook");
    let noted = crate::store::emails::lock(&mut ledger().await, &email.business_key)
        .await
        .expect("a read");
    assert_eq!(noted.expect("the mail").state, EmailState::Delivered);
}

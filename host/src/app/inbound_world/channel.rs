//! A channel that answers what a test put into it, and remembers what it was told.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::connector::{
    Abilities, AriNight, AriUpdate, AvailabilityOn, CallCost, Called, Caller, ChannelConnector,
    ChannelEvent, ChannelProduct, ConnectorFailure, ConnectorProfile, Connectors, ItemResult,
    ProductCode, Revision, RevisionPage, UpdateSemantics, VerifiedWebhook, WebhookAnswer,
    WebhookOutcome,
};
use crate::domain::email::{EmailProvider, EmailProviders};
use crate::domain::guest_message::{MessagePage, Reply};
use crate::domain::webhook::SubscriptionDigest;

pub(crate) struct ScriptedChannel {
    pub(crate) profile: ConnectorProfile,
    /// The answers to pulls, in order; then empty pages.
    pub(crate) pages: Mutex<VecDeque<Result<RevisionPage, ConnectorFailure>>>,
    /// Since when, and from which page, it was pulled.
    pub(crate) pulls: Mutex<Vec<(Timestamp, Option<String>)>>,
    pub(crate) reservations: Mutex<HashMap<String, Revision>>,
    /// What webhooks mean, by their bodies.
    pub(crate) events: Mutex<HashMap<Vec<u8>, Vec<ChannelEvent>>>,
    /// The failures of acknowledgements and subscriptions, in order; then success.
    pub(crate) deaf: Mutex<VecDeque<ConnectorFailure>>,
    pub(crate) acknowledged: Mutex<Vec<String>>,
    /// What it was asked to send here, in order; none where it was asked to stop.
    pub(crate) subscriptions: Mutex<Vec<Option<SubscriptionDigest>>>,
    /// The answers to pulls of messages, in order; then empty pages.
    pub(crate) message_pages: Mutex<VecDeque<Result<MessagePage, ConnectorFailure>>>,
    /// Since when messages were pulled.
    pub(crate) message_pulls: Mutex<Vec<Timestamp>>,
    /// The answers to replies, in order; then success.
    pub(crate) receipts: Mutex<VecDeque<Result<String, ConnectorFailure>>>,
    pub(crate) replies: Mutex<Vec<Reply>>,
    /// How long it takes to understand a webhook.
    pub(crate) slowness: Mutex<Duration>,
}

impl Default for ScriptedChannel {
    fn default() -> Self {
        Self {
            profile: ConnectorProfile {
                id: "scripted".to_owned(),
                abilities: Abilities {
                    ari_reader: false,
                    reservation_source: true,
                    webhook_source: true,
                    webhook_registrar: true,
                    guest_messages: true,
                    webhook_answer: true,
                },
                availability_on: AvailabilityOn::Room,
                update_semantics: UpdateSemantics::Merge,
                horizon_nights: 365,
                max_updates_per_call: 100,
                requests_per_minute: None,
                webhooks_are_hints: true,
                occupancy_prices: false,
                webhooks_pull: false,
            },
            pages: Mutex::default(),
            pulls: Mutex::default(),
            reservations: Mutex::default(),
            events: Mutex::default(),
            deaf: Mutex::default(),
            acknowledged: Mutex::default(),
            subscriptions: Mutex::default(),
            message_pages: Mutex::default(),
            message_pulls: Mutex::default(),
            receipts: Mutex::default(),
            replies: Mutex::default(),
            slowness: Mutex::default(),
        }
    }
}

/// What a mutex guards; no test panics while it holds one.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panicked under this lock")
}

fn called<T>(result: Result<T, ConnectorFailure>) -> Called<T> {
    Called {
        result,
        cost: CallCost::default(),
    }
}

fn unasked<T>() -> Called<T> {
    called(Err(ConnectorFailure::Permanent(
        "this channel only gives reservations".to_owned(),
    )))
}

#[async_trait]
impl ChannelConnector for ScriptedChannel {
    fn profile(&self) -> &ConnectorProfile {
        &self.profile
    }

    async fn check(&self, _: &Caller) -> Called<String> {
        unasked()
    }

    async fn list_products(&self, _: &Caller) -> Called<Vec<ChannelProduct>> {
        unasked()
    }

    async fn push_ari(&self, _: &Caller, _: &[AriUpdate]) -> Called<Vec<ItemResult>> {
        unasked()
    }

    async fn read_ari(
        &self,
        _: &Caller,
        _: &[ProductCode],
        _: Date,
        _: Date,
    ) -> Called<Vec<AriNight>> {
        unasked()
    }

    async fn pull(&self, _: &Caller, since: Timestamp, page: Option<&str>) -> Called<RevisionPage> {
        lock(&self.pulls).push((since, page.map(str::to_owned)));
        let empty = Ok(RevisionPage {
            revisions: vec![],
            refused: vec![],
            next: None,
        });
        called(lock(&self.pages).pop_front().unwrap_or(empty))
    }

    async fn fetch(&self, _: &Caller, reservation: &str) -> Called<Revision> {
        let known = lock(&self.reservations).get(reservation).cloned();
        called(known.ok_or_else(|| ConnectorFailure::NotFound(reservation.to_owned())))
    }

    async fn acknowledge(&self, _: &Caller, acknowledgements: &[String]) -> Called<()> {
        if let Some(failure) = lock(&self.deaf).pop_front() {
            return called(Err(failure));
        }
        lock(&self.acknowledged).extend_from_slice(acknowledgements);
        called(Ok(()))
    }

    async fn parse_webhook(
        &self,
        _: &Caller,
        webhook: &VerifiedWebhook,
    ) -> Called<Vec<ChannelEvent>> {
        let slowness = *lock(&self.slowness);
        if !slowness.is_zero() {
            tokio::time::sleep(slowness).await;
        }
        let events = lock(&self.events).get(&webhook.body).cloned();
        called(events.ok_or_else(|| ConnectorFailure::Permanent("no such event".to_owned())))
    }

    async fn subscribe(&self, _: &Caller, wanted: SubscriptionDigest) -> Called<Vec<String>> {
        if let Some(failure) = lock(&self.deaf).pop_front() {
            return called(Err(failure));
        }
        lock(&self.subscriptions).push(Some(wanted));
        called(Ok(vec!["BOOKED".to_owned()]))
    }

    async fn unsubscribe(&self, _: &Caller) -> Called<()> {
        if let Some(failure) = lock(&self.deaf).pop_front() {
            return called(Err(failure));
        }
        lock(&self.subscriptions).push(None);
        called(Ok(()))
    }

    async fn pull_messages(
        &self,
        _: &Caller,
        since: Timestamp,
        _: Option<&str>,
    ) -> Called<MessagePage> {
        lock(&self.message_pulls).push(since);
        let empty = Ok(MessagePage {
            messages: vec![],
            refused: vec![],
            next: None,
        });
        called(lock(&self.message_pages).pop_front().unwrap_or(empty))
    }

    async fn send_reply(&self, _: &Caller, reply: &Reply) -> Called<String> {
        lock(&self.replies).push(reply.clone());
        let usual = Ok(format!("of {}", reply.idempotency_key));
        called(lock(&self.receipts).pop_front().unwrap_or(usual))
    }

    /// Says what became of everything, as a debugger shows it.
    async fn answer_webhook(
        &self,
        _: &Caller,
        _: &VerifiedWebhook,
        outcome: &WebhookOutcome,
    ) -> Called<WebhookAnswer> {
        called(Ok(WebhookAnswer {
            status: if outcome.is_ok() { 200 } else { 500 },
            content_type: "text/plain".to_owned(),
            body: format!("{outcome:?}"),
        }))
    }
}

/// Every connector is this one.
pub(crate) struct OneChannel(pub(crate) Arc<ScriptedChannel>);

impl Connectors for OneChannel {
    fn channel(&self, _: &str) -> Option<Arc<dyn ChannelConnector>> {
        Some(self.0.clone())
    }
}

pub(crate) struct NoEmail;

impl EmailProviders for NoEmail {
    fn email(&self, _: &str) -> Option<Arc<dyn EmailProvider>> {
        None
    }
}

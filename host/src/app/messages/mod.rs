//! What guests write through a channel, pulled and kept; and what the hotel answers, sent after it is written down.
//!
//! Locks: a thread, and then jobs. No transaction is open while the channel is asked.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::app::calls::{self, CallError, keep_pace, leisurely};
use crate::app::reach::{Reached, reach};
use crate::app::{App, AppError, Refusal, Verb};
use crate::domain::connector::{ConnectorFailure, SandboxFailure};
use crate::domain::guest_message::{GuestMessage, MessagePage, MessageSender, ReplyState};
use crate::domain::ids::{ConnectionId, HotelId, MessageId, ReservationId, ThreadId};
use crate::domain::retry::{Advice, advice};
use crate::store::jobs::{self, NewJob};
use crate::store::messages::{self, Thread};
use crate::store::replies::{self, Message, Outgoing};
use crate::store::{HotelTx, StoreError, connections};

const THREAD: &str = "thread of messages";

/// A pull begins this long before the last one did, since clocks differ and channels are late. Repetitions do no harm.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// How far back the first pull of a connection looks.
const FIRST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long a reply is tried. Pauses that cost no attempt, as after a rate limit, count too: a guest does not wait longer.
const PATIENCE: SignedDuration = SignedDuration::from_hours(2);

/// The most pages of one pull: beyond, the connector turns in a circle.
const MAX_PAGES: usize = 1_000;

/// Keeps every message since the last pull, page by page, and remembers how far it came.
pub async fn pull(app: &App, hotel: HotelId, connection: ConnectionId) -> Result<(), CallError> {
    let Some(reached) = reach(app, hotel, connection).await? else {
        return Ok(());
    };
    if !reached.connector.profile().abilities.guest_messages {
        return Ok(());
    }
    let started = app.clock.now();
    let since = since(app, &reached, started).await?;
    let mut page = None;
    for _ in 0..MAX_PAGES {
        let answer = read_page(app, &reached, since, page.as_deref()).await?;
        keep(app, &reached, &answer).await?;
        if answer.next.is_none() {
            let mut tx = app.store.begin(hotel).await?;
            messages::set_pulled_until(&mut tx, connection, started).await?;
            return Ok(tx.commit().await?);
        }
        page = answer.next;
    }
    let message = format!("a pull of messages has more than {MAX_PAGES} pages");
    let kind = SandboxFailure::InvalidOutput;
    Err(ConnectorFailure::Sandbox { kind, message }.into())
}

async fn since(app: &App, reached: &Reached, started: Timestamp) -> Result<Timestamp, StoreError> {
    let mut tx = app.store.begin(reached.hotel.id).await?;
    let until = messages::pulled_until(&mut tx, reached.connection.id).await?;
    tx.commit().await?;
    let since = match until {
        Some(until) => until.saturating_sub(OVERLAP),
        None => started.saturating_sub(FIRST),
    };
    Ok(since.unwrap_or(Timestamp::MIN))
}

/// Somebody may wait for an answer, and nobody for money: pushes and reservations come first.
async fn read_page(
    app: &App,
    reached: &Reached,
    since: Timestamp,
    page: Option<&str>,
) -> Result<MessagePage, CallError> {
    let Reached {
        hotel,
        connection,
        connector,
    } = reached;
    let pace = leisurely(connector.profile().requests_per_minute);
    loop {
        match keep_pace(app, hotel.id, connection.id, pace).await {
            // A pull that were begun anew would never come to its end: it goes on where it is.
            Err(CallError::Paced { after }) if page.is_some() => tokio::time::sleep(after).await,
            kept => {
                kept?;
                break;
            }
        }
    }
    let caller = calls::caller(app, hotel, connection);
    let called = connector.pull_messages(&caller, since, page).await;
    let items = called
        .result
        .as_ref()
        .map_or(0, |page| page.messages.len() + page.refused.len());
    reached.logged(app, "pull_messages", items, called).await
}

async fn keep(app: &App, reached: &Reached, page: &MessagePage) -> Result<(), StoreError> {
    let (hotel, connection) = (reached.hotel.id, reached.connection.id);
    for reason in &page.refused {
        tracing::warn!(
            hotel.id = %hotel,
            connection.id = %connection,
            reason,
            "A pulled message says what cannot be, and is left out"
        );
    }
    // By their threads, the order in which they are locked.
    let mut pulled: BTreeMap<&str, Vec<&GuestMessage>> = BTreeMap::new();
    for message in &page.messages {
        pulled.entry(&message.thread).or_default().push(message);
    }
    let now = app.clock.now();
    let mut tx = app.store.begin(hotel).await?;
    for message in pulled.into_values().flatten() {
        let thread =
            messages::keep_thread(&mut tx, ThreadId::new(now), connection, message).await?;
        messages::insert(&mut tx, MessageId::new(now), thread, message).await?;
    }
    tx.commit().await
}

/// Has the messages of a connection pulled soon, and once for all who ask meanwhile.
pub(super) async fn enqueue_pull(
    tx: &mut HotelTx,
    connection: ConnectionId,
) -> Result<(), StoreError> {
    let key = format!("pull_messages:{connection}");
    let hotel = tx.hotel();
    let job = NewJob {
        kind: "pull_messages",
        key: Some(key.clone()),
        ordering: Some(key),
        hotel: Some(hotel),
        payload: json!({"connection_id": connection.0}),
        priority: 0,
        delay: Duration::ZERO,
    };
    jobs::enqueue(tx, job).await
}

/// Staff answer: it is written down, and goes out after that.
pub struct Answer {
    pub thread: ThreadId,
    pub text: String,
    pub actor: String,
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Answer")
            .field("thread", &self.thread)
            .field("actor", &self.actor)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Verb for Answer {
    type Output = Message;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Message, AppError> {
        let connection = messages::connection_of(tx, self.thread).await?;
        let connection = connection.ok_or(Refusal::NotFound { noun: THREAD })?;
        let found = connections::find(tx, connection).await?;
        if !found.is_some_and(|connection| connection.enabled) {
            return Err(Refusal::ConnectionDisabled.into());
        }
        let now = app.clock.now();
        let id = MessageId::new(now);
        replies::lock_thread(tx, self.thread, now).await?;
        replies::insert(tx, (self.thread, id), &self.text, &self.actor, now).await?;
        let hotel = tx.hotel();
        let job = NewJob {
            kind: "reply",
            key: Some(format!("reply:{id}")),
            // What is written first arrives first.
            ordering: Some(format!("reply:{}", self.thread)),
            hotel: Some(hotel),
            payload: json!({"message_id": id.0}),
            priority: 0,
            delay: Duration::ZERO,
        };
        jobs::enqueue(tx, job).await?;
        Ok(Message {
            id,
            sender: MessageSender::Hotel,
            text: self.text.clone(),
            sent_at: now,
            state: Some(ReplyState::Queued),
            actor: Some(self.actor.clone()),
            reason: None,
        })
    }
}

/// Hands a reply to the channel, unless that is done. A repetition carries the same key, and says since when it may be
/// there. What the channel refuses, or does not take at the last attempt or in time, has failed: staff see it, and write
/// again, unless any of the attempts may have reached the guest.
pub async fn send(
    app: &App,
    hotel: HotelId,
    id: MessageId,
    is_last: bool,
) -> Result<(), CallError> {
    let mut tx = app.store.begin(hotel).await?;
    let found = replies::find(&mut tx, id).await?;
    tx.commit().await?;
    let Some(outgoing) = found.filter(|outgoing| outgoing.state == ReplyState::Queued) else {
        return Ok(());
    };
    let is_old = app.clock.now().duration_since(outgoing.written_at) > PATIENCE;
    match hand_over(app, hotel, id, &outgoing).await {
        Ok(sent) => settle(app, hotel, (outgoing.thread, id), &sent).await,
        Err(CallError::Connector(failure)) => {
            let in_doubt = outgoing.in_doubt || may_have_arrived(&failure);
            if !is_over(&failure, is_last || is_old) {
                if !in_doubt {
                    note_certain(app, hotel, id).await?;
                }
                return Err(failure.into());
            }
            tracing::error!(
                hotel.id = %hotel,
                connection.id = %outgoing.connection,
                message.id = %id,
                reason = failure.class(),
                "A reply to a guest is given up: the hotel sees it as failed"
            );
            let reason = if in_doubt {
                "outcome-unknown"
            } else {
                failure.class()
            };
            fail(app, hotel, id, reason).await
        }
        Err(other) => Err(other),
    }
}

/// Whether a call that failed may have had its effect: there was no answer, or the plugin was stopped on its way.
fn may_have_arrived(failure: &ConnectorFailure) -> bool {
    match failure {
        ConnectorFailure::OutcomeUnknown(_) => true,
        ConnectorFailure::Sandbox { kind, .. } => !matches!(
            kind,
            SandboxFailure::Overloaded | SandboxFailure::Quarantined | SandboxFailure::Unavailable
        ),
        _ => false,
    }
}

async fn note_certain(app: &App, hotel: HotelId, id: MessageId) -> Result<(), StoreError> {
    let mut tx = app.store.begin(hotel).await?;
    replies::set_certain(&mut tx, id).await?;
    tx.commit().await
}

/// Whether trying again would not help, or is no longer tried.
fn is_over(failure: &ConnectorFailure, is_last: bool) -> bool {
    match advice(failure) {
        Advice::Park | Advice::Stop => true,
        Advice::Again | Advice::After(_) => is_last,
    }
}

async fn hand_over(
    app: &App,
    hotel: HotelId,
    id: MessageId,
    outgoing: &Outgoing,
) -> Result<String, CallError> {
    let unable = |why: &str| CallError::from(ConnectorFailure::Permanent(why.to_owned()));
    let Some(reached) = reach(app, hotel, outgoing.connection).await? else {
        return Err(unable("the connection is disabled"));
    };
    if !reached.connector.profile().abilities.guest_messages {
        return Err(unable("the connector sends no messages"));
    }
    let caller = reached.caller(app).await?;
    let mut tx = app.store.begin(hotel).await?;
    replies::mark_tried(&mut tx, id, caller.now).await?;
    tx.commit().await?;
    let called = reached.connector.send_reply(&caller, &outgoing.reply).await;
    reached.logged(app, "send_reply", 1, called).await
}

async fn settle(
    app: &App,
    hotel: HotelId,
    (thread, id): (ThreadId, MessageId),
    external_id: &str,
) -> Result<(), CallError> {
    let now = app.clock.now();
    let mut tx = app.store.begin(hotel).await?;
    replies::lock_thread(&mut tx, thread, now).await?;
    if !replies::set_sent(&mut tx, (thread, id), external_id, now).await? {
        // The connector took another message for this one, and may have sent it all the same.
        replies::set_failed(&mut tx, id, "outcome-unknown").await?;
    }
    Ok(tx.commit().await?)
}

async fn fail(app: &App, hotel: HotelId, id: MessageId, reason: &str) -> Result<(), CallError> {
    let mut tx = app.store.begin(hotel).await?;
    replies::set_failed(&mut tx, id, reason).await?;
    Ok(tx.commit().await?)
}

/// The hotel's threads, those with the newest messages first: so many, after one of them where it is given, about a
/// reservation where one is given.
pub async fn threads(
    app: &App,
    hotel: HotelId,
    reservation: Option<ReservationId>,
    (after, limit): (Option<ThreadId>, u16),
) -> Result<Vec<Thread>, AppError> {
    let mut tx = app.store.begin(hotel).await?;
    let page = messages::list_threads(&mut tx, reservation, after, limit.into()).await?;
    if let Some(after) = after.filter(|_| page.is_empty())
        && messages::connection_of(&mut tx, after).await?.is_none()
    {
        return Err(no_such_place());
    }
    Ok(page)
}

/// The refusal of a cursor that names nothing in the list, which might as well be taken for its end. What a cursor names
/// may have gone, as a pulled copy of a reply does: whoever reads begins anew, and misses nothing.
fn no_such_place() -> AppError {
    let refusal = Refusal::Invalid {
        pointer: "cursor".to_owned(),
        message: "is no place in this list any more: begin at its first page".to_owned(),
    };
    refusal.into()
}

/// The messages of a thread, the newest first: so many, after one of them where it is given.
pub async fn list(
    app: &App,
    hotel: HotelId,
    thread: ThreadId,
    (after, limit): (Option<MessageId>, u16),
) -> Result<Vec<Message>, AppError> {
    let mut tx = app.store.begin(hotel).await?;
    let connection = messages::connection_of(&mut tx, thread).await?;
    connection.ok_or(Refusal::NotFound { noun: THREAD })?;
    let page = replies::list(&mut tx, thread, after, limit.into()).await?;
    if let Some(after) = after.filter(|_| page.is_empty())
        && !replies::is_in(&mut tx, thread, after).await?
    {
        return Err(no_such_place());
    }
    Ok(page)
}

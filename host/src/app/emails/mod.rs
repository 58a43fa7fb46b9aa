//! Mails to guests: recorded in a ledger by the event that they tell of, so that none is sent twice.

mod batch;
mod senders;
mod templates;
#[cfg(test)]
mod tests;
mod waitlist;

use std::sync::Arc;
use std::time::Duration;

use crate::app::calls::{self, CallError};
use crate::app::{App, AppError};
use crate::domain::connector::{Called, Caller, ConnectorFailure};
use crate::domain::email::{Address, EmailEvent, EmailEventKind, EmailMessage, EmailProvider};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{ConnectionId, HotelId};
use crate::domain::reservation::{Guest, Origin, Reservation};
use crate::store::emails::{self, About, Email, EmailState};
use crate::store::jobs;
use crate::store::{HotelTx, StoreError, catalogue, connections, reservations, sync_logs};

use templates::{Letter, Rendered};

pub use batch::{Carried, send_batch};
pub use senders::Senders;
pub use templates::Template;
pub use waitlist::enqueue_offer;

/// How long a provider may take to tell of a mail that it may have sent, before a person is asked.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error(transparent)]
    Call(#[from] CallError),
    /// Its provider may tell of it yet.
    #[error("the mail may have been sent, and the provider would not recognise a second one ({0})")]
    Unknown(&'static str),
    #[error("the mail may have been sent, and the provider tells nothing of it: look there")]
    StillUnknown,
    #[error("the mail could not be rendered")]
    Render(#[from] minijinja::Error),
}

impl From<StoreError> for SendError {
    fn from(error: StoreError) -> Self {
        Self::Call(error.into())
    }
}

/// Records a mail about a reservation, with the job that sends it, in the transaction of what it tells of.
/// Guests of a channel get the channel's mail; a hotel without a sender and a guest without an address get none.
pub async fn enqueue(
    app: &App,
    tx: &mut HotelTx,
    reservation: &Reservation,
    template: Template,
) -> Result<(), AppError> {
    let of_channel = matches!(reservation.origin, Origin::Channel { .. });
    let has_reader =
        template.is_for_the_hotel() || !of_channel && reservation.booker.email.is_some();
    if !has_reader {
        return Ok(());
    }
    let business_key = format!(
        "{}/{}/{}",
        template.as_str(),
        reservation.id,
        reservation.version
    );
    let about = About::Reservation(reservation.id);
    record(app, tx, business_key, (about, template)).await
}

/// Adds a mail to the ledger with the job that sends it, where the hotel writes at all.
async fn record(
    app: &App,
    tx: &mut HotelTx,
    business_key: String,
    (about, template): (About, Template),
) -> Result<(), AppError> {
    let hotel = tx.hotel();
    let Some(sender) = app.senders.of(hotel) else {
        return Ok(());
    };
    let email = Email {
        business_key: business_key.clone(),
        connection: sender.connection,
        about,
        template: template.as_str().to_owned(),
        state: EmailState::Queued,
    };
    if !emails::insert(tx, &email).await? {
        return Ok(());
    }
    Ok(jobs::enqueue(tx, batch::job_of(app, &sender, &business_key)).await?)
}

/// Sends a recorded mail, unless that is done. No transaction is open while the provider is called;
/// a repetition carries the same key, by which an able provider recognises it. To one that is not able, nothing is
/// handed over again that it may have sent: that waits for the provider's events, and then for a person.
pub async fn send(app: &App, hotel: HotelId, business_key: &str) -> Result<(), SendError> {
    let hotel = calls::hotel(app, hotel).await?;
    let Some((caller, provider, message)) = prepare(app, &hotel, business_key).await? else {
        return Ok(());
    };
    let called = provider.send(&caller, &message).await;
    let doubt = !provider.recognises_repeats() && may_have_been_sent(&called);
    settle(app, &caller, (business_key, doubt), called).await
}

/// Whether a call that failed may have had its effect: there was no answer, or the guest was stopped after a request.
fn may_have_been_sent<T>(called: &Called<T>) -> bool {
    match &called.result {
        Err(ConnectorFailure::OutcomeUnknown(_)) => true,
        Err(ConnectorFailure::Sandbox { .. }) => called.cost.requests > 0,
        _ => false,
    }
}

async fn prepare(
    app: &App,
    hotel: &Hotel,
    business_key: &str,
) -> Result<Option<(Caller, Arc<dyn EmailProvider>, EmailMessage)>, SendError> {
    let mut tx = app.store.begin(hotel.id).await?;
    let Some(email) = emails::lock(&mut tx, business_key).await? else {
        return Ok(None);
    };
    if email.state == EmailState::Unknown {
        return Err(SendError::StillUnknown);
    }
    if !email.state.is_pending() {
        return Ok(None);
    }
    let (Some(sender), Some(connection)) = (
        app.senders.of(hotel.id),
        connections::find(&mut tx, email.connection).await?,
    ) else {
        let end = (EmailState::Failed, "the hotel sends no mail any more");
        set_aside(tx, business_key, end).await?;
        return Ok(None);
    };
    let provider = provider(app, &connection.connector)?;
    if email.state == EmailState::Sending && !provider.recognises_repeats() {
        // Who was sending it died on the way.
        let interrupted = "interrupted";
        set_aside(tx, business_key, (EmailState::Unknown, interrupted)).await?;
        return Err(SendError::Unknown(interrupted));
    }
    let Some(message) = message(&mut tx, hotel, &email, &sender).await? else {
        let end = (EmailState::Failed, "there is nobody to write to any more");
        set_aside(tx, business_key, end).await?;
        return Ok(None);
    };
    emails::set_state(&mut tx, business_key, EmailState::Sending, None).await?;
    tx.commit().await?;
    Ok(Some((
        calls::caller(app, hotel, &connection),
        provider,
        message,
    )))
}

/// Ends the way of a mail that is not handed over, with the reason.
async fn set_aside(
    mut tx: HotelTx,
    business_key: &str,
    (state, reason): (EmailState, &str),
) -> Result<(), StoreError> {
    emails::set_state(&mut tx, business_key, state, Some(reason)).await?;
    tx.commit().await
}

fn provider(app: &App, connector: &str) -> Result<Arc<dyn EmailProvider>, CallError> {
    let provider = app.email_providers.email(connector);
    Ok(provider.ok_or_else(|| calls::unavailable(connector))?)
}

async fn message(
    tx: &mut HotelTx,
    hotel: &Hotel,
    email: &Email,
    sender: &crate::app::connections::Sender,
) -> Result<Option<EmailMessage>, SendError> {
    let Some((to, rendered)) = told(tx, hotel, email).await? else {
        return Ok(None);
    };
    Ok(Some(EmailMessage {
        sender: Address {
            email: sender.address.clone(),
            name: Some(sender.name.clone()),
        },
        to,
        reply_to: hotel.contact_email.clone().map(|email| Address {
            email,
            name: Some(hotel.name.clone()),
        }),
        subject: rendered.subject,
        text: rendered.text,
        html: Some(rendered.html),
        idempotency_key: email.business_key.clone(),
    }))
}

/// What a mail says and to whom, or nothing where there is nobody to write to, or nothing to tell, any more.
async fn told(
    tx: &mut HotelTx,
    hotel: &Hotel,
    email: &Email,
) -> Result<Option<(Address, Rendered)>, SendError> {
    let Some(template) = Template::parse(&email.template) else {
        return Ok(None);
    };
    let products = catalogue::products(tx).await?;
    let name_of = |id| {
        let found = products.iter().find(|product| product.room_type.id == id);
        found.map_or_else(
            || "Room".to_owned(),
            |product| product.room_type.name.clone(),
        )
    };
    let (to, rendered) = match email.about {
        About::Reservation(id) => {
            let Some(reservation) = reservations::find(tx, id).await? else {
                return Ok(None);
            };
            let letter = Letter::of(&reservation, name_of);
            let to = reader(hotel, &reservation, template);
            (to, templates::render(template, hotel, &letter)?)
        }
        About::Waitlist(id) => {
            let Some((entry, hold)) = waitlist::offered(tx, id).await? else {
                return Ok(None);
            };
            let letter = waitlist::letter(hotel, &entry, &hold, name_of);
            let to = address(&entry.guest);
            (to, templates::render(template, hotel, &letter)?)
        }
    };
    Ok(to.map(|to| (to, rendered)))
}

/// Who reads a mail, or nobody where the address is gone.
fn reader(hotel: &Hotel, reservation: &Reservation, template: Template) -> Option<Address> {
    if template.is_for_the_hotel() {
        return Some(Address {
            email: hotel.contact_email.clone()?,
            name: Some(hotel.name.clone()),
        });
    }
    address(&reservation.booker)
}

fn address(guest: &Guest) -> Option<Address> {
    Some(Address {
        email: guest.email.clone()?,
        name: Some(format!("{} {}", guest.first_name, guest.last_name)),
    })
}

/// Takes in what the provider answered, with the row of the call. In doubt, it may have been sent.
async fn settle(
    app: &App,
    caller: &Caller,
    (business_key, doubt): (&str, bool),
    called: Called<String>,
) -> Result<(), SendError> {
    let mut tx = app.store.begin(caller.hotel).await?;
    let entry = sync_logs::Entry {
        connection: caller.connection,
        operation: "send",
        items: 1,
        outcome: sync_logs::Outcome::of(&called),
        at: caller.now,
    };
    sync_logs::record(&mut tx, entry, &called.cost).await?;
    let failure = match called.result {
        Ok(message_id) => {
            emails::set_sent(&mut tx, business_key, &message_id).await?;
            return Ok(tx.commit().await?);
        }
        Err(failure) => failure,
    };
    let state = state_after(&failure, doubt);
    emails::set_state(&mut tx, business_key, state, Some(failure.class())).await?;
    tx.commit().await?;
    match state {
        EmailState::Unknown => Err(SendError::Unknown(failure.class())),
        EmailState::Queued => Err(SendError::Call(failure.into())),
        _ => Ok(()),
    }
}

/// Where a mail stands that was not taken. In doubt, it may have been.
fn state_after(failure: &ConnectorFailure, doubt: bool) -> EmailState {
    match failure {
        _ if doubt => EmailState::Unknown,
        // The provider will never take it: there is nothing to repeat, and nothing for a person to mend here.
        ConnectorFailure::Invalid { .. } | ConnectorFailure::NotFound(_) => EmailState::Failed,
        ConnectorFailure::Suppressed(_) => EmailState::Suppressed,
        _ => EmailState::Queued,
    }
}

/// Notes what a provider tells of a mail. Late and repeated events change nothing backwards. Answers whether it can be
/// placed: one that overtakes the provider's own answer is about a mail whose id there is not known yet.
pub async fn apply_event(
    tx: &mut HotelTx,
    connection: ConnectionId,
    event: &EmailEvent,
) -> Result<bool, StoreError> {
    if let Some(key) = &event.idempotency_key {
        recognise(tx, connection, key, &event.message_id).await?;
    }
    let (state, reason) = match &event.kind {
        EmailEventKind::Sent => (EmailState::Sent, None),
        EmailEventKind::Delayed(_) => (EmailState::Delayed, Some("delayed")),
        EmailEventKind::Delivered | EmailEventKind::Opened | EmailEventKind::Clicked => {
            (EmailState::Delivered, None)
        }
        EmailEventKind::BouncedSoft(_) => (EmailState::Bounced, Some("soft")),
        EmailEventKind::BouncedHard(_) => (EmailState::Bounced, Some("hard")),
        EmailEventKind::Suppressed(_) => (EmailState::Suppressed, None),
        EmailEventKind::Complained => (EmailState::Complained, None),
        EmailEventKind::Unknown(_) => return Ok(true),
    };
    emails::advance(tx, connection, &event.message_id, state, reason).await?;
    emails::is_placed(tx, connection, &event.message_id).await
}

/// A mail whose outcome was unknown was sent: its provider tells of it, under the key of ours.
async fn recognise(
    tx: &mut HotelTx,
    connection: ConnectionId,
    business_key: &str,
    message_id: &str,
) -> Result<(), StoreError> {
    let found = emails::lock(tx, business_key).await?;
    let unknown = found.filter(|email| email.state == EmailState::Unknown);
    if unknown.is_some_and(|email| email.connection == connection) {
        emails::set_sent(tx, business_key, message_id).await?;
    }
    Ok(())
}

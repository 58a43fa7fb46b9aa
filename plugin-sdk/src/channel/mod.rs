//! The contract of a connector to one channel system.

mod exported;
mod messages;
mod types;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;

pub use crate::bindings::channel::roomwire::channel::types::{
    Guest_ as Guest, ItemOutcome, ItemResult, NumberChange, OccupancyPrice, Product, ProductCode,
    ReservationStatus,
};
pub use crate::bindings::guest_messages::exports::roomwire::channel::guest_messages::MessageSender;
pub use crate::bindings::webhook_answer::exports::roomwire::channel::webhook_answer::{
    ReservationOutcome, Verdict, WebhookOutcome, WebhookResponse,
};
pub use exported::Exported;
pub use messages::{GuestMessage, MessagePage, Reply};
pub use types::{
    AriNight, AriUpdate, ChannelEvent, NightPrice, ReservationRoom, Revision, RevisionPage,
};

use crate::{Context, Failure, Webhook};

/// What every connector can do.
///
/// A call runs in a fresh instance: nothing is left of the call before, save what [`crate::kv`] holds.
pub trait ChannelManagerProvider {
    /// The hotel's settings of this connector; the manifest's schema describes the same shape.
    type Settings: DeserializeOwned;

    /// Are the credentials good and is the property reachable? A sentence about what was found.
    fn check(context: &Context<Self::Settings>) -> Result<String, Failure>;

    /// Everything that the property sells at the channel.
    fn list_products(context: &Context<Self::Settings>) -> Result<Vec<Product>, Failure>;

    /// Sends changes of availability, rates and restrictions; one result for each update.
    ///
    /// # Errors
    /// The whole call failed: no update counts as applied.
    /// Where some updates got through and others did not, say so in their results.
    fn push_ari(
        context: &Context<Self::Settings>,
        updates: &[AriUpdate],
    ) -> Result<Vec<ItemResult>, Failure>;
}

/// Reads back what the channel shows, for the parity monitor.
pub trait AriReader: ChannelManagerProvider {
    /// Both nights are included.
    fn read_ari(
        context: &Context<Self::Settings>,
        products: &[ProductCode],
        first_night: Date,
        last_night: Date,
    ) -> Result<Vec<AriNight>, Failure>;
}

/// Reservations that the channel can be asked for.
pub trait ReservationSource: ChannelManagerProvider {
    /// Revisions since an instant, page by page: `page` is the `next` of the page before.
    fn pull(
        context: &Context<Self::Settings>,
        since: Timestamp,
        page: Option<&str>,
    ) -> Result<RevisionPage, Failure>;

    /// One reservation's current state.
    fn fetch(context: &Context<Self::Settings>, reservation: &str) -> Result<Revision, Failure>;

    /// Tells the channel that these revisions are safely stored. Channels that want no word need no method.
    fn acknowledge(
        context: &Context<Self::Settings>,
        acknowledgements: &[String],
    ) -> Result<(), Failure> {
        let (_, _) = (context, acknowledgements);
        Ok(())
    }
}

/// Understands the channel's webhooks, which the host has verified.
pub trait WebhookSource: ChannelManagerProvider {
    /// Several events may come in one webhook.
    fn parse(
        context: &Context<Self::Settings>,
        webhook: &Webhook,
    ) -> Result<Vec<ChannelEvent>, Failure>;
}

/// Has the channel send its webhooks to the host, and end that.
///
/// `url` is the whole address of the connection's endpoint, with `[secret]` where its secret part belongs: the host puts
/// the real one into requests on their way out, wherever this very text stands in a body or a query, and this text into
/// what comes back. So it is sent and compared as it is given, and no more needs to be known of it.
///
/// Both may be called again at any time.
pub trait WebhookRegistrar: ChannelManagerProvider {
    /// From its success on the channel tells of everything that [`WebhookSource`] understands, at this address and at no
    /// other of the connection's. Where it does so already, nothing changes. Answers the channel's names of what it tells.
    fn subscribe(context: &Context<Self::Settings>, url: &str) -> Result<Vec<String>, Failure>;

    /// From its success on the channel calls this address no more. What goes to other addresses stays.
    fn unsubscribe(context: &Context<Self::Settings>, url: &str) -> Result<(), Failure>;
}

/// What guests and the hotel write to each other through the channel.
pub trait GuestMessages: ChannelManagerProvider {
    /// Messages since an instant, of all senders, page by page: `page` is the `next` of the page before.
    fn pull_messages(
        context: &Context<Self::Settings>,
        since: Timestamp,
        page: Option<&str>,
    ) -> Result<MessagePage, Failure>;

    /// Writes into a thread in the hotel's name, and answers the channel's id of the message.
    ///
    /// The host repeats a reply of which it does not know what became. Where the channel does not recognise the reply's
    /// key, look for it in the thread before sending again, if `tried_since` is there.
    /// Where the channel failed after it was asked to write, as by a 5xx, say [`Failure::OutcomeUnknown`]: every other
    /// failure tells staff that the guest does not have the reply.
    fn send_reply(context: &Context<Self::Settings>, reply: &Reply) -> Result<String, Failure>;
}

/// Answers webhooks of channels that take the answer for the hotel's confirmation.
///
/// The host has stored the webhook, parsed it and landed its revisions, which it believes as they came.
pub trait WebhookAnswer: WebhookSource {
    /// The channel's own form of the outcome. The channel waits for it, so nothing is asked of it here.
    fn answer(
        context: &Context<Self::Settings>,
        webhook: &Webhook,
        outcome: &WebhookOutcome,
    ) -> Result<WebhookResponse, Failure>;
}

impl WebhookResponse {
    /// An answer with this status.
    pub fn new(status: u16, content_type: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type: content_type.into(),
            body: body.into(),
            extensions: Vec::new(),
        }
    }
}

impl ProductCode {
    /// A room that is sold without a choice of rates, or one product that is both.
    pub fn room(room: impl Into<String>) -> Self {
        Self {
            room: room.into(),
            rate: None,
        }
    }

    /// One rate of a room.
    pub fn rate(room: impl Into<String>, rate: impl Into<String>) -> Self {
        Self {
            room: room.into(),
            rate: Some(rate.into()),
        }
    }
}

impl ItemResult {
    /// The outcome of the update with this id.
    pub fn new(id: impl Into<String>, outcome: ItemOutcome) -> Self {
        Self {
            id: id.into(),
            outcome,
            warnings: Vec::new(),
            extensions: Vec::new(),
        }
    }
}

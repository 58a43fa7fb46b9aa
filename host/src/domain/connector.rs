//! The port to channel systems, in our words. A sandboxed plugin is one implementation, a native fake another.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::guest_message::{MessagePage, Reply};
use crate::domain::ids::{ConnectionId, HotelId};
use crate::domain::money::{Currency, Money};
use crate::domain::webhook::SubscriptionDigest;

/// Whom a call is for. The adapter adds the hotel's settings and credentials, which nothing above it needs to see.
#[derive(Clone, Debug)]
pub struct Caller {
    pub hotel: HotelId,
    pub connection: ConnectionId,
    /// The connector's id, such as the name in its manifest.
    pub connector: String,
    pub time_zone: jiff::tz::TimeZone,
    pub currency: Currency,
    /// The instant that the plugin sees as now.
    pub now: Timestamp,
}

/// What a connector offers beyond the mandatory operations.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Abilities {
    pub ari_reader: bool,
    pub reservation_source: bool,
    pub webhook_source: bool,
    /// Whether it can have the channel send its webhooks here.
    pub webhook_registrar: bool,
    pub guest_messages: bool,
    pub webhook_answer: bool,
}

/// Where a channel keeps availability.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AvailabilityOn {
    /// Once a room; rates share it.
    Room,
    /// On every rate: one room type's availability is written to all that sell it.
    Rate,
}

/// What happens at the channel to the values that an update does not name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UpdateSemantics {
    /// They stay.
    Merge,
    /// They are deleted, so an update must be whole.
    Replace,
}

/// What the manifest declares about pushing, checked by the host without running the guest.
#[derive(Clone, Debug)]
pub struct ConnectorProfile {
    pub id: String,
    pub abilities: Abilities,
    pub availability_on: AvailabilityOn,
    pub update_semantics: UpdateSemantics,
    /// How many nights ahead of today the channel takes.
    pub horizon_nights: u16,
    pub max_updates_per_call: usize,
    /// How many requests a minute the channel takes for one connection; absent: it does not say.
    pub requests_per_minute: Option<u32>,
    /// Whether a webhook is only a hint, to be fetched again before it is believed.
    pub webhooks_are_hints: bool,
    /// Whether it takes a price for each number of adults; another gets that of the standard occupancy alone.
    pub occupancy_prices: bool,
    /// Whether a webhook about a reservation leads to a pull, and not to a question about that one.
    pub webhooks_pull: bool,
}

#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ProductCode {
    pub room: String,
    pub rate: Option<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChannelProduct {
    pub code: ProductCode,
    pub room_name: String,
    pub rate_name: Option<String>,
    pub max_occupancy: Option<u16>,
    pub currency: Option<String>,
    pub active: bool,
    pub parent_rate: Option<String>,
}

/// A restriction's change: absent ones stay as they are at the channel.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum NumberChange {
    #[default]
    Unchanged,
    Clear,
    Set(u32),
}

/// What a night costs for so many adults.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OccupancyPrice {
    pub adults: u16,
    pub price: Money,
}

/// A change of one product over consecutive nights, both ends included.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AriUpdate {
    pub id: String,
    pub target: ProductCode,
    pub first_night: Date,
    pub last_night: Date,
    pub availability: Option<u32>,
    /// For the standard occupancy.
    pub price: Option<Money>,
    /// For each number of adults, where the channel takes that: they change together with the price.
    pub occupancy_prices: Vec<OccupancyPrice>,
    pub min_stay_arrival: NumberChange,
    pub min_stay_through: NumberChange,
    pub max_stay: NumberChange,
    pub cut_off_days: NumberChange,
    pub closed_to_arrival: Option<bool>,
    pub closed_to_departure: Option<bool>,
    pub stop_sell: Option<bool>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ItemOutcome {
    Applied,
    /// Taken for later processing under this task id.
    Accepted(String),
    Rejected(ConnectorFailure),
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ItemResult {
    pub id: String,
    pub outcome: ItemOutcome,
    pub warnings: Vec<String>,
}

/// What a channel shows for one product and night. Absent: the channel does not tell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AriNight {
    pub product: ProductCode,
    pub night: Date,
    pub availability: Option<u32>,
    pub price: Option<Money>,
    pub min_stay_arrival: Option<u32>,
    pub min_stay_through: Option<u32>,
    pub max_stay: Option<u32>,
    pub closed_to_arrival: Option<bool>,
    pub closed_to_departure: Option<bool>,
    pub stop_sell: Option<bool>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RevisionStatus {
    Pending,
    Confirmed,
    Cancelled,
    NoShow,
    /// As the channel spells it: kept, flagged, never taken for a success.
    Unknown(String),
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ChannelGuest {
    pub first_name: String,
    pub last_name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub country: Option<String>,
    pub language: Option<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevisionRoom {
    pub id: Option<String>,
    pub product: ProductCode,
    pub check_in: Date,
    pub check_out: Date,
    pub adults: u16,
    pub children_ages: Vec<u8>,
    pub nights: Vec<(Date, Money)>,
    pub guests: Vec<ChannelGuest>,
}

/// The full current state of a channel reservation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Revision {
    pub reservation: String,
    pub revision: String,
    /// Orders the revisions of one reservation; a later one is greater.
    pub order: i64,
    pub status: RevisionStatus,
    pub source: Option<String>,
    pub booker: ChannelGuest,
    pub rooms: Vec<RevisionRoom>,
    pub total: Money,
    pub notes: Option<String>,
    pub booked_at: Option<Timestamp>,
    pub acknowledgement: Option<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevisionPage {
    pub revisions: Vec<Revision>,
    /// Those that cannot be taken: each by itself, so that the others are.
    pub refused: Vec<RefusedRevision>,
    pub next: Option<String>,
}

/// A revision that says what cannot be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RefusedRevision {
    /// The channel's id of the reservation, where that at least can be read.
    pub reservation: Option<String>,
    pub reason: String,
}

/// A webhook that the host has verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedWebhook {
    /// Names in lower case, without credentials and signatures.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub received_at: Timestamp,
}

/// What a webhook hints at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ChannelEvent {
    Reservation(String),
    Revision(Box<Revision>),
    Calendar,
    /// A guest or the hotel wrote.
    Message,
    Ignored(String),
}

/// What became of one revision that came with a webhook.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReservationOutcome {
    pub reservation: String,
    pub revision: String,
    /// The hotel's confirmation number where it is stored, now or before; absent where the hotel has no such reservation.
    pub verdict: Result<Option<String>, ConnectorFailure>,
}

/// What became of a webhook whose channel waits: of each revision, or why nothing of it is known to be stored.
pub type WebhookOutcome = Result<Vec<ReservationOutcome>, ConnectorFailure>;

/// What the channel gets for its webhook.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WebhookAnswer {
    /// 200 to 299, or 400 to 599.
    pub status: u16,
    pub content_type: String,
    pub body: String,
}

/// Why a connector failed, by what to do next. The sandbox's own failures are the host's alone: no guest can return them.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConnectorFailure {
    #[error("passing fault: {0}")]
    Retry(String),
    #[error("rate limited ({scope})")]
    RateLimited {
        after_seconds: Option<u32>,
        scope: String,
    },
    #[error("access token expired: {0}")]
    AuthExpired(String),
    #[error("access revoked: {0}")]
    AuthRevoked(String),
    #[error("codes unknown to the channel: {}", .0.join(", "))]
    MappingMissing(Vec<String>),
    #[error("refused by the channel: {field}: {message}")]
    Invalid {
        item: String,
        field: String,
        message: String,
    },
    #[error("stale: {0}")]
    Stale(String),
    #[error("not found: {0}")]
    NotFound(String),
    /// The provider does not send to this address any more.
    #[error("suppressed: {0}")]
    Suppressed(String),
    #[error("outcome unknown: {0}")]
    OutcomeUnknown(String),
    #[error("{0}")]
    Permanent(String),
    #[error("stopped by the sandbox ({kind}): {message}", kind = .kind.as_str())]
    Sandbox {
        kind: SandboxFailure,
        message: String,
    },
}

/// What stopped a guest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SandboxFailure {
    Trap,
    CpuExceeded,
    Deadline,
    Memory,
    EgressDenied,
    /// A limit on requests, bytes, log lines or results.
    Limit,
    /// What it returned breaks the contract.
    InvalidOutput,
    /// No such plugin, ability or version.
    Unavailable,
    /// Too many calls are under way.
    Overloaded,
    /// It failed again and again, and is left alone for a while; or it asks for more than its operator grants now.
    Quarantined,
}

impl SandboxFailure {
    /// The stable name, as the sync log and metrics show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::CpuExceeded => "cpu-exceeded",
            Self::Deadline => "deadline",
            Self::Memory => "memory",
            Self::EgressDenied => "egress-denied",
            Self::Limit => "limit",
            Self::InvalidOutput => "invalid-output",
            Self::Unavailable => "unavailable",
            Self::Overloaded => "overloaded",
            Self::Quarantined => "quarantined",
        }
    }
}

impl ConnectorFailure {
    /// The stable name of the class, as the sync log and metrics show it.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Retry(_) => "retry",
            Self::RateLimited { .. } => "rate-limited",
            Self::AuthExpired(_) => "auth-expired",
            Self::AuthRevoked(_) => "auth-revoked",
            Self::MappingMissing(_) => "mapping-missing",
            Self::Invalid { .. } => "invalid",
            Self::Stale(_) => "stale",
            Self::NotFound(_) => "not-found",
            Self::Suppressed(_) => "suppressed",
            Self::OutcomeUnknown(_) => "outcome-unknown",
            Self::Permanent(_) => "permanent",
            Self::Sandbox { kind, .. } => kind.as_str(),
        }
    }
}

/// What a call cost, for the sync log.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CallCost {
    pub duration: std::time::Duration,
    pub cpu: std::time::Duration,
    /// The most memory that the plugin held, in bytes.
    pub memory: u64,
    pub requests: u32,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    /// What the plugin wrote to its log, secrets masked.
    pub log: Vec<String>,
    /// Its recording, where the connection's are kept: a JSON document, secrets masked.
    pub recording: Option<String>,
}

/// The answer of a call, with what it cost whether or not it succeeded.
#[derive(Debug)]
pub struct Called<T> {
    pub result: Result<T, ConnectorFailure>,
    pub cost: CallCost,
}

/// A connector to one channel system.
#[async_trait]
pub trait ChannelConnector: Send + Sync {
    fn profile(&self) -> &ConnectorProfile;

    /// A sentence about the account that was reached.
    async fn check(&self, caller: &Caller) -> Called<String>;

    async fn list_products(&self, caller: &Caller) -> Called<Vec<ChannelProduct>>;

    /// One result for each update, whatever the plugin returned: those it left out count as unknown.
    async fn push_ari(&self, caller: &Caller, updates: &[AriUpdate]) -> Called<Vec<ItemResult>>;

    /// Both nights are included.
    async fn read_ari(
        &self,
        caller: &Caller,
        products: &[ProductCode],
        first_night: Date,
        last_night: Date,
    ) -> Called<Vec<AriNight>>;

    async fn pull(
        &self,
        caller: &Caller,
        since: Timestamp,
        page: Option<&str>,
    ) -> Called<RevisionPage>;

    async fn fetch(&self, caller: &Caller, reservation: &str) -> Called<Revision>;

    async fn acknowledge(&self, caller: &Caller, acknowledgements: &[String]) -> Called<()>;

    async fn parse_webhook(
        &self,
        caller: &Caller,
        webhook: &VerifiedWebhook,
    ) -> Called<Vec<ChannelEvent>>;

    /// Has the channel send its webhooks to the connection's address, and answers what it tells of. `wanted` is what this
    /// process must hold of the connection too: with anything else the call fails, to be tried again.
    async fn subscribe(&self, caller: &Caller, wanted: SubscriptionDigest) -> Called<Vec<String>>;

    /// Has it send none there any more.
    async fn unsubscribe(&self, caller: &Caller) -> Called<()>;

    async fn pull_messages(
        &self,
        caller: &Caller,
        since: Timestamp,
        page: Option<&str>,
    ) -> Called<MessagePage>;

    /// The channel's id of the message that the reply has become.
    async fn send_reply(&self, caller: &Caller, reply: &Reply) -> Called<String>;

    /// The channel's own form of what became of its webhook.
    async fn answer_webhook(
        &self,
        caller: &Caller,
        webhook: &VerifiedWebhook,
        outcome: &WebhookOutcome,
    ) -> Called<WebhookAnswer>;
}

/// Finds a connector by its id.
pub trait Connectors: Send + Sync {
    fn channel(&self, connector: &str) -> Option<Arc<dyn ChannelConnector>>;
}

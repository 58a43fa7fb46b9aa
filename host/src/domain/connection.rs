//! A connection: one hotel's use of one connector.

use jiff::Timestamp;

use crate::domain::connector::ProductCode;
use crate::domain::ids::{ConnectionId, RatePlanId, RoomTypeId};

/// What a connector is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConnectionKind {
    /// Sells the hotel's rooms.
    Channel,
    /// Sends the hotel's mail.
    Email,
}

impl ConnectionKind {
    /// The stable name, as the database shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Email => "email",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Channel, Self::Email]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// Which of a connection's calls are recorded.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Record {
    Off,
    /// Those that failed, or succeeded only in part.
    #[default]
    Failures,
    All,
}

impl Record {
    /// The name, as the configuration has it.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "off" => Some(Self::Off),
            "failures" => Some(Self::Failures),
            "all" => Some(Self::All),
            _ => None,
        }
    }

    /// Whether the recording of a call is kept.
    pub fn wants(self, fell_short: bool) -> bool {
        match self {
            Self::Off => false,
            Self::Failures => fell_short,
            Self::All => true,
        }
    }
}

/// One hotel's use of one connector, as it is stored: without settings and secrets, which only the configuration has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Connection {
    pub id: ConnectionId,
    /// Unique within the hotel.
    pub name: String,
    pub kind: ConnectionKind,
    /// The plugin's id.
    pub connector: String,
    pub enabled: bool,
    /// Whether a drift that parity finds is pushed over.
    pub repair_drift: bool,
    /// Where the next pull starts; absent before the first.
    pub pulled_until: Option<Timestamp>,
}

/// Our product and the channel's codes for it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Mapping {
    pub room_type: RoomTypeId,
    pub rate_plan: RatePlanId,
    pub code: ProductCode,
}

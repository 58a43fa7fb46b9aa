//! A hold: units taken for a short time; confirmed, released or expired, once.

use jiff::Timestamp;

use crate::domain::ids::HoldId;
use crate::domain::promo::Promo;
use crate::domain::quote::QuotedLine;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HoldState {
    Held,
    Confirmed,
    Released,
    Expired,
}

impl HoldState {
    /// The stable name, as the database and the API show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Confirmed => "confirmed",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Held, Self::Confirmed, Self::Released, Self::Expired]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

/// Why a hold did not take part in what was asked of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ended {
    Unknown,
    /// It had ended before, in this state, or lapsed just now.
    Already(HoldState),
    /// It may not be extended any further.
    Limit,
}

impl Ended {
    /// Reads the outcome of a stored procedure.
    pub fn parse(outcome: &str) -> Option<Self> {
        match outcome {
            "unknown" => Some(Self::Unknown),
            "limit" => Some(Self::Limit),
            "expired" => Some(Self::Already(HoldState::Expired)),
            _ => outcome
                .strip_prefix("already_")
                .and_then(HoldState::parse)
                .map(Self::Already),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Hold {
    pub id: HoldId,
    pub state: HoldState,
    /// By the database's clock.
    pub expires_at: Timestamp,
    pub lines: Vec<QuotedLine>,
    pub promo: Option<Promo>,
}

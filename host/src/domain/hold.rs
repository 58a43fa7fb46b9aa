//! A hold: units taken for a short time; confirmed, released or expired, once.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::domain::ids::{ApiKeyId, HoldId};
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

/// Whose a hold is, and so in which caps it counts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Holder {
    /// A key and those that it was rotated to are one.
    pub credential: ApiKeyId,
    /// SHA-256 over the credential and what its web site calls the guest's session, which may identify a guest.
    pub session: Option<[u8; 32]>,
}

impl Holder {
    /// Sessions are the credential's own: two web sites that call theirs alike do not meet.
    pub fn new(credential: ApiKeyId, session: Option<&str>) -> Self {
        let hash = |session: &str| -> [u8; 32] {
            let hash = Sha256::new().chain_update(credential.0.as_bytes());
            hash.chain_update(session.as_bytes()).finalize().into()
        };
        Self {
            credential,
            session: session.map(hash),
        }
    }
}

/// How many live holds there may be at once in a hotel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HoldCaps {
    pub per_key: u32,
    pub per_session: u32,
}

impl Default for HoldCaps {
    fn default() -> Self {
        Self {
            per_key: 500,
            per_session: 5,
        }
    }
}

/// Whose cap it is that is reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Capped {
    Key,
    Session,
}

impl Capped {
    /// The stable name, as the database says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Session => "session",
        }
    }

    /// Whose it is, for people.
    pub fn holder(self) -> &'static str {
        match self {
            Self::Key => "API key",
            Self::Session => "guest's session",
        }
    }
}

/// A cap that is reached, and in how many seconds the first of its holds lapses.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "this {} has as many live holds as it may, {most}: book or release one of them, or wait until one lapses",
    .whose.holder()
)]
pub struct CapReached {
    pub whose: Capped,
    pub most: u32,
    pub wait_seconds: u32,
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_session_is_the_same_for_one_credential_and_another_for_every_other() {
        let holder = |credential, session| {
            Holder::new(ApiKeyId(Uuid::from_u128(credential)), Some(session)).session
        };
        assert_eq!(holder(1, "guest"), holder(1, "guest"));
        assert_ne!(holder(1, "guest"), holder(1, "guest2"));
        assert_ne!(holder(1, "guest"), holder(2, "guest"));
        assert_eq!(Holder::new(ApiKeyId(Uuid::nil()), None).session, None);
    }
}

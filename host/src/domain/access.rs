//! API keys: what one looks like, what it may do, and how its secret is checked.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::domain::ids::{ApiKeyId, HotelId};

/// What a key may do.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Scope {
    /// Search, offers, quotes, and what is for sale with a room.
    OffersRead,
    /// Place, extend and release holds; make reservations.
    BookingsWrite,
    /// Read reservations and their audit trail.
    ReservationsRead,
    /// Confirm, decline, cancel.
    ReservationsManage,
    /// Connections, their logs and parity.
    ConnectionsManage,
    /// Room types, rooms, rate plans, products, policies and charges.
    CatalogueManage,
    /// The calendar: allotments, prices and restrictions.
    AriManage,
    /// Add and change hotels; the operator's keys only.
    HotelsManage,
}

impl Scope {
    pub const ALL: [Self; 8] = [
        Self::OffersRead,
        Self::BookingsWrite,
        Self::ReservationsRead,
        Self::ReservationsManage,
        Self::ConnectionsManage,
        Self::CatalogueManage,
        Self::AriManage,
        Self::HotelsManage,
    ];
    /// What a key in a web page, which anyone can read, may do at most.
    pub const PUBLISHABLE: [Self; 2] = [Self::OffersRead, Self::BookingsWrite];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OffersRead => "offers:read",
            Self::BookingsWrite => "bookings:write",
            Self::ReservationsRead => "reservations:read",
            Self::ReservationsManage => "reservations:manage",
            Self::ConnectionsManage => "connections:manage",
            Self::CatalogueManage => "catalogue:manage",
            Self::AriManage => "ari:manage",
            Self::HotelsManage => "hotels:manage",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

/// A key as it is stored.
#[derive(Clone, Debug)]
pub struct ApiKey {
    pub id: ApiKeyId,
    /// The same for a key and those that it was rotated to: idempotency keys belong to it, so a request that is
    /// repeated with the new key is still a repetition.
    pub credential: ApiKeyId,
    pub secret_hash: [u8; 32],
    pub name: String,
    /// `None`: the operator's, for every hotel.
    pub hotel: Option<HotelId>,
    pub publishable: bool,
    pub scopes: Vec<Scope>,
    /// The web pages that may use it, where it is bound to some; none: every page that the configuration allows.
    pub origins: Vec<String>,
}

impl ApiKey {
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) && (!self.publishable || Scope::PUBLISHABLE.contains(&scope))
    }
}

/// A key that is about to be stored.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    pub id: ApiKeyId,
    pub credential: ApiKeyId,
    pub prefix: String,
    pub secret_hash: [u8; 32],
    pub name: String,
    pub hotel: Option<HotelId>,
    pub publishable: bool,
    pub scopes: Vec<Scope>,
    pub origins: Vec<String>,
    pub expires_at: Option<Timestamp>,
}

/// A key's text, `rw_live_<prefix>_<secret><checksum>`: the prefix finds the key, the checksum lets a scanner of
/// leaked secrets tell a real one from a look-alike without asking us.
#[derive(Clone, Debug)]
pub struct Presented {
    pub prefix: String,
    secret: String,
    /// The sort that its text names, by which people and scanners know how much harm it can do.
    publishable: bool,
}

const PREFIX_LENGTH: usize = 12;
const SECRET_LENGTH: usize = 64;
const CHECKSUM_LENGTH: usize = 8;

impl Presented {
    /// Writes a key from fresh random bytes.
    pub fn generate(publishable: bool, prefix: [u8; 6], secret: [u8; 32]) -> (String, Self) {
        let presented = Self {
            prefix: hex::encode(prefix),
            secret: hex::encode(secret),
            publishable,
        };
        let kind = if publishable { "rw_pub" } else { "rw_live" };
        let text = format!(
            "{kind}_{}_{}{}",
            presented.prefix,
            presented.secret,
            presented.checksum()
        );
        (text, presented)
    }

    /// Reads a key, or `None` where it cannot be one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (publishable, rest) = match text.strip_prefix("rw_live_") {
            Some(rest) => (false, rest),
            None => (true, text.strip_prefix("rw_pub_")?),
        };
        let (prefix, rest) = rest.split_once('_')?;
        if prefix.len() != PREFIX_LENGTH
            || rest.len() != SECRET_LENGTH + CHECKSUM_LENGTH
            || !rest.is_ascii()
        {
            return None;
        }
        let (secret, checksum) = rest.split_at(SECRET_LENGTH);
        let presented = Self {
            prefix: prefix.to_owned(),
            secret: secret.to_owned(),
            publishable,
        };
        (presented.checksum() == checksum).then_some(presented)
    }

    fn checksum(&self) -> String {
        format!(
            "{:08x}",
            crc32fast::hash(format!("{}_{}", self.prefix, self.secret).as_bytes())
        )
    }

    /// What is stored of the secret. It is random, so a plain hash suffices.
    pub fn secret_hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret.as_bytes()).into()
    }

    /// Compares in constant time. A secret key does not open under a publishable one's name.
    pub fn matches(&self, key: &ApiKey) -> bool {
        let same_secret: bool = self.secret_hash().ct_eq(&key.secret_hash).into();
        same_secret && self.publishable == key.publishable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_and_any_changed_letter_is_refused() {
        let (text, written) = Presented::generate(false, [7; 6], [9; 32]);
        let read = Presented::parse(&text).expect("our own key");
        assert_eq!(
            (read.prefix.as_str(), read.secret_hash()),
            (written.prefix.as_str(), written.secret_hash())
        );
        for place in "rw_live_".len()..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[place] ^= 1;
            let changed = String::from_utf8(changed).expect("still text");
            assert!(Presented::parse(&changed).is_none(), "{changed}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            "rw_live_",
            "Bearer x",
            "rw_live_a_b",
            "rw_live_€_€",
            "sk_live_0707_09",
        ] {
            assert!(Presented::parse(text).is_none(), "{text}");
        }
    }

    fn stored(publishable: bool, secret_hash: [u8; 32]) -> ApiKey {
        ApiKey {
            id: ApiKeyId(uuid::Uuid::nil()),
            credential: ApiKeyId(uuid::Uuid::nil()),
            secret_hash,
            name: String::new(),
            hotel: None,
            publishable,
            scopes: Scope::ALL.to_vec(),
            origins: Vec::new(),
        }
    }

    #[test]
    fn a_key_opens_under_the_name_of_its_own_sort_only() {
        for publishable in [false, true] {
            let (text, written) = Presented::generate(publishable, [7; 6], [9; 32]);
            let key = stored(publishable, written.secret_hash());
            let other = if publishable {
                text.replace("rw_pub_", "rw_live_")
            } else {
                text.replace("rw_live_", "rw_pub_")
            };
            let opens = |text: &str| Presented::parse(text).expect("a key").matches(&key);
            assert!(opens(&text), "{text}");
            assert!(!opens(&other), "{other}");
        }
    }

    #[test]
    fn a_publishable_key_never_reads_reservations() {
        let key = stored(true, [0; 32]);
        assert!(key.may(Scope::BookingsWrite));
        assert!(!key.may(Scope::ReservationsRead));
    }
}

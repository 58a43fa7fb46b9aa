//! How kept tokens are sealed and accounts are named: with the operator's keys, of which the first is the present one.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::config::TokenKey;
use crate::domain::account_token::{AccountName, AccountNames, KeptToken, Sealed};
use crate::domain::random::Random;

/// The keys that are known. Seals with the present one, and opens what any of them sealed.
pub(super) struct Sealer {
    present: SealingKey,
    others: Vec<SealingKey>,
    random: Random,
}

/// Two keys of one of the operator's: what one of them gives away tells nothing of the other.
struct SealingKey {
    id: String,
    naming: hmac::Key,
    sealing: LessSafeKey,
}

impl SealingKey {
    fn new(given: &TokenKey) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, given.key.expose_secret());
        let naming = hmac::sign(&root, b"roomwire: name of an account");
        let sealing = hmac::sign(&root, b"roomwire: seal of a token");
        Self {
            id: given.id.clone(),
            naming: hmac::Key::new(hmac::HMAC_SHA256, naming.as_ref()),
            sealing: LessSafeKey::new(
                UnboundKey::new(&CHACHA20_POLY1305, sealing.as_ref())
                    .expect("a SHA-256 is as long as a key of this cipher"),
            ),
        }
    }

    fn name(&self, account: &[u8; 32]) -> AccountName {
        let name = hmac::sign(&self.naming, account);
        name.as_ref().try_into().expect("a SHA-256 has 32 bytes")
    }
}

impl Sealer {
    /// None without a key.
    pub(super) fn new(keys: &[TokenKey], random: Random) -> Option<Self> {
        let (present, others) = keys.split_first()?;
        Some(Self {
            present: SealingKey::new(present),
            others: others.iter().map(SealingKey::new).collect(),
            random,
        })
    }

    /// What an account is called in the store.
    pub(super) fn names(&self, account: &[u8; 32]) -> AccountNames {
        AccountNames {
            own: self.present.name(account),
            others: self.others.iter().map(|key| key.name(account)).collect(),
        }
    }

    /// Seals a token to its account and version: in another's place it does not open.
    pub(super) fn seal(&self, names: &AccountNames, version: u64, token: &SecretString) -> Sealed {
        let nonce = self.random.bytes::<NONCE_LEN>();
        let mut text = token.expose_secret().as_bytes().to_vec();
        self.present
            .sealing
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context(&names.own, version)),
                &mut text,
            )
            .expect("a token is shorter than what the cipher takes");
        Sealed {
            key_id: self.present.id.clone(),
            bytes: [&nonce[..], &text[..]].concat(),
        }
    }

    /// The token, unless it was altered or no key opens it. The name tells the key, whatever its id is now.
    pub(super) fn open(&self, names: &AccountNames, kept: &KeptToken) -> Option<SecretString> {
        let mut known = std::iter::once(&names.own).chain(&names.others);
        let place = known.position(|name| *name == kept.name)?;
        let key = std::iter::once(&self.present)
            .chain(&self.others)
            .nth(place)?;
        let (nonce, text) = kept.sealed.bytes.split_first_chunk::<NONCE_LEN>()?;
        let mut text = Zeroizing::new(text.to_vec());
        let token = key.sealing.open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(context(&kept.name, kept.version)),
            text.as_mut_slice(),
        );
        let token = std::str::from_utf8(token.ok()?).ok()?;
        Some(SecretString::from(token))
    }
}

/// What a token is sealed to: 32 bytes of the account's name, and its version.
fn context(name: &AccountName, version: u64) -> [u8; 40] {
    let mut context = [0; 40];
    context[..32].copy_from_slice(name);
    context[32..].copy_from_slice(&version.to_be_bytes());
    context
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: [u8; 32] = [3; 32];

    fn sealer(keys: &[(&str, u8)]) -> Sealer {
        let keys: Vec<_> = keys
            .iter()
            .map(|(id, byte)| TokenKey::new(*id, [*byte; 32]))
            .collect();
        Sealer::new(&keys, Random::seeded(7)).expect("a key")
    }

    fn kept(sealer: &Sealer, version: u64) -> KeptToken {
        let names = sealer.names(&ACCOUNT);
        KeptToken {
            name: names.own,
            version,
            sealed: sealer.seal(&names, version, &"the token".into()),
            fresh_for: None,
        }
    }

    fn opened(sealer: &Sealer, kept: &KeptToken) -> Option<String> {
        let token = sealer.open(&sealer.names(&ACCOUNT), kept)?;
        Some(token.expose_secret().to_owned())
    }

    #[test]
    fn a_sealed_token_shows_neither_itself_nor_its_account_and_never_looks_the_same() {
        let sealer = sealer(&[("a", 1)]);
        let (one, other) = (kept(&sealer, 5), kept(&sealer, 5));
        let shows = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|part| part == what);
        assert!(!shows(&one.sealed.bytes, b"token"));
        assert!(!shows(&one.name, &ACCOUNT[..4]));
        assert_ne!(one.sealed, other.sealed);
        assert_eq!(one.sealed.key_id, "a");
        assert_eq!(opened(&sealer, &one).as_deref(), Some("the token"));
        assert_eq!(opened(&sealer, &other).as_deref(), Some("the token"));
    }

    #[test]
    fn a_token_opens_only_whole_and_in_its_own_place() {
        let sealer = sealer(&[("a", 1)]);
        let good = kept(&sealer, 5);
        let mut places = vec![KeptToken {
            version: 6,
            ..good.clone()
        }];
        for at in 0..good.sealed.bytes.len() {
            let mut altered = good.clone();
            altered.sealed.bytes[at] ^= 1;
            places.push(altered);
        }
        for length in [0, 5, NONCE_LEN, good.sealed.bytes.len() - 1] {
            let mut short = good.clone();
            short.sealed.bytes.truncate(length);
            places.push(short);
        }
        for place in places {
            assert_eq!(opened(&sealer, &place), None, "{place:?}");
        }
        // Of another account.
        let names = sealer.names(&[4; 32]);
        let moved = KeptToken {
            name: names.own,
            ..good
        };
        assert!(sealer.open(&names, &moved).is_none());
    }

    #[test]
    fn the_first_key_seals_and_every_known_key_opens() {
        let old = kept(&sealer(&[("a", 1)]), 5);
        let rotating = sealer(&[("b", 2), ("a", 1)]);
        assert_eq!(opened(&rotating, &old).as_deref(), Some("the token"));
        let new = kept(&rotating, 6);
        assert_eq!(new.sealed.key_id, "b");
        assert_ne!(new.name, old.name);
        let rotated = sealer(&[("b", 2)]);
        assert_eq!(opened(&rotated, &new).as_deref(), Some("the token"));
        assert_eq!(opened(&rotated, &old), None);
        assert!(Sealer::new(&[], Random::seeded(7)).is_none());
    }
}

//! Quotes as tokens: signed by the newest of several keys, and read back with any of them.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::civil::Date;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::app::{Gateway, Refusal};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{HotelId, RatePlanId, RoomTypeId};
use crate::domain::night::Stay;
use crate::domain::offer::Party;
use crate::domain::pricing::Charged;
use crate::domain::quote::{Quote, QuotedLine};
use crate::store::booked_extras;

/// The keys of quotes. Every process of one installation has the same; while they change, all have both.
#[derive(Debug)]
pub struct QuoteKeys {
    current: SecretString,
    /// They still verify what they signed.
    older: Vec<SecretString>,
}

impl QuoteKeys {
    pub fn new(current: SecretString, older: Vec<SecretString>) -> Self {
        Self { current, older }
    }

    /// The key that a token names; an unknown name is no key of ours.
    fn named(&self, id: &str) -> Option<&SecretString> {
        std::iter::once(&self.current)
            .chain(&self.older)
            .find(|key| key_id(key) == id)
    }
}

impl From<&str> for QuoteKeys {
    fn from(current: &str) -> Self {
        Self::new(current.into(), Vec::new())
    }
}

/// A name that tells nothing of the key.
fn key_id(key: &SecretString) -> String {
    let mut digest = Sha256::new();
    digest.update("roomwire quote key ");
    digest.update(key.expose_secret());
    hex::encode(&digest.finalize()[..4])
}

/// The signed part of a token. A contract with ourselves across processes and releases: fields are only added.
#[derive(Deserialize, Serialize)]
struct Payload {
    hotel: Uuid,
    currency: String,
    expires_at: Timestamp,
    lines: Vec<PayloadLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    promo_code: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct PayloadLine {
    room_type: Uuid,
    rate_plan: Uuid,
    check_in: Date,
    check_out: Date,
    units: u32,
    adults: u16,
    children_ages: Vec<u8>,
    prices: Vec<i64>,
    #[serde(default)]
    charges: Vec<PayloadCharge>,
    /// As the database keeps them.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    extras: serde_json::Value,
    #[serde(default)]
    discount: i64,
}

#[derive(Deserialize, Serialize)]
struct PayloadCharge {
    code: String,
    name: String,
    included: bool,
    amount: i64,
}

impl PayloadLine {
    fn write(line: &QuotedLine) -> Self {
        let charge = |charge: &Charged| PayloadCharge {
            code: charge.code.clone(),
            name: charge.name.clone(),
            included: charge.included,
            amount: charge.amount,
        };
        Self {
            room_type: line.room_type.0,
            rate_plan: line.rate_plan.0,
            check_in: line.stay.check_in(),
            check_out: line.stay.check_out(),
            units: line.units,
            adults: line.party.adults,
            children_ages: line.party.children_ages.clone(),
            prices: line.prices.clone(),
            charges: line.charges.iter().map(charge).collect(),
            extras: if line.extras.is_empty() {
                serde_json::Value::Null
            } else {
                booked_extras::write(&line.extras)
            },
            discount: line.discount,
        }
    }

    fn read(self) -> Result<QuotedLine, Refusal> {
        let charge = |charge: PayloadCharge| Charged {
            code: charge.code,
            name: charge.name,
            included: charge.included,
            amount: charge.amount,
        };
        Ok(QuotedLine {
            room_type: RoomTypeId(self.room_type),
            rate_plan: RatePlanId(self.rate_plan),
            stay: Stay::new(self.check_in, self.check_out).map_err(|_| Refusal::QuoteInvalid)?,
            units: self.units,
            party: Party {
                adults: self.adults,
                children_ages: self.children_ages,
            },
            prices: self.prices,
            charges: self.charges.into_iter().map(charge).collect(),
            extras: booked_extras::read(self.extras).ok_or(Refusal::QuoteInvalid)?,
            discount: self.discount,
        })
    }
}

/// Writes a quote as a token that only we can make: the key's name, the payload and its signature.
pub fn sign(gateway: &Gateway, quote: &Quote) -> String {
    let payload = Payload {
        hotel: quote.hotel.0,
        currency: quote.currency.code().to_owned(),
        expires_at: quote.expires_at,
        lines: quote.lines.iter().map(PayloadLine::write).collect(),
        promo_code: quote.promo_code.clone(),
    };
    let payload =
        serde_json::to_vec(&payload).expect("a payload of numbers and strings is always JSON");
    let key = &gateway.quote_keys.current;
    let signature = signer(key, &payload).finalize().into_bytes();
    format!(
        "{}.{}.{}",
        key_id(key),
        BASE64_URL_SAFE_NO_PAD.encode(payload),
        BASE64_URL_SAFE_NO_PAD.encode(signature)
    )
}

/// Reads a token that we made for this hotel, by any key that still verifies.
pub fn verify(gateway: &Gateway, hotel: &Hotel, token: &str) -> Result<Quote, Refusal> {
    let mut parts = token.split('.');
    let (Some(id), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refusal::QuoteInvalid);
    };
    let key = gateway.quote_keys.named(id).ok_or(Refusal::QuoteInvalid)?;
    let decode = |part| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(part);
        bytes.map_err(|_| Refusal::QuoteInvalid)
    };
    let (payload, signature) = (decode(payload)?, decode(signature)?);
    signer(key, &payload)
        .verify_slice(&signature)
        .map_err(|_| Refusal::QuoteInvalid)?;
    let payload: Payload = serde_json::from_slice(&payload).map_err(|_| Refusal::QuoteInvalid)?;
    if payload.hotel != hotel.id.0 || payload.currency != hotel.currency.code() {
        return Err(Refusal::QuoteInvalid);
    }
    let lines = payload.lines.into_iter().map(PayloadLine::read);
    Ok(Quote {
        hotel: HotelId(payload.hotel),
        currency: hotel.currency,
        lines: lines.collect::<Result<_, Refusal>>()?,
        promo_code: payload.promo_code,
        expires_at: payload.expires_at,
    })
}

fn signer(key: &SecretString, payload: &[u8]) -> Hmac<Sha256> {
    let key = key.expose_secret().as_bytes();
    let mut signer = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    signer.update(payload);
    signer
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::domain::extra::{BookedExtra, UsedOn};
    use crate::domain::hold::HoldCaps;
    use crate::domain::ids::ExtraId;
    use crate::domain::pricing::Basis;
    use crate::domain::reservation::Status;

    fn gateway(key: &str) -> Gateway {
        rotated(key, &[])
    }

    fn rotated(current: &str, older: &[&str]) -> Gateway {
        let older = older.iter().map(|key| (*key).into()).collect();
        Gateway {
            hold_ttl: Duration::from_secs(600),
            hold_longest: Duration::from_secs(1800),
            hold_caps: HoldCaps::default(),
            quote_ttl: Duration::from_secs(900),
            quote_keys: QuoteKeys::new(current.into(), older),
        }
    }

    fn hotel(id: u128) -> Hotel {
        Hotel {
            id: HotelId(Uuid::from_u128(id)),
            slug: "aurora".to_owned(),
            name: "Aurora".to_owned(),
            time_zone: TimeZone::UTC,
            currency: "EUR".parse().expect("a known currency"),
            place: "Rome".to_owned(),
            contact_email: None,
            language: "en".to_owned(),
            channel_status: Status::Confirmed,
        }
    }

    fn quote(hotel: &Hotel) -> Quote {
        let line = QuotedLine {
            room_type: RoomTypeId(Uuid::from_u128(2)),
            rate_plan: RatePlanId(Uuid::from_u128(3)),
            stay: Stay::new(date(2026, 12, 1), date(2026, 12, 3)).expect("two nights"),
            units: 2,
            party: Party {
                adults: 2,
                children_ages: vec![4],
            },
            prices: vec![10_000, 12_000],
            charges: vec![Charged {
                code: "CITY".to_owned(),
                name: "City tax".to_owned(),
                included: false,
                amount: 1_400,
            }],
            extras: vec![BookedExtra {
                id: ExtraId(Uuid::from_u128(4)),
                code: "DINNER".to_owned(),
                name: "Dinner".to_owned(),
                package: Some("ROMANCE".to_owned()),
                basis: Basis::Person,
                used_on: UsedOn::Arrival,
                quantity: 1,
                price: 2_500,
                counted: true,
                units: 6,
                days: vec![date(2026, 12, 1)],
                amount: 15_000,
            }],
            discount: 700,
        };
        Quote {
            hotel: hotel.id,
            currency: hotel.currency,
            lines: vec![line],
            promo_code: Some("SPRING".to_owned()),
            expires_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_quote_reads_back_as_it_was_signed() {
        let (gateway, hotel) = (gateway("key"), hotel(1));
        let quote = quote(&hotel);
        assert_eq!(verify(&gateway, &hotel, &sign(&gateway, &quote)), Ok(quote));
    }

    #[test]
    fn an_altered_quote_another_key_and_another_hotel_are_refused() {
        let home = hotel(1);
        let token = sign(&gateway("key"), &quote(&home));
        assert_eq!(
            verify(&gateway("other"), &home, &token),
            Err(Refusal::QuoteInvalid)
        );
        assert_eq!(
            verify(&gateway("key"), &hotel(9), &token),
            Err(Refusal::QuoteInvalid)
        );
        for place in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).expect("still text");
            // The last letter of base64 may carry unused bits; then the decoder refuses it, or nothing changed.
            assert_eq!(
                verify(&gateway("key"), &home, &altered),
                Err(Refusal::QuoteInvalid),
                "{place}"
            );
        }
    }

    #[test]
    fn an_older_key_verifies_what_it_signed_until_it_is_taken_away() {
        let hotel = hotel(1);
        let quote = quote(&hotel);
        let before = sign(&gateway("first"), &quote);
        let during = rotated("second", &["first", "even before"]);
        assert_eq!(verify(&during, &hotel, &before), Ok(quote.clone()));
        let fresh = sign(&during, &quote);
        assert!(fresh.starts_with(&key_id(&"second".into())));
        assert_eq!(verify(&gateway("second"), &hotel, &fresh), Ok(quote));
        assert_eq!(
            verify(&gateway("second"), &hotel, &before),
            Err(Refusal::QuoteInvalid)
        );
    }

    #[test]
    fn a_signature_is_of_the_key_that_the_token_names() {
        let hotel = hotel(1);
        let token = sign(&gateway("first"), &quote(&hotel));
        let renamed = token.replace(&key_id(&"first".into()), &key_id(&"second".into()));
        assert_ne!(renamed, token);
        let both = rotated("second", &["first"]);
        assert_eq!(verify(&both, &hotel, &renamed), Err(Refusal::QuoteInvalid));
    }

    #[test]
    fn a_quote_costs_its_nights_times_its_units_the_charges_on_top_and_its_extras() {
        let bill = quote(&hotel(1)).bill().expect("a small sum");
        assert_eq!(
            (bill.rooms, bill.extras, bill.total),
            (44_000, 15_000, 60_400)
        );
    }
}

//! Quotes: signed offers. What was quoted is bookable at that price until it expires, or a refusal names what changed.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::civil::Date;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::app::{App, AppError, Gateway, Refusal};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{HotelId, RatePlanId, RoomTypeId};
use crate::domain::night::{self, Stay};
use crate::domain::offer::{self, Party, Product, Reason};
use crate::domain::quote::{Quote, QuotedLine};
use crate::store::{HotelTx, catalogue};

/// One line of a quote as a caller asks for it, by codes.
#[derive(Clone, Debug)]
pub struct WantedLine {
    pub room_type: String,
    pub rate_plan: String,
    pub stay: Stay,
    pub units: u32,
    pub party: Party,
}

/// The most lines in one quote.
pub const MAX_LINES: usize = 20;
/// The most units in one line.
pub const MAX_UNITS: u32 = 100;

/// Prices lines that are all for sale, or refuses with the first that is not.
pub async fn quote(app: &App, hotel: &Hotel, wanted: &[WantedLine]) -> Result<Quote, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    let now = catalogue::database_now(&mut tx).await?;
    let lines = price(app, hotel, &mut tx, wanted).await?;
    tx.commit().await?;
    let expires_at = now.saturating_add(app.gateway.quote_ttl).unwrap_or(now);
    Ok(Quote {
        hotel: hotel.id,
        currency: hotel.currency,
        lines,
        expires_at,
    })
}

/// Prices lines that are all for sale in the caller's transaction, or refuses with the first that is not.
pub(super) async fn price(
    app: &App,
    hotel: &Hotel,
    tx: &mut HotelTx,
    wanted: &[WantedLine],
) -> Result<Vec<QuotedLine>, AppError> {
    let market = Market::read(app, hotel, tx, wanted.iter().map(|line| line.stay)).await?;
    let lines = wanted
        .iter()
        .enumerate()
        .map(|(number, line)| {
            let product = market.by_codes(number, line)?;
            let sellable = market
                .verdict(product, line.stay, &line.party)
                .map_err(|reasons| refusal(product, &reasons))?;
            if i64::from(sellable.units) < i64::from(line.units) {
                let night = market.shortest(product, line.stay);
                return Err(sold_out(product, night));
            }
            Ok(QuotedLine {
                room_type: product.room_type.id,
                rate_plan: product.rate_plan.id,
                stay: line.stay,
                units: line.units,
                party: line.party.clone(),
                prices: sellable.prices,
            })
        })
        .collect::<Result<Vec<_>, Refusal>>()?;
    Ok(lines)
}

/// Checks in the caller's transaction that a quote still holds: not expired, every price as quoted, nothing closed.
/// Whether units are left is decided under lock, by the hold.
pub async fn check(
    app: &App,
    hotel: &Hotel,
    tx: &mut HotelTx,
    quote: &Quote,
) -> Result<Vec<Product>, AppError> {
    if catalogue::database_now(tx).await? >= quote.expires_at {
        return Err(Refusal::QuoteExpired.into());
    }
    let market = Market::read(app, hotel, tx, quote.lines.iter().map(|line| line.stay)).await?;
    for line in &quote.lines {
        let product = market
            .by_ids(line.room_type, line.rate_plan)
            .ok_or(Refusal::NotFound { noun: "product" })?;
        match market.verdict(product, line.stay, &line.party) {
            Ok(sellable) => {
                let changed = sellable
                    .prices
                    .iter()
                    .zip(&line.prices)
                    .position(|(now, quoted)| now != quoted);
                if let Some(night) = changed.and_then(|place| line.stay.nights().nth(place)) {
                    return Err(Refusal::QuoteChanged {
                        room_type: product.room_type.code.clone(),
                        night,
                    }
                    .into());
                }
            }
            Err(reasons) => return Err(refusal(product, &reasons).into()),
        }
    }
    Ok(market.products)
}

/// A hotel's products with the nights that some stays need.
pub(super) struct Market {
    pub(super) products: Vec<Product>,
    nights: std::collections::HashMap<(RoomTypeId, RatePlanId), Vec<offer::ProductNight>>,
    pub(super) today: Date,
}

impl Market {
    pub(super) async fn read(
        app: &App,
        hotel: &Hotel,
        tx: &mut HotelTx,
        stays: impl Iterator<Item = Stay> + Clone + Send,
    ) -> Result<Self, AppError> {
        let first = stays.clone().map(|stay| stay.check_in()).min();
        let last = stays.map(|stay| stay.check_out()).max();
        let nights = match first.zip(last) {
            Some((first, last)) => catalogue::product_nights(tx, first, last).await?,
            None => std::collections::HashMap::new(),
        };
        let today = night::today(app.clock.now(), &hotel.time_zone);
        Ok(Self {
            products: catalogue::products(tx).await?,
            nights,
            today,
        })
    }

    pub(super) fn by_codes(&self, number: usize, line: &WantedLine) -> Result<&Product, Refusal> {
        let of_type: Vec<&Product> = self
            .products
            .iter()
            .filter(|product| product.room_type.code == line.room_type)
            .collect();
        if of_type.is_empty() {
            return Err(Refusal::Invalid {
                pointer: format!("/lines/{number}/room_type"),
                message: format!("the hotel has no room type `{}`", line.room_type),
            });
        }
        of_type
            .into_iter()
            .find(|product| product.rate_plan.code == line.rate_plan)
            .ok_or_else(|| Refusal::Invalid {
                pointer: format!("/lines/{number}/rate_plan"),
                message: format!(
                    "the hotel does not sell `{}` under a rate plan `{}`",
                    line.room_type, line.rate_plan
                ),
            })
    }

    pub(super) fn by_ids(&self, room_type: RoomTypeId, rate_plan: RatePlanId) -> Option<&Product> {
        self.products
            .iter()
            .find(|product| product.room_type.id == room_type && product.rate_plan.id == rate_plan)
    }

    fn nights_of(&self, product: &Product) -> &[offer::ProductNight] {
        self.nights
            .get(&(product.room_type.id, product.rate_plan.id))
            .map_or(&[], Vec::as_slice)
    }

    pub(super) fn verdict(
        &self,
        product: &Product,
        stay: Stay,
        party: &Party,
    ) -> Result<offer::Sellable, Vec<Reason>> {
        let nights: Vec<offer::ProductNight> = self
            .nights_of(product)
            .iter()
            .filter(|night| stay.check_in() <= night.night && night.night <= stay.check_out())
            .cloned()
            .collect();
        offer::decide(stay, party, &product.room_type, &nights, self.today)
    }

    /// What one unit costs for a night, whatever restrictions say; `None` where the night has no price.
    pub(super) fn price_of(&self, product: &Product, night: Date) -> Option<i64> {
        let nights = self.nights_of(product).iter();
        nights
            .filter(|found| found.night == night)
            .map(|found| found.price_minor)
            .next()
    }

    /// The first night of the stay that has the fewest units.
    fn shortest(&self, product: &Product, stay: Stay) -> Date {
        self.nights_of(product)
            .iter()
            .filter(|night| stay.check_in() <= night.night && night.night < stay.check_out())
            .min_by_key(|night| night.available.unwrap_or(0))
            .map_or(stay.check_in(), |night| night.night)
    }
}

fn sold_out(product: &Product, night: Date) -> Refusal {
    Refusal::SoldOut {
        room_type: product.room_type.code.clone(),
        room_type_id: product.room_type.id,
        night,
    }
}

/// A night that is sold out names itself; any other reason is said as the offers say it.
pub(super) fn refusal(product: &Product, reasons: &[Reason]) -> Refusal {
    match reasons {
        [Reason::SoldOut(night), ..]
            if reasons
                .iter()
                .all(|reason| matches!(reason, Reason::SoldOut(_))) =>
        {
            sold_out(product, *night)
        }
        _ => Refusal::NotSellable {
            reason: reasons
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", "),
        },
    }
}

/// The signed part of a token. A contract with ourselves across processes and releases: fields are only added.
#[derive(Deserialize, Serialize)]
struct Payload {
    hotel: Uuid,
    currency: String,
    expires_at: Timestamp,
    lines: Vec<PayloadLine>,
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
}

/// Writes a quote as a token that only we can make.
pub fn sign(gateway: &Gateway, quote: &Quote) -> String {
    let payload = Payload {
        hotel: quote.hotel.0,
        currency: quote.currency.code().to_owned(),
        expires_at: quote.expires_at,
        lines: quote
            .lines
            .iter()
            .map(|line| PayloadLine {
                room_type: line.room_type.0,
                rate_plan: line.rate_plan.0,
                check_in: line.stay.check_in(),
                check_out: line.stay.check_out(),
                units: line.units,
                adults: line.party.adults,
                children_ages: line.party.children_ages.clone(),
                prices: line.prices.clone(),
            })
            .collect(),
    };
    let payload =
        serde_json::to_vec(&payload).expect("a payload of numbers and strings is always JSON");
    let signature = signer(gateway, &payload).finalize().into_bytes();
    format!(
        "{}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(payload),
        BASE64_URL_SAFE_NO_PAD.encode(signature)
    )
}

/// Reads a token that we made for this hotel.
pub fn verify(gateway: &Gateway, hotel: &Hotel, token: &str) -> Result<Quote, Refusal> {
    let (payload, signature) = token.split_once('.').ok_or(Refusal::QuoteInvalid)?;
    let payload = BASE64_URL_SAFE_NO_PAD
        .decode(payload)
        .map_err(|_| Refusal::QuoteInvalid)?;
    let signature = BASE64_URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| Refusal::QuoteInvalid)?;
    signer(gateway, &payload)
        .verify_slice(&signature)
        .map_err(|_| Refusal::QuoteInvalid)?;
    let payload: Payload = serde_json::from_slice(&payload).map_err(|_| Refusal::QuoteInvalid)?;
    if payload.hotel != hotel.id.0 || payload.currency != hotel.currency.code() {
        return Err(Refusal::QuoteInvalid);
    }
    let lines = payload
        .lines
        .into_iter()
        .map(|line| {
            Ok(QuotedLine {
                room_type: RoomTypeId(line.room_type),
                rate_plan: RatePlanId(line.rate_plan),
                stay: Stay::new(line.check_in, line.check_out)
                    .map_err(|_| Refusal::QuoteInvalid)?,
                units: line.units,
                party: Party {
                    adults: line.adults,
                    children_ages: line.children_ages,
                },
                prices: line.prices,
            })
        })
        .collect::<Result<_, Refusal>>()?;
    Ok(Quote {
        hotel: HotelId(payload.hotel),
        currency: hotel.currency,
        lines,
        expires_at: payload.expires_at,
    })
}

fn signer(gateway: &Gateway, payload: &[u8]) -> Hmac<Sha256> {
    let key = gateway.quote_key.expose_secret().as_bytes();
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
    use crate::domain::reservation::Status;

    fn gateway(key: &str) -> Gateway {
        Gateway {
            hold_ttl: Duration::from_secs(600),
            hold_longest: Duration::from_secs(1800),
            quote_ttl: Duration::from_secs(900),
            quote_key: key.to_owned().into(),
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
        };
        Quote {
            hotel: hotel.id,
            currency: hotel.currency,
            lines: vec![line],
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
    fn a_quote_costs_its_nights_times_its_units() {
        let total = quote(&hotel(1)).total().expect("a small sum");
        assert_eq!(total.to_string(), "440.00 EUR");
    }
}

//! How often somebody may ask: by API key, then by hotel; by client address only where no key is known.

mod bucket;
mod known;
mod weight;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::config;
use crate::domain::ids::{ApiKeyId, ConnectionId, HotelId};
use crate::http::problem::Problem;
use bucket::{Bucket, Spent, Standing};
use known::Known;

pub(super) use weight::search_weight;

/// Every bucket of this process.
pub(super) struct Limits {
    key: Bucket<ApiKeyId>,
    booking: Bucket<ApiKeyId>,
    hotel: Bucket<HotelId>,
    failures: Bucket<u16>,
    tokens: Bucket<ConnectionId>,
    /// Credentials that were good lately: they are not refused for what others at their address do.
    known: Known,
}

/// What one request costs, and how its budgets stand afterwards.
#[derive(Clone)]
pub(super) struct Ticket {
    /// A booking has a budget of its own; the rest is weighed.
    pub booking: bool,
    pub weight: u32,
    pub address: IpAddr,
    standings: Arc<Mutex<Vec<Standing>>>,
}

impl Ticket {
    pub(super) fn new(booking: bool, weight: u32, address: IpAddr) -> Self {
        Self {
            booking,
            weight,
            address,
            standings: Arc::default(),
        }
    }

    fn note(&self, standing: Standing) {
        self.standings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(standing);
    }

    /// `RateLimit` and `RateLimit-Policy`, as draft-ietf-httpapi-ratelimit-headers names them.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        let standings = self
            .standings
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let list = |item: fn(&Standing) -> String| {
            let items: Vec<String> = standings.iter().map(item).collect();
            HeaderValue::from_str(&items.join(", ")).ok()
        };
        if standings.is_empty() {
            return;
        }
        let both = [
            ("ratelimit-policy", list(Standing::policy)),
            ("ratelimit", list(Standing::limit)),
        ];
        for (name, value) in both {
            if let Some(value) = value {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

impl Limits {
    pub(super) fn new(settings: &config::Limits) -> Self {
        Self {
            key: Bucket::new("key", settings.key),
            booking: Bucket::new("booking", settings.booking),
            hotel: Bucket::new("hotel", settings.hotel),
            failures: Bucket::new("address", settings.failures),
            tokens: Bucket::new("connection", settings.tokens),
            known: Known::default(),
        }
    }

    /// Takes a request's cost from its key's budget.
    pub(super) fn charge_key(&self, ticket: &Ticket, key: ApiKeyId) -> Result<(), Problem> {
        if ticket.booking {
            settle(ticket, self.booking.take(&key, 1), "key")
        } else {
            settle(ticket, self.key.take(&key, ticket.weight), "key")
        }
    }

    /// Takes a request's cost from its hotel's budget.
    pub(super) fn charge_hotel(&self, ticket: &Ticket, hotel: HotelId) -> Result<(), Problem> {
        settle(ticket, self.hotel.take(&hotel, ticket.weight), "hotel")
    }

    /// Takes a token for webhooks from its connection's budget, and remembers the login that it was asked for with. One
    /// that asks too often is not remembered: a login can be spelled in many ways, and fewer are remembered.
    pub(super) fn charge_connection(
        &self,
        ticket: &Ticket,
        connection: ConnectionId,
        login: &str,
    ) -> Result<(), Problem> {
        settle(ticket, self.tokens.take(&connection, 1), "connection")?;
        self.known.remember(login);
        Ok(())
    }

    /// Refuses an address that failed too often, before anything is looked up for it, unless the credential that it
    /// sends was good lately.
    pub(super) fn look_at(&self, ticket: &Ticket, credential: &str) -> Result<(), Problem> {
        match self.failures.blocked(&self.known.place(ticket.address)) {
            Some(wait) if !self.known.lately(credential) => Err(limited("address", wait)),
            _ => Ok(()),
        }
    }

    /// A credential was good.
    pub(super) fn recognised(&self, credential: &str) {
        self.known.remember(credential);
    }

    /// A credential was not. Answers what to say instead, once there were too many of them.
    pub(super) fn failed(&self, address: IpAddr) -> Option<Problem> {
        let spent = self.failures.take(&self.known.place(address), 1);
        spent.err().map(|spent| limited("address", spent.wait))
    }
}

fn settle(
    ticket: &Ticket,
    taken: Result<Standing, Spent>,
    whose: &'static str,
) -> Result<(), Problem> {
    match taken {
        Ok(standing) => {
            ticket.note(standing);
            Ok(())
        }
        Err(Spent { standing, wait }) => {
            ticket.note(standing);
            Err(limited(whose, wait))
        }
    }
}

fn limited(whose: &'static str, seconds: u32) -> Problem {
    metrics::counter!("http_rate_limited_total", "whose" => whose).increment(1);
    let whose = if whose == "key" { "API key" } else { whose };
    Problem::rate_limited(whose, seconds)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::config::Rate;

    #[test]
    fn a_login_that_asks_too_often_is_not_remembered_in_ever_new_spellings() {
        let once = Rate {
            per_second: NonZeroU32::MIN,
            burst: NonZeroU32::MIN,
        };
        let limits = Limits::new(&config::Limits {
            failures: once,
            tokens: once,
            ..config::Limits::default()
        });
        let ticket = Ticket::new(true, 1, IpAddr::from([192, 0, 2, 1]));
        let connection = ConnectionId(uuid::Uuid::from_u128(1));
        let charge = |login| limits.charge_connection(&ticket, connection, login).is_ok();
        assert_eq!([charge("a"), charge("%61")], [true, false]);
        assert!((0..10).any(|_| limits.failed(ticket.address).is_some()));
        assert!(limits.look_at(&ticket, "a").is_ok());
        assert!(limits.look_at(&ticket, "%61").is_err());
    }
}

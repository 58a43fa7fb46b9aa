//! Who calls, for which hotel, and whether it may.

use std::net::Ipv4Addr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::app::access;
use crate::domain::access::{ApiKey, Scope};
use crate::domain::hotel::{Hotel, HotelName};
use crate::domain::ids::HotelId;
use crate::http::HttpState;
use crate::http::extract::Path;
use crate::http::limits::Ticket;
use crate::http::problem::Problem;

/// The holder of a live API key.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub key: ApiKey,
}

impl Caller {
    pub(super) fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.key.may(scope) {
            Ok(())
        } else {
            Err(Problem::scope_missing(scope))
        }
    }

    /// Who the audit trail says it was.
    pub(super) fn actor(&self) -> String {
        format!("api-key:{}", self.key.name)
    }

    /// Another hotel's existence is not this key's business.
    pub(super) fn sees(&self, hotel: HotelId) -> bool {
        self.key.hotel.is_none_or(|own| own == hotel)
    }
}

impl FromRequestParts<HttpState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Problem> {
        let (caller, _) = Self::recognise(parts, state, None).await?;
        Ok(caller)
    }
}

impl Caller {
    /// Who calls, and the hotel of this name: both are found by one query.
    async fn recognise(
        parts: &Parts,
        state: &HttpState,
        at: Option<HotelName<'_>>,
    ) -> Result<(Self, Option<Hotel>), Problem> {
        let limits = &state.edge.limits;
        let ticket = ticket(parts);
        let recognised = match token(&parts.headers) {
            Some(token) => {
                limits.look_at(&ticket, token)?;
                let found = access::recognise(&state.app, token, at).await?;
                if found.is_some() {
                    limits.recognised(token);
                }
                found
            }
            None => None,
        };
        let Some((key, hotel)) = recognised else {
            let too_often = limits.failed(ticket.address);
            return Err(too_often.unwrap_or_else(Problem::unauthenticated));
        };
        refuse_foreign_page(&key, &parts.headers)?;
        limits.charge_key(&ticket, key.id)?;
        state.uses.note(key.id);
        Ok((Self { key }, hotel))
    }
}

/// The key's text, where the request has exactly one.
fn token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// Browsers say from which page they call: a secret key must not come from one, a bound one only from its own.
fn refuse_foreign_page(key: &ApiKey, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    if !key.publishable {
        return Err(Problem::secret_key_in_browser());
    }
    let own = |allowed: &String| allowed.as_bytes() == origin.as_bytes();
    if key.origins.is_empty() || key.origins.iter().any(own) {
        Ok(())
    } else {
        Err(Problem::origin_not_allowed())
    }
}

/// What the layers found out about the request.
fn ticket(parts: &Parts) -> Ticket {
    let nobody = || Ticket::new(false, 1, Ipv4Addr::UNSPECIFIED.into());
    parts.extensions.get().cloned().unwrap_or_else(nobody)
}

/// A caller at a hotel's route (`{hotel}` is a slug or an id) that its key may see.
#[derive(Clone, Debug)]
pub(super) struct AtHotel {
    pub caller: Caller,
    pub hotel: Hotel,
}

#[derive(serde::Deserialize)]
struct HotelPath {
    hotel: String,
}

impl FromRequestParts<HttpState> for AtHotel {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Problem> {
        // A path that makes no sense is told to those only who may call at all.
        let path = Path::<HotelPath>::from_request_parts(parts, state).await;
        let name = path.as_ref().ok();
        let at = name.and_then(|Path(path)| HotelName::parse(&path.hotel));
        let (caller, hotel) = Caller::recognise(parts, state, at).await?;
        path?;
        let hotel = hotel
            .filter(|hotel| caller.sees(hotel.id))
            .ok_or_else(|| Problem::not_found("hotel"))?;
        state.edge.limits.charge_hotel(&ticket(parts), hotel.id)?;
        Ok(Self { caller, hotel })
    }
}

impl AtHotel {
    /// The hotel, if the caller may do this there.
    pub(super) fn require(&self, scope: Scope) -> Result<&Hotel, Problem> {
        self.caller.require(scope)?;
        Ok(&self.hotel)
    }
}

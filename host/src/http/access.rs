//! Who calls, for which hotel, and whether it may.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use crate::app::access;
use crate::domain::access::{ApiKey, Scope};
use crate::domain::hotel::Hotel;
use crate::domain::ids::HotelId;
use crate::http::HttpState;
use crate::http::extract::Path;
use crate::http::problem::Problem;
use crate::store::hotels;

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
        let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
        let value = match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().map_err(|_| Problem::unauthenticated())?,
            _ => return Err(Problem::unauthenticated()),
        };
        let (scheme, token) = value.split_once(' ').ok_or_else(Problem::unauthenticated)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Problem::unauthenticated());
        }
        let key = access::recognise(&state.app, token.trim())
            .await?
            .ok_or_else(Problem::unauthenticated)?;
        Ok(Self { key })
    }
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
        let caller = Caller::from_request_parts(parts, state).await?;
        let Path(HotelPath { hotel: name }) = Path::from_request_parts(parts, state).await?;
        let hotel = match name.parse::<HotelId>() {
            Ok(id) => hotels::find(&state.app.store, id).await?,
            Err(_) if is_slug(&name) => hotels::find_by_slug(&state.app.store, &name).await?,
            Err(_) => None,
        };
        let hotel = hotel
            .filter(|hotel| caller.sees(hotel.id))
            .ok_or_else(|| Problem::not_found("hotel"))?;
        Ok(Self { caller, hotel })
    }
}

/// What cannot be a slug never reaches the database, which refuses some characters outright.
fn is_slug(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

impl AtHotel {
    /// The hotel, if the caller may do this there.
    pub(super) fn require(&self, scope: Scope) -> Result<&Hotel, Problem> {
        self.caller.require(scope)?;
        Ok(&self.hotel)
    }
}

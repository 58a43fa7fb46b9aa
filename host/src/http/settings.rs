//! Hotels, as the operator adds and changes them.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::hotels::{self, ChangeHotel};
use crate::app::perform;
use crate::domain::access::Scope;
use crate::domain::catalogue::HotelEntry;
use crate::domain::ids::new_uuid;
use crate::domain::money::Currency;
use crate::http::HttpState;
use crate::http::access::{AtHotel, Caller};
use crate::http::catalogue::entry::{Patch, desk, name, one_of, patched, refusal, yes};
use crate::http::extract::NoQuery;
use crate::http::idempotent::{Keyed, answer, json_answer};
use crate::http::problem::{Problem, success};
use crate::http::wire::bounded;

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"slug": "sole-milan", "name": "Hotel Sole", "time_zone": "Europe/Rome", "currency": "EUR",
    "place": "Milan", "position": {"latitude": 45.4642, "longitude": 9.19}, "contact_email": "desk@sole.example"}))]
pub(super) struct HotelRequest {
    /// The name in URLs and configuration; it stays.
    #[schema(examples("aurora-rome"))]
    pub slug: String,
    #[schema(examples("Hotel Aurora"))]
    pub name: String,
    #[schema(examples("Europe/Rome"))]
    pub time_zone: String,
    /// Every amount is in it, so it stays.
    #[schema(examples("EUR"))]
    pub currency: String,
    #[serde(default)]
    #[schema(examples("Rome"))]
    pub place: String,
    #[serde(default)]
    pub position: Option<PositionBody>,
    #[serde(default)]
    #[schema(examples("desk@aurora.example"))]
    pub contact_email: Option<String>,
    #[serde(default = "english")]
    #[schema(examples("en"))]
    pub language: String,
    /// Where a channel's reservation lands: `confirmed` or `tentative`.
    #[serde(default = "confirmed")]
    #[schema(examples("confirmed"))]
    pub channel_status: String,
    /// An inactive hotel sells nothing new, and is closed at every channel; what is booked stays.
    #[serde(default = "yes")]
    pub active: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PositionBody {
    #[schema(minimum = -90, maximum = 90, examples(41.9028))]
    pub latitude: f64,
    #[schema(minimum = -180, maximum = 180, examples(12.4964))]
    pub longitude: f64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HotelSettingsBody {
    pub id: Uuid,
    #[serde(flatten)]
    pub hotel: HotelRequest,
}

fn english() -> String {
    "en".to_owned()
}

fn confirmed() -> String {
    "confirmed".to_owned()
}

impl HotelRequest {
    fn parse(self, id: Uuid) -> Result<HotelEntry, Problem> {
        let known = TimeZone::get(&self.time_zone).ok();
        if known
            .and_then(|zone| zone.iana_name().map(str::to_owned))
            .is_none()
        {
            let message = "is no IANA time zone, such as Europe/Rome";
            return Err(Problem::invalid("/time_zone", message));
        }
        if self.currency.parse::<Currency>().is_err() {
            let message = "is not an ISO 4217 currency code, such as EUR";
            return Err(Problem::invalid("/currency", message));
        }
        one_of(
            "/channel_status",
            &self.channel_status,
            &["confirmed", "tentative"],
        )?;
        let letters = self
            .language
            .bytes()
            .all(|letter| letter.is_ascii_alphabetic() || letter == b'-');
        if !letters || !(2..=10).contains(&self.language.len()) {
            return Err(Problem::invalid(
                "/language",
                "is no language tag, such as en",
            ));
        }
        Ok(HotelEntry {
            id,
            name: name("/name", &self.name)?,
            place: bounded("/place", &self.place, 200)?,
            position: self.position.map(position).transpose()?,
            contact_email: self.contact_email.as_deref().map(email).transpose()?,
            slug: slug(self.slug)?,
            time_zone: self.time_zone,
            currency: self.currency,
            language: self.language,
            channel_status: self.channel_status,
            active: self.active,
        })
    }
}

impl From<&HotelEntry> for HotelRequest {
    fn from(entry: &HotelEntry) -> Self {
        let entry = entry.clone();
        Self {
            slug: entry.slug,
            name: entry.name,
            time_zone: entry.time_zone,
            currency: entry.currency,
            place: entry.place,
            position: entry.position.map(|(latitude, longitude)| PositionBody {
                latitude,
                longitude,
            }),
            contact_email: entry.contact_email,
            language: entry.language,
            channel_status: entry.channel_status,
            active: entry.active,
        }
    }
}

fn body(entry: &HotelEntry) -> HotelSettingsBody {
    HotelSettingsBody {
        id: entry.id,
        hotel: entry.into(),
    }
}

/// What looks like an id would be taken for one in a path.
fn slug(slug: String) -> Result<String, Problem> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let plain = slug
        .bytes()
        .enumerate()
        .all(|(place, byte)| letter(byte) || (place > 0 && byte == b'-'));
    if !plain || !(2..=63).contains(&slug.len()) || slug.parse::<Uuid>().is_ok() {
        let message = "a slug has 2 to 63 small letters, digits and dashes, and is no id";
        return Err(Problem::invalid("/slug", message));
    }
    Ok(slug)
}

fn position(position: PositionBody) -> Result<(f64, f64), Problem> {
    if !(-90.0..=90.0).contains(&position.latitude) {
        return Err(Problem::invalid(
            "/position/latitude",
            "is not between -90 and 90",
        ));
    }
    if !(-180.0..=180.0).contains(&position.longitude) {
        return Err(Problem::invalid(
            "/position/longitude",
            "is not between -180 and 180",
        ));
    }
    Ok((position.latitude, position.longitude))
}

fn email(email: &str) -> Result<String, Problem> {
    let email = bounded("/contact_email", email, 200)?;
    let whole = email
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
    if whole && !email.contains(char::is_whitespace) {
        Ok(email)
    } else {
        Err(Problem::invalid("/contact_email", "is no email address"))
    }
}

/// The operator's own business: a hotel's key may not, whatever its scopes say.
fn operator(caller: &Caller) -> Result<(), Problem> {
    caller.require(Scope::HotelsManage)?;
    match caller.key.hotel {
        None => Ok(()),
        Some(_) => Err(Problem::operator_only()),
    }
}

/// Adds a hotel. It can be used at once: its catalogue and its nights are added through its own routes.
#[utoipa::path(post, path = "/v1/hotels", tag = "Hotels", security(("api_key" = [])),
    params(("Idempotency-Key" = String, Header, description = "New for each new intention")),
    request_body = HotelRequest, responses(
    (status = 201, body = HotelSettingsBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, description = "`scope_missing`, `operator_only`", body = Problem),
    (status = 409, description = "`code_taken`", body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn create_hotel(
    State(state): State<HttpState>,
    caller: Caller,
    keyed: Keyed,
) -> Result<Response, Problem> {
    operator(&caller)?;
    let id = new_uuid(state.app.clock.now());
    let entry = keyed.json::<HotelRequest>()?.parse(id)?;
    let made = json_answer(success::CREATED.as_u16(), Some("/v1/hotels"), &body(&entry));
    let scope = keyed.scope(&caller);
    let actor = caller.actor();
    answer(hotels::create(&state.app, (&scope, &actor), &entry, &made).await?)
}

/// A hotel as it is set up.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/settings", tag = "Hotels", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id")), responses(
    (status = 200, body = HotelSettingsBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
pub(super) async fn get_settings(
    State(state): State<HttpState>,
    at: AtHotel,
    _query: NoQuery,
) -> Result<Json<HotelSettingsBody>, Problem> {
    operator(&at.caller)?;
    Ok(Json(body(&hotels::settings(&state.app, &at.hotel).await?)))
}

/// Changes a hotel, except for its slug and its currency. An inactive one sells nothing new.
#[utoipa::path(patch, path = "/v1/hotels/{hotel}/settings", tag = "Hotels", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id")),
    request_body(content = Object, description = "A JSON merge patch of the fields that it was made with: absent ones \
        stay, null ones get their default"), responses(
    (status = 200, body = HotelSettingsBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn change_settings(
    State(state): State<HttpState>,
    at: AtHotel,
    patch: Patch,
) -> Result<Json<HotelSettingsBody>, Problem> {
    operator(&at.caller)?;
    let desk = desk(&at)?;
    let patch = patch.parse()?;
    let change = |before: &HotelEntry| {
        let entry = patched(&HotelRequest::from(before), &patch)
            .and_then(|request| request.parse(before.id))
            .map_err(refusal)?;
        for (pointer, same) in [
            ("/slug", entry.slug == before.slug),
            ("/currency", entry.currency == before.currency),
        ] {
            if !same {
                return Err(refusal(Problem::invalid(
                    pointer,
                    "stays as it was when the hotel was added",
                )));
            }
        }
        Ok(entry)
    };
    let verb = ChangeHotel {
        desk,
        change: &change,
    };
    let changed = perform(&state.app, at.hotel.id, &verb).await?;
    Ok(Json(body(&changed)))
}

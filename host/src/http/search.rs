//! Search over hotels.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::search::{self, Found, Wanted};
use crate::domain::access::Scope;
use crate::domain::ids::HotelId;
use crate::domain::night::Stay;
use crate::domain::offer::Party;
use crate::http::HttpState;
use crate::http::access::Caller;
use crate::http::extract::Query;
use crate::http::offers::{self, OfferBody};
use crate::http::problem::Problem;
use crate::http::wire::{self, LocalDate, MoneyBody};
use crate::store::directory::{Circle, Where};

/// The most rooms of one search.
const MAX_ROOMS: usize = 9;
/// The most hotels that may be named.
const MAX_NAMES: usize = 100;
/// The most characters of a text.
const MAX_TEXT: usize = 100;
/// Half of the way round the world, in kilometres.
const MAX_RADIUS: f64 = 20_038.0;
/// The most hotels of a page.
const MAX_PAGE: usize = 50;
const USUAL_PAGE: usize = 20;

/// Where a hotel is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FoundHotelBody {
    pub id: Uuid,
    #[schema(examples("aurora-rome"))]
    pub slug: String,
    pub name: String,
    pub place: String,
    /// From the middle of the circle that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_km: Option<f64>,
}

/// One room of the search.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FoundRoomBody {
    pub adults: u16,
    pub children_ages: Vec<u8>,
    /// The first is a part of `total`; up to two more follow, from the cheapest on.
    pub offers: Vec<OfferBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FoundBody {
    pub hotel: FoundHotelBody,
    /// The promo code that was asked with, as the hotel writes it. Absent where it takes nothing off: prices are the
    /// hotel's own then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("SPRING"))]
    pub promo_code: Option<String>,
    /// What the first offer of each room costs together, with taxes and fees.
    pub total: MoneyBody,
    pub rooms: Vec<FoundRoomBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SearchBody {
    pub check_in: LocalDate,
    pub check_out: LocalDate,
    pub hotels: Vec<FoundBody>,
    /// Present while there may be more: the `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Hotels with a room for every party, by slug, each with its cheapest offers.
#[utoipa::path(get, path = "/v1/search", tag = "Offers", security(("api_key" = [])), params(
    ("check_in" = String, Query, description = "The day of arrival", example = "2026-12-24"),
    ("check_out" = String, Query, description = "The day of departure: at most 90 nights later", example = "2026-12-26"),
    ("room" = Option<Vec<String>>, Query, description = "Once for each room, at most 9 times: the adults, and after a \
        hyphen the children's ages with commas, such as `2-4,11`; one room for two without it"),
    ("place" = Option<String>, Query, description = "A part of the place's name, in any case", example = "rome"),
    ("hotels" = Option<String>, Query, description = "Slugs or ids with commas, at most 100"),
    ("latitude" = Option<f64>, Query, description = "With `longitude` and `radius_km`: within this circle"),
    ("longitude" = Option<f64>, Query, description = "With `latitude` and `radius_km`"),
    ("radius_km" = Option<f64>, Query, description = "With `latitude` and `longitude`: kilometres"),
    ("currency" = Option<String>, Query, description = "Only hotels that sell in it", example = "EUR"),
    ("max_total" = Option<i64>, Query, description = "Minor units of the hotel's currency, for all rooms, with taxes \
        and fees"),
    ("meal_plan" = Option<String>, Query, description = "Only rate plans with it", example = "breakfast"),
    ("accessible" = Option<bool>, Query, description = "Only accessible rooms, and none is held back"),
    ("promo_code" = Option<String>, Query, description = "At most 32 characters, in capitals or not. Prices are with it \
        where a hotel takes it; what none of the hotels takes is refused, where one page looks at all of them",
        example = "SPRING"),
    ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ("limit" = Option<u16>, Query, description = "At most 50 hotels, 20 without it. A page may have fewer although \
        there is a `next`")), responses(
    (status = 200, body = SearchBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 409, description = "`promo_code_invalid`, `promo_code_used_up`", body = Problem),
    (status = 422, body = Problem)))]
pub(super) async fn search(
    State(state): State<HttpState>,
    caller: Caller,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Json<SearchBody>, Problem> {
    caller.require(Scope::OffersRead)?;
    let wanted = wanted(&caller, pairs)?;
    let page = search::search(&state.app, &wanted).await?;
    Ok(Json(SearchBody {
        check_in: LocalDate(wanted.stay.check_in()),
        check_out: LocalDate(wanted.stay.check_out()),
        hotels: page
            .found
            .into_iter()
            .map(|found| body(&wanted, found))
            .collect(),
        next: page.next,
    }))
}

fn body(wanted: &Wanted, found: Found) -> FoundBody {
    let currency = found.total.currency;
    let hotel = found.hotel;
    let room = |(party, offers): (&Party, Vec<_>)| FoundRoomBody {
        adults: party.adults,
        children_ages: party.children_ages.clone(),
        offers: offers
            .into_iter()
            .map(|offer| offers::body(currency, wanted.stay, offer))
            .collect(),
    };
    FoundBody {
        hotel: FoundHotelBody {
            id: hotel.id.0,
            slug: hotel.slug,
            name: hotel.name,
            place: hotel.place,
            distance_km: hotel.distance_km,
        },
        promo_code: found.promo_code,
        total: found.total.into(),
        rooms: wanted.parties.iter().zip(found.rooms).map(room).collect(),
    }
}

/// The parameters, of which only `room` may be repeated.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn take(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let mut values = self.take_all(name);
        let value = values.pop();
        if values.is_empty() {
            Ok(value)
        } else {
            Err(Problem::invalid(name, "is given more than once"))
        }
    }

    fn take_all(&mut self, name: &str) -> Vec<String> {
        let (taken, left) = std::mem::take(&mut self.0)
            .into_iter()
            .partition(|(key, _)| key == name);
        self.0 = left;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    fn parse<T: std::str::FromStr>(
        &mut self,
        name: &str,
        expected: &str,
    ) -> Result<Option<T>, Problem> {
        let value = self.take(name)?;
        let parsed = value.map(|value| value.parse());
        parsed
            .transpose()
            .map_err(|_| Problem::invalid(name, format!("expected {expected}")))
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let value = self.take(name)?;
        value
            .map(|value| wire::bounded(name, &value, MAX_TEXT))
            .transpose()
    }

    fn promo_code(&mut self) -> Result<Option<String>, Problem> {
        let code = self.take("promo_code")?;
        wire::promo_code("promo_code", code.as_deref())?;
        Ok(code)
    }

    fn date(&mut self, name: &str) -> Result<LocalDate, Problem> {
        let value = self
            .take(name)?
            .ok_or_else(|| Problem::invalid(name, "is missing"))?;
        serde_json::from_value(value.into())
            .map_err(|_| Problem::invalid(name, "expected a calendar date, such as 2026-12-24"))
    }
}

fn wanted(caller: &Caller, pairs: Vec<(String, String)>) -> Result<Wanted, Problem> {
    let mut parameters = Parameters(pairs);
    let stay = stay(&mut parameters)?;
    let parties = parties(&parameters.take_all("room"))?;
    let limit = parameters.parse("limit", "a number")?;
    let limit = limit.unwrap_or(USUAL_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        let message = format!("a page has 1 to {MAX_PAGE} hotels");
        return Err(Problem::invalid("limit", message));
    }
    let wanted = Wanted {
        places: places(caller, &mut parameters)?,
        stay,
        parties,
        max_total: parameters.parse("max_total", "minor units, such as 24000")?,
        meal_plan: parameters.text("meal_plan")?,
        accessible: parameters
            .parse("accessible", "`true` or `false`")?
            .unwrap_or(false),
        promo_code: parameters.promo_code()?,
        limit,
    };
    match parameters.0.first() {
        None => Ok(wanted),
        Some((unknown, _)) => Err(Problem::invalid(
            unknown.as_str(),
            "is no parameter of a search",
        )),
    }
}

fn stay(parameters: &mut Parameters) -> Result<Stay, Problem> {
    let (check_in, check_out) = (parameters.date("check_in")?, parameters.date("check_out")?);
    wire::stay("", check_in, check_out)
}

fn places(caller: &Caller, parameters: &mut Parameters) -> Result<Where, Problem> {
    let hotels = parameters.take("hotels")?.map(|names| {
        let names: Vec<String> = names.split(',').map(name).collect::<Result<_, _>>()?;
        if names.len() > MAX_NAMES {
            let message = format!("at most {MAX_NAMES} hotels are named");
            return Err(Problem::invalid("hotels", message));
        }
        Ok(names)
    });
    Ok(Where {
        own: caller.key.hotel,
        place: parameters.text("place")?,
        hotels: hotels.transpose()?,
        circle: circle(parameters)?,
        currency: parameters.parse("currency", "an ISO 4217 code, such as EUR")?,
        after: parameters.text("cursor")?,
    })
}

/// A hotel's slug, or its id as the database writes it.
fn name(text: &str) -> Result<String, Problem> {
    match text.parse::<HotelId>() {
        Ok(id) => Ok(id.to_string()),
        Err(_) => wire::bounded("hotels", text, MAX_TEXT),
    }
}

fn circle(parameters: &mut Parameters) -> Result<Option<Circle>, Problem> {
    let mut degrees = |name: &str, most: f64, expected: &str| {
        let value: Option<f64> = parameters.parse(name, expected)?;
        match value {
            Some(value) if !(-most..=most).contains(&value) => {
                Err(Problem::invalid(name, format!("expected {expected}")))
            }
            value => Ok(value),
        }
    };
    let latitude = degrees("latitude", 90.0, "degrees from -90 to 90")?;
    let longitude = degrees("longitude", 180.0, "degrees from -180 to 180")?;
    let radius_km = degrees("radius_km", MAX_RADIUS, "kilometres, at most 20038")?;
    match (latitude, longitude, radius_km) {
        (None, None, None) => Ok(None),
        (Some(latitude), Some(longitude), Some(radius_km)) if radius_km > 0.0 => Ok(Some(Circle {
            latitude,
            longitude,
            radius_km,
        })),
        _ => Err(Problem::invalid(
            "radius_km",
            "a circle has a `latitude`, a `longitude` and a `radius_km` above 0",
        )),
    }
}

/// The party of each room; one of two adults where none is given.
fn parties(rooms: &[String]) -> Result<Vec<Party>, Problem> {
    if rooms.len() > MAX_ROOMS {
        let message = format!("a search is for at most {MAX_ROOMS} rooms");
        return Err(Problem::invalid("room", message));
    }
    if rooms.is_empty() {
        return Ok(vec![wire::party("room.", 2, Vec::new())?]);
    }
    rooms.iter().map(|room| party(room)).collect()
}

fn party(room: &str) -> Result<Party, Problem> {
    let refuse = || {
        let message = "expected the adults, and after a hyphen the children's ages with commas, such as 2-4,11";
        Problem::invalid("room", message)
    };
    let (adults, ages) = match room.split_once('-') {
        Some((adults, ages)) => (adults, Some(ages)),
        None => (room, None),
    };
    let adults = adults.parse().map_err(|_| refuse())?;
    let ages = ages
        .into_iter()
        .flat_map(|ages| ages.split(','))
        .map(|age| age.parse().map_err(|_| refuse()))
        .collect::<Result<Vec<u8>, Problem>>()?;
    wire::party("room.", adults, ages)
}

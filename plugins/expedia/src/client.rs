//! The calls to Expedia, and what its errors mean.

use roomwire_plugin_sdk::http::{self, Response};
use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Context, Failure};
use serde::de::DeserializeOwned;

use crate::Settings;
use crate::wire::product::{Entity, Property, RatePlan, RoomType};
use crate::wire::{self, Notice};

const HOST: &str = "services.expediapartnercentral.com";

/// The version of the product API that was read about.
const PRODUCT: &str = "application/vnd.expedia.eps.product-v2+json";

/// How long a property's messages rest after a refusal that does not say how long.
const PAUSE_SECONDS: u32 = 60;

/// Expedia, as one property's login sees it.
#[derive(Debug)]
pub(crate) struct Client<'a> {
    property: &'a str,
}

impl<'a> Client<'a> {
    pub(crate) fn new(context: &'a Context<Settings>) -> Self {
        Self {
            property: &context.settings.property,
        }
    }

    pub(crate) fn property(&self) -> Result<Property, Failure> {
        self.product("")
    }

    pub(crate) fn room_types(&self) -> Result<Vec<RoomType>, Failure> {
        self.product("/roomTypes")
    }

    pub(crate) fn rate_plans(&self, room_type: u64) -> Result<Vec<RatePlan>, Failure> {
        self.product(&format!("/roomTypes/{room_type}/ratePlans"))
    }

    /// Sends availability or rates, and gives what Expedia warns of. An error means that nothing was applied.
    pub(crate) fn update(&self, updates: Vec<Element>) -> Result<Vec<Notice>, Failure> {
        let message = self.message("AvailRateUpdateRQ", wire::AR);
        let answer = ask("ar", &message.children(updates), "AvailRateUpdateRS")?;
        answer
            .at(&["Success"])
            .map(|success| {
                wire::notices(&answer, "Warning")
                    .chain(wire::notices(success, "Warning"))
                    .collect()
            })
            .ok_or_else(|| unclear("an update"))
    }

    /// Bookings that these parameters name; at most 125.
    pub(crate) fn bookings(&self, parameters: Element) -> Result<Vec<Element>, Failure> {
        let message = self.message("BookingRetrievalRQ", wire::BR);
        let answer = ask("br", &message.child(parameters), "BookingRetrievalRS")?;
        let bookings = answer.at(&["Bookings"]).map(|all| all.all("Booking"));
        Ok(bookings.map_or_else(Vec::new, |all| all.cloned().collect()))
    }

    /// Tells the hotel's confirmation numbers.
    pub(crate) fn confirm(&self, numbers: Vec<Element>) -> Result<(), Failure> {
        let numbers = Element::new("BookingConfirmNumbers").children(numbers);
        let message = self.message("BookingConfirmRQ", wire::BC).child(numbers);
        let answer = ask("bc", &message, "BookingConfirmRS")?;
        answer
            .at(&["Success"])
            .map(|_| ())
            .ok_or_else(|| unclear("a confirmation"))
    }

    /// A message of this property. The login is added by the host, as the first element.
    fn message(&self, name: &str, namespace: &str) -> Element {
        let hotel = Element::new("Hotel").attribute("id", self.property);
        Element::new(name)
            .attribute("xmlns", namespace)
            .child(hotel)
    }

    fn product<T: DeserializeOwned>(&self, below: &str) -> Result<T, Failure> {
        let path = format!("/products/properties/{}{below}", self.property);
        let mut request = http::get(HOST, path).header("accept", PRODUCT);
        if !below.is_empty() {
            request = request.query("status", "all");
        }
        let response = request.send()?;
        if response.status() != 200 {
            return Err(failure(&response, &[]));
        }
        let found: Entity<T> = response.json()?;
        Ok(found.entity)
    }
}

fn unclear(what: &str) -> Failure {
    Failure::OutcomeUnknown(format!(
        "the answer to {what} says neither success nor error"
    ))
}

/// Sends a message and reads its answer, in which an error may come with any status, 200 as well.
fn ask(path: &str, message: &Element, answered_by: &str) -> Result<Element, Failure> {
    // Expedia does not take empty elements in their short form.
    let body = message.to_bytes_in_pairs()?;
    let response = http::post(HOST, format!("/eqc/{path}"))
        .body("text/xml", body)
        .send()?;
    let answer = response.xml();
    let errors: Vec<Notice> = match &answer {
        Ok(answer) => wire::notices(answer, "Error").collect(),
        Err(_) => Vec::new(),
    };
    if response.status() != 200 || !errors.is_empty() {
        return Err(failure(&response, &errors));
    }
    let answer = answer?;
    if answer.name() == answered_by {
        Ok(answer)
    } else {
        Err(unclear("a message"))
    }
}

/// What an error means, by Expedia's codes and by the status.
fn failure(response: &Response, errors: &[Notice]) -> Failure {
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let message = format!("{response}: {}", told.join("; "));
    let code =
        |range: std::ops::RangeInclusive<u32>| errors.iter().any(|one| range.contains(&one.code));
    match response.status() {
        // A login does not expire: one that is refused was withdrawn.
        401 | 403 => Failure::AuthRevoked(message),
        429 => {
            let pause = response.retry_after().unwrap_or(PAUSE_SECONDS);
            Failure::rate_limited(Some(pause), "property")
        }
        404 | 410 => Failure::NotFound(message),
        408 | 500.. => Failure::Retry(message),
        _ if code(1_000..=1_999) => Failure::AuthRevoked(message),
        // No connection was left, or something broke inside of Expedia.
        _ if code(3_210..=3_210) || code(4_000..=u32::MAX) => Failure::Retry(message),
        // The login and the property do not belong together: no message would get through.
        _ if code(3_202..=3_202) => Failure::Permanent(message),
        200 | 400 | 413 | 422 => {
            let field = errors
                .first()
                .map_or_else(String::new, |one| one.code.to_string());
            Failure::invalid("", field, message)
        }
        _ => response.failure(),
    }
}

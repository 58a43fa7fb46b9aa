//! The calls to Channex, and what its errors mean.

use roomwire_plugin_sdk::http::{self, Request, Response, encode};
use roomwire_plugin_sdk::{Context, Date, Failure, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::pages::{self, LIMIT};
use crate::wire::ari::{Availability, Message, Restrictions, Taken};
use crate::wire::booking::{Booking, OnlyId, RawPage, Revision};
use crate::wire::content::{Property, RatePlan, RoomType};
use crate::wire::message::Thread;
use crate::wire::{Item, List, One, Problem};
use crate::{Environment, Settings};

const BASE: &str = "/api/v1";

/// What is read of the calendar, which must be named.
const RESTRICTIONS: &str = "rate,min_stay_arrival,min_stay_through,max_stay,closed_to_arrival,closed_to_departure,stop_sell";

/// Where a limit is 10 requests a minute for one property.
pub(crate) const AVAILABILITY: &str = "availability";
pub(crate) const RATES: &str = "restrictions";

/// How long a property's updates rest after a refusal that does not say how long.
const PAUSE_SECONDS: u32 = 60;

/// Channex, as one property's key sees it.
#[derive(Debug)]
pub(crate) struct Client<'a> {
    host: &'static str,
    property: &'a str,
}

impl<'a> Client<'a> {
    pub(crate) fn new(context: &'a Context<Settings>) -> Self {
        let host = match context.settings.environment {
            Environment::Production => "app.channex.io",
            Environment::Staging => "staging.channex.io",
        };
        Self {
            host,
            property: &context.settings.property,
        }
    }

    pub(crate) fn property(&self) -> Result<Property, Failure> {
        let found: One<Item<Property>> =
            read(self.get(&format!("properties/{}", encode(self.property))))?;
        Ok(found.data.attributes)
    }

    pub(crate) fn room_types(&self) -> Result<Vec<Item<RoomType>>, Failure> {
        pages::all(|page| read(self.list("room_types", page, LIMIT)))
    }

    pub(crate) fn rate_plans(&self) -> Result<Vec<Item<RatePlan>>, Failure> {
        pages::all(|page| read(self.list("rate_plans", page, LIMIT)))
    }

    /// Takes a message of availability or of restrictions; what is taken is worked off later.
    pub(crate) fn write<V: Serialize>(&self, what: &str, values: &[V]) -> Result<Taken, Failure> {
        read(http::post(self.host, format!("{BASE}/{what}")).json(&Message { values })?)
    }

    /// Units of room types; both nights are included.
    pub(crate) fn availability(&self, first: Date, last: Date) -> Result<Availability, Failure> {
        let found: One<Availability> = read(self.nights(AVAILABILITY, first, last))?;
        Ok(found.data)
    }

    /// Prices and restrictions of rate plans; both nights are included.
    pub(crate) fn restrictions(&self, first: Date, last: Date) -> Result<Restrictions, Failure> {
        let request = self
            .nights(RATES, first, last)
            .query("filter[restrictions]", RESTRICTIONS);
        let found: One<Restrictions> = read(request)?;
        Ok(found.data)
    }

    /// Revisions that wait for an acknowledgement, the oldest first.
    pub(crate) fn feed(&self, page: u32) -> Result<RawPage, Failure> {
        read(self.list("booking_revisions/feed", page, LIMIT))
    }

    /// Bookings that were made since an instant.
    pub(crate) fn bookings(
        &self,
        since: Timestamp,
        page: u32,
        limit: u32,
    ) -> Result<List<Item<Booking>>, Failure> {
        let since = since.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        read(
            self.list("bookings", page, limit)
                .query("filter[inserted_at][gte]", since),
        )
    }

    pub(crate) fn booking(&self, id: &str) -> Result<Booking, Failure> {
        let id = checked_id(id)?;
        let found: One<Item<Booking>> = read(self.get(&format!("bookings/{id}")))?;
        Ok(found.data.attributes)
    }

    pub(crate) fn revision(&self, id: &str) -> Result<Item<Revision>, Failure> {
        let id = checked_id(id)?;
        let found: One<Item<Revision>> = read(self.get(&format!("booking_revisions/{id}")))?;
        Ok(found.data)
    }

    /// Tells Channex that a revision is stored.
    pub(crate) fn acknowledge(&self, revision: &str) -> Result<(), Failure> {
        let id = checked_id(revision)?;
        let response = http::post(self.host, format!("{BASE}/booking_revisions/{id}/ack"))
            .json(&serde_json::json!({}))?
            .send()?;
        answered(response).map(|_| ())
    }

    pub(crate) fn threads(&self, page: u32) -> Result<List<Item<Thread>>, Failure> {
        read(self.list("message_threads", page, LIMIT))
    }

    /// Messages of a thread, in whatever order.
    pub(crate) fn messages(&self, thread: &str, page: u32) -> Result<RawPage, Failure> {
        let id = checked_id(thread)?;
        let request = self.get(&format!("message_threads/{id}/messages"));
        read(paged(request, page, LIMIT))
    }

    /// Writes into a thread, and answers the message's id.
    pub(crate) fn write_message(&self, thread: &str, text: &str) -> Result<String, Failure> {
        let id = checked_id(thread)?;
        let body = serde_json::json!({ "message": { "message": text } });
        let request = http::post(self.host, format!("{BASE}/message_threads/{id}/messages"));
        let response = request.json(&body)?.send()?;
        let taken: One<OnlyId> = answered(response).map_err(perhaps_written)?.json()?;
        Ok(taken.data.id)
    }

    fn get(&self, path: &str) -> Request {
        http::get(self.host, format!("{BASE}/{path}"))
    }

    fn list(&self, what: &str, page: u32, limit: u32) -> Request {
        let request = self.get(what).query("filter[property_id]", self.property);
        paged(request, page, limit)
    }

    fn nights(&self, what: &str, first: Date, last: Date) -> Request {
        self.get(what)
            .query("filter[property_id]", self.property)
            .query("filter[date][gte]", first.to_string())
            .query("filter[date][lte]", last.to_string())
    }
}

fn paged(request: Request, page: u32, limit: u32) -> Request {
    request
        .query("pagination[page]", page.to_string())
        .query("pagination[limit]", limit.to_string())
}

/// An id may come from a webhook, so it must not turn the path into another one.
fn checked_id(id: &str) -> Result<&str, Failure> {
    let is_id = (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_id {
        Ok(id)
    } else {
        Err(Failure::NotFound(
            "what was named cannot be an id of Channex's".to_owned(),
        ))
    }
}

fn read<T: DeserializeOwned>(request: Request) -> Result<T, Failure> {
    Ok(answered(request.send()?)?.json()?)
}

fn answered(response: Response) -> Result<Response, Failure> {
    if (200..300).contains(&response.status()) {
        Ok(response)
    } else {
        Err(failure(&response))
    }
}

/// Where Channex, or what stands before it, broke down over a message, the message may have been written first.
fn perhaps_written(failure: Failure) -> Failure {
    match failure {
        Failure::Retry(message) => Failure::OutcomeUnknown(message),
        other => other,
    }
}

/// What an error means, by its status and by Channex's code.
fn failure(response: &Response) -> Failure {
    // A body that is no JSON comes from something in between; its status still tells.
    let problem: Problem = response.json().unwrap_or_default();
    let code = problem.errors.code.as_str();
    let message = format!("{response}: {code}: {}", problem.errors.sentence());
    match (response.status(), code) {
        // A key does not expire: one that is refused was withdrawn.
        (401 | 403, _) => Failure::AuthRevoked(message),
        (404 | 410, _) | (_, "resource_not_found") => Failure::NotFound(message),
        (429, _) | (_, "http_too_many_requests") => {
            let pause = response.retry_after().unwrap_or(PAUSE_SECONDS);
            Failure::rate_limited(Some(pause), "property")
        }
        (400 | 413 | 422, _) => Failure::invalid("", code, message),
        _ => response.failure(),
    }
}

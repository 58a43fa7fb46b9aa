//! The calls to Octorate, and what its errors mean.

use roomwire_plugin_sdk::http::{self, Request, Response, encode};
use roomwire_plugin_sdk::{Context, Date, Failure};
use serde::de::DeserializeOwned;

use crate::Settings;
use crate::pages::{Answer, Position};
use crate::wire::{
    Accommodation, BulkAnswer, BulkItem, Calendar, Page, Problem, Reservation, ReservationPage,
    Subscription,
};

const HOST: &str = "api.octorate.com";
const BASE: &str = "/connect/rest/v1";

/// Products a page: with a quarter of a year each, an answer stays under a megabyte.
const CALENDAR_PAGE: u32 = 50;
pub(crate) const RESERVATION_PAGE: u32 = 100;

/// Octorate, as one hotel's account sees it.
#[derive(Debug)]
pub(crate) struct Client<'a> {
    accommodation: &'a str,
}

impl<'a> Client<'a> {
    pub(crate) fn new(context: &'a Context<Settings>) -> Self {
        Self {
            accommodation: &context.settings.accommodation,
        }
    }

    /// The properties that the account reaches.
    pub(crate) fn accommodations(&self) -> Result<Vec<Accommodation>, Failure> {
        let page: Page<Accommodation> = read(http::get(HOST, format!("{BASE}/accommodation")))?;
        Ok(page.data)
    }

    /// Gives every product of the property to `take`, with its days from `first` to `last`.
    pub(crate) fn calendar(
        &self,
        first: Date,
        last: Date,
        mut take: impl FnMut(Calendar) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut position = Some(Position::start());
        while let Some(at) = position {
            let request = self
                .list("calendar", CALENDAR_PAGE, &at)
                .query("dateFrom", first.to_string())
                .query("dateTo", last.to_string());
            let page: Page<Calendar> = match (read(request), at.after_refusal()) {
                (Err(Failure::Invalid(_)), Some(next)) => {
                    position = Some(next);
                    continue;
                }
                (answer, _) => answer?,
            };
            let step = at.step(Answer {
                page: page.page,
                total_pages: page.total_pages,
                first: page.data.first().map(|calendar| calendar.id.0.as_str()),
                full: page.data.len() >= CALENDAR_PAGE as usize,
            });
            if !step.repeated {
                page.data.into_iter().try_for_each(&mut take)?;
            }
            position = step.next;
        }
        Ok(())
    }

    /// One page of the reservations whose stay touches these dates.
    pub(crate) fn reservations(
        &self,
        first: Date,
        last: Date,
        at: &Position,
    ) -> Result<ReservationPage, Failure> {
        read(
            self.list("reservation", RESERVATION_PAGE, at)
                .query("type", "STAY")
                .query("startDate", first.to_string())
                .query("endDate", last.to_string()),
        )
    }

    /// The id may come from a webhook, so it must not turn the path into another one: `..`, or nothing, which lists all.
    pub(crate) fn reservation(&self, id: &str) -> Result<Reservation, Failure> {
        let is_id = !id.is_empty()
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_id {
            return Err(Failure::NotFound(
                "what was named cannot be a reservation's id".to_owned(),
            ));
        }
        read(http::get(
            HOST,
            format!(
                "{BASE}/reservation/{}/{}",
                encode(self.accommodation),
                encode(id)
            ),
        ))
    }

    /// Writes the calendar; what is taken is processed later.
    pub(crate) fn write_calendar(&self, items: &[&BulkItem]) -> Result<BulkAnswer, Failure> {
        read(http::post(HOST, format!("{BASE}/calendar/bulk")).json(&items)?)
    }

    /// What the account is told of, and where.
    pub(crate) fn subscriptions(&self) -> Result<Vec<Subscription>, Failure> {
        let page: Page<Subscription> = read(http::get(HOST, format!("{BASE}/subscription")))?;
        Ok(page.data)
    }

    pub(crate) fn subscribe(&self, event: &str, url: &str) -> Result<(), Failure> {
        let body = serde_json::json!({ "endpoint": url });
        done(http::post(HOST, format!("{BASE}/subscription/{event}")).json(&body)?)
    }

    /// Octorate's guides name the verb, and no call that uses it: this one mirrors how a subscription is made.
    pub(crate) fn unsubscribe(&self, event: &str) -> Result<(), Failure> {
        done(http::delete(HOST, format!("{BASE}/subscription/{event}")))
    }

    fn list(&self, what: &str, size: u32, at: &Position) -> Request {
        http::get(
            HOST,
            format!("{BASE}/{what}/{}", encode(self.accommodation)),
        )
        .query("size", size.to_string())
        .query("page", at.page().to_string())
    }
}

fn read<T: DeserializeOwned>(request: Request) -> Result<T, Failure> {
    let response = request.send()?;
    if (200..300).contains(&response.status()) {
        Ok(response.json()?)
    } else {
        Err(failure(&response))
    }
}

/// Sends what is answered by its status alone.
fn done(request: Request) -> Result<(), Failure> {
    let response = request.send()?;
    if (200..300).contains(&response.status()) {
        Ok(())
    } else {
        Err(failure(&response))
    }
}

/// What an error means. The families come from Octorate's glossary, the rest from its clients' experience.
fn failure(response: &Response) -> Failure {
    // A body that is no JSON comes from something in between; its status still tells.
    let problem: Problem = response.json().unwrap_or_default();
    let message = format!("{response}: {}: {}", problem.kind, problem.message);
    match (response.status(), problem.kind.as_str()) {
        // An expired token is a 403 here, unlike a missing permission it heals by itself.
        (401, _) | (403, "ApiLoginExpired") => Failure::AuthExpired(message),
        // "Caller not in requested role": write access is granted by Octorate, per application.
        (403, _) => Failure::AuthRevoked(message),
        (400 | 422, kind) => Failure::invalid("", kind, message),
        (404, _) => Failure::NotFound(message),
        _ => response.failure(),
    }
}

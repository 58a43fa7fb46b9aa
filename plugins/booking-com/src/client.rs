//! The calls to Booking.com, and what its errors mean.

use roomwire_plugin_sdk::http::{self, Response};
use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Context, Failure, log};

use crate::Settings;
use crate::map::problems::{Problem, problems};
use crate::wire::{Queue, message, ruid};

const SUPPLY: &str = "supply-xml.booking.com";
const RESERVATIONS: &str = "secure-supply-xml.booking.com";
const OTA: &str = "/hotels/ota";

/// Of the notifications about the calendar: what the header selects and the message says.
pub(crate) const VERSION: &str = "1.1";

/// Booking.com, as one property of a machine account sees it.
#[derive(Debug)]
pub(crate) struct Client<'a> {
    property: &'a str,
}

/// What became of a notification.
#[derive(Debug)]
pub(crate) struct Notified {
    /// Whether anything of it was taken.
    pub(crate) taken: bool,
    pub(crate) problems: Vec<Problem>,
}

impl<'a> Client<'a> {
    pub(crate) fn new(context: &'a Context<Settings>) -> Self {
        Self {
            property: &context.settings.property,
        }
    }

    /// Which rates are sold on which rooms.
    pub(crate) fn room_rates(&self) -> Result<Element, Failure> {
        let question = Element::new("request").child(Element::new("hotel_id").text(self.property));
        let response = http::post(SUPPLY, "/hotels/xml/roomrates")
            .xml(&question)?
            .send()?;
        Ok(answered(response)?.xml()?)
    }

    /// Sends a notification about the calendar. A refusal of everything in it is an answer, too.
    pub(crate) fn notify(&self, name: &str, document: &Element) -> Result<Notified, Failure> {
        let response = http::post(SUPPLY, format!("{OTA}/{name}"))
            .header("accept-version", VERSION)
            .xml(document)?
            .send()?;
        let notified = match response.status() {
            200..=299 => read(&response)?,
            // It may not be XML that refuses what is not even well-formed.
            400 => Notified {
                taken: false,
                problems: response
                    .xml()
                    .map(|answer| problems(&answer))
                    .unwrap_or_default(),
            },
            _ => return Err(refused(&response)),
        };
        let verb = if notified.taken { "took" } else { "refused" };
        tell(
            log::Level::Info,
            &format!("Booking.com {verb} {name}"),
            (&response, &notified.problems),
        );
        Ok(notified)
    }

    /// What waits in a queue. Others' reservations may be among them where the filter is not known.
    pub(crate) fn waiting(&self, queue: Queue, one: Option<&str>) -> Result<Element, Failure> {
        let request = http::get(RESERVATIONS, format!("{OTA}/{}", queue.endpoint()))
            .query("hotel_ids", self.property);
        let request = match one {
            Some(id) => request.query("id", id),
            None => request,
        };
        let answer = answered(request.send()?)?.xml()?;
        if answer.name() == format!("{}RQ", queue.endpoint()) {
            return Ok(answer);
        }
        let message = format!("a queue of reservations answered with `{}`", answer.name());
        Err(Failure::Permanent(message))
    }

    /// Tells a queue that a message is stored: its ids, as they came.
    pub(crate) fn acknowledge(&self, queue: Queue, ids: Element) -> Result<(), Failure> {
        let (list, entry) = queue.entries();
        let entry = Element::new(entry).child(Element::new("ResGlobalInfo").child(ids));
        let document = message(&format!("{}RS", queue.endpoint()), "2.001")
            .child(Element::new("Success"))
            .child(Element::new(list).child(entry));
        let response = http::post(RESERVATIONS, format!("{OTA}/{}", queue.endpoint()))
            .xml(&document)?
            .send()?;
        // What a queue says in words of a success is not looked at: what it did not take comes again.
        answered(response).map(|_| ())
    }
}

/// What an answer of success says: it may refuse some of the message all the same.
fn read(response: &Response) -> Result<Notified, Failure> {
    let answer = response.xml()?;
    let problems = problems(&answer);
    if problems.is_empty() && answer.at(&["Success"]).is_none() {
        let message = format!("{response} and says neither success nor what is wrong");
        return Err(Failure::OutcomeUnknown(message));
    }
    Ok(Notified {
        taken: true,
        problems,
    })
}

fn answered(response: Response) -> Result<Response, Failure> {
    if (200..300).contains(&response.status()) {
        Ok(response)
    } else {
        Err(refused(&response))
    }
}

/// The status tells what an error means: an expired token is 401, and 403 is no access.
fn refused(response: &Response) -> Failure {
    let found = response.xml().map(|answer| problems(&answer));
    tell(
        log::Level::Warn,
        &response.to_string(),
        (response, &found.unwrap_or_default()),
    );
    response.failure()
}

/// A line with the names of what is wrong, and the id by which Booking.com finds the exchange.
fn tell(level: log::Level, message: &str, (response, found): (&Response, &[Problem])) {
    let codes: Vec<&str> = found.iter().map(|problem| problem.code.as_str()).collect();
    let codes = codes.join(",");
    let ruid = ruid(response.body()).unwrap_or_default();
    log::write(
        level,
        message,
        &[("problems", codes.as_str()), ("ruid", ruid.as_str())],
    );
}

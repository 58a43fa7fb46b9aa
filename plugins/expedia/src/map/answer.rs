//! The answer to a booking notification. With the hotel's number it is the confirmation; an error has Expedia tell the
//! booking by mail from then on; a fault has it send the notification again, until it expires and goes by mail.

use roomwire_plugin_sdk::channel::{ReservationOutcome, Verdict, WebhookOutcome, WebhookResponse};
use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Failure, Webhook, clock};

use crate::map::confirm;
use crate::wire::envelope::{EXPEDIAS, HOTEL, HOTELS, Kind, Notification, RESERVATION, fault};

const XML: &str = "text/xml; charset=UTF-8";

/// A passing fault of ours, in Expedia's codes.
const SOFTWARE: &str = "4000";
/// A message that is not understood.
const UNREADABLE: &str = "2002";

/// The longest sentence of an error.
const LONGEST_ERROR: usize = 512;
const LONGEST_FAULT: usize = 128;

pub(crate) fn answer(
    webhook: &Webhook,
    outcome: &WebhookOutcome,
) -> Result<WebhookResponse, Failure> {
    let Ok(told) = Notification::read(&webhook.body) else {
        return again(UNREADABLE, "the message is not understood");
    };
    match outcome {
        WebhookOutcome::WorkedOff(outcomes) => match &outcomes[..] {
            [one] => of_one(&told, one),
            _ => again(SOFTWARE, "the message did not lead to one booking"),
        },
        WebhookOutcome::Failed(failure) => refused(&told, failure),
        WebhookOutcome::Other(_) => again(SOFTWARE, "the booking is not known to be stored"),
    }
}

fn of_one(told: &Notification, one: &ReservationOutcome) -> Result<WebhookResponse, Failure> {
    match &one.verdict {
        Verdict::Accepted(number) => {
            let booking = told.booking()?;
            // Of what never came, and was cancelled, the hotel has no number.
            let number = number.clone().unwrap_or_else(|| confirm::number(booking));
            confirmed(told, booking, &number)
        }
        Verdict::Refused(failure) => refused(told, failure),
        Verdict::Other(_) => again(SOFTWARE, "the booking is not known to be stored"),
    }
}

fn confirmed(told: &Notification, booking: &str, number: &str) -> Result<WebhookResponse, Failure> {
    let now = now();
    let answer = told.answering(&now);
    let success = Element::new("Success");
    let Some([list, entry]) = told.kind.list() else {
        let of = |kind: &str, id: &str, company: &str| {
            Element::new("UniqueID")
                .attribute("Type", kind)
                .attribute("ID", id)
                .child(Element::new("CompanyName").text(company))
        };
        let hotels = of(HOTEL, number, told.responder());
        let info = Element::new("CancelInfoRS").child(hotels.clone());
        let expedias = of(RESERVATION, booking, "Expedia");
        let answer = answer.attribute("Status", "Cancelled");
        let answer = answer.children([success, expedias, hotels, info]);
        return written(200, &told.enveloped(answer));
    };
    let of = |kind: &str, id: &str, source: &str| {
        Element::new("HotelReservationID")
            .attribute("ResID_Type", kind)
            .attribute("ResID_Value", id)
            .attribute("ResID_Source", source)
            .attribute("ResID_Date", now.as_str())
    };
    let ids = Element::new("HotelReservationIDs").children([
        of(HOTELS, number, told.responder()),
        of(EXPEDIAS, booking, "Expedia"),
    ]);
    let entry = Element::new(entry).child(Element::new("ResGlobalInfo").child(ids));
    let status = match told.kind {
        Kind::Book => "Committed",
        Kind::Modify | Kind::Cancel => "Modified",
    };
    let answer = answer
        .attribute("ResResponseType", status)
        .child(success)
        .child(Element::new(list).child(entry));
    written(200, &told.enveloped(answer))
}

/// What cannot be understood will not be when it comes again. Everything else may be mended until it expires.
fn refused(told: &Notification, failure: &Failure) -> Result<WebhookResponse, Failure> {
    match failure {
        Failure::Permanent(sentence) => error(told, UNREADABLE, sentence),
        Failure::Invalid(invalid) => {
            let is_code =
                invalid.field.len() == 4 && invalid.field.bytes().all(|byte| byte.is_ascii_digit());
            let code = if is_code {
                invalid.field.as_str()
            } else {
                UNREADABLE
            };
            error(told, code, &invalid.message)
        }
        Failure::Retry(sentence) => again(SOFTWARE, sentence),
        _ => again(SOFTWARE, "the booking could not be stored"),
    }
}

fn error(told: &Notification, code: &str, sentence: &str) -> Result<WebhookResponse, Failure> {
    let error = Element::new("Error")
        .attribute("Language", "en-us")
        .attribute("Type", "3")
        .attribute("Code", "450")
        .attribute("ShortText", code)
        .text(cut(sentence, LONGEST_ERROR));
    let status = match told.kind {
        Kind::Cancel => "Status",
        Kind::Book | Kind::Modify => "ResResponseType",
    };
    let answer = told
        .answering(&now())
        .attribute(status, "Ignored")
        .child(Element::new("Errors").child(error));
    written(200, &told.enveloped(answer))
}

fn again(code: &str, sentence: &str) -> Result<WebhookResponse, Failure> {
    written(500, &fault(code, &cut(sentence, LONGEST_FAULT)))
}

fn cut(sentence: &str, most: usize) -> String {
    sentence.chars().take(most).collect()
}

fn now() -> String {
    clock::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn written(status: u16, document: &Element) -> Result<WebhookResponse, Failure> {
    let bytes = document.to_bytes_in_pairs()?;
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Ok(WebhookResponse::new(status, XML, body))
}

//! What became of a webhook, in the contract's words, and the answer that a guest makes of it.

use super::bindings::webhook_answer::exports::roomwire::channel::webhook_answer as wit;
use super::failure::told;
use super::text::Breach;
use crate::domain::connector::{ReservationOutcome, WebhookAnswer, WebhookOutcome};

const MAX_BODY: usize = 256 * 1024;
const MAX_CONTENT_TYPE: usize = 200;

pub(in crate::plugin) fn outcome(outcome: &WebhookOutcome) -> wit::WebhookOutcome {
    match outcome {
        Ok(outcomes) => wit::WebhookOutcome::WorkedOff(outcomes.iter().map(one).collect()),
        Err(failure) => wit::WebhookOutcome::Failed(told(failure)),
    }
}

fn one(outcome: &ReservationOutcome) -> wit::ReservationOutcome {
    wit::ReservationOutcome {
        reservation: outcome.reservation.clone(),
        revision: outcome.revision.clone(),
        verdict: match &outcome.verdict {
            Ok(number) => wit::Verdict::Accepted(number.clone()),
            Err(failure) => wit::Verdict::Refused(told(failure)),
        },
        extensions: Vec::new(),
    }
}

/// The answer, where it is one that this server may give: no redirect, and nothing that means another protocol.
pub(in crate::plugin) fn response(given: wit::WebhookResponse) -> Result<WebhookAnswer, Breach> {
    let wit::WebhookResponse {
        status,
        content_type,
        body,
        ..
    } = given;
    if !(200..300).contains(&status) && !(400..600).contains(&status) {
        return Err(Breach(format!(
            "`status` is neither 200 to 299 nor 400 to 599: {status}"
        )));
    }
    let printable = |byte: u8| (b' '..=b'~').contains(&byte);
    let is_type = (1..=MAX_CONTENT_TYPE).contains(&content_type.len())
        && content_type.contains('/')
        && content_type.bytes().all(printable);
    if !is_type {
        return Err(Breach("`content-type` is no media type".to_owned()));
    }
    if body.len() > MAX_BODY {
        return Err(Breach(format!("`body` has more than {MAX_BODY} bytes")));
    }
    Ok(WebhookAnswer {
        status,
        content_type,
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(status: u16, content_type: &str, body: &str) -> Result<WebhookAnswer, Breach> {
        response(wit::WebhookResponse {
            status,
            content_type: content_type.to_owned(),
            body: body.to_owned(),
            extensions: Vec::new(),
        })
    }

    #[test]
    fn an_answer_is_taken_as_it_is_or_not_at_all() {
        let taken = given(200, "text/xml; charset=UTF-8", "<ü/>").expect("an answer");
        assert_eq!((taken.status, taken.body.as_str()), (200, "<ü/>"));
        for (status, content_type, body) in [
            (100, "text/xml", ""),
            (301, "text/xml", ""),
            (999, "text/xml", ""),
            (200, "", ""),
            (200, "text", ""),
            (200, "text/xml\r\nset-cookie: a=b", ""),
            (200, "text/xml", &"x".repeat(MAX_BODY + 1)),
        ] {
            let refused = given(status, content_type, body);
            assert!(refused.is_err(), "{status} {content_type:?}");
        }
    }
}

//! Acknowledging: one message for each reservation, since what a queue does with the others of a refused one is not known.
//! What was told is remembered until all are, so that a call that breaks off is not begun anew.

use std::collections::BTreeSet;

use roomwire_plugin_sdk::{Context, Failure, kv, log};

use crate::Settings;
use crate::client::Client;
use crate::map::receipt::Receipt;

const TOLD: &str = "acknowledged";

/// Requests of one call: the manifest allows 32.
const MOST: usize = 30;

pub(crate) fn acknowledge(context: &Context<Settings>, receipts: &[String]) -> Result<(), Failure> {
    let before = kv::get(TOLD)?.unwrap_or_default();
    let mut told: BTreeSet<String> = serde_json::from_slice(&before).unwrap_or_default();
    let waiting: Vec<&String> = receipts
        .iter()
        .filter(|receipt| !told.contains(*receipt))
        .collect();
    let client = Client::new(context);
    let mut outcome = Ok(());
    for receipt in waiting.iter().take(MOST) {
        outcome = tell(&client, receipt);
        if outcome.is_err() {
            break;
        }
        told.insert((*receipt).clone());
    }
    if outcome.is_ok() && waiting.len() > MOST {
        // The rest is another call's, at once.
        outcome = Err(Failure::rate_limited(Some(1), "acknowledgements"));
    }
    match (&outcome, before.is_empty()) {
        (Ok(()), true) => {}
        (Ok(()), false) => kv::delete(TOLD)?,
        (Err(_), _) => kv::set(TOLD, &serde_json::to_vec(&told)?)?,
    }
    outcome
}

/// A message that is not the last any more, or that nobody knows, waits for nothing: what came after it is in a queue.
fn tell(client: &Client<'_>, text: &str) -> Result<(), Failure> {
    let receipt = Receipt::parse(text)?;
    match client.acknowledge(receipt.queue(), receipt.ids()) {
        // It may also be our mistake (the wrong endpoint), which would else show only in e-mails to the hotel.
        Err(Failure::Invalid(_)) => {
            log::warn(
                "Booking.com refused an acknowledgement (400): the message is not the last any more, or it was sent \
                 to the wrong queue; what still waits is pulled again",
            );
            Ok(())
        }
        Err(Failure::Stale(_) | Failure::NotFound(_)) => {
            log::info("an acknowledgement came too late: what changed meanwhile is pulled again");
            Ok(())
        }
        told => told,
    }
}

#[cfg(test)]
mod tests {
    use roomwire_plugin_sdk::testing::{Answer, Exchange, Host, LogLine, context};
    use serde_json::{Map, json};

    use super::*;

    fn receipt(id: usize) -> String {
        format!(r#"["new",[[["ResID_Value","{id}"]]]]"#)
    }

    fn answered(id: usize, status: u16) -> Exchange {
        let body = format!(
            concat!(
                r#"<?xml version="1.0" encoding="UTF-8"?><OTA_HotelResNotifRS "#,
                r#"xmlns="http://www.opentravel.org/OTA/2003/05" TimeStamp="1970-01-01T00:00:00Z" Version="2.001">"#,
                "<Success/><HotelReservations><HotelReservation><ResGlobalInfo><HotelReservationIDs>",
                r#"<HotelReservationID ResID_Value="{}"/>"#,
                "</HotelReservationIDs></ResGlobalInfo></HotelReservation></HotelReservations></OTA_HotelResNotifRS>"
            ),
            id
        );
        Exchange::post(
            "secure-supply-xml.booking.com",
            "/hotels/ota/OTA_HotelResNotif",
        )
        .json(body.into())
        .gets(Answer::Text {
            status,
            headers: Map::new(),
            text: "<RS><Success/></RS>".to_owned(),
        })
    }

    #[test]
    fn what_was_told_before_a_failure_is_not_told_again() {
        let context = context::<Settings>(&json!({"property": "1"}));
        let receipts = [1, 2, 3].map(receipt);
        let mut host = Host::new()
            .expect(answered(1, 200))
            .expect(answered(2, 500));
        assert!(host.run(|| acknowledge(&context, &receipts)).is_err());

        let mut host = host.expect(answered(2, 409)).expect(answered(3, 200));
        assert_eq!(host.run(|| acknowledge(&context, &receipts)), Ok(()));
        assert_eq!(host.remembered(TOLD), None, "nothing is kept for ever");
    }

    #[test]
    fn a_refusal_that_may_be_our_mistake_is_a_warning_and_a_late_one_is_none_of_ours() {
        let context = context::<Settings>(&json!({"property": "1"}));
        for (status, warned) in [(400, true), (409, false)] {
            let mut host = Host::new().expect(answered(1, status));
            let told = host.run(|| acknowledge(&context, &[receipt(1)]));
            assert_eq!(told, Ok(()), "{status}");
            let refused = |line: &&LogLine| line.message.contains("acknowledgement");
            let lines: Vec<&LogLine> = host.log().iter().filter(refused).collect();
            assert_eq!(lines.len(), 1, "{status}");
            assert_eq!(lines[0].level == log::Level::Warn, warned, "{status}");
        }
    }

    #[test]
    fn more_than_a_call_may_ask_are_told_in_two_calls() {
        let context = context::<Settings>(&json!({"property": "1"}));
        let receipts: Vec<String> = (0..40).map(receipt).collect();
        let script = |host, range: std::ops::Range<usize>| {
            range.fold(host, |host: Host, id| host.expect(answered(id, 200)))
        };
        let mut host = script(Host::new(), 0..30);
        let first = host.run(|| acknowledge(&context, &receipts));
        assert!(matches!(first, Err(Failure::RateLimited(_))), "{first:?}");
        let mut host = script(host, 30..40);
        assert_eq!(host.run(|| acknowledge(&context, &receipts)), Ok(()));
    }
}

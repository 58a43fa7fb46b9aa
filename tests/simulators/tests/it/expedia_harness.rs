//! A running Expedia and the messages that are sent to it.

use roomwire_simulators::expedia::{self, Expedia, Night, RatePlan, RoomType};

use crate::harness::{Answer, Call, HandClock, day};

/// The nights that are for sale: four from the first of December, three units at 120.50.
pub(crate) const NIGHTS: [&str; 4] = ["2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04"];

pub(crate) const ROOM: &str = "201001";
pub(crate) const RATE: &str = "301001";

const LOGIN: &str = "<Authentication username=\"simulated-hotel\" password=\"simulated-expedia-password\"></Authentication>";
const HOTEL: &str = "<Hotel id=\"12345678\"></Hotel>";

pub(crate) async fn expedia() -> (Expedia, HandClock) {
    expedia_of(expedia::Property::default()).await
}

pub(crate) async fn expedia_of(property: expedia::Property) -> (Expedia, HandClock) {
    let hand = HandClock::new();
    let options = expedia::Options {
        clock: hand.clock(),
        properties: vec![property],
        ..expedia::Options::default()
    };
    let expedia = expedia::start(options).await.expect("a port is free");
    assert!(expedia.add_room_type(RoomType::default()));
    assert!(expedia.add_rate_plan(RatePlan::default()));
    for text in NIGHTS {
        let night = Night {
            rates: [(0, 12_050)].into(),
            ..Night::default()
        };
        assert!(expedia.set_units(ROOM, day(text), 3));
        assert!(expedia.set_night(RATE, day(text), night));
    }
    (expedia, hand)
}

/// A message with the login and the property, and what the test puts behind them.
pub(crate) fn message(kind: &str, namespace: &str, rest: &str) -> String {
    format!(
        "<{kind}RQ xmlns=\"http://www.expediaconnect.com/EQC/{namespace}\">{LOGIN}{HOTEL}{rest}</{kind}RQ>"
    )
}

pub(crate) async fn post(expedia: &Expedia, path: &str, body: String) -> Answer {
    let call = Call::post(expedia.address(), path).header("content-type", "text/xml");
    call.body(body).send().await
}

/// Sends updates of availability or rates.
pub(crate) async fn update(expedia: &Expedia, updates: &str) -> Answer {
    post(
        expedia,
        "/eqc/ar",
        message("AvailRateUpdate", "AR/2011/06", updates),
    )
    .await
}

pub(crate) async fn retrieve(expedia: &Expedia, parameters: &str) -> Answer {
    post(
        expedia,
        "/eqc/br",
        message("BookingRetrieval", "BR/2014/01", parameters),
    )
    .await
}

pub(crate) async fn confirm(expedia: &Expedia, booking: &str, kind: &str) -> Answer {
    let number = format!(
        "<BookingConfirmNumbers><BookingConfirmNumber bookingID=\"{booking}\" bookingType=\"{kind}\" \
         confirmNumber=\"RW-1\" confirmTime=\"2026-11-23T10:00:00Z\"></BookingConfirmNumber></BookingConfirmNumbers>"
    );
    post(
        expedia,
        "/eqc/bc",
        message("BookingConfirm", "BC/2007/09", &number),
    )
    .await
}

/// One update of a room type over a range.
pub(crate) fn said(from: &str, to: &str, room: &str, says: &str) -> String {
    format!(
        "<AvailRateUpdate><DateRange from=\"{from}\" to=\"{to}\"></DateRange>\
         <RoomType id=\"{room}\">{says}</RoomType></AvailRateUpdate>"
    )
}

/// The code of an error, where the answer is one and nothing else.
pub(crate) fn error(answer: &Answer) -> Option<&str> {
    let (_, rest) = answer.body.split_once("<Error code=\"")?;
    assert!(!answer.body.contains("<Success"), "{}", answer.body);
    rest.split_once('"').map(|(code, _)| code)
}

//! Which answers are a confirmation.

use std::collections::BTreeMap;

use super::*;
use crate::expedia::{BookingRequest, Kind};

fn booked() -> Transaction {
    let day = |text: &str| text.parse().expect("a date");
    Transaction {
        booking: "2000000001".to_owned(),
        property: "12345678".to_owned(),
        kind: Kind::Book,
        request: BookingRequest::new("301001", day("2026-12-01"), day("2026-12-02")),
        prices: BTreeMap::new(),
        created: Timestamp::UNIX_EPOCH,
        expires: Timestamp::MAX,
        status: Status::Pending,
        confirm_number: None,
    }
}

fn heard_of(status: u16, answer: &str, told: &Transaction) -> Heard {
    let delivery = Delivery {
        webhook: String::new(),
        status,
        answer: answer.to_owned(),
    };
    heard(&delivery, told)
}

fn number(status: u16, answer: &str) -> Option<String> {
    match heard_of(status, answer, &booked()) {
        Heard::Confirmed(number) => Some(number),
        Heard::Refused | Heard::Nothing => None,
    }
}

const RIGHT: &str = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
    <OTA_HotelResNotifRS><Success/><HotelReservations><HotelReservation><ResGlobalInfo><HotelReservationIDs>\
    <HotelReservationID ResID_Type=\"8\" ResID_Value=\"2000000001\"/>\
    <HotelReservationID ResID_Type=\"3\" ResID_Value=\"RW1\"/>\
    </HotelReservationIDs></ResGlobalInfo></HotelReservation></HotelReservations></OTA_HotelResNotifRS>\
    </s:Body></s:Envelope>";

#[test]
fn an_answer_with_both_numbers_is_a_confirmation() {
    assert_eq!(number(200, RIGHT).as_deref(), Some("RW1"));
}

#[test]
fn anything_else_is_none() {
    for (from, to) in [
        ("<Success/>", ""),
        ("<Success/>", "<Success/><Errors><Error/></Errors>"),
        ("2000000001", "2000000002"),
        ("ResID_Type=\"3\"", "ResID_Type=\"8\""),
        ("RW1", ""),
        ("OTA_HotelResNotifRS", "OTA_HotelResModifyNotifRS"),
        ("s:Body", "s:Bode"),
        ("s:Envelope", "s:Letter"),
        ("</s:Envelope>", ""),
    ] {
        assert!(RIGHT.contains(from), "{from}");
        assert_eq!(number(200, &RIGHT.replace(from, to)), None, "{from}");
    }
    assert_eq!(number(202, RIGHT), None);
    assert_eq!(number(500, RIGHT), None);
    for other in ["", "ok", r#"{"received":"stored"}"#] {
        assert_eq!(number(200, other), None, "{other}");
    }
}

#[test]
fn an_error_has_the_booking_go_by_mail_and_a_fault_has_it_come_again() {
    let error = RIGHT.replace("<Success/>", "<Errors><Error/></Errors>");
    assert_eq!(heard_of(200, &error, &booked()), Heard::Refused);
    assert_eq!(heard_of(500, &error, &booked()), Heard::Nothing);
    let fault = "<s:Envelope xmlns:s=\"urn:s\"><s:Header></s:Header><s:Body><s:Fault></s:Fault></s:Body></s:Envelope>";
    assert_eq!(heard_of(500, fault, &booked()), Heard::Nothing);
}

#[test]
fn a_cancellation_is_confirmed_by_its_own_number() {
    let told = Transaction {
        kind: Kind::Cancel,
        ..booked()
    };
    let right = "<s:Envelope xmlns:s=\"urn:s\"><s:Body><OTA_CancelRS><Success/><UniqueID Type=\"14\" ID=\"2000000001\"/>\
        <UniqueID Type=\"10\" ID=\"RW1\"/><CancelInfoRS><UniqueID Type=\"10\" ID=\"RW2\"/></CancelInfoRS>\
        </OTA_CancelRS></s:Body></s:Envelope>";
    let confirmed = Heard::Confirmed("RW2".to_owned());
    assert_eq!(heard_of(200, right, &told), confirmed);
    for (from, to) in [
        ("2000000001", "2000000002"),
        ("CancelInfoRS", "Info"),
        ("<Success/>", ""),
    ] {
        let other = right.replace(from, to);
        assert_eq!(heard_of(200, &other, &told), Heard::Nothing, "{from}");
    }
}

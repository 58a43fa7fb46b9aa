//! Bookings: retrieved one transaction after the other, confirmed with the hotel's number, and lost to mail when late.

use jiff::SignedDuration;
use roomwire_simulators::expedia::{BookingRequest, Change, Status};

use crate::expedia_harness::{NIGHTS, RATE, ROOM, confirm, error, expedia, retrieve};
use crate::harness::day;

fn request() -> BookingRequest {
    BookingRequest {
        children_ages: vec![7],
        special_request: Some("Sea <view> & quiet".to_owned()),
        ..BookingRequest::new(RATE, day(NIGHTS[0]), day(NIGHTS[2]))
    }
}

/// The types that an answer tells, in their order.
fn types(body: &str) -> Vec<&str> {
    let told = body.split("type=\"").skip(1);
    told.filter_map(|rest| rest.split_once('"').map(|(kind, _)| kind))
        .collect()
}

#[tokio::test]
async fn a_booking_is_told_in_full_and_counted_by_expedia_itself() {
    let (expedia, _) = expedia().await;
    let id = expedia.book(request()).expect("for sale");
    assert_eq!(expedia.units(ROOM, day(NIGHTS[0])), Some(2));
    let answer = retrieve(&expedia, "").await;
    let head = format!(
        "<Booking id=\"{id}\" type=\"Book\" createDateTime=\"2026-11-23T10:00:00Z\" source=\"Expedia\" status=\"pending\">"
    );
    for part in [
        head.as_str(),
        "<Hotel id=\"12345678\"/>",
        "<RoomStay roomTypeID=\"201001\" ratePlanID=\"301001\">",
        "<StayDate arrival=\"2026-12-01\" departure=\"2026-12-03\"/>",
        "<GuestCount adult=\"2\" child=\"1\"><Child age=\"7\"/></GuestCount>",
        "<PerDayRate stayDate=\"2026-12-02\" baseRate=\"120.50\"/>",
        "<Total amountAfterTaxes=\"241.00\" amountOfTaxes=\"0.00\" currency=\"EUR\"/>",
        "<Name givenName=\"Grace\" surname=\"Hopper\"/>",
        "<SpecialRequest code=\"4\">Sea &lt;view&gt; &amp; quiet</SpecialRequest>",
    ] {
        assert!(
            answer.body.contains(part),
            "{part} is not in {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn transactions_come_one_by_one_each_after_the_confirmation_of_the_one_before() {
    let (expedia, _) = expedia().await;
    let id = expedia.book(request()).expect("for sale");
    let longer = Change {
        check_out: Some(day(NIGHTS[3])),
        ..Change::default()
    };
    expedia.change(&id, &longer).expect("allowed");
    expedia.cancel(&id).expect("allowed");
    let both = "<ParamSet><Status value=\"pending\"></Status><Status value=\"retrieved\"></Status></ParamSet>";
    for kind in ["Book", "Modify", "Cancel"] {
        assert_eq!(types(&retrieve(&expedia, "").await.body), [kind]);
        assert!(
            types(&retrieve(&expedia, "").await.body).is_empty(),
            "it is not pending any more"
        );
        assert_eq!(types(&retrieve(&expedia, both).await.body), [kind]);
        assert_eq!(error(&confirm(&expedia, &id, kind).await), None);
    }
    let all = expedia.transactions();
    assert!(all.iter().all(|one| one.status == Status::Confirmed));
    assert_eq!(expedia.units(ROOM, day(NIGHTS[0])), Some(3));

    let latest = retrieve(
        &expedia,
        &format!("<ParamSet><Booking id=\"{id}\"></Booking></ParamSet>"),
    )
    .await;
    assert_eq!(types(&latest.body), ["Cancel"]);
    assert!(
        latest.body.contains("roomTypeID=\"0\" ratePlanID=\"0\""),
        "{}",
        latest.body
    );
    assert!(
        latest.body.contains("confirmNumber=\"RW-1\""),
        "{}",
        latest.body
    );
    let days = retrieve(
        &expedia,
        "<ParamSet><NbDaysInPast>1</NbDaysInPast></ParamSet>",
    )
    .await;
    assert_eq!(types(&days.body), ["Cancel"]);
}

#[tokio::test]
async fn what_was_not_retrieved_cannot_be_confirmed() {
    let (expedia, _) = expedia().await;
    let id = expedia.book(request()).expect("for sale");
    assert_eq!(error(&confirm(&expedia, &id, "Book").await), Some("3010"));
    retrieve(&expedia, "").await;
    assert_eq!(error(&confirm(&expedia, &id, "Modify").await), Some("3010"));
    assert_eq!(error(&confirm(&expedia, "1", "Book").await), Some("3010"));
    assert_eq!(error(&confirm(&expedia, &id, "Book").await), None);
    assert_eq!(
        error(&confirm(&expedia, &id, "Book").await),
        None,
        "it may be told again"
    );
}

#[tokio::test]
async fn what_is_confirmed_too_late_went_by_mail() {
    let (expedia, hand) = expedia().await;
    let id = expedia.book(request()).expect("for sale");
    retrieve(&expedia, "").await;
    hand.advance(SignedDuration::from_hours(24));
    assert_eq!(error(&confirm(&expedia, &id, "Book").await), Some("3010"));
    let days = "<ParamSet><NbDaysInPast>2</NbDaysInPast></ParamSet>";
    assert!(types(&retrieve(&expedia, days).await.body).is_empty());
}

#[tokio::test]
async fn an_answer_holds_a_hundred_and_twenty_five_and_the_rest_comes_with_the_next() {
    let (expedia, _) = expedia().await;
    assert!(expedia.set_units(ROOM, day(NIGHTS[0]), 130));
    for _ in 0..130 {
        let one = BookingRequest::new(RATE, day(NIGHTS[0]), day(NIGHTS[1]));
        expedia.book(one).expect("for sale");
    }
    assert_eq!(types(&retrieve(&expedia, "").await.body).len(), 125);
    assert_eq!(types(&retrieve(&expedia, "").await.body).len(), 5);
}

#[tokio::test]
async fn parameters_that_contradict_each_other_are_refused() {
    let (expedia, _) = expedia().await;
    for parameters in [
        "<ParamSet></ParamSet>",
        "<ParamSet><Status value=\"lost\"></Status></ParamSet>",
        "<ParamSet><NbDaysInPast>31</NbDaysInPast></ParamSet>",
        "<ParamSet><Booking id=\"1\"></Booking><NbDaysInPast>2</NbDaysInPast></ParamSet>",
    ] {
        let answer = retrieve(&expedia, parameters).await;
        assert_eq!(error(&answer), Some("3010"), "{parameters}");
    }
    assert_eq!(error(&retrieve(&expedia, "").await), None);
}

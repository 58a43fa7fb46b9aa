//! A hotel behind Channex: the calendar in two messages, and bookings from hints, the feed and after an outage.

use std::time::Duration;

use jiff::{SignedDuration, ToSpan};
use roomwire_simulators::channex::{BookingRequest, Change, Mapped, Options, Receiver, Sort};
use roomwire_simulators::delivery::Manner;
use roomwire_simulators::faults::Failure;
use serde_json::{Value, json};

use crate::harness::channex::{
    BehindChannex, DOUBLE, DOUBLE_BAR, MAPPED, TWIN, TWIN_BAR, receiver, sorts,
};
use crate::harness::{Line, eventually, night};

const RESTRICTIONS: &str = "/api/v1/restrictions";

fn booking(arrival: i32, nights: i32) -> BookingRequest {
    BookingRequest::new(TWIN_BAR, night(arrival), night(arrival + nights))
}

async fn drifts(hotel: &BehindChannex) -> Value {
    let started = hotel
        .staff
        .post("connections/channex/parity", &json!({}))
        .await;
    assert_eq!(started.status / 100, 2, "{}", started.text());
    hotel.settled().await;
    let known = "SELECT coalesce(jsonb_agg(jsonb_build_array(night, field, ours, theirs)), '[]') FROM parity_drifts";
    hotel.world.value(known).await
}

#[tokio::test]
async fn five_hundred_nights_of_every_product_are_two_messages_and_show_no_drift() {
    let hotel = BehindChannex::start().await;
    let before = hotel.channex.messages().len();
    let marked = hotel
        .staff
        .post("connections/channex/sync", &json!({}))
        .await;
    assert_eq!(marked.status / 100, 2, "{}", marked.text());
    hotel.settled().await;
    let messages = hotel.channex.messages().split_off(before);
    assert_eq!(sorts(&messages), (1, 1));
    assert!(messages.iter().all(|message| message.warnings.is_empty()));
    assert_eq!(hotel.refused(), 0);

    let today = hotel
        .world
        .clock
        .now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    for days in 1..498_i32 {
        let night = today + days.days();
        for (_, _, room_type, rate_plan) in MAPPED {
            let shown = hotel.channex.night(rate_plan, night).expect("a rate plan");
            let open = hotel.units(room_type, night) > 0;
            assert!(open || shown.stop_sell, "{night} {rate_plan}: {shown:?}");
            assert_eq!(shown.rate.is_some(), !shown.stop_sell, "{night}");
        }
    }
    assert_eq!(drifts(&hotel).await, json!([]));
}

#[tokio::test]
async fn a_rate_plan_that_is_sold_per_person_has_each_price_and_is_no_drift() {
    let hotel = BehindChannex::selling(Options::default(), &[TWIN_BAR]).await;
    let shown = |rate_plan: &str| {
        let shown = hotel.channex.night(rate_plan, night(0));
        let shown = shown.expect("a rate plan");
        (shown.rate, Vec::from_iter(shown.rates))
    };
    let everybody = vec![(1, 12_000), (2, 12_000), (3, 12_000)];
    assert_eq!(shown(TWIN_BAR), (None, everybody));

    let before = hotel.channex.messages().len();
    let single = json!({"adults": 1, "kind": "amount", "value": -2000});
    let change = json!({"occupancy_prices": [single]});
    let changed = hotel.staff.patch("products/DBL/BAR").json(&change).await;
    changed.expect(200);
    hotel.settled().await;
    let messages = hotel.channex.messages().split_off(before);
    assert!(
        messages
            .iter()
            .all(|message| message.sort == Sort::Restrictions)
    );
    let prices = vec![(1, 10_000), (2, 12_000), (3, 12_000)];
    assert_eq!(shown(TWIN_BAR), (None, prices));
    assert_eq!(shown(DOUBLE_BAR), (Some(8_000), Vec::new()));
    assert_eq!(drifts(&hotel).await, json!([]));
    assert_eq!(hotel.refused(), 0);
}

#[tokio::test]
async fn a_drift_at_channex_is_seen_and_mended() {
    let hotel = BehindChannex::start().await;
    assert!(hotel.channex.set_units(TWIN, night(0), 9));
    // The first look suspects, the look after a minute believes: here both are asked for.
    for _ in 0..2 {
        hotel
            .world
            .execute(
                "SELECT enqueue_job('parity', 'parity:' || c.id, 'parity:' || c.id, c.hotel_id,
                     jsonb_build_object('connection_id', c.id), 1::smallint, interval '0')
                 FROM connections c WHERE c.name = 'channex'",
            )
            .await;
        let due = "SELECT count(*) FROM jobs WHERE kind = 'parity' AND state <> 'dead' AND run_at <= clock_timestamp()";
        hotel.world.until(due, 0).await;
    }
    eventually("the drift is mended", Duration::from_secs(30), async || {
        (hotel.units(TWIN, night(0)) == 8).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_channels_products_are_found_for_the_mapping() {
    let hotel = BehindChannex::start().await;
    let found = hotel.staff.get("connections/channex/products").await;
    let found = found.expect(200);
    let text = found.to_string();
    for (_, _, room_type, rate_plan) in MAPPED {
        assert!(
            text.contains(room_type) && text.contains(rate_plan),
            "{text}"
        );
    }
    assert!(text.contains("Twin") && text.contains("Double"), "{text}");
}

#[tokio::test]
async fn each_step_of_a_booking_is_followed_as_it_happens() {
    let hotel = BehindChannex::start().await;
    let id = hotel.channex.book(booking(0, 2)).expect("for sale");
    hotel.tell(&hotel.revisions(&id)).await;
    let made = hotel.channel_reservations().await.remove(0);
    assert_eq!(
        (&made["status"], &made["unmapped"], &made["source"]),
        (&json!("confirmed"), &json!(false), &json!("Booking.com"))
    );
    assert_eq!(made["total"], json!({"minor": 24_000, "currency": "EUR"}));
    assert_eq!(hotel.units(TWIN, night(0)), 7);

    let change = Change {
        rooms: Some(3),
        check_out: Some(night(1)),
        ..Change::default()
    };
    hotel.channex.change(&id, &change).expect("allowed");
    hotel.tell(&hotel.revisions(&id)[1..]).await;
    assert_eq!(
        [hotel.units(TWIN, night(0)), hotel.units(TWIN, night(1))],
        [5, 8]
    );

    hotel.channex.cancel(&id).expect("allowed");
    hotel.tell(&hotel.revisions(&id)[2..]).await;
    let after = hotel.channel_reservations().await;
    assert_eq!((after.len(), &after[0]["status"]), (1, &json!("cancelled")));
    assert_eq!(hotel.units(TWIN, night(0)), 8);
    assert_eq!(hotel.unacknowledged(), Vec::<String>::new());
}

#[tokio::test]
async fn a_booking_that_no_webhook_told_of_comes_from_the_feed() {
    let hotel = BehindChannex::start().await;
    hotel.channex.book(booking(0, 1)).expect("for sale");
    hotel.pull().await;
    assert_eq!(hotel.channel_reservations().await.len(), 1);
    assert_eq!(hotel.units(TWIN, night(0)), 7);
    assert_eq!(hotel.unacknowledged(), Vec::<String>::new());
}

#[tokio::test]
async fn a_revision_that_left_the_feed_during_an_outage_is_found_among_the_bookings() {
    let options = Options {
        feed_window: SignedDuration::ZERO,
        ..Options::default()
    };
    let hotel = BehindChannex::with(options).await;
    hotel.channex.book(booking(0, 1)).expect("for sale");
    hotel.pull().await;
    assert_eq!(hotel.channel_reservations().await.len(), 1);
    assert_eq!(hotel.unacknowledged(), Vec::<String>::new());
}

#[tokio::test]
async fn a_hint_without_the_right_secret_is_refused_and_leads_to_nothing() {
    let hotel = BehindChannex::start().await;
    let id = hotel.channex.book(booking(0, 1)).expect("for sale");
    let revisions = hotel.revisions(&id);
    let url = hotel.webhook();
    for secret in [
        "a-secret-that-channex-repeat",
        "another-secret-altogether",
        "",
    ] {
        let forged = Receiver { url: &url, secret };
        let delivery = hotel.channex.deliver(&revisions[0], forged).await;
        assert_eq!(delivery.expect("somebody answers").status, 401, "{secret}");
    }
    hotel.settled().await;
    assert_eq!(hotel.channel_reservations().await, Vec::<Value>::new());

    let answers = hotel
        .channex
        .deliver_all(&revisions, receiver(&url), Manner::Altered)
        .await
        .expect("somebody answers");
    assert_eq!(answers[0].status, 200, "{}", answers[0].answer);
    hotel.settled().await;
    let made = hotel.channel_reservations().await.remove(0);
    assert_eq!(made["status"], "confirmed", "its body said cancelled");
    assert_eq!(made["total"]["minor"], 12_000, "its body said nothing");
}

#[tokio::test]
async fn the_same_hint_twice_counts_once() {
    let hotel = BehindChannex::start().await;
    let id = hotel.channex.book(booking(0, 1)).expect("for sale");
    let url = hotel.webhook();
    let answers = hotel
        .channex
        .deliver_all(&hotel.revisions(&id), receiver(&url), Manner::Duplicated)
        .await
        .expect("somebody answers");
    let answers: Vec<&str> = answers.iter().map(|one| one.answer.as_str()).collect();
    assert_eq!(
        answers,
        [r#"{"received":"stored"}"#, r#"{"received":"duplicate"}"#]
    );
    hotel.settled().await;
    assert_eq!(hotel.channel_reservations().await.len(), 1);
    assert_eq!(hotel.units(TWIN, night(0)), 7);
}

#[tokio::test]
async fn a_booking_of_what_is_not_mapped_is_kept_flagged_and_acknowledged() {
    let hotel = BehindChannex::start().await;
    for (place, mapped) in [(0, Mapped::Nothing), (1, Mapped::RoomType)] {
        let request = BookingRequest {
            mapped,
            ..booking(place, 1)
        };
        let id = hotel.channex.book(request).expect("for sale");
        hotel.tell(&hotel.revisions(&id)).await;
    }
    for reservation in hotel.channel_reservations().await {
        assert_eq!(
            (&reservation["status"], &reservation["unmapped"]),
            (&json!("confirmed"), &json!(true))
        );
    }
    // Where the room type is known somebody will sleep in it.
    assert_eq!(
        [hotel.units(TWIN, night(0)), hotel.units(TWIN, night(1))],
        [8, 7]
    );
    assert_eq!(hotel.unacknowledged(), Vec::<String>::new());
}

#[tokio::test]
async fn a_booking_of_what_was_sold_meanwhile_is_kept_and_flagged() {
    let hotel = BehindChannex::start().await;
    let request = BookingRequest::new(DOUBLE_BAR, night(0), night(1));
    let id = hotel.channex.book(request).expect("for sale");
    let line = Line {
        room_type: "SGL",
        units: 4,
        adults: 1,
        nights: 1,
        ..Line::default()
    };
    hotel.guest.reserve(&[line]).await;
    hotel.tell(&hotel.revisions(&id)).await;
    let made = hotel.channel_reservations().await.remove(0);
    assert_eq!(
        (&made["status"], &made["overbooked"]),
        (&json!("confirmed"), &json!(true))
    );
    assert_eq!(hotel.units(DOUBLE, night(0)), 0);
    assert_eq!(hotel.unacknowledged(), Vec::<String>::new());
}

#[tokio::test]
async fn after_too_many_requests_nothing_is_sent_before_the_pause_is_over() {
    let hotel = BehindChannex::start().await;
    hotel.channex.clear_requests();
    let failure = Failure::TooManyRequests {
        retry_after: Some(3),
    };
    hotel.channex.fail_next(failure, 1, RESTRICTIONS);
    let price = |price: i32| {
        json!({"dates": [{"from": night(0), "to": night(0)}],
            "products": [{"room_type": "DBL", "rate_plan": "BAR"}], "price": price})
    };
    hotel.staff.edit(&[price(20_000)]).await.expect(200);
    // A change during the pause waits for its end too.
    tokio::time::sleep(Duration::from_millis(1_800)).await;
    hotel.guest.hold(&[Line::default()]).await;
    hotel.settled().await;

    let shown = hotel
        .channex
        .night(TWIN_BAR, night(0))
        .expect("a rate plan");
    assert_eq!((shown.rate, hotel.units(TWIN, night(0))), (Some(20_000), 7));
    let requests = hotel.channex.requests();
    let arrived: Vec<_> = requests.iter().map(|request| request.arrived).collect();
    assert!(arrived.len() >= 3, "{requests:#?}");
    assert!(
        arrived[1].duration_since(arrived[0]).as_millis() >= 2_900,
        "{arrived:?}"
    );
    assert_eq!(hotel.refused(), 1);
}

#[tokio::test]
async fn a_price_alone_is_told_alone_and_a_hold_says_nothing_of_prices() {
    let hotel = BehindChannex::start().await;
    let before = hotel.channex.messages().len();
    hotel.guest.hold(&[Line::default()]).await;
    hotel.settled().await;
    let messages = hotel.channex.messages().split_off(before);
    assert_eq!(sorts(&messages), (1, 0));
    let price = json!({"dates": [{"from": night(0), "to": night(3)}],
        "products": [{"room_type": "DBL", "rate_plan": "BAR"}], "price": 33_300});
    let messages = hotel.edit(&[price]).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].sort, Sort::Restrictions);
    let [value] = messages[0].values.as_slice() else {
        panic!("{messages:#?}");
    };
    assert_eq!(
        (&value["rate"], value.as_object().map(serde_json::Map::len)),
        (&json!("333.00"), Some(5))
    );
}

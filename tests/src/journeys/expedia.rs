//! A hotel at Expedia: its calendar in messages of XML, bookings from retrieval to the confirmation number, notifications.

use std::time::Duration;

use jiff::{SignedDuration, ToSpan};
use roomwire_simulators::delivery::Manner;
use roomwire_simulators::expedia::{
    BookingRequest, Change, EventType, Night, PricingModel, RatePlan, RateUpdate, RoomType, Status,
    Update,
};
use roomwire_simulators::faults::Failure;
use serde_json::{Value, json};

use crate::harness::expedia::{
    AtExpedia, DOUBLE, DOUBLE_BAR, DOUBLE_BB, MAPPED, PASSWORD, SINGLE, SINGLE_BAR, WEBHOOK_SECRET,
    receiver,
};
use crate::harness::{Line, eventually, night};

fn booking(arrival: i32, nights: i32) -> BookingRequest {
    BookingRequest::new(DOUBLE_BAR, night(arrival), night(arrival + nights))
}

/// An edit of a double's price at a rate plan, over these nights.
fn price(rate_plan: &str, (first, last): (i32, i32), minor: i64) -> Value {
    json!({"dates": [{"from": night(first), "to": night(last)}],
        "products": [{"room_type": "DBL", "rate_plan": rate_plan}], "price": minor})
}

#[tokio::test]
async fn two_years_of_every_product_are_messages_of_five_thousand_updates_at_most() {
    let hotel = AtExpedia::start().await;
    let before = hotel.expedia.messages().len();
    let marked = hotel
        .staff
        .post("connections/expedia/sync", &json!({}))
        .await;
    assert_eq!(marked.status / 100, 2, "{}", marked.text());
    hotel.settled().await;
    let messages = hotel.expedia.messages().split_off(before);
    assert!((2..=8).contains(&messages.len()), "{}", messages.len());
    for message in &messages {
        assert!(message.weight <= 5_000, "{}", message.weight);
        assert!(message.warnings.is_empty(), "{:?}", message.warnings);
        let units = message.updates.iter().filter(|one| one.units.is_some());
        let units = units.count();
        assert!(
            units == 0 || units == message.updates.len(),
            "one sort in each"
        );
    }
    assert!(
        messages[0].updates[0].units.is_some(),
        "availability goes first"
    );
    assert_eq!(hotel.refused(), 0);

    let today = night(0) - 100.days();
    for days in 1..680_i32 {
        let night = today + days.days();
        for (_, _, room_type, rate_plan) in MAPPED {
            let shown = hotel.expedia.night(rate_plan, night).expect("a rate plan");
            let open = hotel.units(room_type, night) > 0;
            assert!(open || shown.closed, "{night} {rate_plan}: {shown:?}");
            assert_eq!(shown.rate().is_some(), !shown.closed, "{night}");
        }
    }
    let shown = [DOUBLE, SINGLE].map(|room_type| hotel.units(room_type, night(0)));
    assert_eq!(shown, [8, 4]);
}

#[tokio::test]
async fn a_price_alone_is_told_alone_and_a_hold_says_nothing_of_prices() {
    let hotel = AtExpedia::start().await;
    let messages = hotel.edit(&[price("BAR", (0, 3), 33_300)]).await;
    assert_eq!(messages.len(), 1);
    let rate = RateUpdate {
        id: DOUBLE_BAR.to_owned(),
        rates: vec![(0, 33_300)],
        ..RateUpdate::default()
    };
    let expected = Update {
        first: night(0),
        last: night(3),
        room_type: DOUBLE.to_owned(),
        units: None,
        rate_plan: Some(rate),
    };
    assert_eq!(messages[0].updates, [expected]);

    let before = hotel.expedia.messages().len();
    hotel.guest.hold(&[Line::default()]).await;
    hotel.settled().await;
    let messages = hotel.expedia.messages().split_off(before);
    let said: Vec<_> = messages
        .iter()
        .flat_map(|message| &message.updates)
        .collect();
    assert!(
        said.iter()
            .all(|one| one.units == Some(7) && one.rate_plan.is_none()),
        "{said:#?}"
    );
    assert_eq!(hotel.units(DOUBLE, night(0)), 7);
}

#[tokio::test]
async fn a_changed_price_by_occupancy_is_told_of_its_product_and_of_nothing_else() {
    let hotel = AtExpedia::priced(PricingModel::OccupancyBasedPricing).await;
    let shown = |rate_plan: &str| {
        let shown = hotel.expedia.night(rate_plan, night(0));
        Vec::from_iter(shown.expect("a rate plan").rates)
    };
    let everybody = [(1, 12_000), (2, 12_000), (3, 12_000)];
    assert_eq!(shown(DOUBLE_BAR), everybody);
    assert_eq!(shown(SINGLE_BAR), [(1, 8_000)]);

    let change = async |prices: Value| {
        let before = hotel.expedia.messages().len();
        let path = "products/DBL/BAR";
        let change = json!({"occupancy_prices": prices});
        hotel.staff.patch(path).json(&change).await.expect(200);
        hotel.settled().await;
        hotel.expedia.messages().split_off(before)
    };
    let single = json!({"adults": 1, "kind": "amount", "value": -2000});
    let triple = json!({"adults": 3, "kind": "percent", "value": 2500});
    let messages = change(json!([single, triple])).await;
    assert_eq!(shown(DOUBLE_BAR), [(1, 10_000), (2, 12_000), (3, 15_000)]);
    assert!(!messages.is_empty());
    for update in messages.iter().flat_map(|message| &message.updates) {
        let rate = update.rate_plan.clone().expect("a rate plan's");
        assert_eq!(rate.rates.len(), 3);
        let only = RateUpdate {
            id: DOUBLE_BAR.to_owned(),
            rates: rate.rates.clone(),
            ..RateUpdate::default()
        };
        assert_eq!((update.units, rate), (None, only));
    }
    assert_eq!(change(json!([triple, single])).await, [], "nothing changed");

    let messages = hotel.edit(&[price("BAR", (0, 0), 20_000)]).await;
    let told = messages[0].updates[0].rate_plan.clone();
    assert_eq!(
        told.expect("a rate plan's").rates,
        [(1, 18_000), (2, 20_000), (3, 25_000)]
    );
    let alone = BookingRequest {
        adults: 1,
        ..booking(0, 1)
    };
    hotel.expedia.book(alone).expect("for sale");
    hotel.pull().await;
    let made = hotel.channel_reservations().await.remove(0);
    assert_eq!(made["total"]["minor"], 18_000);
    assert_eq!(hotel.refused(), 0);
}

#[tokio::test]
async fn what_a_message_leaves_out_waits_for_a_person_and_the_rest_is_shown() {
    let hotel = AtExpedia::start().await;
    // More than the property's threshold: Expedia applies the rest of the message, and warns.
    let edits = [price("BAR", (0, 0), 2_000_000), price("BB", (0, 0), 15_000)];
    hotel.edit(&edits).await;
    let shown = |rate_plan: &str| {
        let shown = hotel.expedia.night(rate_plan, night(0));
        shown.expect("a rate plan").rate()
    };
    assert_eq!(
        (shown(DOUBLE_BAR), shown(DOUBLE_BB)),
        (Some(12_000), Some(15_000))
    );
    let waiting = "SELECT jsonb_agg(DISTINCT night) FROM dirty_cells WHERE reason LIKE '%7019%'";
    assert_eq!(hotel.world.value(waiting).await, json!([night(0)]));
    hotel.edit(&[price("BAR", (0, 0), 20_000)]).await;
    assert_eq!(shown(DOUBLE_BAR), Some(20_000));
    assert_eq!(
        hotel
            .world
            .number("SELECT count(*) FROM dirty_cells WHERE reason IS NOT NULL")
            .await,
        0
    );
}

#[tokio::test]
async fn what_finds_no_connection_is_sent_again() {
    let hotel = AtExpedia::start().await;
    hotel.expedia.be_busy(1);
    hotel.edit(&[price("BAR", (0, 0), 20_000)]).await;
    eventually("the price is shown", Duration::from_secs(30), async || {
        let shown = hotel.expedia.night(DOUBLE_BAR, night(0));
        (shown.expect("a rate plan").rate() == Some(20_000)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_propertys_products_are_found_for_the_mapping() {
    let hotel = AtExpedia::start().await;
    let found = hotel.staff.get("connections/expedia/products").await;
    let text = found.expect(200).to_string();
    for (_, _, room_type, rate_plan) in MAPPED {
        assert!(
            text.contains(room_type) && text.contains(rate_plan),
            "{text}"
        );
    }
    let tested = hotel
        .staff
        .post("connections/expedia/test", &json!({}))
        .await;
    assert_eq!(tested.status, 200, "{}", tested.text());
    assert!(
        tested.text().contains("reached property 12345678"),
        "{}",
        tested.text()
    );
}

#[tokio::test]
async fn each_step_of_a_booking_is_followed_and_confirmed_once_it_is_stored() {
    let hotel = AtExpedia::start().await;
    let id = hotel.expedia.book(booking(0, 2)).expect("for sale");
    hotel.pull().await;
    let made = hotel.channel_reservations().await.remove(0);
    assert_eq!(
        (&made["status"], &made["unmapped"], &made["source"]),
        (&json!("confirmed"), &json!(false), &json!("Expedia"))
    );
    assert_eq!(made["total"], json!({"minor": 24_000, "currency": "EUR"}));
    assert_eq!(hotel.units(DOUBLE, night(0)), 7);
    let confirmed = hotel.expedia.transactions().remove(0);
    let number = format!("RW{id}");
    assert_eq!(
        (confirmed.status, confirmed.confirm_number.as_ref()),
        (Status::Confirmed, Some(&number))
    );
    let notes = made["notes"].as_str().unwrap_or_default();
    assert!(notes.contains(&number), "staff know the number: {notes}");

    let shorter = Change {
        check_out: Some(night(1)),
        ..Change::default()
    };
    hotel.expedia.change(&id, &shorter).expect("allowed");
    hotel.pull().await;
    let changed = hotel.channel_reservations().await.remove(0);
    assert_eq!(changed["total"]["minor"], 12_000);
    assert_eq!([0, 1].map(|days| hotel.units(DOUBLE, night(days))), [7, 8]);

    hotel.expedia.cancel(&id).expect("allowed");
    hotel.pull().await;
    let after = hotel.channel_reservations().await;
    assert_eq!((after.len(), &after[0]["status"]), (1, &json!("cancelled")));
    assert_eq!(hotel.units(DOUBLE, night(0)), 8);
    assert!(hotel.unconfirmed().is_empty());

    for kept in [PASSWORD, "4111111111111111"] {
        assert_eq!(
            hotel.tables_with(kept).await,
            Vec::<String>::new(),
            "{kept}"
        );
    }
}

#[tokio::test]
async fn transactions_that_wait_behind_each_other_end_in_the_last_state() {
    let hotel = AtExpedia::start().await;
    let gone = hotel.expedia.book(booking(0, 1)).expect("for sale");
    hotel.expedia.cancel(&gone).expect("allowed");
    let moved = hotel.expedia.book(booking(3, 1)).expect("for sale");
    let later = Change {
        check_in: Some(night(7)),
        check_out: Some(night(9)),
        ..Change::default()
    };
    hotel.expedia.change(&moved, &later).expect("allowed");
    // Each is told only after the one before is confirmed.
    for waiting in [2, 0] {
        hotel.pull().await;
        assert_eq!(hotel.unconfirmed().len(), waiting);
    }
    let mut states: Vec<_> = hotel.channel_reservations().await;
    states.retain(|one| one["status"] == "confirmed");
    assert_eq!(
        (states.len(), &states[0]["total"]["minor"]),
        (1, &json!(24_000))
    );
    let units = [0, 3, 7, 8].map(|days| hotel.units(DOUBLE, night(days)));
    assert_eq!(units, [8, 8, 7, 7]);
}

#[tokio::test]
async fn a_confirmation_whose_answer_was_lost_is_told_again_and_counts_once() {
    let hotel = AtExpedia::start().await;
    hotel
        .expedia
        .fail_next(Failure::CloseAfterApplying, 1, "/eqc/bc");
    hotel.expedia.book(booking(0, 1)).expect("for sale");
    hotel.pull().await;
    assert!(hotel.unconfirmed().is_empty());
    hotel.pull().await;
    assert_eq!(hotel.channel_reservations().await.len(), 1);
    assert_eq!(hotel.units(DOUBLE, night(0)), 7);
}

#[tokio::test]
async fn a_booking_of_what_is_not_mapped_is_kept_flagged_and_confirmed() {
    let hotel = AtExpedia::start().await;
    assert!(hotel.expedia.add_room_type(RoomType {
        id: "201099".to_owned(),
        ..RoomType::default()
    }));
    for (rate_plan, room_type) in [("301098", "201099"), ("301099", DOUBLE)] {
        assert!(hotel.expedia.add_rate_plan(RatePlan {
            id: rate_plan.to_owned(),
            room_type: room_type.to_owned(),
            ..RatePlan::default()
        }));
        let shown = Night {
            rates: [(0, 9_900)].into(),
            ..Night::default()
        };
        assert!(hotel.expedia.set_night(rate_plan, night(0), shown));
    }
    assert!(hotel.expedia.set_units("201099", night(0), 1));
    for rate_plan in ["301098", "301099"] {
        let request = BookingRequest::new(rate_plan, night(0), night(1));
        hotel.expedia.book(request).expect("for sale");
    }
    hotel.pull().await;
    let made = hotel.channel_reservations().await;
    assert_eq!(made.len(), 2);
    for reservation in made {
        assert_eq!(
            (&reservation["status"], &reservation["unmapped"]),
            (&json!("confirmed"), &json!(true))
        );
    }
    // Where the room type is known somebody will sleep in it.
    assert_eq!(hotel.units(DOUBLE, night(0)), 7);
    assert!(hotel.unconfirmed().is_empty());
}

#[tokio::test]
async fn a_booking_of_what_was_sold_meanwhile_is_kept_and_flagged() {
    let hotel = AtExpedia::start().await;
    let request = BookingRequest::new(SINGLE_BAR, night(0), night(1));
    hotel.expedia.book(request).expect("for sale");
    let line = Line {
        room_type: "SGL",
        units: 4,
        adults: 1,
        nights: 1,
        ..Line::default()
    };
    hotel.guest.reserve(&[line]).await;
    hotel.pull().await;
    let made = hotel.channel_reservations().await.remove(0);
    assert_eq!(
        (&made["status"], &made["overbooked"]),
        (&json!("confirmed"), &json!(true))
    );
    assert_eq!(hotel.units(SINGLE, night(0)), 0);
    assert!(hotel.unconfirmed().is_empty());
}

#[tokio::test]
async fn a_notification_counts_once_with_the_right_signature_and_never_without() {
    let hotel = AtExpedia::start().await;
    let url = hotel.webhook();
    let right = [WEBHOOK_SECRET];
    let events = [EventType::PropertyStatusChanged];
    let told = hotel
        .expedia
        .notify_all(&events, receiver(&url, &right), Manner::Duplicated);
    let answers = told.await.expect("somebody answers");
    let answers: Vec<&str> = answers.iter().map(|one| one.answer.as_str()).collect();
    assert_eq!(
        answers,
        [r#"{"received":"stored"}"#, r#"{"received":"duplicate"}"#]
    );
    let event = EventType::MessageReceived;
    let rotating = ["the-secret-that-comes-next", WEBHOOK_SECRET];
    let told = hotel.expedia.notify(event, receiver(&url, &rotating)).await;
    assert_eq!(told.expect("somebody answers").status, 200);

    for wrong in [
        "another-secret-altogether",
        "a-secret-of-expedias-notice",
        "",
    ] {
        let forged = hotel.expedia.notify(event, receiver(&url, &[wrong])).await;
        assert_eq!(forged.expect("somebody answers").status, 401, "{wrong}");
    }
    let altered = hotel
        .expedia
        .notify_all(&events, receiver(&url, &right), Manner::Altered);
    assert_eq!(altered.await.expect("somebody answers")[0].status, 401);
    for minutes in [-6, 6] {
        let at = hotel.world.clock.now() + SignedDuration::from_mins(minutes);
        let replayed = hotel
            .expedia
            .replay(event, receiver(&url, &right), at)
            .await;
        assert_eq!(replayed.expect("somebody answers").status, 400, "{minutes}");
    }
    hotel.settled().await;
    assert_eq!(hotel.channel_reservations().await, Vec::<Value>::new());
    assert_eq!(
        hotel.tables_with(WEBHOOK_SECRET).await,
        Vec::<String>::new()
    );
}

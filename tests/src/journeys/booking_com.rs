//! A hotel at Booking.com: the calendar in OTA XML, and reservations from its queues.

use jiff::ToSpan;
use roomwire_simulators::booking_com::{BookingRequest, Change, Night, Pricing, Rate, Room};
use serde_json::{Value, json};

use crate::harness::booking_com::{AtBookingCom, BAR, BREAKFAST, DOUBLE, MAPPED, price};
use crate::harness::{Line, night};

const AVAILABILITY: &str = "OTA_HotelAvailNotif";
const PRICES: &str = "OTA_HotelRateAmountNotif";

fn booking(arrival: i32, nights: i32) -> BookingRequest {
    BookingRequest::new(DOUBLE, BAR, night(arrival), night(arrival + nights))
}

#[tokio::test]
async fn a_year_of_every_product_is_shown_and_an_edit_tells_only_what_changed() {
    let hotel = AtBookingCom::start().await;
    assert_eq!(hotel.refused(), 0);
    let shown = hotel.booking_com.notifications();
    assert!(
        shown.iter().all(|one| one.problems.is_empty()),
        "{shown:#?}"
    );
    let today = hotel.world.clock.now().to_zoned(jiff::tz::TimeZone::UTC);
    for days in 1..398_i32 {
        let night = today.date() + days.days();
        for (_, _, room, rate) in MAPPED {
            let shown = hotel.booking_com.night(room, rate, night);
            let open = hotel.units(room, night) > 0;
            assert!(open || shown.closed, "{night} {room} {rate}: {shown:?}");
            assert_eq!(shown.price.is_some(), !shown.closed, "{night}");
        }
    }

    let told = hotel.edit(&[price("BAR", night(0), 33_300)]).await;
    let told: Vec<(&str, usize)> = told.iter().map(|one| (one.name, one.lines)).collect();
    assert_eq!(told, [(PRICES, 1)]);
    let shown = hotel.booking_com.night(DOUBLE, BAR, night(0));
    assert_eq!(shown.price, Some(33_300));

    let before = hotel.booking_com.notifications().len();
    hotel.guest.hold(&[Line::default()]).await;
    hotel.settled().await;
    let told = hotel.booking_com.notifications().split_off(before);
    assert!(told.iter().all(|one| one.name == AVAILABILITY), "{told:#?}");
    assert_eq!(hotel.units(DOUBLE, night(0)), 7);
}

#[tokio::test]
async fn a_changed_price_by_occupancy_is_told_of_its_product_and_of_nothing_else() {
    let hotel = AtBookingCom::priced(Pricing::Occupancy).await;
    let shown = |rate: &str| {
        let shown = hotel.booking_com.night(DOUBLE, rate, night(0));
        (shown.price, Vec::from_iter(shown.prices))
    };
    let breakfast = shown(BREAKFAST);
    let everybody = vec![(1, 12_000), (2, 12_000), (3, 12_000)];
    assert_eq!(shown(BAR), (None, everybody));

    let before = hotel.booking_com.notifications().len();
    let single = json!({"adults": 1, "kind": "amount", "value": -2000});
    let change = json!({"occupancy_prices": [single]});
    let changed = hotel.staff.patch("products/DBL/BAR").json(&change).await;
    changed.expect(200);
    hotel.settled().await;
    let told = hotel.booking_com.notifications().split_off(before);
    assert!(!told.is_empty() && told.iter().all(|one| one.name == PRICES));
    let prices = vec![(1, 10_000), (2, 12_000), (3, 12_000)];
    assert_eq!((shown(BAR), shown(BREAKFAST)), ((None, prices), breakfast));

    let told = hotel.edit(&[price("BAR", night(0), 20_000)]).await;
    let told: Vec<(&str, usize)> = told.iter().map(|one| (one.name, one.lines)).collect();
    assert_eq!(told, [(PRICES, 1)]);
    let prices = vec![(1, 18_000), (2, 20_000), (3, 20_000)];
    assert_eq!(shown(BAR), (None, prices));

    let alone = BookingRequest {
        adults: 1,
        ..booking(0, 1)
    };
    hotel.booking_com.book(alone).expect("for sale");
    hotel.pull().await;
    let made = hotel.channel_reservations().await.remove(0);
    assert_eq!(made["total"]["minor"], 18_000);
    assert_eq!(hotel.refused(), 0);
}

#[tokio::test]
async fn products_are_found_for_the_mapping_and_an_expired_token_is_replaced_once() {
    let hotel = AtBookingCom::start().await;
    let found = hotel.staff.get("connections/booking-com/products").await;
    let found = found.expect(200).to_string();
    for (_, _, room, rate) in MAPPED {
        assert!(found.contains(room) && found.contains(rate), "{found}");
    }
    assert_eq!(hotel.booking_com.tokens().len(), 1, "one for all calls");
    hotel.booking_com.expire_tokens();
    hotel.edit(&[price("BAR", night(0), 20_000)]).await;
    let shown = hotel.booking_com.night(DOUBLE, BAR, night(0));
    assert_eq!(shown.price, Some(20_000));
    assert_eq!(hotel.booking_com.tokens().len(), 2);
    assert_eq!(hotel.refused(), 1, "the call with the old one");
}

#[tokio::test]
async fn a_reservation_is_taken_changed_and_cancelled_and_each_version_acknowledged() {
    let hotel = AtBookingCom::start().await;
    let request = BookingRequest {
        comment: Some("Late & tired".to_owned()),
        ..booking(0, 2)
    };
    let id = hotel.booking_com.book(request).expect("for sale");
    hotel.pull().await;
    let made = hotel.channel_reservations().await.remove(0);
    assert_eq!(
        (&made["status"], &made["unmapped"]),
        (&json!("confirmed"), &json!(false))
    );
    assert_eq!(made["total"], json!({"minor": 24_000, "currency": "EUR"}));
    assert_eq!(hotel.units(DOUBLE, night(0)), 7);
    assert!(hotel.booking_com.waiting().is_empty());

    let change = Change {
        rooms: Some(3),
        check_out: Some(night(1)),
        ..Change::default()
    };
    hotel.booking_com.change(id, &change).expect("allowed");
    hotel.pull().await;
    let units = [hotel.units(DOUBLE, night(0)), hotel.units(DOUBLE, night(1))];
    assert_eq!(units, [5, 8]);

    hotel.booking_com.cancel(id).expect("allowed");
    hotel.pull().await;
    let after = hotel.channel_reservations().await;
    assert_eq!((after.len(), &after[0]["status"]), (1, &json!("cancelled")));
    assert_eq!(hotel.units(DOUBLE, night(0)), 8);
    assert!(hotel.booking_com.waiting().is_empty());
    assert_eq!(hotel.refused(), 0);

    let kept = hotel.kept().await;
    assert!(kept.contains("Hopper") && kept.contains("ruid"), "{kept}");
    for secret in hotel.secrets() {
        assert!(!kept.contains(&secret), "{secret} is kept");
    }
}

#[tokio::test]
async fn what_is_not_mapped_is_kept_flagged_and_acknowledged() {
    let hotel = AtBookingCom::start().await;
    let open = || Night {
        price: Some(9_000),
        ..Night::default()
    };
    let unknown = "801185599";
    let room = Room {
        id: unknown.to_owned(),
        ..Room::default()
    };
    assert!(hotel.booking_com.add_room(room));
    for (room, rate) in [(unknown, BAR), (DOUBLE, "1278699")] {
        let rate_of = Rate {
            id: rate.to_owned(),
            room: room.to_owned(),
            ..Rate::default()
        };
        assert!(hotel.booking_com.add_rate(rate_of));
        assert!(hotel.booking_com.set_night(room, rate, night(0), open()));
    }
    assert!(hotel.booking_com.set_units(unknown, night(0), 1));
    for (room, rate) in [(unknown, BAR), (DOUBLE, "1278699")] {
        let request = BookingRequest::new(room, rate, night(0), night(1));
        hotel.booking_com.book(request).expect("for sale");
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
    // Where the room is known somebody will sleep in it.
    assert_eq!(hotel.units(DOUBLE, night(0)), 7);
    assert!(hotel.booking_com.waiting().is_empty());
}

#[tokio::test]
async fn a_part_that_is_refused_waits_with_its_reason_and_the_rest_is_shown() {
    let hotel = AtBookingCom::start().await;
    let inactive = Rate {
        id: BREAKFAST.to_owned(),
        room: DOUBLE.to_owned(),
        active: false,
        ..Rate::default()
    };
    assert!(hotel.booking_com.add_rate(inactive));
    let both = [
        price("BAR", night(0), 20_000),
        price("BB", night(0), 21_000),
    ];
    let told = hotel.edit(&both).await;
    let problems: Vec<&str> = told
        .iter()
        .flat_map(|one| &one.problems)
        .map(|(_, code)| code.as_str())
        .collect();
    assert_eq!(problems, ["RATE_NOT_ACTIVE"]);
    let shown = hotel.booking_com.night(DOUBLE, BAR, night(0));
    assert_eq!(shown.price, Some(20_000));
    let parked =
        "SELECT coalesce(jsonb_agg(reason), '[]') FROM dirty_cells WHERE reason IS NOT NULL";
    let parked = hotel.world.value(parked).await;
    let parked = parked.as_array().expect("a list");
    let [Value::String(reason)] = parked.as_slice() else {
        panic!("{parked:?}");
    };
    assert!(reason.contains(BREAKFAST), "{reason}");
}

#[tokio::test]
async fn what_was_cancelled_before_it_was_heard_of_is_not_made_and_is_acknowledged() {
    let hotel = AtBookingCom::start().await;
    let id = hotel.booking_com.book(booking(0, 1)).expect("for sale");
    hotel.booking_com.cancel(id).expect("allowed");
    hotel.pull().await;
    assert_eq!(hotel.channel_reservations().await, Vec::<Value>::new());
    assert!(hotel.booking_com.waiting().is_empty());
    assert_eq!(hotel.units(DOUBLE, night(0)), 8);
}

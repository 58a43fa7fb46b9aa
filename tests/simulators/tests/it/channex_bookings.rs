//! Bookings, their revisions, the feed, and what is acknowledged.

use http::Method;
use jiff::SignedDuration;
use roomwire_simulators::channex::{
    BookingError, BookingRequest, Change, Channex, Mapped, Night, Property, RatePlan, RoomType,
    Status,
};
use serde_json::{Value, json};

use crate::harness::{channex, channex_call, day};

fn request() -> BookingRequest {
    let rate_plan = RatePlan::default().id;
    BookingRequest::new(rate_plan, day("2026-12-01"), day("2026-12-03"))
}

async fn get(channex: &Channex, path: &str) -> Value {
    let answer = channex_call(channex, Method::GET, path).send().await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.json()
}

async fn feed(channex: &Channex) -> Vec<(String, String)> {
    let found = get(channex, "/booking_revisions/feed").await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let data = found["data"].as_array().unwrap().iter();
    data.map(|item| (text(&item["id"]), text(&item["attributes"]["status"])))
        .collect()
}

async fn acknowledge(channex: &Channex, revision: &str) -> u16 {
    let path = format!("/booking_revisions/{revision}/ack");
    let call = channex_call(channex, Method::POST, &path);
    call.json(&json!({})).send().await.status
}

/// A booking that was changed and cancelled.
fn life(channex: &Channex) -> String {
    let id = channex.book(request()).unwrap();
    let more = Change {
        rooms: Some(2),
        ..Change::default()
    };
    channex.change(&id, &more).unwrap();
    channex.cancel(&id).unwrap();
    id
}

fn revision(number: u32) -> String {
    format!("00000003-0000-4000-8000-{number:012}")
}

#[tokio::test]
async fn every_change_is_a_revision_that_waits_in_the_feed_oldest_first() {
    let (channex, _) = channex().await;
    life(&channex);
    let waiting = |number, status: &str| (revision(number), status.to_owned());
    assert_eq!(
        feed(&channex).await,
        [
            waiting(1, "new"),
            waiting(2, "modified"),
            waiting(3, "cancelled")
        ]
    );

    assert_eq!(acknowledge(&channex, &revision(2)).await, 200);
    assert_eq!(
        acknowledge(&channex, &revision(2)).await,
        200,
        "twice does no harm"
    );
    assert_eq!(acknowledge(&channex, "unknown").await, 404);
    assert_eq!(
        feed(&channex).await,
        [waiting(1, "new"), waiting(3, "cancelled")]
    );
}

#[tokio::test]
async fn a_revision_that_nobody_acknowledged_leaves_the_feed_and_not_the_list() {
    let (channex, hand) = channex().await;
    let id = life(&channex);
    hand.advance(SignedDuration::from_mins(30));
    assert_eq!(feed(&channex).await, []);

    let since = |text: &str| format!("/bookings?filter[inserted_at][gte]={text}");
    let found = get(&channex, &since("2026-11-23T10:00:00")).await;
    assert_eq!(found["data"][0]["id"], id);
    assert_eq!(found["data"][0]["attributes"]["revision_id"], revision(3));
    assert_eq!(
        found["meta"]["total"], 1,
        "one booking, not three revisions"
    );
    let later = get(&channex, &since("2026-11-23T10:00:01Z")).await;
    assert_eq!(later["data"], json!([]));
}

#[tokio::test]
async fn a_revision_keeps_its_state_and_a_booking_has_its_last() {
    let (channex, _) = channex().await;
    let id = life(&channex);
    let rooms = |found: &Value| {
        found["data"]["attributes"]["rooms"]
            .as_array()
            .unwrap()
            .len()
    };

    let first = get(&channex, &format!("/booking_revisions/{}", revision(1))).await;
    assert_eq!(
        (rooms(&first), &first["data"]["attributes"]["amount"]),
        (1, &json!("241.00"))
    );
    assert_eq!(
        first["data"]["attributes"]["inserted_at"],
        "2026-11-23T10:00:00.000000"
    );
    let last = get(&channex, &format!("/bookings/{id}")).await;
    assert_eq!(
        (rooms(&last), &last["data"]["attributes"]["status"]),
        (2, &json!("cancelled"))
    );
}

#[tokio::test]
async fn a_room_has_its_days_its_people_and_its_codes() {
    let (channex, _) = channex().await;
    for (mapped, room_type, rate_plan) in [
        (Mapped::Whole, true, true),
        (Mapped::RoomType, true, false),
        (Mapped::Nothing, false, false),
    ] {
        let id = channex
            .book(BookingRequest {
                mapped,
                ..request()
            })
            .unwrap();
        let found = get(&channex, &format!("/bookings/{id}")).await;
        let room = &found["data"]["attributes"]["rooms"][0];
        assert_eq!(room["room_type_id"] == RoomType::default().id, room_type);
        assert_eq!(room["rate_plan_id"] == RatePlan::default().id, rate_plan);
        assert_eq!(
            room["days"],
            json!({"2026-12-01": "120.50", "2026-12-02": "120.50"})
        );
        assert_eq!(room["occupancy"]["adults"], 2);
    }
}

#[tokio::test]
async fn what_an_ota_would_not_sell_is_refused() {
    let (channex, _) = channex().await;
    let with = |change: fn(&mut BookingRequest)| {
        let mut request = request();
        change(&mut request);
        channex.book(request).unwrap_err()
    };
    assert_eq!(with(|one| one.rooms = 0), BookingError::NoRooms);
    assert!(matches!(
        with(|one| one.rooms = 4),
        BookingError::SoldOut { left: 3, .. }
    ));
    assert!(matches!(
        with(|one| one.check_out = one.check_in),
        BookingError::Dates { .. }
    ));
    assert!(matches!(
        with(|one| one.rate_plan.clear()),
        BookingError::UnknownRatePlan(_)
    ));
    let stopped = Night {
        stop_sell: true,
        ..Night::default()
    };
    assert!(channex.set_night(&RatePlan::default().id, day("2026-12-02"), stopped));
    assert_eq!(with(|_| ()), BookingError::Stopped(day("2026-12-02")));
    assert!(channex.set_night(&RatePlan::default().id, day("2026-12-02"), Night::default()));
    assert_eq!(with(|_| ()), BookingError::NoPrice(day("2026-12-02")));
    assert!(channex.revisions().is_empty());

    let id = channex
        .book(BookingRequest {
            price: Some(1),
            ..request()
        })
        .unwrap();
    channex.cancel(&id).unwrap();
    assert_eq!(
        channex.cancel(&id),
        Err(BookingError::Cancelled(id.clone()))
    );
    assert_eq!(
        channex.cancel("unknown"),
        Err(BookingError::UnknownBooking("unknown".to_owned()))
    );
    assert_eq!(
        channex.latest(&id).unwrap().booking.status,
        Status::Cancelled
    );
}

#[tokio::test]
async fn the_feed_is_of_all_properties_or_of_one() {
    let (channex, _) = channex().await;
    channex.book(request()).unwrap();
    let of = |property: &str| format!("/booking_revisions/feed?filter[property_id]={property}");
    let ours = get(&channex, &of(&Property::default().id)).await;
    assert_eq!(ours["meta"]["total"], 1);
    assert_eq!(get(&channex, &of("other")).await["meta"]["total"], 0);
}

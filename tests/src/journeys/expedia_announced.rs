//! Expedia's booking notifications (BN): each has the bookings retrieved, and nothing of it is believed or kept.

use jiff::SignedDuration;
use roomwire_simulators::delivery::Manner;
use roomwire_simulators::expedia::{BookingRequest, Change, Transaction};
use serde_json::{Value, json};

use crate::harness::expedia::{AtExpedia, DOUBLE, DOUBLE_BAR, PASSWORD, WEBHOOK_SECRET, receiver};
use crate::harness::night;

/// Every order of the three things that happened to a booking.
const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

fn book(hotel: &AtExpedia, arrival: i32) -> String {
    let request = BookingRequest::new(DOUBLE_BAR, night(arrival), night(arrival + 2));
    hotel.expedia.book(request).expect("for sale")
}

fn shorten(hotel: &AtExpedia, id: &str, arrival: i32) {
    let shorter = Change {
        check_out: Some(night(arrival + 1)),
        ..Change::default()
    };
    hotel.expedia.change(id, &shorter).expect("allowed");
}

fn transactions(hotel: &AtExpedia, id: &str) -> Vec<Transaction> {
    let mut all = hotel.expedia.transactions();
    all.retain(|one| one.booking == id);
    all
}

/// Announces in this manner, with the right secret; every answer is an ack and none is a confirmation.
async fn announce(hotel: &AtExpedia, transactions: &[Transaction], manner: Manner) {
    let (url, secrets) = (
        hotel.webhook(),
        ["the-secret-that-comes-next", WEBHOOK_SECRET],
    );
    let told = hotel
        .expedia
        .announce(transactions, receiver(&url, &secrets), manner)
        .await
        .expect("somebody answers");
    for one in told {
        assert_eq!(one.delivery.status, 200, "{}", one.delivery.answer);
        assert_eq!(one.delivery.answer, r#"{"received":"stored"}"#);
        assert_eq!(one.confirmed, None);
    }
}

#[tokio::test]
async fn an_announced_booking_is_retrieved_at_once_and_confirmed_by_a_message_of_ours() {
    let hotel = AtExpedia::start().await;
    let id = book(&hotel, 0);
    announce(&hotel, &transactions(&hotel, &id), Manner::Duplicated).await;
    hotel.settled().await;
    let made = hotel.channel_reservations().await;
    assert_eq!((made.len(), &made[0]["status"]), (1, &json!("confirmed")));
    assert_eq!(made[0]["total"]["minor"], 24_000);
    let told = transactions(&hotel, &id).remove(0);
    assert_eq!(told.confirm_number, Some(format!("RW{id}")));
    assert_eq!(hotel.units(DOUBLE, night(0)), 7);
    for kept in [PASSWORD, "4111111111111111"] {
        assert_eq!(
            hotel.tables_with(kept).await,
            Vec::<String>::new(),
            "{kept}"
        );
    }
}

#[tokio::test]
async fn an_announcement_that_is_forged_altered_or_recorded_has_nothing_retrieved() {
    let hotel = AtExpedia::start().await;
    let id = book(&hotel, 0);
    let all = transactions(&hotel, &id);
    let (url, right) = (hotel.webhook(), [WEBHOOK_SECRET]);
    let wrong = ["another-secret-altogether"];
    for (secrets, manner) in [(&wrong, Manner::Normal), (&right, Manner::Altered)] {
        let told = hotel
            .expedia
            .announce(&all, receiver(&url, secrets), manner);
        let told = told.await.expect("somebody answers").remove(0);
        assert_eq!(told.delivery.status, 401, "{manner:?}");
    }
    for minutes in [-6, 6] {
        let at = hotel.world.clock.now() + SignedDuration::from_mins(minutes);
        let replayed = hotel
            .expedia
            .announce_signed_at(&all[0], receiver(&url, &right), at)
            .await;
        let replayed = replayed.expect("somebody answers");
        assert_eq!(replayed.delivery.status, 400, "{minutes}");
    }
    hotel.settled().await;
    assert_eq!(hotel.channel_reservations().await, Vec::<Value>::new());
    assert_eq!(hotel.unconfirmed().len(), 1);
}

#[tokio::test]
async fn in_whatever_order_and_however_often_they_come_the_last_state_is_held() {
    let hotel = AtExpedia::start().await;
    // One is only changed, and told backwards.
    let kept = book(&hotel, 30);
    shorten(&hotel, &kept, 30);
    announce(&hotel, &transactions(&hotel, &kept), Manner::OutOfOrder).await;
    for (arrival, order) in (0..).step_by(3).zip(ORDERS) {
        let id = book(&hotel, arrival);
        shorten(&hotel, &id, arrival);
        hotel.expedia.cancel(&id).expect("allowed");
        let all = transactions(&hotel, &id);
        let told = order.map(|step| all[step].clone());
        announce(&hotel, &told, Manner::Normal).await;
    }
    hotel.settled().await;
    // What waits behind a confirmation comes with the next retrieval.
    for _ in 0..3 {
        hotel.pull().await;
    }
    let orders = i64::try_from(ORDERS.len()).expect("a few");
    let check = async || {
        assert!(hotel.unconfirmed().is_empty());
        // Each is known, also one whose cancellation came before the booking: of that there is no reservation.
        let known = "SELECT count(*) FROM reservation_refs WHERE revision <> ''";
        assert_eq!(hotel.world.number(known).await, 1 + orders);
        let mut all = hotel.channel_reservations().await;
        all.retain(|one| one["status"] != "cancelled");
        assert_eq!((all.len(), &all[0]["total"]["minor"]), (1, &json!(12_000)));
        let units = [0, 3, 6, 9, 12, 15, 30, 31].map(|days| hotel.units(DOUBLE, night(days)));
        assert_eq!(units, [8, 8, 8, 8, 8, 8, 7, 8]);
    };
    check().await;
    // Late ones, of what was confirmed long ago.
    let beginnings: Vec<Transaction> = hotel.expedia.transactions();
    announce(&hotel, &beginnings[..4], Manner::OutOfOrder).await;
    hotel.settled().await;
    check().await;
}

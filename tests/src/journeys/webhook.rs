//! A guest books on the channel: whatever way the news take, one reservation and one truth come of them.

use roomwire_simulators::delivery::Manner;
use roomwire_simulators::octorate::{BookingRequest, Change, EventType, Subject};
use serde_json::json;

use crate::harness::{Channels, DOUBLE, Line, UNMAPPED, night};

const CREATED: EventType = EventType::ReservationCreated;
const CHANGED: EventType = EventType::ReservationChange;
const CANCELLED: EventType = EventType::ReservationCancelled;

fn booking(units: u32) -> BookingRequest {
    BookingRequest {
        rooms: units,
        ..BookingRequest::new(DOUBLE, night(0), night(2))
    }
}

#[tokio::test]
async fn a_channels_booking_is_confirmed_and_lowers_availability_everywhere() {
    let channels = Channels::start().await;
    let id = channels
        .octorate
        .book(booking(2))
        .expect("the channel sells it");
    channels.tell(CREATED, id).await;
    channels.settled().await;

    let made = channels.reservation().await;
    assert_eq!(
        (&made["status"], &made["overbooked"], &made["unmapped"]),
        (&json!("confirmed"), &json!(false), &json!(false))
    );
    assert_eq!(made["source"], "Booking.com");
    assert_eq!(
        made["total"],
        json!({"minor": 2 * 2 * 12_000, "currency": "EUR"})
    );
    assert_eq!(channels.guest.units_left(&Line::default()).await, 6);
    channels.until_shown(&[night(0), night(1)], 6).await;
    // The other product of the same room type is told too.
    assert_eq!(
        channels
            .octorate
            .calendar("9002", night(0))
            .expect("a product")
            .availability,
        6
    );
}

#[tokio::test]
async fn a_change_and_a_cancellation_follow() {
    let channels = Channels::start().await;
    let id = channels
        .octorate
        .book(booking(1))
        .expect("the channel sells it");
    channels.tell(CREATED, id).await;
    channels.settled().await;
    let change = Change {
        check_in: Some(night(1)),
        check_out: Some(night(4)),
        ..Change::default()
    };
    channels
        .octorate
        .change(id, change)
        .expect("the channel allows it");
    channels.tell(CHANGED, id).await;
    channels.settled().await;
    let changed = channels.reservation().await;
    assert_eq!(
        (
            &changed["rooms"][0]["check_in"],
            &changed["rooms"][0]["check_out"]
        ),
        (&json!(night(1)), &json!(night(4)))
    );
    channels.until_shown(&[night(0)], 8).await;
    channels
        .until_shown(&[night(1), night(2), night(3)], 7)
        .await;

    channels.octorate.cancel(id).expect("the channel allows it");
    channels.tell(CANCELLED, id).await;
    channels.settled().await;
    assert_eq!(channels.reservation().await["status"], "cancelled");
    channels
        .until_shown(&[night(1), night(2), night(3)], 8)
        .await;
}

#[tokio::test]
async fn news_that_come_twice_count_once() {
    let channels = Channels::start().await;
    let id = channels
        .octorate
        .book(booking(1))
        .expect("the channel sells it");
    let subjects = [Subject {
        event: CREATED,
        reservation: id,
    }];
    let answers = channels
        .octorate
        .deliver_all(&subjects, &channels.webhook(), Manner::Duplicated)
        .await;
    let answers: Vec<String> = answers
        .expect("somebody answers")
        .into_iter()
        .map(|one| one.answer)
        .collect();
    assert_eq!(
        answers,
        [r#"{"received":"stored"}"#, r#"{"received":"duplicate"}"#]
    );
    channels.settled().await;
    assert_eq!(channels.reservation().await["version"], 1);
    assert_eq!(channels.guest.units_left(&Line::default()).await, 7);
}

#[tokio::test]
async fn news_that_come_in_the_wrong_order_end_in_the_right_state() {
    let channels = Channels::start().await;
    let id = channels
        .octorate
        .book(booking(1))
        .expect("the channel sells it");
    channels
        .octorate
        .change(
            id,
            Change {
                rooms: Some(2),
                ..Change::default()
            },
        )
        .expect("allowed");
    channels.octorate.cancel(id).expect("allowed");
    let subjects = [CREATED, CHANGED, CANCELLED].map(|event| Subject {
        event,
        reservation: id,
    });
    let answers = channels
        .octorate
        .deliver_all(&subjects, &channels.webhook(), Manner::OutOfOrder)
        .await;
    assert!(
        answers
            .expect("somebody answers")
            .iter()
            .all(|answer| answer.status == 200)
    );
    channels.settled().await;
    for reservation in channels.reservations().await {
        assert_eq!(reservation["status"], "cancelled");
    }
    assert_eq!(channels.guest.units_left(&Line::default()).await, 8);
    channels.until_shown(&[night(0), night(1)], 8).await;
}

#[tokio::test]
async fn a_webhook_that_lies_changes_nothing_that_the_channel_does_not_say_itself() {
    let channels = Channels::start().await;
    let id = channels
        .octorate
        .book(booking(1))
        .expect("the channel sells it");
    let subjects = [Subject {
        event: CREATED,
        reservation: id,
    }];
    let answers = channels
        .octorate
        .deliver_all(&subjects, &channels.webhook(), Manner::Altered)
        .await;
    assert_eq!(
        answers.expect("somebody answers")[0].status,
        200,
        "a hint is taken"
    );
    channels.settled().await;
    let made = channels.reservation().await;
    assert_eq!(
        made["status"], "confirmed",
        "its body said that it is cancelled"
    );
    assert_eq!(
        made["total"]["minor"], 24_000,
        "its body said that it costs nothing"
    );
}

#[tokio::test]
async fn a_booking_of_what_is_not_mapped_is_kept_and_flagged() {
    let channels = Channels::start().await;
    let request = BookingRequest::new(UNMAPPED, night(0), night(1));
    let id = channels
        .octorate
        .book(request)
        .expect("the channel sells it");
    channels.tell(CREATED, id).await;
    channels.settled().await;
    let made = channels.reservation().await;
    assert_eq!(
        (&made["status"], &made["unmapped"]),
        (&json!("confirmed"), &json!(true))
    );
    assert_eq!(channels.guest.units_left(&Line::default()).await, 8);
}

#[tokio::test]
async fn a_booking_of_what_was_sold_meanwhile_is_kept_and_flagged() {
    let channels = Channels::start().await;
    // The channel takes the last unit before it hears that it is gone.
    let id = channels
        .octorate
        .book(booking(1))
        .expect("the channel sells it");
    channels
        .guest
        .reserve(&[Line {
            units: 8,
            ..Line::default()
        }])
        .await;
    channels.tell(CREATED, id).await;
    channels.settled().await;
    let all = channels.reservations().await;
    let channel: Vec<_> = all
        .iter()
        .filter(|one| one["source"] != "gateway")
        .collect();
    assert_eq!(
        (&channel[0]["status"], &channel[0]["overbooked"]),
        (&json!("confirmed"), &json!(true))
    );
    channels.until_shown(&[night(0), night(1)], 0).await;

    channels.octorate.cancel(id).expect("allowed");
    channels.tell(CANCELLED, id).await;
    channels.settled().await;
    assert_eq!(
        channels.guest.units_left(&Line::default()).await,
        0,
        "the eight units of our own guest stay sold"
    );
}

#[tokio::test]
async fn a_channel_that_asks_whether_anybody_listens_is_answered() {
    let channels = Channels::start().await;
    let answer = channels
        .octorate
        .ping(&channels.webhook())
        .await
        .expect("somebody answers");
    assert_eq!(
        (answer.status, answer.answer.as_str()),
        (200, r#"{"received":"ping"}"#)
    );
}

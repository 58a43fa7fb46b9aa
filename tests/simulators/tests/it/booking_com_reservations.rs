//! The simulated Booking.com's queues of reservations, and what they take for an acknowledgement.

use http::Method;
use roomwire_simulators::booking_com::{BookingCom, BookingError, BookingRequest, Change, Queue};

use crate::harness::{Answer, booking_com, booking_com_call, day};

const ROOM: &str = "801185501";
const RATE: &str = "1278608";
const NEW: &str = "OTA_HotelResNotif";
const CHANGED: &str = "OTA_HotelResModifyNotif";

fn booking() -> BookingRequest {
    BookingRequest::new(ROOM, RATE, day("2026-12-01"), day("2026-12-03"))
}

async fn read(booking_com: &BookingCom, endpoint: &str, query: &str) -> String {
    let path = format!("/hotels/ota/{endpoint}?{query}");
    let answer = booking_com_call(booking_com, Method::GET, &path, "").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

async fn acknowledge(booking_com: &BookingCom, endpoint: &str, id: u64, token: &str) -> Answer {
    let (list, entry) = if endpoint == NEW {
        ("HotelReservations", "HotelReservation")
    } else {
        ("HotelResModifies", "HotelResModify")
    };
    let document = format!(
        r#"<{endpoint}RS xmlns="http://www.opentravel.org/OTA/2003/05" TimeStamp="2026-11-23T10:00:00Z" Version="2.001"><Success/><{list}><{entry}><ResGlobalInfo><HotelReservationIDs><HotelReservationID ResID_Value="{id}"/><HotelReservationID ResID_Source="RT" ResID_Value="{token}"/></HotelReservationIDs></ResGlobalInfo></{entry}></{list}></{endpoint}RS>"#
    );
    let path = format!("/hotels/ota/{endpoint}");
    booking_com_call(booking_com, Method::POST, &path, &document).await
}

fn token(booking_com: &BookingCom, id: u64) -> String {
    booking_com.reservation(id).expect("a reservation").token()
}

#[tokio::test]
async fn a_reservation_waits_until_it_is_acknowledged() {
    let (booking_com, _) = booking_com().await;
    let id = booking_com.book(booking()).expect("for sale");
    let own = format!(r#"ResID_Value="{id}""#);
    for _ in 0..2 {
        let queue = read(&booking_com, NEW, "hotel_ids=8011855").await;
        for part in [
            own.as_str(),
            r#"<RoomRate EffectiveDate="2026-12-02" RatePlanCode="1278608">"#,
            r#"<Total AmountAfterTax="24100" CurrencyCode="EUR" DecimalPlaces="2"/>"#,
            r#"<BasicPropertyInfo HotelCode="8011855"/>"#,
        ] {
            assert!(queue.contains(part), "{part}: {queue}");
        }
    }
    let others = read(&booking_com, NEW, "hotel_ids=42,43").await;
    assert!(others.contains("<HotelReservations/>"), "{others}");
    let token = token(&booking_com, id);
    assert_eq!(acknowledge(&booking_com, NEW, id, &token).await.status, 200);
    assert!(booking_com.waiting().is_empty());
    assert_eq!(acknowledge(&booking_com, NEW, id, &token).await.status, 400);
}

#[tokio::test]
async fn what_changes_before_its_acknowledgement_stays_among_the_new_under_another_token() {
    let (booking_com, _) = booking_com().await;
    let id = booking_com.book(booking()).expect("for sale");
    let old = token(&booking_com, id);
    booking_com.cancel(id).expect("allowed");
    let queue = read(&booking_com, NEW, "").await;
    assert!(
        queue.contains(r#"<HotelReservation ResStatus="Cancel">"#),
        "{queue}"
    );
    assert_eq!(acknowledge(&booking_com, NEW, id, &old).await.status, 409);
    let new = token(&booking_com, id);
    assert_eq!(
        acknowledge(&booking_com, CHANGED, id, &new).await.status,
        400
    );
    assert_eq!(acknowledge(&booking_com, NEW, id, &new).await.status, 200);
}

#[tokio::test]
async fn what_changes_afterwards_is_a_change() {
    let (booking_com, _) = booking_com().await;
    let id = booking_com.book(booking()).expect("for sale");
    let first = token(&booking_com, id);
    acknowledge(&booking_com, NEW, id, &first).await;
    let more = Change {
        rooms: Some(2),
        ..Change::default()
    };
    booking_com.change(id, &more).expect("allowed");
    let waiting = booking_com.reservation(id).expect("a reservation");
    assert_eq!(waiting.queue, Some(Queue::Changed));
    let queue = read(&booking_com, CHANGED, &format!("id={id}")).await;
    assert!(queue.contains(r#"ResStatus="Modify""#), "{queue}");
    assert_eq!(queue.matches("<RoomStay ").count(), 2);
    let second = token(&booking_com, id);
    assert_eq!(
        acknowledge(&booking_com, CHANGED, id, &second).await.status,
        200
    );
    booking_com.cancel(id).expect("allowed");
    let queue = read(&booking_com, CHANGED, "").await;
    assert!(queue.contains(r#"ResStatus="Cancel""#), "{queue}");
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let (booking_com, _) = booking_com().await;
    let sold_out = BookingRequest {
        rooms: 4,
        ..booking()
    };
    assert!(matches!(
        booking_com.book(sold_out),
        Err(BookingError::SoldOut { left: 3, .. })
    ));
    assert_eq!(
        booking_com.cancel(1),
        Err(BookingError::UnknownReservation(1))
    );
    assert_eq!(acknowledge(&booking_com, NEW, 1, "x").await.status, 404);
    let path = format!("/hotels/ota/{NEW}?last_change=2026-11-23");
    let unknown = booking_com_call(&booking_com, Method::GET, &path, "").await;
    assert_eq!(
        unknown.status, 400,
        "a parameter that the simulator does not know"
    );
    let path = format!("/hotels/ota/{NEW}");
    let other = booking_com_call(&booking_com, Method::POST, &path, "<OTA_HotelResNotifRS/>").await;
    assert_eq!(other.status, 400);
}

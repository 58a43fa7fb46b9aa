//! Reservations as Octorate shows them, with the date trap.

use jiff::SignedDuration;
use roomwire_simulators::octorate::{
    Accommodation, BookingRequest, Guest, Octorate, Options, Party, Product,
};
use serde_json::{Value, json};

use crate::harness::{day, double, get, octorate, octorate_with};

fn stay(check_in: &str, check_out: &str) -> BookingRequest {
    BookingRequest::new("9001", day(check_in), day(check_out))
}

#[tokio::test]
async fn a_reservation_is_shown_whole() {
    let (octorate, hand) = octorate().await;
    let id = octorate
        .book(BookingRequest {
            rooms: 2,
            party: Party {
                total: 5,
                children: 1,
                infants: 1,
            },
            guest: Guest {
                phone: None,
                ..Guest::default()
            },
            notes: Some("late arrival".to_owned()),
            ..stay("2026-12-02", "2026-12-04")
        })
        .unwrap();
    hand.advance(SignedDuration::from_secs(61));

    let answer = get(&octorate, &format!("/reservation/123/{id}")).await;

    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({
            "id": 555, "refer": "R555", "channelRefer": "4000000555", "channelId": 1, "channelName": "Booking.com",
            "status": "CONFIRMED",
            "checkin": "2026-12-01T23:00:00Z[UTC]", "checkout": "2026-12-03T23:00:00Z[UTC]",
            "createTime": "2026-11-23T10:00:00Z[UTC]", "updateTime": "2026-11-23T10:00:00Z[UTC]",
            "guests": [{
                "type": "BOOKER", "firstName": "Ada", "lastName": "Lovelace", "email": "ada@guest.example",
                "phone": null, "country": "GB", "language": "en", "checkin": "2026-12-02", "checkout": "2026-12-04",
            }],
            "rooms": 2, "product": "9001", "roomName": "Double",
            "roomGross": 241.0, "totalGross": 482.0, "currency": "EUR",
            "totalGuest": 5, "totalChildren": 1, "totalInfants": 1,
            "priceBreakdown": [
                { "type": "DAILY_ROOM_PRICE", "day": "2026-12-01T23:00:00Z[UTC]", "amount": 120.5, "currency": "EUR" },
                { "type": "DAILY_ROOM_PRICE", "day": "2026-12-02T23:00:00Z[UTC]", "amount": 120.5, "currency": "EUR" },
            ],
            "accommodation": { "id": "123", "timeZone": "Europe/Rome", "currency": "EUR" },
            "notes": "late arrival",
        })
    );
    assert!(
        answer.body.contains(r#""totalGross":482.00,"#),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn days_are_the_utc_instants_of_local_midnight() {
    for (zone, check_in, shown) in [
        ("Europe/Rome", "2027-07-10", "2027-07-09T22:00:00Z[UTC]"),
        ("Europe/Rome", "2026-12-02", "2026-12-01T23:00:00Z[UTC]"),
        ("Asia/Bangkok", "2026-12-02", "2026-12-01T17:00:00Z[UTC]"),
        (
            "America/New_York",
            "2026-12-02",
            "2026-12-02T05:00:00Z[UTC]",
        ),
        // There is no midnight on this day in Beirut: the day begins at one o'clock.
        ("Asia/Beirut", "2027-03-28", "2027-03-27T22:00:00Z[UTC]"),
    ] {
        let hotel = Accommodation {
            time_zone: zone.to_owned(),
            ..Accommodation::default()
        };
        let options = Options {
            accommodations: vec![hotel],
            ..Options::default()
        };
        let (octorate, _) = octorate_with(options).await;
        let check_out = day(check_in).tomorrow().unwrap();
        let id = octorate
            .book(BookingRequest::new("9001", day(check_in), check_out))
            .unwrap();

        let answer = get(&octorate, &format!("/reservation/123/{id}")).await;
        assert_eq!(answer.json()["checkin"], shown, "{zone}");
    }
}

#[tokio::test]
async fn a_change_shows_in_the_update_time_and_a_cancellation_in_the_status() {
    let (octorate, hand) = octorate().await;
    let id = octorate.book(stay("2026-12-02", "2026-12-04")).unwrap();
    hand.advance(SignedDuration::from_secs(90));
    octorate.cancel(id).unwrap();

    let shown = get(&octorate, &format!("/reservation/123/{id}"))
        .await
        .json();

    assert_eq!(shown["status"], "CANCELLED");
    assert_eq!(shown["createTime"], "2026-11-23T10:00:00Z[UTC]");
    assert_eq!(shown["updateTime"], "2026-11-23T10:01:30Z[UTC]");
}

#[tokio::test]
async fn an_unknown_reservation_or_another_hotels_is_not_found() {
    let other = Accommodation {
        id: "124".to_owned(),
        ..Accommodation::default()
    };
    let options = Options {
        accommodations: vec![Accommodation::default(), other],
        ..Options::default()
    };
    let (octorate, _) = octorate_with(options).await;
    let id = octorate.book(stay("2026-12-02", "2026-12-04")).unwrap();

    for path in [
        "/reservation/123/9".to_owned(),
        "/reservation/123/abc".to_owned(),
        format!("/reservation/124/{id}"),
        format!("/reservation/999/{id}"),
        "/reservation/999?type=STAY&startDate=2026-12-01&endDate=2026-12-02".to_owned(),
    ] {
        let answer = get(&octorate, &path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json()["type"], "NotFound");
    }
}

async fn listed(octorate: &Octorate, query: &str) -> Vec<u64> {
    let answer = get(octorate, &format!("/reservation/123?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|shown| shown["id"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_list_by_stay_has_everybody_who_sleeps_in_the_range() {
    let (octorate, _) = octorate().await;
    for (check_in, check_out) in [
        ("2026-12-01", "2026-12-05"),
        ("2026-12-05", "2026-12-06"),
        ("2026-12-09", "2026-12-12"),
        ("2026-12-11", "2026-12-12"),
    ] {
        octorate.book(stay(check_in, check_out)).unwrap();
    }
    let range = "startDate=2026-12-05&endDate=2026-12-10";

    assert_eq!(
        listed(&octorate, &format!("type=STAY&{range}")).await,
        [556, 557]
    );
}

#[tokio::test]
async fn a_list_by_check_in_has_everybody_who_arrives_in_the_range() {
    let (octorate, _) = octorate().await;
    for (check_in, check_out) in [
        ("2026-12-04", "2026-12-08"),
        ("2026-12-05", "2026-12-06"),
        ("2026-12-10", "2026-12-12"),
        ("2026-12-11", "2026-12-12"),
    ] {
        octorate.book(stay(check_in, check_out)).unwrap();
    }
    let range = "startDate=2026-12-05&endDate=2026-12-10";

    assert_eq!(
        listed(&octorate, &format!("type=CHECKIN&{range}")).await,
        [556, 557]
    );
}

#[tokio::test]
async fn a_list_can_be_of_one_status_and_leaves_other_hotels_out() {
    let other = Accommodation {
        id: "124".to_owned(),
        ..Accommodation::default()
    };
    let options = Options {
        accommodations: vec![Accommodation::default(), other],
        ..Options::default()
    };
    let (octorate, _) = octorate_with(options).await;
    assert!(octorate.add_product(Product {
        id: "9101".to_owned(),
        accommodation: "124".to_owned(),
        ..double()
    }));
    let cancelled = octorate.book(stay("2026-12-02", "2026-12-04")).unwrap();
    let kept = octorate.book(stay("2026-12-02", "2026-12-04")).unwrap();
    octorate.cancel(cancelled).unwrap();
    let elsewhere = BookingRequest::new("9101", day("2026-12-02"), day("2026-12-04"));
    octorate.book(elsewhere).unwrap();
    let range = "type=STAY&startDate=2026-12-01&endDate=2026-12-31";

    assert_eq!(listed(&octorate, range).await, [cancelled, kept]);
    let of = |status: &str| format!("{range}&status={status}");
    assert_eq!(listed(&octorate, &of("CONFIRMED")).await, [kept]);
    assert_eq!(listed(&octorate, &of("CANCELLED")).await, [cancelled]);
    assert!(listed(&octorate, &of("NOSHOW")).await.is_empty());
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let (octorate, _) = octorate().await;
    for _ in 0..3 {
        octorate.book(stay("2026-12-02", "2026-12-04")).unwrap();
    }
    let query = "type=STAY&startDate=2026-12-01&endDate=2026-12-31&size=2";

    let page = async |number: u32| {
        let path = format!("/reservation/123?{query}&page={number}");
        get(&octorate, &path).await.json()
    };
    let count = |page: &Value| page["data"].as_array().unwrap().len();
    let (first, second) = (page(0).await, page(1).await);

    assert_eq!((count(&first), count(&second)), (2, 1));
    assert_eq!(first["totalPages"], 2);
    assert_eq!(second["page"], 1);
}

#[tokio::test]
async fn a_wrong_filter_is_refused() {
    let (octorate, _) = octorate().await;
    for query in [
        "startDate=2026-12-01&endDate=2026-12-02",
        "type=ARRIVAL&startDate=2026-12-01&endDate=2026-12-02",
        "type=STAY&endDate=2026-12-02",
        "type=STAY&startDate=2026-12-02&endDate=2026-12-01",
        "type=STAY&startDate=1/12/2026&endDate=2026-12-02",
        "type=STAY&startDate=2026-12-01&endDate=2026-12-02&status=OPEN",
        "type=STAY&startDate=2026-12-01&endDate=2026-12-02&size=0",
        "type=STAY&startDate=2026-12-01&endDate=2026-12-02&sort=id",
    ] {
        let answer = get(&octorate, &format!("/reservation/123?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.json()["type"], "ApiParamsExemption", "{query}");
    }
}

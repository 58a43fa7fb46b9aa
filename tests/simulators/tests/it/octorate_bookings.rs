//! Guests of the channel: what they can book, change and cancel, and what that does to the calendar.

use roomwire_simulators::octorate::{
    BookingError, BookingRequest, Change, Day, Octorate, Product, Status,
};

use crate::harness::{day, double, octorate};

fn two_nights() -> BookingRequest {
    BookingRequest::new("9001", day("2026-12-02"), day("2026-12-04"))
}

/// Units left from 1 to 5 December.
fn left(octorate: &Octorate) -> Vec<u32> {
    (1..=5)
        .map(|number| day(&format!("2026-12-0{number}")))
        .map(|night| octorate.calendar("9001", night).unwrap().availability)
        .collect()
}

#[tokio::test]
async fn a_booking_takes_its_units_from_its_nights_only() {
    let (octorate, _) = octorate().await;

    let id = octorate
        .book(BookingRequest {
            rooms: 2,
            ..two_nights()
        })
        .unwrap();

    assert_eq!(left(&octorate), [3, 1, 1, 3, 3]);
    let kept = octorate.reservation(id).unwrap();
    assert_eq!((kept.status, kept.rooms), (Status::Confirmed, 2));
    assert_eq!(
        kept.prices.into_iter().collect::<Vec<_>>(),
        [(day("2026-12-02"), 12_050), (day("2026-12-03"), 12_050)]
    );
}

#[tokio::test]
async fn a_booking_can_bring_its_own_price() {
    let (octorate, _) = octorate().await;
    assert!(octorate.set_day(
        "9001",
        day("2026-12-02"),
        Day {
            availability: 1,
            ..Day::default()
        }
    ));

    let refused = octorate.book(two_nights()).unwrap_err();
    let id = octorate
        .book(BookingRequest {
            price: Some(5_000),
            ..two_nights()
        })
        .unwrap();

    assert_eq!(refused, BookingError::NoPrice(day("2026-12-02")));
    let prices = octorate.reservation(id).unwrap().prices;
    assert!(prices.values().all(|price| *price == 5_000));
}

#[tokio::test]
async fn a_cancellation_gives_the_units_back_once() {
    let (octorate, _) = octorate().await;
    let id = octorate.book(two_nights()).unwrap();

    octorate.cancel(id).unwrap();
    let again = octorate.cancel(id).unwrap_err();

    assert_eq!(left(&octorate), [3, 3, 3, 3, 3]);
    assert_eq!(again, BookingError::Cancelled(id));
    assert_eq!(octorate.reservation(id).unwrap().status, Status::Cancelled);
}

#[tokio::test]
async fn a_change_of_dates_and_rooms_moves_the_units() {
    let (octorate, _) = octorate().await;
    let id = octorate.book(two_nights()).unwrap();

    octorate
        .change(
            id,
            Change {
                check_in: Some(day("2026-12-03")),
                check_out: Some(day("2026-12-06")),
                rooms: Some(3),
                price: Some(10_000),
                product: None,
            },
        )
        .unwrap();

    assert_eq!(left(&octorate), [3, 3, 0, 0, 0]);
    let kept = octorate.reservation(id).unwrap();
    assert_eq!(kept.prices.len(), 3);
    assert!(kept.prices.values().all(|price| *price == 10_000));
}

#[tokio::test]
async fn a_change_of_product_moves_the_units_to_the_other_calendar() {
    let (octorate, _) = octorate().await;
    let other = Product {
        id: "9002".to_owned(),
        ..double()
    };
    assert!(octorate.add_product(other));
    let id = octorate.book(two_nights()).unwrap();

    octorate
        .change(
            id,
            Change {
                product: Some("9002".to_owned()),
                ..Change::default()
            },
        )
        .unwrap();

    assert_eq!(left(&octorate), [3, 3, 3, 3, 3]);
    let there = octorate.calendar("9002", day("2026-12-02")).unwrap();
    assert_eq!(there.availability, 2);
}

#[tokio::test]
async fn a_change_that_does_not_fit_changes_nothing() {
    let (octorate, _) = octorate().await;
    let id = octorate.book(two_nights()).unwrap();
    let before = octorate.reservation(id);

    let refused = octorate
        .change(
            id,
            Change {
                rooms: Some(4),
                ..Change::default()
            },
        )
        .unwrap_err();

    assert_eq!(
        refused,
        BookingError::SoldOut {
            night: day("2026-12-02"),
            left: 3,
            wanted: 4
        }
    );
    assert_eq!(octorate.reservation(id), before);
    assert_eq!(left(&octorate), [3, 2, 2, 3, 3]);
}

#[tokio::test]
async fn a_request_is_pending_until_it_is_confirmed() {
    let (octorate, _) = octorate().await;
    let id = octorate
        .book(BookingRequest {
            pending: true,
            ..two_nights()
        })
        .unwrap();
    let status = || octorate.reservation(id).unwrap().status;

    assert_eq!(status(), Status::Pending);
    octorate.set_status(id, Status::Confirmed).unwrap();
    assert_eq!(status(), Status::Confirmed);
    octorate.set_status(id, Status::NoShow).unwrap();
    assert_eq!(status(), Status::NoShow);
    assert_eq!(left(&octorate), [3, 2, 2, 3, 3]);
}

#[tokio::test]
async fn the_channel_does_not_sell_more_than_its_calendar_shows() {
    let (octorate, _) = octorate().await;
    let all = BookingRequest {
        rooms: 3,
        ..two_nights()
    };
    octorate.book(all).unwrap();

    assert_eq!(
        octorate.book(two_nights()).unwrap_err(),
        BookingError::SoldOut {
            night: day("2026-12-02"),
            left: 0,
            wanted: 1
        }
    );
}

#[tokio::test]
async fn a_stay_without_nights_or_rooms_or_product_is_refused() {
    let (octorate, _) = octorate().await;
    let no_nights = BookingRequest::new("9001", day("2026-12-02"), day("2026-12-02"));
    let reversed = BookingRequest::new("9001", day("2026-12-04"), day("2026-12-02"));
    let endless = BookingRequest::new("9001", day("2026-12-04"), day("2028-12-02"));
    for request in [no_nights, reversed, endless] {
        assert!(matches!(
            octorate.book(request),
            Err(BookingError::Dates { .. })
        ));
    }

    let no_rooms = BookingRequest {
        rooms: 0,
        ..two_nights()
    };
    assert_eq!(octorate.book(no_rooms), Err(BookingError::NoRooms));
    let unknown = BookingRequest::new("1", day("2026-12-02"), day("2026-12-04"));
    assert_eq!(
        octorate.book(unknown),
        Err(BookingError::UnknownProduct("1".to_owned()))
    );
    let nobody = octorate.change(1, Change::default());
    assert_eq!(nobody, Err(BookingError::UnknownReservation(1)));
}

#[tokio::test]
async fn an_inactive_product_is_not_sold() {
    let (octorate, _) = octorate().await;
    assert!(octorate.add_product(Product {
        active: false,
        ..double()
    }));

    assert_eq!(
        octorate.book(two_nights()),
        Err(BookingError::Inactive("9001".to_owned()))
    );
}

#[tokio::test]
async fn the_channel_keeps_to_the_restrictions_it_shows() {
    let usual = double().usual_day;
    for (night, restricted, reason) in [
        (
            "2026-12-03",
            Day {
                stop_sells: true,
                ..usual.clone()
            },
            "sales are stopped",
        ),
        (
            "2026-12-02",
            Day {
                close_to_arrival: true,
                ..usual.clone()
            },
            "it is closed to arrival",
        ),
        (
            "2026-12-04",
            Day {
                close_to_departure: true,
                ..usual.clone()
            },
            "it is closed to departure",
        ),
        (
            "2026-12-02",
            Day {
                min_stay: 3,
                ..usual.clone()
            },
            "the stay is shorter than allowed",
        ),
        (
            "2026-12-02",
            Day {
                max_stay: 1,
                ..usual.clone()
            },
            "the stay is longer than allowed",
        ),
        (
            "2026-12-02",
            Day {
                cut_off_days: 10,
                ..usual.clone()
            },
            "it is too late to book it",
        ),
    ] {
        let (octorate, _) = octorate().await;
        let night = day(night);
        assert!(octorate.set_day("9001", night, restricted));
        assert_eq!(
            octorate.book(two_nights()),
            Err(BookingError::Restricted { night, reason })
        );
    }
}

#[tokio::test]
async fn a_restriction_of_another_night_does_not_matter() {
    let (octorate, _) = octorate().await;
    let restricted = Day {
        close_to_arrival: true,
        min_stay: 9,
        max_stay: 1,
        cut_off_days: 30,
        ..double().usual_day
    };
    assert!(octorate.set_day("9001", day("2026-12-03"), restricted));
    let closed = Day {
        stop_sells: true,
        ..double().usual_day
    };
    assert!(octorate.set_day("9001", day("2026-12-04"), closed));

    assert!(octorate.book(two_nights()).is_ok());
}

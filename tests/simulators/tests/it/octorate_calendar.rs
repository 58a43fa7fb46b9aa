//! Reading Octorate's calendar.

use roomwire_simulators::octorate::{Accommodation, Day, Options, Product};
use serde_json::json;

use crate::harness::{day, double, get, octorate, octorate_with};

#[tokio::test]
async fn the_calendar_shows_every_product_with_each_day_of_the_range() {
    let (octorate, _) = octorate().await;
    let night = day("2026-12-02");
    let drifted = Day {
        availability: 1,
        price: Some(9_900),
        min_stay: 2,
        max_stay: 7,
        close_to_arrival: true,
        close_to_departure: true,
        stop_sells: true,
        cut_off_days: 1,
    };
    assert!(octorate.set_day("9001", night, drifted));

    let answer = get(
        &octorate,
        "/calendar/123?dateFrom=2026-12-01&dateTo=2026-12-02",
    )
    .await;

    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({
            "data": [{
                "id": "9001", "name": "Double – BAR", "roomName": "Double", "currency": "EUR",
                "maxOccupancy": 2, "active": true, "parentId": null,
                "days": [
                    { "date": "2026-12-01", "availability": 3, "price": 120.5, "minStay": 0, "maxStay": 0,
                      "closeToArrival": false, "closeToDeparture": false, "stopSells": false, "cutOffDays": 0 },
                    { "date": "2026-12-02", "availability": 1, "price": 99.0, "minStay": 2, "maxStay": 7,
                      "closeToArrival": true, "closeToDeparture": true, "stopSells": true, "cutOffDays": 1 },
                ],
            }],
            "page": 0,
            "totalPages": 1,
        })
    );
}

#[tokio::test]
async fn prices_are_written_with_the_decimals_of_their_currency() {
    let yen = Accommodation {
        id: "81".to_owned(),
        time_zone: "Asia/Tokyo".to_owned(),
        currency: "JPY".to_owned(),
        ..Accommodation::default()
    };
    let options = Options {
        accommodations: vec![Accommodation::default(), yen],
        ..Options::default()
    };
    let (octorate, _) = octorate_with(options).await;
    assert!(octorate.add_product(Product {
        id: "8101".to_owned(),
        accommodation: "81".to_owned(),
        ..double()
    }));

    let range = "dateFrom=2026-12-01&dateTo=2026-12-01";
    let euros = get(&octorate, &format!("/calendar/123?{range}")).await;
    let yen = get(&octorate, &format!("/calendar/81?{range}")).await;

    assert!(euros.body.contains(r#""price":120.50,"#), "{}", euros.body);
    assert!(yen.body.contains(r#""price":12050,"#), "{}", yen.body);
}

#[tokio::test]
async fn a_night_without_a_price_says_so() {
    let (octorate, _) = octorate().await;
    assert!(octorate.set_day("9001", day("2026-12-01"), Day::default()));

    let path = "/calendar/123?dateFrom=2026-12-01&dateTo=2026-12-01";
    let answer = get(&octorate, path).await;

    assert!(answer.json()["data"][0]["days"][0]["price"].is_null());
}

async fn pages(first_page: u32) -> Vec<(String, u64, u64, Vec<String>)> {
    let options = Options {
        first_page,
        ..Options::default()
    };
    let (octorate, _) = octorate_with(options).await;
    for id in ["9002", "9003"] {
        assert!(octorate.add_product(Product {
            id: id.to_owned(),
            ..double()
        }));
    }
    let mut seen = Vec::new();
    for page in ["", "&page=0", "&page=1", "&page=2", "&page=3"] {
        let path = format!("/calendar/123?dateFrom=2026-12-01&dateTo=2026-12-01&size=2{page}");
        let answer = get(&octorate, &path).await.json();
        let products = answer["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|product| product["id"].as_str().unwrap().to_owned())
            .collect();
        seen.push((
            page.to_owned(),
            answer["page"].as_u64().unwrap(),
            answer["totalPages"].as_u64().unwrap(),
            products,
        ));
    }
    seen
}

fn page(asked: &str, shown: u64, products: &[&str]) -> (String, u64, u64, Vec<String>) {
    let products = products.iter().map(|id| (*id).to_owned()).collect();
    (asked.to_owned(), shown, 2, products)
}

#[tokio::test]
async fn pages_count_products_from_0() {
    assert_eq!(
        pages(0).await,
        [
            page("", 0, &["9001", "9002"]),
            page("&page=0", 0, &["9001", "9002"]),
            page("&page=1", 1, &["9003"]),
            page("&page=2", 2, &[]),
            page("&page=3", 3, &[]),
        ]
    );
}

#[tokio::test]
async fn pages_count_from_1_by_option_and_the_answer_tells_so() {
    assert_eq!(
        pages(1).await,
        [
            page("", 1, &["9001", "9002"]),
            page("&page=0", 1, &["9001", "9002"]),
            page("&page=1", 1, &["9001", "9002"]),
            page("&page=2", 2, &["9003"]),
            page("&page=3", 3, &[]),
        ]
    );
}

#[tokio::test]
async fn a_wrong_range_or_size_is_refused() {
    let (octorate, _) = octorate().await;
    for query in [
        "",
        "dateFrom=2026-12-01",
        "dateFrom=2026-12-02&dateTo=2026-12-01",
        "dateFrom=2026-12-32&dateTo=2027-01-01",
        "dateFrom=20261201&dateTo=2026-12-02",
        "dateFrom=2026-12-01T00:00&dateTo=2026-12-02",
        "dateFrom=2026-12-01&dateTo=2030-12-01",
        "dateFrom=2026-12-01&dateTo=2026-12-02&size=0",
        "dateFrom=2026-12-01&dateTo=2026-12-02&size=101",
        "dateFrom=2026-12-01&dateTo=2026-12-02&page=-1",
        "dateFrom=2026-12-01&dateTo=2026-12-02&pageSize=5",
    ] {
        let answer = get(&octorate, &format!("/calendar/123?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.json()["type"], "ApiParamsExemption", "{query}");
    }
}

#[tokio::test]
async fn the_calendar_of_an_unknown_accommodation_is_not_found() {
    let (octorate, _) = octorate().await;

    let path = "/calendar/999?dateFrom=2026-12-01&dateTo=2026-12-01";
    let answer = get(&octorate, path).await;

    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["type"], "NotFound");
}

#[tokio::test]
async fn an_unknown_product_has_no_calendar() {
    let (octorate, _) = octorate().await;

    assert_eq!(octorate.calendar("1", day("2026-12-01")), None);
    assert!(!octorate.set_day("1", day("2026-12-01"), Day::default()));
}

#[tokio::test]
async fn a_product_of_an_unknown_accommodation_is_not_added() {
    let (octorate, _) = octorate().await;

    assert!(!octorate.add_product(Product {
        accommodation: "999".to_owned(),
        ..Product::default()
    }));
}

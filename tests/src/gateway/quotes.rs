//! `POST …/quotes`: signed prices.

use serde_json::json;

use crate::harness::{Line, World, lines, night};

#[tokio::test]
async fn a_quote_prices_its_lines_and_takes_nothing() {
    let world = World::start().await;
    let guest = world.guest().await;
    let wanted = [
        Line {
            units: 2,
            ..Line::default()
        },
        Line {
            room_type: "SGL",
            rate_plan: "BB",
            adults: 1,
            ..Line::default()
        },
    ];
    let quote = guest.post("quotes", &lines(&wanted)).await.expect(201);
    // Two doubles and a single for two nights.
    assert_eq!(
        quote["total"],
        json!({"minor": 2 * 2 * 12_000 + 2 * 9_200, "currency": "EUR"})
    );
    assert_eq!(
        quote["lines"][1]["nights"][1],
        json!({"night": night(1), "minor": 9_200})
    );
    assert!(quote["expires_at"].is_string());
    assert_eq!(guest.units_left(&Line::default()).await, 8);
}

#[tokio::test]
async fn more_units_than_are_left_are_refused_with_the_night() {
    let world = World::start().await;
    let guest = world.guest().await;
    guest
        .hold(&[Line {
            arrival: 1,
            nights: 1,
            units: 3,
            ..Line::default()
        }])
        .await;
    let answer = guest
        .post(
            "quotes",
            &lines(&[Line {
                units: 6,
                ..Line::default()
            }]),
        )
        .await;
    assert_eq!(
        answer.problem(),
        format!(
            "409 sold_out: not as many units of room type DBL are left for the night of {}",
            night(1)
        )
    );
    assert_eq!(
        answer.json()["conflict"],
        json!({"room_type": "DBL", "night": night(1)})
    );
}

#[tokio::test]
async fn a_product_that_a_rule_closes_is_not_sellable() {
    let world = World::start().await;
    let wanted = [Line {
        room_type: "SGL",
        rate_plan: "BB",
        nights: 1,
        adults: 1,
        ..Line::default()
    }];
    let answer = world.guest().await.post("quotes", &lines(&wanted)).await;
    assert_eq!(
        answer.problem(),
        "409 not_sellable: this cannot be sold: who arrives on this day stays at least 2 nights (min_stay_arrival 2)"
    );
}

#[tokio::test]
async fn an_altered_quote_and_another_hotels_are_no_quotes() {
    let world = World::start().await;
    let guest = world.guest().await;
    let quote = guest.quote(&[Line::default()]).await;
    let (payload, signature) = quote.rsplit_once('.').expect("a payload and its signature");
    let altered = format!("{}A.{signature}", &payload[..payload.len() - 1]);
    let foreign = world.guest_of("sakura-kyoto").await;
    let kyoto = [Line {
        room_type: "TATAMI",
        rate_plan: "HALF",
        ..Line::default()
    }];
    for quote in [
        altered,
        payload.to_owned(),
        String::new(),
        "a.b".to_owned(),
        foreign.quote(&kyoto).await,
    ] {
        let answer = guest.post("holds", &json!({"quote": quote})).await;
        assert_eq!(
            answer.problem(),
            "422 invalid_request: /quote: the quote is not one of ours, or was altered"
        );
    }
}

//! `…/holds`: placed, extended, released, lapsed.

use serde_json::json;

use crate::harness::{Line, Setup, World, night};

/// The units that the counters of one night say are held.
async fn held(world: &World, days: i32) -> i64 {
    world
        .number(&format!(
            "SELECT sum(held)::int FROM room_availability WHERE night = '{}'",
            night(days)
        ))
        .await
}

async fn lapse(world: &World, hold: &str) {
    world
        .execute(&format!(
            "UPDATE holds SET expires_at = clock_timestamp() - interval '1 s' WHERE id = '{hold}'"
        ))
        .await;
}

#[tokio::test]
async fn a_hold_takes_its_units_on_every_night() {
    let world = World::start().await;
    let guest = world.guest().await;
    let line = Line {
        units: 3,
        ..Line::default()
    };
    let hold = guest
        .holding(std::slice::from_ref(&line))
        .await
        .await
        .expect(201);
    assert_eq!(hold["state"], "held");
    assert_eq!(hold["lines"][0]["units"], 3);
    assert_eq!(
        (
            held(&world, 0).await,
            held(&world, 1).await,
            held(&world, 2).await
        ),
        (3, 3, 0)
    );
    assert_eq!(guest.units_left(&line).await, 5);

    let id = hold["id"].as_str().expect("an id");
    assert_eq!(guest.get(&format!("holds/{id}")).await.expect(200), hold);
}

#[tokio::test]
async fn lines_of_one_cart_that_share_a_room_type_are_counted_together() {
    let world = World::start().await;
    let guest = world.guest().await;
    let (bare, breakfast) = (
        Line {
            units: 5,
            ..Line::default()
        },
        Line {
            rate_plan: "BB",
            units: 4,
            ..Line::default()
        },
    );
    let answer = guest.holding(&[bare, breakfast.clone()]).await.await;
    assert_eq!(answer.code(), "sold_out");
    assert_eq!(
        answer.json()["conflict"],
        json!({"room_type": "DBL", "night": night(0)})
    );
    assert_eq!(held(&world, 0).await, 0);

    let (bare, breakfast) = (
        Line {
            units: 4,
            ..Line::default()
        },
        breakfast,
    );
    guest.hold(&[bare, breakfast]).await;
    assert_eq!(held(&world, 0).await, 8);
}

#[tokio::test]
async fn a_released_hold_gives_its_units_back_and_releasing_twice_is_no_failure() {
    let world = World::start().await;
    let guest = world.guest().await;
    let id = guest.hold(&[Line::default()]).await;
    for _ in 0..2 {
        assert_eq!(
            guest.delete(&format!("holds/{id}")).await.expect(200)["state"],
            "released"
        );
        assert_eq!(held(&world, 0).await, 0);
    }
    assert_eq!(
        guest.patch(&format!("holds/{id}")).await.problem(),
        "409 hold_ended: the hold is released: it can no longer be used"
    );
}

#[tokio::test]
async fn a_hold_is_extended_up_to_its_longest_duration() {
    let world = World::with(Setup::gateway().holds_for("10 min", "10 min 1 ms")).await;
    let guest = world.guest().await;
    let id = guest.hold(&[Line::default()]).await;
    let path = format!("holds/{id}");
    let before = guest.get(&path).await.expect(200);
    // How long is the hotel's rule: a wish that would be passed over is refused.
    let wish = guest.patch(&path).body(r#"{"minutes": 20}"#).await;
    assert_eq!(wish.code(), "invalid_request");
    assert_eq!(guest.get(&path).await.expect(200), before);
    let extended = guest.patch(&path).await.expect(200);
    assert!(
        extended["expires_at"].as_str() > before["expires_at"].as_str(),
        "{before} {extended}"
    );
    assert_eq!(
        guest.patch(&path).await.problem(),
        "409 hold_limit: the hold has reached its longest duration"
    );
}

#[tokio::test]
async fn a_lapsed_hold_is_free_at_once_for_whoever_wants_its_units() {
    let world = World::start().await;
    let guest = world.guest().await;
    let all = [Line {
        units: 8,
        ..Line::default()
    }];
    let lapsed = guest.hold(&all).await;
    lapse(&world, &lapsed).await;
    assert_eq!(guest.units_left(&all[0]).await, 8);

    guest.hold(&all).await;
    assert_eq!(held(&world, 0).await, 8);
    assert_eq!(
        guest.get(&format!("holds/{lapsed}")).await.expect(200)["state"],
        "expired"
    );
}

#[tokio::test]
async fn a_lapsed_hold_can_neither_be_extended_nor_booked() {
    let world = World::start().await;
    let guest = world.guest().await;
    let hold = guest.hold(&[Line::default()]).await;
    lapse(&world, &hold).await;
    let refused = "409 hold_ended: the hold is expired: it can no longer be used";
    assert_eq!(
        guest.patch(&format!("holds/{hold}")).await.problem(),
        refused
    );
    assert_eq!(guest.reserving(&hold).await.problem(), refused);
    assert_eq!(
        held(&world, 0).await,
        0,
        "whoever finds a lapsed hold ends it for good"
    );
}

#[tokio::test]
async fn lapsed_holds_are_swept_in_the_background() {
    let world = World::with(Setup::working()).await;
    let hold = world.guest().await.hold(&[Line::default()]).await;
    lapse(&world, &hold).await;
    world.until("SELECT state FROM holds", "expired").await;
    assert_eq!(held(&world, 0).await, 0);
}

#[tokio::test]
async fn a_price_that_changed_after_the_quote_is_not_charged() {
    let world = World::start().await;
    let guest = world.guest().await;
    let placing = guest.holding(&[Line::default()]).await;
    world
        .execute(&format!(
            "UPDATE rates SET price_minor = 13000 WHERE night = '{}'",
            night(1)
        ))
        .await;
    let answer = placing.await;
    assert_eq!(
        answer.problem(),
        format!(
            "409 quote_changed: the price of DBL for the night of {} is no longer what was quoted: ask for a new quote",
            night(1)
        )
    );
    assert_eq!(
        answer.json()["conflict"],
        json!({"room_type": "DBL", "rate_plan": "BAR", "night": night(1)})
    );
}

#[tokio::test]
async fn a_night_that_was_closed_after_the_quote_is_named_with_its_product() {
    let world = World::start().await;
    let placing = world.guest().await.holding(&[Line::default()]).await;
    let closed = night(1);
    world
        .execute(&format!(
            "UPDATE rates SET stop_sell = true WHERE night = '{closed}'"
        ))
        .await;
    let answer = placing.await;
    assert_eq!(answer.code(), "not_sellable");
    assert_eq!(
        answer.json()["conflict"],
        json!({"room_type": "DBL", "rate_plan": "BAR", "night": closed})
    );
}

#[tokio::test]
async fn a_quote_is_good_for_its_time_only() {
    let world = World::with(Setup::gateway().quotes_for("1 ms")).await;
    let answer = world.guest().await.holding(&[Line::default()]).await.await;
    assert_eq!(
        answer.problem(),
        "409 quote_expired: the quote has expired: ask for a new one"
    );
}

#[tokio::test]
async fn a_hotel_that_stopped_selling_after_the_quote_is_not_held() {
    let world = World::start().await;
    let placing = world.guest().await.holding(&[Line::default()]).await;
    world
        .execute(&format!(
            "UPDATE rates SET stop_sell = true WHERE night = '{}'",
            night(0)
        ))
        .await;
    assert_eq!(
        placing.await.problem(),
        format!(
            "409 not_sellable: this cannot be sold: the night of {0} is closed (stop_sell {0})",
            night(0)
        )
    );
}

#[tokio::test]
async fn of_many_who_want_the_last_unit_one_gets_it() {
    let world = World::start().await;
    let guest = world.guest().await;
    guest
        .hold(&[Line {
            units: 7,
            ..Line::default()
        }])
        .await;
    let quote = guest.quote(&[Line::default()]).await;
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..32 {
        callers.spawn(guest.post("holds", &json!({"quote": quote})).into_future());
    }
    let mut answers: Vec<String> = callers
        .join_all()
        .await
        .iter()
        .map(|answer| match answer.status {
            201 => "held".to_owned(),
            _ => answer.code(),
        })
        .collect();
    answers.sort();
    assert_eq!(answers[0], "held");
    assert_eq!(answers[1..], vec!["sold_out"; 31]);
}

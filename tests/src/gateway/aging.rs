//! Tentative reservations that wait: told of, told of again and released, each once, however many work.

use serde_json::json;

use crate::harness::{Line, Setup, World, night};

const RULES: &str = "UPDATE hotels SET tentative_alert_hours = 4, tentative_escalate_hours = 8, tentative_release_hours = 24";

async fn aged(world: &World, hours: u32) {
    world
        .execute(&format!(
            "UPDATE reservations SET tentative_since = now() - interval '{hours} hours 1 minute'"
        ))
        .await;
    // Four workers look at the same time.
    world
        .execute("INSERT INTO jobs (kind) SELECT 'age_tentative' FROM generate_series(1, 4)")
        .await;
}

#[tokio::test]
async fn staff_are_told_once_told_again_once_and_then_the_units_are_free() {
    let world = World::with(Setup::working()).await;
    world.execute(RULES).await;
    let guest = world.guest().await;
    guest
        .reserve(&[Line {
            units: 8,
            ..Line::default()
        }])
        .await;
    let events =
        "SELECT jsonb_agg(reason ORDER BY sequence) FROM booking_events WHERE kind <> 'created'";
    aged(&world, 4).await;
    world.until(events, json!(["alert"])).await;
    aged(&world, 8).await;
    world.until(events, json!(["alert", "escalate"])).await;
    aged(&world, 24).await;
    let rule = "it waited longer than the hotel's rule allows";
    world
        .until(events, json!(["alert", "escalate", rule]))
        .await;
    assert_eq!(
        world.value("SELECT status FROM reservations").await,
        json!("expired")
    );
    assert_eq!(guest.units_left(&Line::default()).await, 8);
}

#[tokio::test]
async fn lists_show_who_waits_and_for_how_long_and_find_by_name_number_and_telephone() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let booker = json!({"first_name": "Zoë", "last_name": "O'Brien", "phone": "+39 06 555-1234"});
    let hold = guest.hold(&[Line::default()]).await;
    let zoe = guest
        .post("reservations", &json!({"hold": hold, "booker": booker}))
        .await
        .expect(201);
    world
        .execute("UPDATE reservations SET tentative_since = now() - interval '5 hours'")
        .await;
    let other = guest
        .reserve(&[Line {
            arrival: 7,
            ..Line::default()
        }])
        .await;
    let number = zoe["number"].as_str().expect("a number").to_lowercase();
    let (first, last) = (&number[..5], night(1));
    for (query, expected) in [
        ("q=zoe".to_owned(), vec![&zoe]),
        ("q=Zo%C3%AB%20BRI".to_owned(), vec![&zoe]),
        ("q=zoe%20love".to_owned(), vec![]),
        ("q=551234".to_owned(), vec![&zoe]),
        ("q=06%20555".to_owned(), vec![]),
        (format!("q={first}"), vec![&zoe]),
        ("q=lovelace&status=confirmed".to_owned(), vec![]),
        ("q=love".to_owned(), vec![&other]),
        ("tentative_hours=5".to_owned(), vec![&zoe]),
        ("tentative_hours=6".to_owned(), vec![]),
        (format!("arrival_from={last}"), vec![&other]),
        (format!("arrival_to={last}"), vec![&zoe]),
        (format!("departure_to={}", night(2)), vec![&zoe]),
        (format!("stay_from={last}&stay_to={last}"), vec![&zoe]),
        (format!("stay_from={0}&stay_to={0}", night(2)), vec![]),
    ] {
        let page = staff
            .get(&format!("reservations?{query}"))
            .await
            .expect(200);
        let found = page["reservations"].as_array().expect("a list");
        let ids: Vec<_> = found.iter().map(|one| &one["id"]).collect();
        let expected: Vec<_> = expected.iter().map(|one| &one["id"]).collect();
        assert_eq!(ids, expected, "{query}");
    }
    for query in [
        "q=z",
        "q=",
        "q=%25",
        "q=a%00b",
        "arrival_from=tomorrow",
        "tentative_hours=-1",
    ] {
        let answer = staff.get(&format!("reservations?{query}")).await;
        assert_eq!(answer.code(), "invalid_request", "{query}");
    }
}

#[tokio::test]
async fn a_search_reads_the_words_of_one_hotel_by_an_index_behind_its_wall() {
    let world = World::start().await;
    world.guest().await.reserve(&[Line::default()]).await;
    let hotel = world
        .value("SELECT id FROM hotels WHERE slug = 'aurora-rome'")
        .await;
    let hotel = hotel.as_str().expect("an id");
    let plan = |condition: &str| {
        format!("SET enable_seqscan = off; SET ROLE roomwire_app; SET app.hotel_id = '{hotel}';
            EXPLAIN SELECT reservation_id FROM reservation_words WHERE hotel_id = '{hotel}' AND {condition}")
    };
    let by_beginning = explained(&world, &plan("word >= 'love' AND word < 'lovf'")).await;
    assert!(
        by_beginning.contains("word >= 'love'") && by_beginning.contains("Index Cond"),
        "{by_beginning}"
    );
    // The control: what is not leakproof is only a filter, after every row of the hotel was read.
    let by_pattern = explained(&world, &plan("word LIKE 'love%'")).await;
    let index = by_pattern
        .lines()
        .find(|line| line.contains("Index Cond"))
        .unwrap_or_default();
    assert!(!index.contains("word"), "{by_pattern}");
}

async fn explained(world: &World, statements: &str) -> String {
    use sqlx::Row;
    let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned()))
        .fetch_all(&mut world.owner().await)
        .await
        .expect("a plan");
    let lines: Vec<String> = rows.iter().filter_map(|row| row.try_get(0).ok()).collect();
    lines.join("\n")
}

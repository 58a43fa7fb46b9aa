//! Who waits for nights that are sold out: offered in their turn, kept for, booked, passed over.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Channels, Client, Line, Setup, World, night};

const STATES: &str = "SELECT jsonb_agg(state ORDER BY created_at, id) FROM waitlist_entries";

async fn kept_for(world: &World, minutes: &str) {
    world
        .execute(&format!(
            "UPDATE hotels SET waitlist_hold_minutes = {minutes}"
        ))
        .await;
}

/// Sells all eight doubles, and answers the reservation that has the last of them.
async fn sell_out(guest: &Client) -> Value {
    let most = Line {
        units: 7,
        ..Line::default()
    };
    guest.reserve(&[most]).await;
    guest.reserve(&[Line::default()]).await
}

async fn waits(guest: &Client, first_name: &str, units: u32) -> String {
    let line = Line {
        units,
        ..Line::default()
    };
    let entry = guest.post("waitlist", &line.waiting(first_name));
    let entry = entry.await.expect(201);
    assert_eq!(entry["state"], "waiting");
    entry["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn who_waits_is_offered_what_somebody_cancels_and_it_is_kept_until_staff_book_it() {
    let world = World::with(Setup::working()).await;
    kept_for(&world, "30").await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let wish = Line::default().waiting("Ada");
    let early = guest.post("waitlist", &wish).await;
    assert_eq!((early.status, early.code().as_str()), (409, "for_sale"));
    let last = sell_out(&guest).await;
    let id = waits(&guest, "Ada", 1).await;
    let path = format!("waitlist/{id}");
    let vain = staff.post(&format!("{path}/book"), &json!({})).await;
    assert_eq!((vain.status, vain.code().as_str()), (409, "sold_out"));

    staff.step(&last, "cancel").await.expect(200);
    world.until(STATES, json!(["offered"])).await;
    assert_eq!(guest.units_left(&Line::default()).await, 0);
    let offered = staff.get(&path).await.expect(200);
    assert!(offered["offer"]["hold_id"].is_string(), "{offered}");
    let made = staff.post(&format!("{path}/book"), &json!({"reason": "called back"}));
    let made = made.await.expect(200);
    assert_eq!(
        (&made["status"], &made["booker"]["first_name"]),
        (&json!("tentative"), &json!("Ada"))
    );
    let served = staff.get(&path).await.expect(200);
    assert_eq!(
        (&served["state"], &served["reservation_id"]),
        (&json!("fulfilled"), &made["id"])
    );
    let history = served["history"].as_array().expect("a history");
    let told: Vec<_> = history
        .iter()
        .map(|event| (event["kind"].as_str(), event["reason"].as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Some("created"), None),
            (Some("offered"), None),
            (Some("fulfilled"), Some("called back"))
        ]
    );
    let again = staff.post(&format!("{path}/book"), &json!({})).await;
    assert_eq!(again.code(), "waitlist_ended");
    let late = staff.delete(&path).await;
    assert_eq!(late.code(), "waitlist_ended");
}

#[tokio::test]
async fn an_offer_that_lapses_goes_to_the_next() {
    let world = World::with(Setup::working()).await;
    kept_for(&world, "30").await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let last = sell_out(&guest).await;
    waits(&guest, "Ada", 1).await;
    waits(&guest, "Grace", 1).await;
    staff.step(&last, "cancel").await.expect(200);
    world.until(STATES, json!(["offered", "waiting"])).await;
    world
        .execute(
            "UPDATE holds SET expires_at = clock_timestamp() - interval '1 second'
             WHERE id IN (SELECT hold_id FROM waitlist_entries WHERE state = 'offered')",
        )
        .await;
    world.until(STATES, json!(["lapsed", "offered"])).await;
    assert_eq!(guest.units_left(&Line::default()).await, 0);
}

#[tokio::test]
async fn who_came_first_is_served_first_unless_it_does_not_fit_or_is_withdrawn() {
    let world = World::with(Setup::working()).await;
    kept_for(&world, "30").await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let last = sell_out(&guest).await;
    waits(&guest, "Ada", 2).await;
    let withdrawn = waits(&guest, "Grace", 1).await;
    waits(&guest, "Alan", 1).await;
    waits(&guest, "Barbara", 1).await;
    let reason = json!({"reason": "found another hotel"});
    staff
        .post(&format!("waitlist/{withdrawn}/withdraw"), &reason)
        .await
        .expect(200);
    staff.step(&last, "cancel").await.expect(200);
    world
        .until(
            STATES,
            json!(["waiting", "withdrawn", "offered", "waiting"]),
        )
        .await;
    // What is kept for one who withdraws goes to the next; withdrawing twice is no failure.
    let offered = staff.get("waitlist?state=offered").await.expect(200);
    let offered = offered["entries"][0]["id"].as_str().expect("an id");
    for _ in 0..2 {
        let gone = staff.delete(&format!("waitlist/{offered}"));
        assert_eq!(gone.await.expect(200)["state"], "withdrawn");
    }
    world
        .until(
            STATES,
            json!(["waiting", "withdrawn", "withdrawn", "offered"]),
        )
        .await;
}

#[tokio::test]
async fn an_allotment_that_is_raised_is_offered_too() {
    let world = World::with(Setup::working()).await;
    kept_for(&world, "30").await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    sell_out(&guest).await;
    waits(&guest, "Ada", 1).await;
    let dates = json!([{"from": night(0), "to": night(1)}]);
    let edit = json!({"updates": [{"dates": dates, "room_types": ["DBL"], "allotment": 9}]});
    staff.patch("ari").json(&edit).await.expect(200);
    world.until(STATES, json!(["offered"])).await;
    assert_eq!(guest.units_left(&Line::default()).await, 0);
}

#[tokio::test]
async fn without_a_time_staff_are_told_once_and_nothing_is_kept() {
    let world = World::with(Setup::working()).await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let last = sell_out(&guest).await;
    let id = waits(&guest, "Ada", 1).await;
    waits(&guest, "Grace", 1).await;
    staff.step(&last, "cancel").await.expect(200);
    let alerted = "SELECT count(*) FROM waitlist_events WHERE kind = 'alerted'";
    world.until(alerted, json!(1)).await;
    world
        .execute("INSERT INTO jobs (kind) SELECT 'waitlist_sweep' FROM generate_series(1, 4)")
        .await;
    world
        .until(
            "SELECT count(*) FROM jobs WHERE kind = 'waitlist_sweep' AND key IS NULL",
            json!(0),
        )
        .await;
    assert_eq!(world.number(alerted).await, 1);
    assert_eq!(world.value(STATES).await, json!(["waiting", "waiting"]));
    assert_eq!(guest.units_left(&Line::default()).await, 1);
    staff
        .post(&format!("waitlist/{id}/book"), &json!({}))
        .await
        .expect(200);
    assert_eq!(world.value(STATES).await, json!(["fulfilled", "waiting"]));
}

#[tokio::test]
async fn however_many_wait_in_vain_staff_are_told_of_those_behind_them() {
    let world = World::with(Setup::working()).await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let last = sell_out(&guest).await;
    let vain = waits(&guest, "Grace", 8).await;
    world
        .execute(&format!(
            "WITH many AS (
                INSERT INTO waitlist_entries (hotel_id, id, room_type_id, check_in, check_out, units, adults, guest)
                SELECT hotel_id, gen_random_uuid(), room_type_id, check_in, check_out, units, adults, guest
                FROM waitlist_entries, generate_series(1, 510) WHERE id = '{vain}'
                RETURNING hotel_id, id)
             INSERT INTO waitlist_events (hotel_id, entry_id, number, kind, actor)
             SELECT hotel_id, id, 1, 'created', 'test' FROM many"
        ))
        .await;
    let id = waits(&guest, "Ada", 1).await;
    waits(&guest, "Alan", 1).await;
    staff.step(&last, "cancel").await.expect(200);
    let alerted = "SELECT jsonb_agg(entry_id) FROM waitlist_events WHERE kind = 'alerted'";
    world.until(alerted, json!([id])).await;
}

#[tokio::test]
async fn units_are_bounded_by_the_calendar_where_it_has_more_than_rooms_and_by_nothing_without_rooms()
 {
    let world = World::start().await;
    let guest = world.guest().await;
    let wish = |units: u32| {
        let line = Line {
            units,
            ..Line::default()
        };
        guest.post("waitlist", &line.waiting("Ada"))
    };
    world
        .execute(&format!(
            "UPDATE room_availability SET overbooking = 2 WHERE night = '{}'",
            night(1)
        ))
        .await;
    assert_eq!(wish(11).await.code(), "invalid_request");
    wish(10).await.expect(201);
    world.execute("DELETE FROM rooms").await;
    wish(100).await.expect(201);
}

#[tokio::test]
async fn a_guest_waits_five_times_at_most_for_the_same_nights_and_no_race_gets_past() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    sell_out(&guest).await;
    let later = Line {
        arrival: 2,
        ..Line::default()
    };
    guest
        .reserve(&[Line {
            units: 8,
            ..later.clone()
        }])
        .await;
    let mut joining = JoinSet::new();
    for place in 0..8 {
        let mut wish = Line::default().waiting("Ada");
        if place % 2 == 1 {
            wish["guest"]["email"] = json!("ADA@Guest.example");
        }
        joining.spawn(guest.post("waitlist", &wish).into_future());
    }
    let answers = joining.join_all().await;
    let (made, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((made.len(), refused.len()), (5, 3));
    for answer in refused {
        assert_eq!(
            answer.problem(),
            "409 waitlist_limit: the guest has 5 open entries for these nights already, and no more are taken"
        );
    }
    // Other nights, another guest, and what has ended are not counted.
    guest
        .post("waitlist", &later.waiting("Ada"))
        .await
        .expect(201);
    waits(&guest, "Grace", 1).await;
    let id = made[0].json()["id"].as_str().expect("an id").to_owned();
    staff.delete(&format!("waitlist/{id}")).await.expect(200);
    waits(&guest, "Ada", 1).await;
}

#[tokio::test]
async fn a_guest_who_waits_is_the_same_in_capital_and_small_letters_of_every_script() {
    let world = World::start().await;
    let guest = world.guest().await;
    sell_out(&guest).await;
    let joining = |email: &str| {
        let mut wish = Line::default().waiting("Ada");
        wish["guest"]["email"] = json!(email);
        guest.post("waitlist", &wish)
    };
    for (small, capital) in [
        ("b\u{f3}b@guest.example", "B\u{d3}B@guest.example"),
        // The sign of the unit kelvin is a K.
        ("kim@guest.example", "\u{212a}im@guest.example"),
    ] {
        for email in [small, capital, small, capital, small] {
            joining(email).await.expect(201);
        }
        for email in [small, capital] {
            assert_eq!(joining(email).await.code(), "waitlist_limit", "{email}");
        }
    }
    joining("bob@guest.example").await.expect(201);
}

#[tokio::test]
async fn what_is_kept_and_booked_elsewhere_fulfils_and_a_day_that_passes_lapses() {
    let world = World::with(Setup::working()).await;
    kept_for(&world, "30").await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let last = sell_out(&guest).await;
    let id = waits(&guest, "Ada", 1).await;
    waits(&guest, "Grace", 1).await;
    staff.step(&last, "cancel").await.expect(200);
    world.until(STATES, json!(["offered", "waiting"])).await;
    let entry = staff.get(&format!("waitlist/{id}")).await.expect(200);
    let hold = entry["offer"]["hold_id"].as_str().expect("a hold");
    guest.reserving(hold).await.expect(201);
    world
        .execute("UPDATE waitlist_entries SET check_in = current_date - 3 WHERE state = 'waiting'")
        .await;
    world
        .execute("INSERT INTO jobs (kind) VALUES ('waitlist_sweep')")
        .await;
    world.until(STATES, json!(["fulfilled", "lapsed"])).await;
}

#[tokio::test]
async fn a_guest_who_waited_is_written_to_while_the_offer_stands() {
    let channels = Channels::start().await;
    kept_for(&channels.world, "30").await;
    let last = sell_out(&channels.guest).await;
    waits(&channels.guest, "Grace", 1).await;
    channels.inbox(2).await;
    channels.staff.step(&last, "cancel").await.expect(200);
    let inbox = channels.inbox(4).await;
    let offer = inbox
        .iter()
        .find(|email| email.subject.contains("kept for you until"))
        .expect("the offer");
    assert_eq!(offer.to, ["Grace Lovelace <grace@guest.example>"]);
    let text = offer.text.as_deref().expect("a text");
    assert!(
        text.contains("Dear Grace,") && text.contains("Double"),
        "{text}"
    );
    channels.settled().await;
}

#[tokio::test]
async fn what_nobody_could_be_offered_is_refused_with_its_field() {
    let world = World::start().await;
    let guest = world.guest().await;
    let wish = |field: &str, value: Value| {
        let mut wish = Line::default().waiting("Ada");
        wish[field] = value;
        wish
    };
    let yesterday = night(-120);
    for (body, expected) in [
        (
            wish("room_type", json!("SUITE")),
            "/room_type: the hotel sells no room type `SUITE`",
        ),
        (
            wish("rate_plan", json!("GOLD")),
            "/rate_plan: the hotel does not sell it under a rate plan `GOLD`",
        ),
        (wish("units", json!(0)), "/units: a line has 1 to 100 units"),
        (
            wish("units", json!(9)),
            "/units: is more than the 8 units that there are of such rooms",
        ),
        (
            wish("adults", json!(0)),
            "/adults: at least one adult sleeps in a room",
        ),
        (
            wish("adults", json!(9)),
            "/adults: no such room takes so many people",
        ),
        (
            wish("children_ages", json!([18])),
            "/children_ages: a child is younger than 18: count older ones as adults",
        ),
        (
            wish(
                "guest",
                json!({"first_name": "Ada", "last_name": "Lovelace"}),
            ),
            "/guest/email: is needed for an offer",
        ),
        (
            wish("note", json!("x".repeat(2_001))),
            "/note: has more than 2000 characters",
        ),
    ] {
        let answer = guest.post("waitlist", &body).await;
        assert_eq!(
            answer.problem(),
            format!("422 invalid_request: {expected}"),
            "{body}"
        );
    }
    let mut past = Line::default().waiting("Ada");
    past["check_in"] = json!(yesterday);
    past["check_out"] = json!(night(-118));
    let answer = guest.post("waitlist", &past).await;
    assert_eq!(
        answer.problem(),
        "422 invalid_request: /check_in: the arrival day has passed"
    );
    assert_eq!(guest.get("waitlist").await.code(), "scope_missing");
    let staff = world.staff().await;
    for query in [
        "state=sleeping",
        "limit=0",
        "limit=101",
        "cursor=x",
        "page=2",
    ] {
        let answer = staff.get(&format!("waitlist?{query}")).await;
        assert_eq!(answer.code(), "invalid_request", "{query}");
    }
    let nothing = format!("waitlist/{}", uuid::Uuid::nil());
    assert_eq!(staff.get(&nothing).await.code(), "not_found");
    assert_eq!(staff.delete("waitlist/mine").await.code(), "not_found");
}

#[tokio::test]
async fn the_list_shows_who_waits_in_turn_and_page_by_page() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    sell_out(&guest).await;
    let mut ids = Vec::new();
    for name in ["Ada", "Grace", "Alan"] {
        ids.push(waits(&guest, name, 1).await);
    }
    let page = async |query: &str| staff.get(&format!("waitlist?{query}")).await.expect(200);
    let listed = |page: &Value| {
        let entries = page["entries"].as_array().expect("a list").iter();
        entries
            .map(|entry| entry["id"].as_str().expect("an id").to_owned())
            .collect::<Vec<_>>()
    };
    let first = page("limit=2").await;
    assert_eq!(listed(&first), ids[..2]);
    let next = first["next"].as_str().expect("a cursor");
    let second = page(&format!("limit=2&cursor={next}")).await;
    assert_eq!(
        (listed(&second), second["next"].is_null()),
        (ids[2..].to_vec(), true)
    );
    for (query, found) in [
        (format!("stay_from={0}&stay_to={0}", night(1)), 3),
        (format!("stay_from={}", night(2)), 0),
        ("state=waiting".to_owned(), 3),
        ("state=offered".to_owned(), 0),
    ] {
        assert_eq!(listed(&page(&query).await).len(), found, "{query}");
    }
}

//! The examples of the document, sent as they stand: whoever copies one gets an answer and no refusal.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Call, Client, Line, World, operations};

/// The example of each kind of body that some operation takes.
async fn examples(world: &World) -> BTreeMap<String, Value> {
    let operations = operations(world).await.into_iter();
    operations
        .filter_map(|operation| operation.example)
        .collect()
}

fn put(client: &Client, path: &str, body: &Value) -> Call {
    client.request(Method::PUT, path).json(body)
}

/// Every example of what is done to rooms.
async fn rooms_are_arranged(world: &World, path: &str, example: &mut impl FnMut(&str) -> Value) {
    let staff = world.staff().await;
    let arrivals = example("ArrivalsRequest");
    let other = staff.reserve(&[Line::default()]).await;
    staff.post("assignments/auto", &arrivals).await.expect(200);
    let room = async |verb: &str, body: &Value| {
        let call = staff.post(&format!("{path}/rooms/{verb}"), body);
        call.await.expect(200)
    };
    room("auto", &example("AssignRequest")).await;
    room("move", &example("MoveRequest")).await;
    let units = example("UnitsRequest");
    room("lock", &units).await;
    let unlocked = room("unlock", &units).await;
    let other = staff
        .get(&format!(
            "reservations/{}",
            other["id"].as_str().expect("an id")
        ))
        .await
        .expect(200);
    let assignment = |of: &Value| of["rooms"][0]["assigned"][0]["id"].clone();
    let mut swap = example("SwapRequest");
    swap["assignments"] = json!([assignment(&unlocked), assignment(&other)]);
    staff.post("assignments/swap", &swap).await.expect(200);
}

/// Every example of what concerns who waits.
async fn somebody_waits(world: &World, example: &mut impl FnMut(&str) -> Value) {
    let staff = world.staff().await;
    let wish = example("WaitlistRequest");
    let open = "UPDATE room_availability SET allotment = 8 WHERE allotment < 8";
    let closed = "UPDATE room_availability SET allotment = sold + held, overbooking = 0";
    world.execute(closed).await;
    let first = staff.post("waitlist", &wish).await.expect(201);
    let second = staff.post("waitlist", &wish).await.expect(201);
    world.execute(open).await;
    let id = |entry: &Value| entry["id"].as_str().expect("an id").to_owned();
    for (entry, verb, name) in [
        (&first, "withdraw", "WithdrawRequest"),
        (&second, "book", "WaitlistBookRequest"),
    ] {
        let path = format!("waitlist/{}/{verb}", id(entry));
        staff.post(&path, &example(name)).await.expect(200);
    }
}

/// Every example of what is written to guests.
async fn a_guest_is_answered(world: &World, example: &mut impl FnMut(&str) -> Value) {
    let thread = uuid::Uuid::from_u128(39);
    let written = format!(
        "INSERT INTO connections (hotel_id, id, name, kind, connector)
         SELECT id, '{thread}', 'channel', 'channel', 'none' FROM hotels WHERE slug = 'aurora-rome';
         INSERT INTO message_threads (hotel_id, id, connection_id, external_id, last_message_at)
         SELECT hotel_id, id, id, '1', now() FROM connections WHERE id = '{thread}'"
    );
    world.execute(&written).await;
    let path = format!("message-threads/{thread}/messages");
    let reply = world.staff().await.post(&path, &example("ReplyRequest"));
    assert_eq!(reply.await.expect(202)["state"], json!("queued"));
}

#[tokio::test]
async fn every_example_of_a_request_is_taken() {
    let world = World::start().await;
    let staff = world.staff().await;
    let mut left = examples(&world).await;
    let mut example = |name: &str| {
        left.remove(name)
            .unwrap_or_else(|| panic!("no operation takes {name}"))
    };
    let quote = staff
        .post("quotes", &example("QuoteRequest"))
        .await
        .expect(201);
    let mut holding = example("HoldRequest");
    holding["quote"] = quote["quote"].clone();
    let hold = staff.post("holds", &holding).await.expect(201);
    let mut booking = example("ReservationRequest");
    booking["hold"] = hold["id"].clone();
    let made = staff.post("reservations", &booking).await.expect(201);
    let path = format!("reservations/{}", made["id"].as_str().expect("an id"));
    let change = staff.patch(&path).json(&example("ChangeRequest"));
    assert_eq!(
        change.header("if-match", "\"1\"").await.expect(200)["dry_run"],
        json!(true)
    );
    let confirmation = example("ConfirmationRequest");
    staff
        .post(&format!("{path}/confirm"), &confirmation)
        .await
        .expect(200);
    rooms_are_arranged(&world, &path, &mut example).await;
    let transition = example("TransitionRequest");
    staff
        .post(&format!("{path}/cancel"), &transition)
        .await
        .expect(200);
    somebody_waits(&world, &mut example).await;
    a_guest_is_answered(&world, &mut example).await;
    put(&staff, "booking-rules", &example("RulesBody"))
        .await
        .expect(200);
    for (path, name) in [
        ("room-types", "RoomTypeRequest"),
        ("rooms", "RoomRequest"),
        ("cancellation-policies", "PolicyRequest"),
        ("charges", "ChargeRequest"),
        ("rate-plans", "RatePlanRequest"),
        ("products", "ProductEntryBody"),
        ("extras", "ExtraRequest"),
        ("packages", "PackageRequest"),
        ("promo-codes", "PromoCodeRequest"),
    ] {
        staff.post(path, &example(name)).await.expect(201);
    }
    let capacity = example("CapacityRequest");
    staff
        .patch("extras/DINNER/capacity")
        .json(&capacity)
        .await
        .expect(200);
    let mut edit = example("EditRequest");
    assert_eq!(edit["dry_run"], json!(true), "an example changes nothing");
    edit["dry_run"] = json!(false);
    let edited = staff.patch("ari").json(&edit).await.expect(200);
    let change = edited["change"]["id"].as_str().expect("an id");
    let undo = example("UndoRequest");
    staff
        .post(&format!("ari/changes/{change}/undo"), &undo)
        .await
        .expect(200);
    let aside = "INSERT INTO jobs (kind, hotel_id, state, reason, died_at)
        SELECT 'waitlist', id, 'dead', 'an example', now() FROM hotels WHERE slug = 'aurora-rome'";
    world.execute(aside).await;
    let letters = staff.get("dead-letters").await.expect(200);
    let letter = format!("dead-letters/{}/replay", letters["dead_letters"][0]["id"]);
    let decision = example("DecisionRequest");
    staff.post(&letter, &decision).await.expect(200);
    let hotel = example("HotelRequest");
    let operator = world.operator().await;
    operator.post("/v1/hotels", &hotel).await.expect(201);
    assert!(left.is_empty(), "nobody tried {:?}", left.keys());
}

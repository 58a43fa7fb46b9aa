//! Who may call: keys, their scopes, and the wall between hotels.

use http::Method;
use roomwire::app::access::{self, Wanted};
use roomwire::domain::access::Scope;
use roomwire::domain::random::Random;
use serde_json::json;

use crate::gateway::openapi::{Operation, operations};
use crate::harness::{Answer, Client, Line, Setup, World, start_instant};

/// A path of an operation about this hotel, with ids that nothing has.
fn path(operation: &Operation, hotel: &str) -> String {
    let nothing = uuid::Uuid::nil().to_string();
    operation
        .path
        .split('/')
        .map(|segment| match segment {
            "{hotel}" => hotel,
            segment if segment.starts_with('{') => nothing.as_str(),
            segment => segment,
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn every_operation_that_the_document_protects_refuses_who_has_no_key() {
    // There are more operations than calls without a key that an address may make at once.
    let setup = Setup::gateway().limits("failures = { per_second = 1000, burst = 1000 }\n");
    let world = World::with(setup).await;
    let protected: Vec<Operation> = operations(&world)
        .await
        .into_iter()
        .filter(|operation| operation.protected)
        .collect();
    assert!(protected.len() > 10, "{protected:?}");
    for operation in protected {
        let call = world
            .anonymous()
            .request(operation.method.clone(), &path(&operation, "aurora-rome"));
        let answer = call.idempotency_key("any").await;
        assert_eq!(
            answer.problem(),
            "401 unauthenticated: send a live API key: `Authorization: Bearer rw_live_…`"
        );
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Bearer"),
            "{operation:?}"
        );
    }
}

#[tokio::test]
async fn a_key_that_may_not_learns_that_before_anything_about_its_body() {
    let world = World::start().await;
    let guest = world.guest().await;
    let reservation = format!("reservations/{}", uuid::Uuid::nil());
    for (method, path) in [
        (Method::PUT, "booking-rules"),
        (Method::PATCH, "ari"),
        (Method::PATCH, "extras/DINNER/capacity"),
        (Method::PATCH, "room-types/DBL"),
        (Method::PATCH, "products/DBL/BAR"),
        (Method::PATCH, reservation.as_str()),
    ] {
        for body in ["{}", "{\"nothing\": 1}", "{"] {
            let answer = guest.request(method.clone(), path).body(body).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (403, "scope_missing"),
                "{path} {body}"
            );
        }
    }
    let blind = key_with(&world, Scope::BookingsWrite).await;
    let staff = world.staff().await;
    for (client, method, path, code) in [
        (&blind, Method::POST, "quotes", "scope_missing"),
        (&staff, Method::PATCH, "settings", "operator_only"),
    ] {
        let answer = client.request(method, path).body("{").await;
        assert_eq!(answer.code(), code, "{path}");
    }
}

/// A caller who may do this alone.
async fn key_with(world: &World, scope: Scope) -> Client {
    let store = world.database.store(1).await;
    let wanted = Wanted {
        name: "alone".to_owned(),
        hotel: None,
        publishable: false,
        scopes: vec![scope],
        origins: Vec::new(),
        expires_at: None,
    };
    let made = access::create(&store, start_instant(), &Random::system(), wanted).await;
    world.client("aurora-rome", Some(made.expect("a key is made")))
}

#[tokio::test]
async fn to_another_hotels_key_a_hotel_does_not_exist_on_any_route() {
    let world = World::start().await;
    let foreign = world.staff_of("sakura-kyoto").await;
    let of_hotels = operations(&world)
        .await
        .into_iter()
        .filter(|operation| operation.path.contains("{hotel}"));
    for operation in of_hotels {
        let ask = |hotel| {
            foreign
                .request(operation.method.clone(), &path(&operation, hotel))
                .idempotency_key("any")
        };
        let (existing, missing) = (ask("aurora-rome").await, ask("no-such-hotel").await);
        assert_eq!(
            existing.problem(),
            "404 not_found: there is no such hotel",
            "{operation:?}"
        );
        let but_for_its_id = |answer: &Answer| {
            let mut body = answer.json();
            body.as_object_mut().expect("a problem").remove("instance");
            body
        };
        assert_eq!(
            but_for_its_id(&existing),
            but_for_its_id(&missing),
            "{operation:?}"
        );
    }
}

#[tokio::test]
async fn another_hotels_holds_and_reservations_are_not_found_at_ones_own() {
    let world = World::start().await;
    let (guest, foreign) = (world.guest().await, world.staff_of("sakura-kyoto").await);
    let hold = guest.hold(&[Line::default()]).await;
    let made = guest.reserve(&[Line::default()]).await;
    let reservation = format!("reservations/{}", made["id"].as_str().expect("an id"));
    for path in [
        format!("holds/{hold}"),
        reservation.clone(),
        format!("{reservation}/events"),
    ] {
        assert_eq!(foreign.get(&path).await.code(), "not_found", "{path}");
    }
    assert_eq!(
        foreign.delete(&format!("holds/{hold}")).await.code(),
        "not_found"
    );
    assert_eq!(
        foreign.patch(&format!("holds/{hold}")).await.code(),
        "not_found"
    );
    assert_eq!(foreign.reserving(&hold).await.code(), "not_found");
    for step in ["confirm", "decline", "cancel"] {
        assert_eq!(
            foreign.step(&made, step).await.code(),
            "not_found",
            "{step}"
        );
    }
    assert_eq!(
        foreign.get("reservations").await.expect(200),
        json!({"reservations": []})
    );
}

#[tokio::test]
async fn a_web_pages_key_books_but_never_reads_or_moves_reservations() {
    let world = World::start().await;
    let guest = world.guest().await;
    let made = guest.reserve(&[Line::default()]).await;
    let reservation = format!("reservations/{}", made["id"].as_str().expect("an id"));
    for path in [
        "reservations",
        &reservation,
        &format!("{reservation}/events"),
    ] {
        let answer = guest.get(path).await;
        assert_eq!(
            answer.problem(),
            "403 scope_missing: the API key lacks the scope `reservations:read`"
        );
    }
    let answer = guest.step(&made, "confirm").await;
    assert_eq!(
        answer.problem(),
        "403 scope_missing: the API key lacks the scope `reservations:manage`"
    );
}

#[tokio::test]
async fn what_is_no_live_key_opens_nothing() {
    let world = World::start().await;
    let call = |value: &str| {
        world
            .anonymous()
            .request(Method::GET, "/v1/hotels")
            .header("authorization", value)
    };
    let looks_right = format!(
        "Bearer rw_live_{}_{}00000000",
        "0".repeat(12),
        "0".repeat(64)
    );
    for value in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Basic dXNlcjpwYXNz",
        "rw_live_x",
        &looks_right,
    ] {
        assert_eq!(call(value).await.code(), "unauthenticated", "{value:?}");
    }
    let twice = world
        .staff()
        .await
        .get("/v1/hotels")
        .header_again("authorization", "Bearer other");
    assert_eq!(twice.await.code(), "unauthenticated");
}

#[tokio::test]
async fn revoked_and_expired_keys_open_nothing_from_that_moment() {
    let world = World::start().await;
    let (staff, guest) = (world.staff().await, world.guest().await);
    world
        .execute("UPDATE api_keys SET revoked_at = clock_timestamp() WHERE name = 'front-desk'")
        .await;
    world
        .execute("UPDATE api_keys SET expires_at = clock_timestamp() WHERE name = 'web-page'")
        .await;
    assert_eq!(staff.get("/v1/hotels").await.code(), "unauthenticated");
    assert_eq!(guest.get("/v1/hotels").await.code(), "unauthenticated");
}

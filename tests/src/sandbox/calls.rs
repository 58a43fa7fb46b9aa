//! A call is for one connection, with its grant, and waits only so long for its turn.

use std::collections::HashMap;
use std::time::Duration;

use axum::http::HeaderMap;
use roomwire::domain::connector::{Caller, Connectors, SandboxFailure};
use roomwire::domain::ids::{ConnectionId, HotelId};
use roomwire::domain::webhook::{Arrived, WebhookRefusal, WebhookVerifier as _};
use roomwire::plugin::{Admission, ConnectionGrant, Limits};
use serde_json::json;
use uuid::Uuid;

use super::world::{World, caller, grant, numbered, stopped};

#[tokio::test]
async fn a_connection_without_grant_or_of_another_hotel_is_not_served() {
    let world = World::new().await;
    let connector = world.connector("quiet");
    let mut other_hotel = caller();
    other_hotel.hotel = HotelId(Uuid::from_u128(9));
    let mut other_connection = caller();
    other_connection.connection = ConnectionId(Uuid::from_u128(9));
    for stranger in [other_hotel, other_connection] {
        assert_eq!(
            stopped(&connector.check(&stranger).await).0,
            SandboxFailure::Unavailable
        );
    }
    assert!(world.plugins.channel("absent").is_none());
}

#[tokio::test]
async fn an_ability_that_the_plugin_lacks_is_unavailable() {
    let world = World::new().await;
    let called = world.connector("quiet").fetch(&caller(), "R1").await;
    let sentence = called.result.expect_err("no such interface").to_string();
    assert_eq!(
        sentence,
        "stopped by the sandbox (unavailable): plugin `hostile` 0.1.0: it has no `reservation-source`"
    );
}

/// A world in which a loop takes 800 ms, and nobody waits longer than 100 ms for a turn.
async fn narrow(admission: Admission) -> World {
    let limits = Limits {
        wall: Duration::from_millis(800),
        cpu: Duration::from_secs(60),
        ..Limits::default()
    };
    let admission = Admission {
        patience: Duration::from_millis(100),
        ..admission
    };
    World::with(limits, admission).await
}

#[tokio::test]
async fn a_call_that_waits_in_vain_for_its_turn_says_so() {
    for admission in [
        Admission {
            calls: 1,
            ..Admission::default()
        },
        Admission {
            calls_of_one_plugin: 1,
            ..Admission::default()
        },
        Admission {
            calls_of_one_hotel: 1,
            ..Admission::default()
        },
    ] {
        let world = narrow(admission).await;
        let connector = world.connector("loop");
        let (one, two) = (caller(), caller());
        let (first, second) = tokio::join!(connector.check(&one), connector.check(&two));
        assert_eq!(stopped(&first).0, SandboxFailure::Deadline);
        assert_eq!(
            stopped(&second).0,
            SandboxFailure::Overloaded,
            "{admission:?}"
        );
    }
}

#[tokio::test]
async fn a_hotel_whose_turns_are_all_taken_holds_up_itself_and_no_other() {
    let world = narrow(Admission {
        calls_of_one_hotel: 1,
        ..Admission::default()
    })
    .await;
    let (hostile, own) = (caller(), numbered(3));
    let other = Caller {
        hotel: HotelId(Uuid::from_u128(9)),
        ..numbered(4)
    };
    let of_other = ConnectionGrant {
        hotel: other.hotel,
        ..grant("quiet")
    };
    let given = [
        (hostile.clone(), grant("loop")),
        (own.clone(), grant("quiet")),
        (other.clone(), of_other),
    ];
    world.give(given.clone());
    let connector = world.plugins.channel("hostile").expect("the connector");
    let others = async {
        // A configuration that is applied meanwhile gives the hotel no further turns.
        world.give(given);
        let [own, other] = [connector.check(&own).await, connector.check(&other).await];
        assert_eq!(stopped(&own).0, SandboxFailure::Overloaded);
        other.result.expect("the other hotel's own turn");
    };
    let (looped, ()) = tokio::join!(connector.check(&hostile), others);
    assert_eq!(stopped(&looped).0, SandboxFailure::Deadline);
    let next = connector.check(&own).await;
    next.result.expect("the turn came back");
}

type Change = fn(&mut ConnectionGrant);

#[tokio::test]
async fn a_grant_that_does_not_fit_the_manifest_is_refused_with_the_reason() {
    let world = World::new().await;
    let changes: [(Change, &str); 7] = [
        (
            |grant| grant.plugin = "absent".to_owned(),
            "no plugin `absent` is loaded: hostile",
        ),
        (
            |grant| grant.settings = json!({}),
            "settings of plugin `hostile`: /: \"behaviour\" is a required property",
        ),
        (
            |grant| grant.settings = json!({ "behaviour": 7 }),
            "settings of plugin `hostile`: /behaviour: 7 is not of type",
        ),
        (
            |grant| drop(grant.secrets.remove("api_key")),
            "plugin `hostile` needs the secret `api_key`",
        ),
        (
            |grant| drop(grant.secrets.insert("else".to_owned(), "1234".into())),
            "plugin `hostile` has no secret `else`",
        ),
        (
            |grant| drop(grant.secrets.insert("api_key".to_owned(), "abc".into())),
            "has fewer than 4 characters",
        ),
        (
            |grant| drop(grant.secrets.insert("api_key".to_owned(), "line\n".into())),
            "was a file read with its last line end?",
        ),
    ];
    for (change, expected) in changes {
        let mut given = grant("quiet");
        change(&mut given);
        let refused = world
            .plugins
            .set_grants(&HashMap::from([(caller().connection, given)]));
        let sentence = refused.expect_err(expected).to_string();
        assert!(sentence.contains(expected), "{sentence}");
    }
}

#[tokio::test]
async fn a_refused_grant_leaves_the_present_ones_in_force() {
    let world = World::new().await;
    world.still_works().await;
    let bad = ConnectionGrant {
        plugin: "absent".to_owned(),
        ..grant("quiet")
    };
    let both = HashMap::from([
        (caller().connection, grant("trap")),
        (ConnectionId(Uuid::from_u128(3)), bad),
    ]);
    world
        .plugins
        .set_grants(&both)
        .expect_err("one of them is bad");
    let connector = world.plugins.channel("hostile").expect("the connector");
    connector
        .check(&caller())
        .await
        .result
        .expect("the grant of before");
}

#[tokio::test]
async fn a_plugin_that_parses_no_webhooks_takes_none() {
    let world = World::new().await;
    world.still_works().await;
    let nobody = ConnectionId(Uuid::from_u128(9));
    for connection in [caller().connection, nobody] {
        let arrived = Arrived {
            endpoint_token: "a-token-of-this-endpoint",
            headers: &HeaderMap::new(),
            body: b"{}",
        };
        let refused = world.plugins.verify(connection, arrived, caller().now);
        assert_eq!(refused, Err(WebhookRefusal::NotTaken));
    }
}

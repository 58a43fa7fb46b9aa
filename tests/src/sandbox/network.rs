//! The way out leads to the manifest's hosts only, and only as far as the limits go.

use std::time::Duration;

use roomwire::domain::connector::SandboxFailure;
use roomwire::plugin::Limits;

use super::world::{World, stopped};

async fn said(world: &World, behaviour: &str) -> String {
    world.check(behaviour).await.result.expect("a sentence")
}

#[tokio::test]
async fn a_host_that_the_manifest_does_not_name_is_denied_and_never_looked_up() {
    let world = World::new().await;
    for (behaviour, host) in [
        ("forbidden-host", "evil.example.com"),
        ("address", "127.0.0.1"),
    ] {
        // The guest reports a success: the host knows better.
        let called = world.check(behaviour).await;
        let (kind, message) = stopped(&called);
        assert_eq!(kind, SandboxFailure::EgressDenied);
        assert!(message.starts_with("plugin `hostile` 0.1.0: "), "{message}");
        assert!(
            message.contains(&format!("`hosts = [\"{host}\"]` in its plugin.toml")),
            "{message}"
        );
    }
    assert!(world.names().is_empty(), "{:?}", world.names());
    assert_eq!(world.remote.requests(), 0);
}

#[tokio::test]
async fn a_name_that_leads_into_the_operators_network_is_denied() {
    let world = World::new().await;
    let called = world.check("private-address").await;
    let (kind, message) = stopped(&called);
    assert_eq!(kind, SandboxFailure::EgressDenied);
    assert!(
        message.contains("`private.example.com` leads to 127.0.0.1, which is not a public address"),
        "{message}"
    );
    assert!(
        message.contains("[development.hosts] \"private.example.com\""),
        "{message}"
    );
    assert_eq!(world.names(), ["private.example.com"]);
}

#[tokio::test]
async fn headers_paths_and_sizes_are_refused_before_anything_is_sent() {
    let world = World::new().await;
    assert_eq!(
        said(&world, "forbidden-header").await,
        "invalid: the header `Host` is the host's to set"
    );
    assert_eq!(
        said(&world, "other-path").await,
        "invalid: the path holds a `.` or `..` segment"
    );
    assert!(
        said(&world, "big-request")
            .await
            .starts_with("invalid: the body has 4194305 bytes")
    );
    assert_eq!(world.remote.requests(), 0);
}

#[tokio::test]
async fn an_answer_comes_whole_and_plain_or_not_at_all() {
    let world = World::new().await;
    assert_eq!(
        said(&world, "part-of-an-answer").await,
        "invalid: the header `Range` is the host's to set"
    );
    assert_eq!(world.remote.requests(), 0);
    assert_eq!(
        said(&world, "compressed-answer").await,
        "outcome unknown: `reflect.example.com` answered in an encoding that was not asked for, and its answer is withheld"
    );
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_a_way() {
    let world = World::new().await;
    assert_eq!(said(&world, "redirect").await, "302");
    assert_eq!(world.remote.requests(), 1);
}

#[tokio::test]
async fn the_remote_sees_the_manifests_host_and_nothing_of_the_simulators_address() {
    let world = World::new().await;
    said(&world, "redirect").await;
    let seen = world.remote.seen();
    assert!(seen.contains("\"host\": \"reflect.example.com\""), "{seen}");
    assert!(seen.contains("\"accept-encoding\": \"identity\""), "{seen}");
    assert!(!seen.contains(&world.remote.address.to_string()), "{seen}");
}

#[tokio::test]
async fn answers_are_bounded_one_by_one_and_together() {
    let world = World::new().await;
    assert!(
        said(&world, "big-answer")
            .await
            .starts_with("limit: `reflect.example.com` answered with more than 4194304")
    );
    let together = said(&world, "big-answers").await;
    assert_eq!(together.matches("200").count(), 4, "{together}");
    assert_eq!(
        together
            .matches("limit: the answers of this call are too large together")
            .count(),
        2,
        "{together}"
    );
}

#[tokio::test]
async fn requests_are_counted() {
    let world = World::new().await;
    let called = world.check("many-requests").await;
    assert_eq!(called.result.expect("a count"), "32");
    assert_eq!((called.cost.requests, world.remote.requests()), (32, 32));
    assert!(
        called.cost.bytes_sent > 0 && called.cost.bytes_received > 0,
        "{:?}",
        called.cost
    );
}

#[tokio::test]
async fn a_slow_remote_is_waited_for_and_a_silent_one_leaves_the_outcome_unknown() {
    let world = World::with_limits(Limits {
        wall: Duration::from_millis(1_200),
        ..Limits::default()
    })
    .await;
    assert_eq!(said(&world, "slow-remote").await, "200");
    let silent = world.check("silent-remote").await;
    assert_eq!(
        silent.result.expect("its last words"),
        "outcome unknown: `reflect.example.com` did not answer in time"
    );
    assert!(
        silent.cost.duration < Duration::from_millis(1_300),
        "{:?}",
        silent.cost
    );
}

//! What a guest gives is clamped or refused, however much of it there is.

use std::time::Duration;

use jiff::civil::date;
use roomwire::domain::connector::{
    AriUpdate, ConnectorFailure, ItemOutcome, ItemResult, NumberChange, ProductCode, SandboxFailure,
};
use roomwire::plugin::Limits;

use super::world::{World, caller, stopped};

#[tokio::test]
async fn a_flood_of_log_lines_ends_with_a_note() {
    let patient = Limits {
        cpu: Duration::from_secs(10),
        ..Limits::default()
    };
    for (limits, most_lines) in [
        (patient, 1_001),
        (
            Limits {
                log_lines: 3,
                ..patient
            },
            4,
        ),
    ] {
        let called = World::with_limits(limits).await.check("log-flood").await;
        called.result.expect("the flood does not end the call");
        let log = &called.cost.log;
        let bytes: usize = log.iter().map(String::len).sum();
        assert!(
            log.len() <= most_lines && bytes < 300 * 1024,
            "{} lines, {bytes} bytes",
            log.len()
        );
        let last = log.last().map(String::as_str);
        assert_eq!(last, Some("[host] further lines of this call are left out"));
    }
}

#[tokio::test]
async fn randomness_is_given_in_small_portions() {
    assert_eq!(
        World::new()
            .await
            .check("huge-random")
            .await
            .result
            .expect("some bytes"),
        "1024"
    );
}

#[tokio::test]
async fn what_crosses_to_the_host_at_once_is_bounded_in_both_ways() {
    let world = World::new().await;
    for behaviour in ["huge-output", "huge-input"] {
        let called = world.check(behaviour).await;
        let (kind, message) = stopped(&called);
        assert_eq!(kind, SandboxFailure::Limit, "{behaviour}");
        assert!(
            message.ends_with("it gave the host more bytes at once than it may"),
            "{message}"
        );
    }
    world.still_works().await;
}

#[tokio::test]
async fn a_connections_memory_is_bounded() {
    let refused = World::new()
        .await
        .check("key-flood")
        .await
        .result
        .expect("it counts refusals");
    assert_eq!(refused, "90");
}

#[tokio::test]
async fn products_that_break_the_contract_are_refused_and_the_rest_is_clamped() {
    let world = World::new().await;
    for behaviour in ["bad-output", "long-output", "many-products"] {
        let called = world.connector(behaviour).list_products(&caller()).await;
        let Err(ConnectorFailure::Sandbox { kind, .. }) = called.result else {
            panic!("{behaviour} was accepted")
        };
        assert_eq!(kind, SandboxFailure::InvalidOutput, "{behaviour}");
    }
    let products = world
        .connector("quiet")
        .list_products(&caller())
        .await
        .result
        .expect("one product");
    assert_eq!(
        (products[0].room_name.as_str(), products[0].max_occupancy),
        ("Double  ", Some(100))
    );
    assert_eq!(products[0].currency, None);
}

#[tokio::test]
async fn every_update_has_one_result_whatever_the_guest_returns() {
    let world = World::new().await;
    for (behaviour, applied, remarks) in [
        ("quiet", 3, 0),
        ("forgets-results", 1, 0),
        ("invents-results", 3, 1),
        ("nameless-outcome", 0, 0),
    ] {
        let called = world
            .connector(behaviour)
            .push_ari(&caller(), &updates())
            .await;
        let results = called.result.expect("results");
        assert_eq!(
            results
                .iter()
                .map(|result| result.id.as_str())
                .collect::<Vec<_>>(),
            ["1", "2", "3"]
        );
        assert_eq!(
            results
                .iter()
                .filter(|result| result.outcome == ItemOutcome::Applied)
                .count(),
            applied,
            "{behaviour}"
        );
        assert_eq!(
            results.iter().filter(|result| is_unknown(result)).count(),
            3 - applied,
            "{behaviour}"
        );
        assert_eq!(called.cost.log.len(), remarks, "{behaviour}");
    }
}

#[tokio::test]
async fn the_sandboxs_failures_cannot_be_forged() {
    let forged = World::new().await.check("forged-failure").await.result;
    assert_eq!(
        forged,
        Err(ConnectorFailure::Permanent(
            "deadline: the sandbox stopped me".to_owned()
        ))
    );
}

fn is_unknown(result: &ItemResult) -> bool {
    matches!(
        result.outcome,
        ItemOutcome::Rejected(ConnectorFailure::OutcomeUnknown(_))
    )
}

fn updates() -> Vec<AriUpdate> {
    let update = |id: &str| AriUpdate {
        id: id.to_owned(),
        target: ProductCode {
            room: "DBL".to_owned(),
            rate: None,
        },
        first_night: date(2026, 12, 1),
        last_night: date(2026, 12, 24),
        availability: Some(2),
        price: None,
        occupancy_prices: Vec::new(),
        min_stay_arrival: NumberChange::Unchanged,
        min_stay_through: NumberChange::Unchanged,
        max_stay: NumberChange::Clear,
        cut_off_days: NumberChange::Unchanged,
        closed_to_arrival: None,
        closed_to_departure: None,
        stop_sell: None,
    };
    ["1", "2", "3"].map(update).to_vec()
}

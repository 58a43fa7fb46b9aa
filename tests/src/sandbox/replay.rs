//! A call that was recorded runs again bit for bit, and whatever another plugin does differently is told.

use std::collections::HashMap;

use roomwire::domain::connection::Record;
use roomwire::domain::connector::{Called, Connectors as _};
use roomwire::plugin::{Change, Compiler, ConnectionGrant, Report, replay};
use serde_json::{Value, json};

use super::build;
use super::secrets::{assert_no_secret_in, of_a_thief};
use super::world::{World, caller, grant};

async fn called(world: &World, behaviour: &str, record: Record) -> Called<String> {
    let given = ConnectionGrant {
        record,
        ..grant(behaviour)
    };
    world
        .plugins
        .set_grants(&HashMap::from([(caller().connection, given)]))
        .expect("the grant is sound");
    let connector = world.plugins.channel("hostile").expect("the connector");
    connector.check(&caller()).await
}

async fn recorded(world: &World, behaviour: &str) -> String {
    let called = called(world, behaviour, Record::All).await;
    called.cost.recording.expect("a recording")
}

async fn again(recording: &str) -> Report {
    replay(
        recording,
        build::hostile().to_vec(),
        Compiler::InThisProcess,
    )
    .await
    .expect("a replay")
}

#[tokio::test]
async fn a_recorded_call_runs_again_bit_for_bit_and_nothing_leaves_the_machine() {
    let world = World::new().await;
    for behaviour in [
        "quiet",
        "huge-random",
        "many-requests",
        "redirect",
        "trap",
        "loop",
    ] {
        let recording = recorded(&world, behaviour).await;
        let sent = world.remote.requests();
        let first = again(&recording).await;
        assert!(first.identical && first.same_plugin, "{behaviour}: {first}");
        assert_eq!(world.remote.requests(), sent, "{behaviour}");
        let second = again(&recording).await;
        let written = |report: &Report| serde_json::to_string(report).expect("JSON");
        assert_eq!(written(&first), written(&second), "{behaviour}");
    }
}

#[tokio::test]
async fn no_recording_has_a_secret_however_hard_a_guest_looks_for_one() {
    let world = of_a_thief().await;
    for behaviour in ["print-secret", "print-secret-in-failure"] {
        let recording = recorded(&world, behaviour).await;
        assert!(recording.contains("[secret]"), "nothing was reflected");
        assert_no_secret_in(&recording);
        let report = again(&recording).await;
        assert!(report.identical, "{report}");
        assert!(report.requests > 35, "{report}");
        assert_no_secret_in(&report.to_string());
    }
}

#[tokio::test]
async fn exactly_the_changed_request_is_told() {
    let world = World::new().await;
    let recording = recorded(&world, "part-of-an-answer").await;
    let mut changed: Value = serde_json::from_str(&recording).expect("JSON");
    changed["context"]["settings"] = json!(r#"{"behaviour":"forbidden-header"}"#);
    let report = again(&changed.to_string()).await;
    let [difference] = report.differences.as_slice() else {
        panic!("one difference: {report}");
    };
    assert_eq!(
        (difference.what.as_str(), difference.change),
        ("request 1", Change::Changed)
    );
    assert_eq!(
        difference.lines,
        [
            "  GET reflect.example.com/",
            "- Range: bytes=7-8",
            "+ Host: evil.example.com"
        ]
    );
    assert!(report.to_string().contains("+ Host: evil.example.com"));
}

#[tokio::test]
async fn a_request_that_the_recording_cannot_answer_is_told_with_what_came_of_it() {
    let world = World::new().await;
    let recording = recorded(&world, "redirect").await;
    let mut changed: Value = serde_json::from_str(&recording).expect("JSON");
    changed["context"]["settings"] = json!(r#"{"behaviour":"token"}"#);
    let report = again(&changed.to_string()).await;
    let told: Vec<_> = report
        .differences
        .iter()
        .map(|one| (one.what.as_str(), one.change))
        .collect();
    assert_eq!(
        told,
        [
            ("request 1", Change::Added),
            ("recorded request 1", Change::Missing),
            ("result", Change::Changed)
        ]
    );
}

#[tokio::test]
async fn an_upgrade_that_asks_the_same_is_identical_and_one_that_wants_other_settings_is_not() {
    let world = World::new().await;
    let recording = recorded(&world, "redirect").await;
    let manifest = build::hostile_manifest().replace("version = \"0.1.0\"", "version = \"0.2.0\"");
    let upgrade = build::hostile_with(&manifest);
    let report = replay(&recording, upgrade, Compiler::InThisProcess)
        .await
        .expect("a replay");
    assert!(report.identical && !report.same_plugin, "{report}");
    assert_eq!(report.replayed.version, "0.2.0");

    let stricter = manifest.replace(
        "properties = { behaviour = { type = \"string\" } }",
        "properties = { behaviour = { type = \"string\", enum = [\"quiet\"] } }",
    );
    let upgrade = build::hostile_with(&stricter);
    let report = replay(&recording, upgrade, Compiler::InThisProcess)
        .await
        .expect("a replay");
    let [difference] = report.differences.as_slice() else {
        panic!("one difference: {report}");
    };
    assert_eq!(difference.what, "settings");
}

#[tokio::test]
async fn only_what_the_operator_wants_is_recorded() {
    let world = World::new().await;
    for (record, behaviour, is_recorded) in [
        (Record::Failures, "quiet", false),
        (Record::Failures, "forbidden-host", true),
        (Record::Failures, "trap", true),
        (Record::Off, "trap", false),
        (Record::All, "quiet", true),
    ] {
        let called = called(&world, behaviour, record).await;
        assert_eq!(
            called.cost.recording.is_some(),
            is_recorded,
            "{record:?} {behaviour}"
        );
    }
}

#[tokio::test]
async fn the_call_that_counts_is_recorded_where_a_token_had_expired() {
    let world = World::new().await;
    let recording = recorded(&world, "auth-expired").await;
    let document: Value = serde_json::from_str(&recording).expect("JSON");
    assert_eq!(
        document.pointer("/ending/returned/Err/AuthExpired"),
        Some(&json!("call 2"))
    );
    assert!(again(&recording).await.identical);
}

#[tokio::test]
async fn a_call_that_is_too_large_is_not_recorded_and_says_so() {
    let world = World::new().await;
    let called = called(&world, "big-answers", Record::All).await;
    assert_eq!(called.cost.recording, None);
    let last = called.cost.log.last().map(String::as_str);
    assert_eq!(last, Some("[host] the call was too large to be recorded"));
}

#[tokio::test]
async fn what_was_recorded_once_can_be_replayed_for_ever() {
    let report = again(include_str!("recordings/token.json")).await;
    assert!(report.identical && !report.same_plugin, "{report}");
}

//! `roomwire plugin certify`: our plugins pass against their simulators, and one that lies does not.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use roomwire::plugin::inspect::inspect;
use roomwire_simulators::catalogue::{Name, Simulator};
use roomwire_simulators::clock::Clock;
use serde_json::Value;
use tokio::process::Command;

use crate::harness::programs;

/// What the program said.
struct Certified {
    status: Option<i32>,
    report: Value,
    junit: String,
    told: String,
}

impl Certified {
    /// The scenarios and what became of them.
    fn statuses(&self) -> BTreeMap<&str, &str> {
        let scenarios = self.report["scenarios"].as_array().expect("a list").iter();
        scenarios
            .map(|one| {
                let text = |name: &str| one[name].as_str().expect("a text");
                (text("scenario"), text("status"))
            })
            .collect()
    }

    fn scenario(&self, name: &str) -> &Value {
        let mut scenarios = self.report["scenarios"].as_array().expect("a list").iter();
        let found = scenarios.find(|one| one["scenario"] == name);
        found.unwrap_or_else(|| panic!("no scenario is called {name}"))
    }
}

async fn certify(file: &Path, simulator: SocketAddr, declaration: &Path) -> Certified {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (json, junit) = (folder.path().join("json"), folder.path().join("junit"));
    let output = Command::new(programs::host())
        .current_dir(folder.path())
        .args(["plugin", "certify"])
        .arg(file)
        .args(["--simulator", &format!("http://{simulator}")])
        .arg("--declaration")
        .arg(declaration)
        .arg("--json")
        .arg(&json)
        .arg("--junit")
        .arg(&junit)
        .output()
        .await
        .expect("the program runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_else(|_| panic!("{errors}"));
    Certified {
        status: output.status.code(),
        report: serde_json::from_str(&read(&json)).expect("JSON"),
        junit: read(&junit),
        told: String::from_utf8_lossy(&output.stdout).into_owned(),
    }
}

/// A simulator of the channel, on a day from which the next change of the clocks is near.
async fn simulated(name: Name) -> Simulator {
    let monday = "2026-11-23T10:00:00Z".parse().expect("an instant");
    let clock = Clock::starting_at(monday);
    name.start(None, clock).await.expect("a port is free")
}

/// Certifies a plugin of ours, of which all but this is shown.
async fn passes(plugin: &str, name: Name, not_shown: &[(&str, &str)]) {
    let simulator = simulated(name).await;
    let file = programs::plugins().join(format!("{plugin}.wasm"));
    let declaration = PathBuf::from(format!(
        "{}/../plugins/{plugin}/certification.toml",
        env!("CARGO_MANIFEST_DIR")
    ));
    let found = certify(&file, simulator.address(), &declaration).await;

    assert_eq!(found.status, Some(0), "{}", found.told);
    let mut other = found.statuses();
    other.retain(|_, status| *status != "passed");
    let not_shown: BTreeMap<&str, &str> = not_shown.iter().copied().collect();
    assert_eq!(other, not_shown, "{}", found.told);
    assert!(found.told.contains("\nCERTIFIED: "), "{}", found.told);

    let digest = inspect(&std::fs::read(&file).expect("the plugin")).expect("a plugin");
    assert_eq!(found.report["sha256"], digest.sha256);
    assert!(found.junit.contains(&digest.sha256) && found.junit.contains("failures=\"0\""));
    let one = if plugin.starts_with("email-") {
        "mail/sent"
    } else {
        "ari/bulk"
    };
    let cost = &found.scenario(one)["cost"];
    for figure in ["requests", "bytes_sent", "cpu_ms", "memory_peak_bytes"] {
        assert!(cost[figure].as_u64() > Some(0), "{figure}: {cost}");
    }
}

const SKIPPED: &str = "skipped";
const UNSUPPORTED: &str = "unsupported";

#[tokio::test]
async fn a_connector_with_tokens_and_availability_on_the_rate_is_certified() {
    let not_shown = [
        ("answers/confirmed", SKIPPED),
        ("answers/nonsense", SKIPPED),
        ("credentials/refused-key", SKIPPED),
        ("messages/lost-answer", SKIPPED),
        ("messages/replied", SKIPPED),
        ("messages/unknown-thread", SKIPPED),
        ("messages/written", SKIPPED),
    ];
    passes("octorate", Name::Octorate, &not_shown).await;
}

#[tokio::test]
async fn a_connector_with_a_key_and_availability_on_the_room_is_certified() {
    let not_shown = [
        ("answers/confirmed", SKIPPED),
        ("answers/nonsense", SKIPPED),
        ("credentials/expired-token", SKIPPED),
        ("subscriptions/kept", SKIPPED),
        ("subscriptions/unavailable", SKIPPED),
    ];
    passes("channex", Name::Channex, &not_shown).await;
}

#[tokio::test]
async fn a_connector_whose_webhooks_bring_a_token_of_ours_is_certified() {
    let not_shown = [
        ("answers/confirmed", SKIPPED),
        ("answers/nonsense", SKIPPED),
        ("credentials/refused-key", SKIPPED),
        ("messages/lost-answer", SKIPPED),
        ("messages/replied", SKIPPED),
        ("messages/unknown-thread", SKIPPED),
        ("messages/written", SKIPPED),
        ("reservations/control-characters", UNSUPPORTED),
        ("subscriptions/kept", SKIPPED),
        ("subscriptions/unavailable", SKIPPED),
    ];
    passes("booking-com", Name::BookingCom, &not_shown).await;
}

#[tokio::test]
async fn a_connector_whose_webhooks_tell_of_no_booking_is_certified_for_the_rest() {
    let not_shown = [
        ("credentials/expired-token", SKIPPED),
        ("messages/lost-answer", SKIPPED),
        ("messages/replied", SKIPPED),
        ("messages/unknown-thread", SKIPPED),
        ("messages/written", SKIPPED),
        ("reservations/cancelled-unseen", UNSUPPORTED),
        ("reservations/control-characters", UNSUPPORTED),
        ("reservations/rooms", UNSUPPORTED),
        ("reservations/rooms-cancelled", UNSUPPORTED),
        ("reservations/rooms-changed", UNSUPPORTED),
        ("subscriptions/kept", SKIPPED),
        ("subscriptions/unavailable", SKIPPED),
        ("webhooks/booked", UNSUPPORTED),
        ("webhooks/duplicated", UNSUPPORTED),
        ("webhooks/hostile", UNSUPPORTED),
        ("webhooks/out-of-order", UNSUPPORTED),
    ];
    passes("expedia", Name::Expedia, &not_shown).await;
}

#[tokio::test]
async fn an_email_provider_that_knows_repetitions_is_certified() {
    let not_shown = [
        ("batch/doubt", SKIPPED),
        ("batch/suppressed", UNSUPPORTED),
        ("mail/doubt", SKIPPED),
        ("mail/expired-token", SKIPPED),
        ("mail/suppressed", UNSUPPORTED),
        ("mail/timeout-doubt", SKIPPED),
    ];
    passes("email-resend", Name::Resend, &not_shown).await;
}

#[tokio::test]
async fn an_email_provider_that_knows_no_repetitions_is_certified() {
    let not_shown = [
        ("batch/lost-answer", SKIPPED),
        ("batch/once", SKIPPED),
        ("mail/expired-token", SKIPPED),
        ("mail/lost-answer", SKIPPED),
        ("mail/once", SKIPPED),
        ("mail/timeout", SKIPPED),
    ];
    passes("email-postmark", Name::Postmark, &not_shown).await;
}

/// It tells everything as taken, and sends nothing.
const LIAR: &str = r#"
settings = { behaviour = "quiet" }

[secrets]
api_key = "simulated-api-key"
query_key = "simulated-query-key"
client_secret = "simulated-client-secret"
signing_key = "simulated-signing-key"

[unsupported]
"ari/deltas" = "a control of what is declared"
"#;

#[tokio::test]
async fn a_connector_that_tells_as_taken_what_it_never_sent_is_not_certified() {
    let simulator = simulated(Name::Octorate).await;
    let folder = tempfile::tempdir().expect("a folder can be made");
    let declaration = folder.path().join("certification.toml");
    std::fs::write(&declaration, LIAR).expect("written");
    let file = programs::guests().join("hostile.wasm");
    let found = certify(&file, simulator.address(), &declaration).await;

    assert_eq!(found.status, Some(4), "{}", found.told);
    assert_eq!(found.report["certified"], false);
    let statuses = found.statuses();
    for caught in [
        "ari/single",
        "currency/two",
        "items/unmapped",
        "items/unmapped-rate",
        "faults/429-told",
        "faults/lost-answer",
        "credentials/revoked",
    ] {
        assert_eq!(statuses[caught], "failed", "{caught}\n{}", found.told);
    }
    for (other, status) in [
        ("connection/check", "passed"),
        ("ari/deltas", "unsupported"),
        ("reservations/booked", "skipped"),
        ("webhooks/booked", "skipped"),
    ] {
        assert_eq!(statuses[other], status, "{other}\n{}", found.told);
    }
    let limited = &found.scenario("faults/429-told");
    assert_eq!(limited["step"], 1);
    assert_eq!(limited["doing"], "push-ari");
    assert_eq!(
        limited["findings"][0]["expected"],
        "everything that was asked to be rate-limited"
    );
    assert!(
        limited["look"]
            .as_str()
            .is_some_and(|look| look.contains("Retry-After"))
    );
    assert!(found.junit.contains("<failure "), "{}", found.junit);
    assert!(found.told.contains("\nNOT CERTIFIED: "), "{}", found.told);
}

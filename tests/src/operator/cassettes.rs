//! `roomwire plugin certify --cassettes`: calls that were recorded with a simulator certify the plugin without it.

use std::path::Path;
use std::process::Output;

use roomwire::plugin::inspect::inspect;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::harness::channels::simulators;
use crate::harness::programs;

const RECORDED: [&str; 2] = ["list-products", "pull"];

/// Runs `roomwire plugin` in a folder.
async fn plugin(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(programs::host());
    command.current_dir(folder).arg("plugin").args(arguments);
    command.output().await.expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn file_of(plugin: &str) -> String {
    let file = programs::plugins().join(format!("{plugin}.wasm"));
    file.to_str().expect("a path in UTF-8").to_owned()
}

/// Records both calls with a simulator, which is gone afterwards.
async fn record(folder: &Path) {
    std::fs::create_dir(folder.join("cassettes")).expect("made");
    let secrets = "client_id = \"simulated-client\"\nclient_secret = \"simulated-secret\"\n";
    std::fs::write(folder.join("secrets.toml"), secrets).expect("written");
    let file = file_of("octorate");
    let (octorate, _) = simulators().await;
    let simulated = format!("api.octorate.com={}", octorate.address());
    for operation in RECORDED {
        let out = format!("cassettes/{operation}.json");
        let record = [
            "record",
            file.as_str(),
            "--operation",
            operation,
            "--settings",
            r#"{"accommodation": "123"}"#,
            "--secrets",
            "secrets.toml",
            "--simulated",
            simulated.as_str(),
            "--out",
            out.as_str(),
        ];
        let output = plugin(folder, &record).await;
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(text(&output.stdout).starts_with("the call succeeded"));
    }
}

/// Certifies by what was recorded: the exit status, what was said, and the report.
async fn certify(folder: &Path) -> (Option<i32>, String, Value) {
    let file = file_of("octorate");
    let certify = ["certify", &file, "--cassettes", "cassettes"];
    let reports = ["--json", "report.json", "--junit", "report.xml"];
    let output = plugin(folder, &[&certify[..], &reports[..]].concat()).await;
    let report = std::fs::read_to_string(folder.join("report.json"))
        .unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    let report = serde_json::from_str(&report).expect("JSON");
    (output.status.code(), text(&output.stdout), report)
}

fn alter(cassette: &Path, change: impl FnOnce(&mut Value)) {
    let text = std::fs::read_to_string(cassette).expect("a recording");
    let mut recording: Value = serde_json::from_str(&text).expect("JSON");
    let before = recording.clone();
    change(&mut recording);
    assert_ne!(recording, before);
    std::fs::write(cassette, recording.to_string()).expect("written");
}

fn assert_proves_what_was_recorded((status, told, report): &(Option<i32>, String, Value)) {
    assert_eq!(*status, Some(0), "{told}");
    assert!(
        told.contains("\nCERTIFIED BY CASSETTES ALONE: 2 passed, 0 failed"),
        "{told}"
    );
    assert_eq!(report["against"], "cassettes");
    let file = std::fs::read(file_of("octorate")).expect("the plugin");
    assert_eq!(report["sha256"], inspect(&file).expect("a plugin").sha256);
    let abilities = ["channel-manager-provider", "reservation-source"];
    for (place, (name, ability)) in RECORDED.iter().zip(abilities).enumerate() {
        let scenario = &report["scenarios"][place];
        assert_eq!(scenario["scenario"], *name);
        assert_eq!(scenario["ability"], ability);
        assert_eq!(scenario["status"], "passed");
        for figure in ["requests", "bytes_sent", "bytes_received", "cpu_ms"] {
            let cost = &scenario["cost"];
            assert!(cost[figure].as_u64() > Some(0), "{figure}: {cost}");
        }
    }
    for (left, is_told) in [("push-ari", true), ("read-ari", true), ("pull", false)] {
        let sentence = format!("not proved  `{left}`: no cassette has such a call that succeeds\n");
        assert_eq!(told.contains(&sentence), is_told, "{left}: {told}");
    }
}

#[tokio::test]
async fn recorded_calls_certify_a_plugin_until_it_or_they_change() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    record(folder).await;
    assert_proves_what_was_recorded(&certify(folder).await);

    // One recording had another page size, and for the other call the plugin is set up for another hotel.
    alter(&folder.join("cassettes/list-products.json"), |recording| {
        let events = recording["events"].as_array_mut().expect("events");
        let mut sizes = events
            .iter_mut()
            .filter_map(|event| event.pointer_mut("/asked/http/query/0/1"));
        *sizes.next().expect("a request with a page size") = json!("7");
    });
    alter(&folder.join("cassettes/pull.json"), |recording| {
        recording["context"]["settings"] = json!(r#"{"accommodation":"124"}"#);
    });
    let (status, told, report) = certify(folder).await;
    assert_eq!(status, Some(4), "{told}");
    assert!(
        told.contains("\nNOT CERTIFIED: 0 passed, 2 failed"),
        "{told}"
    );

    let resized = &report["scenarios"][0];
    let expected = resized["findings"][0]["expected"].as_str().expect("a text");
    assert!(
        expected.starts_with("request 1 (GET api.octorate.com/"),
        "{expected}"
    );
    assert!(expected.ends_with(" as recorded: ?size=7"), "{expected}");
    let look = resized["look"].as_str().expect("a text");
    assert!(look.contains("cassettes/list-products.json"), "{look}");

    let moved = report["scenarios"][1]["findings"].to_string();
    assert!(
        moved.contains("nothing to be asked that is not recorded"),
        "{moved}"
    );
    assert!(moved.contains("/124"), "{moved}");
    let servers = std::fs::read_to_string(folder.join("report.xml")).expect("a report");
    assert!(servers.contains("failures=\"2\""), "{servers}");
}

#[tokio::test]
async fn cassettes_of_another_plugin_or_beside_a_simulator_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let recording = include_str!("../sandbox/recordings/token.json");
    std::fs::write(folder.join("token.json"), recording).expect("written");
    let file = file_of("octorate");
    let certify = ["certify", &file, "--cassettes", "."];
    let output = plugin(folder, &certify).await;
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(
        told.contains("token.json") && told.contains("`hostile`"),
        "{told}"
    );

    let simulator = ["--simulator", "http://127.0.0.1:9101"];
    let output = plugin(folder, &[&certify[..], &simulator[..]].concat()).await;
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(told.contains("cannot be used with"), "{told}");
    let output = plugin(folder, &["certify", &file]).await;
    assert_eq!(output.status.code(), Some(2));
}

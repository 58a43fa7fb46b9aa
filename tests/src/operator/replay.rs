//! `roomwire plugin record` and `replay`: a call with a channel's simulator, and again without it.

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tokio::process::Command;

use crate::harness::channels::simulators;
use crate::harness::programs;

async fn plugin(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(programs::host());
    command.current_dir(folder).arg("plugin").args(arguments);
    command.output().await.expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn a_call_is_recorded_with_a_simulator_and_replayed_without_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let secrets = "client_id = \"simulated-client\"\nclient_secret = \"simulated-secret\"\n";
    std::fs::write(folder.join("secrets.toml"), secrets).expect("written");
    let plugins = programs::plugins();
    let file = plugins.join("octorate.wasm");
    let (file, plugins) = (
        file.to_str().expect("a path in UTF-8"),
        plugins.to_str().expect("a path in UTF-8"),
    );

    let (octorate, _) = simulators().await;
    let simulated = format!("api.octorate.com={}", octorate.address());
    let record = [
        "record",
        file,
        "--operation",
        "list-products",
        "--settings",
        r#"{"accommodation": "123"}"#,
        "--secrets",
        "secrets.toml",
        "--simulated",
        simulated.as_str(),
        "--out",
        "recording.json",
    ];
    let output = plugin(folder, &record).await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("the call succeeded"));
    drop(octorate);

    let recording = std::fs::read_to_string(folder.join("recording.json")).expect("a recording");
    assert!(!recording.contains("simulated-secret"), "{recording}");
    let replay = ["replay", "recording.json", "--plugins", plugins];
    let output = plugin(folder, &replay).await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(
        told.contains("replayed with the same file\nidentical: "),
        "{told}"
    );

    let changed = recording.replacen(r#"\"123\""#, r#"\"124\""#, 1);
    assert_ne!(changed, recording);
    std::fs::write(folder.join("recording.json"), changed).expect("written");
    let output = plugin(
        folder,
        &["replay", "recording.json", "--plugin", file, "--json"],
    )
    .await;
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stdout));
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["identical"], false);
    assert_eq!(told["same_plugin"], true);

    let output = plugin(folder, &["replay", "secrets.toml", "--plugin", file]).await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("secrets.toml is no recording"));
}

//! `plugin new`, `check` and `inspect --against` as programs: what they write, say, and end with.

use serde_json::Value;

use super::workbench::Workbench;
use crate::harness::programs;

#[test]
fn an_email_provider_becomes_a_plugin_and_is_certified_as_it_is() {
    let mut workbench = Workbench::new();
    workbench.done("roomwire plugin new carrier-dove --kind email");
    workbench.enter("carrier-dove");
    workbench.done("roomwire plugin check && roomwire plugin build --out dove.wasm");
    let report = workbench.done("roomwire plugin check --json dove.wasm 2>/dev/null");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["id"], "carrier-dove");
    assert_eq!(report["kind"], "email");
    assert_eq!(report["subject"], "file");
    assert_eq!(report["problems"], serde_json::json!([]));
    let bytes = report["bytes"].as_u64().expect("a size");
    assert!(bytes < 400_000, "{bytes} bytes, more than any of ours");

    let said = workbench.start(
        "cargo run --example carrier-dove-simulator -- 0",
        "Carrier Dove is simulated at ",
    );
    let address = said.rsplit(' ').next().expect("an address");
    let told = workbench.done(&format!(
        "roomwire plugin certify dove.wasm --simulator {address} --declaration certification.toml"
    ));
    for scenario in ["mail/hostile", "mail/lost-answer", "mail/suppressed"] {
        let passed = format!("passed      {scenario}");
        assert!(told.contains(&passed), "{scenario}:\n{told}");
    }
    assert!(told.contains("\nCERTIFIED: "), "{told}");
}

#[test]
fn every_problem_of_a_crate_is_told_with_its_line_and_the_status_says_so() {
    let mut workbench = Workbench::new();
    workbench.done("roomwire plugin new sea-view --kind channel");
    workbench.enter("sea-view");
    let manifest = workbench.read("plugin.toml");
    let broken = manifest
        .replace("contract = \"1.1.0\"", "contract = \"2.0.0\"")
        .replace("horizon_nights = 365", "horizon_nights = 0")
        .replace("settings.schema.json", "missing.json");
    workbench.write("plugin.toml", &broken);
    let ran = workbench.run("roomwire plugin check");
    assert_eq!(ran.status, Some(4), "{}", ran.text);
    let line = |text: &str| 1 + broken.lines().position(|line| line == text).expect(text);
    for expected in [
        format!(
            "plugin.toml:{}: contract: is 2.0.0",
            line("contract = \"2.0.0\"")
        ),
        format!(
            "plugin.toml:{}: channel.horizon_nights: must be 1 to 1100",
            line("horizon_nights = 0")
        ),
        format!(
            "plugin.toml:{}: settings: `missing.json` cannot be read",
            line("settings = \"missing.json\"")
        ),
        "3 problems of sea-view".to_owned(),
    ] {
        assert!(ran.text.contains(&expected), "{expected}:\n{}", ran.text);
    }
    let nowhere = workbench.run("roomwire plugin check nowhere.wasm");
    assert_eq!(nowhere.status, Some(1), "{}", nowhere.text);
}

#[test]
fn a_new_connector_is_written_whole_or_not_at_all() {
    let workbench = Workbench::new();
    for (line, status, says) in [
        ("new Sea_View --kind channel", 2, "it has 'S', 'V', '_'"),
        ("new match --kind channel", 2, "a word of Rust"),
        ("new sea-view --kind fax", 2, "channel, email"),
        (
            "new sea-view --kind channel --sdk-path .",
            1,
            "is not the folder of roomwire-plugin-sdk",
        ),
        (
            "new sea-view --kind channel --directory plugin-sdk",
            1,
            "already holds something",
        ),
        (
            "new sea-view --kind channel --directory no/where",
            1,
            "is not there",
        ),
    ] {
        let ran = workbench.run(&format!("roomwire plugin {line}"));
        assert_eq!(ran.status, Some(status), "{line}\n{}", ran.text);
        assert!(ran.text.contains(says), "{line}\n{}", ran.text);
        assert_eq!(workbench.entries(), Vec::<String>::new(), "{line}");
    }
    workbench.done("roomwire plugin new sea-view --kind channel --directory mine");
    assert_eq!(workbench.entries(), ["mine"]);
    let outside = tempfile::tempdir().expect("a folder");
    let line = format!(
        "cd {} && roomwire plugin new sea-view --kind channel",
        outside.path().display()
    );
    let ran = workbench.run(&line);
    assert_eq!(ran.status, Some(1), "{}", ran.text);
    assert!(ran.text.contains("--sdk-path"), "{}", ran.text);
}

#[test]
fn two_files_are_told_apart_by_what_they_may_do() {
    let workbench = Workbench::new();
    let file = |id: &str| programs::plugins().join(format!("{id}.wasm"));
    let line = format!(
        "roomwire plugin inspect {} --against {}",
        file("email-postmark").display(),
        file("email-resend").display()
    );
    let text = workbench.done(&line);
    for expected in [
        "More:\n",
        "  - it may call api.postmarkapp.com\n",
        "Less:\n",
        "  - it may call api.resend.com\n",
        "  - id: email-postmark, and was email-resend\n",
    ] {
        assert!(text.contains(expected), "{expected:?}:\n{text}");
    }
    let json = workbench.done(&format!("{line} --json 2>/dev/null"));
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["to"]["id"], "email-postmark");
    let changes = json["changes"].as_array().expect("changes");
    let called = |direction: &str, host: &str| {
        changes.iter().any(|change| {
            change["topic"] == "hosts"
                && change["direction"] == direction
                && change["what"] == format!("it may call {host}")
        })
    };
    assert!(called("more", "api.postmarkapp.com") && called("less", "api.resend.com"));
}

//! A folder of recordings is usable as a whole, and what differs is told by its name.

use serde_json::Value;

use super::difference::marked;
use super::*;
use crate::plugin::{Change, Difference};

const PIGEON: &str = include_str!("../../plugin/build/example.toml");

/// The smallest manifest of a channel.
const HARBOUR: &str = r#"
id = "harbour"
name = "Harbour"
version = "0.1.0"
contract = "1.0.0"
kind = "channel"
abilities = []
hosts = ["api.harbour.example"]

[settings]
type = "object"

[channel]
availability_on = "rate"
update_semantics = "merge"
horizon_nights = 365
max_updates_per_call = 100
"#;

fn pigeon() -> Manifest {
    Manifest::from_toml(PIGEON).expect("a manifest")
}

/// A recording of a message that this plugin sent.
fn sent() -> String {
    include_str!("../../plugin/recording/golden.json")
        .replacen("\"acme\"", "\"pigeon-post\"", 1)
        .replacen("\"operation\": \"check\"", "\"operation\": \"send\"", 1)
}

const FAILED: &str = r#"{ "returned": { "Err": { "NotFound": "nobody" } } }"#;

/// The same, with another end.
fn ended(ending: &str) -> String {
    let mut document: Value = serde_json::from_str(&sent()).expect("JSON");
    document["ending"] = serde_json::from_str(ending).expect("JSON");
    document.to_string()
}

/// What is said of a folder with this one beside a good one.
fn refusal(recording: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.json"), sent()).expect("written");
    fs::write(folder.path().join("b.json"), recording).expect("written");
    let refused = read_all(folder.path(), &pigeon()).err();
    refused.expect("it cannot be used").to_string()
}

fn difference(change: Change, place: Option<&str>, lines: &[&str]) -> Difference {
    Difference {
        what: "request 2".to_owned(),
        change,
        place: place.map(str::to_owned),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
    }
}

#[test]
fn cassettes_are_the_recordings_of_a_folder_by_their_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = read_all(folder.path(), &pigeon()).err();
    let refused = refused.expect("there is none").to_string();
    assert!(refused.contains("has no cassette"), "{refused}");
    for name in ["b.json", "a.json", "README.md"] {
        fs::write(folder.path().join(name), sent()).expect("written");
    }
    let all = read_all(folder.path(), &pigeon()).expect("cassettes");
    let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(all[0].operation.interface(), "email-provider");
}

#[test]
fn one_that_cannot_be_used_is_named_with_what_to_do() {
    let of = |from: &str, to: &str| refusal(&sent().replacen(from, to, 1));
    let with_contract = "\"contract\": \"1.7.0\", \"operation\"";
    for (told, what, remedy) in [
        (
            refusal("GET /"),
            "is no recording (it is not JSON)",
            RECORD_AGAIN,
        ),
        (
            of("\"format\": 1", "\"format\": 9"),
            "it has the format 9",
            RECORD_AGAIN,
        ),
        (
            of("\"pigeon-post\"", "\"seagull\""),
            "is of `seagull`, and not of `pigeon-post`",
            OWN_FOLDER,
        ),
        (
            of("\"operation\"", with_contract),
            "is of the contract 1.7.0, and the plugin follows 1.0.0",
            RECORD_AGAIN,
        ),
        (of("\"send\"", "\"sing\""), "`sing`", NEWER),
        (
            refusal(&ended(r#"{ "stopped": "trap" }"#)),
            "is of a call that the sandbox stopped (trap)",
            ENDS_ITSELF,
        ),
    ] {
        assert!(told.contains("b.json"), "{told}");
        assert!(told.contains(what) && told.ends_with(remedy), "{told}");
    }
}

#[test]
fn what_no_cassette_shows_is_said_to_be_unproved() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.json"), sent()).expect("written");
    let all = read_all(folder.path(), &pigeon()).expect("cassettes");
    let left = not_proved(&pigeon(), &all);
    assert_eq!(
        left[0],
        "`parse-events`: no cassette has such a call that succeeds"
    );
    assert!(left[1].contains("--simulator"), "{left:?}");
    assert_eq!(left.len(), 2, "{left:?}");

    fs::write(folder.path().join("a.json"), ended(FAILED)).expect("written");
    let all = read_all(folder.path(), &pigeon()).expect("cassettes");
    assert!(all[0].proves().ends_with("fails alike: NotFound"));
    assert_eq!(not_proved(&pigeon(), &all).len(), 3);
}

#[test]
fn a_push_that_took_nothing_leaves_pushing_unproved() {
    let channel = Manifest::from_toml(HARBOUR).expect("a manifest");
    let folder = tempfile::tempdir().expect("a folder");
    let push = |outcome: &str| {
        let mut document: Value = serde_json::from_str(&sent()).expect("JSON");
        document["plugin"]["id"] = Value::from(channel.id.as_str());
        document["operation"] = Value::from("push_ari");
        let items = format!(r#"[{{ "id": "1", "outcome": {outcome} }}]"#);
        document["ending"]["returned"]["Ok"] = serde_json::from_str(&items).expect("JSON");
        fs::write(folder.path().join("a.json"), document.to_string()).expect("written");
        let all = read_all(folder.path(), &channel).expect("cassettes");
        let left = not_proved(&channel, &all);
        left.iter().any(|left| left.starts_with("`push-ari`"))
    };
    assert!(push(r#"{ "Rejected": { "Stale": "read again" } }"#));
    assert!(!push(r#""Applied""#));
}

#[test]
fn a_difference_names_its_request_with_what_was_recorded_and_what_came() {
    let place = Some("POST api.pigeon.example/mail");
    let lines = ["  {", "-   \"to\": 1,", "+   \"to\": 2,"];
    let told = finding(&difference(Change::Changed, place, &lines));
    assert_eq!(
        told,
        Finding::new(
            "request 2 (POST api.pigeon.example/mail) as recorded: \"to\": 1,",
            "\"to\": 2,"
        )
    );
    let told = finding(&difference(
        Change::Added,
        place,
        &["+ POST api.pigeon.example/mail"],
    ));
    assert!(
        told.came
            .starts_with("request 2 (POST api.pigeon.example/mail)")
    );
    let told = finding(&difference(
        Change::Missing,
        place,
        &["- POST api.pigeon.example/mail"],
    ));
    assert!(told.expected.starts_with("request 2 (POST"), "{told:?}");
    assert_eq!(told.came, "it was not asked");
    let long: Vec<String> = (0..9).map(|line| format!("+ {line}")).collect();
    assert_eq!(
        marked(&long, "+ ").as_deref(),
        Some("0; 1; 2; 3; 4; 5; and 3 more lines")
    );
    assert_eq!(marked(&long, "- "), None);
}

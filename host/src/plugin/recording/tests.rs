//! The form of a recording: what was written once can be read for ever.

use serde_json::json;

use super::*;

/// A recording of format 1 as it was written when there was no other.
const GOLDEN: &str = include_str!("golden.json");

pub(super) fn recording() -> Recording {
    Recording::read(GOLDEN).expect("the golden recording")
}

#[test]
fn a_recording_is_written_as_it_was_read() {
    let written = serde_json::to_string_pretty(&recording()).expect("JSON");
    assert_eq!(written, GOLDEN.trim_end());
}

#[test]
fn a_recording_tells_what_it_is_of_and_one_without_a_contract_is_of_the_first() {
    let call = recorded_call(GOLDEN).expect("a recording");
    assert_eq!(
        (call.plugin.id.as_str(), call.operation.as_str()),
        ("acme", "check")
    );
    assert_eq!(call.contract, "1.0.0");
    let later = GOLDEN.replacen("\"operation\"", "\"contract\": \"1.7.0\", \"operation\"", 1);
    assert_eq!(
        recorded_call(&later).expect("a recording").contract,
        "1.7.0"
    );
}

#[test]
fn a_recording_tells_how_its_call_ended() {
    for (ending, end) in [
        (
            json!({ "returned": { "Ok": "done" } }),
            RecordedEnd::Succeeded,
        ),
        (
            json!({ "returned": { "Err": { "AuthExpired": "call 2" } } }),
            RecordedEnd::Failed("AuthExpired".to_owned()),
        ),
        (
            json!({ "stopped": "trap" }),
            RecordedEnd::Stopped("trap".to_owned()),
        ),
    ] {
        let mut document: Value = serde_json::from_str(GOLDEN).expect("JSON");
        document["ending"] = ending;
        let call = recorded_call(&document.to_string()).expect("a recording");
        assert_eq!(call.end, end);
    }
}

#[test]
fn a_push_of_which_no_item_was_taken_is_no_success() {
    let ended = |operation: &str, outcomes: Value| {
        let mut document: Value = serde_json::from_str(GOLDEN).expect("JSON");
        document["operation"] = json!(operation);
        document["ending"] = json!({ "returned": { "Ok": outcomes } });
        recorded_call(&document.to_string())
            .expect("a recording")
            .end
    };
    let item = |outcome: Value| json!({ "id": "1", "outcome": outcome, "warnings": [] });
    let refused = item(json!({ "Rejected": { "MappingMissing": ["DBL"] } }));
    let failed = |why: &str| RecordedEnd::Failed(why.to_owned());
    assert_eq!(
        ended("push_ari", json!([refused, refused])),
        failed("no item is taken, the first is MappingMissing")
    );
    assert_eq!(
        ended("push_ari", json!([item(json!({ "Other": "later" }))])),
        failed("no item is taken, the first is Other")
    );
    assert_eq!(ended("push_ari", json!([])), failed("no item has a result"));
    for taken in [json!("Applied"), json!({ "Accepted": "task-9" })] {
        let end = ended("push_ari", json!([refused, item(taken)]));
        assert_eq!(end, RecordedEnd::Succeeded);
    }
    assert_eq!(ended("list_products", json!([])), RecordedEnd::Succeeded);
}

#[test]
fn a_recording_of_a_later_format_is_refused_by_its_number() {
    let later = GOLDEN.replacen("\"format\": 1", "\"format\": 2", 1);
    let refused = Recording::read(&later).expect_err("another format");
    assert_eq!(
        refused.to_string(),
        "it has the format 2, and this version reads 1"
    );
    assert!(matches!(
        Recording::read("{}"),
        Err(RecordingError::Format(Value::Null))
    ));
    assert!(matches!(
        Recording::read(r#"{"format": 1}"#),
        Err(RecordingError::Form(_))
    ));
    assert!(matches!(
        Recording::read("GET / HTTP/1.1"),
        Err(RecordingError::Json(_))
    ));
}

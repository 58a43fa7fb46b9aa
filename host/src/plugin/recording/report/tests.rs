//! What differs is told: all of it, and nothing else.

use serde_json::json;

use super::*;
use crate::domain::random::Random;
use crate::plugin::recording::player::Player;
use crate::plugin::recording::tests::recording;

/// What is told of a replay that asks these, and returns what was returned.
fn told(asked: &[Asked], same_plugin: bool) -> Report {
    let recording = recording();
    let mut player = Player::new(&recording, Random::seeded(0));
    for asked in asked {
        player.answer(asked.clone());
    }
    let mut replayed = recording.plugin.clone();
    if !same_plugin {
        replayed.version = "9.9.9".to_owned();
    }
    let outcome = Outcome {
        steps: player.steps,
        ending: Some(recording.ending.clone()),
        settings: Vec::new(),
        cost: CallCost::default(),
    };
    Report::new(recording, replayed, outcome)
}

fn recorded() -> Vec<Asked> {
    let events = recording().events;
    events.into_iter().map(|event| event.asked).collect()
}

fn request(asked: &mut Asked) -> &mut Request {
    match asked {
        Asked::Http(request) => request,
        other => panic!("no request: {other:?}"),
    }
}

#[test]
fn the_same_questions_are_identical() {
    let report = told(&recorded(), true);
    assert!(report.identical, "{report}");
    assert!(
        report
            .to_string()
            .ends_with("identical: 1 request(s), and the result\n")
    );
}

#[test]
fn a_changed_request_is_told_line_by_line() {
    let mut asked = recorded();
    let changed = request(&mut asked[0]);
    changed.query[0].1 = "2".to_owned();
    changed.body = Some(Bytes(br#"{"rooms": 3, "night": "2026-12-01"}"#.to_vec()));
    let report = told(&asked, false);
    let [difference] = report.differences.as_slice() else {
        panic!("one difference: {report}");
    };
    assert_eq!(
        (difference.what.as_str(), difference.change),
        ("request 1", Change::Changed)
    );
    assert_eq!(
        difference.place.as_deref(),
        Some("POST api.acme.example/v1/items")
    );
    for line in [
        "- ?page=1",
        "+ ?page=2",
        "-   \"rooms\": 2,",
        "+   \"rooms\": 3,",
    ] {
        assert!(
            difference.lines.iter().any(|told| told == line),
            "{line}: {report}"
        );
    }
    assert!(
        !difference
            .lines
            .iter()
            .any(|told| told.starts_with("- POST"))
    );
}

#[test]
fn a_request_to_another_place_is_new_and_the_recorded_one_missing() {
    let mut asked = recorded();
    request(&mut asked[0]).path = "/v2/items".to_owned();
    let report = told(&asked, false);
    let changes: Vec<_> = report.differences.iter().map(|one| one.change).collect();
    assert_eq!(changes, [Change::Added, Change::Missing]);
}

#[test]
fn what_another_plugin_writes_to_its_log_does_not_count_and_what_it_stores_does() {
    let mut asked = recorded();
    asked.push(Asked::Log {
        line: "more".to_owned(),
    });
    assert!(told(&asked, false).identical);
    assert!(!told(&asked, true).identical);
    asked.push(Asked::Set {
        key: "cursor".to_owned(),
        value: Bytes(b"8".to_vec()),
    });
    let report = told(&asked, false);
    assert_eq!(report.differences[0].lines, ["+ set cursor", "+ 8"]);
}

#[test]
fn a_body_that_is_only_laid_out_otherwise_is_no_identical_one() {
    let mut asked = recorded();
    let body = br#"{"rooms": 2, "night": "2026-12-01"}"#.to_vec();
    request(&mut asked[0]).body = Some(Bytes(body));
    let report = told(&asked, false);
    assert!(!report.identical);
    let lines = &report.differences[0].lines;
    assert_eq!(lines, &["+ only the layout of the body is another"]);
}

#[test]
fn another_order_is_a_difference() {
    let mut asked = recorded();
    asked.reverse();
    let report = told(&asked, true);
    assert_eq!(report.differences.len(), 1, "{report}");
    assert_eq!(report.differences[0].change, Change::Moved);
}

#[test]
fn another_result_is_told_in_its_lines() {
    let recording = recording();
    let outcome = Outcome {
        steps: Vec::new(),
        ending: Some(Ending::Returned(json!({ "Ok": "other" }))),
        settings: vec!["/: \"account\" is a required property".to_owned()],
        cost: CallCost::default(),
    };
    let plugin = recording.plugin.clone();
    let report = Report::new(recording, plugin, outcome);
    assert_eq!(
        report.differences.first().map(|one| one.what.as_str()),
        Some("settings")
    );
    let last = report.differences.last().expect("a difference");
    assert_eq!(
        last.lines,
        [
            "  {",
            "-   \"Ok\": \"done\"",
            "+   \"Ok\": \"other\"",
            "  }"
        ]
    );
}

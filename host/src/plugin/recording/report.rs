//! How a replay differed from its recording, for a person who reviews an upgrade, and for programs.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::bytes::Bytes;
use super::event::{Asked, Event, Request};
use super::player::Step;
use super::{Ending, PluginFile, Recording, lines};

/// What a replay came to.
pub(super) struct Outcome {
    pub(super) steps: Vec<Step>,
    pub(super) ending: Option<Ending>,
    pub(super) settings: Vec<String>,
}

/// How a replay differed from its recording.
#[derive(Debug, Serialize)]
pub struct Report {
    pub operation: String,
    pub recorded: PluginFile,
    pub replayed: PluginFile,
    /// Whether it was replayed with the very file that was recorded.
    pub same_plugin: bool,
    /// Whether it asked the same and came to the same.
    pub identical: bool,
    /// How many requests the replay made.
    pub requests: usize,
    /// Whether something was masked in the recording that the guest saw.
    pub masked: bool,
    pub differences: Vec<Difference>,
}

/// One thing that is not as it was.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// Such as `request 2` or `result`.
    pub what: String,
    pub change: Change,
    /// What went (`-`), what came (`+`) and what is around it.
    pub lines: Vec<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    Changed,
    Added,
    Missing,
    Moved,
}

impl Report {
    pub(super) fn new(recording: Recording, replayed: PluginFile, outcome: Outcome) -> Self {
        let same_plugin = recording.plugin == replayed;
        let mut differences: Vec<Difference> = outcome
            .settings
            .into_iter()
            .map(|problem| Difference {
                what: "settings".to_owned(),
                change: Change::Changed,
                lines: vec![format!("+ {problem}")],
            })
            .collect();
        differences.extend(compare(&recording.events, &outcome.steps, same_plugin));
        let (was, is) = (
            result(Some(&recording.ending)),
            result(outcome.ending.as_ref()),
        );
        if was != is {
            differences.push(Difference {
                what: "result".to_owned(),
                change: Change::Changed,
                lines: lines::difference(&was, &is),
            });
        }
        let is_request = |step: &&Step| matches!(step.asked, Asked::Http(_));
        Self {
            operation: recording.operation,
            recorded: recording.plugin,
            replayed,
            same_plugin,
            identical: differences.is_empty(),
            requests: outcome.steps.iter().filter(is_request).count(),
            masked: recording.masked,
            differences,
        }
    }
}

/// What was asked differently. Of another plugin only what leaves it counts: requests, signatures and what it stores.
fn compare(recorded: &[Event], steps: &[Step], same_plugin: bool) -> Vec<Difference> {
    let is_inner = |asked: &Asked| {
        matches!(
            asked,
            Asked::Log { .. } | Asked::Random { .. } | Asked::Get { .. }
        )
    };
    let counts = |asked: &Asked| same_plugin || !is_inner(asked);
    let mut differences = asked_otherwise(recorded, steps, counts);
    differences.extend(missing(recorded, steps, counts));
    let counting = steps.iter().filter(|step| counts(&step.asked));
    let places: Vec<usize> = counting.filter_map(|step| step.recorded).collect();
    if !places.is_sorted() {
        differences.push(Difference {
            what: "order".to_owned(),
            change: Change::Moved,
            lines: vec!["+ the same was asked in another order".to_owned()],
        });
    }
    differences
}

fn asked_otherwise(
    recorded: &[Event],
    steps: &[Step],
    counts: impl Fn(&Asked) -> bool,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut numbers = Numbers::default();
    for step in steps {
        let what = numbers.name(&step.asked);
        let before = step.recorded.map(|place| &recorded[place].asked);
        if before == Some(&step.asked) || !counts(&step.asked) {
            continue;
        }
        let was = before.map(described).unwrap_or_default();
        let mut lines = lines::difference(&was, &described(&step.asked));
        if lines.is_empty() {
            lines.push("+ only the layout of the body is another".to_owned());
        }
        let change = match before {
            Some(_) => Change::Changed,
            None => Change::Added,
        };
        differences.push(Difference {
            what,
            change,
            lines,
        });
    }
    differences
}

fn missing(recorded: &[Event], steps: &[Step], counts: impl Fn(&Asked) -> bool) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut numbers = Numbers::default();
    for (place, event) in recorded.iter().enumerate() {
        let what = numbers.name(&event.asked);
        let is_asked = steps.iter().any(|step| step.recorded == Some(place));
        if !is_asked && counts(&event.asked) {
            differences.push(Difference {
                what: format!("recorded {what}"),
                change: Change::Missing,
                lines: lines::difference(&described(&event.asked), &[]),
            });
        }
    }
    differences
}

/// Requests are counted by themselves, so that their numbers are those that a person counts.
#[derive(Default)]
struct Numbers {
    requests: usize,
    others: usize,
}

impl Numbers {
    fn name(&mut self, asked: &Asked) -> String {
        let (noun, number) = match asked {
            Asked::Http(_) => ("request", &mut self.requests),
            Asked::Random { .. } => ("random", &mut self.others),
            Asked::Get { .. }
            | Asked::Set { .. }
            | Asked::Delete { .. }
            | Asked::CompareAndSet { .. } => ("memory", &mut self.others),
            Asked::Sign { .. } => ("signature", &mut self.others),
            Asked::Log { .. } => ("log", &mut self.others),
        };
        *number += 1;
        format!("{noun} {number}")
    }
}

/// What was asked, as lines that can be compared.
fn described(asked: &Asked) -> Vec<String> {
    match asked {
        Asked::Http(request) => request_lines(request),
        Asked::Random { length } => vec![format!("{length} random bytes")],
        Asked::Get { key } => vec![format!("get {key}")],
        Asked::Set { key, value } => headed(format!("set {key}"), Some(value)),
        Asked::Delete { key } => vec![format!("delete {key}")],
        Asked::CompareAndSet {
            key,
            expected,
            value,
        } => {
            let mut lines = headed(format!("set {key} where it holds"), expected.as_ref());
            lines.extend(headed("to".to_owned(), Some(value)));
            lines
        }
        Asked::Sign { slot, message } => headed(format!("sign with {slot}"), Some(message)),
        Asked::Log { line } => vec![line.clone()],
    }
}

fn headed(head: String, body: Option<&Bytes>) -> Vec<String> {
    let mut lines = vec![head];
    lines.extend(body.into_iter().flat_map(body_lines));
    lines
}

fn request_lines(request: &Request) -> Vec<String> {
    let mut lines = vec![format!(
        "{} {}{}",
        request.method, request.host, request.path
    )];
    let query = request.query.iter();
    lines.extend(query.map(|(name, value)| format!("?{name}={value}")));
    for (name, value) in request.headers.iter().chain(&request.extensions) {
        lines.push(format!("{name}: {value}"));
    }
    if let Some(milliseconds) = request.timeout_ms {
        lines.push(format!("(within {milliseconds} ms)"));
    }
    if let Some(body) = &request.body {
        lines.push(String::new());
        lines.extend(body_lines(body));
    }
    lines
}

/// A body line by line, also where the plugin wrote it as one.
fn body_lines(body: &Bytes) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(&body.0) else {
        return vec![format!("(binary) {}", hex::encode(&body.0))];
    };
    let is_structure = |value: &Value| value.is_object() || value.is_array();
    let json = serde_json::from_str(text).ok().filter(is_structure);
    let text = match json {
        Some(json) => pretty(&json),
        None => text.replace("><", ">\n<"),
    };
    text.lines().map(str::to_owned).collect()
}

fn pretty(json: &Value) -> String {
    serde_json::to_string_pretty(json).unwrap_or_else(|_| json.to_string())
}

fn result(ending: Option<&Ending>) -> Vec<String> {
    let text = match ending {
        Some(Ending::Returned(value)) => pretty(value),
        Some(Ending::Stopped(class)) => format!("stopped by the sandbox: {class}"),
        None => "nothing was returned".to_owned(),
    };
    text.lines().map(str::to_owned).collect()
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let change = match self.change {
            Change::Changed => "is another",
            Change::Added => "is new",
            Change::Missing => "is missing",
            Change::Moved => "is another",
        };
        writeln!(formatter, "{} {change}:", self.what)?;
        self.lines
            .iter()
            .try_for_each(|line| writeln!(formatter, "  {line}"))
    }
}

/// All that differs; of the very plugin that was recorded only the first, since all others follow from it.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            recorded,
            replayed,
            requests,
            ..
        } = self;
        writeln!(formatter, "{operation}, recorded with {recorded}")?;
        if self.same_plugin {
            writeln!(formatter, "replayed with the same file")?;
        } else {
            writeln!(formatter, "replayed with {replayed}")?;
        }
        if self.masked {
            writeln!(
                formatter,
                "a secret that the plugin saw is masked in the recording, so the replay may differ there"
            )?;
        }
        if self.identical {
            return writeln!(
                formatter,
                "identical: {requests} request(s), and the result"
            );
        }
        let shown = if self.same_plugin {
            1
        } else {
            self.differences.len()
        };
        for difference in &self.differences[..shown] {
            write!(formatter, "\n{difference}")?;
        }
        let left = self.differences.len() - shown;
        if left > 0 {
            writeln!(formatter, "\nand {left} more")?;
        }
        Ok(())
    }
}

impl fmt::Display for PluginFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = self.sha256.get(..12).unwrap_or(&self.sha256);
        write!(
            formatter,
            "`{}` {} (sha256 {digest}…)",
            self.id, self.version
        )
    }
}

#[cfg(test)]
mod tests {
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
}

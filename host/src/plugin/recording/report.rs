//! How a replay differed from its recording, for a person who reviews an upgrade, and for programs.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::bytes::Bytes;
use super::event::{Asked, Event, Request};
use super::player::Step;
use super::{Ending, PluginFile, Recording, lines};
use crate::domain::connector::CallCost;

/// What a replay came to.
pub(super) struct Outcome {
    pub(super) steps: Vec<Step>,
    pub(super) ending: Option<Ending>,
    pub(super) settings: Vec<String>,
    pub(super) cost: CallCost,
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
    /// What the replay cost. It is no part of what a replay tells, which is the same every time.
    #[serde(skip)]
    pub cost: CallCost,
}

/// One thing that is not as it was.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// Such as `request 2` or `result`.
    pub what: String,
    pub change: Change,
    /// The method, host and path of a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
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
                place: None,
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
                place: None,
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
            cost: outcome.cost,
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
            place: None,
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
            place: place(&step.asked),
            lines,
        });
    }
    differences
}

fn missing(recorded: &[Event], steps: &[Step], counts: impl Fn(&Asked) -> bool) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut numbers = Numbers::default();
    for (number, event) in recorded.iter().enumerate() {
        let what = numbers.name(&event.asked);
        let is_asked = steps.iter().any(|step| step.recorded == Some(number));
        if !is_asked && counts(&event.asked) {
            differences.push(Difference {
                what: format!("recorded {what}"),
                change: Change::Missing,
                place: place(&event.asked),
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

fn place(asked: &Asked) -> Option<String> {
    match asked {
        Asked::Http(request) => Some(named(request)),
        _ => None,
    }
}

fn named(request: &Request) -> String {
    format!("{} {}{}", request.method, request.host, request.path)
}

fn request_lines(request: &Request) -> Vec<String> {
    let mut lines = vec![named(request)];
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

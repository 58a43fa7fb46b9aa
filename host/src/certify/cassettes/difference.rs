//! What a replay tells, as findings of a report.

use crate::certify::report::Finding;
use crate::plugin::{Change, Difference};

/// How many lines of a difference a finding shows.
const SHOWN: usize = 6;

/// A difference as what was recorded, and what came.
pub(super) fn finding(difference: &Difference) -> Finding {
    let what = match &difference.place {
        Some(place) => format!("{} ({place})", difference.what),
        None => difference.what.clone(),
    };
    let recorded = marked(&difference.lines, "- ");
    let came = marked(&difference.lines, "+ ");
    match difference.change {
        Change::Changed => Finding::new(
            recorded.map_or_else(
                || format!("{what} as recorded"),
                |recorded| format!("{what} as recorded: {recorded}"),
            ),
            came.unwrap_or_else(|| "it without that".to_owned()),
        ),
        Change::Added => Finding::new(
            "nothing to be asked that is not recorded",
            came.map_or_else(|| what.clone(), |came| format!("{what}: {came}")),
        ),
        Change::Missing => Finding::new(
            recorded.map_or_else(|| what.clone(), |recorded| format!("{what}: {recorded}")),
            "it was not asked",
        ),
        Change::Moved => Finding::new(
            "the order in which it was recorded",
            "the same in another order",
        ),
    }
}

/// The first lines with this mark, in one.
pub(super) fn marked(lines: &[String], mark: &str) -> Option<String> {
    let lines = lines.iter().filter_map(|line| line.strip_prefix(mark));
    let all: Vec<&str> = lines
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let mut text = all[..all.len().min(SHOWN)].join("; ");
    if all.len() > SHOWN {
        text += &format!("; and {} more lines", all.len() - SHOWN);
    }
    (!text.is_empty()).then_some(text)
}

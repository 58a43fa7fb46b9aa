//! A mappings file: which of our products is which of the channel's.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use crate::config::document::Document;
use crate::config::error::Problem;
use crate::config::key::Key;

/// The rows of a mappings file.
#[derive(Clone, Debug, Default)]
pub struct Mappings {
    /// The file, for messages about its rows.
    pub file: String,
    pub rows: Vec<Mapping>,
}

/// Our codes and the channel's for one product.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mapping {
    pub room_type: String,
    pub rate_plan: String,
    pub external_room: String,
    pub external_rate: Option<String>,
    /// Where the row begins in its file, from 1.
    pub line: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    mappings: Vec<Spanned<Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    room_type: String,
    rate_plan: String,
    external_room: String,
    external_rate: Option<String>,
}

impl Mappings {
    /// The rows of a file, or what is wrong with them.
    pub(super) fn parse(document: &Document) -> Result<Self, Vec<Problem>> {
        match Self::whole(document) {
            Ok((mappings, problems)) if problems.is_empty() => Ok(mappings),
            Ok((_, problems)) => Err(problems),
            Err(problem) => Err(vec![problem]),
        }
    }

    /// The rows of a file that may stand anywhere, and what its text alone has against them. There are none where it
    /// cannot be understood.
    pub fn of_text(path: &Path, text: String) -> (Self, Vec<Problem>) {
        let document = Document::new(path, text);
        let file = document.name().to_owned();
        Self::whole(&document).unwrap_or_else(|problem| {
            let rows = Vec::new();
            (Self { file, rows }, vec![problem])
        })
    }

    /// Every row, and what is wrong with some: codes that none can have, and repetitions.
    fn whole(document: &Document) -> Result<(Self, Vec<Problem>), Problem> {
        let file: File = document.parse()?;
        let rows: Vec<Mapping> = file
            .mappings
            .into_iter()
            .map(|row| {
                let line = document.line(row.span().start);
                let row = row.into_inner();
                Mapping {
                    room_type: row.room_type,
                    rate_plan: row.rate_plan,
                    external_room: row.external_room,
                    external_rate: row.external_rate,
                    line,
                }
            })
            .collect();
        let mut problems = unprintable(document, &rows);
        problems.extend(repeated(document, &rows));
        let mappings = Self {
            file: document.name().to_owned(),
            rows,
        };
        Ok((mappings, problems))
    }
}

/// A row as the file has it, with its line ends.
pub fn mapping_row(
    (room_type, rate_plan): (&str, &str),
    (external_room, external_rate): (&str, Option<&str>),
) -> String {
    let mut row = "[[mappings]]\n".to_owned();
    let fields = [
        ("room_type", Some(room_type)),
        ("rate_plan", Some(rate_plan)),
        ("external_room", Some(external_room)),
        ("external_rate", external_rate),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            // A string of JSON is one of TOML, and stays on its line. Only U+007F is spelled out in TOML alone.
            let value = Value::from(value).to_string().replace('\u{7f}', "\\u007f");
            writeln!(row, "{name} = {value}").expect("writing to a string does not fail");
        }
    }
    row
}

/// No catalogue takes a code with a control character, and no channel is believed that it has one.
fn unprintable(document: &Document, rows: &[Mapping]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let fields = [
            ("room_type", Some(&row.room_type)),
            ("rate_plan", Some(&row.rate_plan)),
            ("external_room", Some(&row.external_room)),
            ("external_rate", row.external_rate.as_ref()),
        ];
        for (field, code) in fields {
            let control = code.and_then(|code| code.chars().find(|letter| letter.is_control()));
            if let Some(control) = control {
                let key = Key::root("mappings").index(index).child(field);
                let number = u32::from(control);
                let message =
                    format!("holds the control character U+{number:04X}: no code has one");
                problems.push(document.problem(&key, message));
            }
        }
    }
    problems
}

/// Each product stands for one of the channel's, and each of those for one product.
fn repeated(document: &Document, rows: &[Mapping]) -> Vec<Problem> {
    let mut ours = BTreeMap::new();
    let mut theirs = BTreeMap::new();
    let mut problems = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let key = Key::root("mappings").index(index);
        let product = (&row.room_type, &row.rate_plan);
        let external = (&row.external_room, &row.external_rate);
        // Both maps take the row, whichever of them refuses it.
        let earlier = [
            ours.insert(product, row.line),
            theirs.insert(external, row.line),
        ];
        if let Some(line) = earlier.into_iter().flatten().next() {
            let message = format!("line {line} maps the same product already");
            problems.push(document.problem(&key, message));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_of(text: String) -> Vec<(usize, String)> {
        let (_, problems) = Mappings::of_text(Path::new("rows.toml"), text);
        let told = problems.into_iter();
        told.map(|problem| (problem.line, problem.message))
            .collect()
    }

    #[test]
    fn a_code_with_a_control_character_is_refused_where_it_stands() {
        for (letter, named) in [
            ('\u{7f}', "U+007F"),
            ('\u{0}', "U+0000"),
            ('\n', "U+000A"),
            ('\u{85}', "U+0085"),
        ] {
            let code = format!("9{letter}1");
            let good = mapping_row(("DBL", "BAR"), ("1", Some("2")));
            let bad = mapping_row(("DBL", "BB"), ("1", Some(&code)));
            let told = problems_of(format!("{good}{bad}"));
            let message = format!("holds the control character {named}: no code has one");
            assert_eq!(told, [(10, message)]);
        }
    }

    #[test]
    fn every_field_of_a_row_is_looked_at() {
        let code = "a\u{7f}";
        let told = problems_of(mapping_row((code, code), (code, Some(code))));
        let lines: Vec<usize> = told.into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [2, 3, 4, 5]);
    }

    #[test]
    fn letters_of_every_script_are_codes() {
        let text = mapping_row(("Zimmer für zwei", "全込み"), ("غرفة", Some("🛏")));
        assert!(problems_of(text).is_empty());
    }
}

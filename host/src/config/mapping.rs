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

    /// Every row, and those that repeat another.
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
        let problems = repeated(document, &rows);
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
            // A string of JSON is one of TOML, and stays on its line.
            let value = Value::from(value);
            writeln!(row, "{name} = {value}").expect("writing to a string does not fail");
        }
    }
    row
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

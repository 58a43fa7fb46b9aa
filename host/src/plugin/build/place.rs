//! Where in a `plugin.toml` a field stands, so that an author is sent to the line.

use std::fmt;

use toml::de::{DeTable, DeValue};

use crate::plugin::manifest::ManifestError;

/// `, line 5`, or nothing where the field is absent or the error brings its own place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place(Option<usize>);

impl Place {
    /// The line, from 1.
    pub(super) fn line(self) -> Option<usize> {
        self.0
    }

    pub(super) fn of(error: &ManifestError, text: &str) -> Self {
        match error {
            ManifestError::Field { field, .. } => {
                Self(offset(field, text).map(|offset| line(text, offset)))
            }
            // TOML's own errors show the line.
            ManifestError::Toml(_) | ManifestError::Json(_) => Self(None),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |line| write!(out, ", line {line}"))
    }
}

/// Follows a path such as `secrets[0].inject.kind` as far as the text has it.
fn offset(field: &str, text: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut steps = field.split(['.', '[', ']']).filter(|step| !step.is_empty());
    let (key, mut value) = table.get_ref().get_key_value(steps.next()?)?;
    let mut found = key.span().start;
    for step in steps {
        match value.get_ref() {
            DeValue::Table(table) => {
                let Some((key, next)) = table.get_key_value(step) else {
                    break;
                };
                (found, value) = (key.span().start, next);
            }
            DeValue::Array(array) => {
                let Some(next) = step
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| array.get(index))
                else {
                    break;
                };
                (found, value) = (next.span().start, next);
            }
            _ => break,
        }
    }
    Some(found)
}

fn line(text: &str, offset: usize) -> usize {
    1 + text
        .bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "id = \"x\"\n\n[channel]\nhorizon_nights = 0\n\n[[secrets]]\nname = \"a\"\n[[secrets]]\nname = \"b\"\ninject = { kind = \"c\" }\n";

    #[test]
    fn a_field_is_found_in_its_table_and_among_its_siblings() {
        for (field, expected) in [
            ("id", 1),
            ("channel.horizon_nights", 4),
            ("secrets[1].name", 9),
            ("secrets[1].inject.kind", 10),
        ] {
            assert_eq!(
                offset(field, TEXT).map(|offset| line(TEXT, offset)),
                Some(expected),
                "{field}"
            );
        }
    }

    #[test]
    fn an_absent_field_is_sought_in_what_should_hold_it() {
        assert_eq!(
            offset("channel.availability_on", TEXT).map(|offset| line(TEXT, offset)),
            Some(3)
        );
        assert_eq!(offset("version", TEXT), None);
    }
}

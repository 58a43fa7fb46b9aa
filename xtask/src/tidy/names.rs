//! Names that must not appear: connectors in the host, registries anywhere.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::Finding;
use super::source::TextFile;
use crate::plugins;

/// Connectors that are known beside the folders in `plugins/`, as words.
const KNOWN: [&[&str]; 6] = [
    &["octorate"],
    &["booking", "com"],
    &["expedia"],
    &["channex"],
    &["resend"],
    &["postmark"],
];

/// Hosts whose address belongs in a tool's settings, in two halves so that this line may stay.
const REGISTRIES: [(&str, &str); 8] = [
    ("crates", ".io"),
    ("static.rust-lang", ".org"),
    ("registry.npmjs", ".org"),
    ("pypi", ".org"),
    ("proxy.golang", ".org"),
    ("deb.debian", ".org"),
    ("snapshot.debian", ".org"),
    ("archive.ubuntu", ".com"),
];

/// The names of all connectors, each as its words.
pub(super) fn connectors(root: &Path) -> Result<Vec<Vec<String>>> {
    let mut names: Vec<Vec<String>> = KNOWN
        .iter()
        .map(|words| words.iter().map(|&word| word.to_owned()).collect())
        .collect();
    let folder = root.join("plugins");
    for entry in
        fs::read_dir(&folder).with_context(|| format!("can't list {}", folder.display()))?
    {
        let name = entry?.file_name().to_string_lossy().into_owned();
        // A template is a connector's beginning and no connector, and its name is a common word.
        if !plugins::is_template(&name) && !name.starts_with('.') {
            let stem = name.strip_prefix("email-").unwrap_or(&name);
            names.push(stem.split('-').map(str::to_owned).collect());
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

pub(super) fn connector_names(file: &TextFile, connectors: &[Vec<String>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.lines() {
        let words = words(line);
        for name in connectors.iter().filter(|name| contains(&words, name)) {
            let reason = format!(
                "`{}` is a connector, and the host knows none by name",
                name.join("-")
            );
            findings.push(Finding::new(&file.path, number, reason));
        }
    }
    findings
}

pub(super) fn registry_hosts(file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.lines() {
        for (host, end) in REGISTRIES {
            let host = format!("{host}{end}");
            if line.contains(&host) {
                let reason =
                    format!("`{host}`: a registry's address belongs in its client's settings");
                findings.push(Finding::new(&file.path, number, reason));
            }
        }
    }
    findings
}

/// A word in lower case, and whether it follows the one before with at most one sign between.
type Word = (String, bool);

/// The words of a line: `BookingCom`, `booking_com` and `booking.com` are the same two.
fn words(line: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut gap = usize::MAX;
    let mut previous = ' ';
    for character in line.chars() {
        let starts =
            !previous.is_alphanumeric() || (character.is_uppercase() && previous.is_lowercase());
        if !character.is_alphanumeric() {
            gap = gap.saturating_add(1);
        } else {
            if starts {
                words.push((String::new(), gap <= 1));
            }
            if let Some((word, _)) = words.last_mut() {
                word.extend(character.to_lowercase());
            }
            gap = 0;
        }
        previous = character;
    }
    words
}

fn contains(words: &[Word], name: &[String]) -> bool {
    words.windows(name.len()).any(|window| {
        let same = window
            .iter()
            .zip(name)
            .all(|((word, _), part)| word == part);
        same && window[1..].iter().all(|(_, joined)| *joined)
    })
}

#[cfg(test)]
mod tests {
    use super::super::source::pretend;
    use super::*;

    fn lines_with_connectors(text: &str) -> Vec<usize> {
        let names: Vec<Vec<String>> = KNOWN
            .iter()
            .map(|words| words.iter().map(|&word| word.to_owned()).collect())
            .collect();
        connector_names(&pretend("host/src/a.rs", text), &names)
            .into_iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn a_connector_is_found_however_it_is_written() {
        let text = "OctorateClient\nOCTORATE\nbooking_com\nBookingCom\nbooking.com\nlet x = \"email-resend\";";
        assert_eq!(lines_with_connectors(text), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn words_of_the_field_are_not_connectors() {
        let text = "booking_events\na booking, com\nwe presend\nbooking gateway";
        assert_eq!(lines_with_connectors(text), Vec::<usize>::new());
    }

    #[test]
    fn folders_are_connectors_and_the_template_is_not() {
        let root = tempfile::tempdir().unwrap();
        for name in ["template", "template-email", "email-acme", "stay-link"] {
            fs::create_dir_all(root.path().join("plugins").join(name)).unwrap();
        }
        let names = connectors(root.path()).unwrap();
        assert!(names.contains(&vec!["acme".to_owned()]));
        assert!(names.contains(&vec!["stay".to_owned(), "link".to_owned()]));
        assert!(!names.iter().any(|name| name[0] == "template"));
    }

    #[test]
    fn a_registry_is_found_in_any_file() {
        let (host, end) = REGISTRIES[0];
        let file = pretend("README.md", &format!("See\nhttps://{host}{end}/crates/x\n"));
        assert_eq!(registry_hosts(&file)[0].line, 2);
    }
}

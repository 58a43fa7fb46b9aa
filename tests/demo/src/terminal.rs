//! What the people at the terminal see: chapters, steps, what was sent and received, and what was found.

use std::cell::RefCell;
use std::fmt::Display;
use std::io::IsTerminal as _;

/// More of a request or an answer than this many characters is not shown.
const SHOWN: usize = 150;

/// Plain lines; with colours where a person looks.
#[derive(Debug)]
pub(crate) struct Terminal {
    colours: bool,
    step: RefCell<String>,
}

/// ANSI's select-graphic-rendition codes.
#[derive(Clone, Copy)]
enum Style {
    Bold = 1,
    Dim = 2,
    Red = 31,
    Green = 32,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        Self {
            colours: std::io::stdout().is_terminal(),
            step: RefCell::default(),
        }
    }

    pub(crate) fn chapter(&self, title: &str) {
        println!("\n{}", self.styled(Style::Bold, title));
    }

    /// What is tried next; a failure from here on is this step's.
    pub(crate) fn step(&self, title: impl Display) {
        println!("  {title} …");
        self.step.replace(title.to_string());
    }

    /// A check that held.
    pub(crate) fn held(&self, finding: impl Display) {
        println!("    {} {finding}", self.styled(Style::Green, "✓"));
    }

    /// What went from us to a program.
    pub(crate) fn sent(&self, what: impl Display) {
        println!("    {}", self.styled(Style::Dim, &shown('→', &what)));
    }

    /// What came back, or by itself.
    pub(crate) fn received(&self, what: impl Display) {
        println!("    {}", self.styled(Style::Dim, &shown('←', &what)));
    }

    /// A line as it is, for people to copy.
    pub(crate) fn line(&self, text: impl Display) {
        println!("{text}");
    }

    /// Names the step that failed, and why.
    pub(crate) fn failed(&self, error: &anyhow::Error) {
        let step = self.step.borrow();
        println!("\n{} {step}", self.styled(Style::Red, "✗ failed:"));
        println!("  {error:#}");
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.colours {
            format!("\x1b[{}m{text}\x1b[0m", style as u8)
        } else {
            text.to_owned()
        }
    }
}

fn shown(arrow: char, what: &impl Display) -> String {
    let text = what.to_string();
    let mut letters = text.chars();
    let start: String = letters.by_ref().take(SHOWN).collect();
    let rest = if letters.next().is_some() { "…" } else { "" };
    format!("{arrow} {start}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_is_shown_whole() {
        assert_eq!(shown('→', &"GET /v1/hotels".to_owned()), "→ GET /v1/hotels");
    }

    #[test]
    fn what_is_long_is_cut_between_letters() {
        let text = shown('←', &"é".repeat(SHOWN + 1));
        assert_eq!(text, format!("← {}…", "é".repeat(SHOWN)));
    }
}

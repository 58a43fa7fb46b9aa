//! `log`: lines for the operator, without secrets, and only so many of them.

use crate::plugin::limits::Limits;
use crate::plugin::recording::{Asked, Turn};
use crate::plugin::state::CallState;
use crate::plugin::v1::bindings::host::roomwire::host::log::{Host, Level};
use crate::plugin::v1::text::line;

/// The most fields of one line.
const MAX_FIELDS: usize = 16;

/// The lines of one call.
#[derive(Debug, Default)]
pub(in crate::plugin) struct CallLog {
    lines: Vec<String>,
    bytes: usize,
    full: bool,
}

impl CallLog {
    /// Adds a line, or once a note that there is room for no more.
    pub(in crate::plugin) fn add(&mut self, line: String, limits: &Limits) {
        if self.full {
            return;
        }
        self.full =
            self.lines.len() >= limits.log_lines || self.bytes + line.len() > limits.log_bytes;
        let line = if self.full {
            "[host] further lines of this call are left out".to_owned()
        } else {
            line
        };
        self.bytes += line.len();
        self.lines.push(line);
    }

    pub(in crate::plugin) fn is_full(&self) -> bool {
        self.full
    }

    pub(in crate::plugin) fn into_lines(self) -> Vec<String> {
        self.lines
    }
}

impl Host for CallState {
    async fn write(
        &mut self,
        level: Level,
        message: String,
        fields: Vec<(String, String)>,
    ) -> wasmtime::Result<()> {
        self.enter()?;
        if self.log.is_full() {
            return Ok(());
        }
        let mut whole = format!("[{}] {message}", name(level));
        for (name, value) in fields.iter().take(MAX_FIELDS) {
            whole.push_str(&format!(" {name}={value}"));
        }
        // First without secrets, then cut: a cut could leave a part of one that is not recognised.
        let whole = line(&self.scrub(&whole), self.limits.log_line);
        let asked = || Asked::Log {
            line: whole.clone(),
        };
        if let Turn::Open(ticket) = self.world.begin::<()>(asked)? {
            self.world.end(ticket, ());
        }
        self.log.add(whole, &self.limits);
        Ok(())
    }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_ends_with_one_note() {
        let limits = Limits {
            log_lines: 2,
            log_bytes: 1_000,
            ..Limits::default()
        };
        let mut log = CallLog::default();
        for number in 0..10 {
            log.add(format!("line {number}"), &limits);
        }
        assert_eq!(
            log.into_lines(),
            [
                "line 0",
                "line 1",
                "[host] further lines of this call are left out"
            ]
        );
    }

    #[test]
    fn the_bytes_of_all_lines_are_bounded_too() {
        let limits = Limits {
            log_lines: 100,
            log_bytes: 10,
            ..Limits::default()
        };
        let mut log = CallLog::default();
        for _ in 0..3 {
            log.add("123456".to_owned(), &limits);
        }
        assert_eq!(log.into_lines().len(), 2);
    }
}

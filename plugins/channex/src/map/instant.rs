//! Instants: in UTC, and sometimes without saying so.

use roomwire_plugin_sdk::{Failure, Timestamp};

pub(crate) fn parse(text: &str) -> Result<Timestamp, Failure> {
    text.parse()
        .or_else(|_| format!("{text}Z").parse())
        .map_err(|_| Failure::Permanent(format!("`{text}` is no instant")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_needs_no_zone_and_keeps_its_own() {
        for text in [
            "2026-11-23T10:00:00.250000",
            "2026-11-23T10:00:00.25Z",
            "2026-11-23T11:00:00.25+01:00",
        ] {
            let instant = parse(text).expect("an instant");
            assert_eq!(instant.as_millisecond(), 1_795_428_000_250, "{text}");
        }
        assert!(parse("yesterday").is_err());
    }
}

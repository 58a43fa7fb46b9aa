//! Which of our scenarios are those of Mews's certification, by the names that people who went through it know.

use serde::Deserialize;

const WRITTEN: &str = include_str!("scenarios/mews.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    mews: Vec<Theirs>,
}

/// One of Mews's scenarios: which of ours show it, or why none does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Theirs {
    name: String,
    #[serde(default)]
    shown_by: Vec<String>,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the guide tells it, as a test sees")
    )]
    not_applicable: Option<String>,
}

fn all() -> Vec<Theirs> {
    let file: File = toml::from_str(WRITTEN).expect("a test reads the names of this program");
    file.mews
}

/// What Mews calls a scenario of ours; nothing where it has none like it.
pub(super) fn names_of(scenario: &str) -> Vec<String> {
    let shown = |theirs: &Theirs| theirs.shown_by.iter().any(|ours| ours == scenario);
    let theirs = all().into_iter().filter(shown);
    theirs.map(|theirs| theirs.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certify::scenario;
    use crate::plugin::manifest::Kind;

    const GUIDE: &str = include_str!("../../../docs/guides/certify.md");

    /// What its documentation asks a channel manager to show.
    const NAMED: [&str; 17] = [
        "multi-space multi-rate availability",
        "gross and net prices",
        "restrictions",
        "package rates",
        "full push of 365 days or more",
        "create a single reservation with different daily rates",
        "create a reservation of three rooms with different daily rates",
        "modify a single reservation with different daily rates",
        "modify a reservation of three rooms with different daily rates",
        "cancel a single reservation",
        "cancel a reservation of three rooms",
        "unknown reservation",
        "unmapped space",
        "unmapped rate",
        "inactive connection",
        "invalid reservation",
        "system error",
    ];

    #[test]
    fn every_scenario_of_mews_is_shown_or_has_a_reason_why_it_does_not_apply() {
        let all = all();
        let names: Vec<&str> = all.iter().map(|theirs| theirs.name.as_str()).collect();
        assert_eq!(names, NAMED);
        let ours = scenario::of(Kind::Channel);
        for theirs in &all {
            for shown_by in &theirs.shown_by {
                let known = ours.iter().any(|one| one.name == *shown_by);
                assert!(known, "{}: there is no {shown_by}", theirs.name);
            }
            let reason = theirs.not_applicable.as_deref().unwrap_or_default();
            assert_ne!(
                theirs.shown_by.is_empty(),
                reason.trim().is_empty(),
                "{}: shown, or a reason",
                theirs.name
            );
        }
    }

    #[test]
    fn the_guide_says_which_is_which() {
        for theirs in all() {
            let row = GUIDE
                .lines()
                .find(|line| line.starts_with(&format!("| {} |", theirs.name)))
                .unwrap_or_else(|| panic!("no row is about {}", theirs.name));
            for shown_by in &theirs.shown_by {
                assert!(row.contains(&format!("`{shown_by}`")), "{row}");
            }
            if let Some(reason) = &theirs.not_applicable {
                assert!(row.contains(reason.as_str()), "{row}");
            }
        }
    }

    #[test]
    fn a_scenario_has_the_names_that_mews_gives_it() {
        let names = names_of("reservations/rooms");
        let theirs = "create a reservation of three rooms with different daily rates";
        assert_eq!(names, [theirs]);
        assert!(names_of("ari/pace").is_empty());
    }
}

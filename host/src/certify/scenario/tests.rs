//! The scenarios can be read, expect what can come, and are what declarations name.

use std::collections::HashSet;

use super::*;
use crate::certify::Declaration;

fn all() -> Vec<Scenario> {
    let mut all = of(Kind::Channel);
    all.extend(of(Kind::Email));
    all
}

/// What a scenario expects, step by step.
fn expectations(scenario: &Scenario) -> Vec<&Expected> {
    match &scenario.steps {
        Steps::Channel(steps) => steps.iter().filter_map(of_channel).collect(),
        Steps::Email(steps) => steps.iter().filter_map(of_email).collect(),
    }
}

fn of_channel(step: &Step) -> Option<&Expected> {
    match step {
        Step::Check { expect, .. }
        | Step::List { expect, .. }
        | Step::Read { expect, .. }
        | Step::Pull { expect, .. }
        | Step::Fetch { expect, .. }
        | Step::Answer { expect, .. }
        | Step::Parse { expect, .. }
        | Step::Subscribe { expect, .. }
        | Step::Unsubscribe { expect, .. } => Some(expect),
        Step::Push(push) => Some(&push.expect),
        Step::Reply(answer) => Some(&answer.expect),
        _ => None,
    }
}

fn of_email(step: &MailStep) -> Option<&Expected> {
    match step {
        MailStep::Send { expect, .. }
        | MailStep::Again { expect, .. }
        | MailStep::Batch { expect, .. }
        | MailStep::BatchAgain { expect, .. }
        | MailStep::Parse { expect, .. } => Some(expect),
        _ => None,
    }
}

/// What it expects of the first messages of batches.
fn firsts(scenario: &Scenario) -> Vec<&Vec<String>> {
    let Steps::Email(steps) = &scenario.steps else {
        return Vec::new();
    };
    steps
        .iter()
        .filter_map(|step| match step {
            MailStep::Batch { first, .. } => Some(first),
            _ => None,
        })
        .collect()
}

#[test]
fn every_scenario_can_be_read_and_has_a_name_of_its_own() {
    let scenarios = all();
    let names: HashSet<&str> = scenarios.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names.len(), scenarios.len());
    for one in &scenarios {
        let steps = match &one.steps {
            Steps::Channel(steps) => steps.len(),
            Steps::Email(steps) => steps.len(),
        };
        assert!(steps > 0, "{}", one.name);
    }
}

#[test]
fn every_expectation_is_a_word_that_can_come() {
    let classes = [
        "taken",
        "refused",
        "answered",
        "retry",
        "rate-limited",
        "auth-expired",
        "auth-revoked",
        "mapping-missing",
        "invalid",
        "not-found",
        "suppressed",
        "outcome-unknown",
        "permanent",
        "deadline",
    ];
    for one in all() {
        for word in firsts(&one).into_iter().flatten() {
            assert!(classes.contains(&word.as_str()), "{}: {word}", one.name);
        }
        for expect in expectations(&one) {
            for word in expect.each.iter().chain(&expect.strangers) {
                assert!(classes.contains(&word.as_str()), "{}: {word}", one.name);
            }
        }
    }
}

#[test]
fn a_scenario_with_an_unknown_word_is_refused() {
    let text = "[[scenarios]]\nname = \"a\"\nproves = \"b\"\nlook = \"c\"\n\
                [[scenarios.steps]]\ndo = \"check\"\n";
    assert!(read(text, Steps::Channel).is_ok());
    assert!(read(text, Steps::Email).is_err());
    let wrong = format!("{text}falt = \"lose\"\n");
    assert!(read(&wrong, Steps::Channel).is_err());
}

#[test]
fn what_is_declared_unsupported_has_a_name_and_a_reason() {
    let check = |text: &str| {
        let declaration = Declaration::from_toml(text).expect("TOML");
        declaration.check(&all())
    };
    assert!(check("[unsupported]\n\"ari/deltas\" = \"no partial updates\"").is_ok());
    assert!(check("[unsupported]\n\"ari/delta\" = \"no partial updates\"").is_err());
    assert!(check("[unsupported]\n\"ari/deltas\" = \" \"").is_err());
    assert!(Declaration::from_toml("unsuported = {}").is_err());
}

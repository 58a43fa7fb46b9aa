//! A guest's failure in the domain's words. A guest can claim none of the sandbox's own.

use super::bindings::channel::roomwire::types::common;
use super::text::line;
use crate::domain::connector::ConnectorFailure;
use crate::domain::retry::{Advice, advice};

const MAX_MESSAGE: usize = 2_000;
const MAX_CODES: usize = 200;

/// No remote's pause is believed past a day.
const MAX_PAUSE_SECONDS: u32 = 86_400;

pub(in crate::plugin) fn failure(given: common::Failure) -> ConnectorFailure {
    let message = |text: String| line(&text, MAX_MESSAGE);
    match given {
        common::Failure::Retry(text) => ConnectorFailure::Retry(message(text)),
        common::Failure::RateLimited(limit) => ConnectorFailure::RateLimited {
            after_seconds: limit
                .after_seconds
                .map(|seconds| seconds.min(MAX_PAUSE_SECONDS)),
            scope: line(&limit.scope, 100),
        },
        common::Failure::AuthExpired(text) => ConnectorFailure::AuthExpired(message(text)),
        common::Failure::AuthRevoked(text) => ConnectorFailure::AuthRevoked(message(text)),
        common::Failure::MappingMissing(codes) => ConnectorFailure::MappingMissing(
            codes
                .iter()
                .take(MAX_CODES)
                .map(|code| line(code, 255))
                .collect(),
        ),
        common::Failure::Invalid(invalid) => ConnectorFailure::Invalid {
            item: line(&invalid.item, 255),
            field: line(&invalid.field, 255),
            message: message(invalid.message),
        },
        common::Failure::Stale(text) => ConnectorFailure::Stale(message(text)),
        common::Failure::NotFound(text) => ConnectorFailure::NotFound(message(text)),
        common::Failure::OutcomeUnknown(text) => ConnectorFailure::OutcomeUnknown(message(text)),
        common::Failure::Permanent(text) => ConnectorFailure::Permanent(message(text)),
        common::Failure::Other(other) if other.class == "suppressed" => {
            ConnectorFailure::Suppressed(message(other.message))
        }
        common::Failure::Other(other) => {
            ConnectorFailure::Permanent(message(format!("{}: {}", other.class, other.message)))
        }
    }
}

/// A failure as a guest hears of it. What the sandbox did is a passing fault, or none that trying again mends.
pub(in crate::plugin) fn told(failure: &ConnectorFailure) -> common::Failure {
    match failure.clone() {
        ConnectorFailure::Retry(text) => common::Failure::Retry(text),
        ConnectorFailure::RateLimited {
            after_seconds,
            scope,
        } => common::Failure::RateLimited(common::RateLimit {
            after_seconds,
            scope,
        }),
        ConnectorFailure::AuthExpired(text) => common::Failure::AuthExpired(text),
        ConnectorFailure::AuthRevoked(text) => common::Failure::AuthRevoked(text),
        ConnectorFailure::MappingMissing(codes) => common::Failure::MappingMissing(codes),
        ConnectorFailure::Invalid {
            item,
            field,
            message,
        } => common::Failure::Invalid(common::InvalidField {
            item,
            field,
            message,
        }),
        ConnectorFailure::Stale(text) => common::Failure::Stale(text),
        ConnectorFailure::NotFound(text) => common::Failure::NotFound(text),
        ConnectorFailure::Suppressed(message) => common::Failure::Other(common::OtherFailure {
            class: "suppressed".to_owned(),
            message,
        }),
        ConnectorFailure::OutcomeUnknown(text) => common::Failure::OutcomeUnknown(text),
        ConnectorFailure::Permanent(text) => common::Failure::Permanent(text),
        ConnectorFailure::Sandbox { .. } => match advice(failure) {
            Advice::Again | Advice::After(_) => common::Failure::Retry(failure.to_string()),
            Advice::Park | Advice::Stop => common::Failure::Permanent(failure.to_string()),
        },
    }
}

/// A failure whose texts went through `scrub`.
pub(in crate::plugin) fn map_texts(
    failure: ConnectorFailure,
    scrub: impl Fn(&str) -> String,
) -> ConnectorFailure {
    match failure {
        ConnectorFailure::Retry(text) => ConnectorFailure::Retry(scrub(&text)),
        ConnectorFailure::RateLimited {
            after_seconds,
            scope,
        } => ConnectorFailure::RateLimited {
            after_seconds,
            scope: scrub(&scope),
        },
        ConnectorFailure::AuthExpired(text) => ConnectorFailure::AuthExpired(scrub(&text)),
        ConnectorFailure::AuthRevoked(text) => ConnectorFailure::AuthRevoked(scrub(&text)),
        ConnectorFailure::MappingMissing(codes) => {
            ConnectorFailure::MappingMissing(codes.iter().map(|code| scrub(code)).collect())
        }
        ConnectorFailure::Invalid {
            item,
            field,
            message,
        } => ConnectorFailure::Invalid {
            item: scrub(&item),
            field: scrub(&field),
            message: scrub(&message),
        },
        ConnectorFailure::Stale(text) => ConnectorFailure::Stale(scrub(&text)),
        ConnectorFailure::NotFound(text) => ConnectorFailure::NotFound(scrub(&text)),
        ConnectorFailure::Suppressed(text) => ConnectorFailure::Suppressed(scrub(&text)),
        ConnectorFailure::OutcomeUnknown(text) => ConnectorFailure::OutcomeUnknown(scrub(&text)),
        ConnectorFailure::Permanent(text) => ConnectorFailure::Permanent(scrub(&text)),
        ConnectorFailure::Sandbox { kind, message } => ConnectorFailure::Sandbox {
            kind,
            message: scrub(&message),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::connector::SandboxFailure;

    #[test]
    fn texts_are_cut_and_pauses_bounded() {
        let long = failure(common::Failure::Retry("x\n".repeat(5_000)));
        assert!(
            matches!(long, ConnectorFailure::Retry(text) if text.len() < 2_010 && !text.contains('\n'))
        );
        let limit = common::RateLimit {
            after_seconds: Some(u32::MAX),
            scope: "account".to_owned(),
        };
        let paused = failure(common::Failure::RateLimited(limit));
        assert_eq!(
            paused,
            ConnectorFailure::RateLimited {
                after_seconds: Some(86_400),
                scope: "account".to_owned()
            }
        );
    }

    #[test]
    fn a_suppressed_address_is_told_by_its_class() {
        let suppressed = common::OtherFailure {
            class: "suppressed".to_owned(),
            message: "it bounced before".to_owned(),
        };
        assert_eq!(
            failure(common::Failure::Other(suppressed)),
            ConnectorFailure::Suppressed("it bounced before".to_owned())
        );
    }

    #[test]
    fn what_a_guest_is_told_is_what_it_said_and_the_sandboxs_own_by_its_advice() {
        for said in [
            ConnectorFailure::Retry("busy".to_owned()),
            ConnectorFailure::Invalid {
                item: "1".to_owned(),
                field: "room".to_owned(),
                message: "no such".to_owned(),
            },
            ConnectorFailure::MappingMissing(vec!["D".to_owned()]),
            ConnectorFailure::Suppressed("it bounced".to_owned()),
            ConnectorFailure::Permanent("broken".to_owned()),
        ] {
            assert_eq!(failure(told(&said)), said);
        }
        let stopped = |kind| {
            told(&ConnectorFailure::Sandbox {
                kind,
                message: "stopped".to_owned(),
            })
        };
        let late = stopped(SandboxFailure::Deadline);
        assert!(matches!(late, common::Failure::Retry(_)));
        let broken = stopped(SandboxFailure::Trap);
        assert!(matches!(broken, common::Failure::Permanent(_)));
    }

    #[test]
    fn an_unnamed_class_is_permanent_even_where_it_borrows_the_sandboxs_name() {
        let forged = common::OtherFailure {
            class: "deadline".to_owned(),
            message: "stopped".to_owned(),
        };
        let failure = failure(common::Failure::Other(forged));
        assert_eq!(
            failure,
            ConnectorFailure::Permanent("deadline: stopped".to_owned())
        );
    }
}

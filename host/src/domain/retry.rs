//! What a connector's failure means for the work that met it.

use std::time::Duration;

use crate::domain::connector::{ConnectorFailure, SandboxFailure};

/// The pause where a channel limits the rate and does not say for how long.
pub const DEFAULT_RATE_PAUSE: Duration = Duration::from_secs(60);

/// The longest pause that is believed; a channel that asks for more is asked again.
pub const LONGEST_RATE_PAUSE: Duration = Duration::from_secs(3600);

/// How long work waits whose plugin is in quarantine.
const QUARANTINE_PAUSE: Duration = Duration::from_secs(30);

/// What to do after a failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Advice {
    /// The same again, after a growing pause. What is sent is absolute, so that an unknown outcome is no risk.
    Again,
    /// The same again after this pause, which is nobody's fault.
    After(Duration),
    /// This item is refused for what it says: it waits until it says something else.
    Park,
    /// Nothing gets through until a person has looked.
    Stop,
}

/// The advice for a failure, of a whole call or of one item.
pub fn advice(failure: &ConnectorFailure) -> Advice {
    match failure {
        ConnectorFailure::RateLimited { after_seconds, .. } => {
            let asked = after_seconds.map_or(DEFAULT_RATE_PAUSE, |seconds| {
                Duration::from_secs(seconds.into())
            });
            Advice::After(asked.clamp(Duration::from_secs(1), LONGEST_RATE_PAUSE))
        }
        ConnectorFailure::Retry(_)
        | ConnectorFailure::AuthExpired(_)
        | ConnectorFailure::Stale(_)
        | ConnectorFailure::OutcomeUnknown(_) => Advice::Again,
        ConnectorFailure::MappingMissing(_)
        | ConnectorFailure::Invalid { .. }
        | ConnectorFailure::NotFound(_)
        | ConnectorFailure::Suppressed(_) => Advice::Park,
        ConnectorFailure::AuthRevoked(_) | ConnectorFailure::Permanent(_) => Advice::Stop,
        ConnectorFailure::Sandbox { kind, .. } => match kind {
            // The host has no slot: the connector did nothing wrong.
            SandboxFailure::Overloaded => Advice::After(Duration::from_secs(1)),
            // Somebody else's calls failed, or the operator withdrew a grant; this one has not been tried.
            SandboxFailure::Quarantined => Advice::After(QUARANTINE_PAUSE),
            // A slow channel, or a plugin that is just being replaced.
            SandboxFailure::Deadline | SandboxFailure::Unavailable => Advice::Again,
            SandboxFailure::Trap
            | SandboxFailure::CpuExceeded
            | SandboxFailure::Memory
            | SandboxFailure::EgressDenied
            | SandboxFailure::Limit
            | SandboxFailure::InvalidOutput => Advice::Stop,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(after_seconds: Option<u32>) -> Advice {
        advice(&ConnectorFailure::RateLimited {
            after_seconds,
            scope: "property".to_owned(),
        })
    }

    #[test]
    fn a_rate_limit_is_waited_for_a_minute_or_as_long_as_it_says_within_reason() {
        assert_eq!(limited(None), Advice::After(Duration::from_secs(60)));
        assert_eq!(limited(Some(7)), Advice::After(Duration::from_secs(7)));
        assert_eq!(limited(Some(0)), Advice::After(Duration::from_secs(1)));
        assert_eq!(limited(Some(u32::MAX)), Advice::After(LONGEST_RATE_PAUSE));
    }

    #[test]
    fn a_trap_stops_the_work_and_a_full_host_only_delays_it() {
        let sandbox = |kind| {
            advice(&ConnectorFailure::Sandbox {
                kind,
                message: String::new(),
            })
        };
        assert_eq!(sandbox(SandboxFailure::Trap), Advice::Stop);
        assert_eq!(sandbox(SandboxFailure::Deadline), Advice::Again);
        assert_eq!(
            sandbox(SandboxFailure::Quarantined),
            Advice::After(Duration::from_secs(30))
        );
        assert!(matches!(
            sandbox(SandboxFailure::Overloaded),
            Advice::After(_)
        ));
    }
}

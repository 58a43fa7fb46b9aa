//! Everything that a hostile guest does to its host, each in a call of its own: it is stopped in time, and the next call
//! is as good as any. `cargo xtask bench sandbox` does each of them a hundred times, and measures.

use std::time::Duration;

use roomwire::domain::connection::Record;
use roomwire::domain::connector::SandboxFailure::{
    self, CpuExceeded, Deadline, EgressDenied, InvalidOutput, Limit, Memory, Trap,
};
use roomwire::domain::connector::{Called, ConnectorFailure, Connectors as _};
use roomwire::plugin::{ConnectionGrant, Limits};

use super::world::{World, caller, grant, numbered};

const MILLISECOND: Duration = Duration::from_millis(1);

/// How long after its deadline a guest may still be there.
const LATE: Duration = Duration::from_millis(100);

const RUNS: usize = 3;

/// One way to do harm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Harm {
    pub(crate) behaviour: &'static str,
    /// How the host may put an end to it: where there are several, it is a question of what is used up first.
    ends: &'static [SandboxFailure],
}

/// What goes on and on is out of something at the end, and on a slow machine that is time.
const GOES_ON: &[SandboxFailure] = &[Limit, Memory, CpuExceeded, Deadline];
const COMPUTES: &[SandboxFailure] = &[CpuExceeded, Deadline];

/// All of them.
pub(crate) const HARMS: [Harm; 30] = [
    // Time.
    harm("loop", COMPUTES),
    harm("host-calls", GOES_ON),
    harm("wait-for-the-clock", GOES_ON),
    harm("sign-for-ever", COMPUTES),
    harm("ambush", COMPUTES),
    // Memory.
    harm("memory", GOES_ON),
    harm("memory-at-once", &[Memory]),
    harm("crumbs", GOES_ON),
    harm("recursion", &[Trap]),
    // What crosses to the host.
    harm("huge-output", GOES_ON),
    harm("huge-input", GOES_ON),
    harm("lines-for-ever", GOES_ON),
    harm("fields-for-ever", GOES_ON),
    harm("randomness-for-ever", GOES_ON),
    harm("keys-for-ever", GOES_ON),
    // The network.
    harm("requests-for-ever", GOES_ON),
    harm("wait-for-answers", GOES_ON),
    harm("keep-answers", GOES_ON),
    harm("forbidden-host", &[EgressDenied]),
    harm("address", &[EgressDenied]),
    harm("private-address", &[EgressDenied]),
    // Faults.
    harm("trap", &[Trap]),
    harm("abort", &[Trap]),
    harm("panic-twice", &[Trap]),
    harm("outside-memory", &[Trap]),
    harm("no-such-function", &[Trap]),
    harm("re-entrance", &[Trap, InvalidOutput]),
    // What is not of the contract's shape.
    harm("broken-text", &[InvalidOutput]),
    harm("broken-text-to-host", &[InvalidOutput]),
    harm("text-outside-memory", &[InvalidOutput, Limit]),
];

const fn harm(behaviour: &'static str, ends: &'static [SandboxFailure]) -> Harm {
    Harm { behaviour, ends }
}

impl Harm {
    /// Fails unless the host itself ended the call, and in one of the ways that it may.
    pub(crate) fn was_ended(self, called: &Called<String>) {
        let Err(ConnectorFailure::Sandbox { kind, message }) = &called.result else {
            panic!("`{}` was not stopped: {:?}", self.behaviour, called.result)
        };
        assert!(
            self.ends.contains(kind),
            "`{}` ended as {kind:?}: {message}",
            self.behaviour
        );
    }

    /// Whether it is nothing without the time for a request.
    pub(crate) fn needs_network(&self) -> bool {
        [
            "requests-for-ever",
            "wait-for-answers",
            "keep-answers",
            "private-address",
        ]
        .contains(&self.behaviour)
    }

    /// Large answers are looked through for secrets, which takes the host so long where it is not optimised.
    fn may_be_late(self) -> Duration {
        if self.behaviour == "keep-answers" && cfg!(debug_assertions) {
            20 * LATE
        } else {
            LATE
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_guest_does_it_is_stopped_in_time_and_the_next_call_is_as_good_as_any() {
    let limits = Limits {
        cpu: 60 * MILLISECOND,
        wall: 250 * MILLISECOND,
        ..Limits::default()
    };
    let world = World::with_limits(limits).await;
    let connector = world.plugins.channel("hostile").expect("the connector");
    let (hostile, honest) = (caller(), numbered(3));
    for harm in HARMS {
        let harmful = ConnectionGrant {
            record: Record::Off,
            ..grant(harm.behaviour)
        };
        world.give([(hostile.clone(), harmful), (honest.clone(), grant("quiet"))]);
        let mut fastest = Duration::MAX;
        // The best of some: a machine that is busy with other things may be late once.
        for _ in 0..RUNS {
            let called = connector.check(&hostile).await;
            harm.was_ended(&called);
            fastest = fastest.min(called.cost.duration);
            let held = usize::try_from(called.cost.memory).expect("a number of bytes");
            assert!(held <= limits.memory, "`{}`: {held} bytes", harm.behaviour);
            // Of the same plugin, which it also keeps out of quarantine.
            let sound = connector.check(&honest).await;
            let sentence = sound.result.expect("an honest call");
            assert_eq!(sentence, honest.now.as_millisecond().to_string());
        }
        assert!(
            fastest <= limits.wall + harm.may_be_late(),
            "`{}` was stopped after {fastest:?} at best",
            harm.behaviour
        );
    }
}

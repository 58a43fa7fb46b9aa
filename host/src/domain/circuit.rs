//! A circuit: what fails again and again is left alone for a while, and then tried with one call.

use std::time::Duration;

use jiff::Timestamp;

#[cfg(test)]
mod tests;

/// When a circuit opens, and for how long.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CircuitRules {
    /// Faults in a row that open it.
    pub faults: u32,
    /// The first pause. Each probe that fails doubles it.
    pub first_pause: Duration,
    pub longest_pause: Duration,
    /// How long one probe is waited for before another is let through.
    pub probe_patience: Duration,
}

/// The state of one circuit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Circuit {
    rules: CircuitRules,
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Closed { faults: u32 },
    Open { since: Timestamp, pause: Duration },
    Probing { since: Timestamp, pause: Duration },
}

/// What a circuit says to somebody who wants to call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Entry {
    Call(Pass),
    /// Not before so long.
    Wait(Duration),
}

/// What a call was let through as; it is given back with the call's verdict.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pass {
    Ordinary,
    Probe,
}

/// What a call says about what it called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    Sound,
    Faulty,
    /// It never came so far.
    Nothing,
}

/// What a verdict changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    None,
    /// Open for so long, from now.
    Opened(Duration),
    Closed,
}

impl Circuit {
    pub fn new(rules: CircuitRules) -> Self {
        let state = State::Closed { faults: 0 };
        Self { rules, state }
    }

    /// Whether a call may go through at this instant.
    pub fn enter(&mut self, now: Timestamp) -> Entry {
        let (since, pause, wait) = match self.state {
            State::Closed { .. } => return Entry::Call(Pass::Ordinary),
            State::Open { since, pause } => (since, pause, pause),
            State::Probing { since, pause } => (since, pause, self.rules.probe_patience),
        };
        // A clock that was set back prolongs nothing beyond the pause itself.
        let passed = Duration::try_from(now.duration_since(since)).unwrap_or(wait);
        match wait.checked_sub(passed) {
            Some(left) if !left.is_zero() => Entry::Wait(left),
            _ => {
                self.state = State::Probing { since: now, pause };
                Entry::Call(Pass::Probe)
            }
        }
    }

    /// Takes a call's verdict. Calls that began before the circuit opened say nothing any more.
    pub fn leave(&mut self, pass: Pass, verdict: Verdict, now: Timestamp) -> Change {
        match (self.state, pass, verdict) {
            (State::Closed { .. }, _, Verdict::Sound) => {
                self.state = State::Closed { faults: 0 };
                Change::None
            }
            (State::Closed { faults }, _, Verdict::Faulty) if faults + 1 < self.rules.faults => {
                self.state = State::Closed { faults: faults + 1 };
                Change::None
            }
            (State::Closed { .. }, _, Verdict::Faulty) => self.open(self.rules.first_pause, now),
            (State::Probing { .. }, Pass::Probe, Verdict::Sound) => {
                self.state = State::Closed { faults: 0 };
                Change::Closed
            }
            (State::Probing { pause, .. }, Pass::Probe, Verdict::Faulty) => {
                let longer = pause.saturating_mul(2).min(self.rules.longest_pause);
                self.open(longer, now)
            }
            (State::Probing { since, pause }, Pass::Probe, Verdict::Nothing) => {
                // The next who asks is the probe: the pause is over already.
                let over = since.saturating_sub(pause).unwrap_or(Timestamp::MIN);
                self.state = State::Open { since: over, pause };
                Change::None
            }
            _ => Change::None,
        }
    }

    /// Whether calls go through freely.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed { .. })
    }

    fn open(&mut self, pause: Duration, now: Timestamp) -> Change {
        self.state = State::Open { since: now, pause };
        Change::Opened(pause)
    }
}

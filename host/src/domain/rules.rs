//! What a hotel decides about its reservations: how long they wait, what a no-show keeps, whether guests are written to.

use std::time::Duration;

use serde::Serialize;

/// Which nights stay taken when the guest does not come.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoShowKeeps {
    FirstNight,
    WholeStay,
}

impl NoShowKeeps {
    /// The stable name, as the database and the API show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstNight => "first_night",
            Self::WholeStay => "whole_stay",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::FirstNight, Self::WholeStay]
            .into_iter()
            .find(|keeps| keeps.as_str() == name)
    }
}

/// How many hours a tentative reservation waits before each stage; `None`: for ever.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Aging {
    pub alert_after: Option<u16>,
    pub escalate_after: Option<u16>,
    pub release_after: Option<u16>,
}

/// What time does to a tentative reservation.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Stage {
    Alert,
    Escalate,
    Release,
}

impl Stage {
    /// The stable name, as the audit trail, the log and the metrics show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Escalate => "escalate",
            Self::Release => "release",
        }
    }
}

/// How a reservation has aged so far.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Waited {
    pub age: Duration,
    pub alerted: bool,
    pub escalated: bool,
    /// A channel's reservation is a contract already made, which is never released.
    pub of_channel: bool,
}

impl Aging {
    /// Whether the stages come one after the other.
    pub fn in_order(&self) -> bool {
        let stages = [self.alert_after, self.escalate_after, self.release_after];
        stages
            .iter()
            .flatten()
            .is_sorted_by(|earlier, later| earlier <= later)
    }

    /// The furthest stage that is due and was not done. Whoever was away for long is told once, not of every stage.
    pub fn due(&self, waited: Waited) -> Option<Stage> {
        let past = |hours: Option<u16>| {
            hours.is_some_and(|hours| waited.age >= Duration::from_secs(u64::from(hours) * 3600))
        };
        if past(self.release_after) && !waited.of_channel {
            return Some(Stage::Release);
        }
        if past(self.escalate_after) {
            return (!waited.escalated).then_some(Stage::Escalate);
        }
        (past(self.alert_after) && !waited.alerted && !waited.escalated).then_some(Stage::Alert)
    }
}

/// A hotel's rules.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct BookingRules {
    pub aging: Aging,
    pub no_show_keeps: NoShowKeeps,
    /// Whether guests are written to where staff don't say otherwise.
    pub notify_guests: bool,
    /// How long units are kept for whoever waited for them; `None`: staff are told, and nothing is kept.
    pub waitlist_hold_minutes: Option<u16>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGING: Aging = Aging {
        alert_after: Some(4),
        escalate_after: Some(8),
        release_after: Some(24),
    };

    fn waited(hours: u64, alerted: bool, escalated: bool) -> Waited {
        Waited {
            age: Duration::from_secs(hours * 3600),
            alerted,
            escalated,
            of_channel: false,
        }
    }

    #[test]
    fn each_stage_is_due_once_and_in_its_hour() {
        assert_eq!(AGING.due(waited(3, false, false)), None);
        assert_eq!(AGING.due(waited(4, false, false)), Some(Stage::Alert));
        assert_eq!(AGING.due(waited(7, true, false)), None);
        assert_eq!(AGING.due(waited(8, true, false)), Some(Stage::Escalate));
        assert_eq!(AGING.due(waited(23, true, true)), None);
        assert_eq!(AGING.due(waited(24, true, true)), Some(Stage::Release));
    }

    #[test]
    fn after_a_long_silence_only_the_furthest_stage_is_due() {
        assert_eq!(AGING.due(waited(12, false, false)), Some(Stage::Escalate));
        assert_eq!(AGING.due(waited(12, false, true)), None);
        assert_eq!(AGING.due(waited(99, false, false)), Some(Stage::Release));
    }

    #[test]
    fn a_channels_reservation_is_told_of_and_never_released() {
        let of_channel = |escalated| Waited {
            of_channel: true,
            ..waited(99, true, escalated)
        };
        assert_eq!(AGING.due(of_channel(false)), Some(Stage::Escalate));
        assert_eq!(AGING.due(of_channel(true)), None);
    }

    #[test]
    fn a_stage_that_never_comes_is_passed_over() {
        let never = Aging {
            alert_after: None,
            release_after: None,
            ..AGING
        };
        assert_eq!(never.due(waited(5, false, false)), None);
        assert_eq!(never.due(waited(9999, false, true)), None);
        assert!(never.in_order());
        assert!(
            !Aging {
                release_after: Some(5),
                ..AGING
            }
            .in_order()
        );
        assert!(
            !Aging {
                escalate_after: None,
                release_after: Some(3),
                ..AGING
            }
            .in_order()
        );
    }
}

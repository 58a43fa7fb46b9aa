//! The routes that book, and what each needs to be raced.

use serde_json::json;

use crate::harness::{Answer, Call, Client};
use crate::races::arena::{Subject, day};

/// A route that makes or moves something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Route {
    Hold,
    Extend,
    Release,
    ReserveHold,
    ReserveLines,
    Desk,
    Change,
    Confirm,
    Decline,
    Cancel,
    NoShow,
    CheckIn,
    CheckOut,
}

impl Route {
    pub(super) const ALL: [Self; 13] = [
        Self::Hold,
        Self::Extend,
        Self::Release,
        Self::ReserveHold,
        Self::ReserveLines,
        Self::Desk,
        Self::Change,
        Self::Confirm,
        Self::Decline,
        Self::Cancel,
        Self::NoShow,
        Self::CheckIn,
        Self::CheckOut,
    ];

    /// Whether it is about a hold that is there.
    pub(super) fn ends_a_hold(self) -> bool {
        matches!(self, Self::Extend | Self::Release | Self::ReserveHold)
    }

    /// The statuses out of which it leads, the earliest first; empty where it is not about a reservation.
    pub(super) fn leads_from(self) -> &'static [&'static str] {
        match self {
            Self::Change => &["tentative", "confirmed", "checked_in"],
            Self::Confirm | Self::Decline => &["tentative"],
            Self::Cancel => &["tentative", "confirmed"],
            Self::NoShow | Self::CheckIn => &["confirmed"],
            Self::CheckOut => &["checked_in"],
            _ => &[],
        }
    }

    /// Whether it takes units that are free.
    pub(super) fn takes(self) -> bool {
        matches!(
            self,
            Self::Hold | Self::ReserveLines | Self::Desk | Self::Change
        )
    }

    /// Whether it gives units back.
    pub(super) fn gives(self) -> bool {
        matches!(
            self,
            Self::Release | Self::Decline | Self::Cancel | Self::NoShow | Self::CheckOut
        )
    }

    /// The request about a subject.
    pub(super) fn call(self, client: &Client, subject: &Subject) -> Call {
        let hold = || format!("holds/{}", subject.hold);
        let ada = json!({"first_name": "Ada", "last_name": "Lovelace"});
        let line = json!({"room_type": subject.code, "rate_plan": "BAR", "check_in": day(0), "check_out": day(3),
            "adults": 1});
        match self {
            Self::Hold => client.post("holds", &json!({"quote": subject.quote})),
            Self::Extend => client.patch(&hold()),
            Self::Release => client.delete(&hold()),
            Self::ReserveHold => client.reserving(&subject.hold),
            Self::ReserveLines => {
                client.post("reservations", &json!({"lines": [line], "booker": ada}))
            }
            Self::Desk => {
                let staff = json!({"reason": "a race"});
                let body = json!({"lines": [line], "booker": ada, "staff": staff});
                client.post("reservations", &body)
            }
            Self::Change => client
                .patch(&format!("reservations/{}", subject.reservation))
                .header("if-match", "*")
                .json(&json!({"rooms": [{"line": 0, "check_out": day(3)}]})),
            Self::Confirm => subject.step(client, "confirm"),
            Self::Decline => subject.step(client, "decline"),
            Self::Cancel => subject.step(client, "cancel"),
            Self::NoShow => subject.step(client, "no-show"),
            Self::CheckIn => subject.step(client, "check-in"),
            Self::CheckOut => subject.step(client, "check-out"),
        }
    }
}

/// The status in which a reservation is when both routes come: one that both lead from, or the earliest of either.
pub(super) fn begins(one: Route, other: Route) -> Option<&'static str> {
    let (first, second) = (one.leads_from(), other.leads_from());
    let both = first.iter().find(|status| second.contains(status));
    let order = ["tentative", "confirmed", "checked_in"];
    let earliest = order
        .iter()
        .find(|status| first.first() == Some(*status) || second.first() == Some(*status));
    both.or(earliest).copied()
}

/// Units that are free besides: one where both want it, none where one wants what the other gives back.
pub(super) fn free(one: Route, other: Route) -> i32 {
    let waits = one.takes() && other.gives() || other.takes() && one.gives();
    i32::from(!waits)
}

/// Whether only one of them may be done: what the one does, the other cannot do any more.
pub(super) fn excludes(one: Route, other: Route) -> bool {
    use Route::{
        Cancel, CheckIn, CheckOut, Confirm, Decline, Desk, Hold, NoShow, Release, ReserveHold,
        ReserveLines,
    };
    let last_unit = |route| [Hold, ReserveLines, Desk].contains(&route);
    let once = [
        Confirm,
        Decline,
        Cancel,
        NoShow,
        CheckIn,
        CheckOut,
        ReserveHold,
    ];
    let against = [
        (Release, ReserveHold),
        (Confirm, Decline),
        (Decline, Cancel),
        (Cancel, NoShow),
        (Cancel, CheckIn),
        (NoShow, CheckIn),
    ];
    (one == other && once.contains(&one))
        || (last_unit(one) && last_unit(other))
        || against.contains(&(one, other))
        || against.contains(&(other, one))
}

/// An answer as far as it must be the same whenever the same happened.
pub(super) fn told(answer: &Answer) -> String {
    if answer.status >= 400 {
        return format!("{} {}", answer.status, answer.code());
    }
    let body = answer.json();
    let body = body.get("reservation").unwrap_or(&body);
    let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
    format!(
        "{} {}{} {}",
        answer.status,
        text("state"),
        text("status"),
        body["version"]
    )
}

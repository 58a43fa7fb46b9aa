//! What a scenario needs: what a plugin does not have is passed over, and what the simulator cannot do leaves a promise
//! unproven.

use super::bookings::SURNAME;
use crate::certify::declaration::Controls;
use crate::certify::report::{Finding, Judgement};
use crate::certify::rig::Rig;
use crate::certify::scenario::{Need, Scenario};
use crate::domain::night::{nights_between, today};

/// Nights after the change of the clocks that are looked at too.
const NIGHTS_AFTER: usize = 4;

/// Why a scenario is not played, or cannot be.
pub(super) fn passed_over(rig: &Rig<'_>, scenario: &Scenario) -> Option<Judgement> {
    if let Some(ability) = scenario.ability
        && !rig.manifest().has(ability)
    {
        let reason = format!("the plugin has no `{}`", ability.name());
        return Some(Judgement::Skipped { reason });
    }
    if let Some(reason) = rig.unsupported(&scenario.name) {
        let reason = reason.clone();
        return Some(Judgement::Unsupported { reason });
    }
    scenario.needs.iter().find_map(|need| lacks(rig, *need))
}

fn lacks(rig: &Rig<'_>, need: Need) -> Option<Judgement> {
    match need {
        Need::Merge => skipped(
            rig.replaces(),
            "the channel deletes what an update does not name",
        ),
        Need::OccupancyPrices => skipped(
            !rig.takes_occupancy_prices(),
            "the channel takes one price a night, as the manifest says",
        ),
        Need::Oauth2 => skipped(!rig.fetches_tokens(), "the host fetches no token for it"),
        Need::Keys => skipped(
            rig.fetches_tokens(),
            "its credentials are tokens that the host fetches",
        ),
        Need::ClockChange => skipped(
            nights_to_clock_change(rig).is_none(),
            "the hotel's clocks do not change within the channel's horizon",
        ),
        Need::Repeats => skipped(
            !rig.recognises_repeats(),
            "the provider does not know a repetition, as the manifest says",
        ),
        Need::NoRepeats => skipped(
            rig.recognises_repeats(),
            "the provider sends a repetition once, as the manifest says",
        ),
        Need::Clock => unproven(
            !rig.moves_simulator,
            "the simulator to have the control `clock`",
            "the simulator: GET /_control/clock tells its time, and POST puts it forward",
        ),
        Need::Booking
        | Need::Naming
        | Need::Changing
        | Need::Cancelling
        | Need::Delivering
        | Need::Suppressing
        | Need::Inbox => undeclared(rig.controls(), need),
    }
}

/// What the declaration does not say, of the needs that a control of the simulator serves.
fn undeclared(controls: &Controls, need: Need) -> Option<Judgement> {
    let (control, name, what) = match need {
        Need::Booking => (&controls.book, "book", "how a guest books at the simulator"),
        Need::Naming => {
            let place = controls.book.as_ref();
            let named = place.is_none_or(|book| book.has_place_for(SURNAME));
            let what = "where `{surname}` of a guest stands";
            (if named { &controls.book } else { &None }, "book", what)
        }
        Need::Changing => {
            let what = "how a guest changes a booking at the simulator";
            (&controls.change, "change", what)
        }
        Need::Cancelling => {
            let what = "how a guest cancels at the simulator";
            (&controls.cancel, "cancel", what)
        }
        Need::Delivering => {
            let what = "how the simulator sends a webhook";
            (&controls.deliver, "deliver", what)
        }
        Need::Suppressing => {
            let what = "how mail to a guest is stopped at the simulator";
            (&controls.suppress, "suppress", what)
        }
        Need::Inbox => (&controls.inbox, "inbox", "how the simulated inbox is read"),
        _ => return None,
    };
    unproven(
        control.is_none(),
        &format!("the declaration to say {what}"),
        &format!("certification.toml: [controls.{name}]"),
    )
}

fn skipped(is: bool, reason: &str) -> Option<Judgement> {
    let reason = reason.to_owned();
    is.then_some(Judgement::Skipped { reason })
}

fn unproven(is: bool, wanted: &str, look: &str) -> Option<Judgement> {
    is.then(|| Judgement::Failed {
        step: 0,
        doing: "what the scenario needs".to_owned(),
        findings: vec![Finding::new(wanted, "there is none")],
        look: look.to_owned(),
    })
}

/// Nights until the hotel's clocks change, where the channel's horizon reaches beyond it.
pub(super) fn nights_to_clock_change(rig: &Rig<'_>) -> Option<usize> {
    let now = rig.clock.now();
    let change = rig.time_zone.following(now).next()?.timestamp();
    let nights = nights_between(today(now, &rig.time_zone), today(change, &rig.time_zone));
    let horizon = usize::from(rig.manifest().channel?.horizon_nights);
    let nights = usize::try_from(nights).ok()?;
    (nights + NIGHTS_AFTER < horizon).then_some(nights)
}

//! Pulling: what is not confirmed, whether or not it was retrieved before. After an outage, also what changed meanwhile.

use roomwire_plugin_sdk::channel::{Revision, RevisionPage};
use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Context, Failure, Timestamp, clock, log};

use crate::Settings;
use crate::client::Client;
use crate::map::revision::{Waiting, revision};

/// An answer that holds as many may not hold all.
const FULL: usize = 125;

/// Answers of one pull; what is left then comes with the next.
const MOST_PAGES: u32 = 40;

/// The earliest fallback to mail: a pull that looks further back than that looks for what went that way.
const OUTAGE_MS: i64 = 30 * 60 * 1_000;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const MOST_DAYS: i64 = 30;

const PENDING: &str = "pending";
const DAYS: &str = "days";

/// Ends the token of a page before which no booking was understood, although there were some.
const ONLY_BROKEN: &str = "/broken";

/// What the pages before this one held.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SoFar {
    /// There is none before it.
    Nothing,
    OnlyBroken,
    Understood,
}

pub(crate) fn pull(
    context: &Context<Settings>,
    since: Timestamp,
    page: Option<&str>,
) -> Result<RevisionPage, Failure> {
    let Some(token) = page else {
        return unconfirmed(context, since, (1, SoFar::Nothing));
    };
    let (name, so_far) = match token.strip_suffix(ONLY_BROKEN) {
        Some(name) => (name, SoFar::OnlyBroken),
        None => (token, SoFar::Understood),
    };
    match (named(name, PENDING, MOST_PAGES), named(name, DAYS, 30)) {
        (Some(page), _) => unconfirmed(context, since, (page, so_far)),
        (_, Some(days)) => recent(context, days, so_far),
        _ => {
            let message = format!("`{token}` is not a page that this connector named");
            Err(Failure::invalid("", "page", message))
        }
    }
}

/// The number in a token such as `pending/2`.
fn named(token: &str, kind: &str, most: u32) -> Option<u32> {
    let number = token.strip_prefix(kind)?.strip_prefix('/')?.parse().ok()?;
    (1..=most).contains(&number).then_some(number)
}

fn unconfirmed(
    context: &Context<Settings>,
    since: Timestamp,
    (page, so_far): (u32, SoFar),
) -> Result<RevisionPage, Failure> {
    // What was retrieved and not confirmed is told again; what waits behind it was never retrieved.
    let statuses = [PENDING, "retrieved"].into_iter();
    let statuses = statuses
        .take(if page == 1 { 2 } else { 1 })
        .map(|status| Element::new("Status").attribute("value", status));
    let parameters = Element::new("ParamSet").children(statuses);
    let found = Client::new(context).bookings(parameters)?;
    let behind = clock::now().as_millisecond() - since.as_millisecond();
    let next = if found.len() >= FULL && page < MOST_PAGES {
        Some(format!("{PENDING}/{}", page + 1))
    } else {
        // Whole days, the begun one among them.
        let days = (behind + DAY_MS - 1) / DAY_MS;
        (behind > OUTAGE_MS).then(|| format!("{DAYS}/{}", days.clamp(1, MOST_DAYS)))
    };
    let understood = understood(context, &found, Waiting::ByStatus);
    answer(understood, so_far, next)
}

/// The last state of every booking that was made, changed or cancelled within these days; at most 125, the newest.
fn recent(context: &Context<Settings>, days: u32, so_far: SoFar) -> Result<RevisionPage, Failure> {
    let days = Element::new("NbDaysInPast").text(days.to_string());
    let parameters = Element::new("ParamSet").child(days);
    let found = Client::new(context).bookings(parameters)?;
    if found.len() >= FULL {
        let message = "there may be older bookings of these days, which Expedia does not tell";
        log::write(log::Level::Warn, message, &[]);
    }
    answer(understood(context, &found, Waiting::No), so_far, None)
}

/// What can be understood, the oldest first, and the last failure of what cannot: one booking must not hide the others,
/// and is not confirmed.
fn understood(
    context: &Context<Settings>,
    found: &[Element],
    waiting: Waiting,
) -> (Vec<Revision>, Option<Failure>) {
    let mut revisions = Vec::new();
    let mut broken = None;
    for booking in found.iter().filter(|booking| is_ours(context, booking)) {
        match revision(context, booking, waiting) {
            Ok(revision) => revisions.push(revision),
            Err(failure) => {
                tell_broken(booking, &failure);
                broken = Some(failure);
            }
        }
    }
    // So that a booking's beginning comes before its change.
    revisions.sort_by_key(|revision| revision.order);
    (revisions, broken)
}

/// A page of which nothing is understood does not hide those behind it. Where that is so of all of them it is not the
/// bookings that are broken, and the last one says so.
fn answer(
    (revisions, broken): (Vec<Revision>, Option<Failure>),
    so_far: SoFar,
    next: Option<String>,
) -> Result<RevisionPage, Failure> {
    let only_broken = revisions.is_empty()
        && match so_far {
            SoFar::Nothing => broken.is_some(),
            SoFar::OnlyBroken => true,
            SoFar::Understood => false,
        };
    match next {
        None if only_broken => {
            let nothing = || Failure::Permanent("no booking was understood".to_owned());
            Err(broken.unwrap_or_else(nothing))
        }
        Some(next) if only_broken => Ok(RevisionPage {
            revisions,
            next: Some(format!("{next}{ONLY_BROKEN}")),
        }),
        next => Ok(RevisionPage { revisions, next }),
    }
}

fn tell_broken(booking: &Element, failure: &Failure) {
    let reason = format!("{failure:?}");
    let id = booking.get("id").unwrap_or("?");
    log::write(
        log::Level::Error,
        "a booking is not understood",
        &[("booking", id), ("reason", &reason)],
    );
}

/// A login may see several properties.
fn is_ours(context: &Context<Settings>, booking: &Element) -> bool {
    let hotel = booking.at(&["Hotel"]).and_then(|hotel| hotel.get("id"));
    hotel.is_none_or(|hotel| hotel == context.settings.property)
}

/// The most recent state of one booking.
pub(crate) fn fetch(context: &Context<Settings>, reservation: &str) -> Result<Revision, Failure> {
    let missing = |why: &str| Failure::NotFound(format!("the booking {why}"));
    let is_id = (1..=14).contains(&reservation.len())
        && reservation.bytes().all(|byte| byte.is_ascii_digit());
    if !is_id {
        return Err(missing("that was named cannot be one of Expedia's"));
    }
    let booking = Element::new("Booking").attribute("id", reservation);
    let parameters = Element::new("ParamSet").child(booking);
    let found = Client::new(context).bookings(parameters)?;
    let mut named = found
        .iter()
        .filter(|booking| booking.get("id") == Some(reservation))
        .peekable();
    if named.peek().is_none() {
        return Err(missing("is not known, or not told any more"));
    }
    let ours: Vec<Element> = named
        .filter(|booking| is_ours(context, booking))
        .cloned()
        .collect();
    if ours.is_empty() {
        return Err(missing("is another property's"));
    }
    // Where it is told more than once, one that is broken does not hide the others: the newest of them is its state.
    let (mut revisions, broken) = understood(context, &ours, Waiting::ByStatus);
    revisions
        .pop()
        .ok_or_else(|| broken.unwrap_or_else(|| missing("is not known, or not told any more")))
}

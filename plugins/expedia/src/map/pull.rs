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

pub(crate) fn pull(
    context: &Context<Settings>,
    since: Timestamp,
    page: Option<&str>,
) -> Result<RevisionPage, Failure> {
    let Some(token) = page else {
        // What was retrieved and not confirmed is told again; what waits behind it was never retrieved.
        return unconfirmed(context, since, &[PENDING, "retrieved"], 1);
    };
    match (named(token, PENDING, MOST_PAGES), named(token, DAYS, 30)) {
        (Some(page), _) => unconfirmed(context, since, &[PENDING], page),
        (_, Some(days)) => recent(context, days),
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
    statuses: &[&str],
    page: u32,
) -> Result<RevisionPage, Failure> {
    let statuses = statuses
        .iter()
        .map(|status| Element::new("Status").attribute("value", *status));
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
    let revisions = understood(context, &found, (Waiting::ByStatus, page > 1))?;
    Ok(RevisionPage { revisions, next })
}

/// The last state of every booking that was made, changed or cancelled within these days; at most 125, the newest.
fn recent(context: &Context<Settings>, days: u32) -> Result<RevisionPage, Failure> {
    let days = Element::new("NbDaysInPast").text(days.to_string());
    let parameters = Element::new("ParamSet").child(days);
    let found = Client::new(context).bookings(parameters)?;
    if found.len() >= FULL {
        let message = "there may be older bookings of these days, which Expedia does not tell";
        log::write(log::Level::Warn, message, &[]);
    }
    let revisions = understood(context, &found, (Waiting::No, true))?;
    Ok(RevisionPage {
        revisions,
        next: None,
    })
}

/// One booking that cannot be understood must not hide the others, and is not confirmed. An answer that begins with
/// nothing else is a failure: then it is not the bookings that are broken.
fn understood(
    context: &Context<Settings>,
    found: &[Element],
    (waiting, later): (Waiting, bool),
) -> Result<Vec<Revision>, Failure> {
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
    // The oldest first, so that a booking's beginning comes before its change.
    revisions.sort_by_key(|revision| revision.order);
    match broken {
        Some(failure) if revisions.is_empty() && !later => Err(failure),
        _ => Ok(revisions),
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
    let latest = found
        .iter()
        .find(|booking| booking.get("id") == Some(reservation))
        .ok_or_else(|| missing("is not known, or not told any more"))?;
    if !is_ours(context, latest) {
        return Err(missing("is another property's"));
    }
    revision(context, latest, Waiting::ByStatus)
}

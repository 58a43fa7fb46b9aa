//! Pulling: the feed has what was not acknowledged. What may have left it during an outage is looked for among the bookings.

use roomwire_plugin_sdk::channel::{Revision, RevisionPage};
use roomwire_plugin_sdk::{Context, Failure, Timestamp, clock, log};
use serde_json::value::RawValue;

use crate::Settings;
use crate::client::Client;
use crate::map::revision::revision;
use crate::pages;
use crate::wire::Item;
use crate::wire::booking::{self, OnlyId};

/// Revisions may leave the feed after this time. A pull that looks further back than that looks at the bookings too.
const FEED_MS: i64 = 30 * 60 * 1000;

const FEED: &str = "feed";
const RECOVERY: &str = "recovery";

/// Bookings a page of the recovery: each costs a request of its own, and a call has 32.
const RECOVERED: u32 = 20;

pub(crate) fn pull(
    context: &Context<Settings>,
    since: Timestamp,
    page: Option<&str>,
) -> Result<RevisionPage, Failure> {
    let token = page.unwrap_or("feed/1");
    if let Some(page) = pages::number(token, FEED) {
        return feed(context, since, page);
    }
    if let Some(page) = pages::number(token, RECOVERY) {
        return recover(context, since, page);
    }
    let message = format!("`{token}` is not a page that this connector named");
    Err(Failure::invalid("", "page", message))
}

fn feed(context: &Context<Settings>, since: Timestamp, page: u32) -> Result<RevisionPage, Failure> {
    let answer = Client::new(context).feed(page)?;
    let more = pages::next(page, answer.data.len(), &answer.meta);
    let outage = clock::now().as_millisecond() - since.as_millisecond() > FEED_MS;
    let next = match more {
        Some(page) => Some(format!("{FEED}/{page}")),
        None => outage.then(|| format!("{RECOVERY}/1")),
    };
    let revisions = understood(context, &answer.data, page > 1)?;
    Ok(RevisionPage { revisions, next })
}

/// One revision that cannot be understood must not hide the others, and is not acknowledged. A feed that begins with a
/// page of nothing else is a failure: then it is not the revisions that are broken.
fn understood(
    context: &Context<Settings>,
    found: &[Box<RawValue>],
    later: bool,
) -> Result<Vec<Revision>, Failure> {
    let mut revisions = Vec::new();
    let mut broken = None;
    for raw in found {
        let read = serde_json::from_str::<Item<booking::Revision>>(raw.get());
        match read
            .map_err(Failure::from)
            .and_then(|item| ours(context, &item))
        {
            Ok(revision) => revisions.extend(revision),
            Err(failure) => {
                let id = serde_json::from_str::<OnlyId>(raw.get())
                    .map_or_else(|_| "?".to_owned(), |found| found.id);
                tell_broken(&id, &failure);
                broken = Some(failure);
            }
        }
    }
    match broken {
        Some(failure) if revisions.is_empty() && !later => Err(failure),
        _ => Ok(revisions),
    }
}

fn tell_broken(id: &str, failure: &Failure) {
    let reason = format!("{failure:?}");
    log::write(
        log::Level::Error,
        "a revision is not understood",
        &[("revision", id), ("reason", &reason)],
    );
}

/// A revision, unless it is another property's: a key may see several.
fn ours(
    context: &Context<Settings>,
    item: &Item<booking::Revision>,
) -> Result<Option<Revision>, Failure> {
    if is_foreign(context, item.attributes.property_id.as_deref()) {
        return Ok(None);
    }
    revision(context, item).map(Some)
}

fn is_foreign(context: &Context<Settings>, property: Option<&str>) -> bool {
    property.is_some_and(|property| property != context.settings.property)
}

/// Bookings that were made since, each in its present state.
fn recover(
    context: &Context<Settings>,
    since: Timestamp,
    page: u32,
) -> Result<RevisionPage, Failure> {
    let client = Client::new(context);
    let answer = client.bookings(since, page, RECOVERED)?;
    let next = pages::next(page, answer.data.len(), &answer.meta);
    let mut revisions = Vec::new();
    for booking in answer.data {
        let Some(latest) = booking.attributes.revision_id else {
            tell_broken(
                &booking.id,
                &Failure::Permanent("it names no revision".to_owned()),
            );
            continue;
        };
        match client
            .revision(&latest)
            .and_then(|item| ours(context, &item))
        {
            Ok(revision) => revisions.extend(revision),
            Err(failure @ Failure::Permanent(_)) => tell_broken(&latest, &failure),
            Err(failure) => return Err(failure),
        }
    }
    Ok(RevisionPage {
        revisions,
        next: next.map(|page| format!("{RECOVERY}/{page}")),
    })
}

/// The latest revision of a booking. What a webhook says of it is not believed.
pub(crate) fn fetch(context: &Context<Settings>, reservation: &str) -> Result<Revision, Failure> {
    let client = Client::new(context);
    let booking = client.booking(reservation)?;
    let foreign = || Failure::NotFound("the booking is another property's".to_owned());
    if is_foreign(context, booking.property_id.as_deref()) {
        return Err(foreign());
    }
    let latest = booking
        .revision_id
        .ok_or_else(|| Failure::Permanent(format!("booking {reservation} names no revision")))?;
    ours(context, &client.revision(&latest)?)?.ok_or_else(foreign)
}

//! Pulling: Octorate lists by stay dates, so what did not change since is left out here.

use roomwire_plugin_sdk::channel::{Revision, RevisionPage};
use roomwire_plugin_sdk::{Context, Failure, Timestamp, log};
use serde_json::value::RawValue;

use crate::Settings;
use crate::client::{Client, RESERVATION_PAGE};
use crate::map::ari::later;
use crate::map::reservation::revision;
use crate::pages::{Answer, Position};
use crate::wire::{ContentId, Reservation, ReservationPage};

/// How far ahead guests book.
const HORIZON_NIGHTS: i32 = 731;

/// A guest who left a few days ago may still be marked as a no-show.
const LOOK_BACK_NIGHTS: i32 = 7;

pub(crate) fn pull(
    context: &Context<Settings>,
    since: Timestamp,
    page: Option<&str>,
) -> Result<RevisionPage, Failure> {
    let at = page.map_or_else(|| Ok(Position::start()), Position::from_token)?;
    let (at, answer) = read(context, at)?;
    let first = answer
        .data
        .first()
        .and_then(|raw| serde_json::from_str::<ContentId>(raw.get()).ok());
    let is_later = at.is_later();
    let step = at.step(Answer {
        page: answer.page,
        total_pages: answer.total_pages,
        // A reservation without an id still makes the page one that is not empty.
        first: answer
            .data
            .first()
            .map(|_| first.as_ref().map_or("?", |first| first.id.0.as_str())),
        full: answer.data.len() >= RESERVATION_PAGE as usize,
    });
    let revisions = if step.repeated {
        Vec::new()
    } else {
        changed_since(context, since, &answer.data, is_later)?
    };
    Ok(RevisionPage {
        revisions,
        next: step.next.map(|next| next.to_token()),
    })
}

fn read(context: &Context<Settings>, at: Position) -> Result<(Position, ReservationPage), Failure> {
    let client = Client::new(context);
    let (first, last) = (
        later(context.today, -LOOK_BACK_NIGHTS),
        later(context.today, HORIZON_NIGHTS),
    );
    match (client.reservations(first, last, &at), at.after_refusal()) {
        (Err(Failure::Invalid(_)), Some(next)) => {
            let page = client.reservations(first, last, &next)?;
            Ok((next, page))
        }
        (answer, _) => Ok((at, answer?)),
    }
}

/// One reservation that cannot be understood must not hide the others. A list that begins with a page of nothing else
/// is a failure: then it is not the reservations that are broken.
fn changed_since(
    context: &Context<Settings>,
    since: Timestamp,
    reservations: &[Box<RawValue>],
    is_later: bool,
) -> Result<Vec<Revision>, Failure> {
    let mut revisions = Vec::new();
    let mut broken = None;
    for raw in reservations {
        match serde_json::from_str::<Reservation>(raw.get())
            .map_err(Failure::from)
            .and_then(|found| revision(context, &found))
        {
            Ok(revision) => revisions.push(revision),
            Err(failure) => {
                let id = serde_json::from_str::<ContentId>(raw.get())
                    .map_or_else(|_| "?".to_owned(), |found| found.id.0);
                let reason = format!("{failure:?}");
                log::write(
                    log::Level::Error,
                    "a reservation is not understood",
                    &[("reservation", &id), ("reason", &reason)],
                );
                broken = Some(failure);
            }
        }
    }
    match broken {
        Some(failure) if revisions.is_empty() && !is_later => Err(failure),
        _ => {
            revisions.retain(|revision| revision.order >= since.as_millisecond());
            Ok(revisions)
        }
    }
}

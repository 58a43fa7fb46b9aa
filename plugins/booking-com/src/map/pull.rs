//! Pulling: the queue of new reservations, then that of changes. What is not acknowledged is in them, however old.

use roomwire_plugin_sdk::channel::{Revision, RevisionPage};
use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Context, Failure, log};

use crate::Settings;
use crate::client::Client;
use crate::map::reservation::{self, revision};
use crate::wire::Queue;

const NEW: &str = "new";
const CHANGED: &str = "changed";
/// The queue of changes, after one of new reservations of which nothing was understood.
const CHANGED_AFTER_NOTHING: &str = "changed-after-nothing";

pub(crate) fn pull(
    context: &Context<Settings>,
    page: Option<&str>,
) -> Result<RevisionPage, Failure> {
    let queue = match page {
        None | Some(NEW) => Queue::New,
        Some(CHANGED | CHANGED_AFTER_NOTHING) => Queue::Changed,
        Some(other) => {
            let message = format!("`{other}` is not a page that this connector named");
            return Err(Failure::invalid("", "page", message));
        }
    };
    let answer = Client::new(context).waiting(queue, None)?;
    let (revisions, broken) = understood(context, queue, &answer);
    let nothing = broken.is_some() && revisions.is_empty();
    match (queue, broken) {
        (Queue::New, _) => {
            let next = if nothing {
                CHANGED_AFTER_NOTHING
            } else {
                CHANGED
            };
            Ok(RevisionPage {
                revisions,
                next: Some(next.to_owned()),
            })
        }
        // Where nothing is understood at all it is not the reservations that are broken.
        (Queue::Changed, Some(failure)) if nothing => Err(failure),
        (Queue::Changed, None) if page == Some(CHANGED_AFTER_NOTHING) && revisions.is_empty() => {
            let message = "no new reservation is understood, as the log says";
            Err(Failure::Permanent(message.to_owned()))
        }
        (Queue::Changed, _) => Ok(RevisionPage {
            revisions,
            next: None,
        }),
    }
}

/// One message that cannot be understood must not hide the others, and is not acknowledged.
fn understood(
    context: &Context<Settings>,
    queue: Queue,
    answer: &Element,
) -> (Vec<Revision>, Option<Failure>) {
    let mut revisions = Vec::new();
    let mut broken = None;
    for message in messages(queue, answer) {
        match revision(context, queue, message) {
            Ok(revision) => revisions.extend(revision),
            Err(failure) => {
                let reason = format!("{failure:?}");
                let id = reservation::id(message).unwrap_or("?");
                log::write(
                    log::Level::Error,
                    "a reservation is not understood",
                    &[("reservation", id), ("reason", reason.as_str())],
                );
                broken = Some(failure);
            }
        }
    }
    (revisions, broken)
}

fn messages(queue: Queue, answer: &Element) -> impl Iterator<Item = &Element> {
    let (list, entry) = queue.entries();
    answer.all(list).flat_map(move |list| list.all(entry))
}

/// The state of one reservation that waits in a queue. What is in none of them was acknowledged: nothing is newer.
pub(crate) fn fetch(context: &Context<Settings>, id: &str) -> Result<Revision, Failure> {
    let client = Client::new(context);
    // A change is newer than what it changes.
    for queue in [Queue::Changed, Queue::New] {
        let answer = client.waiting(queue, Some(id))?;
        let mut found = messages(queue, &answer);
        let found = found.find(|message| reservation::id(message) == Some(id));
        let Some(message) = found else {
            continue;
        };
        if let Some(revision) = revision(context, queue, message)? {
            return Ok(revision);
        }
    }
    Err(Failure::NotFound(
        "the reservation waits in no queue".to_owned(),
    ))
}

//! The audit trail is sealed after the fact, and verified by reading it all again.

use std::collections::HashMap;

use crate::app::{App, AppError};
use crate::domain::audit::{Break, Event, GENESIS, Hash, Link};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{EventId, HotelId};
use crate::store::{Store, StoreError, audit};

/// How many events are sealed or read at once.
const BATCH: i64 = 500;

/// Seals every event of a hotel that waits for it, in order. Answers how many, and the newest link.
pub async fn seal(app: &App, hotel: HotelId) -> Result<(usize, Option<Link>), AppError> {
    let mut sealed = 0;
    loop {
        let (links, head) = seal_some(app, hotel).await?;
        sealed += links;
        if links < usize::try_from(BATCH).unwrap_or(usize::MAX) {
            return Ok((sealed, head));
        }
    }
}

async fn seal_some(app: &App, hotel: HotelId) -> Result<(usize, Option<Link>), AppError> {
    let mut tx = app.store.begin(hotel).await?;
    if audit::unsealed(&mut tx, 1).await?.is_empty() {
        return Ok((0, audit::head(&mut tx).await?));
    }
    // Read after the lock was got: another worker may have sealed meanwhile.
    audit::lock_chain(&mut tx).await?;
    let waiting = audit::unsealed(&mut tx, BATCH).await?;
    let head = audit::head(&mut tx).await?;
    let events = by_id(audit::events(&mut tx, &waiting).await?);
    let mut hash = head.map_or(GENESIS, |link| link.hash);
    let mut links = Vec::with_capacity(waiting.len());
    let first = head.map_or(1, |link| link.number + 1);
    for (number, id) in (first..).zip(waiting) {
        let event = events.get(&id).ok_or_else(|| StoreError::Inconsistent {
            table: "audit_unsealed",
            column: "event_id",
            row: id.to_string(),
        })?;
        hash = event.hash(&hash);
        links.push(Link {
            number,
            event: id,
            hash,
        });
    }
    audit::append(&mut tx, &links).await?;
    tx.commit().await?;
    Ok((links.len(), links.last().copied().or(head)))
}

fn by_id(events: Vec<Event>) -> HashMap<EventId, Event> {
    events.into_iter().map(|event| (event.id, event)).collect()
}

/// What a reading of a hotel's whole trail came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verified {
    pub links: i64,
    /// The newest link: whoever keeps it elsewhere can tell later whether the chain was written anew.
    pub head: Option<Link>,
    /// Events that wait to be sealed, which nothing guards yet.
    pub waiting: i64,
    /// The first thing that is wrong.
    pub broken: Option<Break>,
}

/// Reads a hotel's trail from its first event and computes every hash again. `expected` is a link noted before.
pub async fn verify(
    store: &Store,
    hotel: &Hotel,
    expected: Option<(i64, Hash)>,
) -> Result<Verified, StoreError> {
    let mut tx = store.begin(hotel.id).await?;
    let waiting = audit::waiting(&mut tx).await?;
    let (mut number, mut hash, mut head) = (0, GENESIS, None);
    let mut broken = None;
    'chain: loop {
        let links = audit::links(&mut tx, number, BATCH).await?;
        if links.is_empty() {
            break;
        }
        let ids: Vec<EventId> = links.iter().map(|link| link.event).collect();
        let events = by_id(audit::events(&mut tx, &ids).await?);
        for link in links {
            broken = examine(number, &hash, &link, &events, expected);
            if broken.is_some() {
                break 'chain;
            }
            (number, hash, head) = (link.number, link.hash, Some(link));
        }
    }
    if broken.is_none() && expected.is_some_and(|(wanted, _)| wanted > number) {
        broken = Some(Break::LinkRemoved { number: number + 1 });
    }
    if broken.is_none() {
        let stray = audit::stray(&mut tx).await?;
        broken = stray.map(|event| Break::Inserted { event });
    }
    if broken.is_none() {
        let lost = audit::lost(&mut tx).await?;
        broken = lost.map(|event| Break::Lost { event });
    }
    Ok(Verified {
        links: number,
        head,
        waiting,
        broken,
    })
}

/// What is wrong with one link after those before it.
fn examine(
    before: i64,
    previous: &Hash,
    link: &Link,
    events: &HashMap<EventId, Event>,
    expected: Option<(i64, Hash)>,
) -> Option<Break> {
    let number = before + 1;
    if link.number != number {
        return Some(Break::LinkRemoved { number });
    }
    let Some(event) = events.get(&link.event) else {
        return Some(Break::Removed {
            number,
            event: link.event,
        });
    };
    if event.hash(previous) != link.hash {
        return Some(Break::Changed {
            number,
            event: link.event,
        });
    }
    expected
        .is_some_and(|(noted, hash)| noted == number && hash != link.hash)
        .then_some(Break::Rewritten { number })
}

//! Pushes: what changed goes to a channel as it is now, and is forgotten when the channel has it.

mod warnings;

use std::sync::Arc;

use jiff::ToSpan;

use crate::app::App;
use crate::app::calls::{CallError, caller, hotel, keep_pace, unavailable};
use crate::domain::ari::{Channel, DirtyCell, Ledger, Plan, Planned, Settled, heavier, plan};
use crate::domain::connection::{Connection, ConnectionKind};
use crate::domain::connector::{AriUpdate, Called, ChannelConnector, ItemResult};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{ConnectionId, HotelId};
use crate::domain::night::{self, nights_between};
use crate::domain::retry::{Advice, advice};
use crate::store::sync_logs::{self, Entry, Outcome};
use crate::store::{HotelTx, StoreError, cells, connections};

/// How many cells one push takes; more are another push's. A full sync of 500 nights × 40 rate plans fits.
const CELLS_PER_PUSH: u16 = 40_000;

/// What is to be sent to one channel, read in one transaction that ended before the first call.
struct Push {
    hotel: Hotel,
    connection: Connection,
    connector: Arc<dyn ChannelConnector>,
    plan: Plan,
    /// Whether there were more cells than one push takes.
    more: bool,
}

/// Sends what a channel may not show yet. What it does not take stays marked, and the failure tells what next.
pub async fn push(app: &App, hotel: HotelId, connection: ConnectionId) -> Result<(), CallError> {
    let Some(push) = prepare(app, hotel, connection).await? else {
        return Ok(());
    };
    let profile = push.connector.profile();
    let mut ledger = Ledger::new(&push.plan);
    let mut again = None;
    for sent in push
        .plan
        .updates
        .chunks(profile.max_updates_per_call.max(1))
    {
        keep_pace(app, hotel, connection, profile.requests_per_minute).await?;
        let settled = send(app, &push, &mut ledger, sent).await?;
        if let Some(failure) = settled.again {
            let failure = heavier(again.take(), failure);
            match advice(&failure) {
                Advice::After(_) | Advice::Stop => return Err(failure.into()),
                Advice::Again | Advice::Park => again = Some(failure),
            }
        }
    }
    match again {
        Some(failure) => Err(failure.into()),
        None if push.more => Ok(send_the_rest(app, hotel, connection).await?),
        None => Ok(()),
    }
}

async fn prepare(
    app: &App,
    id: HotelId,
    connection: ConnectionId,
) -> Result<Option<Push>, CallError> {
    let hotel = hotel(app, id).await?;
    let mut tx = app.store.begin(id).await?;
    let Some(connection) = connections::find(&mut tx, connection)
        .await?
        .filter(|found| found.enabled)
    else {
        return Ok(None);
    };
    let connector = app
        .connectors
        .channel(&connection.connector)
        .ok_or_else(|| unavailable(&connection.connector))?;
    let mappings = connections::mappings(&mut tx, connection.id).await?;

    let today = night::today(app.clock.now(), &hotel.time_zone);
    let profile = connector.profile();
    // Nights beyond the horizon stay marked until it reaches them.
    let horizon = today.saturating_add(i32::from(profile.horizon_nights).days());
    let dirty = cells::dirty(&mut tx, connection.id, horizon, i64::from(CELLS_PER_PUSH)).await?;
    let current = cells::current(&mut tx, &dirty).await?;
    let channel = Channel {
        profile,
        mappings: &mappings,
        currency: hotel.currency,
        today,
    };
    let plan = plan(channel, &dirty, &current);
    cells::clear(&mut tx, connection.id, &plan.obsolete).await?;
    tx.commit().await?;

    let more = dirty.len() >= usize::from(CELLS_PER_PUSH);
    Ok(Some(Push {
        hotel,
        connection,
        connector,
        plan,
        more,
    }))
}

/// Makes one call and takes in its answer, in a transaction of its own.
async fn send(
    app: &App,
    push: &Push,
    ledger: &mut Ledger<'_>,
    sent: &[Planned],
) -> Result<Settled, CallError> {
    let caller = caller(app, &push.hotel, &push.connection);
    let updates: Vec<AriUpdate> = sent.iter().map(|planned| planned.update.clone()).collect();
    let mut called = push.connector.push_ari(&caller, &updates).await;

    let settled = match &called.result {
        Ok(results) => {
            called.cost.log.extend(warnings::lines(sent, results));
            ledger.answer(sent, results)
        }
        Err(_) => Settled::default(),
    };
    let mut tx = app.store.begin(push.hotel.id).await?;
    let entry = Entry {
        connection: push.connection.id,
        operation: "push_ari",
        items: updates.len(),
        outcome: outcome(&called, &settled),
        at: caller.now,
    };
    sync_logs::record(&mut tx, entry, &called.cost).await?;
    cells::clear(&mut tx, push.connection.id, &settled.acknowledged).await?;
    cells::park(&mut tx, push.connection.id, &settled.parked).await?;
    tx.commit().await?;

    tell_parked(push, &settled.parked);
    match called.result {
        Ok(_) => Ok(settled),
        Err(failure) => Err(failure.into()),
    }
}

fn outcome<'a>(called: &'a Called<Vec<ItemResult>>, settled: &'a Settled) -> Outcome<'a> {
    match (&called.result, &settled.refusal) {
        (Err(failure), _) => Outcome::Failed(failure),
        (Ok(_), Some(refusal)) => Outcome::Partial(refusal),
        (Ok(_), None) => Outcome::Succeeded,
    }
}

fn tell_parked(push: &Push, parked: &[(DirtyCell, String)]) {
    let Some((cell, reason)) = parked.first() else {
        return;
    };
    metrics::counter!("roomwire_cells_parked_total", "connector" => push.connection.connector.clone())
        .increment(parked.len() as u64);
    tracing::error!(
        alert = "cells_refused",
        hotel.id = %push.hotel.id,
        connection.id = %push.connection.id,
        connection.name = push.connection.name,
        cells = parked.len(),
        first_night = %cell.cell.night(),
        reason,
        "a channel refuses cells, and they are not sent again before they change"
    );
}

async fn send_the_rest(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
) -> Result<(), StoreError> {
    let mut tx = app.store.begin(hotel).await?;
    cells::enqueue_push(&mut tx, connection).await?;
    tx.commit().await
}

/// Marks all that a connection sells for as many nights as the channel takes, and wakes its push.
/// The push reads when it sends, so a newer change is never overwritten. Answers how many cells these are.
pub async fn mark_everything(
    app: &App,
    tx: &mut HotelTx,
    hotel: &Hotel,
    connection: &Connection,
) -> Result<u64, CallError> {
    let connector = app
        .connectors
        .channel(&connection.connector)
        .ok_or_else(|| unavailable(&connection.connector))?;
    let today = night::today(app.clock.now(), &hotel.time_zone);
    Ok(
        cells::mark_everything(tx, connection.id, today, connector.profile().horizon_nights)
            .await?,
    )
}

/// Marks the nights that came within the horizon of each channel of a hotel since it was told of the last ones, and wakes
/// the push of every channel that cells wait for. Each channel is a transaction of its own: cells are locked before jobs.
pub async fn catch_up(app: &App, hotel: &Hotel) -> Result<(), StoreError> {
    let today = night::today(app.clock.now(), &hotel.time_zone);
    let mut tx = app.store.begin(hotel.id).await?;
    let connections = connections::list(&mut tx).await?;
    tx.commit().await?;
    for connection in connections {
        let channel = connection.enabled && connection.kind == ConnectionKind::Channel;
        let Some(connector) = app
            .connectors
            .channel(&connection.connector)
            .filter(|_| channel)
        else {
            continue;
        };
        let horizon = today.saturating_add(i32::from(connector.profile().horizon_nights).days());
        let mut tx = app.store.begin(hotel.id).await?;
        let arrears = cells::arrears(&mut tx, connection.id, horizon).await?;
        let first = arrears.shown_until.unwrap_or(today).max(today);
        if let Ok(nights @ 1..) = u16::try_from(nights_between(first, horizon)) {
            cells::mark_everything(&mut tx, connection.id, first, nights).await?;
        } else if arrears.waiting {
            cells::enqueue_push(&mut tx, connection.id).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Does [`mark_everything`] in a transaction of its own; a connection that is disabled has nothing to show.
pub async fn full_sync(app: &App, id: HotelId, connection: ConnectionId) -> Result<u64, CallError> {
    let hotel = hotel(app, id).await?;
    let mut tx = app.store.begin(id).await?;
    let marked = match connections::find(&mut tx, connection)
        .await?
        .filter(|found| found.enabled)
    {
        Some(connection) => mark_everything(app, &mut tx, &hotel, &connection).await?,
        None => 0,
    };
    tx.commit().await?;
    Ok(marked)
}

#[cfg(test)]
mod tests;

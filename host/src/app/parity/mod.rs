//! Parity: a channel's nights are read window by window, compared, and mended where the hotel allows it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::json;

use crate::app::calls::{CallError, caller, hotel, keep_pace, leisurely, unavailable};
use crate::app::{App, AppError, Refusal};
use crate::domain::ari::{Cell, CurrentAri};
use crate::domain::connection::{Connection, Mapping};
use crate::domain::connector::{AriNight, AvailabilityOn, ChannelConnector, ProductCode};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{ConnectionId, HotelId, RoomTypeId};
use crate::domain::night::{self, nights_between};
use crate::domain::parity::{Drift, Reading, Spot, State, compare};
use crate::store::jobs::{self, NewJob};
use crate::store::parity::KnownDrift;
use crate::store::sync_logs::{self, Entry, Outcome};
use crate::store::{HotelTx, StoreError, cells, connections, parity};

/// The job that looks at one window; its payload is a [`Look`].
pub const JOB: &str = "parity";

/// How far ahead is looked.
const LONGEST_NIGHTS: i32 = 365;
/// What one call reads at most: nights, and nights × products.
const NIGHTS_PER_CALL: usize = 62;
const CELLS_PER_CALL: usize = 3_000;
/// Between two looks at what was seen only once, or was pushed over.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// How often one run may look again.
pub const LOOKS: u8 = 2;

/// One window of a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Look {
    /// Where the window begins; absent: today.
    pub from: Option<Date>,
    /// How often this run may still look again.
    pub again: u8,
}

/// Everything that is needed to look, read in one transaction that ended before the call.
struct Window {
    hotel: Hotel,
    connection: Connection,
    connector: Arc<dyn ChannelConnector>,
    mappings: Vec<Mapping>,
    today: Date,
    first: Date,
    last: Date,
    /// The last night of the whole run.
    end: Date,
    before: CurrentAri,
    moving: HashSet<Cell>,
}

/// Starts a run now: the next worker begins with the first window.
pub async fn start(tx: &mut HotelTx, connection: ConnectionId) -> Result<(), StoreError> {
    let look = Look {
        from: None,
        again: LOOKS,
    };
    enqueue(
        tx,
        connection,
        look,
        format!("parity:{connection}"),
        Duration::ZERO,
    )
    .await
}

/// Reads one window of nights, compares it, and enqueues the next one.
pub async fn look(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
    look: Look,
) -> Result<(), CallError> {
    let Some(window) = prepare(app, hotel, connection, look).await? else {
        return Ok(());
    };
    let profile = window.connector.profile();
    keep_pace(
        app,
        hotel,
        connection,
        leisurely(profile.requests_per_minute),
    )
    .await?;
    let codes = codes(&window.mappings, profile.availability_on);
    let caller = caller(app, &window.hotel, &window.connection);
    let called = window
        .connector
        .read_ari(&caller, &codes, window.first, window.last)
        .await;

    let mut tx = app.store.begin(hotel).await?;
    let entry = Entry {
        connection,
        operation: "read_ari",
        items: called.result.as_ref().map_or(0, Vec::len),
        outcome: Outcome::of(&called),
        at: caller.now,
    };
    sync_logs::record(&mut tx, entry, &called.cost).await?;
    let opened = match &called.result {
        Ok(theirs) => take_in(&mut tx, &window, theirs).await?,
        Err(_) => Vec::new(),
    };
    if called.result.is_ok() {
        go_on(&mut tx, &window, look).await?;
    }
    tx.commit().await?;
    tell(&window, &opened);
    called.result.map(|_| ()).map_err(CallError::from)
}

async fn prepare(
    app: &App,
    id: HotelId,
    connection: ConnectionId,
    look: Look,
) -> Result<Option<Window>, CallError> {
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
    if mappings.is_empty() || !connector.profile().abilities.ari_reader {
        return Ok(None);
    }
    let today = night::today(app.clock.now(), &hotel.time_zone);
    let nights = i32::from(connector.profile().horizon_nights).min(LONGEST_NIGHTS);
    let end = today.saturating_add((nights - 1).days());
    let first = look.from.map_or(today, |from| from.max(today));
    if first > end {
        return Ok(None);
    }
    let length = (CELLS_PER_CALL / mappings.len()).clamp(1, NIGHTS_PER_CALL);
    let last = first
        .saturating_add(i32::try_from(length - 1).unwrap_or(0).days())
        .min(end);
    let before = cells::current_between(&mut tx, &room_types(&mappings), first, last).await?;
    let moving = cells::moving(&mut tx, connection.id, first, last).await?;
    tx.commit().await?;
    Ok(Some(Window {
        hotel,
        connection,
        connector,
        mappings,
        today,
        first,
        last,
        end,
        before,
        moving,
    }))
}

fn room_types(mappings: &[Mapping]) -> Vec<RoomTypeId> {
    let distinct: BTreeSet<RoomTypeId> = mappings.iter().map(|mapping| mapping.room_type).collect();
    distinct.into_iter().collect()
}

fn codes(mappings: &[Mapping], availability_on: AvailabilityOn) -> Vec<ProductCode> {
    let rooms = mappings
        .iter()
        .filter(|_| availability_on == AvailabilityOn::Room)
        .map(|mapping| ProductCode {
            room: mapping.code.room.clone(),
            rate: None,
        });
    let codes: BTreeSet<ProductCode> = mappings
        .iter()
        .map(|mapping| mapping.code.clone())
        .chain(rooms)
        .collect();
    codes.into_iter().collect()
}

/// Compares a window, and writes what was seen and what is healed. Answers the drifts that are believed from now on.
async fn take_in(
    tx: &mut HotelTx,
    window: &Window,
    theirs: &[AriNight],
) -> Result<Vec<Drift>, StoreError> {
    let connection = window.connection.id;
    let ours = cells::current_between(tx, &room_types(&window.mappings), window.first, window.last)
        .await?;
    let mut moving = cells::moving(tx, connection, window.first, window.last).await?;
    moving.extend(&window.moving);
    // A cell whose push began and ended during the read is known by its value.
    let still = |spot: &Spot| {
        spot.cells()
            .into_iter()
            .all(|cell| !moving.contains(&cell) && same(cell, &window.before, &ours))
    };
    let reading = Reading {
        mappings: &window.mappings,
        availability_on: window.connector.profile().availability_on,
        currency: window.hotel.currency,
        today: window.today,
        first_night: window.first,
        last_night: window.last,
    };
    let mut drifts = compare(reading, &ours, theirs);
    drifts.retain(|drift| still(&drift.spot));

    let known = parity::known(tx, connection, window.first, window.last).await?;
    let seen: HashSet<Spot> = drifts.iter().map(|drift| drift.spot).collect();
    let healed: Vec<Spot> = known
        .iter()
        .filter(|known| known.state != State::Healed)
        .map(|known| known.drift.spot)
        .filter(|spot| !seen.contains(spot) && still(spot))
        .collect();
    parity::heal(tx, connection, &healed).await?;

    let Judged {
        sightings,
        opened,
        repairs,
    } = judge(drifts, &known, window.connection.repair_drift);
    parity::record(tx, connection, &sightings).await?;
    cells::mark(tx, connection, &repairs).await?;
    Ok(opened)
}

/// What sightings come to.
#[derive(Default)]
struct Judged {
    sightings: Vec<(Drift, State)>,
    /// Those that are believed from now on.
    opened: Vec<Drift>,
    repairs: BTreeSet<Cell>,
}

fn judge(drifts: Vec<Drift>, known: &[KnownDrift], repair: bool) -> Judged {
    let known: HashMap<Spot, &KnownDrift> = known
        .iter()
        .map(|known| (known.drift.spot, known))
        .collect();
    let mut judged = Judged::default();
    for drift in drifts {
        let before = known.get(&drift.spot);
        let lasting = before.is_some_and(|known| known.lasting && known.state != State::Healed);
        let drift = if lasting { drift.lasting() } else { drift };
        let before = before.map(|known| known.state);
        let state = State::after_sighting(before, repair);
        if before == Some(State::Suspected) {
            judged.opened.push(drift.clone());
        }
        if state == State::Repairing {
            judged.repairs.extend(drift.spot.cells());
        }
        judged.sightings.push((drift, state));
    }
    judged
}

fn same(cell: Cell, before: &CurrentAri, after: &CurrentAri) -> bool {
    match cell {
        Cell::Availability { room_type, night } => {
            before.units(room_type, night) == after.units(room_type, night)
        }
        Cell::Rate {
            room_type,
            rate_plan,
            night,
        } => {
            let key = (room_type, rate_plan, night);
            let product = (room_type, rate_plan);
            before.rates.get(&key) == after.rates.get(&key)
                && before.occupancy.get(&product) == after.occupancy.get(&product)
        }
    }
}

/// Enqueues the next window, or another look where the last one left something undecided.
async fn go_on(tx: &mut HotelTx, window: &Window, look: Look) -> Result<(), StoreError> {
    let connection = window.connection.id;
    if window.last < window.end {
        let next = window.last.saturating_add(1.day());
        let key = format!("parity:{connection}:{}", nights_between(window.today, next));
        return enqueue(
            tx,
            connection,
            Look {
                from: Some(next),
                ..look
            },
            key,
            Duration::ZERO,
        )
        .await;
    }
    if look.again > 0 && parity::undecided(tx, connection, window.today).await? {
        let again = Look {
            from: None,
            again: look.again - 1,
        };
        return enqueue(
            tx,
            connection,
            again,
            format!("parity:{connection}:again"),
            LOOK_AGAIN,
        )
        .await;
    }
    Ok(())
}

async fn enqueue(
    tx: &mut HotelTx,
    connection: ConnectionId,
    look: Look,
    key: String,
    delay: Duration,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let job = NewJob {
        kind: JOB,
        key: Some(key),
        ordering: Some(format!("parity:{connection}")),
        hotel: Some(hotel),
        payload: json!({"connection_id": connection.0, "from": look.from, "again": look.again}),
        priority: 1,
        delay,
    };
    jobs::enqueue(tx, job).await
}

fn tell(window: &Window, opened: &[Drift]) {
    for drift in opened {
        metrics::counter!(
            "roomwire_parity_drifts_total",
            "connector" => window.connection.connector.clone(),
            "class" => drift.class.as_str(),
            "severity" => drift.severity.as_str()
        )
        .increment(1);
    }
    let Some(worst) = opened.iter().max_by_key(|drift| drift.severity) else {
        return;
    };
    tracing::error!(
        alert = "parity_drift",
        hotel.id = %window.hotel.id,
        connection.id = %window.connection.id,
        connection.name = window.connection.name,
        drifts = opened.len(),
        severity = worst.severity.as_str(),
        class = worst.class.as_str(),
        night = %worst.spot.night,
        ours = worst.ours,
        theirs = worst.theirs,
        repairing = window.connection.repair_drift,
        "a channel shows something else than we hold"
    );
}

#[cfg(test)]
mod tests;

/// Starts a comparison besides the schedule, where the connector can read what its channel shows.
pub async fn start_now(
    app: &App,
    connection: &Connection,
    hotel: HotelId,
) -> Result<(), CallError> {
    let connector = app
        .connectors
        .channel(&connection.connector)
        .ok_or_else(|| unavailable(&connection.connector))?;
    if !connector.profile().abilities.ari_reader {
        let what = "the connector cannot read what its channel shows";
        return Err(AppError::from(Refusal::NotSupported { what }).into());
    }
    let mut tx = app.store.begin(hotel).await?;
    start(&mut tx, connection.id).await?;
    tx.commit().await?;
    app.wake.ring();
    Ok(())
}

/// The drifts of a connection that a person should see, from the hotel's today on.
pub async fn unhealed(
    app: &App,
    hotel: &Hotel,
    connection: ConnectionId,
    limit: i64,
) -> Result<Vec<KnownDrift>, StoreError> {
    let today = night::today(app.clock.now(), &hotel.time_zone);
    let mut tx = app.store.begin(hotel.id).await?;
    parity::unhealed(&mut tx, connection, today, limit).await
}

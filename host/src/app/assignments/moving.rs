//! A unit is moved to a room that somebody chose, from a night on or for its whole stay.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::app::assignments::{UnitOf, check_unit, check_unlocked, ids, settled_before, store};
use crate::app::{AppError, Refusal};
use crate::domain::assignment::{Assignment, nights_taken};
use crate::domain::ids::{AssignmentId, RoomId};
use crate::domain::reservation::Reservation;
use crate::store::{HotelTx, assignments};

/// The room that is wanted, by its id or by the number on its door.
#[derive(Clone, Debug)]
pub enum WantedRoom {
    Id(RoomId),
    Number(String),
}

/// Where a unit is moved; to any room of the hotel, so that a guest can be given a better one.
#[derive(Clone, Debug)]
pub struct RoomMove {
    pub unit: UnitOf,
    pub room: WantedRoom,
    /// The first night there; the whole stay where nothing is said.
    pub from: Option<Date>,
    /// Whether it is locked there at once.
    pub lock: bool,
}

/// Moves a unit, and answers whether it was elsewhere before. Nights that were slept stay as they were.
pub(super) async fn move_unit(
    tx: &mut HotelTx,
    before: &Reservation,
    wanted: &RoomMove,
    (today, now): (Date, Timestamp),
) -> Result<bool, AppError> {
    check_unit(before, Some(wanted.unit))?;
    let (from, until) = nights(before, wanted, today)?;
    let room = match &wanted.room {
        WantedRoom::Id(id) => Some(*id),
        WantedRoom::Number(number) => assignments::numbered(tx, number).await?,
    };
    let rooms: Vec<RoomId> = room.into_iter().collect();
    let room = assignments::lock_rooms(tx, &rooms).await?.pop();
    let room = room.ok_or(Refusal::NotFound { noun: "room" })?;

    let (own, others): (Vec<Assignment>, Vec<Assignment>) = before
        .assigned
        .iter()
        .cloned()
        .partition(|one| one.is_of(wanted.unit.line, wanted.unit.unit));
    let there = Assignment {
        id: AssignmentId::new(now),
        line: wanted.unit.line,
        unit: wanted.unit.unit,
        room: room.id,
        number: room.number.clone(),
        room_type: room.room_type,
        from,
        until,
        locked: wanted.lock,
    };
    let own_ids = ids(&own);
    let Some(own) = with(own, there)? else {
        return Ok(false);
    };
    if let Some(night) = assignments::taken(tx, room.id, (from, until), &own_ids).await? {
        let room = room.number;
        return Err(Refusal::RoomTaken { room, night }.into());
    }
    let mut rooms = others;
    rooms.extend(own);
    rooms.sort_by_key(|one| (one.line, one.unit, one.from));
    store(tx, before, &rooms).await
}

/// The nights that move.
fn nights(before: &Reservation, wanted: &RoomMove, today: Date) -> Result<(Date, Date), Refusal> {
    let refuse = |message: String| Refusal::Invalid {
        pointer: "/from".to_owned(),
        message,
    };
    let unit = wanted.unit;
    let (first, until) = nights_taken(before, unit.line)
        .ok_or_else(|| refuse("the line takes no night any more".to_owned()))?;
    let mut from = wanted.from.unwrap_or(first);
    if from < first || from >= until {
        return Err(refuse(format!(
            "{from} is no night of the line, which takes those from {first} until {until}"
        )));
    }
    if let Some(today) = settled_before(before, today) {
        let mut own = before.assigned.iter();
        let slept = own.any(|one| one.is_of(unit.line, unit.unit) && one.from < today);
        if slept {
            from = from.max(today);
        }
    }
    if from >= until {
        return Err(refuse("every night of the line has been slept".to_owned()));
    }
    Ok((from, until))
}

/// A unit's rooms with the new one from its first night on, joined to what it has there already; `None` where nothing
/// would be different.
fn with(own: Vec<Assignment>, mut there: Assignment) -> Result<Option<Vec<Assignment>>, Refusal> {
    let mut rooms: Vec<Assignment> = Vec::new();
    let same = |one: &Assignment| {
        let covers = one.from <= there.from && one.until >= there.until;
        one.room == there.room && covers && (one.locked || !there.locked)
    };
    if own.iter().any(same) {
        return Ok(None);
    }
    for one in own {
        let (kept, given_up) = one.split(there.from, one.id);
        if given_up.is_some() {
            if one.room != there.room {
                check_unlocked(&one)?;
            }
            there.locked |= one.locked;
        }
        rooms.extend(kept);
    }
    match rooms.last_mut() {
        Some(last)
            if last.room == there.room
                && last.until == there.from
                && last.locked == there.locked =>
        {
            last.until = there.until;
        }
        _ => rooms.push(there),
    }
    Ok(Some(rooms))
}

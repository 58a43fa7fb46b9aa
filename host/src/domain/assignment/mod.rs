//! Which physical room a unit of a reservation sleeps in, and what becomes of that when the reservation changes.

use jiff::civil::Date;

use crate::domain::ids::{AssignmentId, RoomId, RoomTypeId};
use crate::domain::reservation::{Reservation, ReservedRoom};

/// One room for the nights `[from, until)` of one unit. A unit that moves during its stay has several.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Assignment {
    pub id: AssignmentId,
    /// The reservation's line, and which of its units, both from zero.
    pub line: usize,
    pub unit: u32,
    pub room: RoomId,
    /// What stands on the room's door.
    pub number: String,
    pub room_type: RoomTypeId,
    pub from: Date,
    pub until: Date,
    /// Nothing but staff's own word moves it.
    pub locked: bool,
}

impl Assignment {
    pub fn is_of(&self, line: usize, unit: u32) -> bool {
        (self.line, self.unit) == (line, unit)
    }

    /// Whether both want one room for one night.
    pub fn collides(&self, other: &Self) -> bool {
        self.room == other.room && self.from < other.until && other.from < self.until
    }

    /// The nights before this one, and those from it on, which are `later` where both parts have some.
    pub fn split(&self, night: Date, later: AssignmentId) -> (Option<Self>, Option<Self>) {
        if night <= self.from {
            return (None, Some(self.clone()));
        }
        if night >= self.until {
            return (Some(self.clone()), None);
        }
        let before = Self {
            until: night,
            ..self.clone()
        };
        let after = Self {
            id: later,
            from: night,
            ..self.clone()
        };
        (Some(before), Some(after))
    }
}

/// The nights that a unit of a reservation takes, and so may have rooms for.
pub fn nights_taken(reservation: &Reservation, line: usize) -> Option<(Date, Date)> {
    let room = reservation.rooms.get(line)?;
    let nights = (room.stay.check_in(), room.taken_until());
    (reservation.status.takes_inventory() && nights.0 < nights.1).then_some(nights)
}

/// Nights of a unit that have no room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Missing {
    pub line: usize,
    pub unit: u32,
    pub room_type: RoomTypeId,
    pub from: Date,
    pub until: Date,
}

/// What has no room yet, the longest first: short stays fit into what long ones leave. A line that no mapping named
/// has no room type to look for.
pub fn missing(reservation: &Reservation) -> Vec<Missing> {
    let mut missing = Vec::new();
    for (line, room) in reservation.rooms.iter().enumerate() {
        let Some((room_type, _)) = room.product else {
            continue;
        };
        let Some((from, until)) = nights_taken(reservation, line) else {
            continue;
        };
        for unit in 0..room.units {
            let of_unit = reservation.assigned.iter();
            let mut taken: Vec<(Date, Date)> = of_unit
                .filter(|assigned| assigned.is_of(line, unit))
                .map(|assigned| (assigned.from, assigned.until))
                .collect();
            taken.sort_unstable();
            taken.push((until, until));
            let mut at = from;
            for (start, end) in taken {
                if at < start {
                    missing.push(Missing {
                        line,
                        unit,
                        room_type,
                        from: at,
                        until: start,
                    });
                }
                at = at.max(end);
            }
        }
    }
    missing.sort_by_key(|nights| std::cmp::Reverse(nights.until.duration_since(nights.from)));
    missing
}

/// What a changed reservation keeps of its rooms.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Settled {
    /// With the nights as they should be now. Whether a room is free for nights that are new is the caller's question.
    pub kept: Vec<Assignment>,
    /// What fits no more, as it was. What a shorter or ended stay gives back is not among it.
    pub lost: Vec<Assignment>,
}

/// Leads the rooms of a reservation over to what it is after a change.
///
/// A unit keeps its room where its line has the same room type still, or the room is of the new one; the first and the
/// last room of a unit stretch and shrink with its stay.
pub fn settle(before: &Reservation, after: &Reservation) -> Settled {
    let lines = lines_after(&before.rooms, &after.rooms);
    let mut settled = Settled::default();
    let mut assigned: Vec<&Assignment> = before.assigned.iter().collect();
    // Units that stay what they are come before those that look for another's place, and locked ones before others.
    assigned.sort_by_key(|one| (one.line, one.unit, !one.locked, one.from));
    let mut units: Vec<((usize, u32), u32)> = Vec::new();
    for one in assigned {
        let Some(line) = lines.get(one.line).copied().flatten() else {
            settle_without_line(after, one, &mut settled);
            continue;
        };
        let Some(nights) = nights_taken(after, line) else {
            continue;
        };
        let (old, new) = (&before.rooms[one.line], &after.rooms[line]);
        let Some(unit) = unit_after(one, new.units, before, &mut units) else {
            settled.lost.push(one.clone());
            continue;
        };
        if !fits(one, old, new) {
            settled.lost.push(one.clone());
            continue;
        }
        let (from, until) = refit(one, (old.stay.check_in(), old.taken_until()), nights);
        if from < until {
            settled.kept.push(Assignment {
                line,
                unit,
                from,
                until,
                ..one.clone()
            });
        }
    }
    settled
}

/// A line that is gone takes its rooms along; where all has ended, that is no loss.
fn settle_without_line(after: &Reservation, one: &Assignment, settled: &mut Settled) {
    if after.status.takes_inventory() {
        settled.lost.push(one.clone());
    }
}

/// Where each line is after the change: a line that stands elsewhere unchanged is found there, because channels number
/// their rooms anew when one is taken out.
fn lines_after(before: &[ReservedRoom], after: &[ReservedRoom]) -> Vec<Option<usize>> {
    let key = |room: &ReservedRoom| (room.product, room.stay);
    let mut found: Vec<Option<usize>> = before
        .iter()
        .enumerate()
        .map(|(line, room)| {
            let same = after.get(line).is_some_and(|other| key(other) == key(room));
            same.then_some(line)
        })
        .collect();
    for (line, room) in before.iter().enumerate() {
        if found[line].is_none() {
            let free = |place: &usize| !found.contains(&Some(*place));
            let elsewhere = (0..after.len())
                .filter(free)
                .find(|place| key(&after[*place]) == key(room));
            found[line] = elsewhere;
        }
    }
    for line in 0..before.len() {
        if found[line].is_none() && line < after.len() && !found.contains(&Some(line)) {
            found[line] = Some(line);
        }
    }
    found
}

/// The unit's number where its line has fewer than before: its own, or one whose unit has no room.
fn unit_after(
    one: &Assignment,
    units: u32,
    before: &Reservation,
    moved: &mut Vec<((usize, u32), u32)>,
) -> Option<u32> {
    if one.unit < units {
        return Some(one.unit);
    }
    let own = (one.line, one.unit);
    if let Some((_, unit)) = moved.iter().find(|(unit, _)| *unit == own) {
        return Some(*unit);
    }
    let taken = |unit: &u32| {
        let named = moved
            .iter()
            .any(|((line, _), given)| *line == one.line && given == unit);
        named || before.assigned.iter().any(|it| it.is_of(one.line, *unit))
    };
    let free = (0..units).find(|unit| !taken(unit))?;
    moved.push((own, free));
    Some(free)
}

fn fits(one: &Assignment, old: &ReservedRoom, new: &ReservedRoom) -> bool {
    let room_type = |room: &ReservedRoom| room.product.map(|(room_type, _)| room_type);
    room_type(old).is_none()
        || room_type(old) == room_type(new)
        || room_type(new) == Some(one.room_type)
}

fn refit(one: &Assignment, old: (Date, Date), new: (Date, Date)) -> (Date, Date) {
    let from = if one.from == old.0 {
        new.0
    } else {
        one.from.max(new.0)
    };
    let until = if one.until == old.1 {
        new.1
    } else {
        one.until.min(new.1)
    };
    (from, until)
}

#[cfg(test)]
mod tests;

//! The model's life of holds and reservations after they are made: ends, transitions and changes.

use crate::histories::model::{Model, ROOM_TYPES, Reservation, Room, Told, refused};
use crate::histories::steps::Wish;

impl Model {
    pub(super) fn extend(&self, which: usize) -> Result<Told, Told> {
        let hold = &self.holds[which];
        if hold.state == "held" && !hold.lapsed {
            Ok(Told::Hold("held".to_owned()))
        } else {
            Err(refused("hold_ended"))
        }
    }

    /// Ends a hold as wanted, unless its time was over before.
    fn end(&mut self, which: usize, wanted: &'static str) -> &'static str {
        let hold = &mut self.holds[which];
        if hold.state != "held" {
            return "ended before";
        }
        hold.state = if hold.lapsed { "expired" } else { wanted };
        hold.state
    }

    pub(super) fn release(&mut self, which: usize) -> Result<Told, Told> {
        self.end(which, "released");
        match self.holds[which].state {
            "confirmed" => Err(refused("hold_ended")),
            state => Ok(Told::Hold(state.to_owned())),
        }
    }

    pub(super) fn sweep(&mut self) {
        for which in 0..self.holds.len() {
            if self.holds[which].lapsed {
                self.end(which, "expired");
            }
        }
    }

    pub(super) fn reserve_hold(&mut self, which: usize) -> Result<Told, Told> {
        if self.end(which, "confirmed") != "confirmed" {
            return Err(refused("hold_ended"));
        }
        let rooms = self.holds[which].rooms.clone();
        Ok(self.book(rooms, "tentative"))
    }

    pub(super) fn step(&mut self, which: usize, step: &str) -> Result<Told, Told> {
        let today = self.today;
        let reservation = &mut self.reservations[which];
        let (arrival, departure) = span(&reservation.rooms);
        let to = match (step, reservation.status) {
            ("confirm", "tentative") => "confirmed",
            ("decline", "tentative") => "declined",
            ("cancel", "tentative" | "confirmed") => "cancelled",
            ("no-show", "confirmed") => "no_show",
            ("check-in", "confirmed") => "checked_in",
            ("check-out", "checked_in") => "checked_out",
            _ => return Err(refused("wrong_status")),
        };
        let in_time = match step {
            "confirm" | "cancel" => today < departure,
            "no-show" => arrival <= today,
            "check-in" => arrival <= today && today <= departure,
            _ => true,
        };
        if !in_time {
            return Err(refused("wrong_day"));
        }
        reservation.status = to;
        reservation.version += 1;
        if ["no-show", "check-out"].contains(&step) {
            let from = today.max(arrival + 1);
            for room in &mut reservation.rooms {
                room.freed = (from < room.departure).then_some(from.max(room.arrival));
            }
        }
        Ok(reservation.told())
    }

    /// Changes one line. What stays as it was booked keeps its price and needs no permission again.
    pub(super) fn change(
        &mut self,
        which: usize,
        line: usize,
        to: Wish,
        (reprice, dry_run): (bool, bool),
    ) -> Result<Told, Told> {
        let before = self.reservations[which].clone();
        if !["tentative", "confirmed", "checked_in"].contains(&before.status) {
            return Err(refused("not_modifiable"));
        }
        let mut after = before.clone();
        after.rooms[line] = self.changed(&before, &before.rooms[line], to, reprice)?;
        if reprice {
            for other in (0..before.rooms.len()).filter(|other| *other != line) {
                let room = &before.rooms[other];
                let same = Wish {
                    room_type: room.room_type,
                    arrival: room.arrival,
                    nights: room.departure - room.arrival,
                    units: room.units,
                    adults: room.adults,
                };
                after.rooms[other] = self.changed(&before, room, same, true)?;
            }
        }
        if after.rooms == before.rooms {
            return Ok(before.told());
        }
        after.version += 1;
        let given = before
            .taken()
            .into_iter()
            .map(|(cell, units)| (cell, -units));
        let wanted: Vec<_> = given.chain(after.taken()).collect();
        let mut rehearsal = self.clone();
        rehearsal.take(&wanted).inspect_err(|_| {
            // What lapsed is ended for good, though the change is refused.
            if !dry_run {
                self.holds.clone_from(&rehearsal.holds);
            }
        })?;
        let told = after.told();
        if !dry_run {
            rehearsal.reservations[which] = after;
            *self = rehearsal;
        }
        Ok(told)
    }

    fn changed(
        &self,
        before: &Reservation,
        old: &Room,
        to: Wish,
        reprice: bool,
    ) -> Result<Room, Told> {
        let departure = to.arrival + to.nights;
        let passed = |day: i32, booked: i32| day != booked && day < self.today;
        if passed(to.arrival, old.arrival) || passed(departure, old.departure) {
            return Err(refused("invalid_request"));
        }
        let same_product = to.room_type == old.room_type;
        let as_booked = to.arrival == old.arrival && same_product && to.units == old.units;
        if before.status == "checked_in" && !as_booked {
            return Err(refused("not_modifiable"));
        }
        let same = same_product && to.adults == old.adults;
        let price = |day: i32| {
            let booked = usize::try_from(day - old.arrival)
                .ok()
                .and_then(|night| old.prices.get(night));
            let keeps = day < self.today || same && !reprice;
            let today = Self::is_open(day).then_some(&self.prices[to.room_type]);
            booked.filter(|_| keeps).or(today).copied()
        };
        let prices: Option<Vec<i64>> = (to.arrival..departure).map(price).collect();
        match prices {
            Some(prices) if same || to.adults <= ROOM_TYPES[to.room_type].2 => Ok(Room {
                room_type: to.room_type,
                arrival: to.arrival,
                departure,
                units: to.units,
                adults: to.adults,
                prices,
                freed: None,
            }),
            _ => Err(refused("not_sellable")),
        }
    }
}

/// The first arrival and the last departure.
fn span(rooms: &[Room]) -> (i32, i32) {
    let arrivals = rooms.iter().map(|room| room.arrival);
    let departures = rooms.iter().map(|room| room.departure);
    (
        arrivals.min().unwrap_or_default(),
        departures.max().unwrap_or_default(),
    )
}

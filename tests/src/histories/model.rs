//! What the gateway promises, as a few lists in memory: the oracle that histories are compared with.

use crate::histories::steps::{Arrives, Wish};

/// What is sold: its code, how many there are, how many may sleep in one.
pub(super) const ROOM_TYPES: [(&str, i32, i32); 2] = [("DBL", 3, 2), ("SGL", 2, 1)];
/// How many nights are open, from day 0.
pub(super) const OPEN: i32 = 8;
/// Prices on the first day.
const PRICES: [i64; 2] = [12_000, 8_000];

/// A room type and a day.
pub(super) type Cell = (usize, i32);

/// One line of a hold or reservation, with the price of each night.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Room {
    pub(super) room_type: usize,
    pub(super) arrival: i32,
    pub(super) departure: i32,
    pub(super) units: i32,
    pub(super) adults: i32,
    pub(super) prices: Vec<i64>,
    /// From this day on its nights were given back.
    pub(super) freed: Option<i32>,
}

impl Room {
    /// What it takes of each night.
    pub(super) fn cells(&self) -> impl Iterator<Item = (Cell, i32)> + use<> {
        let (room_type, units) = (self.room_type, self.units);
        (self.arrival..self.freed.unwrap_or(self.departure))
            .map(move |day| ((room_type, day), units))
    }
}

#[derive(Clone, Debug)]
pub(super) struct Hold {
    pub(super) rooms: Vec<Room>,
    pub(super) state: &'static str,
    /// Its time is over; until somebody notices, its state is still `held`.
    pub(super) lapsed: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Reservation {
    pub(super) rooms: Vec<Room>,
    pub(super) status: &'static str,
    pub(super) version: i64,
}

/// What a caller is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Told {
    Hold(String),
    Reservation {
        status: String,
        version: i64,
        total: i64,
    },
    Refused(String),
    /// It is no request.
    Nothing,
}

pub(super) fn refused(code: &str) -> Told {
    Told::Refused(code.to_owned())
}

impl Reservation {
    pub(super) fn told(&self) -> Told {
        let cost = |room: &Room| i64::from(room.units) * room.prices.iter().sum::<i64>();
        Told::Reservation {
            status: self.status.to_owned(),
            version: self.version,
            total: self.rooms.iter().map(cost).sum(),
        }
    }

    fn takes_inventory(&self) -> bool {
        !["declined", "cancelled"].contains(&self.status)
    }

    /// Units of each cell that it takes.
    pub(super) fn taken(&self) -> Vec<(Cell, i32)> {
        let rooms = self.rooms.iter().filter(|_| self.takes_inventory());
        rooms.flat_map(Room::cells).collect()
    }
}

/// The hotel as it should be.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) today: i32,
    pub(super) prices: [i64; 2],
    pub(super) holds: Vec<Hold>,
    pub(super) reservations: Vec<Reservation>,
}

impl Model {
    pub(super) fn new() -> Self {
        Self {
            today: 0,
            prices: PRICES,
            holds: Vec::new(),
            reservations: Vec::new(),
        }
    }

    pub(super) fn sold(&self, cell: Cell) -> i32 {
        let taken = self.reservations.iter().flat_map(Reservation::taken);
        taken
            .filter(|(taken, _)| *taken == cell)
            .map(|(_, units)| units)
            .sum()
    }

    /// Units that holds keep; with those that nobody noticed to have lapsed, or without.
    pub(super) fn held(&self, cell: Cell, with_lapsed: bool) -> i32 {
        let live = |hold: &&Hold| hold.state == "held" && (with_lapsed || !hold.lapsed);
        let holds = self.holds.iter().filter(live);
        let cells = holds.flat_map(|hold| hold.rooms.iter().flat_map(Room::cells));
        cells
            .filter(|(held, _)| *held == cell)
            .map(|(_, units)| units)
            .sum()
    }

    pub(super) fn is_open(day: i32) -> bool {
        (0..OPEN).contains(&day)
    }

    /// Units that a guest may have.
    pub(super) fn free(&self, cell: Cell) -> i32 {
        ROOM_TYPES[cell.0].1 - self.sold(cell) - self.held(cell, false)
    }

    fn room(&self, wish: Wish) -> Room {
        let price = self.prices[wish.room_type];
        Room {
            room_type: wish.room_type,
            arrival: wish.arrival,
            departure: wish.arrival + wish.nights,
            units: wish.units,
            adults: wish.adults,
            prices: (0..wish.nights).map(|_| price).collect(),
            freed: None,
        }
    }

    /// What a guest's line costs, or why it is not for sale.
    fn offered(&self, wish: Wish) -> Result<Room, Told> {
        let room = self.room(wish);
        let days = || room.arrival..room.departure;
        let least = days().map(|day| self.free((room.room_type, day))).min();
        let sellable = room.arrival >= self.today
            && room.adults <= ROOM_TYPES[room.room_type].2
            && days().all(Self::is_open);
        match least {
            _ if !sellable => Err(refused("not_sellable")),
            Some(least) if least >= room.units => Ok(room),
            _ => Err(refused("sold_out")),
        }
    }

    fn at_the_desk(&self, wish: Wish, arrives: Arrives) -> Result<Room, Told> {
        let room = self.room(wish);
        if room.arrival < self.today - 1 || arrives == Arrives::Now && room.arrival > self.today {
            Err(refused("invalid_request"))
        } else if room.adults > ROOM_TYPES[room.room_type].2
            || !(room.arrival..room.departure).all(Self::is_open)
        {
            Err(refused("not_sellable"))
        } else {
            Ok(room)
        }
    }

    /// Whether these units can be had at once; lapsed holds that are in the way of what is short are ended.
    pub(super) fn take(&mut self, wanted: &[(Cell, i32)]) -> Result<(), Told> {
        let mut cells: std::collections::BTreeMap<Cell, i32> = std::collections::BTreeMap::new();
        for (cell, units) in wanted {
            *cells.entry(*cell).or_default() += units;
        }
        cells.retain(|_, units| *units > 0);
        let short = |model: &Self| {
            cells.iter().any(|(cell, units)| {
                let held = model.held(*cell, true);
                ROOM_TYPES[cell.0].1 - model.sold(*cell) - held < *units
            })
        };
        if short(self) {
            for hold in &mut self.holds {
                let mut held = hold.rooms.iter().flat_map(Room::cells);
                let in_the_way = held.any(|(cell, _)| cells.contains_key(&cell));
                if hold.state == "held" && hold.lapsed && in_the_way {
                    hold.state = "expired";
                }
            }
            if short(self) {
                return Err(refused("sold_out"));
            }
        }
        Ok(())
    }

    fn takes(&mut self, rooms: &[Room]) -> Result<(), Told> {
        let wanted: Vec<_> = rooms.iter().flat_map(Room::cells).collect();
        self.take(&wanted)
    }

    pub(super) fn hold(&mut self, lines: &[Wish]) -> Result<Told, Told> {
        let rooms: Vec<Room> = lines
            .iter()
            .map(|line| self.offered(*line))
            .collect::<Result<_, _>>()?;
        self.takes(&rooms)?;
        self.holds.push(Hold {
            rooms,
            state: "held",
            lapsed: false,
        });
        Ok(Told::Hold("held".to_owned()))
    }

    pub(super) fn reserve_lines(&mut self, lines: &[Wish]) -> Result<Told, Told> {
        let rooms = lines.iter().map(|line| self.offered(*line));
        let rooms: Vec<Room> = rooms.collect::<Result<_, _>>()?;
        self.takes(&rooms)?;
        Ok(self.book(rooms, "tentative"))
    }

    pub(super) fn desk(&mut self, lines: &[Wish], arrives: Arrives) -> Result<Told, Told> {
        let rooms = lines.iter().map(|line| self.at_the_desk(*line, arrives));
        let rooms: Vec<Room> = rooms.collect::<Result<_, _>>()?;
        self.takes(&rooms)?;
        let status = match arrives {
            Arrives::Later => "confirmed",
            Arrives::Perhaps => "tentative",
            Arrives::Now => "checked_in",
        };
        Ok(self.book(rooms, status))
    }

    pub(super) fn book(&mut self, rooms: Vec<Room>, status: &'static str) -> Told {
        let made = Reservation {
            rooms,
            status,
            version: 1,
        };
        let told = made.told();
        self.reservations.push(made);
        told
    }
}

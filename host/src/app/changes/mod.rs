//! A reservation is changed: dates, products, parties, guests and notes, with prices, all of it or nothing.

mod line;

use async_trait::async_trait;
use jiff::civil::Date;

use crate::app::changes::line::Line;
use crate::app::emails::{self, Template};
use crate::app::quotes::OnSale;
use crate::app::quotes::extras::OnOffer;
use crate::app::reservations::total;
use crate::app::{App, AppError, Refusal, Verb, assignments, holds, moves, rehearse};
use crate::domain::hotel::Hotel;
use crate::domain::ids::ReservationId;
use crate::domain::money::Money;
use crate::domain::night::Stay;
use crate::domain::reservation::{Guest, Origin, Reservation, ReservedRoom, Status, net};
use crate::store::availability::{self, Changed};
use crate::store::reservations::{self, BookingEvent, audited, audited_change};
use crate::store::{HotelTx, rules};

/// What becomes of one line. What is absent stays.
#[derive(Clone, Debug, Default)]
pub struct LineChange {
    /// Where the request says it, for refusals.
    pub place: usize,
    pub line: usize,
    pub room_type: Option<String>,
    pub rate_plan: Option<String>,
    pub check_in: Option<Date>,
    pub check_out: Option<Date>,
    pub units: Option<u32>,
    pub adults: Option<u16>,
    pub children_ages: Option<Vec<u8>>,
    pub guests: Option<Vec<Guest>>,
}

impl LineChange {
    /// Whether it changes more than who the guests are.
    fn moves(&self) -> bool {
        let Self {
            place: _,
            line: _,
            room_type,
            rate_plan,
            check_in,
            check_out,
            units,
            adults,
            children_ages,
            guests: _,
        } = self;
        room_type.is_some()
            || rate_plan.is_some()
            || check_in.is_some()
            || check_out.is_some()
            || units.is_some()
            || adults.is_some()
            || children_ages.is_some()
    }
}

/// Changes a reservation. Nights that stay as they were booked keep their price, unless `reprice`.
#[derive(Debug)]
pub struct Change<'a> {
    pub hotel: &'a Hotel,
    pub reservation: ReservationId,
    /// The version that the caller has seen, where it insists.
    pub version: Option<i32>,
    pub booker: Option<Guest>,
    /// An empty text takes the notes away.
    pub notes: Option<String>,
    pub lines: Vec<LineChange>,
    pub reprice: bool,
    pub skip_restrictions: bool,
    /// Whether a locked room that no longer fits is given up; otherwise the change is refused.
    pub release_locked_rooms: bool,
    /// Whether the guest is written to; the hotel's rule decides where nobody says.
    pub notify_guest: Option<bool>,
    pub reason: Option<String>,
    pub actor: String,
}

/// A reservation before and after a change.
#[derive(Clone, Debug)]
pub struct Modified {
    pub before: Reservation,
    pub after: Reservation,
}

impl Modified {
    /// What it costs more than before, or less.
    pub fn difference(&self) -> Money {
        let minor = self
            .after
            .total
            .minor
            .saturating_sub(self.before.total.minor);
        Money::new(minor, self.after.total.currency)
    }
}

#[async_trait]
impl Verb for Change<'_> {
    type Output = Modified;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Modified, AppError> {
        let before = moves::locked(tx, self.reservation, self.version).await?;
        self.check(&before)?;
        let rooms = self.rooms(app, tx, &before).await?;
        let after = self.after(&before, rooms, app.clock.now())?;
        if same(&before, &after) {
            // Said again, it is done already: nobody is written to about nothing.
            return Ok(Modified {
                after: before.clone(),
                before,
            });
        }
        let assigned = assignments::plan(tx, &before, &after).await?;
        if !self.release_locked_rooms {
            assigned.keep_locked()?;
        }
        let after = Reservation {
            assigned: assigned.kept(),
            ..after
        };
        let cells = net(&[before.taken(-1), after.taken(1)].concat());
        match availability::change(tx, &cells).await? {
            Changed::Moved => {}
            Changed::SoldOut { room_type, night } => {
                return Err(holds::sold_out(tx, room_type, night).await?.into());
            }
        }
        reservations::update(tx, &after).await?;
        let event = BookingEvent {
            kind: "changed".to_owned(),
            actor: self.actor.clone(),
            reason: self.reason.clone(),
            before: Some(audited(&before)),
            after: Some(audited_change(&before, &after)),
            at: after.updated_at,
        };
        reservations::record_event(tx, self.reservation, &event).await?;
        assigned.apply(tx, &before, &after, &self.actor).await?;
        let notify = match self.notify_guest {
            Some(notify) => notify,
            None => rules::find(tx).await?.notify_guests,
        };
        if notify {
            emails::enqueue(app, tx, &after, Template::Changed).await?;
        }
        Ok(Modified { before, after })
    }
}

/// What a change would come to, done and taken back: not a price list's guess, but the very answer.
pub async fn preview(app: &App, change: &Change<'_>) -> Result<Modified, AppError> {
    rehearse(app, change.hotel.id, change).await
}

/// Whether a reservation is the same after a change, but for its version.
fn same(before: &Reservation, after: &Reservation) -> bool {
    let content = |it: &Reservation| (it.booker.clone(), it.notes.clone(), it.total);
    content(before) == content(after) && before.rooms == after.rooms
}

impl Change<'_> {
    /// Refuses what cannot be changed in the reservation's present state.
    fn check(&self, before: &Reservation) -> Result<(), Refusal> {
        let refuse = |reason: &str| {
            Err(Refusal::NotModifiable {
                reason: reason.to_owned(),
            })
        };
        match before.status {
            Status::Tentative | Status::Confirmed | Status::CheckedIn => {}
            ended => {
                return refuse(&format!(
                    "a reservation that is {ended} is not changed any more"
                ));
            }
        }
        for change in &self.lines {
            if change.line >= before.rooms.len() {
                return Err(Refusal::Invalid {
                    pointer: format!("/rooms/{}/line", change.place),
                    message: format!("there is no line {}", change.line),
                });
            }
        }
        let moves = self.reprice || self.lines.iter().any(LineChange::moves);
        if moves && matches!(before.origin, Origin::Channel { .. }) {
            return refuse(
                "dates, rooms and prices of a channel's reservation are the channel's: change them there; \
                 here only guests and notes are",
            );
        }
        Ok(())
    }

    async fn rooms(
        &self,
        app: &App,
        tx: &mut HotelTx,
        before: &Reservation,
    ) -> Result<Vec<ReservedRoom>, AppError> {
        let mut rooms = before.rooms.clone();
        for change in &self.lines {
            if let Some(guests) = &change.guests {
                rooms[change.line].guests.clone_from(guests);
            }
        }
        if !self.reprice && !self.lines.iter().any(LineChange::moves) {
            return Ok(rooms);
        }
        let wanted = self.wanted(before)?;
        let stays = wanted.iter().map(|(_, stay)| *stay);
        let on_sale = OnSale::read(app, self.hotel, tx, stays).await?;
        let terms = rules::terms(tx).await?;
        let on_offer = if before.rooms.iter().any(|room| !room.extras.is_empty()) {
            OnOffer::read(tx).await?
        } else {
            OnOffer::default()
        };
        for (number, (change, stay)) in wanted.into_iter().enumerate() {
            if !self.reprice && !change.moves() {
                continue;
            }
            let line = Line {
                change: &change,
                old: &before.rooms[number],
                stay,
                in_house: before.status == Status::CheckedIn,
                reprice: self.reprice,
                skip_restrictions: self.skip_restrictions,
                on_sale: &on_sale,
                on_offer: &on_offer,
            };
            let priced = line.priced()?;
            rooms[number] = ReservedRoom {
                guests: rooms[number].guests.clone(),
                cancellation: line.terms(&priced, &terms),
                ..priced
            };
        }
        Ok(rooms)
    }

    /// What is wanted of each line, with its stay.
    fn wanted(&self, before: &Reservation) -> Result<Vec<(LineChange, Stay)>, Refusal> {
        before
            .rooms
            .iter()
            .enumerate()
            .map(|(number, room)| {
                let change = self.lines.iter().find(|change| change.line == number);
                let change = change.cloned().unwrap_or_default();
                let check_in = change.check_in.unwrap_or(room.stay.check_in());
                let check_out = change.check_out.unwrap_or(room.stay.check_out());
                let stay = Stay::new(check_in, check_out).map_err(|why| Refusal::Invalid {
                    pointer: format!("/rooms/{}/check_out", change.place),
                    message: why.to_string(),
                })?;
                Ok((change, stay))
            })
            .collect()
    }

    fn after(
        &self,
        before: &Reservation,
        rooms: Vec<ReservedRoom>,
        now: jiff::Timestamp,
    ) -> Result<Reservation, Refusal> {
        let moved = rooms.iter().zip(&before.rooms).any(|(now, then)| {
            let rooms = |room: &ReservedRoom| (room.prices.clone(), room.units);
            rooms(now) != rooms(then) || now.charges != then.charges || now.extras != then.extras
        });
        let total = if moved {
            total(before.total.currency, &rooms).ok_or_else(|| Refusal::Invalid {
                pointer: "/rooms".to_owned(),
                message: "together they cost more than an amount can say".to_owned(),
            })?
        } else {
            before.total
        };
        let notes = match &self.notes {
            Some(notes) => Some(notes.clone()).filter(|notes| !notes.is_empty()),
            None => before.notes.clone(),
        };
        Ok(Reservation {
            version: before.version + 1,
            booker: self.booker.clone().unwrap_or_else(|| before.booker.clone()),
            rooms,
            total,
            notes,
            updated_at: now,
            ..before.clone()
        })
    }
}

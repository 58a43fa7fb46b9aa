//! Reservations: made from a hold, a quote or lines, read and listed.

use async_trait::async_trait;

use crate::app::catalogue::trail::{self, Signature};
use crate::app::desk::{self, StaffBooking};
use crate::app::emails::{self, Template};
use crate::app::quotes::{self, WantedLine};
use crate::app::{App, AppError, Refusal, Verb, holds, promos};
use crate::domain::hold::{Hold, HoldState};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{HoldId, ReservationId};
use crate::domain::money::{Currency, Money};
use crate::domain::night;
use crate::domain::pricing;
use crate::domain::promo::PromoEntry;
use crate::domain::quote::{self, Quote};
use crate::domain::reservation::{self, Guest, Origin, Reservation, ReservedRoom, Status};
use crate::domain::rules::BookingRules;
use crate::store::catalogue::promo_codes;
use crate::store::reservations::{self, BookingEvent, audited};
use crate::store::search::{self, Filter};
use crate::store::{HotelTx, StoreError, calendar, rules};

/// What a reservation is made of.
#[derive(Debug)]
pub enum Source {
    /// A live hold.
    Hold(HoldId),
    /// What was quoted, held and taken at once.
    Quote(Quote),
    /// What is for sale now, held and taken at once.
    Lines {
        wanted: Vec<WantedLine>,
        /// Prices are with it.
        promo_code: Option<String>,
    },
    /// The hotel's own booking.
    Staff(StaffBooking),
}

/// Makes a reservation. What comes from guests is tentative.
#[derive(Debug)]
pub struct CreateReservation<'a> {
    pub hotel: &'a Hotel,
    pub source: Source,
    pub booker: Guest,
    /// The guests of each line, in order; lines beyond have none yet.
    pub guests: Vec<Vec<Guest>>,
    pub notes: Option<String>,
    pub actor: String,
}

#[async_trait]
impl Verb for CreateReservation<'_> {
    type Output = Reservation;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Reservation, AppError> {
        let hold = self.hold(app, tx).await?;
        crate::store::holds::confirm(tx, hold.id)
            .await?
            .map_err(holds::refusal)?;
        let made = self.reservation(app, tx, &hold).await?;
        let made = reservations::insert(tx, &made).await?;
        let event = BookingEvent {
            kind: "created".to_owned(),
            actor: self.actor.clone(),
            reason: match &self.source {
                Source::Staff(staff) => Some(staff.reason.clone()),
                _ => None,
            },
            before: None,
            after: Some(audited(&made)),
            at: made.created_at,
        };
        reservations::record_event(tx, made.id, &event).await?;
        if let Some(template) = self.template(tx, &made).await? {
            emails::enqueue(app, tx, &made, template).await?;
        }
        Ok(made)
    }
}

impl CreateReservation<'_> {
    /// The hold that becomes the reservation: the caller's, or one that is placed here.
    async fn hold(&self, app: &App, tx: &mut HotelTx) -> Result<Hold, AppError> {
        let mut promo = None;
        let lines = match &self.source {
            Source::Hold(id) => return self.held(tx, *id).await,
            Source::Quote(quote) => {
                promo = quotes::check(app, self.hotel, tx, quote).await?;
                quote.lines.clone()
            }
            Source::Lines { wanted, promo_code } => {
                let today = night::today(app.clock.now(), &self.hotel.time_zone);
                // Locked before anything else of the booking, so that its uses are counted one after the other.
                let code = promos::locked(tx, today, promo_code.as_deref()).await?;
                promo = code.as_ref().map(PromoEntry::promo);
                quotes::price(app, self.hotel, tx, wanted, code).await?
            }
            Source::Staff(staff) => desk::price(app, self.hotel, tx, staff).await?,
        };
        self.check_guests(lines.len())?;
        // Refused before anything is held: what a refusal leaves behind stays.
        if let Some(promo) = &promo {
            promos::check_guest(tx, promo, &self.booker).await?;
        }
        holds::place(app, tx, &lines, promo, None).await
    }

    /// The caller's hold. One that was priced with a promo code is read under the code's lock, which keeps its use.
    async fn held(&self, tx: &mut HotelTx, id: HoldId) -> Result<Hold, AppError> {
        let mut hold = holds::found(tx, id).await?;
        self.check_guests(hold.lines.len())?;
        if hold.promo.is_some() {
            promo_codes::lock_of_hold(tx, id).await?;
            hold = holds::found(tx, id).await?;
        }
        if let (HoldState::Held, Some(promo)) = (hold.state, &hold.promo) {
            promos::check_guest(tx, promo, &self.booker).await?;
        }
        Ok(hold)
    }

    fn check_guests(&self, lines: usize) -> Result<(), Refusal> {
        if self.guests.len() <= lines {
            return Ok(());
        }
        let what = match self.source {
            Source::Hold(_) => "hold",
            Source::Quote(_) => "quote",
            Source::Lines { .. } | Source::Staff(_) => "request",
        };
        Err(Refusal::Invalid {
            pointer: format!("/rooms/{lines}"),
            message: format!("the {what} has {lines} lines, and guests are given for more"),
        })
    }

    async fn reservation(
        &self,
        app: &App,
        tx: &mut HotelTx,
        hold: &Hold,
    ) -> Result<Reservation, AppError> {
        let now = app.clock.now();
        let id = ReservationId::new(now);
        let rooms = self.rooms(tx, hold).await?;
        let beyond = |column| StoreError::Inconsistent {
            table: "hold_lines",
            column,
            row: hold.id.to_string(),
        };
        let currency = self.hotel.currency;
        let total = total(currency, &rooms).ok_or_else(|| beyond("prices"))?;
        let discount = quote::discount(&hold.lines).ok_or_else(|| beyond("discount"))?;
        let (origin, status) = match &self.source {
            Source::Staff(staff) => (
                Origin::Staff {
                    hold: hold.id,
                    walk_in: staff.walk_in,
                },
                staff.status(),
            ),
            _ => (Origin::Gateway { hold: hold.id }, Status::Tentative),
        };
        Ok(Reservation {
            id,
            number: reservation::number(id),
            status,
            version: 1,
            origin,
            booker: self.booker.clone(),
            rooms,
            assigned: Vec::new(),
            total,
            notes: self.notes.clone(),
            overbooked: false,
            unmapped: false,
            promo: hold.promo.clone(),
            discount: (hold.promo.is_some()).then(|| Money::new(discount, currency)),
            tentative_since: None,
            owed: None,
            checklist: None,
            created_at: now,
            updated_at: now,
        })
    }

    async fn rooms(&self, tx: &mut HotelTx, hold: &Hold) -> Result<Vec<ReservedRoom>, StoreError> {
        let terms = rules::terms(tx).await?;
        let rooms = hold
            .lines
            .iter()
            .enumerate()
            .map(|(number, line)| ReservedRoom {
                product: Some((line.room_type, line.rate_plan)),
                units: line.units,
                adults: line.party.adults,
                children_ages: line.party.children_ages.clone(),
                prices: line.prices.clone(),
                charges: line.charges.clone(),
                extras: line.extras.clone(),
                guests: self.guests.get(number).cloned().unwrap_or_default(),
                cancellation: terms.get(&line.rate_plan).cloned(),
                ..ReservedRoom::of_stay(line.stay)
            });
        Ok(rooms.collect())
    }

    /// What the guest is written, if anything.
    async fn template(
        &self,
        tx: &mut HotelTx,
        made: &Reservation,
    ) -> Result<Option<Template>, StoreError> {
        let Source::Staff(staff) = &self.source else {
            return Ok(Some(Template::Received));
        };
        let notify = match staff.notify_guest {
            Some(notify) => notify,
            None => rules::find(tx).await?.notify_guests,
        };
        Ok(match made.status {
            Status::Tentative if notify => Some(Template::Received),
            Status::Confirmed if notify => Some(Template::Confirmed),
            _ => None,
        })
    }
}

/// What rooms cost together, with taxes, fees and extras, or `None` past `i64`.
pub(super) fn total(currency: Currency, rooms: &[ReservedRoom]) -> Option<Money> {
    let bill = pricing::bill(rooms.iter().map(ReservedRoom::billed))?;
    Some(Money::new(bill.total, currency))
}

/// Decides the hotel's rules anew.
#[derive(Debug)]
pub struct SetRules {
    pub rules: BookingRules,
    pub actor: String,
}

#[async_trait]
impl Verb for SetRules {
    type Output = ();

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<(), AppError> {
        // As with the hotel's other settings: what was before is still so when it is replaced.
        calendar::lock(tx).await?;
        let before = rules::find(tx).await?;
        rules::set(tx, &self.rules).await?;
        let of = ("booking rules", tx.hotel().0);
        let signature = Signature {
            actor: &self.actor,
            now: app.clock.now(),
        };
        trail::record(tx, of, (Some(&before), Some(&self.rules)), signature).await?;
        Ok(())
    }
}

/// The hotel's rules.
pub async fn rules(app: &App, hotel: &Hotel) -> Result<BookingRules, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    Ok(rules::find(&mut tx).await?)
}

/// A reservation as it is now.
pub async fn find(app: &App, hotel: &Hotel, id: ReservationId) -> Result<Reservation, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    Ok(reservations::find(&mut tx, id)
        .await?
        .ok_or(Refusal::NotFound {
            noun: "reservation",
        })?)
}

/// A page of reservations, newest first.
pub async fn list(
    app: &App,
    hotel: &Hotel,
    filter: &Filter,
    before: Option<ReservationId>,
    limit: u16,
) -> Result<Vec<Reservation>, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    Ok(search::list(&mut tx, filter, before, i64::from(limit)).await?)
}

/// The audit trail of a reservation, oldest first.
pub async fn events(
    app: &App,
    hotel: &Hotel,
    id: ReservationId,
) -> Result<Vec<BookingEvent>, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    reservations::find(&mut tx, id)
        .await?
        .ok_or(Refusal::NotFound {
            noun: "reservation",
        })?;
    Ok(reservations::events(&mut tx, id).await?)
}

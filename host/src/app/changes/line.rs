//! One line of a change: what may change of it, whether its nights may be booked, and what they cost.

use std::collections::HashMap;

use jiff::civil::Date;

use crate::app::Refusal;
use crate::app::changes::LineChange;
use crate::app::quotes::extras::OnOffer;
use crate::app::quotes::{self, OnSale, WantedLine};
use crate::domain::cancellation::Terms;
use crate::domain::extra::{BookedExtra, Use};
use crate::domain::ids::{RatePlanId, RoomTypeId};
use crate::domain::night::Stay;
use crate::domain::offer::{Party, Product, Reason, Shelf};
use crate::domain::pricing::Charged;
use crate::domain::reservation::ReservedRoom;

/// A line as it was booked, and what is wanted of it.
pub(super) struct Line<'a> {
    pub(super) change: &'a LineChange,
    pub(super) old: &'a ReservedRoom,
    pub(super) stay: Stay,
    pub(super) in_house: bool,
    pub(super) reprice: bool,
    pub(super) skip_restrictions: bool,
    pub(super) on_sale: &'a OnSale,
    pub(super) on_offer: &'a OnOffer,
}

impl Line<'_> {
    /// The line as it would be booked now, without its guests and terms.
    pub(super) fn priced(&self) -> Result<ReservedRoom, Refusal> {
        let shelf = self.shelf()?;
        let product = &shelf.product;
        let party = self.party();
        self.check_days()?;
        self.check_arrived(product)?;
        // Staff know whom they give an accessible room.
        let reasons = self.on_sale.verdict(shelf, self.stay, &party, true);
        let against: Vec<Reason> = reasons
            .err()
            .unwrap_or_default()
            .into_iter()
            .filter(|reason| self.counts(product, *reason))
            .collect();
        if !against.is_empty() {
            return Err(quotes::refusal(product, &against));
        }
        let price = |night: Date| {
            let price = self.kept(product, night);
            let price = price.or_else(|| shelf.price(night, &party));
            price.ok_or_else(|| quotes::refusal(product, &[Reason::NotOpen(night)]))
        };
        let prices: Vec<i64> = self.stay.nights().map(price).collect::<Result<_, _>>()?;
        Ok(ReservedRoom {
            product: Some(ids(product)),
            units: self.units(),
            charges: self.charges(product, &prices)?,
            extras: self.extras(&party)?,
            adults: party.adults,
            children_ages: party.children_ages,
            prices,
            ..ReservedRoom::of_stay(self.stay)
        })
    }

    /// Taxes and fees as they are now; those it was booked with where all that they depend on stays.
    fn charges(&self, product: &Product, prices: &[i64]) -> Result<Vec<Charged>, Refusal> {
        let as_booked = self.same_product(product)
            && self.same_party()
            && self.stay == self.old.stay
            && self.units() == self.old.units;
        if as_booked && !self.reprice {
            return Ok(self.old.charges.clone());
        }
        let charges = self.on_sale.charges(prices, &self.party(), self.units());
        charges.ok_or_else(|| quotes::beyond_every_price("/rooms"))
    }

    /// What was booked with it, for the stay and party as they are wanted.
    fn extras(&self, party: &Party) -> Result<Vec<BookedExtra>, Refusal> {
        let with = Use {
            stay: self.stay,
            party,
            rooms: self.units(),
        };
        let booked = self.old.extras.iter();
        booked
            .map(|extra| self.on_offer.moved(extra, with, self.reprice))
            .collect()
    }

    /// The terms of the line's rate plan: those it was booked under as long as the plan stays.
    pub(super) fn terms(
        &self,
        priced: &ReservedRoom,
        terms: &HashMap<RatePlanId, Terms>,
    ) -> Option<Terms> {
        let plan = |room: &ReservedRoom| room.product.map(|(_, rate_plan)| rate_plan);
        if plan(self.old) == plan(priced) {
            return self.old.cancellation.clone();
        }
        terms.get(&plan(priced)?).cloned()
    }

    fn units(&self) -> u32 {
        self.change.units.unwrap_or(self.old.units)
    }

    fn party(&self) -> Party {
        let ages = self.change.children_ages.as_ref();
        Party {
            adults: self.change.adults.unwrap_or(self.old.adults),
            children_ages: ages.unwrap_or(&self.old.children_ages).clone(),
        }
    }

    fn same_party(&self) -> bool {
        let old = Party {
            adults: self.old.adults,
            children_ages: self.old.children_ages.clone(),
        };
        old == self.party()
    }

    fn shelf(&self) -> Result<&Shelf, Refusal> {
        let old = self.old.product;
        let old = old.and_then(|(room_type, rate_plan)| {
            let shelf = self.on_sale.market.find(room_type, rate_plan)?;
            Some(&shelf.product)
        });
        let code = |wanted: &Option<String>, old: Option<&String>| {
            wanted.clone().or_else(|| old.cloned()).unwrap_or_default()
        };
        let wanted = WantedLine {
            room_type: code(
                &self.change.room_type,
                old.map(|product| &product.room_type.code),
            ),
            rate_plan: code(
                &self.change.rate_plan,
                old.map(|product| &product.rate_plan.code),
            ),
            stay: self.stay,
            units: self.units(),
            party: self.party(),
            accessible: true,
            package: None,
            extras: Vec::new(),
        };
        let found = self.on_sale.by_codes(self.change.place, &wanted);
        found.map_err(|refusal| match refusal {
            // A change's lines are its `rooms`.
            Refusal::Invalid { pointer, message } => Refusal::Invalid {
                pointer: pointer.replacen("/lines", "/rooms", 1),
                message,
            },
            other => other,
        })
    }

    /// What has passed is neither given up nor taken.
    fn check_days(&self) -> Result<(), Refusal> {
        let today = self.on_sale.today;
        let days = [
            ("check_in", self.stay.check_in(), self.old.stay.check_in()),
            (
                "check_out",
                self.stay.check_out(),
                self.old.stay.check_out(),
            ),
        ];
        for (field, date, booked) in days {
            if date != booked && date < today {
                let message = format!("{date} has passed: it is {today} at the hotel");
                return Err(self.invalid(field, message));
            }
        }
        Ok(())
    }

    /// Nights were slept already in as many rooms as were booked.
    fn check_arrived(&self, product: &Product) -> Result<(), Refusal> {
        let room_type = self.old.product.map(|(room_type, _)| room_type);
        let as_booked = self.stay.check_in() == self.old.stay.check_in()
            && Some(product.room_type.id) == room_type
            && self.units() == self.old.units;
        if !self.in_house || as_booked {
            return Ok(());
        }
        Err(Refusal::NotModifiable {
            reason: "the guests have arrived: arrival, room type and units stay as they are; \
                     book by itself what comes in addition"
                .to_owned(),
        })
    }

    fn invalid(&self, field: &str, message: String) -> Refusal {
        Refusal::Invalid {
            pointer: format!("/rooms/{}/{field}", self.change.place),
            message,
        }
    }

    /// The price that a night was booked at.
    fn booked(&self, night: Date) -> Option<i64> {
        let nights = self.old.stay.nights().zip(&self.old.prices);
        nights
            .filter(|(booked, _)| *booked == night)
            .map(|(_, price)| *price)
            .next()
    }

    /// The price that a night keeps: that of a night that has passed, and of one that stays as it was booked.
    fn kept(&self, product: &Product, night: Date) -> Option<i64> {
        let as_booked = self.same_product(product) && self.same_party();
        let keeps = night < self.on_sale.today || as_booked && !self.reprice;
        self.booked(night).filter(|_| keeps)
    }

    fn same_product(&self, product: &Product) -> bool {
        self.old.product == Some(ids(product))
    }

    /// Whether a reason stands against the change. What stays as it was booked needs no permission again, and whether
    /// units are left is decided under lock.
    fn counts(&self, product: &Product, reason: Reason) -> bool {
        let same = self.same_product(product);
        let old = self.old.stay;
        match reason {
            Reason::SoldOut(_) | Reason::InThePast => false,
            Reason::OccupancyExceeded(_) => !(same && self.same_party()),
            Reason::Inactive => !same,
            Reason::PriceOverflow => true,
            Reason::NotOpen(night) => self.kept(product, night).is_none(),
            _ if self.skip_restrictions => false,
            Reason::StopSell(night) => {
                let stays = same || night < self.on_sale.today;
                !(stays && self.booked(night).is_some())
            }
            Reason::ClosedToArrival(_) | Reason::CutOff(_) | Reason::MaxAdvance(_) => {
                !(self.in_house || same && self.stay.check_in() == old.check_in())
            }
            Reason::ClosedToDeparture(day) => !(same && day == old.check_out()),
            _ => !(same && self.stay == old),
        }
    }
}

fn ids(product: &Product) -> (RoomTypeId, RatePlanId) {
    (product.room_type.id, product.rate_plan.id)
}

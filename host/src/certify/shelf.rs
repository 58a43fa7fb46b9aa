//! What the channel took, night by night, and where it shows something else.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::connector::{AriNight, AriUpdate, NumberChange, ProductCode};
use crate::domain::money::Money;

/// The values of one product and night that the channel took. A restriction that was taken back counts as the number
/// that restricts nothing: a minimum of one night, a maximum of none.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    availability: Option<u32>,
    price: Option<Money>,
    min_stay_arrival: Option<u32>,
    min_stay_through: Option<u32>,
    max_stay: Option<u32>,
    closed_to_arrival: Option<bool>,
    closed_to_departure: Option<bool>,
    stop_sell: Option<bool>,
}

/// Everything that was taken in one scenario.
#[derive(Debug, Default)]
pub(super) struct Shelf(BTreeMap<(ProductCode, Date), Taken>);

impl Shelf {
    /// Remembers an update that the channel took.
    pub(super) fn put(&mut self, update: &AriUpdate) {
        let mut night = update.first_night;
        while night <= update.last_night {
            let taken = self.0.entry((update.target.clone(), night)).or_default();
            taken.take(update);
            night = night.saturating_add(1.day());
        }
    }

    pub(super) fn codes(&self) -> Vec<ProductCode> {
        let mut codes: Vec<ProductCode> = self.0.keys().map(|(code, _)| code.clone()).collect();
        codes.dedup();
        codes
    }

    /// The price of a night that was taken.
    pub(super) fn price(&self, code: &ProductCode, night: Date) -> Option<Money> {
        self.0.get(&(code.clone(), night))?.price
    }

    /// The first and the last night; none where nothing was taken.
    pub(super) fn nights(&self) -> Option<(Date, Date)> {
        let nights = || self.0.keys().map(|(_, night)| *night);
        Some((nights().min()?, nights().max()?))
    }

    /// How what is shown differs from what was taken. What the channel does not tell is not compared.
    pub(super) fn differences(&self, shown: &[AriNight]) -> Vec<String> {
        let shown: BTreeMap<(&ProductCode, Date), &AriNight> = shown
            .iter()
            .map(|night| ((&night.product, night.night), night))
            .collect();
        let mut differences = Vec::new();
        for ((code, night), taken) in &self.0 {
            match shown.get(&(code, *night)) {
                Some(shown) => taken.compare(shown, &mut differences),
                None => differences.push(format!("{} on {night} is not shown", spelled(code))),
            }
        }
        differences
    }
}

impl Taken {
    fn take(&mut self, update: &AriUpdate) {
        self.availability = update.availability.or(self.availability);
        self.price = update.price.or(self.price);
        self.min_stay_arrival = number(update.min_stay_arrival, 1).or(self.min_stay_arrival);
        self.min_stay_through = number(update.min_stay_through, 1).or(self.min_stay_through);
        self.max_stay = number(update.max_stay, 0).or(self.max_stay);
        self.closed_to_arrival = update.closed_to_arrival.or(self.closed_to_arrival);
        self.closed_to_departure = update.closed_to_departure.or(self.closed_to_departure);
        self.stop_sell = update.stop_sell.or(self.stop_sell);
    }

    fn compare(&self, shown: &AriNight, differences: &mut Vec<String>) {
        let at_least_one = |nights: Option<u32>| nights.map(|nights| nights.max(1));
        let place = format!("{} on {}", spelled(&shown.product), shown.night);
        let mut differ = |field: &str, taken: Option<String>, shown: Option<String>| {
            if let (Some(taken), Some(shown)) = (taken, shown)
                && taken != shown
            {
                differences.push(format!(
                    "{place}: {field} is {shown}, and {taken} was taken"
                ));
            }
        };
        differ(
            "availability",
            text(self.availability),
            text(shown.availability),
        );
        differ("price", text(self.price), text(shown.price));
        differ(
            "the minimum stay on arrival",
            text(self.min_stay_arrival),
            text(at_least_one(shown.min_stay_arrival)),
        );
        differ(
            "the minimum stay through",
            text(self.min_stay_through),
            text(at_least_one(shown.min_stay_through)),
        );
        differ(
            "the maximum stay",
            text(self.max_stay),
            text(shown.max_stay),
        );
        differ(
            "closed to arrival",
            text(self.closed_to_arrival),
            text(shown.closed_to_arrival),
        );
        differ(
            "closed to departure",
            text(self.closed_to_departure),
            text(shown.closed_to_departure),
        );
        differ("stop sell", text(self.stop_sell), text(shown.stop_sell));
    }
}

fn text(value: Option<impl ToString>) -> Option<String> {
    value.map(|value| value.to_string())
}

fn number(change: NumberChange, none: u32) -> Option<u32> {
    match change {
        NumberChange::Unchanged => None,
        NumberChange::Clear => Some(none),
        NumberChange::Set(number) => Some(number),
    }
}

/// A code as people read it.
pub(super) fn spelled(code: &ProductCode) -> String {
    match &code.rate {
        Some(rate) => format!("{}/{rate}", code.room),
        None => code.room.clone(),
    }
}

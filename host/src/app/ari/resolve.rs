//! A request in the hotel's codes, turned into cells.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::app::Refusal;
use crate::domain::calendar::{StockCell, StockEdit, TermsEdit, Update};
use crate::domain::ids::{RatePlanId, RoomTypeId};
use crate::domain::night;
use crate::store::calendar::{Sold, Window};

/// The most nights that one range may span, and how far ahead it may reach.
const MOST_NIGHTS: i32 = 1_100;
/// The most cells of one request, those of derived plans not counted.
const MOST_CELLS: usize = 60_000;

/// A bulk edit, as its caller wrote it.
#[derive(Clone, Debug, Default)]
pub struct Request(pub Vec<RequestedUpdate>);

#[derive(Clone, Debug, Default)]
pub struct RequestedUpdate {
    /// First and last nights, both included.
    pub ranges: Vec<(Date, Date)>,
    /// Empty: every day of the week.
    pub weekdays: Vec<Weekday>,
    pub room_types: Vec<String>,
    pub stock: StockEdit,
    /// Room type and rate plan.
    pub products: Vec<(String, String)>,
    pub terms: TermsEdit,
}

impl Request {
    /// The cells that are meant, or the field that means nothing here.
    pub(super) fn resolve(&self, sold: &Sold, today: Date) -> Result<Vec<Update>, Refusal> {
        let codes = Codes::of(sold);
        let mut cells = 0;
        let mut updates = Vec::with_capacity(self.0.len());
        for (place, update) in self.0.iter().enumerate() {
            let pointer = format!("/updates/{place}");
            let nights = nights(update, today, &pointer)?;
            let update = codes.update(update, nights, &pointer)?;
            cells += update.nights.len() * (update.room_types.len() + update.products.len());
            if cells > MOST_CELLS {
                let message = format!("an edit has at most {MOST_CELLS} cells: send it in parts");
                return Err(invalid("/updates".to_owned(), message));
            }
            updates.push(update);
        }
        Ok(updates)
    }
}

fn invalid(pointer: String, message: impl Into<String>) -> Refusal {
    Refusal::Invalid {
        pointer,
        message: message.into(),
    }
}

/// The refusal of nights that have no partition yet.
pub(super) fn beyond(month: Date) -> Refusal {
    let message = format!("the calendar is not open yet from {month} on");
    invalid("/updates".to_owned(), message)
}

fn nights(update: &RequestedUpdate, today: Date, pointer: &str) -> Result<BTreeSet<Date>, Refusal> {
    let mut nights = BTreeSet::new();
    let horizon = today.saturating_add(MOST_NIGHTS.days());
    for (place, (first, last)) in update.ranges.iter().enumerate() {
        let pointer = |end| format!("{pointer}/dates/{place}/{end}");
        if *first < today {
            let message = format!("is past: today at the hotel is {today}");
            return Err(invalid(pointer("from"), message));
        }
        if last < first {
            return Err(invalid(
                pointer("to"),
                "is before `from`; both are included",
            ));
        }
        if *last > horizon {
            let message = format!("the calendar is not open yet after {horizon}");
            return Err(invalid(pointer("to"), message));
        }
        let range = night::nights(*first, last.saturating_add(1.day()));
        let meant =
            |night: &Date| update.weekdays.is_empty() || update.weekdays.contains(&night.weekday());
        nights.extend(range.filter(meant));
    }
    if nights.is_empty() {
        let message = "no night of the given dates falls on these days of the week";
        return Err(invalid(format!("{pointer}/weekdays"), message));
    }
    Ok(nights)
}

struct Codes<'a> {
    room_types: BTreeMap<&'a str, RoomTypeId>,
    rate_plans: BTreeMap<&'a str, RatePlanId>,
    sold: &'a Sold,
}

impl<'a> Codes<'a> {
    fn of(sold: &'a Sold) -> Self {
        Self {
            room_types: sold
                .room_types
                .iter()
                .map(|(id, code)| (code.as_str(), *id))
                .collect(),
            rate_plans: sold
                .rate_plans
                .iter()
                .map(|(id, code)| (code.as_str(), *id))
                .collect(),
            sold,
        }
    }

    fn room_type(&self, code: &str, pointer: String) -> Result<RoomTypeId, Refusal> {
        let found = self.room_types.get(code).copied();
        found.ok_or_else(|| invalid(pointer, format!("the hotel has no room type `{code}`")))
    }

    fn update(
        &self,
        wanted: &RequestedUpdate,
        nights: BTreeSet<Date>,
        pointer: &str,
    ) -> Result<Update, Refusal> {
        let mut update = Update {
            nights,
            stock: wanted.stock,
            terms: wanted.terms,
            ..Update::default()
        };
        for (place, code) in wanted.room_types.iter().enumerate() {
            let pointer = format!("{pointer}/room_types/{place}");
            update.room_types.insert(self.room_type(code, pointer)?);
        }
        for (place, (room_type, rate_plan)) in wanted.products.iter().enumerate() {
            let pointer = format!("{pointer}/products/{place}");
            let room = self.room_type(room_type, format!("{pointer}/room_type"))?;
            let plan = self.rate_plans.get(rate_plan.as_str()).copied();
            let product = plan.map(|plan| (room, plan));
            let product = product.filter(|product| self.sold.plans.products.contains(product));
            update.products.insert(product.ok_or_else(|| {
                let message = format!(
                    "the hotel does not sell `{room_type}` under a rate plan `{rate_plan}`"
                );
                invalid(format!("{pointer}/rate_plan"), message)
            })?);
        }
        Ok(update)
    }
}

/// Every inventory cell that updates touch.
pub(super) fn stock_cells(updates: &[Update]) -> impl Iterator<Item = StockCell> {
    updates.iter().flat_map(|update| {
        let nights = update.nights.iter();
        nights.flat_map(|night| {
            update
                .room_types
                .iter()
                .map(|room_type| (*night, *room_type))
        })
    })
}

/// What must be read to decide updates. They have nights, since those without are refused.
pub(super) fn touched(updates: &[Update]) -> Window {
    let cells = updates.iter().flat_map(|update| {
        let of_products = update.products.iter().map(|product| product.0);
        let room_types = update.room_types.iter().copied().chain(of_products);
        let ends = update
            .nights
            .first()
            .into_iter()
            .chain(update.nights.last());
        let ends: Vec<Date> = ends.copied().collect();
        room_types.flat_map(move |room_type| {
            ends.clone()
                .into_iter()
                .map(move |night| (night, room_type))
        })
    });
    window(cells).unwrap_or(Window {
        room_types: Vec::new(),
        first: Date::MIN,
        last: Date::MIN,
    })
}

/// The window round cells, where there are any.
pub(super) fn window(cells: impl Iterator<Item = StockCell>) -> Option<Window> {
    let cells: BTreeSet<StockCell> = cells.collect();
    let (first, last) = (cells.first()?.0, cells.last()?.0);
    let room_types: BTreeSet<RoomTypeId> = cells.into_iter().map(|cell| cell.1).collect();
    Some(Window {
        room_types: room_types.into_iter().collect(),
        first,
        last,
    })
}

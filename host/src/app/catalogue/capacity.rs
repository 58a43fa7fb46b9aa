//! How many units of an extra there are on each day.

use async_trait::async_trait;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::{CatalogueRefusal, Desk, found, trail};
use crate::app::{App, AppError, Refusal, Verb};
use crate::domain::catalogue::{ExtraDay, ExtraEntry, Reference};
use crate::domain::hotel::Hotel;
use crate::domain::ids::ExtraId;
use crate::domain::night;
use crate::store::{HotelTx, calendar, extra_days};

/// Days, both included, and how many units each of them has; `None`: as many as the extra says.
#[derive(Clone, Copy, Debug)]
pub struct CapacityRange {
    pub first: Date,
    pub last: Date,
    pub capacity: Option<i32>,
}

/// Gives days of an extra a number of their own, all of them or none. Of ranges that share a day, the last counts.
#[derive(Debug)]
pub struct SetCapacity<'a> {
    pub desk: Desk<'a>,
    pub of: Reference,
    pub ranges: Vec<CapacityRange>,
}

#[async_trait]
impl Verb for SetCapacity<'_> {
    type Output = (ExtraEntry, Vec<ExtraDay>);

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Self::Output, AppError> {
        calendar::lock(tx).await?;
        let extra: ExtraEntry = found(tx, &self.of).await?;
        let Some(default) = extra.daily_capacity else {
            return Err(Refusal::Invalid {
                pointer: "/ranges".to_owned(),
                message: "the extra is not counted: give it a `daily_capacity` first".to_owned(),
            }
            .into());
        };
        let days = self.days(default);
        let span = days.first().zip(days.last());
        let Some((first, last)) = span.map(|(first, last)| (first.0, last.0)) else {
            return Ok((extra, Vec::new()));
        };
        if let Some(month) = calendar::first_closed_month(tx, first, last).await? {
            return Err(Refusal::Invalid {
                pointer: "/ranges".to_owned(),
                message: format!("the calendar is not kept in the month of {month}"),
            }
            .into());
        }
        refuse_taken(tx, &extra, &days).await?;
        let before = read(tx, &extra, first, last).await?;
        extra_days::set(tx, ExtraId(extra.id), &days).await?;
        let after = read(tx, &extra, first, last).await?;
        let capacities = audited(&extra, before.iter().zip(&after));
        let change = (Some(&capacities.0), Some(&capacities.1));
        let of = ("extra capacity", extra.id);
        trail::record(tx, of, change, self.desk.signature(app)).await?;
        Ok((extra, after))
    }
}

/// What the audit trail keeps of an extra's days.
#[derive(Serialize)]
struct Capacities {
    code: String,
    days: Vec<Capacity>,
}

#[derive(Serialize)]
struct Capacity {
    day: Date,
    capacity: i32,
    own: bool,
}

/// The days that have another number than before, with the one and the other.
fn audited<'a>(
    extra: &ExtraEntry,
    days: impl Iterator<Item = (&'a ExtraDay, &'a ExtraDay)>,
) -> (Capacities, Capacities) {
    let number = |day: &ExtraDay| Capacity {
        day: day.day,
        capacity: day.capacity,
        own: day.own,
    };
    let changed = days.filter(|(old, new)| (old.capacity, old.own) != (new.capacity, new.own));
    let (old, new): (Vec<Capacity>, Vec<Capacity>) =
        changed.map(|(old, new)| (number(old), number(new))).unzip();
    let of = |days| Capacities {
        code: extra.code.clone(),
        days,
    };
    (of(old), of(new))
}

impl SetCapacity<'_> {
    fn days(&self, default: i32) -> Vec<(Date, i32, bool)> {
        let mut days = std::collections::BTreeMap::new();
        for range in &self.ranges {
            let after = range.last.saturating_add(1.day());
            for day in night::nights(range.first, after) {
                let capacity = range.capacity.unwrap_or(default);
                days.insert(day, (capacity, range.capacity.is_some()));
            }
        }
        days.into_iter()
            .map(|(day, (capacity, own))| (day, capacity, own))
            .collect()
    }
}

/// Locks days, and refuses where more is taken than there shall be.
async fn refuse_taken(
    tx: &mut HotelTx,
    extra: &ExtraEntry,
    days: &[(Date, i32, bool)],
) -> Result<(), AppError> {
    let Some((day, taken)) = extra_days::lock(tx, ExtraId(extra.id), days).await? else {
        return Ok(());
    };
    let capacity = days.iter().find(|(one, ..)| *one == day);
    Err(CatalogueRefusal::BelowTaken {
        extra: extra.code.clone(),
        day,
        taken,
        capacity: capacity.map_or(0, |(_, capacity, _)| *capacity),
    }
    .into())
}

/// The days between two, also those that nobody asked for yet. `None` where the extra is not counted.
pub async fn capacity(
    app: &App,
    hotel: &Hotel,
    of: &Reference,
    (first, last): (Date, Date),
) -> Result<(ExtraEntry, Vec<ExtraDay>), AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    let extra: ExtraEntry = found(&mut tx, of).await?;
    let days = read(&mut tx, &extra, first, last).await?;
    Ok((extra, days))
}

async fn read(
    tx: &mut HotelTx,
    extra: &ExtraEntry,
    first: Date,
    last: Date,
) -> Result<Vec<ExtraDay>, AppError> {
    let kept = extra_days::between(tx, ExtraId(extra.id), first, last).await?;
    let Some(default) = extra.daily_capacity else {
        return Ok(Vec::new());
    };
    let mut kept = kept.into_iter().peekable();
    let days = night::nights(first, last.saturating_add(1.day())).map(|day| {
        kept.next_if(|kept| kept.day == day).unwrap_or(ExtraDay {
            day,
            capacity: default,
            own: false,
            sold: 0,
            held: 0,
        })
    });
    Ok(days.collect())
}

/// The days that follow a changed capacity.
async fn following(
    tx: &mut HotelTx,
    extra: &ExtraEntry,
    before: Option<&ExtraEntry>,
) -> Result<Vec<(Date, i32, bool)>, AppError> {
    let changed = before.is_some_and(|before| before.daily_capacity != extra.daily_capacity);
    let Some(capacity) = extra.daily_capacity.filter(|_| changed) else {
        return Ok(Vec::new());
    };
    let days = extra_days::following(tx, ExtraId(extra.id)).await?;
    let days = days.into_iter().map(|day| (day, capacity, false));
    Ok(days.collect())
}

/// Refuses a capacity that a day which follows it has more units taken than.
pub(super) async fn check_default(
    tx: &mut HotelTx,
    extra: &ExtraEntry,
    before: Option<&ExtraEntry>,
) -> Result<(), AppError> {
    let days = following(tx, extra, before).await?;
    if days.is_empty() {
        return Ok(());
    }
    refuse_taken(tx, extra, &days).await
}

/// Gives the days that have no number of their own the extra's new one.
pub(super) async fn follow_default(
    tx: &mut HotelTx,
    extra: &ExtraEntry,
    before: Option<&ExtraEntry>,
) -> Result<(), AppError> {
    let days = following(tx, extra, before).await?;
    if days.is_empty() {
        return Ok(());
    }
    Ok(extra_days::set(tx, ExtraId(extra.id), &days).await?)
}

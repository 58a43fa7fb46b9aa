//! What is pushed: from a scenario's words to updates, as the host makes them for the connector's kind of channel.

mod values;

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use self::values::{for_adults, price, units};
use crate::domain::connector::{
    AriUpdate, AvailabilityOn, ConnectorProfile, NumberChange, ProductCode, UpdateSemantics,
};
use crate::domain::money::{Currency, Money};

/// What to push.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    /// Of how many products; absent: of all.
    pub(super) products: Option<usize>,
    /// Nights from today to the first one.
    #[serde(default = "in_ten_days")]
    pub(super) first: usize,
    /// Whether `first` counts from two nights before the hotel's clocks change.
    #[serde(default)]
    pub(super) around_clock_change: bool,
    /// How many, as far as the channel's horizon reaches.
    pub(super) nights: usize,
    /// How many consecutive ones have the same values.
    #[serde(default = "one")]
    pub(super) alike: usize,
    pub(super) says: BTreeSet<Says>,
    /// Units, where they shall not be made up.
    pub(super) units: Option<u32>,
    /// Minor units, where the price shall not be made up.
    pub(super) price: Option<i64>,
    /// Codes that the channel does not know, pushed in the same call.
    #[serde(default)]
    pub(super) strangers: Vec<String>,
    /// Rates that the channel does not know of a room that it does.
    #[serde(default)]
    pub(super) stranger_rates: Vec<String>,
    /// Other numbers make other values.
    #[serde(default)]
    pub(super) variant: usize,
    /// No more than one call holds.
    #[serde(default)]
    pub(super) one_call: bool,
}

fn in_ten_days() -> usize {
    10
}

fn one() -> usize {
    1
}

/// A part of what an update may say.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Says {
    Availability,
    Price,
    /// The price of each number of adults is another one. Where the channel takes such prices they come with every price,
    /// as the host tells them, and are the same where nothing says otherwise.
    OccupancyPrices,
    /// Every restriction is set.
    Restricted,
    /// Every restriction is taken back.
    Open,
    /// Nobody books in the last two days.
    CutOff,
    /// That is taken back.
    NoCutOff,
}

/// To what it is pushed.
#[derive(Clone, Copy)]
pub(super) struct Market<'a> {
    pub(super) profile: &'a ConnectorProfile,
    pub(super) products: &'a [ProductCode],
    pub(super) currency: Currency,
    pub(super) today: Date,
    /// Nights until the hotel's clocks change.
    pub(super) clock_change: Option<usize>,
}

/// One update, and whether its product is known to the channel.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) update: AriUpdate,
    pub(super) stranger: bool,
}

/// A run of nights with the same values.
#[derive(Clone, Copy)]
struct Run {
    first: Date,
    last: Date,
    place: usize,
}

/// Availability comes first, since a stale price costs money and stale availability costs a guest.
pub(super) fn updates(ask: &Ask, market: Market<'_>) -> Vec<Asked> {
    let says = said(ask, market.profile);
    let runs = runs(ask, market);
    let products = &market.products[..ask.products.map_or(market.products.len(), |most| {
        most.min(market.products.len())
    })];
    let mut updates = Vec::new();
    if market.profile.availability_on == AvailabilityOn::Room && says.contains(&Says::Availability)
    {
        let rooms: BTreeSet<&str> = products.iter().map(|code| code.room.as_str()).collect();
        for (product, room) in rooms.into_iter().enumerate() {
            let of_room = |run: &Run| AriUpdate {
                availability: Some(units(ask, product, run.place)),
                ..nothing(room_code(room), *run)
            };
            updates.extend(runs.iter().map(of_room));
        }
    }
    for (product, code) in products.iter().enumerate() {
        updates.extend(
            runs.iter()
                .map(|run| of_product(ask, market, &says, (product, code), *run))
                .filter(speaks),
        );
    }
    if ask.one_call {
        updates.truncate(market.profile.max_updates_per_call);
    }
    let known = updates.into_iter().map(|update| (update, false));
    let strangers = strangers(ask, market).into_iter().map(|one| (one, true));
    known
        .chain(strangers)
        .enumerate()
        .map(|(number, (update, stranger))| Asked {
            update: AriUpdate {
                id: format!("u{number}"),
                ..update
            },
            stranger,
        })
        .collect()
}

/// A channel that deletes what an update does not name gets whole ones.
fn said(ask: &Ask, profile: &ConnectorProfile) -> BTreeSet<Says> {
    let mut says = ask.says.clone();
    if profile.update_semantics == UpdateSemantics::Replace {
        says.extend([Says::Availability, Says::Price]);
        if !says.contains(&Says::Restricted) {
            says.insert(Says::Open);
        }
    }
    says
}

fn runs(ask: &Ask, market: Market<'_>) -> Vec<Run> {
    let first = match market.clock_change {
        Some(nights) if ask.around_clock_change => nights.saturating_sub(2),
        _ => ask.first,
    };
    // Where the horizon is short, what was asked for moves nearer.
    let horizon = usize::from(market.profile.horizon_nights);
    let first = first.min(horizon - ask.nights.min(horizon));
    let end = (first + ask.nights).min(horizon);
    let night = |number: usize| {
        let days = i32::try_from(number).unwrap_or(i32::MAX);
        market.today.saturating_add(days.days())
    };
    (first..end)
        .step_by(ask.alike.max(1))
        .enumerate()
        .map(|(place, from)| Run {
            first: night(from),
            last: night((from + ask.alike.max(1)).min(end) - 1),
            place,
        })
        .collect()
}

fn of_product(
    ask: &Ask,
    market: Market<'_>,
    says: &BTreeSet<Says>,
    (product, code): (usize, &ProductCode),
    run: Run,
) -> AriUpdate {
    let on_rate = market.profile.availability_on == AvailabilityOn::Rate;
    let mut update = nothing(code.clone(), run);
    if on_rate && says.contains(&Says::Availability) {
        update.availability = Some(units(ask, product, run.place));
    }
    if says.contains(&Says::Price) {
        let minor = ask.price.unwrap_or_else(|| price(ask, product, run.place));
        let price = Money::new(minor, market.currency);
        update.price = Some(price);
        if market.profile.occupancy_prices {
            let differ = says.contains(&Says::OccupancyPrices);
            update.occupancy_prices = for_adults(price, differ);
        }
    }
    if says.contains(&Says::Restricted) {
        update.min_stay_arrival = NumberChange::Set(3);
        update.min_stay_through = NumberChange::Set(3);
        update.max_stay = NumberChange::Set(14);
        update.closed_to_arrival = Some(true);
        update.closed_to_departure = Some(true);
        update.stop_sell = Some(true);
    }
    if says.contains(&Says::Open) {
        update.min_stay_arrival = NumberChange::Clear;
        update.min_stay_through = NumberChange::Clear;
        update.max_stay = NumberChange::Clear;
        update.closed_to_arrival = Some(false);
        update.closed_to_departure = Some(false);
        update.stop_sell = Some(false);
    }
    if says.contains(&Says::CutOff) {
        update.cut_off_days = NumberChange::Set(2);
    }
    if says.contains(&Says::NoCutOff) {
        update.cut_off_days = NumberChange::Clear;
    }
    update
}

/// Whether an update says anything: where availability is the room's, one of a rate may not.
fn speaks(update: &AriUpdate) -> bool {
    update.availability.is_some()
        || update.price.is_some()
        || update.stop_sell.is_some()
        || update.cut_off_days != NumberChange::Unchanged
}

/// One night each, of products that nobody sells.
fn strangers(ask: &Ask, market: Market<'_>) -> Vec<AriUpdate> {
    let Some(run) = runs(ask, market).first().copied() else {
        return Vec::new();
    };
    let run = Run {
        last: run.first,
        ..run
    };
    let rooms = ask.strangers.iter().map(|room| AriUpdate {
        availability: Some(1),
        ..nothing(room_code(room), run)
    });
    let known = market.products.first();
    let rates = ask.stranger_rates.iter().filter_map(|rate| {
        let code = ProductCode {
            room: known?.room.clone(),
            rate: Some(rate.clone()),
        };
        let price = Money::new(10_000, market.currency);
        let takes = market.profile.occupancy_prices;
        let each = takes.then(|| for_adults(price, false));
        Some(AriUpdate {
            price: Some(price),
            occupancy_prices: each.unwrap_or_default(),
            ..nothing(code, run)
        })
    });
    rooms.chain(rates).collect()
}

fn room_code(room: &str) -> ProductCode {
    ProductCode {
        room: room.to_owned(),
        rate: None,
    }
}

fn nothing(target: ProductCode, run: Run) -> AriUpdate {
    AriUpdate {
        id: String::new(),
        target,
        first_night: run.first,
        last_night: run.last,
        availability: None,
        price: None,
        occupancy_prices: Vec::new(),
        min_stay_arrival: NumberChange::Unchanged,
        min_stay_through: NumberChange::Unchanged,
        max_stay: NumberChange::Unchanged,
        cut_off_days: NumberChange::Unchanged,
        closed_to_arrival: None,
        closed_to_departure: None,
        stop_sell: None,
    }
}

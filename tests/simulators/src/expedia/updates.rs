//! `POST /eqc/ar`: availability and rates. One error keeps everything out; a warning leaves out what it is about.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::HeaderMap;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::Channel;
use super::model::PricingModel;
use super::wire::{AR, Problem};
use super::world::{Place, World};
use super::xml::Node;
use crate::money;

/// Each thing that is said of each night is one.
const MOST_UPDATES: usize = 5_000;

/// One message that was applied, as it reached the simulator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    pub arrived: Timestamp,
    /// How many updates it counted for.
    pub weight: usize,
    pub updates: Vec<Update>,
    /// The codes of its warnings.
    pub warnings: Vec<u32>,
}

/// One `AvailRateUpdate`; both nights are included. Prices are in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Update {
    pub first: Date,
    pub last: Date,
    pub room_type: String,
    pub units: Option<u32>,
    pub rate_plan: Option<RateUpdate>,
}

/// What is said of a rate plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RateUpdate {
    pub id: String,
    pub closed: Option<bool>,
    /// Adults and price; 0 adults where the price is per day.
    pub rates: Vec<(u16, i64)>,
    pub closed_to_arrival: Option<bool>,
    pub closed_to_departure: Option<bool>,
    pub min_stay: Option<u32>,
    pub max_stay: Option<u32>,
}

impl Update {
    fn weight(&self) -> usize {
        let nights = usize::try_from((self.last - self.first).get_days() + 1).unwrap_or(0);
        let said = self.rate_plan.as_ref().map_or(0, |rate| {
            let flags = [
                rate.closed,
                rate.closed_to_arrival,
                rate.closed_to_departure,
            ];
            let numbers = [rate.min_stay, rate.max_stay];
            rate.rates.len() + flags.iter().flatten().count() + numbers.iter().flatten().count()
        });
        nights * (said + usize::from(self.units.is_some()))
    }
}

pub(super) fn routes() -> Router<Channel> {
    Router::new().route("/eqc/ar", post(update))
}

async fn update(State(channel): State<Channel>, headers: HeaderMap, body: Bytes) -> Response {
    AR.answered(take(&channel, (&headers, &body)))
}

fn take(channel: &Channel, message: (&HeaderMap, &Bytes)) -> Result<Vec<Node>, Problem> {
    let now = channel.now();
    let mut world = channel.world();
    let (message, property) = AR.read(channel, message, &mut world)?;
    message.holds_only(&["xmlns"], &["Authentication", "Hotel", "AvailRateUpdate"])?;
    let place = world.places.get(&property).cloned();
    let place = place.ok_or_else(|| Problem::new(3_202, "Hotel ID is invalid"))?;
    let updates = message
        .all("AvailRateUpdate")
        .map(|update| read(&world, &place, update, now))
        .collect::<Result<Vec<_>, Problem>>()?;
    if updates.is_empty() {
        return Err(Problem::schema("there is no AvailRateUpdate"));
    }
    let weight: usize = updates.iter().map(Update::weight).sum();
    if weight > MOST_UPDATES {
        let sentence = format!("Update exceeds allowable size: {weight} of {MOST_UPDATES}");
        return Err(Problem::new(3_107, sentence));
    }
    let warned: Vec<(u32, String)> = updates
        .iter()
        .flat_map(|update| apply(&mut world, &place, update))
        .collect();
    world.messages.push(Message {
        arrived: now,
        weight,
        updates,
        warnings: warned.iter().map(|(code, _)| *code).collect(),
    });
    let warnings = warned.into_iter().map(|(code, sentence)| {
        let warning = Node::new("Warning").with("code", code.to_string());
        warning.saying(sentence)
    });
    Ok(vec![Node::new("Success").containing(warnings)])
}

fn read(world: &World, place: &Place, update: &Node, now: Timestamp) -> Result<Update, Problem> {
    update.holds_only(&[], &["DateRange", "RoomType"])?;
    let range = update.only("DateRange")?;
    range.holds_only(&["from", "to"], &[])?;
    let (first, last) = (day(range, "from")?, day(range, "to")?);
    let today = place.today(now);
    if first < today.saturating_sub(1.day()) {
        return Err(Problem::new(3_020, "the start date is before yesterday"));
    }
    if first > last {
        return Err(Problem::new(3_021, "the start date is after the end date"));
    }
    if last > today.saturating_add(2.years()) {
        return Err(Problem::new(
            3_022,
            "the end date is more than two years ahead",
        ));
    }
    let room = update.only("RoomType")?;
    room.holds_only(&["id", "closed"], &["Inventory", "RatePlan"])?;
    let id = room.required("id")?;
    let known = world.room_type(id);
    if known.is_none_or(|known| known.property != place.property.id) {
        return Err(Problem::new(3_203, format!("Room Type ID {id} is invalid")));
    }
    let units = room
        .first("Inventory")
        .map(|inventory| -> Result<u32, Problem> {
            inventory.holds_only(&["totalInventoryAvailable"], &[])?;
            whole(inventory, "totalInventoryAvailable")
        });
    let mut plans = room.all("RatePlan");
    let rate_plan = plans.next().map(|plan| rate_plan(world, place, (id, plan)));
    if plans.next().is_some() || (units.is_none() && rate_plan.is_none()) {
        return Err(Problem::schema(
            "a RoomType says one thing, or one RatePlan",
        ));
    }
    Ok(Update {
        first,
        last,
        room_type: id.to_owned(),
        units: units.transpose()?,
        rate_plan: rate_plan.transpose()?,
    })
}

fn rate_plan(
    world: &World,
    place: &Place,
    (room, plan): (&str, &Node),
) -> Result<RateUpdate, Problem> {
    plan.holds_only(&["id", "closed"], &["Rate", "Restrictions"])?;
    let id = plan.required("id")?;
    let known = world.rate_plan(id);
    let known =
        known.ok_or_else(|| Problem::new(3_204, format!("Rate Plan ID {id} is invalid")))?;
    if known.room_type != room {
        let sentence = format!("Rate Plan ID {id} is not of Room Type ID {room}");
        return Err(Problem::new(3_205, sentence));
    }
    let mut update = RateUpdate {
        id: id.to_owned(),
        closed: flag(plan, "closed")?,
        ..RateUpdate::default()
    };
    if let Some(rate) = plan.first("Rate") {
        update.rates = rates(place, rate)?;
    }
    if let Some(restrictions) = plan.first("Restrictions") {
        let names = ["closedToArrival", "closedToDeparture", "minLOS", "maxLOS"];
        restrictions.holds_only(&names, &[])?;
        update.closed_to_arrival = flag(restrictions, names[0])?;
        update.closed_to_departure = flag(restrictions, names[1])?;
        update.min_stay = length(restrictions, names[2])?;
        update.max_stay = length(restrictions, names[3])?;
    }
    if update
        .min_stay
        .is_some_and(|nights| nights > place.property.highest_min_stay)
    {
        return Err(Problem::new(
            3_135,
            "MinLOS value exceeds the auto-approval threshold",
        ));
    }
    Ok(update)
}

fn rates(place: &Place, rate: &Node) -> Result<Vec<(u16, i64)>, Problem> {
    rate.holds_only(&["currency"], &["PerDay", "PerOccupancy"])?;
    match rate.get("currency") {
        None => return Err(Problem::new(3_102, "the currency is missing")),
        Some(currency) if currency != place.property.currency => {
            return Err(Problem::new(
                3_103,
                format!("the currency {currency} is invalid"),
            ));
        }
        Some(_) => {}
    }
    let model = match place.property.pricing_model {
        PricingModel::PerDayPricing => "PerDay",
        PricingModel::OccupancyBasedPricing => "PerOccupancy",
    };
    if rate.children.is_empty() || rate.children.iter().any(|price| price.name != model) {
        return Err(Problem::new(
            3_090,
            "the pricing model is not the property's",
        ));
    }
    let price = |price: &Node| -> Result<(u16, i64), Problem> {
        let text = price.required("rate")?;
        let minor = money::parse(text, place.decimals).map_err(|error| error.to_string())?;
        if model == "PerDay" {
            price.holds_only(&["rate"], &[])?;
            return Ok((0, minor));
        }
        price.holds_only(&["rate", "occupancy"], &[])?;
        Ok((adults(price)?, minor))
    };
    once_each(rate.children.iter().map(price).collect::<Result<_, _>>()?)
}

fn adults(price: &Node) -> Result<u16, Problem> {
    let adults = u16::try_from(whole(price, "occupancy")?).ok();
    let adults = adults.filter(|adults| *adults > 0);
    adults.ok_or_else(|| Problem::schema("the occupancy is no number of adults"))
}

/// Two prices of one night for as many adults contradict each other.
fn once_each(rates: Vec<(u16, i64)>) -> Result<Vec<(u16, i64)>, Problem> {
    let mut told: Vec<u16> = rates.iter().map(|(adults, _)| *adults).collect();
    told.sort_unstable();
    told.dedup();
    if told.len() == rates.len() {
        Ok(rates)
    } else {
        Err(Problem::schema("a price is told twice"))
    }
}

/// Applies what is said, and warns of what is left out.
fn apply(world: &mut World, place: &Place, update: &Update) -> Vec<(u32, String)> {
    let mut warnings = Vec::new();
    let lowest = 10_i64.pow(u32::try_from(place.decimals).unwrap_or(0));
    let nights = update.first.series(1.day());
    for night in nights.take_while(|night| *night <= update.last) {
        if let Some(units) = update.units {
            world.set_units(&update.room_type, night, units);
        }
        let Some(rate) = &update.rate_plan else {
            continue;
        };
        let mut shown = world.night(&rate.id, night);
        for (adults, minor) in &rate.rates {
            if *minor <= lowest || *minor > place.property.highest_rate {
                let sentence = format!(
                    "Rate of {night} is too high or too low for Rate Plan ID {}",
                    rate.id
                );
                warnings.push((7_019, sentence));
            } else {
                shown.rates.insert(*adults, *minor);
            }
        }
        shown.closed = rate.closed.unwrap_or(shown.closed);
        shown.closed_to_arrival = rate.closed_to_arrival.unwrap_or(shown.closed_to_arrival);
        shown.closed_to_departure = rate
            .closed_to_departure
            .unwrap_or(shown.closed_to_departure);
        shown.min_stay = rate.min_stay.unwrap_or(shown.min_stay);
        shown.max_stay = rate.max_stay.unwrap_or(shown.max_stay);
        world.set_night(&rate.id, night, shown);
    }
    // Of each kind of problem, twenty are told.
    warnings.truncate(20);
    warnings
}

fn day(node: &Node, name: &str) -> Result<Date, Problem> {
    let text = node.required(name)?;
    let exact = text.len() == "2026-12-01".len();
    let parsed = exact
        .then(|| Date::strptime("%Y-%m-%d", text).ok())
        .flatten();
    parsed.ok_or_else(|| Problem::schema(format!("{name} is no day like 2026-12-01")))
}

fn whole(node: &Node, name: &str) -> Result<u32, Problem> {
    let text = node.required(name)?;
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = digits.then(|| text.parse().ok()).flatten();
    parsed.ok_or_else(|| Problem::schema(format!("{name} is no whole number")))
}

fn length(node: &Node, name: &str) -> Result<Option<u32>, Problem> {
    if node.get(name).is_none() {
        return Ok(None);
    }
    match whole(node, name)? {
        nights @ 1..=28 => Ok(Some(nights)),
        _ => Err(Problem::schema(format!("{name} is 1 to 28"))),
    }
}

fn flag(node: &Node, name: &str) -> Result<Option<bool>, Problem> {
    match node.get(name) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(Problem::schema(format!("{name} is true or false"))),
    }
}

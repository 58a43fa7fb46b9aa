//! Room types and rate plans as products: one for each id under which a rate plan is sold.

use roomwire_plugin_sdk::channel::{Product, ProductCode};
use roomwire_plugin_sdk::{Context, Failure};

use crate::client::Client;
use crate::wire::product::{DistributionRule, Property, RatePlan, RoomType};
use crate::{Pricing, Settings};

/// Each room type's rate plans are a request of their own, and the host allows a call 32.
const MOST_ROOM_TYPES: usize = 30;

const ACTIVE: &str = "Active";

/// A sentence about the property, with what differs from the hotel's own configuration.
pub(crate) fn describe(context: &Context<Settings>, property: &Property) -> String {
    let mut sentence = format!("reached property {}", context.settings.property);
    if let Some(name) = &property.name {
        sentence.push_str(&format!(" ({name})"));
    }
    if let Some(status) = property
        .status
        .as_deref()
        .filter(|status| *status != ACTIVE)
    {
        sentence.push_str(&format!("; it is {status}"));
    }
    let ours = &context.currency.code;
    if let Some(theirs) = property.currency.as_ref().filter(|theirs| *theirs != ours) {
        sentence.push_str(&format!(
            "; its currency is {theirs}, the hotel's is {ours}"
        ));
    }
    let expected = match context.settings.pricing {
        Pricing::PerDay => "PerDayPricing",
        Pricing::PerOccupancy => "OccupancyBasedPricing",
    };
    let model = property.pricing_model.as_deref();
    if let Some(model) = model.filter(|model| *model != expected) {
        sentence.push_str(&format!(
            "; its pricing model is {model}, and the settings say {expected}"
        ));
    }
    sentence
}

pub(crate) fn products(context: &Context<Settings>) -> Result<Vec<Product>, Failure> {
    let client = Client::new(context);
    let currency = client.property()?.currency;
    let rooms = client.room_types()?;
    if rooms.len() > MOST_ROOM_TYPES {
        let message = format!(
            "the property has {} room types, and a call reads {MOST_ROOM_TYPES}",
            rooms.len()
        );
        return Err(Failure::Permanent(message));
    }
    let mut products = Vec::new();
    for room in rooms {
        let rates = client.rate_plans(room.resource_id)?;
        if rates.is_empty() {
            products.push(product(
                &room,
                ProductCode::room(room.resource_id.to_string()),
                currency.clone(),
            ));
        }
        for rate in rates {
            products.extend(sold(&room, &rate, currency.as_ref()));
        }
    }
    Ok(products)
}

/// A rate plan under each of its ids. Only one of them takes prices; the others follow it.
fn sold(room: &RoomType, rate: &RatePlan, currency: Option<&String>) -> Vec<Product> {
    let own = rate.resource_id.to_string();
    let mut ids: Vec<(&str, Option<&str>)> = Vec::new();
    let manageable = |rule: &&DistributionRule| rule.manageable != Some(false);
    let mut rules = rate.distribution_rules.iter();
    let leader = rules
        .find(manageable)
        .and_then(|rule| rule.expedia_id.as_deref());
    for rule in &rate.distribution_rules {
        if let Some(id) = rule.expedia_id.as_deref() {
            ids.push((id, leader.filter(|_| rule.manageable == Some(false))));
        }
    }
    if ids.is_empty() {
        ids.push((own.as_str(), None));
    }
    let named = ids.into_iter().map(|(id, parent)| Product {
        rate_name: Some(rate.name.clone().unwrap_or_else(|| id.to_owned())),
        active: is_active(room.status.as_deref()) && is_active(rate.status.as_deref()),
        parent_rate: parent.map(str::to_owned),
        ..product(
            room,
            ProductCode::rate(room.resource_id.to_string(), id),
            currency.cloned(),
        )
    });
    named.collect()
}

fn product(room: &RoomType, code: ProductCode, currency: Option<String>) -> Product {
    let name = room.name.as_ref().and_then(|name| name.value.clone());
    let most = room.max_occupancy.as_ref();
    Product {
        room_name: name.unwrap_or_else(|| code.room.clone()),
        rate_name: None,
        max_occupancy: most.and_then(|most| most.adults.or(most.total)),
        currency,
        active: is_active(room.status.as_deref()),
        parent_rate: None,
        extensions: Vec::new(),
        code,
    }
}

/// What says nothing is active.
fn is_active(status: Option<&str>) -> bool {
    status.is_none_or(|status| status == ACTIVE)
}

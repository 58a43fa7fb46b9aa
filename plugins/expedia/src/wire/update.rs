//! `AvailRateUpdate`: one range of nights of a room type's availability, or of a rate plan's prices and restrictions.

use roomwire_plugin_sdk::Date;
use roomwire_plugin_sdk::xml::Element;

/// The most updates of one message: each thing that is said of each night is one.
pub(crate) const MOST_UPDATES: usize = 5_000;

/// One element of a message, whose nights are both included.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) first: Date,
    pub(crate) last: Date,
    pub(crate) room: String,
    pub(crate) says: Says,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Says {
    /// Units that are for sale.
    Inventory(u32),
    Rate(RatePlan),
}

/// What is said of a rate plan; what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RatePlan {
    pub(crate) id: String,
    pub(crate) closed: Option<bool>,
    /// The currency of the prices.
    pub(crate) currency: String,
    pub(crate) prices: Vec<Price>,
    pub(crate) closed_to_arrival: Option<bool>,
    pub(crate) closed_to_departure: Option<bool>,
    pub(crate) min_stay: Option<u32>,
    pub(crate) max_stay: Option<u32>,
}

/// A price a night, in decimals.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Price {
    PerDay(String),
    PerOccupancy { rate: String, adults: u16 },
}

impl Says {
    /// How many things are said of one night.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Inventory(_) => 1,
            Self::Rate(rate) => {
                rate.prices.len() + usize::from(rate.closed.is_some()) + rate.restrictions().len()
            }
        }
    }
}

impl Entry {
    /// How many updates it counts for.
    pub(crate) fn weight(&self) -> usize {
        let nights = (self.last - self.first).get_days() + 1;
        usize::try_from(nights).unwrap_or(0) * self.says.weight()
    }

    pub(crate) fn element(&self) -> Element {
        let range = Element::new("DateRange")
            .attribute("from", self.first.to_string())
            .attribute("to", self.last.to_string());
        let said = match &self.says {
            Says::Inventory(units) => {
                Element::new("Inventory").attribute("totalInventoryAvailable", units.to_string())
            }
            Says::Rate(rate) => rate.element(),
        };
        let room = Element::new("RoomType").attribute("id", self.room.as_str());
        Element::new("AvailRateUpdate")
            .child(range)
            .child(room.child(said))
    }
}

impl RatePlan {
    fn restrictions(&self) -> Vec<(&'static str, String)> {
        [
            (
                "closedToArrival",
                self.closed_to_arrival.map(|closed| closed.to_string()),
            ),
            (
                "closedToDeparture",
                self.closed_to_departure.map(|closed| closed.to_string()),
            ),
            ("minLOS", self.min_stay.map(|nights| nights.to_string())),
            ("maxLOS", self.max_stay.map(|nights| nights.to_string())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }

    fn element(&self) -> Element {
        let mut element = Element::new("RatePlan")
            .attribute("id", self.id.as_str())
            .optional("closed", self.closed.map(|closed| closed.to_string()));
        if !self.prices.is_empty() {
            let rate = Element::new("Rate").attribute("currency", self.currency.as_str());
            element = element.child(rate.children(self.prices.iter().map(Price::element)));
        }
        let restrictions = self.restrictions();
        if !restrictions.is_empty() {
            let all = restrictions.into_iter();
            element = element.child(
                all.fold(Element::new("Restrictions"), |all, (name, value)| {
                    all.attribute(name, value)
                }),
            );
        }
        element
    }
}

impl Price {
    fn element(&self) -> Element {
        match self {
            Self::PerDay(rate) => Element::new("PerDay").attribute("rate", rate.as_str()),
            Self::PerOccupancy { rate, adults } => Element::new("PerOccupancy")
                .attribute("rate", rate.as_str())
                .attribute("occupancy", adults.to_string()),
        }
    }
}

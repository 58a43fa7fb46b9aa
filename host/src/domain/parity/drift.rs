//! A drift: where it is, what it is, how bad it is, and how it lives.

use jiff::civil::Date;

use crate::domain::ari::Cell;
use crate::domain::ids::{RatePlanId, RoomTypeId};

/// Defines an enum whose values have stable names, as the database and the API show them.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name {
            $($(#[$value_doc])* $value),+
        }

        impl $name {
            /// The stable name.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $text),+
                }
            }

            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$value),)+
                    _ => None,
                }
            }
        }
    };
}

named!(
    /// What differs.
    Field {
        /// The whole product: the channel shows nothing of it, or nothing that can be compared.
        Product = "product",
        Availability = "availability",
        Price = "price",
        MinStayArrival = "min_stay_arrival",
        MinStayThrough = "min_stay_through",
        MaxStay = "max_stay",
        ClosedToArrival = "closed_to_arrival",
        ClosedToDeparture = "closed_to_departure",
        StopSell = "stop_sell",
    }
);

named!(
    /// What a difference means.
    Class {
        /// The channel can sell more than there is.
        OversoldRisk = "oversold_risk",
        Undersold = "undersold",
        StopSell = "stop_sell",
        PriceUnder = "price_under",
        PriceOver = "price_over",
        Restriction = "restriction",
        MissingProduct = "missing_product",
    }
);

named!(Severity { Medium = "medium", High = "high", Critical = "critical" });

named!(
    /// Where a drift is in its life.
    State {
        /// Seen once: it may be a change that was on its way.
        Suspected = "suspected",
        Open = "open",
        /// Pushed over, and not yet seen to agree.
        Repairing = "repairing",
        Healed = "healed",
    }
);

impl State {
    /// The state after a drift was seen. One sighting proves nothing.
    pub fn after_sighting(known: Option<Self>, repair: bool) -> Self {
        match known {
            None | Some(Self::Healed) => Self::Suspected,
            Some(Self::Suspected | Self::Open | Self::Repairing) if repair => Self::Repairing,
            Some(Self::Suspected | Self::Open | Self::Repairing) => Self::Open,
        }
    }
}

/// Where a drift is: one field of a product and night, or of a room type and night where `rate_plan` is absent.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Spot {
    pub room_type: RoomTypeId,
    pub rate_plan: Option<RatePlanId>,
    pub night: Date,
    pub field: Field,
}

impl Spot {
    /// The cells whose push would mend it.
    pub fn cells(self) -> Vec<Cell> {
        let Self {
            room_type, night, ..
        } = self;
        let availability = Cell::Availability { room_type, night };
        let rate = self.rate_plan.map(|rate_plan| Cell::Rate {
            room_type,
            rate_plan,
            night,
        });
        match self.field {
            Field::Availability => vec![availability],
            Field::Product => [Some(availability), rate].into_iter().flatten().collect(),
            _ => rate.into_iter().collect(),
        }
    }
}

/// A difference, with the evidence in words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Drift {
    pub spot: Spot,
    pub class: Class,
    pub severity: Severity,
    pub ours: String,
    pub theirs: String,
}

impl Drift {
    /// The same drift after it has lasted for more than a day: rooms that nobody can book there weigh more by then.
    pub fn lasting(mut self) -> Self {
        if self.class == Class::Undersold && self.theirs == "0" {
            self.severity = self.severity.max(Severity::High);
        }
        self
    }
}

//! Why the calendar was not changed.

use jiff::civil::Date;

use crate::domain::calendar::{Refused, Why};
use crate::store::calendar::Sold;

/// A sentence for the caller, with the first cell that stands in the way.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AriRefusal {
    #[error("{cell}: {taken} units are sold or held, and the limit would be {limit}")]
    BelowSold { cell: Cell, taken: i32, limit: i32 },
    #[error("{cell} has no price yet: send one with its restrictions")]
    NoPrice { cell: Cell },
    #[error(
        "{cell} takes its price from the rate plan {parent}: change that one, or the derivation"
    )]
    DerivedPrice { cell: Cell, parent: String },
    #[error("{cell} was changed since, so the change cannot be undone as a whole")]
    ChangedSince { cell: Cell },
    #[error("{why}, so this change cannot be undone")]
    NotUndoable { why: &'static str },
    #[error("the calendar changed since it was read: these nights are at version {version} now")]
    VersionChanged { version: i64 },
}

/// A cell by the codes of its hotel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cell {
    pub room_type: String,
    pub rate_plan: Option<String>,
    pub night: Date,
}

impl std::fmt::Display for Cell {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "the night of {} of {}",
            self.night, self.room_type
        )?;
        match &self.rate_plan {
            Some(rate_plan) => write!(formatter, "/{rate_plan}"),
            None => Ok(()),
        }
    }
}

impl AriRefusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BelowSold { .. } => "below_sold",
            Self::NoPrice { .. } => "no_price",
            Self::DerivedPrice { .. } => "derived_price",
            Self::ChangedSince { .. } => "changed_since",
            Self::NotUndoable { .. } => "not_undoable",
            Self::VersionChanged { .. } => "calendar_changed",
        }
    }

    pub fn cell(&self) -> Option<&Cell> {
        match self {
            Self::BelowSold { cell, .. }
            | Self::NoPrice { cell }
            | Self::DerivedPrice { cell, .. }
            | Self::ChangedSince { cell } => Some(cell),
            Self::NotUndoable { .. } | Self::VersionChanged { .. } => None,
        }
    }

    /// The refusal of a cell, in the hotel's words.
    pub(super) fn new(refused: &Refused, sold: &Sold) -> Self {
        let plan = |id| sold.rate_plans.get(&id).cloned().unwrap_or_default();
        let cell = Cell {
            room_type: sold
                .room_types
                .get(&refused.room_type)
                .cloned()
                .unwrap_or_default(),
            rate_plan: refused.rate_plan.map(plan),
            night: refused.night,
        };
        match refused.why {
            Why::BelowSold { taken, limit } => Self::BelowSold { cell, taken, limit },
            Why::NoPrice => Self::NoPrice { cell },
            Why::Derived { parent } => Self::DerivedPrice {
                cell,
                parent: plan(parent),
            },
            Why::ChangedSince => Self::ChangedSince { cell },
        }
    }
}

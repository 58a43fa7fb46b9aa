//! Why an entry of the catalogue was not changed.

use jiff::civil::Date;

use crate::app::{AppError, Refusal};

/// A sentence for the caller.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CatalogueRefusal {
    #[error("there is a hotel `{code}` already")]
    SlugTaken { code: String },
    #[error("the hotel has a {noun} `{code}` already")]
    CodeTaken { noun: &'static str, code: String },
    #[error(
        "{by} refer to the {noun}, and they count even where they have ended: deactivate it with `active: false`"
    )]
    InUse { noun: &'static str, by: String },
    #[error(
        "{taken} units of the extra `{extra}` are sold or held on {day}, and it would have {capacity}"
    )]
    BelowTaken {
        extra: String,
        day: Date,
        taken: i32,
        capacity: i32,
    },
    #[error("the rate plan `{plan}` would derive from itself")]
    Circle { plan: String },
    #[error(
        "`{room_type}` is not sold under the rate plan `{parent}`, which the prices would come from"
    )]
    ParentNotSold { room_type: String, parent: String },
}

impl CatalogueRefusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CodeTaken { .. } | Self::SlugTaken { .. } => "code_taken",
            Self::InUse { .. } => "in_use",
            Self::BelowTaken { .. } => "below_sold",
            Self::Circle { .. } => "derivation_circle",
            Self::ParentNotSold { .. } => "parent_not_sold",
        }
    }
}

impl From<CatalogueRefusal> for AppError {
    fn from(refusal: CatalogueRefusal) -> Self {
        Refusal::from(refusal).into()
    }
}

//! What stands in the way: a night, or a day of an extra.

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::ProductCell;

/// A room type's or product's night, or an extra's day.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub(in crate::http) struct Conflict {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_plan: Option<String>,
    #[schema(value_type = String, format = Date)]
    pub night: jiff::civil::Date,
}

impl Conflict {
    pub(super) fn of(room_type: String, night: jiff::civil::Date) -> Self {
        Self {
            room_type: Some(room_type),
            extra: None,
            rate_plan: None,
            night,
        }
    }

    pub(super) fn of_extra(extra: String, day: jiff::civil::Date) -> Self {
        Self {
            room_type: None,
            extra: Some(extra),
            rate_plan: None,
            night: day,
        }
    }
}

impl From<ProductCell> for Conflict {
    fn from(cell: ProductCell) -> Self {
        Self {
            room_type: Some(cell.room_type),
            extra: None,
            rate_plan: Some(cell.rate_plan),
            night: cell.night,
        }
    }
}

//! The calendar: allotments, prices and restrictions, night by night.

mod calendar;
mod changes;
mod edit;

use axum::http::HeaderMap;

use crate::app::ari::AriRefusal;
use crate::http::extract::if_match;
use crate::http::problem::{Conflict, Problem};

pub(super) use calendar::{__path_get_ari, get_ari};
pub(super) use changes::{
    __path_list_ari_changes, __path_undo_ari_change, list_ari_changes, undo_ari_change,
};
pub(super) use edit::{__path_edit_ari, edit_ari};

impl From<AriRefusal> for Problem {
    fn from(refusal: AriRefusal) -> Self {
        let detail = refusal.to_string();
        let (code, title) = (refusal.code(), "The calendar was not changed");
        let mut problem = match refusal {
            AriRefusal::VersionChanged { .. } => Self::precondition_failed(code, title, detail),
            _ => Self::conflict(code, title, detail),
        };
        problem.conflict = refusal.cell().map(|cell| {
            Box::new(Conflict {
                room_type: Some(cell.room_type.clone()),
                extra: None,
                rate_plan: cell.rate_plan.clone(),
                night: cell.night,
            })
        });
        problem
    }
}

/// The version that `If-Match` insists on: the part of our ETag before the dash.
fn version(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(text) = if_match(headers)? else {
        return Ok(None);
    };
    if text == "*" {
        return Ok(None);
    }
    let number = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .and_then(|tag| tag.split('-').next());
    number
        .and_then(|number| number.parse().ok())
        .map(Some)
        .ok_or_else(Problem::version_malformed)
}

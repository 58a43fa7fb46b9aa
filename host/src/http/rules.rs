//! What a hotel decides about its reservations.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{self, reservations};
use crate::domain::access::Scope;
use crate::domain::rules::{Aging, BookingRules, NoShowKeeps};
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::NoQuery;
use crate::http::json_body::JsonBody;
use crate::http::problem::Problem;

/// A hotel's rules, as a whole.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"tentative": {"alert_after_hours": 24, "escalate_after_hours": 48, "release_after_hours": null},
    "no_show_keeps": "first_night", "notify_guests": true, "waitlist_hold_minutes": 240}))]
pub(super) struct RulesBody {
    pub tentative: AgingBody,
    /// `first_night` or `whole_stay`: which nights stay taken when the guest does not come.
    pub no_show_keeps: String,
    /// Whether guests are written to where staff don't say otherwise.
    pub notify_guests: bool,
    /// How many minutes units are kept for whoever waited for them, 10080 at most; null: staff are told, and nothing is
    /// kept.
    pub waitlist_hold_minutes: Option<u16>,
}

/// A week.
const MOST_MINUTES: u16 = 10_080;

/// How many hours a tentative reservation waits before each stage; null: for ever.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AgingBody {
    /// Staff are told.
    pub alert_after_hours: Option<u16>,
    /// Staff are told again.
    pub escalate_after_hours: Option<u16>,
    /// Its units are free again, and the guest is told. A channel's reservation is never released.
    pub release_after_hours: Option<u16>,
}

impl From<BookingRules> for RulesBody {
    fn from(rules: BookingRules) -> Self {
        Self {
            tentative: AgingBody {
                alert_after_hours: rules.aging.alert_after,
                escalate_after_hours: rules.aging.escalate_after,
                release_after_hours: rules.aging.release_after,
            },
            no_show_keeps: rules.no_show_keeps.as_str().to_owned(),
            notify_guests: rules.notify_guests,
            waitlist_hold_minutes: rules.waitlist_hold_minutes,
        }
    }
}

impl RulesBody {
    fn parse(&self) -> Result<BookingRules, Problem> {
        let aging = Aging {
            alert_after: self.tentative.alert_after_hours,
            escalate_after: self.tentative.escalate_after_hours,
            release_after: self.tentative.release_after_hours,
        };
        let stages = [aging.alert_after, aging.escalate_after, aging.release_after];
        if stages.contains(&Some(0)) || !aging.in_order() {
            let message = "hours are 1 or more, and the stages come in their order";
            return Err(Problem::invalid("/tentative", message));
        }
        let minutes = self.waitlist_hold_minutes;
        if minutes.is_some_and(|minutes| !(1..=MOST_MINUTES).contains(&minutes)) {
            let message = format!("is 1 to {MOST_MINUTES} minutes, or null");
            return Err(Problem::invalid("/waitlist_hold_minutes", message));
        }
        Ok(BookingRules {
            aging,
            no_show_keeps: NoShowKeeps::parse(&self.no_show_keeps).ok_or_else(|| {
                Problem::invalid("/no_show_keeps", "is `first_night` or `whole_stay`")
            })?,
            notify_guests: self.notify_guests,
            waitlist_hold_minutes: minutes,
        })
    }
}

/// What the hotel decided about its reservations.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/booking-rules", tag = "Reservations", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id")), responses(
    (status = 200, body = RulesBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
pub(super) async fn get_rules(
    State(state): State<HttpState>,
    at: AtHotel,
    _query: NoQuery,
) -> Result<axum::Json<RulesBody>, Problem> {
    let hotel = at.require(Scope::ReservationsRead)?;
    Ok(axum::Json(
        reservations::rules(&state.app, hotel).await?.into(),
    ))
}

/// Decides anew about the hotel's reservations, all rules at once: one that may be null and is left out is null.
#[utoipa::path(put, path = "/v1/hotels/{hotel}/booking-rules", tag = "Reservations", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id")), request_body = RulesBody, responses(
    (status = 200, body = RulesBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn set_rules(
    State(state): State<HttpState>,
    at: AtHotel,
    body: JsonBody,
) -> Result<axum::Json<RulesBody>, Problem> {
    let hotel = at.require(Scope::ReservationsManage)?;
    let request: RulesBody = body.parse()?;
    let verb = reservations::SetRules {
        rules: request.parse()?,
        actor: at.caller.actor(),
    };
    app::perform(&state.app, hotel.id, &verb).await?;
    Ok(axum::Json(request))
}

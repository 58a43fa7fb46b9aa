//! Quotes.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::quotes::{self, MAX_LINES, MAX_UNITS, WantedLine};
use crate::domain::access::Scope;
use crate::domain::quote::Quote;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::json_body::JsonBody;
use crate::http::problem::{Problem, success};
use crate::http::wire::{self, BillBody, LineBody, LineExtra, LocalDate, MoneyBody};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"lines": [{"room_type": "DBL", "rate_plan": "BAR", "check_in": "2026-12-24",
    "check_out": "2026-12-27", "adults": 2, "children_ages": [4]}]}))]
pub(super) struct QuoteRequest {
    pub lines: Vec<LineRequest>,
    /// In capitals or not; it counts for every line that it is for.
    #[serde(default)]
    #[schema(max_length = 32, examples("SPRING"))]
    pub promo_code: Option<String>,
}

/// So many units of a product for a stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LineRequest {
    /// The room type's code.
    #[schema(examples("DBL"))]
    pub room_type: String,
    /// The rate plan's code.
    #[schema(examples("BAR"))]
    pub rate_plan: String,
    pub check_in: LocalDate,
    /// The day of departure: at most 90 nights later.
    pub check_out: LocalDate,
    #[serde(default = "one")]
    #[schema(default = 1, minimum = 1, maximum = 100)]
    pub units: u32,
    /// Adults in each unit.
    #[serde(default = "two")]
    #[schema(default = 2)]
    pub adults: u16,
    #[serde(default)]
    pub children_ages: Vec<u8>,
    /// An accessible room is needed, so none is held back.
    #[serde(default)]
    pub accessible: bool,
    /// The code of a package that comes with it.
    pub package: Option<String>,
    /// What else comes with it.
    #[serde(default)]
    pub extras: Vec<LineExtra>,
}

fn one() -> u32 {
    1
}

fn two() -> u16 {
    2
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuoteBody {
    /// What `holds` takes. Signed: it cannot be changed.
    pub quote: String,
    pub lines: Vec<LineBody>,
    /// The promo code that prices are with, as the hotel writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promo_code: Option<String>,
    /// What it takes off the nights of all lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<MoneyBody>,
    #[serde(flatten)]
    pub bill: BillBody,
    /// Until then it is bookable at this price, while units last.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// A signed price for lines that are all for sale. Nothing is taken yet.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/quotes", tag = "Offers", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id")), request_body = QuoteRequest, responses(
    (status = 201, body = QuoteBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`sold_out`, `not_sellable`, `promo_code_invalid`, `promo_code_used_up`", body = Problem),
    (status = 422, body = Problem)))]
pub(super) async fn create_quote(
    State(state): State<HttpState>,
    at: AtHotel,
    body: JsonBody,
) -> Result<(success::Status, axum::Json<QuoteBody>), Problem> {
    let hotel = at.require(Scope::OffersRead)?;
    let request: QuoteRequest = body.parse()?;
    let promo_code = wire::promo_code("/promo_code", request.promo_code.as_deref())?;
    let wanted = wanted(request.lines)?;
    let quote = quotes::quote(&state.app, hotel, &wanted, promo_code).await?;
    let bill = quote
        .bill()
        .ok_or_else(|| Problem::invalid("/lines", "the total is beyond every price"))?;
    let body = QuoteBody {
        quote: quotes::sign(&state.app.gateway, &quote),
        lines: lines(&quote),
        promo_code: quote.promo_code.clone(),
        discount: wire::discount_of(&quote.lines, quote.currency),
        bill: BillBody::new(&bill, quote.currency),
        expires_at: quote.expires_at,
    };
    Ok((success::CREATED, axum::Json(body)))
}

fn lines(quote: &Quote) -> Vec<LineBody> {
    let body = |line| LineBody::new(line, quote.currency);
    quote.lines.iter().map(body).collect()
}

fn wanted(lines: Vec<LineRequest>) -> Result<Vec<WantedLine>, Problem> {
    if !(1..=MAX_LINES).contains(&lines.len()) {
        return Err(Problem::invalid(
            "/lines",
            format!("a quote has 1 to {MAX_LINES} lines"),
        ));
    }
    lines
        .into_iter()
        .enumerate()
        .map(|(number, line)| {
            let pointer = format!("/lines/{number}/");
            if !(1..=MAX_UNITS).contains(&line.units) {
                return Err(Problem::invalid(
                    format!("{pointer}units"),
                    format!("a line has 1 to {MAX_UNITS} units"),
                ));
            }
            Ok(WantedLine {
                stay: wire::stay(&pointer, line.check_in, line.check_out)?,
                party: wire::party(&pointer, line.adults, line.children_ages)?,
                room_type: line.room_type,
                rate_plan: line.rate_plan,
                units: line.units,
                accessible: line.accessible,
                extras: wire::extras(&pointer, line.extras)?,
                package: line.package,
            })
        })
        .collect()
}

//! Mappings of a connection: what is wrong with those in force, and which suggest themselves. They are changed in the
//! configuration's file of mappings, so nothing here writes.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::mappings::{self, Discovery};
use crate::domain::connector::ProductCode;
use crate::domain::ids::{RatePlanId, RoomTypeId};
use crate::domain::mapping::{self, Severity};
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::connections::{ConnectionPath, channel};
use crate::http::extract::{NoQuery, Path};
use crate::http::problem::Problem;

/// Our product, by its codes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OurProductBody {
    #[schema(examples("DBL"))]
    pub room_type: String,
    #[schema(examples("BAR"))]
    pub rate_plan: String,
}

/// The channel's product, by its codes, with its names where the channel sells it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TheirProductBody {
    pub external_room: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_name: Option<String>,
}

/// Something that is wrong with a mapping.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MappingProblemBody {
    /// `unknown_room`, `unknown_rate`, `currency`, `shared_room`, `child_rate`, `inactive`, `too_many_guests` or
    /// `too_few_guests`.
    pub code: &'static str,
    /// `error`: what is pushed is refused, or sold as something else. `warning`: it works, and a person should know.
    pub severity: &'static str,
    pub message: String,
}

impl From<&mapping::Problem> for MappingProblemBody {
    fn from(problem: &mapping::Problem) -> Self {
        Self {
            code: problem.code(),
            severity: problem.severity().as_str(),
            message: problem.to_string(),
        }
    }
}

/// A mapping in force.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MappingBody {
    #[serde(flatten)]
    pub ours: OurProductBody,
    #[serde(flatten)]
    pub theirs: TheirProductBody,
    pub problems: Vec<MappingProblemBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MappingsBody {
    /// Whether no mapping has an error; there may be warnings.
    pub sound: bool,
    /// In the order of our codes.
    pub mappings: Vec<MappingBody>,
}

/// The mappings in force, each with what is wrong with it by what the channel sells at this moment.
///
/// They are changed in the mappings file that the configuration names.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/connections/{connection}/mappings", tag = "Channels",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("connection" = String, Path, description = "The connection's name or id")), responses(
    (status = 200, body = MappingsBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, description = "`connection_disabled`, `not_a_channel`", body = Problem),
    (status = 502, description = "`channel_failed`", body = Problem)))]
pub(super) async fn list_mappings(
    State(state): State<HttpState>,
    at: AtHotel,
    _query: NoQuery,
    Path(path): Path<ConnectionPath>,
) -> Result<Json<MappingsBody>, Problem> {
    let connection = channel(&state, &at, &path).await?;
    let found = mappings::discover(&state.app, at.hotel.id, connection.id).await?;
    let problems = found.problems(&found.mappings);
    let wrong = |problem: &mapping::Problem| problem.severity() == Severity::Error;
    let sound = !problems.iter().flatten().any(wrong);
    let pairs = found.mappings.iter().zip(&problems);
    let mappings = pairs
        .map(|(mapping, problems)| MappingBody {
            ours: ours(&found, mapping.room_type, mapping.rate_plan),
            theirs: theirs(&found, &mapping.code),
            problems: problems.iter().map(MappingProblemBody::from).collect(),
        })
        .collect();
    Ok(Json(MappingsBody { sound, mappings }))
}

/// A mapping that nobody has made yet.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SuggestionBody {
    #[serde(flatten)]
    pub ours: OurProductBody,
    #[serde(flatten)]
    pub theirs: TheirProductBody,
    /// 50 to 100; below 70 it needs a look.
    #[schema(minimum = 50, maximum = 100)]
    pub confidence: u8,
    /// Why these two, for whoever decides.
    pub reason: String,
}

/// The channel's product that is neither mapped nor suggested.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TheirLeftBody {
    #[serde(flatten)]
    pub theirs: TheirProductBody,
    /// Why, such as that the channel derives it from another rate.
    pub reason: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SuggestionsBody {
    /// In the order of our codes.
    pub suggestions: Vec<SuggestionBody>,
    /// Ours that are for sale, and neither mapped nor suggested.
    pub ours_left: Vec<OurProductBody>,
    pub theirs_left: Vec<TheirLeftBody>,
}

/// Mappings for what is not mapped yet, by names, codes, guests and meals. The same products give the same suggestions.
///
/// Nothing is changed: what is right goes into the mappings file that the configuration names.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/connections/{connection}/mappings/suggestions", tag = "Channels",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("connection" = String, Path, description = "The connection's name or id")), responses(
    (status = 200, body = SuggestionsBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, description = "`connection_disabled`, `not_a_channel`", body = Problem),
    (status = 502, description = "`channel_failed`", body = Problem)))]
pub(super) async fn suggest_mappings(
    State(state): State<HttpState>,
    at: AtHotel,
    _query: NoQuery,
    Path(path): Path<ConnectionPath>,
) -> Result<Json<SuggestionsBody>, Problem> {
    let connection = channel(&state, &at, &path).await?;
    let found = mappings::discover(&state.app, at.hotel.id, connection.id).await?;
    let suggested = found.suggestions();
    Ok(Json(SuggestionsBody {
        suggestions: suggested
            .rows
            .into_iter()
            .map(|row| SuggestionBody {
                ours: ours(&found, row.mapping.room_type, row.mapping.rate_plan),
                theirs: theirs(&found, &row.mapping.code),
                confidence: row.confidence,
                reason: row.reason,
            })
            .collect(),
        ours_left: suggested
            .ours
            .into_iter()
            .map(|(room_type, rate_plan)| ours(&found, room_type, rate_plan))
            .collect(),
        theirs_left: suggested
            .theirs
            .into_iter()
            .map(|left| TheirLeftBody {
                theirs: theirs(&found, &left.code),
                reason: left.why,
            })
            .collect(),
    }))
}

/// A product that went while it was asked about has no codes to show.
fn ours(found: &Discovery, room_type: RoomTypeId, rate_plan: RatePlanId) -> OurProductBody {
    let product = found.product(room_type, rate_plan);
    let codes = product.map(|one| (one.room_type.code.clone(), one.rate_plan.code.clone()));
    let (room_type, rate_plan) = codes.unwrap_or_default();
    OurProductBody {
        room_type,
        rate_plan,
    }
}

fn theirs(found: &Discovery, code: &ProductCode) -> TheirProductBody {
    let product = found.channel_product(code);
    TheirProductBody {
        external_room: code.room.clone(),
        external_rate: code.rate.clone(),
        room_name: product.map(|one| one.room_name.clone()),
        rate_name: product.and_then(|one| one.rate_name.clone()),
    }
}

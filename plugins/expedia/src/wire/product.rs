//! The product API's JSON.

use serde::Deserialize;

/// One thing, or a list of them, in its envelope.
#[derive(Debug, Deserialize)]
pub(crate) struct Entity<T> {
    pub(crate) entity: T,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Property {
    pub(crate) name: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) pricing_model: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoomType {
    pub(crate) resource_id: u64,
    pub(crate) name: Option<Name>,
    pub(crate) status: Option<String>,
    pub(crate) max_occupancy: Option<Occupancy>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Name {
    pub(crate) value: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Occupancy {
    pub(crate) total: Option<u16>,
    pub(crate) adults: Option<u16>,
}

/// A rate plan is sold under one id for each model of payment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RatePlan {
    pub(crate) resource_id: u64,
    pub(crate) name: Option<String>,
    pub(crate) status: Option<String>,
    #[serde(default)]
    pub(crate) distribution_rules: Vec<DistributionRule>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DistributionRule {
    /// The id that messages name.
    pub(crate) expedia_id: Option<String>,
    /// False where the rate follows the other one's.
    pub(crate) manageable: Option<bool>,
}

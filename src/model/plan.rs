use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::MicroUsd;

/// What a run of a region would take, in each of the provider's ways, and what there is to spend.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The region's name.
    pub region: String,
    /// The provider's name.
    pub provider: String,
    /// Square kilometres.
    pub area_km2: f64,
    /// Pieces of the region.
    pub tiles: u64,
    /// When the last complete run ended.
    pub last_complete: Option<DateTime<Utc>>,
    /// A run that would be gone on with.
    pub unfinished: Option<UnfinishedRun>,
    /// One for each way in which the provider can be asked, its usual one first.
    pub methods: Vec<MethodPlan>,
    /// What was spent this month, of UTC.
    pub month: MonthSpent,
    /// What is left of it.
    pub left: Left,
}

/// A run that is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnfinishedRun {
    /// Our id of it.
    pub run_id: Uuid,
    /// When it was begun.
    pub begun_at: DateTime<Utc>,
    /// Pieces that are done.
    pub tiles_done: u64,
    /// Pieces.
    pub tiles: u64,
    /// Attempts so far.
    pub requests: u64,
    /// Their list price.
    #[serde(rename = "cost_usd", serialize_with = "usd")]
    pub cost: MicroUsd,
}

/// What one way of asking would take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MethodPlan {
    /// Its name in the settings.
    pub method: String,
    /// It is the one that a sync of the region would ask by.
    pub chosen: bool,
    /// Requests that have a price.
    pub paid: Span,
    /// Requests that are free by the price list.
    pub free: Span,
    /// List price in millionths of a US dollar, before free allowances.
    #[serde(rename = "cost_usd", serialize_with = "span_usd")]
    pub cost: Span,
    /// What it is reckoned from.
    pub basis: Basis,
    /// Every so-manieth piece of the region was reckoned, and the rest taken to be like it; 1 for all of them.
    pub every: u64,
}

/// From the least to the most that is to be expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Span {
    /// The least.
    pub least: u64,
    /// The most.
    pub most: u64,
}

/// What a plan is reckoned from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum Basis {
    /// The venues of the last complete run: the least is what a run takes if nothing has changed, the most if a tenth has.
    Learned {
        /// How many.
        venues: u64,
    },
    /// The venues that are stored of the region, of this provider or another one; no run has been complete.
    Stored {
        /// Whose.
        provider: String,
        /// How many.
        venues: u64,
    },
    /// Nothing but the region's area: from next to no venue to an inner city's density.
    Area,
}

/// What was spent in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct MonthSpent {
    /// For answers of this region.
    pub region: Spent,
    /// By the provider's account, over all regions and failed attempts.
    pub provider: Spent,
    /// The provider's requests today, of UTC.
    pub requests_today: u64,
}

/// Requests and their list price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Spent {
    /// Attempts.
    pub requests: u64,
    /// Those of them that are free by the price list.
    pub requests_free: u64,
    /// List price.
    #[serde(rename = "cost_usd", serialize_with = "usd")]
    pub cost: MicroUsd,
}

/// What may still be spent this month; none where nobody set a limit.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Left {
    /// Of `max_requests_per_day`, or of the provider's own limit.
    pub requests_today: Option<u64>,
    /// Of `max_requests_per_month`.
    pub requests: Option<u64>,
    /// Of `max_cost_per_month`.
    #[serde(rename = "cost_usd", serialize_with = "some_usd")]
    pub cost: Option<MicroUsd>,
    /// Of what the provider gives for nothing.
    pub allowances: Vec<AllowanceLeft>,
    /// Where the price list stands and of which day it is.
    pub price_list: Option<String>,
}

/// What is left of one free allowance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllowanceLeft {
    /// The provider's name for what it is for.
    pub name: String,
    /// Requests a month.
    pub of: u64,
    /// Those of them that this database knows of no use of.
    pub left: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn usd<S: Serializer>(cost: &MicroUsd, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(cost.usd())
}

#[expect(clippy::ref_option, reason = "serde hands out references")]
fn some_usd<S: Serializer>(cost: &Option<MicroUsd>, serializer: S) -> Result<S::Ok, S::Error> {
    cost.map(MicroUsd::usd).serialize(serializer)
}

fn span_usd<S: Serializer>(cost: &Span, serializer: S) -> Result<S::Ok, S::Error> {
    let usd = |micro: u64| MicroUsd(i64::try_from(micro).unwrap_or(i64::MAX)).usd();
    [("least", usd(cost.least)), ("most", usd(cost.most))]
        .into_iter()
        .collect::<std::collections::BTreeMap<_, _>>()
        .serialize(serializer)
}

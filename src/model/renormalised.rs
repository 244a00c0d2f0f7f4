use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::Reject;

/// What cleaning kept rows again came to, with today's rules.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Renormalised {
    /// The region, where it was not all.
    pub region: Option<String>,
    /// Whose rows.
    pub provider: String,
    /// Nothing was written.
    pub dry_run: bool,
    /// The end was reached: nothing stopped it.
    pub complete: bool,
    /// Rows looked at: the sum of the three that follow.
    pub kept: u64,
    /// Venues that are another now, or would be.
    pub updated: u64,
    /// Venues as they were.
    pub unchanged: u64,
    /// Rows that are no venue by today's rules. Their venues stay as they are.
    pub rejected: u64,
    /// In how many venues each field differs.
    pub fields: BTreeMap<&'static str, u64>,
    /// The first of the venues that differ.
    pub differences: Vec<VenueDifference>,
    /// The first of the rows that were refused.
    pub rejects: Vec<Reject>,
    /// How long it took.
    pub duration_ms: u64,
}

/// A venue before and after.
#[derive(Debug, Clone, Serialize)]
pub struct VenueDifference {
    /// The provider's id.
    pub provider_id: String,
    /// Its name, as it was.
    pub name: String,
    /// What differs.
    pub fields: Vec<FieldDifference>,
}

/// One field before and after. As text: trees of all the hours that an answer changed would take many times the room.
#[derive(Debug, Clone, Serialize)]
pub struct FieldDifference {
    /// The column; `position` is both of its two.
    pub field: &'static str,
    /// As it was.
    pub before: Box<RawValue>,
    /// As it is, or would be.
    pub after: Box<RawValue>,
}

//! Which venues a complete run should have seen.

use serde_json::Value;

use super::learn::Kinds;
use crate::coverage::{self, Region};
use crate::model::{BoundingBox, CappedSpot, Position};
use crate::provider::Provider;

/// What a run asked for: where, and which kinds.
pub struct Expectation {
    region: Region,
    kinds: Kinds,
}

impl Expectation {
    /// `words` are the provider's, for these types.
    pub(super) fn new(region: Region, provider: &dyn Provider, types: &[String], words: &[String]) -> Self {
        Self { region, kinds: Kinds::new(provider, types, words) }
    }

    /// From what is kept with a run (`parameters`); none where another version kept it in a form of its own.
    pub fn of_run(provider: &dyn Provider, parameters: &Value) -> Option<Self> {
        let list = |name: &str| serde_json::from_value::<Vec<String>>(parameters.get(name)?.clone()).ok();
        let region = serde_json::from_value(parameters.get("region")?.clone()).ok()?;
        let method = parameters.get("method").and_then(Value::as_str).unwrap_or_default();
        let by_method = provider.by(method);
        Some(Self::new(region, by_method.as_deref().unwrap_or(provider), &list("types")?, &list("words")?))
    }

    /// Round the region; may cross the antimeridian.
    pub fn bounds(&self) -> BoundingBox {
        self.region.bounds()
    }

    /// Whether a venue lies in the region and in none of the spots that may hide it, and is of the kinds that are asked for. Where that
    /// cannot be told from its categories it was asked for when it was last seen, and so it is now.
    pub fn holds(&self, place: Position, categories: &[String], capped: &[CappedSpot]) -> bool {
        self.region.contains(place)
            && self.kinds.sort(categories).is_some()
            && !capped.iter().any(|spot| coverage::distance_m(spot.position, place) <= spot.radius_m)
    }
}

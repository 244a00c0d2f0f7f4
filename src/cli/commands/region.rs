use super::failure::Failure;
use crate::cli::settings::area::RegionShape;
use crate::cli::settings::scope::Scope;
use crate::coverage::{Region, RegionError};
use crate::model::Position;

/// A region as the settings describe it, understood.
pub(super) fn region(shape: &RegionShape) -> Result<Region, RegionError> {
    match shape {
        RegionShape::Bbox(area) => Region::from_bbox(area.west, area.south, area.east, area.north),
        RegionShape::Circle { lat, lng, radius_m } => Region::from_circle(Position::new(*lat, *lng)?, *radius_m),
        RegionShape::GeoJson { text, .. } => Region::from_geojson(text),
    }
}

/// The region of a scope, by its name; none where everywhere is meant.
pub(super) fn of_scope(scope: &Scope) -> Result<Option<(&String, Region)>, Failure> {
    let understood = |(name, shape)| match region(shape) {
        Ok(region) => Ok((name, region)),
        Err(source) => Err(Failure::Region { region: format!("region `{name}`"), source }),
    };
    scope.region.as_ref().map(|(name, shape)| (name, shape)).map(understood).transpose()
}

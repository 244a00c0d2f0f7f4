use crate::cli::settings::area::RegionShape;
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

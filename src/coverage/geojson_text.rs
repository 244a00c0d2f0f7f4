//! `GeoJSON` text → plain rings of `[lng, lat]`.

use std::str::FromStr;

use geojson::{Feature, GeoJson, GeometryValue};

/// Polygons, each an outer ring and its holes, each ring its positions as `[lng, lat]`.
pub(super) type Rings = Vec<Vec<Vec<[f64; 2]>>>;

/// Why a text is no drawing of an area.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Not JSON, or not `GeoJSON`.
    #[error("not GeoJSON ({reason}); save the region as a Polygon, MultiPolygon, Feature or FeatureCollection")]
    NotGeoJson {
        /// What the reader stumbled over.
        reason: String,
    },
    /// A point or a line.
    #[error("a {kind} is no area; draw the region as a Polygon or MultiPolygon and remove the rest")]
    NoArea {
        /// The geometry's type.
        kind: &'static str,
    },
    /// Features without any geometry.
    #[error("the GeoJSON holds no polygon; draw the region as a Polygon or MultiPolygon")]
    Nothing,
}

pub(super) fn read(text: &str) -> Result<Rings, TextError> {
    let drawing = GeoJson::from_str(text).map_err(|error| TextError::NotGeoJson { reason: error.to_string() })?;
    let mut rings = Rings::new();
    match drawing {
        GeoJson::Geometry(geometry) => collect(geometry.value, &mut rings)?,
        GeoJson::Feature(feature) => collect_feature(feature, &mut rings)?,
        GeoJson::FeatureCollection(collection) => {
            for feature in collection.features {
                collect_feature(feature, &mut rings)?;
            }
        }
    }
    if rings.is_empty() { Err(TextError::Nothing) } else { Ok(rings) }
}

fn collect_feature(feature: Feature, rings: &mut Rings) -> Result<(), TextError> {
    feature.geometry.map_or(Ok(()), |geometry| collect(geometry.value, rings))
}

fn collect(value: GeometryValue, rings: &mut Rings) -> Result<(), TextError> {
    match value {
        GeometryValue::Polygon { coordinates } => rings.push(plain(&coordinates)),
        GeometryValue::MultiPolygon { coordinates } => rings.extend(coordinates.iter().map(|one| plain(one))),
        GeometryValue::GeometryCollection { geometries } => {
            for geometry in geometries {
                collect(geometry.value, rings)?;
            }
        }
        other => return Err(TextError::NoArea { kind: other.type_name() }),
    }
    Ok(())
}

fn plain(polygon: &[Vec<geojson::Position>]) -> Vec<Vec<[f64; 2]>> {
    polygon.iter().map(|ring| ring.iter().map(|place| [place[0], place[1]]).collect()).collect()
}

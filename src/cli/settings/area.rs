//! Which part of the world a region is, as written: the numbers are checked for what they mean where areas are understood.

use std::fmt;
use std::path::PathBuf;

use crate::cli::args::{Numbers, NumbersError};
use crate::model::BoundingBox;

/// An area as written in settings or flags.
#[derive(Debug, Clone, PartialEq)]
pub enum AreaSetting {
    /// A box.
    Bbox(BoundingBox),
    /// A disk.
    Circle {
        /// Latitude of the centre, degrees.
        lat: f64,
        /// Longitude of the centre, degrees.
        lng: f64,
        /// Metres.
        radius_m: f64,
    },
    /// A file with a polygon.
    GeoJson(PathBuf),
}

/// A region's shape, with all that is needed to understand it.
#[derive(Debug, Clone, PartialEq)]
pub enum RegionShape {
    /// A box; nothing is known of its numbers but that they are finite.
    Bbox(BoundingBox),
    /// A disk; nothing is known of its numbers but that they are finite.
    Circle {
        /// Latitude of the centre, degrees.
        lat: f64,
        /// Longitude of the centre, degrees.
        lng: f64,
        /// Metres.
        radius_m: f64,
    },
    /// A polygon's file, read but not understood.
    GeoJson {
        /// For messages.
        path: PathBuf,
        /// What is in it.
        text: String,
    },
}

/// Why an area cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AreaError {
    /// `near:` or `bbox:` with something else behind it.
    #[error("`{name}` is not the name of an area: {reason}; the form is {form}")]
    Name {
        /// As written.
        name: String,
        /// The form it should have.
        form: &'static str,
        /// What is wrong.
        reason: NumbersError,
    },
    /// A polygon's file cannot be read.
    #[error("cannot read the polygon of region `{region}` from {}", path.display())]
    File {
        /// The region.
        region: String,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl AreaSetting {
    /// From west, south, east, north.
    pub fn bbox([west, south, east, north]: [f64; 4]) -> Self {
        // A sum with zero turns -0 into 0, so that one place has one name.
        Self::Bbox(BoundingBox { south: south + 0.0, west: west + 0.0, north: north + 0.0, east: east + 0.0 })
    }

    /// From latitude, longitude and metres.
    pub fn circle([lat, lng]: [f64; 2], radius_m: f64) -> Self {
        Self::Circle { lat: lat + 0.0, lng: lng + 0.0, radius_m }
    }

    /// Reads a name of the forms `near:LAT,LNG,METRES` and `bbox:W,S,E,N`; none if it has another form.
    pub fn of_name(name: &str) -> Option<Result<Self, AreaError>> {
        let wrong = |form| move |reason| AreaError::Name { name: name.to_owned(), form, reason };
        if let Some(numbers) = name.strip_prefix("near:") {
            let circle = |Numbers([lat, lng, radius_m]): Numbers<3>| Self::circle([lat, lng], radius_m);
            return Some(numbers.parse().map(circle).map_err(wrong("near:LAT,LNG,METRES")));
        }
        let numbers = name.strip_prefix("bbox:")?;
        Some(numbers.parse().map(|Numbers(edges)| Self::bbox(edges)).map_err(wrong("bbox:WEST,SOUTH,EAST,NORTH")))
    }

    /// Reads what the shape needs from disk.
    pub fn load(&self, region: &str) -> Result<RegionShape, AreaError> {
        match self {
            Self::Bbox(bbox) => Ok(RegionShape::Bbox(*bbox)),
            Self::Circle { lat, lng, radius_m } => {
                Ok(RegionShape::Circle { lat: *lat, lng: *lng, radius_m: *radius_m })
            }
            Self::GeoJson(path) => match std::fs::read_to_string(path) {
                Ok(text) => Ok(RegionShape::GeoJson { path: path.clone(), text }),
                Err(source) => Err(AreaError::File { region: region.to_owned(), path: path.clone(), source }),
            },
        }
    }
}

impl fmt::Display for AreaSetting {
    /// The shortest text with the same meaning: the name of a region that has no other, so that its runs are found again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bbox(BoundingBox { south, west, north, east }) => write!(f, "bbox:{west},{south},{east},{north}"),
            Self::Circle { lat, lng, radius_m } => write!(f, "near:{lat},{lng},{radius_m}"),
            Self::GeoJson(path) => write!(f, "geojson:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_area_has_one_name_however_it_is_written() {
        for written in ["near:38.720,-9.14,1500", "near: 38.72, -9.140 ,1500.0", "near:+38.72,-9.14,15e2"] {
            assert_eq!(AreaSetting::of_name(written).unwrap().unwrap().to_string(), "near:38.72,-9.14,1500");
        }
        assert_eq!(AreaSetting::bbox([-0.0, 38.69, -9.09, 38.80]).to_string(), "bbox:0,38.69,-9.09,38.8");
    }

    #[test]
    fn a_wrong_name_says_which_number_and_which_form() {
        let error = AreaSetting::of_name("near:38.7,west,100").unwrap().unwrap_err().to_string();
        assert!(error.contains("`west`") && error.contains("near:LAT,LNG,METRES"), "{error}");
        let error = AreaSetting::of_name("bbox:1,2,3").unwrap().unwrap_err().to_string();
        assert!(error.contains("numbers needed: 4, separated by commas; given: 3"), "{error}");
        assert!(AreaSetting::of_name("lisbon").is_none());
    }

    #[test]
    fn a_missing_polygon_file_is_named() {
        let error = AreaSetting::GeoJson("/no/such.geojson".into()).load("lisbon").unwrap_err().to_string();
        assert!(error.contains("lisbon") && error.contains("/no/such.geojson"), "{error}");
    }

    proptest! {
        #[test]
        fn a_name_reads_back_as_the_same_area(numbers in prop::array::uniform4(-1e6..1e6)) {
            let bbox = AreaSetting::bbox(numbers);
            prop_assert_eq!(AreaSetting::of_name(&bbox.to_string()).unwrap().unwrap(), bbox);
            let circle = AreaSetting::circle([numbers[0], numbers[1]], numbers[2]);
            prop_assert_eq!(AreaSetting::of_name(&circle.to_string()).unwrap().unwrap(), circle);
        }
    }
}

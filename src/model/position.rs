use serde::{Deserialize, Serialize};

/// A place on the earth: WGS84 degrees, finite and in range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "LatLng", into = "LatLng")]
pub struct Position {
    lat: f64,
    lng: f64,
}

/// Why two numbers are not a position.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PositionError {
    /// NaN or infinite.
    #[error("latitude {lat}, longitude {lng}: not finite numbers")]
    NotFinite {
        /// The latitude as given.
        lat: f64,
        /// The longitude as given.
        lng: f64,
    },
    /// Latitude outside -90..=90.
    #[error("latitude {lat} is outside -90 to 90")]
    Latitude {
        /// The latitude as given.
        lat: f64,
    },
    /// Longitude outside -180..=180.
    #[error("longitude {lng} is outside -180 to 180")]
    Longitude {
        /// The longitude as given.
        lng: f64,
    },
}

impl Position {
    /// Checks and takes WGS84 degrees.
    pub fn new(lat: f64, lng: f64) -> Result<Self, PositionError> {
        if !lat.is_finite() || !lng.is_finite() {
            return Err(PositionError::NotFinite { lat, lng });
        }
        if !(-90.0..=90.0).contains(&lat) {
            return Err(PositionError::Latitude { lat });
        }
        if !(-180.0..=180.0).contains(&lng) {
            return Err(PositionError::Longitude { lng });
        }
        Ok(Self { lat, lng })
    }

    /// Latitude in degrees, -90 to 90.
    pub fn lat(self) -> f64 {
        self.lat
    }

    /// Longitude in degrees, -180 to 180.
    pub fn lng(self) -> f64 {
        self.lng
    }
}

#[derive(Serialize, Deserialize)]
struct LatLng {
    lat: f64,
    lng: f64,
}

impl TryFrom<LatLng> for Position {
    type Error = PositionError;

    fn try_from(value: LatLng) -> Result<Self, Self::Error> {
        Self::new(value.lat, value.lng)
    }
}

impl From<Position> for LatLng {
    fn from(value: Position) -> Self {
        Self { lat: value.lat, lng: value.lng }
    }
}

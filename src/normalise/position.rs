use crate::model::{Field, Position, RejectReason};

/// A position on the earth. Exactly 0,0 is what careless software writes for "unknown".
pub(super) fn position(given: &Field<(f64, f64)>) -> Result<Position, (RejectReason, String)> {
    let Field::Present((lat, lng)) = *given else {
        return Err((RejectReason::NoPosition, "no position (a business that comes to its customers?)".to_owned()));
    };
    if lat == 0.0 && lng == 0.0 {
        return Err((RejectReason::BadPosition, "exactly latitude 0, longitude 0".to_owned()));
    }
    // Adding zero turns -0 into 0.
    Position::new(lat + 0.0, lng + 0.0).map_err(|error| (RejectReason::BadPosition, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edges_of_the_earth_are_on_it() {
        for (lat, lng) in [(90.0, 0.0), (-90.0, 180.0), (0.0, -180.0), (0.0, 1e-9), (51.5, 0.0)] {
            let found = position(&Field::Present((lat, lng))).unwrap();
            assert_eq!((found.lat(), found.lng()), (lat, lng));
        }
        assert!(position(&Field::Present((-0.0, 1.0))).unwrap().lat().is_sign_positive());
    }

    #[test]
    fn what_is_not_on_the_earth_is_refused() {
        for (lat, lng) in [(0.0, -0.0), (90.1, 0.0), (0.0, 180.1), (f64::NAN, 1.0), (1.0, f64::INFINITY)] {
            assert_eq!(position(&Field::Present((lat, lng))).unwrap_err().0, RejectReason::BadPosition, "{lat},{lng}");
        }
        assert_eq!(position(&Field::Absent).unwrap_err().0, RejectReason::NoPosition);
    }
}

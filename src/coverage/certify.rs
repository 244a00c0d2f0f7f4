//! What one answer proves.

use super::sphere::{self, distance_m};
use crate::model::{AnswerSeen, Area, AreaShape, Ask, Certificate, Circle, Position, Ranking};

/// Part of a measured distance that is believed: the provider may measure on another sphere or on an ellipsoid.
const BELIEVED: f64 = 0.99;

/// Part believed of what directions alone can do (0.67 % on WGS84), used where rounding is counted separately.
const BELIEVED_UNROUNDED: f64 = 0.993;

/// Metres by which a returned position may lie beside the one that the provider compared: five decimals of a degree, rounded.
pub(super) const ROUNDING_M: f64 = 0.8;

/// Part by which a row may be nearer than the row before it and the order still counts as distance.
const ORDER_TOLERANCE: f64 = 0.015;

/// Part of the asked radius, and metres, by which a row may lie outside the asked circle and the circle still counts as honoured:
/// more than any ellipsoid and any rounding explain.
const BEYOND: f64 = 0.02;
const BEYOND_M: f64 = 5.0;

/// Metres beyond twice its own reach at which a row has nothing to do with the asked area: far more than a venue's position is ever
/// corrected by.
const ELSEWHERE_M: f64 = 1_000.0;

/// Rows elsewhere that no longer are a slip of one or two positions.
const FEW: usize = 2;

/// An answer to another question: most of its rows lie far from the asked area.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "{elsewhere} of {rows} rows of an answer lie far outside the area asked for, the first of them at {}, {}: the provider does not \
     keep to the area (is something on the way to it that drops parts of the request?)",
    first.lat(), first.lng()
)]
pub struct Elsewhere {
    /// Rows with a position.
    pub rows: usize,
    /// Those of them that lie elsewhere.
    pub elsewhere: usize,
    /// The first of those.
    pub first: Position,
}

/// What coverage has to know of an answer. `rows` are the positions in the answer's order, all pages together, `None` for a row
/// without a usable one.
///
/// The order is checked: where distances from the asked centre fall by more than 1.5 % (and more than rounded positions explain),
/// the ranking is not believed, and neither is it where a row lies clearly outside the asked circle, unless the provider takes that
/// as a wish. What cannot be found out from one answer is a provider that returns the wrong rows in the right order.
///
/// An answer that is mostly from elsewhere proves nothing, however few rows it has, and is an error: to ask such a provider for
/// smaller areas would only cost more. A row or two that lie elsewhere are rows like any other.
pub fn seen(
    ask: &Ask,
    rows: &[Option<Position>],
    truncated: bool,
    (shape, ranking): (AreaShape, Ranking),
) -> Result<AnswerSeen, Elsewhere> {
    if !matches!(shape, AreaShape::SoftCircle | AreaShape::SoftRectangle) {
        check_place(ask.area, rows)?;
    }
    let honoured = |circle: Circle, metres: f64| {
        shape == AreaShape::SoftCircle || metres <= circle.radius_m * (1.0 + BEYOND) + BEYOND_M
    };
    let outermost_m = match (ranking, ask.area) {
        (Ranking::Distance, Area::Circle(circle)) => outermost(circle.center, rows)
            .filter(|metres| honoured(circle, *metres))
            // Whole millimetres, downwards: the value survives any spelling as JSON.
            .map(|metres| (metres.min(circle.radius_m) * 1000.0).floor() / 1000.0),
        _ => None,
    };
    Ok(AnswerSeen {
        ask: ask.clone(),
        rows: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        truncated,
        outermost_m,
        fresh: None,
    })
}

fn check_place(area: Area, rows: &[Option<Position>]) -> Result<(), Elsewhere> {
    let (middle, reach_m) = match area {
        Area::Circle(circle) => (circle.center, circle.radius_m),
        Area::Rectangle(cell) => (sphere::middle(&cell), sphere::farthest_m(sphere::middle(&cell), &cell)),
    };
    let is_elsewhere = |place: &Position| distance_m(middle, *place) > 2.0 * reach_m + ELSEWHERE_M;
    let places: Vec<Position> = rows.iter().flatten().copied().collect();
    let elsewhere: Vec<Position> = places.iter().copied().filter(is_elsewhere).collect();
    match elsewhere.first() {
        Some(&first) if elsewhere.len() > FEW && 2 * elsewhere.len() > places.len() => {
            Err(Elsewhere { rows: places.len(), elsewhere: elsewhere.len(), first })
        }
        _ => Ok(()),
    }
}

/// What the answer proves: below the cap the whole area; at the cap, nearest first, the disk up to just before its outermost row
/// (0.99 of the distance, less still where rounded positions matter); otherwise nothing.
pub fn certify(seen: &AnswerSeen) -> Certificate {
    if !seen.truncated {
        return Certificate::Whole;
    }
    match seen.outermost_m.map(sure_m) {
        Some(radius_m) if radius_m > 0.0 => Certificate::Disk { radius_m },
        _ => Certificate::Nothing,
    }
}

/// Metres from the centre, measured by us, within which nothing can lie beyond `metres` measured by the provider.
pub(super) fn sure_m(metres: f64) -> f64 {
    (metres * BELIEVED).min(metres * BELIEVED_UNROUNDED - ROUNDING_M)
}

/// The radius to ask for so that an answer below the cap proves `metres`.
pub(super) fn asked_for_m(metres: f64) -> f64 {
    (metres / BELIEVED).max((metres + ROUNDING_M) / BELIEVED_UNROUNDED)
}

/// The largest distance, if the rows come nearest first.
fn outermost(center: Position, rows: &[Option<Position>]) -> Option<f64> {
    let mut largest: Option<f64> = None;
    for place in rows.iter().flatten() {
        let here = distance_m(center, *place);
        let before = largest.unwrap_or(0.0);
        if here < before * (1.0 - ORDER_TOLERANCE) - 2.0 * ROUNDING_M {
            return None;
        }
        largest = Some(before.max(here));
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::BoundingBox;

    /// Rows due north of the centre, at these distances in metres.
    fn rows(metres: &[f64]) -> Vec<Option<Position>> {
        let metres_in_a_degree = 111_195.08;
        metres.iter().map(|at| Some(Position::new(50.0 + at / metres_in_a_degree, 14.0).unwrap())).collect()
    }

    fn answer(metres: &[f64], truncated: bool, ranking: Ranking) -> AnswerSeen {
        let circle = Circle { center: Position::new(50.0, 14.0).unwrap(), radius_m: 1000.0 };
        seen(&Ask::rows(Area::Circle(circle), Vec::new()), &rows(metres), truncated, (AreaShape::Circle, ranking))
            .unwrap()
    }

    #[test]
    fn an_answer_below_the_cap_proves_the_whole_area_whatever_its_order() {
        assert_eq!(certify(&answer(&[], false, Ranking::Distance)), Certificate::Whole);
        assert_eq!(certify(&answer(&[900.0, 10.0], false, Ranking::Other)), Certificate::Whole);
    }

    #[test]
    fn a_full_answer_nearest_first_proves_a_little_less_than_its_outermost_row() {
        let far = answer(&[10.0, 400.0, 800.0], true, Ranking::Distance);
        let Certificate::Disk { radius_m } = certify(&far) else { panic!("{far:?}") };
        assert!((radius_m - 792.0).abs() < 0.01, "{radius_m}");
        // Near by, rounded positions weigh more than the earth's shape.
        let near = answer(&[1.0, 20.0], true, Ranking::Distance);
        let Certificate::Disk { radius_m } = certify(&near) else { panic!("{near:?}") };
        assert!((radius_m - 19.06).abs() < 0.01, "{radius_m}");
    }

    #[test]
    fn a_full_answer_at_one_point_or_without_an_order_proves_nothing() {
        assert_eq!(certify(&answer(&[0.0, 0.0, 0.0], true, Ranking::Distance)), Certificate::Nothing);
        assert_eq!(certify(&answer(&[10.0, 800.0], true, Ranking::Other)), Certificate::Nothing);
    }

    #[test]
    fn an_order_that_falls_is_not_believed_but_rounding_is() {
        assert_eq!(answer(&[10.0, 800.0, 700.0], true, Ranking::Distance).outermost_m, None);
        let rounded = answer(&[3.0, 2.0, 500.0, 496.0], true, Ranking::Distance).outermost_m.unwrap();
        assert!((rounded - 500.0).abs() < 0.01, "{rounded}");
    }

    #[test]
    fn rows_without_a_position_count_and_rows_just_beyond_the_area_prove_no_more_than_it() {
        let mut places = rows(&[10.0, 1010.0]);
        places.push(None);
        let circle = Circle { center: Position::new(50.0, 14.0).unwrap(), radius_m: 1000.0 };
        let ask = Ask::rows(Area::Circle(circle), Vec::new());
        let seen = seen(&ask, &places, true, (AreaShape::Circle, Ranking::Distance)).unwrap();
        assert_eq!((seen.rows, seen.outermost_m), (3, Some(1000.0)));
    }

    #[test]
    fn what_is_asked_for_a_proof_is_enough_for_it() {
        for metres in [0.5, 1.0, 30.0, 266.0, 268.0, 40_000.0] {
            assert!((sure_m(asked_for_m(metres)) - metres).abs() < 1e-6, "{metres}");
        }
    }

    #[test]
    fn rows_outside_what_was_asked_prove_nothing() {
        let center = Position::new(38.7, -9.1).unwrap();
        let ask = Ask::rows(Area::Circle(Circle { center, radius_m: 300.0 }), vec![]);
        let beside: Vec<_> = (0..20).map(|_| Position::new(38.706, -9.1).ok()).collect();
        let seen = seen(&ask, &beside, true, (AreaShape::Circle, Ranking::Distance)).unwrap();
        assert_eq!((seen.outermost_m, certify(&seen)), (None, Certificate::Nothing));
    }

    #[test]
    fn an_answer_from_elsewhere_is_none_however_few_its_rows() {
        let center = Position::new(38.7, -9.1).unwrap();
        let circle = Ask::rows(Area::Circle(Circle { center, radius_m: 300.0 }), vec![]);
        let cell = BoundingBox { south: 38.69, west: -9.12, north: 38.71, east: -9.1 };
        let cell = Ask::rows(Area::Rectangle(cell), vec![]);
        let (here, there) = (Position::new(38.7, -9.11).ok(), Position::new(37.77, -122.4).ok());
        let of = |ask: &Ask, rows: &[Option<Position>], shape| seen(ask, rows, false, (shape, Ranking::Other));
        for (ask, shape) in [(&circle, AreaShape::Circle), (&cell, AreaShape::Rectangle)] {
            let error = of(ask, &[there, there, None, there, here], shape).unwrap_err();
            assert_eq!((error.rows, error.elsewhere, Some(error.first)), (4, 3, there));
            assert!(error.to_string().contains("37.77, -122.4"), "{error}");
            // A slip or two of positions, and venues just beyond the edge, are rows like any other.
            for rows in [vec![there, there], vec![there, there, there, here, here, here], vec![]] {
                assert_eq!(certify(&of(ask, &rows, shape).unwrap()), Certificate::Whole);
            }
        }
        assert!(of(&circle, &[there, there, there], AreaShape::SoftCircle).is_ok(), "only a wish");
        assert!(of(&cell, &[there, there, there], AreaShape::SoftRectangle).is_ok(), "the middle of what touches it");
    }
}

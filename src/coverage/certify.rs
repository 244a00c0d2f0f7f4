//! What one answer proves.

use super::sphere::distance_m;
use crate::model::{AnswerSeen, Area, Ask, Certificate, Position, Ranking};

/// Part of a measured distance that is believed: the provider may measure on another sphere or on an ellipsoid.
const BELIEVED: f64 = 0.99;

/// Part believed of what directions alone can do (0.67 % on WGS84), used where rounding is counted separately.
const BELIEVED_UNROUNDED: f64 = 0.993;

/// Metres by which a returned position may lie beside the one that the provider compared: five decimals of a degree, rounded.
const ROUNDING_M: f64 = 0.8;

/// Part by which a row may be nearer than the row before it and the order still counts as distance.
const ORDER_TOLERANCE: f64 = 0.015;

/// What coverage has to know of an answer. `rows` are the positions in the answer's order, all pages together, `None` for a row
/// without a usable one.
///
/// The order is checked: where distances from the asked centre fall by more than 1.5 % (and more than rounded positions explain),
/// the ranking is not believed. What cannot be found out from one answer is a provider that returns the wrong rows in the right order.
pub fn seen(ask: &Ask, rows: &[Option<Position>], truncated: bool, ranking: Ranking) -> AnswerSeen {
    let outermost_m = match (ranking, ask.area) {
        (Ranking::Distance, Area::Circle(circle)) => outermost(circle.center, rows)
            // Whole millimetres, downwards: the value survives any spelling as JSON.
            .map(|metres| (metres.min(circle.radius_m) * 1000.0).floor() / 1000.0),
        _ => None,
    };
    AnswerSeen { ask: ask.clone(), rows: u32::try_from(rows.len()).unwrap_or(u32::MAX), truncated, outermost_m }
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

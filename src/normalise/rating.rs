use crate::model::{Field, RawRating, Repair};

/// A rating on the scale from 0 to 5; 0 is how some providers write "no ratings".
pub(super) fn out_of_five(given: Field<RawRating>, repairs: &mut Vec<Repair>) -> Field<f64> {
    given.and_then(|RawRating { value, out_of }| {
        if value == 0.0 {
            return None;
        }
        // NaN and an empty scale are in no range.
        if value > 0.0 && value <= out_of && out_of.is_finite() {
            return Some((value * (5.0 / out_of)).min(5.0));
        }
        repairs.push(Repair::RatingDropped);
        None
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rated(value: f64, out_of: f64) -> (Field<f64>, usize) {
        let mut repairs = Vec::new();
        let rating = out_of_five(Field::Present(RawRating { value, out_of }), &mut repairs);
        (rating, repairs.len())
    }

    #[test]
    fn ratings_come_to_one_scale() {
        assert_eq!(rated(4.7, 5.0), (Field::Present(4.7), 0));
        assert_eq!(rated(8.6, 10.0), (Field::Present(4.3), 0));
        assert_eq!(rated(0.0, 5.0), (Field::Absent, 0), "no ratings");
    }

    #[test]
    fn a_rating_off_its_scale_is_dropped_and_counted() {
        for (value, out_of) in
            [(5.1, 5.0), (-1.0, 5.0), (f64::NAN, 5.0), (1.0, 0.0), (1.0, f64::INFINITY), (1.0, f64::NAN)]
        {
            assert_eq!(rated(value, out_of), (Field::Absent, 1), "{value} of {out_of}");
        }
    }

    proptest! {
        #[test]
        fn a_rating_is_always_within_the_column(value: f64, out_of: f64) {
            if let (Field::Present(rating), _) = rated(value, out_of) {
                prop_assert!((0.0..=5.0).contains(&rating));
            }
        }
    }
}

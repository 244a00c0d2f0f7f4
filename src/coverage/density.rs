//! How far an answer will probably see, guessed from the answers so far.

use super::sphere::Vector;
use crate::model::Circle;

/// What the answers of one section and group of words tell of the density.
#[derive(Debug, Clone, Default)]
pub(super) struct Density(Vec<Sample>);

#[derive(Debug, Clone, Copy)]
struct Sample {
    center: Vector,
    /// Metres in which about as many venues lie as one answer can hold.
    full_m: f64,
}

/// Answers that are looked at for one guess.
const NEAR: usize = 24;

impl Density {
    pub(super) fn learn(&mut self, circle: Circle, full_m: f64) {
        self.0.push(Sample { center: Vector::of(circle.center), full_m: full_m.max(0.1) });
    }

    /// Only the answers that say most about a place.
    pub(super) fn near(&self, place: Vector) -> Self {
        let mut samples: Vec<(f64, Sample)> =
            self.0.iter().map(|sample| (place.distance_m(sample.center) / sample.full_m, *sample)).collect();
        samples.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self(samples.into_iter().take(NEAR).map(|(_, sample)| sample).collect())
    }

    /// Metres in which an answer's worth of venues lies round a place: the geometric mean of what is known, near answers
    /// counting most. None before the first answer.
    pub(super) fn full_m(&self, place: Vector) -> Option<f64> {
        let (mut weights, mut sum) = (0.0, 0.0);
        for sample in &self.0 {
            let apart = place.distance_m(sample.center) / sample.full_m;
            let weight = 1.0 / (apart * apart + 0.1).powi(3);
            weights += weight;
            sum += weight * sample.full_m.ln();
        }
        (weights > 0.0).then(|| (sum / weights).exp())
    }
}

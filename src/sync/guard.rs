//! Whether what a run found can be believed, beside what the last good runs of the same found. Pure: figures in, doubts out.

use std::collections::BTreeMap;

use crate::model::{Breach, Figures, GuardLimits, Measure, Vocabulary};

/// Mean radius of the earth, metres.
const EARTH_RADIUS_M: f64 = 6_371_000.0;

/// What a judgement is made by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guard<'a> {
    pub(super) limits: GuardLimits,
    /// Canonical codes, or `<provider>:<word>`.
    pub(super) types: &'a [String],
}

impl Guard<'_> {
    /// What is not believed of one tile. The margins are wide: what a tile holds depends on where its edges fall. One that held too
    /// little before is judged with the whole alone.
    pub(super) fn tile(&self, ordinal: i32, found: &Figures, before: &[Figures]) -> Vec<Breach> {
        if !self.is_enough(found, before) {
            return Vec::new();
        }
        let GuardLimits { least_in_a_tile, .. } = self.limits;
        let limits = GuardLimits { least: least_in_a_tile, least_seen_again: least_in_a_tile, ..self.limits };
        let mut breaches = judge(&limits, found, before, &|found, expected| shares(&limits, found, expected));
        for breach in &mut breaches {
            breach.tile = Some(ordinal);
        }
        breaches
    }

    /// Whether so much was there before that something can be said.
    pub(super) fn is_enough(&self, found: &Figures, before: &[Figures]) -> bool {
        found.known >= self.limits.floor || before.iter().any(|before| before.venues >= self.limits.floor)
    }

    /// What is not believed of a run as a whole, or of all of it that has ended.
    pub(super) fn whole(&self, found: &Figures, before: &[Figures]) -> Vec<Breach> {
        judge(&self.limits, found, before, &|found, expected| {
            let mut breaches = shares(&self.limits, found, expected);
            breaches.extend(self.growth(found, expected));
            breaches.extend(self.types(found, expected));
            breaches.extend(self.shift(found, expected));
            breaches
        })
    }

    fn growth(&self, found: &Figures, expected: &Figures) -> Option<Breach> {
        let limit = real(expected.venues) * self.limits.most;
        let odd = expected.venues >= self.limits.floor && real(found.venues) > limit;
        odd.then(|| breach(Measure::Venues, None, real(expected.venues), real(found.venues), limit))
    }

    /// By the types that are asked for, whatever the words are that providers and mappings have for what is below them.
    fn types(&self, found: &Figures, expected: &Figures) -> Vec<Breach> {
        let found = self.by_type(&found.kinds);
        let judged = self.by_type(&expected.kinds).into_iter().filter(|(_, many)| *many >= self.limits.floor);
        judged
            .filter_map(|(code, many)| {
                let now = real(found.get(&code).copied().unwrap_or_default());
                let limit = real(many) * self.limits.least_of_a_type;
                (now < limit).then(|| breach(Measure::Type, Some(code), real(many), now, limit))
            })
            .collect()
    }

    fn by_type(&self, kinds: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
        let vocabulary = Vocabulary::ours();
        let mut types: BTreeMap<String, u64> = BTreeMap::new();
        for (kind, many) in kinds {
            for wanted in self.types.iter().filter(|wanted| vocabulary.is_within(kind, wanted)) {
                *types.entry(wanted.clone()).or_default() += many;
            }
        }
        types
    }

    fn shift(&self, found: &Figures, expected: &Figures) -> Option<Breach> {
        let enough = |figures: &Figures| figures.venues >= self.limits.floor;
        let (now, _) = middle(found).filter(|_| enough(found))?;
        let (then, spread) = middle(expected).filter(|_| enough(expected))?;
        let apart = now.iter().zip(then).map(|(now, then)| (now - then).powi(2)).sum::<f64>().sqrt() * EARTH_RADIUS_M;
        let limit = spread * self.limits.most_shift;
        (apart > limit).then(|| breach(Measure::Centre, None, 0.0, apart, limit))
    }
}

/// What is odd beside every one of the last good runs, in the terms of the newest; and what is odd by itself.
fn judge(
    limits: &GuardLimits,
    found: &Figures,
    before: &[Figures],
    beside: &dyn Fn(&Figures, &Figures) -> Vec<Breach>,
) -> Vec<Breach> {
    if !limits.enabled {
        return Vec::new();
    }
    let mut breaches = alone(limits, found);
    if let Some((newest, older)) = before.split_first() {
        let mut odd = beside(found, newest);
        for run in older {
            let also = beside(found, run);
            odd.retain(|one| also.iter().any(|other| (other.measure, &other.of) == (one.measure, &one.of)));
        }
        // A part of the rows that is too small by itself is told once.
        odd.retain(|one| !breaches.iter().any(|told| told.measure == one.measure && told.of == one.of));
        breaches.extend(odd);
    }
    breaches
}

/// What needs no figures of other runs.
fn alone(limits: &GuardLimits, found: &Figures) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if found.known >= limits.floor {
        let (known, again) = (real(found.known), real(found.again));
        let limit = known * limits.least_seen_again;
        if again < limit {
            breaches.push(breach(Measure::SeenAgain, None, known, again, limit));
        }
    }
    if found.rows >= limits.floor && usable(found) < limits.least_usable {
        breaches.push(breach(Measure::Usable, None, 1.0, usable(found), limits.least_usable));
    }
    breaches
}

/// What has to be left of what there was.
fn shares(limits: &GuardLimits, found: &Figures, expected: &Figures) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut less = |measure, of: Option<&str>, was: f64, is: f64| {
        let limit = was * limits.least;
        if is < limit {
            breaches.push(breach(measure, of.map(str::to_owned), was, is, limit));
        }
    };
    if expected.venues >= limits.floor {
        less(Measure::Venues, None, real(expected.venues), real(found.venues));
    }
    if expected.rows >= limits.floor && found.rows >= limits.floor {
        less(Measure::Usable, None, usable(expected), usable(found));
    }
    for (field, was) in &expected.fields {
        let is = found.fields.get(field).copied().unwrap_or_default();
        if was.filled >= limits.floor && is.asked >= limits.floor {
            less(Measure::Filled, Some(field), part(was.filled, was.asked), part(is.filled, is.asked));
        }
    }
    breaches
}

fn breach(measure: Measure, of: Option<String>, expected: f64, found: f64, limit: f64) -> Breach {
    Breach { tile: None, measure, of, expected, found, limit }
}

fn usable(figures: &Figures) -> f64 {
    part(figures.rows.saturating_sub(figures.unusable), figures.rows)
}

fn part(some: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { real(some) / real(all) }
}

#[expect(clippy::cast_precision_loss, reason = "nobody counts to 2^53 venues")]
fn real(count: u64) -> f64 {
    count as f64
}

/// The middle of the venues on the unit sphere, and their mean distance from it in metres (the root of the mean square).
fn middle(figures: &Figures) -> Option<([f64; 3], f64)> {
    let mean = figures.centre.map(|sum| sum / real(figures.venues.max(1)));
    let length = mean.iter().map(|part| part * part).sum::<f64>().sqrt();
    // As many on the one side of the earth as on the other: nothing can be said.
    (length > 0.1).then(|| {
        let spread = (2.0 * (1.0 - length).max(0.0)).sqrt() * EARTH_RADIUS_M;
        (mean.map(|part| part / length), spread)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Filled;

    const TYPES: [&str; 2] = ["restaurant", "cafe"];

    /// So many venues, evenly over a kilometre or so round a place, half of them restaurants.
    fn figures(venues: u64, (lat, lng): (f64, f64)) -> Figures {
        let mut centre = [0.0; 3];
        for at in 0..venues {
            let off = (real(at % 10) - 4.5) * 0.002;
            let (lat, lng) = ((lat + off).to_radians(), (lng - off).to_radians());
            let point = [lat.cos() * lng.cos(), lat.cos() * lng.sin(), lat.sin()];
            centre.iter_mut().zip(point).for_each(|(sum, part)| *sum += part);
        }
        let half = venues / 2;
        Figures {
            venues,
            known: venues,
            again: venues,
            rows: venues * 2,
            unusable: 0,
            kinds: [("sushi_restaurant".to_owned(), half), ("cafe".to_owned(), venues - half)].into(),
            fields: [("rating".to_owned(), Filled { asked: venues, filled: venues })].into(),
            centre,
        }
    }

    const HERE: (f64, f64) = (38.7, 179.9995);

    fn whole(found: &Figures, before: &[Figures]) -> Vec<(Measure, Option<String>)> {
        let types = TYPES.map(str::to_owned);
        let guard = Guard { limits: GuardLimits::default(), types: &types };
        guard.whole(found, before).into_iter().map(|breach| (breach.measure, breach.of)).collect()
    }

    fn tile(found: &Figures, before: &[Figures]) -> Vec<Measure> {
        let guard = Guard { limits: GuardLimits::default(), types: &[] };
        guard.tile(3, found, before).into_iter().map(|breach| breach.measure).collect()
    }

    #[test]
    fn what_is_as_it_was_is_believed() {
        let before = figures(400, HERE);
        assert_eq!(whole(&before, std::slice::from_ref(&before)), []);
        let somewhat_less = Figures { known: 400, again: 300, ..figures(320, HERE) };
        assert_eq!(whole(&somewhat_less, std::slice::from_ref(&before)), []);
        assert_eq!(tile(&figures(110, HERE), &[before]), [], "a tile may lose much");
    }

    #[test]
    fn a_twentieth_of_the_venues_is_not_believed_in_a_tile_nor_in_the_whole() {
        let before = [figures(400, HERE)];
        let found = Figures { known: 400, again: 20, ..figures(20, HERE) };
        assert_eq!(tile(&found, &before), [Measure::SeenAgain, Measure::Venues]);
        let said = whole(&found, &before);
        assert_eq!(said[..2], [(Measure::SeenAgain, None), (Measure::Venues, None)]);
        assert!(said.contains(&(Measure::Type, Some("restaurant".to_owned()))), "{said:?}");
        assert_eq!(tile(&Figures::default(), &before), [Measure::Venues], "and nothing at all even less");
    }

    #[test]
    fn a_field_that_is_asked_for_and_empty_is_not_believed_and_one_that_is_not_asked_for_is() {
        let before = [figures(100, HERE)];
        let with = |asked, filled| {
            let fields = [("rating".to_owned(), Filled { asked, filled })].into();
            Figures { fields, ..figures(100, HERE) }
        };
        assert_eq!(whole(&with(100, 60), &before), [(Measure::Filled, Some("rating".to_owned()))]);
        assert_eq!(tile(&with(100, 60), &before), []);
        assert_eq!(tile(&with(100, 20), &before), [Measure::Filled]);
        assert_eq!(whole(&with(0, 0), &before), []);
    }

    #[test]
    fn rows_that_are_of_no_use_are_seen_also_in_a_first_run_and_a_share_that_was_always_large_is_not() {
        let with = |unusable| Figures { rows: 1000, unusable, ..figures(400, HERE) };
        assert_eq!(whole(&with(950), &[]), [(Measure::Usable, None)]);
        assert_eq!(whole(&with(950), &[with(0)]), [(Measure::Usable, None)], "told once");
        assert_eq!(whole(&with(500), &[with(0)]), [(Measure::Usable, None)]);
        assert_eq!(tile(&with(613), &[with(607)]), []);
        assert_eq!(whole(&with(613), &[with(607)]), []);
        assert_eq!(whole(&figures(5, HERE), &[]), [], "a first run has nothing to be compared with");
    }

    #[test]
    fn one_type_that_is_gone_is_seen_though_the_sum_is_not_much_less() {
        let before = [figures(400, HERE)];
        let mut found = figures(400, HERE);
        found.kinds = [("cafe".to_owned(), 330), ("sushi_restaurant".to_owned(), 70)].into();
        assert_eq!(whole(&found, &before), [(Measure::Type, Some("restaurant".to_owned()))]);
    }

    #[test]
    fn new_ids_a_flood_and_a_town_elsewhere_are_seen() {
        let before = [figures(400, HERE)];
        assert_eq!(whole(&Figures { again: 10, ..figures(400, HERE) }, &before), [(Measure::SeenAgain, None)]);
        assert_eq!(whole(&figures(1300, HERE), &before), [(Measure::Venues, None)]);
        let moved = figures(400, (38.71, -179.99));
        assert_eq!(whole(&moved, &before), [(Measure::Centre, None)], "also over the antimeridian");
        assert_eq!(whole(&figures(380, (38.7003, 179.9998)), &before), []);
    }

    #[test]
    fn only_what_is_odd_beside_each_of_the_last_good_runs_is() {
        let found = figures(200, HERE);
        assert_eq!(whole(&found, &[figures(400, HERE)]), [(Measure::Venues, None)]);
        assert_eq!(whole(&found, &[figures(400, HERE), figures(210, HERE)]), []);
    }

    #[test]
    fn a_few_venues_are_not_judged_and_a_guard_that_is_off_judges_nothing() {
        assert_eq!(whole(&figures(2, HERE), &[figures(19, HERE)]), []);
        let limits = GuardLimits { enabled: false, ..GuardLimits::default() };
        let off = Guard { limits, types: &[] };
        assert_eq!(off.whole(&figures(2, HERE), &[figures(400, HERE)]), []);
        assert_eq!(off.tile(0, &figures(2, HERE), &[figures(400, HERE)]), []);
        let on = Guard { limits: GuardLimits::default(), types: &[] };
        assert_eq!(on.tile(0, &figures(2, HERE), &[figures(19, HERE)]), []);
        assert!(!on.is_enough(&figures(2, HERE), &[figures(19, HERE)]));
    }
}

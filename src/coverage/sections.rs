//! A tile covered by circles, in sections of no more venues than fit a layout of bounded size: one after the other, each beginning with what
//! the answers before it certified of its ground, so that no border between them costs anything.

use super::circles::{Belief, Carried, Circles};
use super::region::Region;
use super::rules::Rules;
use super::sphere;
use super::survey::Survey;
use crate::model::{AnswerSeen, Ask, BoundingBox, CappedSpot, KnownPlace, Position, Tile};

/// Venues of a section at most, about: what a cover keeps in memory grows with them.
const MOST_VENUES: usize = 10_000;

/// Sections that reach no farther than this from their middle are not halved, metres: a stack would be halved without end.
const SMALLEST_M: f64 = 200.0;

/// Part of its width and height within which venues beyond its edges are known to a section: disks reach over them.
const BEYOND: f64 = 0.2;

/// Questions for circles, of one section after the other.
#[derive(Debug, Clone)]
pub(super) struct Sections {
    region: Region,
    rules: Rules,
    known: Vec<KnownPlace>,
    most_venues: usize,
    /// Still to be covered, the next one last.
    waiting: Vec<Section>,
    now: Now,
    carried: Carried,
    capped: Vec<CappedSpot>,
}

#[derive(Debug, Clone)]
struct Section {
    bounds: BoundingBox,
    /// Its venues, counted or to be counted, where none are known.
    survey: Option<Survey>,
}

#[derive(Debug, Clone)]
enum Now {
    /// Counting, before the first question that is paid for.
    Counting(Box<Section>),
    Asking(Box<Circles>),
    Done,
}

impl Sections {
    pub(super) fn new(region: &Region, tile: Tile, rules: Rules, known: &[KnownPlace]) -> Self {
        Self::of_at_most(MOST_VENUES, region, tile, rules, known)
    }

    fn of_at_most(most_venues: usize, region: &Region, tile: Tile, rules: Rules, known: &[KnownPlace]) -> Self {
        let survey = if known.is_empty() { Survey::new(region, tile.cell, &rules) } else { None };
        let mut sections = Self {
            region: region.clone(),
            rules,
            known: known.to_vec(),
            most_venues,
            waiting: vec![Section { bounds: tile.cell, survey }],
            now: Now::Done,
            carried: Carried::default(),
            capped: Vec::new(),
        };
        sections.go_on();
        sections
    }

    pub(super) fn next(&self) -> Option<Ask> {
        match &self.now {
            Now::Counting(section) => section.survey.as_ref()?.next(),
            Now::Asking(circles) => circles.next(),
            Now::Done => None,
        }
    }

    /// Of all sections that are done.
    pub(super) fn capped(&self) -> &[CappedSpot] {
        &self.capped
    }

    pub(super) fn told(&mut self, seen: &AnswerSeen) {
        match &mut self.now {
            Now::Counting(section) => {
                if let Some(survey) = &mut section.survey {
                    survey.told(seen);
                }
            }
            Now::Asking(circles) => circles.told(seen),
            Now::Done => {}
        }
        if self.next().is_none() {
            self.go_on();
        }
    }

    /// Goes on to the next question, whichever section it is of.
    fn go_on(&mut self) {
        match std::mem::replace(&mut self.now, Now::Done) {
            Now::Counting(section) => self.waiting.push(*section),
            Now::Asking(circles) => self.end(*circles),
            Now::Done => {}
        }
        while let Some(mut section) = self.waiting.pop() {
            let is_hopeless = self.carried.is_hopeless();
            if is_hopeless {
                // It is reported as it stands: to count it or to cut it would ask for nothing.
                section.survey = None;
            }
            if section.survey.as_ref().is_some_and(|survey| survey.next().is_some()) {
                self.now = Now::Counting(Box::new(section));
                return;
            }
            if !is_hopeless && self.venues(&section) > self.most_venues && is_divisible(&section.bounds) {
                // The first half comes first.
                self.waiting.extend(halves(section).into_iter().rev());
                continue;
            }
            let circles = self.begin(&section);
            if circles.next().is_some() {
                self.now = Now::Asking(Box::new(circles));
                return;
            }
            self.end(circles);
        }
    }

    fn venues(&self, section: &Section) -> usize {
        let is_inside = |place: &&KnownPlace| lies_in(place.position, &section.bounds, 0.0);
        section.survey.as_ref().map_or_else(|| self.known.iter().filter(is_inside).count(), Survey::venues)
    }

    fn begin(&mut self, section: &Section) -> Circles {
        let known = std::mem::take(&mut self.known);
        let (near, rest) = if self.waiting.is_empty() {
            (known, Vec::new())
        } else {
            (known.iter().filter(|place| lies_in(place.position, &section.bounds, BEYOND)).cloned().collect(), known)
        };
        self.known = rest;
        let invented = section.survey.as_ref().map(|survey| survey.invented(&section.bounds)).unwrap_or_default();
        let belief = Belief { known: near, invented };
        Circles::new(&self.region, section.bounds, self.rules.clone(), belief, std::mem::take(&mut self.carried))
    }

    fn end(&mut self, circles: Circles) {
        let (capped, carried) = circles.end();
        self.capped.extend(capped);
        self.carried = carried;
    }
}

fn is_divisible(bounds: &BoundingBox) -> bool {
    sphere::farthest_m(sphere::middle(bounds), bounds) > SMALLEST_M
}

fn halves(section: Section) -> [Section; 2] {
    let [first, second] = sphere::halves(&section.bounds);
    let [one, other] = section.survey.map_or([None, None], |survey| survey.halved([first, second]).map(Some));
    [Section { bounds: first, survey: one }, Section { bounds: second, survey: other }]
}

fn lies_in(at: Position, bounds: &BoundingBox, beyond: f64) -> bool {
    let (high, wide) = (beyond * (bounds.north - bounds.south), beyond * (bounds.east - bounds.west));
    (bounds.south - high..=bounds.north + high).contains(&at.lat())
        && (bounds.west - wide..=bounds.east + wide).contains(&at.lng())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::certify::seen;
    use crate::model::{Area, AreaShape, Circle, Counts, Purpose, Ranking};

    const CAP: usize = 20;

    fn region() -> Region {
        Region::from_bbox(16.30, 48.18, 16.35, 48.21).unwrap()
    }

    fn tile() -> Tile {
        Tile { ordinal: 0, cell: BoundingBox { south: 48.18, west: 16.30, north: 48.21, east: 16.35 } }
    }

    fn venues() -> Vec<Position> {
        let place = |number: u32| {
            let [x, y] = [0.754_877, 0.569_840].map(|step| (f64::from(number) * step).fract());
            // Denser towards the south-west.
            Position::new(48.18 + 0.03 * y * y, 16.30 + 0.05 * x * x).unwrap()
        };
        (0..1_500).map(place).collect()
    }

    fn rules(counts: Option<Counts>) -> Rules {
        Rules {
            shape: AreaShape::Circle,
            ranking: Ranking::Distance,
            largest_radius_m: 50_000.0,
            words: vec!["word".to_owned()],
            words_per_query: 50,
            rows_per_answer: 20,
            rows_per_query: 20,
            counts,
            count_words: vec!["word".to_owned()],
        }
    }

    fn answer(ask: Ask, venues: &[Position], returned: &mut [bool]) -> AnswerSeen {
        match (ask.purpose, ask.area) {
            (Purpose::Count, Area::Rectangle(cell)) => {
                let rows = venues.iter().filter(|at| lies_in(**at, &cell, 0.0)).count().min(3 * CAP);
                let rows_seen = u32::try_from(rows).unwrap();
                AnswerSeen { ask, rows: rows_seen, truncated: rows == 3 * CAP, outermost_m: None, fresh: None }
            }
            (_, Area::Circle(Circle { center, radius_m })) => {
                let away = |at: &Position| sphere::Vector::of(center).distance_m(sphere::Vector::of(*at));
                let mut near: Vec<(f64, usize)> = venues.iter().map(away).zip(0..).collect();
                near.retain(|(metres, _)| *metres <= radius_m);
                near.sort_by(|one, other| one.0.total_cmp(&other.0));
                near.truncate(CAP);
                for (_, venue) in &near {
                    returned[*venue] = true;
                }
                let positions: Vec<_> = near.iter().map(|(_, venue)| Some(venues[*venue])).collect();
                seen(&ask, &positions, near.len() == CAP, (AreaShape::Circle, Ranking::Distance)).unwrap()
            }
            (_, area) => unreachable!("{area:?}"),
        }
    }

    /// Paid questions, and sections, in which at most so many venues were covered at once.
    fn paid(most_venues: usize, counts: Option<Counts>, known: &[KnownPlace]) -> u32 {
        let venues = venues();
        let mut returned = vec![false; venues.len()];
        let mut cover = Sections::of_at_most(most_venues, &region(), tile(), rules(counts), known);
        let mut asked = 0;
        while let Some(ask) = cover.next() {
            asked += u32::from(ask.purpose == Purpose::Rows);
            cover.told(&answer(ask, &venues, &mut returned));
        }
        assert!(returned.iter().all(|returned| *returned), "venues were missed");
        assert!(cover.capped().is_empty());
        asked
    }

    #[test]
    fn a_tile_in_sections_is_covered_whole_for_hardly_more_than_at_once() {
        let known: Vec<KnownPlace> =
            venues().into_iter().map(|position| KnownPlace { position, groups: Vec::new() }).collect();
        let counts = Some(Counts { rows_per_answer: 20, rows_per_query: 60 });
        for (counts, known) in [(None, known.as_slice()), (counts, &[])] {
            let (at_once, in_sections) = (paid(usize::MAX, counts, known), paid(300, counts, known));

            assert!(at_once != in_sections, "it was not cut");
            assert!(f64::from(in_sections) < 1.08 * f64::from(at_once), "{in_sections} instead of {at_once}");
        }
    }

    #[test]
    fn a_provider_that_always_has_more_is_left_before_its_other_sections_are_counted() {
        let counts = Some(Counts { rows_per_answer: 20, rows_per_query: 60 });
        let mut cover = Sections::of_at_most(300, &region(), tile(), rules(counts), &[]);
        let mut paid = 0;
        let mut free_after = None;
        while let Some(ask) = cover.next() {
            if ask.purpose == Purpose::Count {
                free_after = (paid > 0).then_some(paid);
                let seen = AnswerSeen { ask, rows: 60, truncated: true, outermost_m: None, fresh: None };
                cover.told(&seen);
            } else {
                paid += 1;
                // All of them at the middle: nothing is proven.
                let seen = AnswerSeen { ask, rows: 20, truncated: true, outermost_m: Some(0.0), fresh: None };
                cover.told(&seen);
            }
            assert!(paid < 1_000, "it is asked without end");
        }
        assert_eq!(free_after, None, "it was counted on after so many paid questions had proven nothing");
        assert!(!cover.capped().is_empty());
    }
}

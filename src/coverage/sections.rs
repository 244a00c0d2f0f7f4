//! A tile covered by circles, in sections of no more venues than fit a layout of bounded size: one after the other, each beginning with what
//! the answers before it certified of its ground, so that no border between them costs anything.

use super::circles::{Belief, Carried, Circles};
use super::region::Region;
use super::rules::Rules;
use super::sphere;
use super::survey::Survey;
use crate::model::{AnswerSeen, Ask, BoundingBox, CappedSpot, KnownPlace, Tile};

/// Counts of one tile, and how many more for each paid question, after which a section makes do with what was counted of it: twice what any
/// true tile takes. A provider whose counts never end is not asked for ever.
const COUNTS_AT_FIRST: u32 = 10_000;
const COUNTS_PER_PAID: u32 = 6;

/// Sections that reach no farther than this from their middle are not halved, metres: a stack would be halved without end.
const SMALLEST_M: f64 = 200.0;

/// Part of its width and height within which venues beyond its edges are known to a section: disks reach over them.
const BEYOND: f64 = 0.2;

/// Questions for circles, of one section after the other.
#[derive(Debug, Clone)]
pub(super) struct Sections {
    region: Region,
    tile: BoundingBox,
    rules: Rules,
    known: Vec<KnownPlace>,
    /// Still to be covered, the next one last.
    waiting: Vec<Section>,
    now: Now,
    carried: Carried,
    capped: Vec<CappedSpot>,
    /// Questions that were answered: counts, and the others.
    counts: u32,
    paid: u32,
}

#[derive(Debug, Clone)]
struct Section {
    bounds: BoundingBox,
    /// Its venues, counted or to be counted, where none are known.
    survey: Option<Survey>,
}

#[derive(Debug, Clone)]
enum Now {
    /// Counting, before the first question of a section that is paid for.
    Counting(Box<Section>),
    Asking(Box<Circles>),
    Done,
}

impl Sections {
    pub(super) fn new(region: &Region, tile: Tile, rules: Rules, known: &[KnownPlace]) -> Self {
        let survey = if known.is_empty() { Survey::new(region, tile.cell, &rules) } else { None };
        let mut sections = Self {
            region: region.clone(),
            tile: tile.cell,
            rules,
            known: known.to_vec(),
            waiting: vec![Section { bounds: tile.cell, survey }],
            now: Now::Done,
            carried: Carried::default(),
            capped: Vec::new(),
            counts: 0,
            paid: 0,
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
                self.counts += 1;
                if let Some(survey) = &mut section.survey {
                    survey.told(seen);
                }
            }
            Now::Asking(circles) => {
                self.paid += 1;
                circles.told(seen);
            }
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
            if self.carried.is_hopeless() {
                // It is reported as it stands: to count it or to cut it would ask for nothing.
                section.survey = None;
            } else if self.is_too_full(&section) {
                // The first half comes first.
                self.waiting.extend(halves(section).into_iter().rev());
                continue;
            } else if let Some(survey) = &mut section.survey {
                if self.counts <= COUNTS_AT_FIRST + COUNTS_PER_PAID * self.paid {
                    survey.go_on();
                }
                if survey.next().is_some() {
                    self.now = Now::Counting(Box::new(section));
                    return;
                }
            }
            let circles = self.begin(&section);
            if circles.next().is_some() {
                self.now = Now::Asking(Box::new(circles));
                return;
            }
            self.end(circles);
        }
    }

    fn is_too_full(&self, section: &Section) -> bool {
        let known = || self.known.iter().filter(|place| sphere::holds(&section.bounds, place.position)).count();
        section.survey.as_ref().map_or_else(known, Survey::venues) > self.rules.section_venues
            && is_divisible(&section.bounds)
    }

    fn begin(&mut self, section: &Section) -> Circles {
        let known = if section.bounds == self.tile {
            std::mem::take(&mut self.known)
        } else {
            let near = widened(&section.bounds);
            self.known.iter().filter(|place| sphere::holds(&near, place.position)).cloned().collect()
        };
        let invented = section.survey.as_ref().map(|survey| survey.invented(&section.bounds)).unwrap_or_default();
        let belief = Belief { known, invented };
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

/// With so much around it as a section knows of its surroundings.
fn widened(bounds: &BoundingBox) -> BoundingBox {
    let (high, wide) = (BEYOND * (bounds.north - bounds.south), BEYOND * (bounds.east - bounds.west));
    BoundingBox {
        south: bounds.south - high,
        west: bounds.west - wide,
        north: bounds.north + high,
        east: bounds.east + wide,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::certify::seen;
    use crate::model::{Area, AreaShape, Circle, Counts, Position, Purpose, Ranking};

    const CAP: usize = 20;
    const COUNTS: Option<Counts> = Some(Counts { rows_per_answer: 20, rows_per_query: 60 });
    const WORDS: [&str; 2] = ["one", "other"];

    fn region() -> Region {
        Region::from_bbox(16.30, 48.18, 16.35, 48.21).unwrap()
    }

    fn tile() -> Tile {
        Tile { ordinal: 0, cell: BoundingBox { south: 48.18, west: 16.30, north: 48.21, east: 16.35 } }
    }

    /// Venues of either word, which is asked by itself.
    fn venues() -> Vec<(Position, usize)> {
        let place = |number: u32| {
            let [x, y] = [0.754_877, 0.569_840].map(|step| (f64::from(number) * step).fract());
            // Denser towards the south-west.
            Position::new(48.18 + 0.03 * y * y, 16.30 + 0.05 * x * x).unwrap()
        };
        (0..900).map(place).zip([0, 1].into_iter().cycle()).collect()
    }

    fn known() -> Vec<KnownPlace> {
        let known = |(position, word)| KnownPlace { position, groups: vec![u16::try_from(word).unwrap()] };
        venues().into_iter().map(known).collect()
    }

    fn rules(section_venues: usize, counts: Option<Counts>) -> Rules {
        let words: Vec<String> = WORDS.map(str::to_owned).to_vec();
        Rules {
            shape: AreaShape::Circle,
            ranking: Ranking::Distance,
            largest_radius_m: 50_000.0,
            words: words.clone(),
            words_per_query: 1,
            rows_per_answer: 20,
            rows_per_query: 20,
            counts,
            count_words: words,
            section_venues,
        }
    }

    fn of_at_most(most_venues: usize, counts: Option<Counts>, known: &[KnownPlace]) -> Sections {
        Sections::new(&region(), tile(), rules(most_venues, counts), known)
    }

    fn answer(ask: Ask, venues: &[(Position, usize)], returned: &mut [bool]) -> AnswerSeen {
        let is_asked_for = |word: usize| ask.words.iter().any(|asked| asked == WORDS[word]);
        match (ask.purpose, ask.area) {
            (Purpose::Count, Area::Rectangle(cell)) => {
                let inside = venues.iter().filter(|(at, word)| is_asked_for(*word) && sphere::holds(&cell, *at));
                let rows = inside.count().min(3 * CAP);
                let truncated = rows == 3 * CAP;
                AnswerSeen { ask, rows: u32::try_from(rows).unwrap(), truncated, outermost_m: None, fresh: None }
            }
            (_, Area::Circle(Circle { center, radius_m })) => {
                let away = |at: Position| sphere::Vector::of(center).distance_m(sphere::Vector::of(at));
                let mut near: Vec<(f64, usize)> = (0..venues.len())
                    .filter(|venue| is_asked_for(venues[*venue].1))
                    .map(|venue| (away(venues[venue].0), venue))
                    .filter(|(metres, _)| *metres <= radius_m)
                    .collect();
                near.sort_by(|one, other| one.0.total_cmp(&other.0));
                near.truncate(CAP);
                for (_, venue) in &near {
                    returned[*venue] = true;
                }
                let positions: Vec<_> = near.iter().map(|(_, venue)| Some(venues[*venue].0)).collect();
                seen(&ask, &positions, near.len() == CAP, (AreaShape::Circle, Ranking::Distance)).unwrap()
            }
            (_, area) => unreachable!("{area:?}"),
        }
    }

    /// All answers, once every venue was returned.
    fn covered(mut cover: Sections) -> Vec<AnswerSeen> {
        let venues = venues();
        let (mut returned, mut told) = (vec![false; venues.len()], Vec::new());
        while let Some(ask) = cover.next() {
            let seen = answer(ask, &venues, &mut returned);
            cover.told(&seen);
            told.push(seen);
        }
        assert!(returned.iter().all(|returned| *returned), "venues were missed");
        assert!(cover.capped().is_empty());
        told
    }

    fn paid(told: &[AnswerSeen]) -> usize {
        told.iter().filter(|seen| seen.ask.purpose == Purpose::Rows).count()
    }

    #[test]
    fn a_tile_in_sections_is_covered_whole_for_hardly_more_than_at_once() {
        for (counts, known) in [(None, known()), (COUNTS, vec![])] {
            let at_once = paid(&covered(of_at_most(usize::MAX, counts, &known)));
            let told = covered(of_at_most(250, counts, &known));
            assert!(paid(&told) * 100 <= at_once * 115, "{} instead of {at_once}", paid(&told));
            let mut again = of_at_most(250, counts, &known);
            let mut most_waiting = 0;
            for seen in &told {
                assert_eq!(again.next().as_ref(), Some(&seen.ask), "told the same, it asks the same");
                again.told(seen);
                most_waiting = most_waiting.max(again.waiting.len());
            }
            assert_eq!(again.next(), None);
            assert!(most_waiting > 1, "it was not cut");
        }
    }

    #[test]
    fn counts_that_never_end_are_not_asked_for_ever() {
        let (mut cover, venues) = (of_at_most(250, COUNTS, &[]), venues());
        let mut returned = vec![false; venues.len()];
        let (mut paid, mut counts) = (0, 0);
        while let Some(ask) = cover.next() {
            if ask.purpose == Purpose::Count {
                counts += 1;
                cover.told(&AnswerSeen { ask, rows: 2, truncated: true, outermost_m: None, fresh: None });
            } else {
                paid += 1;
                cover.told(&answer(ask, &venues, &mut returned));
            }
            assert!(counts < 20_000 + 10 * paid, "{counts} counts, and {paid} paid questions");
        }
        assert!(returned.iter().all(|returned| *returned), "venues were missed");
    }

    #[test]
    fn a_provider_that_proves_nothing_is_left_before_its_other_sections_are_counted() {
        let (mut cover, venues) = (of_at_most(250, COUNTS, &[]), venues());
        let mut returned = vec![false; venues.len()];
        let (mut paid, mut counted_on) = (0, 0);
        while let Some(ask) = cover.next() {
            if ask.purpose == Purpose::Count {
                counted_on += u32::from(paid > 0);
                cover.told(&answer(ask, &venues, &mut returned));
            } else {
                paid += 1;
                // All of its rows are at the middle.
                cover.told(&AnswerSeen { ask, rows: 20, truncated: true, outermost_m: Some(0.0), fresh: None });
            }
            assert!(paid < 1_000, "it is asked without end");
        }
        assert_eq!(counted_on, 0, "so many paid questions had proven nothing");
        assert!(!cover.capped().is_empty());
    }
}

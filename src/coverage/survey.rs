//! Counting before paying: where a provider counts for nothing, boxes are halved until each is known to hold few venues.

use super::region::{Region, Relation};
use super::rules::Rules;
use super::sphere::{self, Vector};
use crate::model::{AnswerSeen, Area, Ask, BoundingBox, Counts};

/// Free requests for each paid one that is to be expected, at most.
const FREE_PER_PAID: f64 = 5.2;

/// Paid requests expected for each answer's worth of venues.
const PAID_PER_ANSWER: f64 = 1.9;

/// Boxes that reach no farther than this from their middle are not halved, metres: a stack can be counted without end.
const SMALLEST_M: f64 = 10.0;

/// Part of the section's width and height that is mirrored at each edge: disks reach over it, and nobody counted there.
const MIRRORED: f64 = 0.2;

/// Free requests for one section at most.
const MOST: f64 = 5_000.0;

/// Counting the venues of a section.
#[derive(Debug, Clone)]
pub(super) struct Survey {
    region: Region,
    counts: Counts,
    words: Vec<String>,
    rows: f64,
    /// Boxes with a count.
    counted: Vec<Leaf>,
    /// Boxes to be counted, the next one last.
    open: Vec<Open>,
    /// What the words asked so far have in the box that is being counted.
    sum: Leaf,
    word: usize,
    /// Free requests sent.
    spent: f64,
}

#[derive(Debug, Clone, Copy)]
struct Leaf {
    bounds: BoundingBox,
    venues: u32,
    /// There may be more.
    more: bool,
    /// It is too small to be halved.
    is_small: bool,
}

impl Leaf {
    fn new(bounds: BoundingBox) -> Self {
        let is_small = sphere::farthest_m(sphere::middle(&bounds), &bounds) <= SMALLEST_M;
        Self { bounds, venues: 0, more: false, is_small }
    }
}

#[derive(Debug, Clone, Copy)]
struct Open {
    bounds: BoundingBox,
    /// The other half, and what both hold together, where that is known.
    other: Option<(BoundingBox, u32)>,
}

impl Survey {
    /// None where nothing can be counted.
    pub(super) fn new(region: &Region, tile: BoundingBox, rules: &Rules) -> Option<Self> {
        let counts = rules.counts.filter(|counts| counts.rows_per_answer > 0 && !rules.count_words.is_empty())?;
        let survey = Self {
            region: region.clone(),
            counts,
            words: rules.count_words.clone(),
            rows: f64::from(rules.rows_per_query.max(1)),
            counted: Vec::new(),
            open: vec![Open { bounds: tile, other: None }],
            sum: Leaf::new(tile),
            word: 0,
            spent: 0.0,
        };
        Some(survey)
    }

    /// The next question; none when enough is counted.
    pub(super) fn next(&self) -> Option<Ask> {
        let open = self.open.last()?;
        Some(Ask::count(Area::Rectangle(short(open.bounds)), vec![self.words.get(self.word)?.clone()]))
    }

    pub(super) fn told(&mut self, seen: &AnswerSeen) {
        let Some(open) = self.open.last().copied() else { return };
        let pages = seen.rows.min(self.counts.rows_per_query).div_ceil(self.counts.rows_per_answer).max(1);
        self.spent += f64::from(pages);
        self.sum.venues = self.sum.venues.saturating_add(seen.rows);
        self.sum.more |= seen.truncated;
        self.word += 1;
        if self.word < self.words.len() {
            return;
        }
        self.open.pop();
        let here = Leaf { venues: self.sum.venues, more: self.sum.more, ..Leaf::new(open.bounds) };
        self.counted.push(here);
        if let Some((bounds, both)) = open.other {
            if here.more {
                self.open.push(Open { bounds, other: None });
            } else {
                self.counted.push(Leaf { venues: both.saturating_sub(here.venues), ..Leaf::new(bounds) });
            }
        }
        self.sum = Leaf::new(open.bounds);
        self.word = 0;
        self.go_on();
    }

    /// Opens the halves of the box that holds most; false when enough is counted.
    fn halve_fullest(&mut self) -> bool {
        let order = |leaf: &Leaf| (leaf.more, leaf.venues);
        let divisible = |leaf: &Leaf| leaf.venues > 1 && !leaf.is_small;
        let leaves = self.counted.iter().enumerate().filter(|(_, leaf)| divisible(leaf));
        let Some((index, leaf)) = leaves.max_by_key(|(index, leaf)| (order(leaf), std::cmp::Reverse(*index))) else {
            return false;
        };
        let leaf = *leaf;
        let total: f64 = self.counted.iter().map(|leaf| f64::from(leaf.venues)).sum();
        let budget = (FREE_PER_PAID * (PAID_PER_ANSWER * total / self.rows).max(1.0)).min(MOST);
        if !leaf.more && self.spent + 1.0 > budget || self.spent > MOST {
            return false;
        }
        self.counted.swap_remove(index);
        let halves = sphere::halves(&leaf.bounds);
        let inside = halves.map(|half| self.region.relation(&half) != Relation::Outside);
        match (halves, inside) {
            ([first, second], [true, true]) if leaf.more => {
                self.open.extend([second, first].map(|bounds| Open { bounds, other: None }));
            }
            ([first, second], [true, true]) => {
                self.open.push(Open { bounds: first, other: Some((second, leaf.venues)) });
            }
            ([first, _], [true, false]) => self.open.push(Open { bounds: first, other: None }),
            ([_, second], _) => self.open.push(Open { bounds: second, other: None }),
        }
        true
    }

    /// Venues that were counted.
    pub(super) fn venues(&self) -> usize {
        self.counted.iter().map(|leaf| leaf.venues as usize).sum()
    }

    /// Counts on, where what was counted allows for it; it may be asked next then.
    pub(super) fn go_on(&mut self) {
        while self.open.is_empty() && self.halve_fullest() {}
    }

    /// The counting of each half of the area, of what was counted of it so far.
    pub(super) fn halved(self, halves: [BoundingBox; 2]) -> [Self; 2] {
        let all = self.counted.len();
        halves.map(|half| {
            let is_inside = |leaf: &&Leaf| sphere::holds(&half, sphere::middle(&leaf.bounds));
            let counted: Vec<Leaf> = self.counted.iter().filter(is_inside).copied().collect();
            // Each box took as much, about.
            #[expect(clippy::cast_precision_loss, reason = "some thousand boxes")]
            let share = counted.len() as f64 / all.max(1) as f64;
            Self {
                region: self.region.clone(),
                words: self.words.clone(),
                counted,
                open: Vec::new(),
                sum: Leaf::new(half),
                word: 0,
                spent: share * self.spent,
                ..self
            }
        })
    }

    /// Invented venues: each box's, spread over it; and beyond the section's edges those within, mirrored.
    pub(super) fn invented(&self, section: &BoundingBox) -> Vec<Vector> {
        /// Steps of a sequence that fills a square evenly at any length.
        const STEPS: [f64; 2] = [0.754_877_666_246_692_8, 0.569_840_290_998_053_2];
        let mut places = Vec::new();
        let mut turn = 0.5;
        for leaf in &self.counted {
            let BoundingBox { south, west, north, east } = leaf.bounds;
            for _ in 0..leaf.venues {
                turn += 1.0;
                let [x, y] = STEPS.map(|step| (turn * step).fract());
                let (lat, lng) = (south + y * (north - south), west + x * (east - west));
                for lat in mirrored(lat, section.south, section.north) {
                    for lng in mirrored(lng, section.west, section.east) {
                        places.push(Vector::of(sphere::position(lat, lng)));
                    }
                }
            }
        }
        places
    }
}

/// A coordinate, and its mirror images beyond the section's edges that are near.
fn mirrored(at: f64, from: f64, to: f64) -> impl Iterator<Item = f64> {
    let near = MIRRORED * (to - from);
    let before = (at - from < near).then_some(2.0 * from - at);
    let behind = (to - at < near).then_some(2.0 * to - at);
    std::iter::once(at).chain(before).chain(behind)
}

/// The box in few digits, so that every spelling as JSON gives it back.
fn short(cell: BoundingBox) -> BoundingBox {
    let round = |degrees: f64| (degrees * 1e7).round() / 1e7;
    let BoundingBox { south, west, north, east } = cell;
    BoundingBox { south: round(south), west: round(west), north: round(north), east: round(east) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AreaShape, Position, Ranking};

    #[test]
    fn what_is_invented_is_as_many_as_were_counted_and_where_they_were_counted() {
        let region = Region::from_bbox(16.30, 48.18, 16.35, 48.21).unwrap();
        let tile = region.tiles()[0].cell;
        // All of them in the south-west.
        let venues: Vec<Position> = (0..500_u32)
            .map(|number| {
                let [x, y] = [0.754_877, 0.569_840].map(|step| (f64::from(number) * step).fract());
                let (high, wide) = (tile.north - tile.south, tile.east - tile.west);
                Position::new(tile.south + 0.4 * high * y, tile.west + 0.4 * wide * x).unwrap()
            })
            .collect();
        let rules = Rules {
            shape: AreaShape::Circle,
            ranking: Ranking::Distance,
            largest_radius_m: 50_000.0,
            words: vec!["cafe".to_owned()],
            words_per_query: 50,
            rows_per_answer: 20,
            rows_per_query: 20,
            counts: Some(Counts { rows_per_answer: 20, rows_per_query: 60 }),
            count_words: vec!["cafe".to_owned()],
            section_venues: usize::MAX,
        };
        let mut survey = Survey::new(&region, tile, &rules).unwrap();
        let mut pages = 0;
        while let Some(ask) = survey.next() {
            let Area::Rectangle(cell) = ask.area else { panic!("boxes are counted") };
            let is_inside = |at: &&Position| {
                (cell.south..cell.north).contains(&at.lat()) && (cell.west..cell.east).contains(&at.lng())
            };
            let rows = u32::try_from(venues.iter().filter(is_inside).count()).unwrap().min(60);
            pages += rows.div_ceil(20).max(1);
            survey.told(&AnswerSeen { ask, rows, truncated: rows == 60, outermost_m: None, fresh: None });
        }
        assert!(pages < 5 * 2 * 500 / 20 + 10, "{pages} free requests");
        let invented: Vec<Position> = survey.invented(&tile).into_iter().map(Vector::place).collect();
        let within = |part: f64| {
            let (north, east) =
                (tile.south + part * (tile.north - tile.south), tile.west + part * (tile.east - tile.west));
            let inside =
                |at: &&Position| (tile.south..north).contains(&at.lat()) && (tile.west..east).contains(&at.lng());
            invented.iter().filter(inside).count()
        };
        assert_eq!(within(1.0), 500);
        assert!(within(0.45) > 480, "{} of them", within(0.45));
    }
}

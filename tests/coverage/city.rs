//! Invented cities and providers that answer about them: the doubles of the coverage tests and of the bench.

use std::collections::BTreeSet;

use venue_sync::coverage::{EARTH_RADIUS_M, Next, Region, Rules, SECTION_VENUES, TileCover, distance_m, seen};
use venue_sync::model::{AnswerSeen, Area, AreaShape, Ask, CappedSpot, Circle, KnownPlace, Position, Purpose, Ranking};

/// A venue: where the provider believes it is, and the index of its only type word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Venue {
    pub(crate) position: Position,
    pub(crate) word: usize,
}

/// How a provider answers.
#[derive(Debug, Clone)]
pub(crate) struct Manners {
    /// Rows in an answer at most.
    pub(crate) cap: usize,
    /// What it takes, and whether it keeps to it.
    pub(crate) shape: AreaShape,
    /// What it says about its order.
    pub(crate) ranking: Ranking,
    /// Its metres from north to south and from east to west, as multiples of ours: it may measure on an ellipsoid.
    pub(crate) metres: [f64; 2],
    /// Decimals of the positions that it returns.
    pub(crate) decimals: i32,
    /// One row in so many comes without a position; 0 for none.
    pub(crate) positionless: usize,
    /// The order of the rows is reversed.
    pub(crate) reversed: bool,
    /// It says "there is more" only where there is, not at every full answer.
    pub(crate) knows: bool,
    /// Its counts: 0 are right, others are wrong, each in its own way.
    pub(crate) miscounts: u32,
}

impl Manners {
    /// A well-behaved provider of nearest-first answers.
    pub(crate) fn nearest_first(cap: usize) -> Self {
        Self {
            cap,
            shape: AreaShape::Circle,
            ranking: Ranking::Distance,
            metres: [1.0, 1.0],
            decimals: 7,
            positionless: 0,
            reversed: false,
            knows: false,
            miscounts: 0,
        }
    }
}

/// What came of covering a region.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) asks: u32,
    /// Questions that only count.
    pub(crate) counted: u32,
    pub(crate) returned: BTreeSet<usize>,
    pub(crate) capped: Vec<CappedSpot>,
    /// Every answer, tile by tile.
    pub(crate) told: Vec<Vec<AnswerSeen>>,
}

/// The words of the doubles.
pub(crate) fn words(count: usize) -> Vec<String> {
    (0..count).map(|word| format!("word{word}")).collect()
}

pub(crate) fn rules(manners: &Manners, words: Vec<String>, largest_radius_m: f64) -> Rules {
    Rules {
        shape: manners.shape,
        ranking: manners.ranking,
        largest_radius_m,
        words,
        words_per_query: 50,
        rows_per_answer: u32::try_from(manners.cap).unwrap(),
        rows_per_query: u32::try_from(manners.cap).unwrap(),
        counts: None,
        count_words: Vec::new(),
        section_venues: SECTION_VENUES,
    }
}

/// The position as the provider returns it.
pub(crate) fn shown(position: Position, manners: &Manners) -> Position {
    let unit = 10_f64.powi(manners.decimals);
    let lng = (position.lng() * unit).round() / unit;
    Position::new(((position.lat() * unit).round() / unit).clamp(-90.0, 90.0), lng.clamp(-180.0, 180.0)).unwrap()
}

/// The distance as the provider measures it.
fn measured(from: Position, to: Position, [north, east]: [f64; 2]) -> f64 {
    let metres = distance_m(from, to);
    let northwards = ((to.lat() - from.lat()).to_radians() * EARTH_RADIUS_M).abs().min(metres);
    let eastwards = (metres * metres - northwards * northwards).sqrt();
    (north * northwards).hypot(east * eastwards)
}

/// Metres from the middle of the asked area, where the provider returns the venue.
fn away(venue: Position, asked: Area, manners: &Manners) -> Option<f64> {
    let (center, radius_m) = match asked {
        Area::Circle(Circle { center, radius_m }) => (center, radius_m),
        Area::Rectangle(cell) => {
            let inside =
                (cell.south..=cell.north).contains(&venue.lat()) && (cell.west..=cell.east).contains(&venue.lng());
            return inside.then_some(0.0);
        }
    };
    // Half as much again, and more, where the circle is only a wish.
    let reach_m = if manners.shape == AreaShape::SoftCircle { 1.5 * radius_m + 100.0 } else { radius_m };
    // A degree of latitude is more than 110 km everywhere.
    if (venue.lat() - center.lat()).abs() * 110_000.0 > reach_m {
        return None;
    }
    Some(measured(center, venue, manners.metres)).filter(|metres| *metres <= reach_m)
}

/// The indices of the venues in the answer, in its order, and whether it was cut off.
pub(crate) fn answer(venues: &[Venue], manners: &Manners, ask: &Ask) -> (Vec<usize>, bool) {
    let asked: BTreeSet<usize> =
        ask.words.iter().map(|word| word.trim_start_matches("word").parse().unwrap()).collect();
    let mut inside: Vec<(f64, usize)> = venues
        .iter()
        .enumerate()
        .filter(|(_, venue)| asked.is_empty() || asked.contains(&venue.word))
        .filter_map(|(index, venue)| away(venue.position, ask.area, manners).map(|metres| (metres, index)))
        .collect();
    inside.sort_by(|a, b| match manners.ranking {
        Ranking::Distance => a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)),
        // By fame, which has nothing to do with the place.
        Ranking::Other => (a.1 * 7919 % 10_007).cmp(&(b.1 * 7919 % 10_007)),
    });
    let truncated = if manners.knows { inside.len() > manners.cap } else { inside.len() >= manners.cap };
    inside.truncate(manners.cap);
    let mut rows: Vec<usize> = inside.into_iter().map(|(_, index)| index).collect();
    if manners.reversed {
        rows.reverse();
    }
    (rows, truncated)
}

/// Covers a region of which nothing is known to its end.
pub(crate) fn cover(region: &Region, rules: &Rules, venues: &[Venue], manners: &Manners) -> Outcome {
    cover_known(region, rules, &[], venues, manners)
}

/// Covers a region to its end.
pub(crate) fn cover_known(
    region: &Region,
    rules: &Rules,
    known: &[KnownPlace],
    venues: &[Venue],
    manners: &Manners,
) -> Outcome {
    let mut outcome = Outcome::default();
    for tile in region.tiles() {
        let mut cover = TileCover::new(region, tile, rules.clone(), known).unwrap();
        let mut told = Vec::new();
        let capped = loop {
            let ask = match cover.next() {
                Next::Ask(ask) => ask,
                Next::Done { capped } => break capped,
            };
            if ask.purpose == Purpose::Count {
                told.push(count(venues, manners, rules, &ask));
                cover.told(&told[told.len() - 1]);
                outcome.counted += 1;
                continue;
            }
            let (rows, truncated) = answer(venues, manners, &ask);
            let positions: Vec<_> = rows
                .iter()
                .map(|row| {
                    let dropped = manners.positionless > 0 && row % manners.positionless == 0;
                    (!dropped).then(|| shown(venues[*row].position, manners))
                })
                .collect();
            outcome.asks += 1;
            outcome.returned.extend(rows);
            told.push(
                seen(&ask, &positions, truncated, (manners.shape, manners.ranking))
                    .expect("the city answers of the place"),
            );
            cover.told(&told[told.len() - 1]);
        };
        outcome.told.push(told);
        outcome.capped.extend(capped);
    }
    outcome
}

/// Ids without rows, as many as a count can tell.
fn count(venues: &[Venue], manners: &Manners, rules: &Rules, ask: &Ask) -> AnswerSeen {
    let most = rules.counts.unwrap().rows_per_query;
    let all = Manners { cap: venues.len() + 1, ..manners.clone() };
    let right = u32::try_from(answer(venues, &all, ask).0.len()).unwrap();
    let rows = match manners.miscounts {
        0 => right,
        1 => 0,
        2 => most,
        by => (right * by + by * 7) % (most + 1),
    };
    AnswerSeen { ask: ask.clone(), rows: rows.min(most), truncated: rows >= most, outermost_m: None, fresh: None }
}

/// A small generator, so that the same seed makes the same city everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// 0 to 1.
    pub(crate) fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX)
    }

    /// About normal, mean 0, deviation 1.
    pub(crate) fn bell(&mut self) -> f64 {
        (0..12).map(|_| self.roll()).sum::<f64>() - 6.0
    }
}

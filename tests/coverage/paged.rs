//! A provider of boxes in pages, whose counts are free: what a cover of it costs. For the tests of strips and their bench.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use venue_sync::coverage::{Next, Region, Rules, SECTION_VENUES, TileCover};
use venue_sync::model::{
    AnswerSeen, Area, AreaShape, Ask, BoundingBox, CappedSpot, Counts, KnownPlace, Purpose, Ranking,
};

use super::city::{self, Venue};

pub(crate) const PAGE: u32 = 20;
pub(crate) const CAP: u32 = 60;

/// Boxes of 60 in pages of 20, a word at a time, counted for nothing.
pub(crate) fn rules(words: usize) -> Rules {
    rules_of(words, PAGE, CAP)
}

/// The same of another size.
pub(crate) fn rules_of(words: usize, page: u32, cap: u32) -> Rules {
    Rules {
        shape: AreaShape::Rectangle,
        ranking: Ranking::Other,
        largest_radius_m: 50_000.0,
        words: city::words(words),
        words_per_query: 1,
        rows_per_answer: page,
        rows_per_query: cap,
        counts: Some(Counts { rows_per_answer: page, rows_per_query: cap }),
        count_words: Vec::new(),
        section_venues: SECTION_VENUES,
    }
}

/// What a cover cost and brought.
#[derive(Debug, Default)]
pub(crate) struct Bill {
    /// Pages with rows.
    pub(crate) paid: u32,
    /// Pages with ids alone.
    pub(crate) free: u32,
    /// Questions of either kind.
    pub(crate) asks: u32,
    pub(crate) returned: BTreeSet<usize>,
    pub(crate) capped: Vec<CappedSpot>,
    pub(crate) told: Vec<Vec<AnswerSeen>>,
    /// What the cover took to think.
    pub(crate) thinking: Duration,
}

/// Answers, quickly.
pub(crate) struct Desk<'a> {
    venues: &'a [Venue],
    by_lat: Vec<(f64, usize)>,
    /// Which words a venue is found by.
    matches: fn(&Venue, usize) -> bool,
    /// What it says of a count, instead of the truth: ids, whether there are more, and how many are fresh.
    counts: fn(Told) -> Told,
}

/// What an answer says of its size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) rows: u32,
    pub(crate) truncated: bool,
    pub(crate) fresh: Option<u32>,
    /// A number that is another for every question, and the same for the same.
    pub(crate) dice: u64,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(venues: &'a [Venue]) -> Self {
        Self::matching(venues, |venue, word| venue.word == word)
    }

    pub(crate) fn matching(venues: &'a [Venue], matches: fn(&Venue, usize) -> bool) -> Self {
        let mut by_lat: Vec<_> = (0..venues.len()).map(|index| (venues[index].position.lat(), index)).collect();
        by_lat.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { venues, by_lat, matches, counts: |told| told }
    }

    /// Counts are not what they should be.
    pub(crate) fn counting(self, counts: fn(Told) -> Told) -> Self {
        Self { counts, ..self }
    }

    /// The venues that are found by a question.
    pub(crate) fn found(&self, ask: &Ask) -> Vec<usize> {
        let Area::Rectangle(BoundingBox { south, west, north, east }) = ask.area else { panic!("only boxes") };
        let words: Vec<usize> = ask.words.iter().map(|word| word.trim_start_matches("word").parse().unwrap()).collect();
        let from = self.by_lat.partition_point(|(lat, _)| *lat < south);
        let to = self.by_lat.partition_point(|(lat, _)| *lat <= north);
        self.by_lat[from..to.max(from)]
            .iter()
            .map(|(_, index)| *index)
            .filter(|index| (west..=east).contains(&self.venues[*index].position.lng()))
            .filter(|index| words.iter().any(|word| (self.matches)(&self.venues[*index], *word)))
            .collect()
    }

    /// Covers a region to its end.
    pub(crate) fn cover(&self, region: &Region, rules: &Rules, known: &[KnownPlace]) -> Bill {
        let mut bill = Bill::default();
        for tile in region.tiles() {
            let near = |place: &&KnownPlace| {
                let (lat, lng) = (place.position.lat(), place.position.lng());
                (tile.cell.south - 0.001..=tile.cell.north + 0.001).contains(&lat)
                    && (tile.cell.west - 0.001..=tile.cell.east + 0.001).contains(&lng)
            };
            let known: Vec<KnownPlace> = known.iter().filter(near).cloned().collect();
            let begun = Instant::now();
            let cover = TileCover::new(region, tile, rules.clone(), &known).unwrap();
            bill.thinking += begun.elapsed();
            self.finish(cover, rules, &mut bill);
        }
        bill
    }

    fn finish(&self, mut cover: TileCover, rules: &Rules, bill: &mut Bill) {
        let mut begun = Instant::now();
        let mut told = Vec::new();
        let mut paid_for = BTreeSet::new();
        loop {
            let next = cover.next();
            bill.thinking += begun.elapsed();
            let ask = match next {
                Next::Ask(ask) => ask,
                Next::Done { capped } => {
                    bill.capped.extend(capped);
                    bill.told.push(told);
                    return;
                }
            };
            let mut found = self.found(&ask);
            let cap = rules.rows_per_query;
            let truncated = found.len() >= cap as usize;
            found.truncate(cap as usize);
            let rows = u32::try_from(found.len()).unwrap();
            let pages = rows.div_ceil(rules.rows_per_answer).max(1);
            let fresh = found.iter().filter(|venue| !paid_for.contains(*venue)).count();
            let dice = u64::from(bill.asks).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
            let mut told_of = Told { rows, truncated, fresh: u32::try_from(fresh).ok(), dice };
            bill.asks += 1;
            if ask.purpose == Purpose::Count {
                bill.free += pages;
                told_of = (self.counts)(told_of);
            } else {
                bill.paid += pages;
                paid_for.extend(found.iter().copied());
                bill.returned.extend(found);
            }
            let Told { rows, truncated, fresh, .. } = told_of;
            let answer = AnswerSeen { ask, rows, truncated, outermost_m: None, fresh };
            begun = Instant::now();
            cover.told(&answer);
            told.push(answer);
        }
    }
}

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::model::{Hours, HoursState, Period, Point, Position, RunAccount, StoredVenue, Vocabulary};

/// Venues that are drawn at most.
const DRAWN: usize = 100_000;
/// Venues that were not seen and are named.
const NAMED: usize = 50;
const HOURS: usize = 168;

/// What is stored of a run's region, counted venue by venue, so that a million take no more room than the drawn ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stock {
    /// First written by the run.
    pub new: u64,
    /// Their content was changed by it.
    pub updated: u64,
    /// Seen by it, as they were.
    pub unchanged: u64,
    /// Of the kinds that it asked for, and not seen.
    pub missing: u64,
    /// By the most specific code, of those that were seen.
    pub categories: BTreeMap<String, u64>,
    /// By half stars, from 0 on; the last one holds 5.
    pub ratings: [u64; 10],
    /// Without a rating.
    pub unrated: u64,
    /// By level, from 0 on.
    pub prices: [u64; 5],
    /// Without a price level.
    pub unpriced: u64,
    /// By kind of week.
    pub hours: BTreeMap<&'static str, u64>,
    /// Venues open at each full hour of the week, from Monday 00:00 on.
    pub open: Vec<u64>,
    /// Venues whose week is known.
    pub open_of: u64,
    /// How many of those that were seen have which field; `venues` is all of them.
    pub filled: BTreeMap<&'static str, u64>,
    /// The latest of those that were not seen.
    pub not_seen: Vec<NotSeen>,
    #[serde(skip)]
    pub(super) drawn: Vec<DrawnVenue>,
    /// One of 2^this is drawn.
    #[serde(skip)]
    thinned: u32,
    #[serde(skip)]
    run: Window,
}

/// A stored venue that the run was not shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NotSeen {
    /// Its name.
    pub name: String,
    /// Its most specific code.
    pub category: Option<String>,
    /// When a provider last showed it.
    pub last_seen_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct DrawnVenue {
    pub(super) name: String,
    pub(super) position: Position,
    pub(super) category: Option<String>,
    pub(super) rating: Option<f64>,
    pub(super) price_level: Option<i32>,
    pub(super) fate: Fate,
    lot: u64,
}

/// What became of a venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Unchanged,
    New,
    Updated,
    Missing,
}

/// What is the run's, and what was before it or came after.
#[derive(Debug, Clone, PartialEq)]
struct Window {
    begun_at: DateTime<Utc>,
    /// None: nobody was here since.
    last_at: Option<DateTime<Utc>>,
    /// The kinds that were asked for; none: nobody can tell.
    types: Option<Vec<String>>,
}

impl Stock {
    /// Nothing yet.
    pub fn new(account: &RunAccount) -> Self {
        let words_of_provider = account.types.iter().any(|word| word.contains(':')) || account.types.is_empty();
        Self {
            new: 0,
            updated: 0,
            unchanged: 0,
            missing: 0,
            categories: BTreeMap::new(),
            ratings: [0; 10],
            unrated: 0,
            prices: [0; 5],
            unpriced: 0,
            hours: BTreeMap::new(),
            open: vec![0; HOURS],
            open_of: 0,
            filled: BTreeMap::new(),
            not_seen: Vec::new(),
            drawn: Vec::new(),
            thinned: 0,
            run: Window {
                begun_at: account.begun_at,
                last_at: Some(account.last_at).filter(|_| account.superseded),
                types: Some(account.types.clone()).filter(|_| !words_of_provider),
            },
        }
    }

    /// Counts a venue of the run's region and provider.
    pub fn count(&mut self, venue: StoredVenue) {
        let Some(fate) = self.run.fate(&venue) else { return };
        match fate {
            Fate::New => self.new += 1,
            Fate::Updated => self.updated += 1,
            Fate::Unchanged => self.unchanged += 1,
            Fate::Missing => self.missing += 1,
        }
        if fate == Fate::Missing {
            self.name(&venue);
        } else {
            self.tally(&venue);
        }
        self.draw(venue, fate);
    }

    /// All that were seen.
    pub fn seen(&self) -> u64 {
        self.new + self.updated + self.unchanged
    }

    /// All that are drawn, or would be if they were not too many.
    pub(super) fn all(&self) -> u64 {
        self.seen() + self.missing
    }

    fn tally(&mut self, venue: &StoredVenue) {
        let category = venue.categories.first().map_or("", String::as_str);
        *self.categories.entry(category.to_owned()).or_default() += 1;
        match venue.rating {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 9")]
            Some(rating) => self.ratings[(rating * 2.0).floor().clamp(0.0, 9.0) as usize] += 1,
            None => self.unrated += 1,
        }
        let level = venue.price_level.and_then(|level| usize::try_from(level).ok());
        match level.and_then(|level| self.prices.get_mut(level)) {
            Some(level) => *level += 1,
            None => self.unpriced += 1,
        }
        let state = venue.hours.as_ref().map_or("unknown", |hours| match hours.state {
            HoursState::Known => "known",
            HoursState::AlwaysOpen => "always_open",
            HoursState::NeverOpen => "never_open",
            HoursState::Complex => "complex",
        });
        *self.hours.entry(state).or_default() += 1;
        if let Some(hours) = venue.hours.as_ref().filter(|hours| hours.state != HoursState::Complex) {
            self.open_of += 1;
            self.add_week(hours);
        }
        let known = [
            ("venues", true),
            ("categories", !venue.categories.is_empty()),
            ("address", venue.has_address),
            ("rating", venue.rating.is_some()),
            ("price_level", venue.price_level.is_some()),
            ("hours", venue.hours.is_some()),
        ];
        for (field, known) in known {
            *self.filled.entry(field).or_default() += u64::from(known);
        }
    }

    fn add_week(&mut self, hours: &Hours) {
        let mut open = [false; HOURS];
        for Period { open: from, close } in hours.periods.iter().flatten() {
            let Some(close) = close else {
                open = [true; HOURS];
                break;
            };
            let (from, mut to) = (minute(*from), minute(*close));
            if to <= from {
                to += HOURS * 60;
            }
            // The full hours at which it is open: the closing minute is not one.
            for hour in from.div_ceil(60)..to.div_ceil(60) {
                open[hour % HOURS] = true;
            }
        }
        for (count, open) in self.open.iter_mut().zip(open) {
            *count += u64::from(open);
        }
    }

    fn name(&mut self, venue: &StoredVenue) {
        let at = self.not_seen.partition_point(|other| other.last_seen_at >= venue.last_seen_at);
        if at < NAMED {
            let (name, category) = (venue.name.clone(), venue.categories.first().cloned());
            self.not_seen.insert(at, NotSeen { name, category, last_seen_at: venue.last_seen_at });
            self.not_seen.truncate(NAMED);
        }
    }

    fn draw(&mut self, venue: StoredVenue, fate: Fate) {
        if !drawn(venue.lot, self.thinned) {
            return;
        }
        self.drawn.push(DrawnVenue {
            name: venue.name,
            position: venue.position,
            category: venue.categories.into_iter().next(),
            rating: venue.rating,
            price_level: venue.price_level,
            fate,
            lot: venue.lot,
        });
        if self.drawn.len() > DRAWN {
            self.thinned += 1;
            self.drawn.retain(|venue| drawn(venue.lot, self.thinned));
        }
    }
}

/// One of 2^thinned, evenly.
fn drawn(lot: u64, thinned: u32) -> bool {
    lot.trailing_zeros() >= thinned
}

/// From Monday 00:00.
fn minute(point: Point) -> usize {
    (usize::from(point.day) + 6) % 7 * 1440 + usize::from(point.hour) * 60 + usize::from(point.minute)
}

impl Window {
    /// None: it is nothing to this run.
    fn fate(&self, venue: &StoredVenue) -> Option<Fate> {
        let by_run = |at: DateTime<Utc>| at >= self.begun_at && self.last_at.is_none_or(|last| at <= last);
        if self.last_at.is_some_and(|last| venue.created_at > last) {
            return None;
        }
        if venue.last_seen_at < self.begun_at {
            return self.asks_for(venue).then_some(Fate::Missing);
        }
        Some(match (by_run(venue.created_at), by_run(venue.updated_at)) {
            (true, _) => Fate::New,
            (false, true) => Fate::Updated,
            (false, false) => Fate::Unchanged,
        })
    }

    fn asks_for(&self, venue: &StoredVenue) -> bool {
        let Some(types) = &self.types else { return true };
        let ours = Vocabulary::ours();
        venue.categories.iter().any(|code| types.iter().any(|wider| ours.is_within(code, wider)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::account::example;

    #[test]
    fn each_venue_is_what_the_run_made_of_it() {
        let account = example::account();
        let stock = example::stock(&account);
        assert_eq!((stock.new, stock.updated, stock.unchanged, stock.missing), (1, 1, 1, 1));
        assert_eq!(stock.not_seen[0].name, "Old Harbour");
        assert_eq!((stock.ratings[9], stock.ratings[8], stock.unrated), (1, 1, 1));
        assert_eq!((stock.prices[2], stock.unpriced), (1, 2));
        assert_eq!((stock.filled["venues"], stock.filled["hours"]), (3, 2));
    }

    #[test]
    fn what_came_after_the_run_is_nothing_to_it() {
        let mut account = example::account();
        account.superseded = true;
        account.last_at = account.begun_at + chrono::TimeDelta::minutes(5);
        let mut stock = Stock::new(&account);
        let mut later = example::venues().remove(0);
        later.created_at = account.last_at + chrono::TimeDelta::days(1);
        (later.updated_at, later.last_seen_at) = (later.created_at, later.created_at);
        stock.count(later.clone());
        assert_eq!(stock.all(), 0);
        later.created_at = account.begun_at - chrono::TimeDelta::days(9);
        stock.count(later);
        assert_eq!((stock.updated, stock.unchanged), (0, 1), "changed by a later run");
    }

    #[test]
    fn a_kind_that_was_not_asked_for_is_not_missed() {
        let mut account = example::account();
        account.types = vec!["bank".to_owned()];
        let mut stock = Stock::new(&account);
        stock.count(example::venues().remove(3));
        assert_eq!(stock.missing, 0);
    }

    #[test]
    fn open_hours_are_counted_at_full_hours_over_midnight_and_over_the_weeks_end() {
        let mut stock = Stock::new(&example::account());
        let point = |day, hour, minute| Point { day, hour, minute };
        let mut hours = example::venues()[0].hours.clone().unwrap();
        // Sunday 22:30 to Monday 01:00.
        hours.periods = Some(vec![Period { open: point(0, 22, 30), close: Some(point(1, 1, 0)) }]);
        stock.add_week(&hours);
        let open: Vec<usize> = (0..HOURS).filter(|hour| stock.open[*hour] > 0).collect();
        assert_eq!(open, [0, 167]);
    }

    #[test]
    fn too_many_are_drawn_evenly() {
        let mut stock = Stock::new(&example::account());
        let one = example::venues().remove(0);
        for lot in 0..250_000_u64 {
            stock.count(StoredVenue { lot, ..one.clone() });
        }
        assert_eq!((stock.all(), stock.drawn.len()), (250_000, 62_500));
    }
}

//! What the commonest values mean, told from their rules by the same reasons as in `plain.rs` and `dates.rs`, without the grammar. What
//! is told here has to be what they would tell: `direct_tests.rs`.

use chrono::{Datelike, Duration, NaiveDate};

use super::dates::DAYS;
use super::meaning::Meaning;
use super::simple::{self, Days, EVERY_DAY, Rule, Says};
use crate::model::{Period, SpecialDay};
use crate::normalise::week::{self, DAY, Stretch, Week};

const WEEK: u32 = 7 * DAY;

/// What such a value means; none for any other, however plain it may be.
pub(super) fn meaning(value: &str, from: NaiveDate) -> Option<Meaning> {
    if is_only_for_people(value) {
        return Some(Meaning::Complex { text: value.to_owned(), days: Vec::new() });
    }
    let rules = simple::rules(value)?;
    // What a week is of which only closed days are told is not for us to say.
    if !rules.iter().any(Rule::opens) {
        return None;
    }
    let complex = |days| Some(Meaning::Complex { text: value.to_owned(), days });
    if contradict(&rules) {
        return complex(Vec::new());
    }
    let names_holidays = rules.iter().any(|rule| rule.holidays);
    let is_vague = rules.iter().any(|rule| rule.says == Says::Vague);
    // What a holiday takes away is meant, even where a later rule gives it back.
    if !is_vague && !rules.iter().any(|rule| rule.holidays && !rule.opens()) {
        let usual = Reading::of(&rules, World::Usual);
        let is_sure = usual.ends_of_nights_stay()?;
        let ends = usual.replaced_ends();
        let usual = usual.week();
        // By the letter they may still count.
        if is_sure && !ends.iter().all(|end| has(&usual, *end)) {
            return None;
        }
        if is_sure && (!names_holidays || Reading::of(&rules, World::Holiday).week() == usual) {
            return Some(Meaning::Plain(usual));
        }
    }
    if cut_nights(&rules) {
        return complex(Vec::new());
    }
    let usual = Reading::of(&rules, World::Usual).days()?;
    let holiday = if names_holidays { Reading::of(&rules, World::Holiday).days()? } else { usual.clone() };
    let dates = (0..DAYS).filter_map(|days| from.checked_add_signed(Duration::days(days)));
    let certain = dates.filter_map(|date| {
        let day = usize::try_from(date.weekday().num_days_from_sunday()).ok()?;
        let periods = usual[day].clone().filter(|_| usual[day] == holiday[day])?;
        Some(SpecialDay { date, periods })
    });
    complex(certain.collect())
}

/// Words in quotes, and nothing else: `"ring the bell"`.
fn is_only_for_people(value: &str) -> bool {
    let words = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    words.is_some_and(|words| !words.is_empty() && !words.contains(|c: char| c == '"' || c == ',' || c.is_control()))
}

/// See `rules::contradicts_itself`.
fn contradict(rules: &[Rule]) -> bool {
    let of_every_week = || rules.iter().filter(|rule| rule.days != 0);
    of_every_week().enumerate().any(|(index, rule)| {
        let later = || of_every_week().skip(index + 1);
        let replacing = || later().filter(|later| later.opens() && !later.adds);
        let replaced = replacing().fold(0, |days, later| days | later.days);
        let closed = later().filter(|later| rule.opens() && !later.opens()).fold(0, |days, later| days | later.days);
        let is_void = rule.days & !(replaced | closed) == 0;
        let opened_again = !rule.opens() && rule.days != EVERY_DAY && rule.days & replaced != 0;
        let is_apart = |later: &Rule| rule.days & later.days != 0 && !meet(rule, later);
        is_void || opened_again || rule.opens() && replacing().any(is_apart)
    })
}

/// Whether some span of one rule meets one of the other.
fn meet(one: &Rule, other: &Rule) -> bool {
    one.spans().iter().any(|(from, to)| other.spans().iter().any(|(start, end)| from <= end && start <= to))
}

/// See `rules::cuts_nights`.
fn cut_nights(rules: &[Rule]) -> bool {
    rules.iter().flat_map(Rule::spans).any(|(_, close)| *close > DAY)
        && rules.iter().skip(1).any(|rule| !rule.adds || !rule.opens())
}

/// Whether days are holidays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum World {
    /// None is.
    Usual,
    /// Every day is.
    Holiday,
}

impl World {
    /// The days on which a rule falls.
    fn days(self, rule: &Rule) -> Days {
        if self == Self::Holiday && rule.holidays { EVERY_DAY } else { rule.days }
    }
}

/// Each day has the stretches that begin on it.
struct Reading {
    open: Vec<Stretch>,
    vague: Vec<Stretch>,
    /// What later rules took away of days, if it passes midnight.
    replaced: Vec<Stretch>,
    /// The last rule that closes a day into which a night before reaches, and how many rules there are.
    cut: Option<usize>,
    rules: usize,
}

impl Reading {
    fn of(rules: &[Rule], world: World) -> Self {
        let mut reading = Self {
            open: Vec::with_capacity(14),
            vague: Vec::new(),
            replaced: Vec::new(),
            cut: None,
            rules: rules.len(),
        };
        let mut told: Days = 0;
        for (index, rule) in rules.iter().enumerate() {
            let days = world.days(rule);
            if !(rule.adds && rule.opens()) && told & days != 0 {
                let of_days = |stretch: &Stretch| days & bit(stretch.open) != 0;
                let night = |stretch: &&Stretch| of_days(stretch) && stretch.close > midnight_after(**stretch);
                reading.replaced.extend(reading.open.iter().filter(night));
                reading.open.retain(|stretch| !of_days(stretch));
                reading.vague.retain(|stretch| days & bit(stretch.open) == 0);
            }
            if !rule.opens() {
                let reaches = |stretch: &Stretch| {
                    stretch.close > midnight_after(*stretch) && days & bit((stretch.open + DAY) % WEEK) != 0
                };
                if reading.open.iter().any(reaches) {
                    reading.cut = Some(index);
                }
                continue;
            }
            told |= days;
            let stretches = if rule.says == Says::Vague { &mut reading.vague } else { &mut reading.open };
            for day in (0..7).filter(|day| days & 1 << day != 0) {
                let begin = day * DAY;
                stretches.extend(
                    rule.spans().iter().map(|(open, close)| Stretch { open: begin + open, close: begin + close }),
                );
            }
        }
        reading
    }

    /// Whether it is the same if a closed day takes out the end of the night before; none where a later rule may yet decide that.
    fn ends_of_nights_stay(&self) -> Option<bool> {
        match self.cut {
            None => Some(true),
            Some(index) => (index + 1 == self.rules).then_some(false),
        }
    }

    /// The ends of the nights that later rules took away.
    fn replaced_ends(&self) -> Vec<Stretch> {
        let end = |night: &Stretch| Stretch { open: midnight_after(*night), close: night.close };
        self.replaced.iter().map(end).collect()
    }

    fn week(self) -> Week {
        Week::merged(self.open)
    }

    /// The openings of each day of the week, Sunday first, none for a day of which a part is vague. The outer none: what is vague
    /// meets what is not.
    fn days(self) -> Option<[Option<Vec<Period>>; 7]> {
        let vague = self.vague;
        if self.open.iter().any(|open| vague.iter().any(|vague| meet_in_time(*open, *vague, 0))) {
            return None;
        }
        let week = Week::merged(self.open);
        let is_vague = |day: u32| {
            let day = Stretch { open: day * DAY, close: (day + 1) * DAY };
            vague.iter().any(|vague| meet_in_time(day, *vague, 1))
        };
        let mut days = [const { None }; 7];
        for (day, periods) in (0..).zip(&mut days) {
            *periods = (!is_vague(day)).then(|| on(&week, day));
        }
        Some(days)
    }
}

/// Whether two stretches have this many minutes in common, whichever week they are written in; 0: or touch.
fn meet_in_time(one: Stretch, other: Stretch, minutes: u32) -> bool {
    let (from, to) = (one.open + WEEK, one.close + WEEK);
    [0, WEEK, 2 * WEEK].iter().any(|turn| {
        let (begin, end) = (other.open + turn, other.close + turn);
        from.max(begin) + minutes <= to.min(end)
    })
}

/// Whether a week is open for the whole of a stretch.
fn has(week: &Week, part: Stretch) -> bool {
    let Week::Stretches(stretches) = week else { return true };
    let (from, to) = (part.open + WEEK, part.close + WEEK);
    let holds = |one: &Stretch, turn: u32| one.open + turn <= from && to <= one.close + turn;
    stretches.iter().any(|one| [0, WEEK, 2 * WEEK].iter().any(|turn| holds(one, *turn)))
}

fn midnight_after(stretch: Stretch) -> u32 {
    (stretch.open / DAY + 1) * DAY
}

fn bit(minute: u32) -> Days {
    1 << (minute / DAY)
}

/// What begins on a day; of what lasts a day or longer, its part of the day.
fn on(week: &Week, day: u32) -> Vec<Period> {
    let (begin, end) = (day * DAY, (day + 1) * DAY);
    let period =
        |open: u32, close: u32| Period { open: week::point(open % WEEK), close: Some(week::point(close % WEEK)) };
    let Week::Stretches(stretches) = week else { return vec![period(begin, end)] };
    // The last stretch may reach over from the week before.
    let over =
        stretches.last().filter(|last| last.close > WEEK).map(|last| (0, last.close - WEEK, last.close - last.open));
    let all = over.into_iter().chain(stretches.iter().map(|one| (one.open, one.close, one.close - one.open)));
    let mut periods = Vec::new();
    for (index, (open, close, length)) in all.enumerate() {
        let reaches_over = index == 0 && over.is_some();
        if open >= end || close <= begin {
            continue;
        }
        if length >= DAY {
            periods.push(period(open.max(begin), close.min(end)));
        } else if open >= begin && !reaches_over {
            periods.push(period(open, close));
        }
    }
    periods
}

use chrono::NaiveDate;
use opening_hours::OpeningHours;
use opening_hours_syntax::rules::day::WeekDayRange;
use opening_hours_syntax::rules::{RuleKind, RuleOperator, RuleSequence};

use super::rules::{
    contradicts_itself, cuts_nights, falls_on, is_vague, is_whole_day, minutes, names_holiday, with_holidays, written,
};
use super::spelling::joins_holidays;
use crate::normalise::week::{DAY, Stretch, Week};

const WEEK: u32 = 7 * DAY;

/// The week that rules repeat, if they repeat one, whatever day is a holiday.
///
/// A night belongs to the day on which it begins. By the letter of the grammar a later rule (`Fr 20:00-04:00; Sa 10:00-18:00`) cuts off
/// what reaches into its day; nobody who writes `04:00` means midnight, so the night is kept, but only from a rule that opens: after one
/// that closes (`Sa off`) it is left undecided. In all else the grammar's crate, which goes by the letter, has to agree.
pub(super) fn week(rules: &[RuleSequence], text: &str) -> Option<Week> {
    let is_plain = |rule: &RuleSequence| {
        let days = &rule.day_selector;
        !is_vague(rule)
            && rule.operator != RuleOperator::Fallback
            && days.year.is_empty()
            && days.monthday.is_empty()
            && days.week.is_empty()
            && days.weekday.iter().all(is_weekly)
            // What a holiday takes away is meant, even where a later rule gives it back.
            && !(rule.kind == RuleKind::Closed && names_holiday(rule))
    };
    if !rules.iter().all(is_plain) || joins_holidays(text) || contradicts_itself(rules) {
        return None;
    }
    let usual = with_holidays(rules, false);
    let week = own_reading(&usual, Off::OwnDay)?;
    if own_reading(&usual, Off::NightBefore)? != week || own_reading(&with_holidays(rules, true), Off::OwnDay)? != week
    {
        return None;
    }
    let nights_differ = cuts_nights(&usual);
    let by_the_letter = crate_reading(usual)?;
    let agreed = if nights_differ { holds(&week, &by_the_letter) } else { by_the_letter == week };
    Some(week).filter(|_| agreed)
}

/// Whether every open minute of the second is one of the first.
fn holds(week: &Week, part: &Week) -> bool {
    let (Week::Stretches(whole), Week::Stretches(parts)) = (week, part) else { return *week == Week::Always };
    parts.iter().all(|part| {
        whole.iter().any(|one| {
            [0, WEEK].iter().any(|turn| {
                let (open, close) = (part.open + turn, part.close + turn);
                one.open <= open && close <= one.close || one.open <= part.open && part.close <= one.close
            })
        })
    })
}

/// How far a closed day reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Off {
    /// It takes out what begins on it.
    OwnDay,
    /// It takes out the end of the night before as well.
    NightBefore,
}

fn is_weekly(day: &WeekDayRange) -> bool {
    match day {
        WeekDayRange::Holiday { offset, .. } => *offset == 0,
        WeekDayRange::Fixed { offset, nth_from_start, nth_from_end, .. } => {
            // Every one of a month's Mondays, counted from either end, is every Monday.
            *offset == 0 && nth_from_start.iter().chain(nth_from_end).all(|counts| *counts)
        }
    }
}

/// Each day has the stretches that begin on it.
fn own_reading(rules: &[RuleSequence], off: Off) -> Option<Week> {
    let mut days: [Vec<Stretch>; 7] = Default::default();
    for rule in rules {
        let spans: Vec<(u32, u32)> = rule.time_selector.spans.iter().map(minutes).collect::<Option<_>>()?;
        for day in (0..7_u32).filter(|day| falls_on(rule, *day)) {
            let own = usize::try_from(day).ok()?;
            let stretches =
                spans.iter().map(|(open, close)| Stretch { open: day * DAY + open, close: day * DAY + close });
            match (rule.kind, rule.operator) {
                (RuleKind::Closed, _) if is_whole_day(rule) => {
                    days[own].clear();
                    if off == Off::NightBefore {
                        for other in &mut days {
                            take_out(other, Stretch { open: day * DAY, close: (day + 1) * DAY });
                        }
                    }
                }
                (RuleKind::Closed, _) => stretches.for_each(|closed| {
                    for day in &mut days {
                        take_out(day, closed);
                    }
                }),
                (_, RuleOperator::Normal) => days[own] = stretches.collect(),
                _ => days[own].extend(stretches),
            }
        }
    }
    Some(Week::merged(days.into_iter().flatten().collect()))
}

/// Takes a closed stretch out of open ones; either may reach into the next week.
fn take_out(stretches: &mut Vec<Stretch>, closed: Stretch) {
    for shift in [0, WEEK] {
        for back in [0, WEEK] {
            let (from, to) = (closed.open + shift, closed.close + shift);
            let cut = |stretch: Stretch| {
                let (open, close) = (stretch.open + back, stretch.close + back);
                let before = Stretch { open: stretch.open, close: close.min(from).max(open) - back };
                let after = Stretch { open: open.max(to).min(close) - back, close: stretch.close };
                [before, after].into_iter().filter(|piece| piece.open < piece.close)
            };
            *stretches = std::mem::take(stretches).into_iter().flat_map(cut).collect();
        }
    }
    for stretch in stretches {
        if stretch.open >= WEEK {
            *stretch = Stretch { open: stretch.open - WEEK, close: stretch.close - WEEK };
        }
    }
}

/// Any week will do: nothing in the rules names one.
fn crate_reading(rules: Vec<RuleSequence>) -> Option<Week> {
    let hours: OpeningHours = written(rules).parse().ok()?;
    let sunday = NaiveDate::from_ymd_opt(2026, 11, 22)?.and_hms_opt(0, 0, 0)?;
    let minute = |at: chrono::NaiveDateTime| u32::try_from((at - sunday).num_minutes()).ok();
    let open = hours
        .iter_range(sunday, sunday + chrono::Duration::days(7))
        .filter(|stretch| stretch.kind == RuleKind::Open)
        .map(|stretch| Some(Stretch { open: minute(stretch.range.start)?, close: minute(stretch.range.end)? }));
    Some(Week::merged(open.collect::<Option<_>>()?))
}

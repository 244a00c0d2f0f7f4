use crate::model::{Period, Point, RawPeriod, RawPoint};

/// Minutes of a day.
pub(super) const DAY: u32 = 24 * 60;

/// Minutes of a week.
const WEEK: u32 = 7 * DAY;

/// A stretch of being open: minutes from Sunday 00:00, local wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stretch {
    /// 0 to 10,079.
    pub(super) open: u32,
    /// After `open`, less than a week later: may lie in the next week.
    pub(super) close: u32,
}

/// A week with its stretches merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Week {
    /// Every minute.
    Always,
    /// Sorted; no two overlap or touch, not across the week's end either.
    Stretches(Vec<Stretch>),
}

impl Stretch {
    /// None if the period has no close, is out of range, or contradicts itself: closing on its own day before or when it opens
    /// would mean a whole week, which nobody writes so.
    pub(super) fn of(period: RawPeriod) -> Option<Self> {
        let (open, close) = (minute(period.open)?, minute(period.close?)?);
        if open / DAY == close / DAY && close <= open {
            return None;
        }
        let close = if close <= open { close + WEEK } else { close };
        Some(Self { open, close })
    }

    /// Whether it closes on the weekday on which it opens, nearly a week later: one period would read as if it closed before it
    /// opens.
    fn is_two_periods(self) -> bool {
        self.close - self.open > DAY && self.close % WEEK / DAY == self.open / DAY
    }

    /// One period, or two that meet at the first midnight.
    fn periods(self) -> impl Iterator<Item = Period> {
        let midnight = (self.open / DAY + 1) * DAY;
        let (first, second) = if self.is_two_periods() {
            ((self.open, midnight), Some((midnight, self.close)))
        } else {
            ((self.open, self.close), None)
        };
        let period = |(open, close)| Period { open: point(open % WEEK), close: Some(point(close % WEEK)) };
        std::iter::once(first).chain(second).map(period)
    }
}

impl Week {
    /// Merges what overlaps, repeats or touches, also across the end of the week.
    pub(super) fn merged(mut stretches: Vec<Stretch>) -> Self {
        stretches.sort_unstable();
        stretches.dedup_by(|next, last| {
            let meet = next.open <= last.close;
            if meet {
                last.close = last.close.max(next.close);
            }
            meet
        });
        // The last one may reach into the next week, over the first ones of this.
        while let [first, .., last] = stretches.as_mut_slice() {
            if first.open + WEEK > last.close {
                break;
            }
            last.close = last.close.max(first.close + WEEK);
            stretches.remove(0);
        }
        match stretches.as_slice() {
            [only] if only.close - only.open >= WEEK => Self::Always,
            _ => Self::Stretches(stretches),
        }
    }

    /// In the shape that is stored: always open is one period from Sunday 00:00 without close.
    pub(super) fn periods(&self) -> Vec<Period> {
        match self {
            Self::Always => vec![Period { open: point(0), close: None }],
            Self::Stretches(stretches) => {
                let mut periods = Vec::with_capacity(self.count());
                periods.extend(stretches.iter().flat_map(|stretch| stretch.periods()));
                periods.sort_unstable();
                periods
            }
        }
    }

    /// How many periods it has.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Always => 1,
            Self::Stretches(all) => all.len() + all.iter().filter(|stretch| stretch.is_two_periods()).count(),
        }
    }
}

/// Whether a point has a day, an hour and a minute of a week's clock.
pub(super) fn is_on_the_clock(point: RawPoint) -> bool {
    minute(point).is_some()
}

/// Minutes from Sunday 00:00, if the point is on a week's clock.
fn minute(point: RawPoint) -> Option<u32> {
    let within = |value: i64, end: u32| u32::try_from(value).ok().filter(|value| *value < end);
    Some(within(point.day, 7)? * DAY + within(point.hour, 24)? * 60 + within(point.minute, 60)?)
}

/// A minute of the week on its clock.
pub(super) fn point(minute: u32) -> Point {
    let small = |value: u32| u8::try_from(value).expect("days, hours and minutes of a week are below 60");
    Point { day: small(minute / DAY % 7), hour: small(minute / 60 % 24), minute: small(minute % 60) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn raw(open: (i64, i64, i64), close: (i64, i64, i64)) -> RawPeriod {
        let at = |(day, hour, minute)| RawPoint { day, hour, minute };
        RawPeriod { open: at(open), close: Some(at(close)) }
    }

    fn stretch(open: (i64, i64, i64), close: (i64, i64, i64)) -> Stretch {
        Stretch::of(raw(open, close)).unwrap()
    }

    fn open_minutes(week: &Week) -> Vec<bool> {
        let mut minutes = vec![false; WEEK as usize];
        match week {
            Week::Always => minutes.fill(true),
            Week::Stretches(stretches) => {
                for minute in stretches.iter().flat_map(|stretch| stretch.open..stretch.close) {
                    minutes[(minute % WEEK) as usize] = true;
                }
            }
        }
        minutes
    }

    #[test]
    fn a_period_that_is_on_no_clock_is_refused() {
        for (open, close) in [
            ((7, 0, 0), (1, 0, 0)),
            ((-1, 0, 0), (1, 0, 0)),
            ((1, 24, 0), (2, 0, 0)),
            ((1, 9, 60), (1, 10, 0)),
            ((1, 9, 0), (1, 9, 0)),
            ((1, 18, 0), (1, 2, 0)),
            ((i64::MAX, 0, 0), (i64::MIN, 0, 0)),
        ] {
            assert_eq!(Stretch::of(raw(open, close)), None, "{open:?} to {close:?}");
        }
        assert_eq!(Stretch::of(RawPeriod { close: None, ..raw((1, 9, 0), (1, 10, 0)) }), None);
    }

    #[test]
    fn saturday_is_followed_by_sunday() {
        assert_eq!(stretch((6, 18, 0), (0, 0, 0)), Stretch { open: 6 * DAY + 18 * 60, close: WEEK });
        assert_eq!(stretch((6, 22, 0), (0, 2, 0)).close, WEEK + 120);
        assert_eq!(
            Week::merged(vec![stretch((6, 22, 0), (0, 2, 0))]).periods(),
            [Period { open: Point { day: 6, hour: 22, minute: 0 }, close: Some(Point { day: 0, hour: 2, minute: 0 }) }]
        );
    }

    #[test]
    fn what_touches_across_the_weeks_end_is_one() {
        let week = Week::merged(vec![stretch((0, 0, 0), (0, 2, 0)), stretch((6, 18, 0), (0, 0, 0))]);
        assert_eq!(week, Week::Stretches(vec![stretch((6, 18, 0), (0, 2, 0))]));
    }

    #[test]
    fn a_week_with_one_gap_is_two_periods_that_cannot_be_misread() {
        let week = Week::merged(vec![stretch((6, 5, 0), (1, 0, 0)), stretch((1, 0, 0), (6, 4, 0))]);
        let at = |day, hour| Point { day, hour, minute: 0 };
        assert_eq!(
            week.periods(),
            [Period { open: at(0, 0), close: Some(at(6, 4)) }, Period { open: at(6, 5), close: Some(at(0, 0)) },]
        );
    }

    #[test]
    fn seven_whole_days_are_always() {
        let days = (0..7).map(|day| stretch((day, 0, 0), ((day + 1) % 7, 0, 0))).collect();
        assert_eq!(Week::merged(days), Week::Always);
        let almost = (0..7).map(|day| stretch((day, 0, 0), (day, 23, 59))).collect();
        assert!(matches!(Week::merged(almost), Week::Stretches(stretches) if stretches.len() == 7));
    }

    prop_compose! {
        fn any_stretch()(open in 0..WEEK, minutes in 1..WEEK) -> Stretch {
            Stretch { open, close: open + minutes }
        }
    }

    proptest! {
        #[test]
        fn merging_keeps_every_open_minute_and_adds_none(
            stretches in prop::collection::vec(any_stretch(), 0..12), turn in 0_usize..12,
        ) {
            let mut turned = stretches.clone();
            turned.rotate_left(turn % stretches.len().max(1));
            let merged = Week::merged(stretches.clone());
            prop_assert_eq!(&merged, &Week::merged(turned), "the order decides nothing");
            prop_assert_eq!(open_minutes(&merged), open_minutes(&Week::Stretches(stretches)));
            if let Week::Stretches(merged) = &merged {
                for pair in merged.windows(2) {
                    prop_assert!(pair[0].close < pair[1].open);
                }
                if let [first, .., last] = merged.as_slice() {
                    prop_assert!(last.close < first.open + WEEK);
                }
            }
        }
    }
}

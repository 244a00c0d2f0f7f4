//! A week in words, for people (`weekday_text`) and as an OpenStreetMap `opening_hours` value.
//!
//! Both write a stretch under the day on which it opens; one that lasts a day or longer is cut at each midnight, because
//! "06:00 to 06:00" could mean nothing or a day. So either text gives the week back.

use std::sync::LazyLock;

use super::week::{DAY, Stretch, Week};

/// Monday first.
const DAYS: [(&str, &str); 7] = [
    ("Monday", "Mo"),
    ("Tuesday", "Tu"),
    ("Wednesday", "We"),
    ("Thursday", "Th"),
    ("Friday", "Fr"),
    ("Saturday", "Sa"),
    ("Sunday", "Su"),
];

/// A piece of a day: minutes from its midnight; closes after midnight where `close` is past 1,440.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    open: u32,
    close: u32,
}

const WHOLE_DAY: Piece = Piece { open: 0, close: DAY };

/// The pieces of a week in order, Monday first.
pub(super) struct Days {
    all: Vec<Piece>,
    /// Where the pieces of each day end in the list.
    ends: [usize; 7],
}

impl Days {
    pub(super) fn of(week: &Week) -> Self {
        let mut all = Vec::with_capacity(21);
        let mut add = |day: u32, open: u32, close: u32| {
            let monday_first = usize::try_from((day + 6) % 7).expect("a day of seven");
            all.push((monday_first, Piece { open, close }));
        };
        match week {
            Week::Always => (0..7).for_each(|day| add(day, 0, DAY)),
            Week::Stretches(stretches) => {
                for &Stretch { mut open, close } in stretches {
                    if close - open < DAY {
                        add(open / DAY, open % DAY, open % DAY + (close - open));
                        continue;
                    }
                    while open < close {
                        let midnight = (open / DAY + 1) * DAY;
                        add(open / DAY, open % DAY, open % DAY + (close.min(midnight) - open));
                        open = midnight;
                    }
                }
            }
        }
        all.sort_unstable();
        let ends = std::array::from_fn(|day| all.partition_point(|(of, _)| *of <= day));
        Self { all: all.into_iter().map(|(_, piece)| piece).collect(), ends }
    }

    /// Seven lines: `Monday: 09:00–14:00, 18:00–02:00`, `Tuesday: closed`, `Wednesday: open 24 hours`.
    pub(super) fn weekday_text(&self) -> Vec<String> {
        let line = |(day, (name, _)): (usize, (&str, &str))| {
            let pieces = self.of_day(day);
            let mut line = String::with_capacity(name.len() + 2 + 15 * pieces.len().max(1));
            line.push_str(name);
            line.push_str(": ");
            match pieces {
                [] => line.push_str("closed"),
                [WHOLE_DAY] => line.push_str("open 24 hours"),
                pieces => push_times(&mut line, pieces, "–", ", "),
            }
            line
        };
        DAYS.into_iter().enumerate().map(line).collect()
    }

    /// `Mo-Fr 09:00-14:00; Sa 10:00-24:00`, `24/7`, `off`. Days of equal hours stand together, closed days are left out.
    ///
    /// Rules are parted by `;`, unless some stretch passes midnight: a later rule after `;` would overrule what reaches into its day
    /// from the night before, so then it is `,`, which only adds.
    pub(super) fn osm(&self) -> String {
        if (0..DAYS.len()).all(|day| self.of_day(day) == [WHOLE_DAY]) {
            return "24/7".to_owned();
        }
        let passes_midnight = self.all.iter().any(|piece| piece.close > DAY);
        let mut text = String::with_capacity(64);
        for day in 0..DAYS.len() {
            let pieces = self.of_day(day);
            let is_first = !(0..day).any(|before| self.of_day(before) == pieces);
            if pieces.is_empty() || !is_first {
                continue;
            }
            if !text.is_empty() {
                text.push_str(if passes_midnight { ", " } else { "; " });
            }
            push_day_names(&mut text, |day| self.of_day(day) == pieces);
            text.push(' ');
            push_times(&mut text, pieces, "-", ",");
        }
        if text.is_empty() { "off".to_owned() } else { text }
    }

    /// Monday is 0.
    fn of_day(&self, day: usize) -> &[Piece] {
        let begin = day.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.all[begin..self.ends[day]]
    }
}

fn push_times(text: &mut String, pieces: &[Piece], to: &str, and: &str) {
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            text.push_str(and);
        }
        push_clock(text, piece.open);
        text.push_str(to);
        // Midnight is the end of a day; what is later is written on the next day's clock.
        push_clock(text, if piece.close > DAY { piece.close - DAY } else { piece.close });
    }
}

/// `00:00` to `24:00`, each in its place: formatting takes ten times as long.
static CLOCK: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..=DAY).map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60)).collect());

fn push_clock(text: &mut String, minute: u32) {
    let at = usize::try_from(minute).expect("a minute of a day");
    text.push_str(&CLOCK[at]);
}

/// `Mo-We,Fr`: three or more days in a row as a range.
fn push_day_names(text: &mut String, is_named: impl Fn(usize) -> bool) {
    let begin = text.len();
    let mut day = 0;
    while day < DAYS.len() {
        let run = (day..DAYS.len()).take_while(|day| is_named(*day)).count();
        if run > 0 {
            if text.len() > begin {
                text.push(',');
            }
            text.push_str(DAYS[day].1);
        }
        if run > 1 {
            text.push(if run > 2 { '-' } else { ',' });
            text.push_str(DAYS[day + run - 1].1);
        }
        day += run.max(1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WEEK: u32 = 7 * DAY;

    /// Day 0 is Sunday.
    fn week(stretches: &[(u32, &str, &str)]) -> Week {
        Week::merged(stretches.iter().map(|(day, open, close)| stretch(*day, open, close)).collect())
    }

    fn stretch(day: u32, open: &str, close: &str) -> Stretch {
        let minutes = |clock: &str| {
            let (hour, minute) = clock.split_once(':').unwrap();
            hour.parse::<u32>().unwrap() * 60 + minute.parse::<u32>().unwrap()
        };
        let (open, close) = (minutes(open), minutes(close));
        Stretch { open: day * DAY + open, close: day * DAY + close + if close <= open { DAY } else { 0 } }
    }

    fn weekday_text(week: &Week) -> Vec<String> {
        Days::of(week).weekday_text()
    }

    fn osm(week: &Week) -> String {
        Days::of(week).osm()
    }

    /// Reads the lines back, by their documented form and nothing else.
    fn read_lines(lines: &[String]) -> Week {
        let mut stretches = Vec::new();
        for (line, day) in lines.iter().zip([1, 2, 3, 4, 5, 6, 0]) {
            match line.split_once(": ").unwrap().1 {
                "closed" => {}
                "open 24 hours" => stretches.push(stretch(day, "00:00", "24:00")),
                times => stretches.extend(times.split(", ").map(|piece| {
                    let (open, close) = piece.split_once('–').unwrap();
                    stretch(day, open, close)
                })),
            }
        }
        Week::merged(stretches)
    }

    /// A small reader of the OSM values that we write. After `;` a rule overrules whatever earlier rules say of its days,
    /// and of what reaches into them; after `,` it adds.
    fn read_osm(value: &str) -> Week {
        if value == "24/7" {
            return Week::Always;
        }
        if value == "off" {
            return Week::Stretches(Vec::new());
        }
        let mut open = vec![false; WEEK as usize];
        for overruling in value.split("; ") {
            let mut own = Vec::new();
            for rule in overruling.split(", ") {
                let (names, times) = rule.split_once(' ').unwrap();
                for day in names.split(',').flat_map(days_of) {
                    own.extend(times.split(',').map(|piece| {
                        let (from, to) = piece.split_once('-').unwrap();
                        (day, stretch(day, from, to))
                    }));
                }
            }
            for (day, _) in &own {
                open[(day * DAY) as usize..((day + 1) * DAY) as usize].fill(false);
            }
            for minute in own.iter().flat_map(|(_, stretch)| stretch.open..stretch.close) {
                open[(minute % WEEK) as usize] = true;
            }
        }
        let minutes = (0..WEEK).filter(|minute| open[*minute as usize]);
        Week::merged(minutes.map(|minute| Stretch { open: minute, close: minute + 1 }).collect())
    }

    fn days_of(names: &str) -> Vec<u32> {
        let day = |name: &str| DAYS.iter().position(|(_, short)| *short == name).unwrap();
        let (first, last) = names.split_once('-').unwrap_or((names, names));
        (0..7).filter(|&of| (day(first)..=day(last)).contains(&((of as usize + 6) % 7))).collect()
    }

    #[test]
    fn a_week_in_words() {
        let week = week(&[
            (1, "09:00", "14:00"),
            (1, "18:00", "02:00"),
            (3, "00:00", "24:00"),
            (5, "18:00", "24:00"),
            (6, "00:00", "24:00"),
            (0, "00:00", "02:00"),
        ]);
        let lines = weekday_text(&week);
        assert_eq!(
            lines,
            [
                "Monday: 09:00–14:00, 18:00–02:00",
                "Tuesday: closed",
                "Wednesday: open 24 hours",
                "Thursday: closed",
                "Friday: 18:00–24:00",
                "Saturday: open 24 hours",
                "Sunday: 00:00–02:00",
            ]
        );
        assert_eq!(osm(&week), "Mo 09:00-14:00,18:00-02:00, We,Sa 00:00-24:00, Fr 18:00-24:00, Su 00:00-02:00");
    }

    #[test]
    fn days_of_equal_hours_stand_together() {
        let mut opening: Vec<_> = (1..6).map(|day| (day, "09:00", "17:00")).collect();
        opening.push((6, "10:00", "24:00"));
        assert_eq!(osm(&week(&opening)), "Mo-Fr 09:00-17:00; Sa 10:00-24:00");
        assert_eq!(
            osm(&week(&[(1, "9:00", "17:00"), (2, "9:00", "17:00"), (4, "9:00", "17:00")])),
            "Mo,Tu,Th 09:00-17:00"
        );
    }

    #[test]
    fn the_night_before_is_not_overruled() {
        assert_eq!(osm(&week(&[(1, "22:00", "02:00"), (2, "10:00", "12:00")])), "Mo 22:00-02:00, Tu 10:00-12:00");
    }

    #[test]
    fn always_and_never() {
        assert_eq!(osm(&Week::Always), "24/7");
        assert_eq!(osm(&week(&[])), "off");
        assert!(weekday_text(&Week::Always).iter().all(|line| line.ends_with(": open 24 hours")));
        assert!(weekday_text(&week(&[])).iter().all(|line| line.ends_with(": closed")));
    }

    #[test]
    fn a_day_that_begins_in_the_morning_is_cut_at_midnight() {
        let lines = weekday_text(&week(&[(1, "06:00", "06:00")]));
        assert_eq!(lines[..2], ["Monday: 06:00–24:00", "Tuesday: 00:00–06:00"]);
    }

    prop_compose! {
        /// Mostly ordinary openings, some that last for days.
        fn any_stretch()(open in 0..WEEK, minutes in prop_oneof![1..DAY, 1..DAY, Just(DAY), DAY..WEEK]) -> Stretch {
            Stretch { open, close: open + minutes }
        }
    }

    proptest! {
        #[test]
        fn both_texts_give_the_week_back(stretches in prop::collection::vec(any_stretch(), 0..10)) {
            let week = Week::merged(stretches);
            prop_assert_eq!(&read_lines(&weekday_text(&week)), &week);
            prop_assert_eq!(&read_osm(&osm(&week)), &week, "{}", osm(&week));
        }
    }
}

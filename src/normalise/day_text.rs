//! A week in words, for people (`weekday_text`) and as an OpenStreetMap `opening_hours` value.
//!
//! Both write a stretch under the day on which it opens; one that lasts a day or longer is cut at each midnight, because
//! "06:00 to 06:00" could mean nothing or a day. So either text gives the week back.

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

/// Seven lines: `Monday: 09:00–14:00, 18:00–02:00`, `Tuesday: closed`, `Wednesday: open 24 hours`.
pub(super) fn weekday_text(week: &Week) -> Vec<String> {
    let line = |(pieces, (day, _)): (Vec<Piece>, (&str, &str))| match pieces.as_slice() {
        [] => format!("{day}: closed"),
        [WHOLE_DAY] => format!("{day}: open 24 hours"),
        pieces => format!("{day}: {}", times(pieces, "–", ", ")),
    };
    days(week).into_iter().zip(DAYS).map(line).collect()
}

/// `Mo-Fr 09:00-14:00; Sa 10:00-24:00`, `24/7`, `off`. Days of equal hours stand together, closed days are left out.
///
/// Rules are parted by `;`, unless some stretch passes midnight: a later rule after `;` would overrule what reaches into its day
/// from the night before, so then it is `,`, which only adds.
pub(super) fn osm(week: &Week) -> String {
    if *week == Week::Always {
        return "24/7".to_owned();
    }
    let days = days(week);
    let mut rules: Vec<(Vec<usize>, &[Piece])> = Vec::new();
    for (day, pieces) in days.iter().enumerate().filter(|(_, pieces)| !pieces.is_empty()) {
        match rules.iter_mut().find(|(_, same)| same == pieces) {
            Some((days, _)) => days.push(day),
            None => rules.push((vec![day], pieces)),
        }
    }
    if rules.is_empty() {
        return "off".to_owned();
    }
    let passes_midnight = days.iter().flatten().any(|piece| piece.close > DAY);
    let rule = |(days, pieces): (Vec<usize>, &[Piece])| format!("{} {}", day_names(&days), times(pieces, "-", ","));
    rules.into_iter().map(rule).collect::<Vec<_>>().join(if passes_midnight { ", " } else { "; " })
}

/// The pieces of each day, Monday first, sorted.
fn days(week: &Week) -> [Vec<Piece>; 7] {
    let mut days: [Vec<Piece>; 7] = Default::default();
    let mut add = |day: u32, open: u32, close: u32| {
        let monday_first = usize::try_from((day + 6) % 7).expect("a day of seven");
        days[monday_first].push(Piece { open, close });
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
    for day in &mut days {
        day.sort_unstable();
    }
    days
}

fn times(pieces: &[Piece], to: &str, and: &str) -> String {
    let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    let time = |piece: &Piece| {
        // Midnight is the end of a day; what is later is written on the next day's clock.
        let close = if piece.close > DAY { piece.close - DAY } else { piece.close };
        format!("{}{to}{}", clock(piece.open), clock(close))
    };
    pieces.iter().map(time).collect::<Vec<_>>().join(and)
}

/// `Mo-We,Fr`: three or more days in a row as a range.
fn day_names(days: &[usize]) -> String {
    let runs = days.chunk_by(|one, other| one + 1 == *other);
    let names: Vec<_> = runs
        .flat_map(|run| match run {
            [first, _, .., last] => vec![format!("{}-{}", DAYS[*first].1, DAYS[*last].1)],
            few => few.iter().map(|day| DAYS[*day].1.to_owned()).collect(),
        })
        .collect();
    names.join(",")
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

use chrono::NaiveDate;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::direct::week;
use super::meaning::{Meaning, by_the_grammar};

/// What the grammar makes of a value, without repairs.
fn thorough(value: &str) -> Meaning {
    let mut repairs = Vec::new();
    let meaning = by_the_grammar(value, NaiveDate::from_ymd_opt(2026, 11, 22).unwrap(), &mut repairs);
    assert_eq!(repairs, [], "{value}");
    meaning
}

#[test]
fn the_usual_values_need_no_grammar() {
    for value in [
        "24/7",
        "09:00-18:00",
        "Mo-Fr 09:00-18:00; Sa 10:00-14:00",
        "Mo-Fr 09:00-12:30,14:00-18:30;Sa 09:00-12:30",
        "Fr-Mo 12:00-00:00; Tu,We off",
        "Mo-Su 00:00-24:00",
        "Mo-Sa 11:30-15:00, 18:00-22:30; Su 12:00-15:00",
        "Mo-Sa 07:00-00:30, Su 07:00-24:00",
        "11:30-15:00, 18:00-22:30",
        "Th 18:00-02:00; Fr,Sa 20:00-05:00; Su 00:00-03:00",
    ] {
        assert_eq!(Meaning::Plain(week(value).expect(value)), thorough(value), "{value}");
    }
}

#[test]
fn what_could_mean_more_is_left_to_the_grammar() {
    for value in [
        "",
        "off",
        "Mo off",
        "Mo-Fr 09:00-18:00; We off",
        "Mo-Fr 09:00-18:00; Fr 10:00-12:00",
        "Fr,Sa 20:00-04:00; Su off",
        "Mo-Fr 09:00-18:00; PH off",
        "Mo 14:00-18:00,09:00-12:00",
        "Mo 18:00-26:00",
        "Mo 10:00-10:00",
        "Mo 24:00-02:00",
        "mo 9:00-18:00",
        "Mo 09:00-18:00;",
        "Mo-Sa 11:30-15:00, off",
        "Mo-Sa 11:30-15:00, Tu 18:00-22:30",
        "Mo 09:00-18:00 \"bell\"",
        "Mo 09:60-18:00",
        "Mo  09:00-18:00",
        "Mo 09:00+",
    ] {
        assert_eq!(week(value), None, "{value}");
    }
}

prop_compose! {
    fn any_times()(mut ends in prop::collection::vec(0..=96_u32, 2..6), is_off in prop::bool::weighted(0.15)) -> String {
        ends.sort_unstable();
        let clock = |quarter: &u32| format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15);
        let turn = usize::from(ends[0] % 3 == 0);
        // Now and then the last one ends where the first might have begun: on the next day.
        ends.rotate_left(turn);
        let spans: Vec<_> = ends.chunks_exact(2).map(|span| format!("{}-{}", clock(&span[0]), clock(&span[1]))).collect();
        if is_off { "off".to_owned() } else { spans.join(",") }
    }
}

proptest! {
    #[test]
    fn whatever_is_read_directly_means_the_same_by_the_grammar(
        days in subsequence(vec!["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"], 1..=7).prop_shuffle(),
        cuts in prop::collection::vec((1..4_usize, select(vec!["-", ","]), any_times(), select(vec!["; ", ", "])), 1..5),
    ) {
        let mut rest = days.as_slice();
        let mut value = String::new();
        for (count, sign, times, parted) in &cuts {
            let (named, after) = rest.split_at((*count).min(rest.len()));
            rest = after;
            if !named.is_empty() {
                let names = if *sign == "-" && named.len() == 2 { named.join("-") } else { named.join(",") };
                let times = if *count == 3 { times.replace(',', ", ") } else { times.clone() };
                let parted = if value.is_empty() { "" } else { parted };
                value = format!("{value}{parted}{names} {times}");
            }
        }
        if let Some(week) = week(&value) {
            prop_assert_eq!(thorough(&value), Meaning::Plain(week), "{}", value);
        }
    }
}

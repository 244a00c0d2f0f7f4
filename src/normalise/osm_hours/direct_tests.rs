use chrono::NaiveDate;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::direct;
use super::meaning::Meaning;
use super::read::{by_the_grammar, meaning};
use crate::model::Repair;

fn sunday() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
}

/// What the grammar makes of a value, without repairs.
fn thorough(value: &str, from: NaiveDate) -> Meaning {
    let mut repairs = Vec::new();
    let meaning = by_the_grammar(value, from, &mut repairs);
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
        "08:10-18:40; Th 08:10-21:20; Su off",
        "Mo-Sa 11:00-14:30, We,Th 19:00-22:00; Su off",
        "Mo-Fr,Mo 07:00-21:00; Su 11:00-14:00",
        "PH,Mo-Su 08:40-22:50",
        "Mo-Fr 9:00-18:00; Sa 9:00-13:30",
        "Mo-Th 18:00-24:00; Fr,Sa 18:00-26:30",
        "Mo-Sa 09:10-18:20, Su off",
    ] {
        let meaning = direct::meaning(value, sunday()).expect(value);
        assert!(matches!(meaning, Meaning::Plain(_)), "{value}");
        assert_eq!(meaning, thorough(value, sunday()), "{value}");
    }
}

#[test]
fn holidays_open_ends_and_contradictions_need_no_grammar() {
    for (value, certain) in [
        ("Mo-Fr 09:00-18:00; PH off", 4),
        ("Mo-Sa 09:00-18:00; Su,PH 10:00-13:00", 2),
        ("24/7; PH off", 0),
        ("Mo-Su,PH 09:00-18:00; PH off", 0),
        ("Mo-Fr 17:00+", 4),
        ("Mo-Th 12:00-21:30; Fr,Sa 12:00-14:00,18:00+; Su off", 10),
        ("Mo-Fr 11:20-14:10; Mo-Sa 18:30-22:40", 0),
        ("18:50-02:10; Mo off", 0),
        ("Mo-Fr 09:00-18:00; We off", 14),
        ("Mo off; Mo-Fr 10:00-18:00", 0),
        ("PH 10:00-18:00", 0),
        ("Mo-Fr 09:00-18:00, Su,PH off", 4),
        ("\"ring the bell 24/7; or not\"", 0),
        ("Mo-Th 09:00-18:00; Fr-Sa 11:00+ \"ends after supper\"; Su off", 10),
        ("Mo 09:00-12:00, 14:00-18:00 \"bell\"; Tu 09:00-12:00", 12),
    ] {
        let meaning = direct::meaning(value, sunday()).expect(value);
        assert_eq!(meaning, thorough(value, sunday()), "{value}");
        match meaning {
            Meaning::Complex { days, .. } => assert_eq!(days.len(), certain, "{value}: {days:?}"),
            other => assert_eq!((value, certain), ("Mo-Fr 09:00-18:00; We off", 14), "{other:?}"),
        }
    }
}

#[test]
fn days_parted_by_a_comma_and_a_space_are_joined_and_counted() {
    for value in
        ["Mo-Fr 09:10-18:20; Sa, Su 10:00-14:00", "Mo-Sa 11:30-14:00; Su, PH off", "Mo-Sa 10:00-18:00, Su, Mo off"]
    {
        let (mut repairs, mut thorough) = (Vec::new(), Vec::new());
        let told = meaning(value, sunday(), &mut repairs);
        assert_eq!(told, by_the_grammar(value, sunday(), &mut thorough), "{value}");
        assert_eq!(
            (repairs.as_slice(), thorough.as_slice()),
            (&[Repair::HoursSeparators][..], &[Repair::HoursSeparators][..])
        );
    }
}

#[test]
fn what_could_mean_more_is_left_to_the_grammar() {
    for value in [
        "",
        "off",
        "Mo off",
        "Mo 14:00-18:00,09:00-12:00",
        "Mo 18:00-49:00",
        "Mo 02:00-26:00",
        "Mo 10:00-10:00",
        "Mo 24:00-02:00",
        "mo 9:00-18:00",
        "Mo 9:00-5:00",
        "Mo 09:00-18:00;",
        "Mo-Sa 11:30-15:00, off",
        "Mo \"bell\"",
        "Mo off \"bell\"",
        "Mo 09:00-18:00 \"bell\", 19:00-20:00",
        "Mo 09:00-18:00 \"bell",
        "Mo 09:00-18:00 || Tu 09:00-12:00",
        "Mo 09:00-18:00; SH off",
        "Mo,PH,Tu 09:00-18:00",
        "PH Mo 09:00-18:00",
        "Mo[1] 09:00-18:00",
        "Mo 09:60-18:00",
        "Mo  09:00-18:00",
        "Mo 09:00-",
        "Apr-Oct 09:00-12:00",
    ] {
        assert_eq!(direct::meaning(value, sunday()), None, "{value}");
    }
}

prop_compose! {
    fn any_times()(
        mut ends in prop::collection::vec(0..=96_u32, 2..6), kind in 0..20_u32, short in prop::bool::weighted(0.1),
    ) -> String {
        ends.sort_unstable();
        let clock = |quarter: &u32| {
            let (hour, minute) = (quarter / 4, quarter % 4 * 15);
            if short { format!("{hour}:{minute:02}") } else { format!("{hour:02}:{minute:02}") }
        };
        // Now and then the last one ends where the first might have begun: on the next day.
        ends.rotate_left(usize::from(kind % 3 == 0));
        let spans: Vec<_> = ends.chunks_exact(2).map(|span| format!("{}-{}", clock(&span[0]), clock(&span[1]))).collect();
        match kind {
            0..4 => "off".to_owned(),
            4 => "00:00-24:00".to_owned(),
            8 => format!("{}-{:02}:00", clock(&ends[0]), ends[1] / 2),
            5 => format!("{}+", clock(&ends[0])),
            6 => format!("{}+", spans.join(",")),
            7 => spans.join(", "),
            9 => format!("{} \"bell 24/7\"", spans.join(",")),
            _ => spans.join(","),
        }
    }
}

prop_compose! {
    fn any_days()(
        days in subsequence(vec!["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"], 1..=4).prop_shuffle(), kind in 0..12_u32,
    ) -> String {
        let listed = if days.len() == 2 { days.join("-") } else { days.join(",") };
        match kind {
            0 => String::new(),
            1 => "PH ".to_owned(),
            2 => format!("{listed},PH "),
            3 => format!("PH,{listed} "),
            4 => format!("{listed},Fr-Mo "),
            5 => "Mo-Su ".to_owned(),
            6 => "Mo-Fr ".to_owned(),
            _ => format!("{listed} "),
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_read_directly_means_the_same_by_the_grammar(
        rules in prop::collection::vec((select(vec!["; ", "; ", "; ", ", ", ";"]), any_days(), any_times()), 1..6),
        later in 0..7_u64,
    ) {
        let from = sunday() + chrono::Days::new(later);
        let mut value = String::new();
        for (parted, days, times) in &rules {
            let parted = if value.is_empty() { "" } else { parted };
            value = format!("{value}{parted}{days}{times}");
        }
        if let Some(meaning) = direct::meaning(&value, from) {
            prop_assert_eq!(thorough(&value, from), meaning, "{}", value);
        }
    }
}

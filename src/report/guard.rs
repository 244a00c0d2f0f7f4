//! What the guard does not believe, and what to do about it, for a person.

use uuid::Uuid;

use super::words::{count, grouped};
use crate::model::{Breach, Measure, Verdict};

/// One line: what was expected and what was found.
pub fn breach(breach: &Breach) -> String {
    let Breach { tile, measure, of, expected, found, limit } = breach;
    let of = of.as_deref().unwrap_or_default();
    let place = tile.map_or_else(|| "the run as a whole".to_owned(), |tile| format!("tile {tile}"));
    let what = match measure {
        Measure::Venues if found > expected => {
            format!(
                "{} where the last good run found {}; believed are at most {}",
                venues(*found),
                whole(*expected),
                whole(*limit)
            )
        }
        Measure::Venues => {
            format!(
                "{} where the last good run found {}; believed are {} or more",
                venues(*found),
                whole(*expected),
                up(*limit)
            )
        }
        Measure::Type => format!(
            "{} venues of the type {of} where the last good run found {}; believed are {} or more",
            whole(*found),
            whole(*expected),
            up(*limit)
        ),
        Measure::SeenAgain => format!(
            "{} of the {} venues of the last good run were seen again; believed are {} or more",
            whole(*found),
            whole(*expected),
            up(*limit)
        ),
        Measure::Filled if of == "open" => format!(
            "{} of the venues are open for business where {} were; believed are {} or more",
            percent(*found),
            percent(*expected),
            percent(*limit)
        ),
        Measure::Filled => format!(
            "{of} is there in {} of the venues where it was in {}; believed are {} or more",
            percent(*found),
            percent(*expected),
            percent(*limit)
        ),
        Measure::Usable if *expected >= 1.0 => {
            format!("{} of the rows can be used; believed are {} or more", percent(*found), percent(*limit))
        }
        Measure::Usable => format!(
            "{} of the rows can be used where it was {}; believed are {} or more",
            percent(*found),
            percent(*expected),
            percent(*limit)
        ),
        Measure::Centre => format!(
            "the middle of the venues lies {} m from where it was; believed are at most {} m",
            whole(*found),
            whole(*limit)
        ),
    };
    format!("{place}: {what}")
}

/// What was found (a longer list is cut, and says so), what became of it, and what to do.
pub(super) fn refusal(verdict: &Verdict, run: Uuid, embedded_flag: bool, listed: usize) -> Vec<String> {
    let run = if embedded_flag { format!("{run} --embedded") } else { run.to_string() };
    let mut lines: Vec<String> = verdict.breaches.iter().take(listed).map(|one| format!("  {}", breach(one))).collect();
    let left = verdict.breaches.len().saturating_sub(listed);
    if left > 0 {
        lines.push(format!("  and {left} more: venues runs show {run}"));
    }
    let written = match verdict.written {
        0 => "Nothing of it is written".to_owned(),
        many => format!(
            "{} written when it was left unfinished, while it was believed as far as it was",
            count(many, "venue was", "venues were")
        ),
    };
    if verdict.staged > 0 {
        let waits = count(verdict.staged, "venue waits", "venues wait");
        lines.push(format!("What it brought is kept apart: {waits}. {written}; nothing is taken to be gone."));
        lines.push("Look at it, then let it in or throw it away:".to_owned());
        lines.push(format!("  venues runs staged {run}"));
    } else {
        lines.push(format!(
            "No venue of it waits. {written}; nothing is taken to be gone, and later runs are not judged by it."
        ));
        lines.push("If it is right after all, say so, so that later runs are:".to_owned());
    }
    lines.push(format!("  venues runs accept {run}"));
    lines.push(format!("  venues runs discard {run}"));
    lines
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and metres, none of them below zero"
)]
fn rounded(number: f64) -> u64 {
    number.max(0.0).round() as u64
}

fn whole(number: f64) -> String {
    grouped(rounded(number))
}

fn venues(number: f64) -> String {
    count(rounded(number), "venue", "venues")
}

fn up(number: f64) -> String {
    whole(number.ceil())
}

fn percent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(measure: Measure, of: Option<&str>, numbers: [f64; 3], tile: Option<i32>) -> String {
        let [expected, found, limit] = numbers;
        breach(&Breach { tile, measure, of: of.map(str::to_owned), expected, found, limit })
    }

    #[test]
    fn what_was_expected_and_what_was_found_are_told_in_their_own_units() {
        for (said, expected) in [
            (
                one(Measure::Venues, None, [1216.0, 61.0, 851.2], None),
                "the run as a whole: 61 venues where the last good run found 1,216; believed are 852 or more",
            ),
            (
                one(Measure::Venues, None, [100.0, 400.0, 300.0], None),
                "the run as a whole: 400 venues where the last good run found 100; believed are at most 300",
            ),
            (
                one(Measure::Venues, None, [9.0, 1.0, 2.25], Some(5)),
                "tile 5: 1 venue where the last good run found 9; believed are 3 or more",
            ),
            (
                one(Measure::Filled, Some("hours"), [0.82, 0.0, 0.205], Some(4)),
                "tile 4: hours is there in 0.0 % of the venues where it was in 82.0 %; believed are 20.5 % or more",
            ),
            (
                one(Measure::SeenAgain, None, [130.0, 7.0, 32.5], Some(0)),
                "tile 0: 7 of the 130 venues of the last good run were seen again; believed are 33 or more",
            ),
            (
                one(Measure::Centre, None, [0.0, 12_345.6, 900.0], None),
                "the run as a whole: the middle of the venues lies 12,346 m from where it was; believed are at most 900 m",
            ),
        ] {
            assert_eq!(said, expected);
        }
    }
}

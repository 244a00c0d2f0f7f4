//! When a stretch between two written times begins and ends, where that can be said.

use super::rules::LONGEST_NIGHT;
use super::token::{Clock, Written};

/// The longest stretch past midnight where the clock leaves no doubt, minutes.
const LONGEST_SURE_NIGHT: u32 = 18 * 60;

/// The same for one that ends by three in the morning, when few would open.
const LONGEST_NIGHT_TO_THREE: u32 = 21 * 60;

/// A stretch of a day, minutes from its midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) open: u32,
    /// After `open`, past 24 hours for the next day; none where no end is known.
    pub(super) close: Option<u32>,
}

/// From one time to another; `halves` says that the value's times are written with `am` and `pm`. None where it could be another stretch.
pub(super) fn between(open: Clock, end: Clock, halves: bool) -> Option<Span> {
    // Noon and midnight need no half.
    let lacks_half = |clock: Clock| !clock.half && !clock.minutes.is_multiple_of(720);
    let open = if halves && end.half && lacks_half(open) { same_half(open, end)? } else { open };
    // Some times have an `am` and others none.
    if halves && (lacks_half(open) || lacks_half(end)) {
        return None;
    }
    // Twelve at night or at noon? Nobody opens at midnight by "12am" nor closes at noon after it, and "10pm-12" has two readings.
    let noon_after = end.minutes == 720 && (!end.half || open.minutes >= 720);
    let doubtful = halves && (open.minutes == 0 || noon_after);
    // Few open at nine minutes past midnight: "00:09" is a slip.
    let slip = open.minutes < 60 && open.minutes % 5 != 0;
    if open.minutes >= 1_440 || doubtful || slip {
        return None;
    }
    let close = if end.minutes <= open.minutes { end.minutes + 1_440 } else { end.minutes };
    let sure = halves || is_in_full(open) && is_in_full(end);
    let longest = match (sure, end.minutes <= 3 * 60) {
        (true, true) => LONGEST_NIGHT_TO_THREE,
        // "6:30-01:00": the nought shows a clock of 24 hours.
        (false, true) if end.written == Written::ByTheGrammar => LONGEST_NIGHT_TO_THREE,
        (true, false) => LONGEST_SURE_NIGHT,
        (false, _) => LONGEST_NIGHT,
    };
    if close > 1_440 && close - open.minutes > longest {
        return None;
    }
    Some(Span { open: open.minutes, close: Some(close) })
}

pub(super) fn is_in_full(clock: Clock) -> bool {
    matches!(clock.written, Written::InFull | Written::ByTheGrammar)
}

/// `1-5 pm`, `9-5 pm`: the first time by the half that the second names. "8-10 pm" may begin in the morning, "8-12 pm" may end at
/// midnight.
fn same_half(open: Clock, end: Clock) -> Option<Clock> {
    let hours = open.minutes / 60;
    let on_the_dial = (1..=12).contains(&hours).then_some(open.minutes % 720)?;
    let (end_on_the_dial, pm) = (end.minutes % 720, end.minutes >= 720);
    let minutes = match (pm, on_the_dial < end_on_the_dial) {
        _ if end_on_the_dial == 0 => return None,
        (true, true) if on_the_dial < 6 * 60 => on_the_dial + 720,
        (true, false) if on_the_dial >= 5 * 60 => on_the_dial,
        (false, true) => on_the_dial,
        _ => return None,
    };
    Some(Clock { minutes, half: true, ..open })
}

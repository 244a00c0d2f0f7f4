//! Weeks that people wrote as they speak, written anew as the grammar has it. What could be read in two ways is not written at all.

use super::day_names;
use super::rules::LONGEST_NIGHT;
use super::tokens::{Clock, Token, Written, tokens};
use crate::model::Repair;

/// Monday first.
const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];

/// The same where the clock leaves no doubt.
const LONGEST_SURE_NIGHT: u32 = 18 * 60;

/// Days, and what is said of them.
#[derive(Debug, Default)]
struct Group {
    /// Monday = 0; none are named where the hours hold every day.
    days: Vec<usize>,
    holiday: bool,
    spans: Vec<Span>,
    closed: bool,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    open: u32,
    /// After `open`, past 24 hours for the next day; none where no end is known.
    close: Option<u32>,
}

/// The value in the grammar's own spelling, and what was changed; none if any of it is not understood, or said twice.
pub(super) fn respelt(value: &str) -> Option<(String, Vec<Repair>)> {
    let tokens = tokens(value)?;
    let repairs = repairs(&tokens);
    let mut reader = Reader::new(&tokens)?;
    let mut groups = Vec::new();
    while reader.goes_on() {
        groups.push(reader.group()?);
    }
    let nights = groups.iter().flat_map(|group| &group.spans).any(|span| span.close.is_some_and(|close| close > 1_440));
    if groups.is_empty() || says_twice(&groups, nights) {
        return None;
    }
    let text: Vec<String> = groups.iter().map(written).collect();
    Some((text.join(if nights { ", " } else { "; " }), repairs))
}

fn repairs(tokens: &[Token]) -> Vec<Repair> {
    let day = |token: &Token| match token {
        Token::Day(word) => !DAYS.iter().any(|day| day.eq_ignore_ascii_case(word)),
        Token::EveryDay => true,
        _ => false,
    };
    let clock = |token: &Token| matches!(token, Token::Time(clock) if clock.written != Written::ByTheGrammar);
    let mut found = Vec::new();
    for (is_there, repair) in
        [(tokens.iter().any(day), Repair::HoursDayNames), (tokens.iter().any(clock), Repair::HoursClock)]
    {
        if is_there {
            found.push(repair);
        }
    }
    if found.is_empty() {
        found.push(Repair::HoursSeparators);
    }
    found
}

/// Whether two groups speak of one day: the second could add to the first, or replace it. One that closes replaces, but for a night
/// that reaches into its day.
fn says_twice(groups: &[Group], nights: bool) -> bool {
    let holidays = groups.iter().filter(|group| group.holiday).count();
    let mut seen = [false; 7];
    let mut twice = holidays > 1;
    for group in groups {
        let every = group.days.is_empty() && !group.holiday;
        twice |= every && groups.len() > 1;
        for &day in &group.days {
            let before = std::mem::replace(&mut seen[day], true);
            twice |= before && (nights || !group.closed);
        }
    }
    twice
}

fn written(group: &Group) -> String {
    let mut days: Vec<&str> = group.days.iter().map(|&day| DAYS[day]).collect();
    if group.holiday {
        days.push("PH");
    }
    let clock = |minutes: u32| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let time = |span: &Span| match span.close {
        Some(close) => format!("{}-{}", clock(span.open), clock(close)),
        None => format!("{}+", clock(span.open)),
    };
    let times: Vec<String> = group.spans.iter().map(time).collect();
    let times = if group.closed { "off".to_owned() } else { times.join(",") };
    if days.is_empty() { times } else { format!("{} {times}", days.join(",")) }
}

struct Reader<'a> {
    tokens: &'a [Token],
    /// What the day words mean, in their order.
    days: std::vec::IntoIter<usize>,
    at: usize,
    /// Times are written with `am` and `pm`.
    halves: bool,
}

impl<'a> Reader<'a> {
    /// None where the day words are of no one language, or some times have an `am` and others none.
    fn new(tokens: &'a [Token]) -> Option<Self> {
        let words: Vec<String> = tokens
            .iter()
            .filter_map(|token| if let Token::Day(word) = token { Some(word.clone()) } else { None })
            .collect();
        let clocks =
            || tokens.iter().filter_map(|token| if let Token::Time(clock) = token { Some(clock) } else { None });
        let halves = clocks().any(|clock| clock.half);
        if halves && clocks().any(|clock| !clock.half && clock.minutes % 720 != 0) {
            return None;
        }
        // Nothing shows that the clock has 24 hours: "3-6" may be any half of the day, and "9-11" may end at night.
        let shown = clocks().any(|clock| clock.minutes >= 13 * 60 && clock.written != Written::InAWord);
        if !halves && !shown && clocks().any(|clock| clock.written == Written::Loosely) {
            return None;
        }
        let days = if words.is_empty() { Vec::new() } else { day_names::days(&words)? };
        Some(Self { tokens, days: days.into_iter(), at: 0, halves })
    }

    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, wanted: &Token) -> bool {
        let is_there = self.peek() == Some(wanted);
        self.at += usize::from(is_there);
        is_there
    }

    fn skip(&mut self, stops: &[Token]) {
        while self.peek().is_some_and(|token| stops.contains(token)) {
            self.at += 1;
        }
    }

    /// Whether there is something left, behind what parts groups.
    fn goes_on(&mut self) -> bool {
        self.skip(&[Token::Stop, Token::Comma, Token::And]);
        self.peek().is_some()
    }

    /// The next group; none where it is not understood.
    fn group(&mut self) -> Option<Group> {
        let mut group = Group::default();
        self.read_days(&mut group)?;
        self.skip(&[Token::Colon, Token::To, Token::Comma]);
        if self.take(&Token::Closed) {
            group.closed = true;
            return (group.holiday || !group.days.is_empty()).then_some(group);
        }
        if self.take(&Token::WholeDay) {
            group.spans = vec![Span { open: 0, close: Some(1_440) }];
            return Some(group);
        }
        loop {
            group.spans.push(self.span()?);
            let before = self.at;
            self.skip(&[Token::Comma, Token::And]);
            if !matches!(self.peek(), Some(Token::Time(_))) {
                self.at = before;
                break;
            }
        }
        // A day has its stretches in order; what has not is on a clock of twelve hours, or of another day.
        let in_order = group.spans.windows(2).all(|pair| pair[0].close.is_some_and(|close| close <= pair[1].open));
        in_order.then_some(())?;
        if group.days.is_empty() && !group.holiday {
            self.read_trailing_days(&mut group)?;
        }
        Some(group)
    }

    /// `10am-5pm Mon-Fr`: days may stand behind the hours where there is nothing else.
    fn read_trailing_days(&mut self, group: &mut Group) -> Option<()> {
        let before = self.at;
        self.skip(&[Token::Comma, Token::Colon]);
        self.read_days(group)?;
        if group.days.is_empty() {
            self.at = before;
            return Some(());
        }
        self.peek().is_none().then_some(())
    }

    fn read_days(&mut self, group: &mut Group) -> Option<()> {
        loop {
            match self.peek() {
                Some(Token::EveryDay) => {
                    self.at += 1;
                    group.days = (0..7).collect();
                }
                Some(Token::Holiday) => {
                    self.at += 1;
                    group.holiday = true;
                }
                Some(Token::Day(_)) => self.read_range(group)?,
                _ => return Some(()),
            }
            let before = self.at;
            self.skip(&[Token::Comma, Token::And]);
            if !matches!(self.peek(), Some(Token::Day(_) | Token::Holiday)) {
                self.at = before;
                return Some(());
            }
        }
    }

    fn read_range(&mut self, group: &mut Group) -> Option<()> {
        self.at += 1;
        let first = self.days.next()?;
        let before = self.at;
        let last = if self.take(&Token::To) && matches!(self.peek(), Some(Token::Day(_))) {
            self.at += 1;
            self.days.next()?
        } else {
            self.at = before;
            first
        };
        let count = (last + 7 - first) % 7;
        for day in (first..=first + count).map(|day| day % 7) {
            // A day named twice in one list is no harm.
            if !group.days.contains(&day) {
                group.days.push(day);
            }
        }
        Some(())
    }

    fn span(&mut self) -> Option<Span> {
        let open = self.clock()?;
        if self.take(&Token::Plus) {
            return Some(Span { open: open.minutes, close: None });
        }
        if !self.take(&Token::To) {
            return None;
        }
        if self.take(&Token::Plus) {
            return Some(Span { open: open.minutes, close: None });
        }
        let end = self.clock()?;
        // Twelve at night or at noon? Nobody opens at midnight by "12am" nor closes at noon after it, and "10pm-12" has two readings.
        let noon_after = end.minutes == 720 && (!end.half || open.minutes >= 720);
        let doubtful = self.halves && (open.minutes == 0 || noon_after);
        if open.minutes >= 1_440 || doubtful {
            return None;
        }
        let close = if end.minutes <= open.minutes { end.minutes + 1_440 } else { end.minutes };
        let in_full = |clock: Clock| matches!(clock.written, Written::InFull | Written::ByTheGrammar);
        let sure = self.halves || in_full(open) && in_full(end);
        let longest = if sure { LONGEST_SURE_NIGHT } else { LONGEST_NIGHT };
        if close > 1_440 && close - open.minutes > longest {
            return None;
        }
        let open_end = self.take(&Token::Plus);
        Some(Span { open: open.minutes, close: Some(close).filter(|_| !open_end) })
    }

    fn clock(&mut self) -> Option<Clock> {
        match self.peek() {
            Some(Token::Time(clock)) => {
                self.at += 1;
                Some(*clock)
            }
            _ => None,
        }
    }
}

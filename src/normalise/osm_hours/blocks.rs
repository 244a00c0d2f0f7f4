//! Tokens put together into blocks: days that stand together, and what is said of some days.

use super::day_names;
use super::stretch::{Span, between, is_in_full};
use super::token::{Clock, Token, Written};

/// What stands together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    Days(Days),
    /// Openings of some days.
    Open(Vec<Span>),
    Closed,
    /// By appointment.
    Asking {
        words: String,
        /// Said of the hours right before.
        of_these: bool,
    },
    /// Nobody says.
    Unknown,
}

/// Days of one block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Days {
    /// Monday = 0.
    pub(super) week: Vec<usize>,
    pub(super) holiday: bool,
    /// Which of a month's; none for all.
    pub(super) nth: Vec<i8>,
    /// First and last month, January = 1.
    pub(super) months: Option<(u8, u8)>,
}

impl Days {
    pub(super) fn is_empty(&self) -> bool {
        self.week.is_empty() && !self.holiday && self.months.is_none()
    }

    fn add(&mut self, days: impl IntoIterator<Item = usize>) {
        for day in days {
            // A day named twice in one list is no harm.
            if !self.week.contains(&day) {
                self.week.push(day);
            }
        }
    }
}

/// Whether words for people stand between two times with no day between: they are of the first.
pub(super) fn note_between_times(tokens: &[Token]) -> bool {
    let mut told = tokens.iter().filter(|token| {
        matches!(
            token,
            Token::Note(_)
                | Token::Condition(_)
                | Token::Time(_)
                | Token::Day(_)
                | Token::Days(_)
                | Token::Stop
                | Token::Month(_)
        )
    });
    let mut before = told.next();
    while let Some(token) = told.next() {
        let times = matches!(before, Some(Token::Time(_))) && matches!(told.clone().next(), Some(Token::Time(_)));
        if matches!(token, Token::Note(_) | Token::Condition(_)) && times {
            return true;
        }
        before = Some(token);
    }
    false
}

/// A value's blocks, and the notes that stood between them.
pub(super) fn blocks(tokens: &[Token]) -> Option<(Vec<Block>, Vec<String>)> {
    let note = |token: &Token| match token {
        Token::Note(text) | Token::Condition(text) => Some(text.clone()),
        _ => None,
    };
    let notes = tokens.iter().filter_map(note).collect();
    let tokens: Vec<Token> = tokens.iter().filter(|token| note(token).is_none()).cloned().collect();
    let mut reader = Reader::new(&tokens)?;
    let mut blocks = Vec::new();
    while reader.goes_on() {
        let block = reader.block(&blocks)?;
        match (blocks.last_mut(), block) {
            // "9-12; 14-18": a day's openings, parted by a stronger stop than needed.
            (Some(Block::Open(spans)), Block::Open(more)) => spans.extend(more),
            (_, block) => blocks.push(block),
        }
    }
    blocks.iter().all(is_in_order).then_some((blocks, notes))
}

/// A day has its stretches in order; what has not is on a clock of twelve hours, or of another day.
fn is_in_order(block: &Block) -> bool {
    match block {
        Block::Open(spans) => spans.windows(2).all(|pair| {
            let [before, after] = pair else { return true };
            before.close.map_or(before.open < after.open && after.close.is_none(), |close| close <= after.open)
        }),
        _ => true,
    }
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
    /// None where the day words are of no one language, or the times do not show which half of the day is meant.
    fn new(tokens: &'a [Token]) -> Option<Self> {
        let words: Vec<String> = tokens
            .iter()
            .filter_map(|token| if let Token::Day(word) = token { Some(word.clone()) } else { None })
            .collect();
        let clocks =
            || tokens.iter().filter_map(|token| if let Token::Time(clock) = token { Some(clock) } else { None });
        let halves = clocks().any(|clock| clock.half);
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

    /// Whether there is something left, behind what parts blocks.
    fn goes_on(&mut self) -> bool {
        self.skip(&[Token::Stop, Token::Comma, Token::And, Token::Slash, Token::Colon]);
        self.peek().is_some()
    }

    /// The next block; none where it is not understood.
    fn block(&mut self, before: &[Block]) -> Option<Block> {
        let after_days = matches!(before.last(), Some(Block::Days(_)));
        // "Mon - 9:00-17:00", "closed - Sunday".
        if self.take(&Token::To) && before.is_empty() {
            return None;
        }
        match self.peek()? {
            Token::Closed | Token::Except => {
                self.at += 1;
                self.skip(&[Token::Colon, Token::To]);
                Some(Block::Closed)
            }
            Token::WholeDay => {
                self.at += 1;
                Some(Block::Open(vec![Span { open: 0, close: Some(1_440) }]))
            }
            Token::Appointment(words) => {
                let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
                self.at += 1;
                let of_these = matches!(before, Some(Token::Time(_) | Token::Plus));
                Some(Block::Asking { words: words.clone(), of_these })
            }
            Token::Question if after_days => {
                while self.take(&Token::Question) {}
                Some(Block::Unknown)
            }
            Token::Time(_) | Token::From => self.spans(before.len() <= 1).map(Block::Open),
            _ => self.days().map(Block::Days),
        }
    }

    fn days(&mut self) -> Option<Days> {
        let mut days = Days { months: self.months()?, ..Days::default() };
        self.skip(&[Token::Colon, Token::Comma]);
        let mut slashes = 0;
        loop {
            while let Some(Token::Nth(nth)) = self.peek() {
                self.at += 1;
                days.nth.push(*nth);
                self.skip(&[Token::And, Token::Comma]);
            }
            match self.peek() {
                Some(Token::Days(week)) => {
                    self.at += 1;
                    days.add(week.iter().copied());
                }
                Some(Token::WeekendAndHolidays) => {
                    self.at += 1;
                    days.add([5, 6]);
                    days.holiday = true;
                }
                Some(Token::Holiday) => {
                    self.at += 1;
                    days.holiday = true;
                }
                Some(Token::Day(_)) => self.range(&mut days)?,
                _ => break,
            }
            let before = self.at;
            slashes += usize::from(self.peek() == Some(&Token::Slash));
            self.skip(&[Token::Comma, Token::And, Token::Plus, Token::Slash]);
            if !matches!(self.peek(), Some(Token::Day(_) | Token::Days(_) | Token::Holiday)) {
                self.at = before;
                break;
            }
        }
        // "Monday/Friday" may be five days.
        if let [one, next] = days.week[..]
            && slashes == 1
            && (one + 1) % 7 != next
            && (next + 1) % 7 != one
        {
            return None;
        }
        if self.peek() == Some(&Token::Except) && !days.week.is_empty() {
            self.except(&mut days)?;
        }
        let one_kind = days.nth.is_empty() || days.week.len() == 1 && !days.holiday;
        if days.months.is_none() {
            days.months = self.months()?;
        }
        (one_kind && !days.is_empty()).then_some(days)
    }

    /// `every day except Sunday`.
    fn except(&mut self, days: &mut Days) -> Option<()> {
        self.at += 1;
        let mut taken = Days::default();
        while let Some(Token::Day(_)) = self.peek() {
            self.range(&mut taken)?;
            let before = self.at;
            self.skip(&[Token::Comma, Token::And]);
            if !matches!(self.peek(), Some(Token::Day(_))) {
                self.at = before;
            }
        }
        days.week.retain(|day| !taken.week.contains(day));
        (!taken.week.is_empty() && !days.week.is_empty()).then_some(())
    }

    /// A month, or from one to another. The inner none: there is no month.
    #[expect(clippy::option_option, reason = "no months, and months that are not understood")]
    fn months(&mut self) -> Option<Option<(u8, u8)>> {
        self.skip(&[Token::Colon]);
        let Some(Token::Month(first)) = self.peek() else { return Some(None) };
        self.at += 1;
        if !self.take(&Token::To) {
            return Some(Some((*first, *first)));
        }
        let Some(Token::Month(last)) = self.peek() else { return None };
        self.at += 1;
        Some(Some((*first, *last)))
    }

    /// A day, or from one to another; `Mo-Tu-We` names each.
    fn range(&mut self, days: &mut Days) -> Option<()> {
        let mut chain = Vec::new();
        loop {
            self.at += 1;
            chain.push(self.days.next()?);
            let before = self.at;
            if !(self.take(&Token::To) && matches!(self.peek(), Some(Token::Day(_)))) {
                self.at = before;
                break;
            }
        }
        match chain.as_slice() {
            [first, last] => {
                let count = (last + 7 - first) % 7;
                days.add((*first..=first + count).map(|day| day % 7));
            }
            each => days.add(each.iter().copied()),
        }
        Some(())
    }

    fn spans(&mut self, alone: bool) -> Option<Vec<Span>> {
        let mut spans = Vec::new();
        loop {
            let implied = self.peek_pair();
            spans.push(self.span()?);
            let before = self.at;
            self.skip(&[Token::Comma, Token::And, Token::Slash]);
            if before == self.at {
                // "9-12 - 14-18".
                self.take(&Token::To);
            }
            if !matches!(self.peek(), Some(Token::Time(_) | Token::From)) {
                self.at = before;
                break;
            }
            if implied && !alone {
                return None;
            }
        }
        self.take_break(&mut spans, alone)?;
        Some(spans)
    }

    /// Whether two times follow with nothing between them.
    fn peek_pair(&self) -> bool {
        matches!(self.tokens.get(self.at..self.at + 2), Some([Token::Time(_), Token::Time(_)]))
    }

    /// Closed for an hour at noon, where that is said of one stretch.
    fn take_break(&mut self, spans: &mut Vec<Span>, alone: bool) -> Option<()> {
        let before = self.at;
        self.skip(&[Token::Comma, Token::Stop]);
        if !self.take(&Token::Break) {
            self.at = before;
            return Some(());
        }
        self.skip(&[Token::Colon, Token::To, Token::From]);
        let pause = self.span()?;
        let [Span { open, close: Some(close) }] = spans[..] else { return None };
        let end = pause.close.filter(|end| open < pause.open && *end < close)?;
        *spans = vec![Span { open, close: Some(pause.open) }, Span { open: end, close: Some(close) }];
        // Said of all days, or of the last: only where there is but one group.
        (alone && self.peek().is_none()).then_some(())
    }

    fn span(&mut self) -> Option<Span> {
        let from = self.take(&Token::From);
        let open = self.clock()?;
        if self.take(&Token::Plus) {
            return Some(Span { open: open.minutes, close: None });
        }
        if self.peek_pair_of(open) {
            let end = self.clock()?;
            let apart = end.minutes >= open.minutes + 120;
            return if apart { between(open, end, self.halves) } else { None };
        }
        // `10:00:16:00` has a colon between its times.
        if !self.take(&Token::To) && !self.take_colon() {
            return from.then_some(Span { open: open.minutes, close: None });
        }
        while self.take(&Token::To) {}
        if self.take(&Token::Plus) || self.take(&Token::Question) {
            while self.take(&Token::Question) {}
            return Some(Span { open: open.minutes, close: None });
        }
        if matches!(self.peek(), None | Some(Token::Stop | Token::Comma)) {
            return Some(Span { open: open.minutes, close: None });
        }
        let end = self.clock()?;
        let span = between(open, end, self.halves)?;
        let open_end = self.take(&Token::Plus);
        Some(Span { close: span.close.filter(|_| !open_end), ..span })
    }

    /// A colon between two times.
    fn take_colon(&mut self) -> bool {
        let between = matches!(self.tokens.get(self.at..self.at + 2), Some([Token::Colon, Token::Time(_)]));
        self.at += usize::from(between);
        between
    }

    /// Whether a second time in full follows with nothing between, and no third.
    fn peek_pair_of(&self, open: Clock) -> bool {
        let Some(Token::Time(end)) = self.peek() else { return false };
        let goes_on = matches!(self.tokens.get(self.at + 1), Some(Token::To | Token::Time(_)));
        is_in_full(open) && is_in_full(*end) && !goes_on
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

//! The few things that a written week is made of.

/// A piece of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word that is a weekday in some language, lower case.
    Day(String),
    /// Days that one word stands for, Monday = 0.
    Days(&'static [usize]),
    WeekendAndHolidays,
    Holiday,
    /// Of a year, January = 1.
    Month(u8),
    /// Which of a month's days of one name; -1 is the last.
    Nth(i8),
    /// A time of day.
    Time(Clock),
    /// From here to there.
    To,
    /// From here, and no end need follow.
    From,
    /// And.
    And,
    /// And, or to: between two days, nobody knows.
    Slash,
    Comma,
    /// A stronger stop than a comma.
    Stop,
    /// Between days and times; means nothing.
    Colon,
    Closed,
    /// Not on the days that follow.
    Except,
    /// Closed in between.
    Break,
    WholeDay,
    /// No end is known.
    Plus,
    /// Nobody says.
    Question,
    /// Only for those who ask first; the words.
    Appointment(String),
    /// It depends on something; the words.
    Condition(String),
    /// Words in brackets or quotes that are for people.
    Note(String),
}

/// A time of day as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// From midnight, up to 48 hours.
    pub(super) minutes: u32,
    /// With `am` or `pm`.
    pub(super) half: bool,
    pub(super) written: Written,
}

/// How a time is written, and so what it shows of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// `noon` or `midnight`, which say nothing of how the other times are written.
    InAWord,
    /// In some other way: `9`, `9h30`.
    Loosely,
    /// With two digits for the hour and two for the minute: a clock of 24 hours.
    InFull,
    /// As the grammar has it, which is in full.
    ByTheGrammar,
}

impl Token {
    pub(super) fn time(minutes: u32, half: bool, written: Written) -> Self {
        Self::Time(Clock { minutes, half, written })
    }
}

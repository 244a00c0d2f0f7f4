//! What a report says, before it is HTML or Markdown: texts that are not escaped for anything yet.

/// A whole report.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sheet {
    pub(super) title: String,
    /// One sentence: how the run ended.
    pub(super) outcome: String,
    pub(super) tone: Tone,
    /// What to know of it, or to do next.
    pub(super) next: Vec<String>,
    /// The numbers that everybody looks for, with their names.
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) chapters: Vec<Chapter>,
}

/// How good the news is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Unfinished,
    Bad,
}

impl Tone {
    /// The class of the page's style.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unfinished => "unfinished",
            Self::Bad => "bad",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chapter {
    /// For links.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Block {
    Text(String),
    Table(Table),
    Week(Week),
    Curve(Curve),
    /// The map stands here; only the page has one. Its text says what is on it.
    Map(String),
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) head: Vec<Head>,
    pub(super) rows: Vec<Row>,
    /// It may be wider than a phone.
    pub(super) wide: bool,
    /// It is long, and folded until somebody wants it.
    pub(super) folded: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) title: &'static str,
    /// Numbers stand at the right.
    pub(super) number: bool,
}

/// The first cell names the row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    /// Length of a bar, 0 to 1; none: no bar.
    pub(super) share: Option<f64>,
}

/// Which part of the venues is open at each hour of the week.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Week {
    pub(super) caption: String,
    /// Monday first; in each 24 hours, 0 to 1.
    pub(super) days: Vec<(&'static str, Vec<f64>)>,
}

/// Something that grew over the run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Curve {
    pub(super) title: &'static str,
    /// What it says, for who does not see it.
    pub(super) said: String,
    /// Each from 0 to 1: time, and what had come together by then.
    pub(super) points: Vec<(f64, f64)>,
    pub(super) begins: String,
    pub(super) ends: String,
    pub(super) total: String,
}

impl Table {
    pub(super) fn new(caption: impl Into<String>, words: &[&'static str], numbers: &[&'static str]) -> Self {
        let head = |number| move |title: &&'static str| Head { title, number };
        Self {
            caption: caption.into(),
            head: words.iter().map(head(false)).chain(numbers.iter().map(head(true))).collect(),
            ..Self::default()
        }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(Row { cells: cells.into_iter().collect(), share: None });
    }

    pub(super) fn bar(&mut self, cells: impl IntoIterator<Item = String>, share: f64) {
        self.rows.push(Row { cells: cells.into_iter().collect(), share: Some(share.clamp(0.0, 1.0)) });
    }

    /// Whether the column of this place holds numbers.
    pub(super) fn is_number(&self, column: usize) -> bool {
        self.head.get(column).is_some_and(|head| head.number)
    }

    pub(super) fn has_bars(&self) -> bool {
        self.rows.iter().any(|row| row.share.is_some())
    }
}

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{MicroUsd, Purpose};

/// What a provider allows and charges. Facts with a source, in the provider's file; settings may lower or raise them.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Requests per second, per method.
    pub requests_per_second: f64,
    /// Requests per day, where there is such a limit.
    pub requests_per_day: Option<u32>,
    /// Rows in one answer.
    pub rows_per_answer: u32,
    /// Rows over all pages of one question.
    pub rows_per_query: u32,
    /// Largest radius of a circle, metres.
    pub largest_radius_m: f64,
    /// The area shape that is asked for.
    pub shape: AreaShape,
    /// Order of the rows.
    pub ranking: Ranking,
    /// Type words in one question at most.
    pub words_per_query: usize,
    /// Requests in flight at a time, where the provider wants few.
    pub at_once: Option<usize>,
    /// Time for a whole exchange, the last byte of its answer included.
    pub timeout: Duration,
    /// Questions that are answered for nothing with ids alone, where there are such.
    pub counts: Option<Counts>,
    /// List price of one answered request, before free allowances.
    pub price: MicroUsd,
}

impl Limits {
    /// Whether a whole answer of so many rows, all pages together, may have left some out: it is as long as answers get.
    pub fn may_be_cut(&self, purpose: Purpose, rows: usize) -> bool {
        let longest = match (purpose, self.counts) {
            (Purpose::Count, Some(counts)) => counts.rows_per_query,
            _ => self.rows_per_query,
        };
        longest < u32::MAX && rows >= usize::try_from(longest).unwrap_or(usize::MAX)
    }
}

/// What a question for ids alone can tell. Such questions are for rectangles and for a single word; they cost nothing, and count against
/// the rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Ids in one answer.
    pub rows_per_answer: u32,
    /// Ids over all pages of one question: so many or more cannot be told apart.
    pub rows_per_query: u32,
}

/// What a request asks for, where the provider's price depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// What every answer has.
    Basic,
    /// Also what costs more.
    Premium,
}

/// Shapes that a provider takes, and whether it keeps to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaShape {
    /// A centre and a radius; nothing beyond is returned.
    Circle,
    /// A centre and a radius that are a wish: rows may lie beyond, and count like any other.
    SoftCircle,
    /// A box of degrees; nothing beyond is returned.
    Rectangle,
    /// A box of degrees: all that touches it is returned, at a position that may lie beyond.
    SoftRectangle,
}

/// How an answer's rows are ordered, which decides what a capped answer proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ranking {
    /// Nearest first: a capped answer proves the disk up to its outermost row.
    Distance,
    /// Anything else: a capped answer proves nothing.
    Other,
}

//! What a provider can do, as far as it decides what to ask.

use super::certify::sure_m;
use crate::model::{AreaShape, Counts, Ranking};

/// The smallest circle that is asked, metres. An answer below the cap still proves one metre: the floor at which space is no
/// longer split, only words are.
pub(super) const SMALLEST_ASK_M: f64 = 2.0;

const SPOT_M: f64 = 6.0;

/// Venues of a section at most, about: what a cover keeps in memory grows with them.
pub const SECTION_VENUES: usize = 10_000;

/// What a provider can do. The same rules give the same questions.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// The shape of the areas asked for.
    pub shape: AreaShape,
    /// Order of the rows.
    pub ranking: Ranking,
    /// Largest radius of a circle, metres.
    pub largest_radius_m: f64,
    /// The provider's own words for the types, in the region's order; empty asks for every type.
    pub words: Vec<String>,
    /// Type words in one question at most. More words are asked in several groups, each with a cover of its own.
    pub words_per_query: usize,
    /// Rows of one page, which is what is paid for.
    pub rows_per_answer: u32,
    /// Rows over all pages of one question.
    pub rows_per_query: u32,
    /// What a question for ids alone can tell, where such questions cost nothing.
    pub counts: Option<Counts>,
    /// Single words whose counts show where the venues of all `words` are; nothing is counted where there are none.
    pub count_words: Vec<String>,
    /// Venues that circles cover at once, about; a tile of more is covered in sections. [`SECTION_VENUES`] in earnest.
    pub section_venues: usize,
}

/// Why a region cannot be covered by these rules.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RulesError {
    /// A largest radius below the smallest useful one, or not a number.
    #[error("the provider's largest radius is {largest_radius_m} m; at least {SMALLEST_ASK_M} m are needed")]
    Radius {
        /// As given.
        largest_radius_m: f64,
    },
}

impl Rules {
    pub(super) fn check(&self) -> Result<(), RulesError> {
        match self.shape {
            AreaShape::Rectangle | AreaShape::SoftRectangle => Ok(()),
            AreaShape::Circle | AreaShape::SoftCircle if self.largest_radius_m >= SMALLEST_ASK_M => Ok(()),
            AreaShape::Circle | AreaShape::SoftCircle => {
                Err(RulesError::Radius { largest_radius_m: self.largest_radius_m })
            }
        }
    }

    /// Whether it matters how many of an answer's venues are new: where counts have ids, and a cover or its audit goes by them.
    pub fn compares_ids(&self) -> bool {
        self.counts.is_some() && (self.shape == AreaShape::Rectangle || self.ranking == Ranking::Other)
    }

    /// Radius of a spot whose words are split because they overflowed the smallest circle, metres: the venues of a house lie some metres
    /// apart, and each would be a spot of its own.
    pub(super) fn spot_ask_m(&self) -> f64 {
        SPOT_M.min(self.largest_radius_m)
    }

    /// The ground that is settled with such a spot, metres.
    pub(super) fn spot_m(&self) -> f64 {
        sure_m(self.spot_ask_m())
    }

    /// The words, cut into groups that fit one question. Without words there is one group, which asks for every type.
    pub(super) fn groups(&self) -> Vec<Vec<String>> {
        if self.words.is_empty() {
            return vec![Vec::new()];
        }
        self.words.chunks(self.words_per_query.max(1)).map(<[String]>::to_vec).collect()
    }
}

/// The ground that the smallest ask proves, metres.
pub(super) fn floor_m() -> f64 {
    sure_m(SMALLEST_ASK_M)
}

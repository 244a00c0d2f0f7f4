use crate::model::SpecialDay;
use crate::normalise::week::Week;

/// What a value says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The same every week.
    Plain(Week),
    /// Something else, that is understood in part.
    Complex {
        /// The value, cleaned.
        text: String,
        /// The days from the given date on of which it is certain when they open.
        days: Vec<SpecialDay>,
    },
    /// Nothing that could be relied on.
    Unknown,
}

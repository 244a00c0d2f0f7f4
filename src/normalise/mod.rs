//! normalise
use crate::model::{Normalised, RawVenue, Reject};
pub(crate) fn normalise(
    _: RawVenue,
    _: &dyn Fn(&str) -> Option<&'static str>,
    _: &dyn Fn(&str) -> bool,
) -> Result<Normalised, Reject> {
    loop {}
}

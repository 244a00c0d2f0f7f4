//! What a provider's terms say and what is made of it here, in one line for the start of a run.

use super::words::count;
use crate::model::{Keeping, Terms};

/// `terms of google: place ids for ever, …; retention is off (set …)`.
pub fn terms_line(provider: &str, terms: &Terms, keeping: Keeping) -> String {
    let kept = terms.in_words();
    let retention = match keeping.days {
        Some(days) => {
            let days = count(days.get().into(), "day", "days");
            let ids = if keeping.ids { ", all but its ids" } else { "" };
            format!("a venue not seen for {days} is for `venues purge`{ids}")
        }
        None if terms.all_for_ever() => "retention is off".to_owned(),
        None => format!("retention is off (set [providers.{provider}.terms] retention_days)"),
    };
    format!("terms of {provider}: {kept}, by its public terms of {}; {retention}", terms.as_of)
}

//! What Yelp's public terms say of its data.

use std::num::NonZeroU16;

use crate::model::TermsField::{Address, Categories, Hours, Id, Name, Position, PriceLevel, Rating, Raw, Status};
use crate::model::{Retention, Terms, TermsRule};

/// "Display requirements": Yelp's mark, and a link to the business's page on Yelp, which the words cannot be.
const SHOWN: Option<&str> = Some("Powered by Yelp, https://www.yelp.com");

/// 24 hours.
const KEPT: Retention = Retention::Days(NonZeroU16::MIN);

pub(super) const TERMS: Terms = Terms {
    as_of: "2026-11-22",
    rules: &[
        TermsRule {
            what: "business ids",
            fields: &[Id],
            keep: Retention::Always,
            shown_with: None,
            combined: "anything, for matching behind the scenes",
            source: "Yelp API terms of 2026-09-22",
        },
        TermsRule {
            what: "ratings",
            fields: &[Rating],
            keep: KEPT,
            shown_with: SHOWN,
            combined: "no rating of others: stars are not to be blended",
            source: "Yelp API terms of 2026-09-22: 24 hours",
        },
        TermsRule {
            what: "all else",
            fields: &[Name, Position, Categories, Address, PriceLevel, Hours, Status, Raw],
            keep: KEPT,
            shown_with: SHOWN,
            combined: "no database of businesses, and no bulk download, may be made of it",
            source: "Yelp API terms of 2026-09-22: 24 hours",
        },
    ],
};

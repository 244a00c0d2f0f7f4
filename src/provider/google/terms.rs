//! What Google's public terms say of its data.

use std::num::NonZeroU16;

use crate::model::TermsField::{Address, Categories, Hours, Id, Name, Position, PriceLevel, Rating, Raw, Status};
use crate::model::{Retention, Terms, TermsRule};

/// "Policies and attributions for Places API (New)": the logo, or where there is no room for it this text, in these letters.
const SHOWN: Option<&str> = Some("Google Maps");

const COMBINED: &str =
    "outside the EEA with no map but Google's; in the EEA for the listed purposes only; never a feed or a directory";

/// `NonZeroU16::new` of a constant gives an `Option`, which a constant cannot unwrap without a panic.
const THIRTY: NonZeroU16 = NonZeroU16::MIN.saturating_add(29);

pub(super) const TERMS: Terms = Terms {
    as_of: "2026-11-22",
    rules: &[
        TermsRule {
            what: "place ids",
            fields: &[Id],
            keep: Retention::Always,
            shown_with: None,
            combined: "anything",
            source: "Places API (New), \"Place IDs\"; Service Specific Terms, 14.3",
        },
        TermsRule {
            what: "positions",
            fields: &[Position],
            keep: Retention::Days(THIRTY),
            shown_with: SHOWN,
            combined: COMBINED,
            source: "Service Specific Terms, 14.2 and 14.3: 30 consecutive days",
        },
        TermsRule {
            what: "all else",
            fields: &[Name, Categories, Address, Rating, PriceLevel, Hours, Status, Raw],
            keep: Retention::Nothing,
            shown_with: SHOWN,
            combined: COMBINED,
            source: "Google Maps Platform Terms of Service 3.2.3 (a) and (b); no service terms allow it",
        },
    ],
};

//! What Foursquare's public terms say of its data, pay as you go.

use crate::model::TermsField::{Address, Categories, Hours, Id, Name, Position, PriceLevel, Rating, Raw, Status};
use crate::model::{Retention, Terms, TermsRule};

pub(super) const TERMS: Terms = Terms {
    as_of: "2026-11-22",
    rules: &[
        TermsRule {
            what: "place ids",
            fields: &[Id],
            keep: Retention::Always,
            shown_with: None,
            combined: "anything",
            source: "Places API, \"Usage guidelines\"",
        },
        TermsRule {
            what: "all else",
            fields: &[Name, Position, Categories, Address, Rating, PriceLevel, Hours, Status, Raw],
            keep: Retention::Nothing,
            // "Usage guidelines": these words on whatever shows its data.
            shown_with: Some("Powered by Foursquare"),
            combined: "nothing under a share-alike licence (ODbL, CDLA) in one record; no bulk redistribution",
            source: "Places API, \"Usage guidelines\" (pay as you go: no caching); EULA; Acceptable Use Policy of March 2024",
        },
    ],
};

//! What the licence of OpenStreetMap's data says.

use crate::model::TermsField::{Address, Categories, Hours, Id, Name, Position, PriceLevel, Rating, Raw, Status};
use crate::model::{Retention, Terms, TermsRule};

pub(super) const TERMS: Terms = Terms {
    as_of: "2026-11-22",
    rules: &[TermsRule {
        what: "everything",
        fields: &[Id, Name, Position, Categories, Address, Rating, PriceLevel, Hours, Status, Raw],
        keep: Retention::Always,
        // "Attribution Guidelines" (databases): the contributors, the licence, and where both are explained.
        shown_with: Some("© OpenStreetMap contributors, ODbL 1.0, https://www.openstreetmap.org/copyright"),
        combined: "anything; what is published of a database made from it is offered under the ODbL",
        source: "Open Database License 1.0, 3.1 and 4; osmfoundation.org, \"Attribution Guidelines\"",
    }],
};

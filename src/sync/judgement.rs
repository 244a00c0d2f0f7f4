use std::fmt;

use crate::coverage::audit;
use crate::store::AuditFigures;

/// What an audit says of the run: of the venues that it was shown, how many the run had seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// What was counted.
    pub figures: AuditFigures,
    /// The part of the venues that the run had seen, 0 to 1; 1 where the audit was shown none.
    pub recall: f64,
    /// With 95 % certainty it is no less than this.
    pub at_least: f64,
    /// The least that is believed.
    pub wanted: f64,
    /// Whether the run is believed.
    pub believed: bool,
}

impl Judgement {
    /// `wanted` is the least recall that is believed, 0 to 1.
    pub(super) fn of(figures: AuditFigures, wanted: f64) -> Self {
        let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let found = audit::judge(count(figures.venues), count(figures.missed));
        let (recall, at_least) = found.map_or((1.0, 0.0), |found| (found.estimate, found.at_least));
        Self { figures, recall, at_least, wanted, believed: recall >= wanted }
    }
}

impl fmt::Display for Judgement {
    /// What follows where the run is not believed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AuditFigures { venues, missed, .. } = self.figures;
        write!(
            f,
            "the audit was shown {venues} venues and {missed} of them had not been seen: recall {:.3}, less than audit_recall = {}; \
             the next run asks everything anew, and method = \"nearby\" needs no audit",
            self.recall, self.wanted
        )
    }
}

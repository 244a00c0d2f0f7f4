use std::fmt;

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
        let (recall, at_least) = estimate(figures.venues, figures.missed);
        Self { figures, recall, at_least, wanted, believed: recall >= wanted }
    }
}

/// The part that was seen, and the end of its one-sided 95 % interval (Wilson's).
fn estimate(shown: u64, missed: u64) -> (f64, f64) {
    const Z: f64 = 1.644_853_6;
    if shown == 0 {
        return (1.0, 0.0);
    }
    #[expect(clippy::cast_precision_loss, reason = "an audit is shown some hundred venues")]
    let (n, seen) = (shown as f64, shown.saturating_sub(missed) as f64);
    let part = seen / n;
    let middle = part + Z * Z / (2.0 * n);
    let spread = Z * (part * (1.0 - part) / n + Z * Z / (4.0 * n * n)).sqrt();
    (part, ((middle - spread) / (1.0 + Z * Z / n)).max(0.0))
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

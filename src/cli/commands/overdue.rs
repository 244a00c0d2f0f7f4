use crate::cli::finding::Finding;
use crate::model::{Keeping, Retention};
use crate::report::count;
use crate::store::{self, Database, DatabaseError, PurgeJob};

/// Looks for venues that are over the time that was set for them, whether or not their provider is still asked.
pub(super) async fn overdue(
    kept: &[(&'static str, Keeping)],
    database: &Database,
    findings: &mut Vec<Finding>,
) -> Result<(), DatabaseError> {
    for (provider, keeping) in kept {
        let Some(days) = keeping.days else { continue };
        let look =
            PurgeJob { provider, keeping: *keeping, raw: Retention::Always, part: None, dry_run: true, made_by: "" };
        let found = store::purge(&look, database, &|| false).await?;
        let days = count(days.get().into(), "day", "days");
        findings.push(match found.venues {
            0 => Finding::ok("terms", format!("{provider}: no venue is over its {days}")),
            many => Finding::note(
                "terms",
                format!("{provider}: {} over their {days}", count(many, "venue is", "venues are")),
            )
            .remedy("run `venues purge`, and have a scheduler run it after each sync"),
        });
    }
    Ok(())
}

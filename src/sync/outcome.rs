use uuid::Uuid;

use super::job::SyncError;
use super::stop::{Ending, Until};
use crate::model::{RunStatus, StoppedBy};
use crate::store::{self, Database, Refill, Resumption, RunFigures};
use crate::wire::QuotaReset;

/// How a run ended, and why.
pub(super) struct Outcome {
    pub(super) status: RunStatus,
    pub(super) stopped_by: Option<StoppedBy>,
    pub(super) reason: Option<String>,
    pub(super) until: Option<Until>,
    pub(super) error: Option<SyncError>,
}

impl Outcome {
    /// All is asked, and the audit does not believe it.
    pub(super) fn doubtful(ending: Option<Ending>, reason: String) -> Self {
        let error = if let Some(Ending::Broken(error)) = ending { Some(error) } else { None };
        let status = if error.is_some() { RunStatus::Failed } else { RunStatus::Partial };
        Self { status, stopped_by: None, reason: Some(reason), until: None, error }
    }

    /// All is asked, and the guard does not believe it.
    pub(super) fn refused(ending: Option<Ending>) -> Self {
        let error = if let Some(Ending::Broken(error)) = ending { Some(error) } else { None };
        Self { status: RunStatus::Refused, stopped_by: Some(StoppedBy::Guard), reason: None, until: None, error }
    }

    pub(super) fn of(ending: Option<Ending>, finished: bool, figures: &RunFigures) -> Self {
        let ended = |status, reason| Self { status, stopped_by: None, reason, until: None, error: None };
        match ending {
            Some(Ending::Broken(error)) => Self { error: Some(error), ..ended(RunStatus::Failed, None) },
            // Whatever was called for, there was nothing left to do.
            _ if finished => ended(RunStatus::Complete, None),
            Some(Ending::Early { by, reason, until }) => {
                Self { stopped_by: Some(by), until, ..ended(RunStatus::Interrupted, Some(reason)) }
            }
            Some(Ending::GivenUp { reason }) => ended(RunStatus::Interrupted, Some(reason)),
            Some(Ending::ProviderDown { reason }) => ended(RunStatus::Failed, Some(reason)),
            // Some tiles are not done and nothing stopped us: they failed.
            None => {
                let nothing_came = figures.answers == 0;
                let status = if nothing_came { RunStatus::Failed } else { RunStatus::Partial };
                ended(status, figures.failures.first().map(|(_, reason)| reason.clone()))
            }
        }
    }
}

/// Keeps with the run why it is left unfinished, and says when it can go on.
pub(super) async fn note_leaving(
    database: &Database,
    run: Uuid,
    by: StoppedBy,
    until: Option<Until>,
) -> Result<Option<Resumption>, SyncError> {
    // It took a while until every strand had ended.
    let left = |until: Until| match until.refill {
        Refill::After(span) => Refill::After(span.saturating_sub(until.told.elapsed())),
        refill => refill,
    };
    let refill = until.map_or(Refill::Unknown, left);
    Ok(database.outlast(|| store::leave(database, run, by, refill)).await?)
}

/// The same in the words of the store.
pub(super) fn refill(reset: &QuotaReset) -> Refill<'static> {
    match *reset {
        QuotaReset::MidnightIn(zone) => Refill::MidnightIn(zone),
        QuotaReset::At(instant) => Refill::At(instant),
        QuotaReset::After(span) => Refill::After(span),
        QuotaReset::Unknown => Refill::Unknown,
    }
}

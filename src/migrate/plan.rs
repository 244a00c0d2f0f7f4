//! What is to be run, and in which order: decided from where a database stands, without touching it.

use super::files::{File, Files};
use super::revision::{Rev, RevisionError};
use super::standing::{Revision, Standing, Status, Unusable};

/// How far to go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Target {
    /// Up: to the newest. Down: one back.
    #[default]
    Usual,
    /// So many migrations.
    Count(u32),
    /// Until the database stands at this revision.
    Rev(Rev),
}

/// Why nothing can be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The database cannot be used as it is.
    #[error("nothing was written: {0}")]
    Unusable(Unusable),
    /// A word that names no revision.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// It was applied from a file without a way back.
    #[error("migration {version} has no way back: there is no .down.sql of it; nothing was done")]
    NoWayBack {
        /// Its version.
        version: i64,
    },
}

impl From<Unusable> for PlanError {
    fn from(error: Unusable) -> Self {
        Self::Unusable(error)
    }
}

/// What `up` is to do.
#[derive(Debug, Clone, Default)]
pub(super) struct Ascent<'a> {
    /// Take the database over from Alembic first, which is at this revision.
    pub(super) adopt: Option<String>,
    /// Oldest first; true for one that was begun and is run again.
    pub(super) steps: Vec<(&'a File, bool)>,
    /// The revision that was named.
    pub(super) asked: Option<i64>,
}

/// One migration that `down` is to take back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Descent {
    pub(super) version: i64,
    pub(super) what: String,
    /// The file is missing or changed: what was kept of it is run.
    pub(super) from_kept: bool,
    /// It was begun before, in either direction.
    pub(super) again: bool,
}

pub(super) fn up<'a>(standing: &Standing, files: &'a Files, target: &Target) -> Result<Ascent<'a>, PlanError> {
    standing.check()?;
    if let Some((version, false)) = standing.half() {
        return Err(Unusable::Half { version, goes_on: false }.into());
    }
    let adopt = standing.alembic().map(str::to_owned);
    let (most, last) = match target {
        Target::Usual => (usize::MAX, i64::MAX),
        Target::Count(count) => (usize::try_from(*count).unwrap_or(usize::MAX), i64::MAX),
        Target::Rev(rev) => (usize::MAX, rev.resolve(&standing.versions())?),
    };
    let begun = |revision: &Revision| match revision.status {
        Status::Pending => Some(false),
        Status::Half { .. } => Some(true),
        _ => None,
    };
    // Taking a database over records the first as applied.
    let skipped = usize::from(adopt.is_some());
    let steps = standing.revisions.iter().skip(skipped).take_while(|revision| revision.version <= last);
    let steps = steps.filter_map(|revision| Some((files.get(revision.version)?, begun(revision)?)));
    let asked = matches!(target, Target::Rev(_)).then_some(last);
    Ok(Ascent { adopt, steps: steps.take(most).collect(), asked })
}

pub(super) fn down(standing: &Standing, files: &Files, target: &Target) -> Result<Vec<Descent>, PlanError> {
    standing.check_numbers()?;
    let (most, last) = match target {
        Target::Usual => (1, 0),
        Target::Count(count) => (usize::try_from(*count).unwrap_or(usize::MAX), 0),
        Target::Rev(rev) => (usize::MAX, rev.resolve(&standing.versions())?),
    };
    let above = standing.revisions.iter().rev().take_while(|revision| revision.version > last);
    let there = above.filter(|revision| revision.status.is_applied() || matches!(revision.status, Status::Half { .. }));
    there.take(most).map(|revision| descent(standing, files, revision)).collect()
}

fn is_outside(files: &Files, version: i64) -> bool {
    files.get(version).and_then(|file| file.down.as_ref()).is_some_and(|down| !down.in_transaction)
}

fn descent(standing: &Standing, files: &Files, revision: &Revision) -> Result<Descent, PlanError> {
    let version = revision.version;
    let from_kept = match &revision.status {
        Status::Newer { goes_back: true } => true,
        Status::Changed { applied_by, .. } if applied_by.is_some() => true,
        // Of the two files only this one can have left a mark, where it is the only one without a transaction.
        Status::Half { goes_on } if *goes_on || is_outside(files, version) => false,
        Status::Half { goes_on } => return Err(Unusable::Half { version, goes_on: *goes_on }.into()),
        Status::Newer { goes_back: false } | Status::Changed { .. } => {
            return Err(standing.check().err().map_or(PlanError::NoWayBack { version }, PlanError::Unusable));
        }
        _ => false,
    };
    if !from_kept && files.get(version).is_none_or(|file| file.down.is_none()) {
        return Err(PlanError::NoWayBack { version });
    }
    let again = matches!(revision.status, Status::Half { .. });
    Ok(Descent { version, what: revision.what.clone(), from_kept, again })
}

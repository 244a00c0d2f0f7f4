//! Exit codes: sysexits where one fits.

use std::process::ExitCode;

use crate::model::{RunStatus, Summary};

/// How the command ended, as a scheduler sees it. Ordered from good to bad: the worst of several regions is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: complete, or nothing to do.
    Complete,
    /// 1: a check found something.
    Finding,
    /// 75: stopped early or partial; run again to go on.
    Again,
    /// 2: usage or settings; found before anything is begun.
    Usage,
    /// 74: stdout takes no more. What was to be done is done, and not told.
    Output,
    /// 65: the guard refused the data, or lines of somebody else's were set aside.
    DataRefused,
    /// 69: the provider or the database is unavailable, after retries.
    Unavailable,
    /// 77: the provider refused the key.
    CredentialsRefused,
    /// 70: our bug.
    Bug,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Finding => 1,
            Self::Usage => 2,
            Self::DataRefused => 65,
            Self::Unavailable => 69,
            Self::Bug => 70,
            Self::Output => 74,
            Self::Again => 75,
            Self::CredentialsRefused => 77,
        }
    }

    /// What a finished run means. A failed one is taken for an unavailable provider or database; whoever knows the error
    /// behind it says so instead.
    pub fn of(summary: &Summary) -> Self {
        match summary.status {
            RunStatus::Complete | RunStatus::Skipped => Self::Complete,
            RunStatus::Partial | RunStatus::Interrupted => Self::Again,
            RunStatus::Refused => Self::DataRefused,
            RunStatus::Failed => Self::Unavailable,
        }
    }

    /// The worst of several; complete if there are none.
    pub fn worst(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().max().unwrap_or(Self::Complete)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_several_regions_follows_the_published_order() {
        let published = [70, 77, 69, 65, 74, 75, 0];
        let all = [
            Exit::Complete,
            Exit::Again,
            Exit::Output,
            Exit::DataRefused,
            Exit::Unavailable,
            Exit::CredentialsRefused,
            Exit::Bug,
        ];
        for worse in all {
            for better in all {
                let place = |exit: Exit| published.iter().position(|code| *code == exit.code());
                let expected = if place(worse) <= place(better) { worse } else { better };
                assert_eq!(Exit::worst([better, worse]), expected);
            }
        }
        assert_eq!(Exit::worst([]), Exit::Complete);
    }

    #[test]
    fn every_status_of_a_run_has_its_code() {
        for (status, code) in
            [("complete", 0), ("skipped", 0), ("partial", 75), ("interrupted", 75), ("refused", 65), ("failed", 69)]
        {
            let line = format!(
                r#"{{"run_id":"01980000-0000-7000-8000-000000000001","region":"a","provider":"p","status":"{status}",
                "stopped_by":null,"requests":0,"requests_free":0,"cost_usd":0.0,"duration_ms":0,"venues":{{"received":0,
                "inserted":0,"updated":0,"unchanged":0,"rejected":0,"outside":0,"duplicate":0}},"profiles_stubbed":0,
                "coverage":{{"tiles":0,"complete":0,"capped":0,"failed":0}}}}"#
            );
            let summary: Summary = serde_json::from_str(&line).unwrap();
            assert_eq!(Exit::of(&summary).code(), code, "{status}");
        }
    }
}

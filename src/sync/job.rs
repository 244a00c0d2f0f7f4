use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::judgement::Judgement;
use super::snapshot::Snapshot;
use crate::coverage::{Region, RulesError};
use crate::model::{GuardLimits, Ranking, Retention, Summary};
use crate::provider::{Provider, UnknownType};
use crate::store::{Budget, DatabaseError, Resumption, RunFigures};

/// One region to bring up to date.
pub struct Job<'a> {
    /// The region's name: a run of the same name, provider and parameters is taken up again.
    pub region_name: String,
    /// Its shape.
    pub region: Region,
    /// Whom to ask.
    pub provider: &'a dyn Provider,
    /// Canonical codes, or `<provider>:<word>`.
    pub types: Vec<String>,
    /// BCP 47.
    pub language: String,
    /// The provider's method; `provider` asks by it.
    pub method: String,
    /// What is known of the region when its run begins.
    pub knowledge: Knowledge,
    /// The part of the region's venues, 0 to 1, that a run has to have seen for its audit to believe it.
    pub audit_recall: f64,
    /// How much may be lost from one run to the next before it is not believed.
    pub guard: GuardLimits,
    /// Whether what a search leaves out of its rows is looked up, one request a venue.
    pub details: bool,
    /// Where the answers come from.
    pub source: Source,
    /// The most that may be sent and spent.
    pub budget: Budget,
    /// Tiles worked on at a time.
    pub concurrency: usize,
    /// Begin anew, whatever is unfinished.
    pub fresh: bool,
    /// Ask nothing where a run of the same was completed within this time.
    pub if_stale: Option<Duration>,
    /// Whether the limits of the invocation begin with this run of it.
    pub session: Session,
    /// Ask and compare, write nothing but the spend.
    pub dry_run: bool,
    /// How long the provider's own words are kept beside what is made of them.
    pub retention: Retention,
    /// How long a claimed tile stays ours without a sign of life.
    pub lease: Duration,
}

/// What a run knows when it begins. It decides what is asked, and never what is proven.
#[derive(Debug, Clone, PartialEq)]
pub enum Knowledge {
    /// What the last complete run of the region learned.
    Learned,
    /// Nothing.
    Nothing,
    /// What another run knew, or what was found out for this one before it begins.
    Given(Snapshot),
}

/// Which run of one invocation this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Session {
    /// The first: its limits begin.
    #[default]
    New,
    /// It goes on after a pause, with what is left of its limits; what it began is not begun anew.
    GoesOn,
}

/// Where answers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The provider.
    Live,
    /// A recording, told from others by this word: its runs do not mix with live ones.
    Replay(String),
}

/// Everything that decides what is asked, as kept in `venue_sync.runs.parameters` and in a recording's `run.json`.
///
/// Errors name a type that the provider has no word for.
pub fn parameters(job: &Job<'_>) -> Result<Value, UnknownType> {
    Ok(job.asked(&job.provider.words(&job.types)?))
}

impl Job<'_> {
    /// Tiles that are worked on at once. Where a provider is asked one question at a time, more of them would only hold its answers in
    /// memory side by side, and a map server's are large.
    pub(super) fn strands(&self) -> usize {
        self.concurrency.min(self.provider.limits().at_once.unwrap_or(usize::MAX)).max(1)
    }

    /// Whether its runs end with an audit: they do where an answer's order proves nothing, and counts say where venues are.
    pub(super) fn audits(&self) -> bool {
        let limits = self.provider.limits();
        limits.counts.is_some() && limits.ranking == Ranking::Other && !self.dry_run
    }

    /// What is asked, and in which way.
    fn asked(&self, words: &[String]) -> Value {
        let mut asked = json!({
            "region": self.region,
            "types": self.types,
            "words": words,
            "method": self.method,
            "language": self.language,
            "coverage": crate::coverage::VERSION,
        });
        if let Some(tier) = self.provider.tier() {
            asked["tier"] = json!(tier);
        }
        if self.details {
            asked["details"] = Value::Bool(true);
        }
        asked
    }

    /// The same with the source: what is kept with the run.
    pub(super) fn run_parameters(&self, words: &[String]) -> Value {
        let mut parameters = self.asked(words);
        parameters["source"] = match &self.source {
            Source::Live => Value::from("live"),
            Source::Replay(recording) => Value::from(format!("replay:{recording}")),
        };
        parameters
    }
}

/// What a run did, for people and machines.
#[derive(Debug)]
pub struct RunReport {
    /// The one line of `--json`.
    pub summary: Summary,
    /// The details.
    pub figures: RunFigures,
    /// What its audit says, where it had one.
    pub judgement: Option<Judgement>,
    /// What stopped it, for a person.
    pub reason: Option<String>,
    /// When to go on, where that is known.
    pub resumes: Option<Resumption>,
    /// What broke the run (its status is then `failed`): no waiting mends it.
    pub error: Option<SyncError>,
}

/// Why a run could not be begun, or had to be given up.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The database's fault.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A type in the settings that the provider has no word for.
    #[error(transparent)]
    UnknownType(#[from] UnknownType),
    /// The provider cannot be asked about areas in a way that we can cover.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The provider refused the key.
    #[error("{provider} refused the key: {reason}")]
    CredentialsRefused {
        /// The provider.
        provider: &'static str,
        /// What, and what to do.
        reason: String,
    },
    /// The provider does not understand the question.
    #[error("{provider} does not understand our request: {reason}")]
    RequestWrong {
        /// The provider.
        provider: &'static str,
        /// Its words.
        reason: String,
    },
    /// The recording does not hold what is asked, or cannot be written.
    #[error("{reason}")]
    Recording {
        /// Which request or file, and what to do.
        reason: String,
    },
    /// A bug of ours.
    #[error("{reason}")]
    Bug {
        /// What did not hold.
        reason: String,
    },
}

/// The zones that the database knows.
pub(super) type Zones = HashSet<String>;

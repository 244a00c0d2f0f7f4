//! One job of `venues sync`: what its settings mean, how it is run, and what there is to tell of it.

use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::begin;
use super::demo;
use super::failure::Failure;
use super::open::{Opened, ensure_schema, open_enduring};
use super::recording;
use super::region::region;
use super::signals;
use super::unreported::Unreported;
use crate::cli::settings::area::RegionShape;
use crate::cli::settings::database::DatabaseChoice;
use crate::cli::settings::sync_job::{SyncJob, Traffic};
use crate::cli::terminal::Terminal;
use crate::coverage::Region;
use crate::model::StoppedBy;
use crate::provider::{self, Provider};
use crate::report::{AuditReport, LookAtData, RunReport};
use crate::store::{self, Budget, Remedy};
use crate::sync::{self, Job, Knowledge, Session, Snapshot, Source, SyncError};
use crate::transport::{Cassette, Courier, LiveOptions, RecordedRun, Recorder};

/// A claimed tile stays ours for this long without a sign of life.
const LEASE: Duration = Duration::from_secs(30);

/// Venues shown at the end of a run.
const SAMPLES: i64 = 5;

/// A job whose region and types are understood.
pub(super) struct Prepared<'a> {
    pub(super) settings: &'a SyncJob,
    region: Region,
    pub(super) provider: Box<dyn Provider>,
    method: String,
    /// Where a replay has its answers.
    recording: Option<Cassette>,
    /// What it told while it could.
    pub(super) unreported: Unreported,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(settings: &'a SyncJob) -> Result<Self, Failure> {
        let region = region(&settings.shape).map_err(|source| Failure::Region { region: named(settings), source })?;
        let provider = provider::all()
            .into_iter()
            .find(|provider| provider.name() == settings.provider.name)
            .ok_or_else(|| Failure::Bug(format!("provider {} is gone", settings.provider.name)))?;
        let recording = match &settings.traffic {
            Traffic::Demo => Some(demo::cassette(provider.name())?),
            Traffic::Replay(folder) => Some(Cassette::open(folder)?),
            Traffic::Live | Traffic::Record(_) => None,
        };
        // What was asked for, and how, is the recording's to say, not this machine's settings.
        let tier = recording.as_ref().map_or(settings.provider.tier, recording::tier);
        let method = recording.as_ref().map_or_else(|| settings.method.clone(), recording::method);
        let provider = tier.and_then(|tier| provider.at(tier)).unwrap_or(provider);
        let provider = provider.by(&method).unwrap_or(provider);
        let unreported = Unreported::new(&settings.region, provider.name());
        Ok(Self { settings, region, provider, method, recording, unreported })
    }

    /// Runs, after the pause that it `waits` for. As it ended before where that is cut short, and nothing where it had no turn before.
    pub(super) async fn turn(
        &self,
        waits: Option<(Duration, (RunReport, Option<Failure>))>,
        terminal: &Terminal,
        stop: &CancellationToken,
    ) -> Option<Result<Ran, Failure>> {
        let session = match waits {
            None if stop.is_cancelled() => return None,
            None => Session::New,
            Some((pause, (report, failure))) => {
                let (region, provider) = (&self.settings.region, self.provider.name());
                let seconds = humantime::format_duration(Duration::from_secs(pause.as_secs()));
                tracing::info!(region, provider, "waiting {seconds} for the provider's limit to end");
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = stop.cancelled() => return Some(Ok(Ran { report, failure, pause: None })),
                }
                Session::GoesOn
            }
        };
        Some(Box::pin(self.run(session, terminal, stop)).await)
    }

    async fn run(&self, session: Session, terminal: &Terminal, stop: &CancellationToken) -> Result<Ran, Failure> {
        let mut job = Job { session, ..self.job() };
        // A recording is begun when the run can be: a folder with nothing in it would be in the way of the next try.
        let recorded = if let Traffic::Record(folder) = &self.settings.traffic { Some(folder) } else { None };
        let courier = if recorded.is_some() { None } else { Some(self.courier(&mut job)?) };
        // One for the leases, one for the end, and one for every strand of work.
        let connections = self.settings.effort.concurrency.get() + 2;
        let opening = Box::pin(async {
            let choice = &self.settings.database;
            let opened = open_enduring(choice, connections, terminal, (self.settings.patience, stop)).await?;
            ensure_schema(&opened, self.settings.migrate).await?;
            Ok(opened)
        });
        let opened = signals::or_stopped(stop, &self.settings.database, opening).await?;
        let courier = if let Some(courier) = courier {
            courier
        } else {
            // What it knows when it begins is part of it, so that it has to be known now.
            let seed = recorded.map_or(0, |folder| recording::seed(folder));
            let looking = async { Ok(sync::snapshot(&job, &opened.database, seed).await?) };
            let snapshot = signals::or_stopped(stop, &self.settings.database, looking).await?;
            job.knowledge = Knowledge::Given(snapshot);
            self.courier(&mut job)?
        };
        let listener = terminal.listener(&self.settings.region, self.settings.provider.name);
        begin::say(self.provider.as_ref(), &self.settings.provider, self.settings.traffic.is_live());
        let listen = |event| {
            self.unreported.hear(&event);
            listener.hear(&event);
        };
        let ended = sync::sync(&job, &courier, &opened.database, &listen, stop).await;
        listener.finish();
        let broken = |error| broken(error, opened.embedded_log.as_deref());
        let mut ended = ended.map_err(broken)?;
        // A replay has nobody to wait for.
        let pause = pause(&ended).filter(|_| self.settings.traffic.is_live());
        let failure = ended.error.take().map(broken);
        let report = self.report(ended, &opened, terminal, stop).await;
        opened.database.close().await;
        Ok(Ran { report, failure, pause })
    }

    fn job(&self) -> Job<'_> {
        let settings = self.settings;
        Job {
            region_name: settings.region.clone(),
            region: self.region.clone(),
            provider: self.provider.as_ref(),
            types: settings.types.clone(),
            language: settings.language.clone(),
            method: self.method.clone(),
            knowledge: if settings.effort.forget { Knowledge::Nothing } else { Knowledge::Learned },
            audit_recall: settings.audit_recall,
            guard: settings.guard,
            details: settings.provider.details,
            source: Source::Live,
            budget: Budget {
                requests: settings.effort.max_requests,
                cost: settings.effort.max_cost,
                requests_per_day: self.requests_per_day(),
                requests_per_month: settings.provider.max_requests_per_month,
                cost_per_month: settings.provider.max_cost_per_month,
            },
            concurrency: usize::try_from(settings.effort.concurrency.get()).unwrap_or(1),
            // A recording begun in the middle of a run would lack the questions that were answered before.
            fresh: settings.effort.fresh || matches!(settings.traffic, Traffic::Record(_)),
            if_stale: settings.effort.if_stale,
            session: Session::New,
            dry_run: settings.effort.dry_run,
            retention: settings.provider.retention,
            lease: LEASE,
        }
    }

    /// What the settings allow, else the provider; another server than its own may allow anything.
    fn requests_per_day(&self) -> Option<u64> {
        let settings = &self.settings.provider;
        let of_provider = || self.provider.limits().requests_per_day.filter(|_| settings.base_url.is_none());
        settings.max_requests_per_day.or_else(|| of_provider().map(u64::from))
    }

    /// The way to the answers; a replay also says so in the job.
    fn courier(&self, job: &mut Job<'_>) -> Result<Courier, Failure> {
        if let Some(recording) = &self.recording {
            return self.replay(recording.clone(), job);
        }
        let record = match &self.settings.traffic {
            Traffic::Record(folder) => Some(Recorder::begin(folder, &self.recorded_run(job)?)?),
            Traffic::Live | Traffic::Demo | Traffic::Replay(_) => None,
        };
        let settings = &self.settings.provider;
        let (base_url, base_url_setting) = match &settings.base_url {
            Some(elsewhere) => (elsewhere.url.clone(), elsewhere.setting),
            None => (
                self.provider.base_url().parse().map_err(|error| Failure::Bug(format!("base URL: {error}")))?,
                self.provider.base_url_variable(),
            ),
        };
        let rate = settings.requests_per_second.unwrap_or(self.provider.limits().requests_per_second);
        let mut options = LiveOptions::new(base_url, base_url_setting, rate);
        options.key.clone_from(&settings.key);
        options.key_setting = self.provider.key_variable();
        options.policy.attempts = settings.attempts.unwrap_or(options.policy.attempts);
        options.record = record;
        if let Some(contact) = &settings.contact {
            options.user_agent = format!("{} ({contact})", options.user_agent);
        }
        options.at_once = self.provider.limits().at_once;
        options.timeout = self.provider.limits().timeout;
        Ok(Courier::live(options)?)
    }

    fn recorded_run(&self, job: &Job<'_>) -> Result<RecordedRun, Failure> {
        Ok(RecordedRun {
            provider: self.provider.name().to_owned(),
            region: self.settings.region.clone(),
            parameters: sync::parameters(job).map_err(SyncError::from)?,
            snapshot: match &job.knowledge {
                Knowledge::Given(snapshot) => snapshot.to_json(),
                Knowledge::Learned | Knowledge::Nothing => serde_json::Value::Null,
            },
            #[expect(clippy::disallowed_methods, reason = "the command is where the clock is read")]
            begun_at: chrono::Utc::now(),
        })
    }

    /// A replay answers only the questions that were recorded: what differs is told before the first is asked.
    fn replay(&self, cassette: Cassette, job: &mut Job<'_>) -> Result<Courier, Failure> {
        let recorded = cassette.run();
        let folder = match &self.settings.traffic {
            Traffic::Replay(folder) => folder.display().to_string(),
            Traffic::Live | Traffic::Demo | Traffic::Record(_) => "this program".to_owned(),
        };
        // Whether anything was looked up is the recording's to say, not this machine's settings.
        job.details = recorded.parameters.get("details").and_then(serde_json::Value::as_bool).unwrap_or(false);
        let asked = sync::parameters(job).map_err(SyncError::from)?;
        let other = |what: &str| Failure::OtherRecording {
            folder: folder.clone(),
            recorded: format!("region `{}` from {}", recorded.region, recorded.provider),
            asked: format!("region `{}` from {}", self.settings.region, self.provider.name()),
            what: what.to_owned(),
        };
        if recorded.provider != self.provider.name() {
            return Err(other("the provider"));
        }
        if let Some(asked) = asked.as_object() {
            for (name, value) in asked {
                if recorded.parameters.get(name) != Some(value) {
                    return Err(other(name));
                }
            }
        }
        job.knowledge = Knowledge::Given(Snapshot::from_json(&recorded.snapshot).map_err(|error| {
            SyncError::Recording { reason: format!("{folder}: {error}; record again into another folder") }
        })?);
        job.source = Source::Replay(recorded.begun_at.to_rfc3339());
        Ok(Courier::replay(cassette))
    }

    async fn report(
        &self,
        ended: sync::RunReport,
        opened: &Opened,
        terminal: &Terminal,
        stop: &CancellationToken,
    ) -> RunReport {
        let sync::RunReport { summary, figures, judgement, reason, resumes: _, error: _ } = ended;
        let dry_run = self.settings.effort.dry_run;
        let provider = self.provider.name();
        let samples = if terminal.json {
            Vec::new()
        } else {
            let looking =
                async { Ok(store::sample_venues(&opened.database, provider, self.region.bounds(), SAMPLES).await?) };
            let found = signals::or_stopped(stop, &self.settings.database, looking).await;
            // The run is over and its numbers are known: a table that cannot be shown takes nothing from them.
            found.inspect_err(|error| tracing::warn!("cannot show a few of the venues: {error}")).unwrap_or_default()
        };
        RunReport {
            summary,
            dry_run,
            audit: judgement.map(|judgement| AuditReport {
                requests: judgement.figures.requests,
                venues: judgement.figures.venues,
                missed: judgement.figures.missed,
                recall: judgement.recall,
                at_least: judgement.at_least,
                believed: judgement.believed,
            }),
            replayed: !self.settings.traffic.is_live(),
            staged: figures.staged,
            gone: figures.gone,
            capped: figures.capped,
            reason,
            failures: figures.failures,
            rejects: figures.rejects,
            repairs: figures.repairs,
            unmapped: figures.unmapped,
            samples,
            #[expect(clippy::disallowed_methods, reason = "the command is where the clock is read")]
            today: chrono::Utc::now().date_naive(),
            look: (!dry_run).then(|| LookAtData { shell: as_invoked(self.shell()), url: opened.printable_url.clone() }),
            last_success: self.last_success(opened, stop).await,
            go_on: as_invoked(&self.settings.go_on),
            embedded_flag: self.settings.database.needs_flag(),
        }
    }

    /// When the last complete run ended.
    async fn last_success(&self, opened: &Opened, stop: &CancellationToken) -> Option<chrono::DateTime<chrono::Utc>> {
        let looking = async { Ok(store::past(&opened.database, &self.settings.region, self.provider.name()).await?) };
        let past = signals::or_stopped(stop, &self.settings.database, looking).await;
        let past = past.inspect_err(|error| tracing::warn!("cannot look up the last complete run: {error}"));
        past.ok()?.last_complete
    }

    fn shell(&self) -> &'static str {
        match &self.settings.database {
            choice if choice.needs_flag() => "venues db shell --embedded",
            DatabaseChoice::Url(_) if self.settings.go_on.contains("--database-url") => {
                "venues db shell --database-url …"
            }
            _ => "venues db shell",
        }
    }
}

/// How a run went.
pub(super) struct Ran {
    pub(super) report: RunReport,
    /// What broke it, if something did.
    pub(super) failure: Option<Failure>,
    /// How long a limit lasts that it met.
    pub(super) pause: Option<Duration>,
}

/// How long the provider's limit lasts, where that is known. At least some seconds: its clock and the database's may differ.
fn pause(ended: &sync::RunReport) -> Option<Duration> {
    const SHORTEST: Duration = Duration::from_secs(5);
    let left = ended.resumes.filter(|_| ended.summary.stopped_by == Some(StoppedBy::Quota))?.left;
    // Whole seconds, upwards: they are shown.
    Some(Duration::from_secs(left.as_secs() + 1).max(SHORTEST))
}

/// A command of ours as it can be typed again here: whoever ran `target/release/venues` has no `venues` on the path.
fn as_invoked(command: &str) -> String {
    let typed = std::env::args().next().filter(|program| program.contains('/'));
    match (typed, command.strip_prefix("venues ")) {
        (Some(program), Some(rest)) => format!("{program} {rest}"),
        _ => command.to_owned(),
    }
}

/// Our own server is not started by hand: what helps where it is gone is to run again.
fn broken(error: SyncError, embedded_log: Option<&Path>) -> Failure {
    match (error, embedded_log) {
        (SyncError::Database(source), Some(log)) if source.remedy() == Remedy::TryLater => {
            Failure::EmbeddedLost { source, log: log.to_owned() }
        }
        (error, _) => error.into(),
    }
}

fn named(settings: &SyncJob) -> String {
    match &settings.shape {
        RegionShape::GeoJson { path, .. } => format!("region `{}`, drawn in {}", settings.region, path.display()),
        RegionShape::Bbox(_) | RegionShape::Circle { .. } => format!("region `{}`", settings.region),
    }
}

use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::begin;
use super::demo;
use super::failure::Failure;
use super::measured::Measured;
use super::open::{Opened, ensure_schema, open_enduring};
use super::recording;
use super::region::region;
use super::signals;
use super::stalest::stalest_first;
use super::unreported::Unreported;
use crate::cli::exit::Exit;
use crate::cli::settings::area::RegionShape;
use crate::cli::settings::database::DatabaseChoice;
use crate::cli::settings::sync_job::{SyncJob, Traffic};
use crate::cli::terminal::Terminal;
use crate::coverage::Region;
use crate::model::{StoppedBy, Summary};
use crate::provider::{self, Provider};
use crate::report::{AuditReport, LookAtData, RunReport};
use crate::store::{self, Budget, Remedy};
use crate::sync::{self, Job, Knowledge, Session, Snapshot, Source, SyncError};
use crate::transport::{Cassette, Courier, LiveOptions, RecordedRun, Recorder};

/// A claimed tile stays ours for this long without a sign of life.
const LEASE: Duration = Duration::from_secs(30);

/// Venues shown at the end of a run.
const SAMPLES: i64 = 5;

/// What there is to tell while the jobs run.
#[derive(Debug)]
pub enum Told<'a> {
    /// A run ended, for better or worse.
    Ended(&'a RunReport),
    /// A run could not even be begun, or not be told of when it ended: a line for machines, which count one a region.
    Unreported(&'a Summary),
    /// What broke a run, or kept it from being begun.
    Broke(&'a Failure),
}

/// Runs the jobs in turn, each told of as it ends, those of `--all` by their need; an error of one does not keep the others from their turn.
pub async fn sync(jobs: &[SyncJob], terminal: &Terminal, tell: &dyn Fn(Told<'_>)) -> Result<Exit, Failure> {
    // Everything that can be wrong with any of them is found before the first is begun.
    let prepared = jobs.iter().map(Prepared::new).collect::<Result<Vec<_>, _>>()?;
    let stop = CancellationToken::new();
    signals::listen(stop.clone()).map_err(Failure::Runtime)?;
    let prepared = match prepared.first().map(|one| one.settings) {
        Some(SyncJob { one_of_all: true, database, .. }) if prepared.len() > 1 => {
            let named = |one: &Prepared<'_>| (one.settings.region.clone(), one.provider.name().to_owned());
            stalest_first(prepared, named, database, terminal, &stop).await
        }
        _ => prepared,
    };
    let mut exits = Vec::new();
    let mut measured = Measured::default();
    for one in &prepared {
        if stop.is_cancelled() {
            exits.push(Exit::Again);
            break;
        }
        let (report, failure) = match one.run_to_the_end(terminal, &stop).await {
            Ok((report, failure)) => (Some(report), failure),
            Err(failure) => (None, Some(failure)),
        };
        measured.tell(one.settings, report.as_ref(), &one.unreported.summary(failure.as_ref()));
        match &report {
            Some(report) => tell(Told::Ended(report)),
            None => tell(Told::Unreported(&one.unreported.summary(failure.as_ref()))),
        }
        if let Some(failure) = &failure {
            tell(Told::Broke(failure));
        }
        let ended = report.map_or(Exit::Complete, |report| Exit::of(&report.summary));
        exits.push(failure.map_or(ended, |failure| failure.exit()));
    }
    #[cfg(feature = "otlp")]
    measured.finish().await;
    Ok(Exit::worst(exits))
}

/// A job whose region and types are understood.
struct Prepared<'a> {
    settings: &'a SyncJob,
    region: Region,
    provider: Box<dyn Provider>,
    method: String,
    /// Where a replay has its answers.
    recording: Option<Cassette>,
    /// What it told while it could.
    unreported: Unreported,
}

impl<'a> Prepared<'a> {
    fn new(settings: &'a SyncJob) -> Result<Self, Failure> {
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

    /// Runs, and goes on after each limit that `--wait` has time to sit out, all such pauses together.
    async fn run_to_the_end(
        &self,
        terminal: &Terminal,
        stop: &CancellationToken,
    ) -> Result<(RunReport, Option<Failure>), Failure> {
        let mut left = self.settings.effort.wait.unwrap_or_default();
        let mut session = Session::New;
        loop {
            let Ran { report, failure, pause } = self.run(session, terminal, stop).await?;
            // A replay has nobody to wait for.
            let pause = pause.filter(|pause| *pause <= left && self.settings.traffic.is_live());
            let Some(pause) = pause else { return Ok((report, failure)) };
            left -= pause;
            session = Session::GoesOn;
            tracing::info!("waiting {} for the provider's limit to end", humantime::format_duration(pause));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => return Ok((report, failure)),
            }
        }
    }

    async fn run(&self, session: Session, terminal: &Terminal, stop: &CancellationToken) -> Result<Ran, Failure> {
        let mut job = Job { session, ..self.job() };
        // A recording is begun when the run can be: a folder with nothing in it would be in the way of the next try.
        let recorded = if let Traffic::Record(folder) = &self.settings.traffic { Some(folder) } else { None };
        let courier = if recorded.is_some() { None } else { Some(self.courier(&mut job)?) };
        // One for the leases, one for the end, and one for every strand of work.
        let connections = self.settings.effort.concurrency.get() + 2;
        let opened =
            open_enduring(&self.settings.database, connections, terminal, (self.settings.patience, stop)).await?;
        ensure_schema(&opened, self.settings.migrate).await?;
        let courier = if let Some(courier) = courier {
            courier
        } else {
            // What it knows when it begins is part of it, so that it has to be known now.
            let seed = recorded.map_or(0, |folder| recording::seed(folder));
            job.knowledge = Knowledge::Given(sync::snapshot(&job, &opened.database, seed).await?);
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
        let (failure, pause) = (ended.error.take().map(broken), pause(&ended));
        let report = self.report(ended, &opened, terminal).await;
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

    async fn report(&self, ended: sync::RunReport, opened: &Opened, terminal: &Terminal) -> RunReport {
        let sync::RunReport { summary, figures, judgement, reason, resumes, error: _ } = ended;
        let dry_run = self.settings.effort.dry_run;
        let provider = self.provider.name();
        let samples = if terminal.json {
            Vec::new()
        } else {
            let found = store::sample_venues(&opened.database, provider, self.region.bounds(), SAMPLES).await;
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
            resumes_at: resumes.map(|resumes| resumes.at),
            failures: figures.failures,
            rejects: figures.rejects,
            repairs: figures.repairs,
            unmapped: figures.unmapped,
            samples,
            #[expect(clippy::disallowed_methods, reason = "the command is where the clock is read")]
            today: chrono::Utc::now().date_naive(),
            look: (!dry_run).then(|| LookAtData { shell: as_invoked(self.shell()), url: opened.printable_url.clone() }),
            last_success: self.last_success(opened).await,
            go_on: as_invoked(&self.settings.go_on),
            embedded_flag: self.settings.database.needs_flag(),
        }
    }

    /// When the last complete run ended.
    async fn last_success(&self, opened: &Opened) -> Option<chrono::DateTime<chrono::Utc>> {
        let past = store::past(&opened.database, &self.settings.region, self.provider.name()).await;
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
struct Ran {
    report: RunReport,
    /// What broke it, if something did.
    failure: Option<Failure>,
    /// How long a limit lasts that it met.
    pause: Option<Duration>,
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

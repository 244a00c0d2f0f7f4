use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use super::adrift::adrift;
use super::failure::Failure;
use super::open::{embedded_options, home};
use super::overdue::overdue;
use super::reach::reach;
use super::region::region;
use crate::cli::finding::{Finding, Level};
use crate::cli::settings::database::{DatabaseChoice, EmbeddedPlace};
use crate::cli::settings::doctor_job::DoctorJob;
use crate::cli::settings::provider::ProviderChoice;
use crate::migrate::scratch::Places;
use crate::migrate::{self, MigrationError, State};
use crate::model::MicroUsd;
use crate::provider::{self, Provider};
use crate::report::grouped;
use crate::store::embedded::{self, SUPPORTED_MAJORS};
use crate::store::{self, Database, DatabaseError};
use crate::transport::check_address;

/// More than this between two clocks is told.
const MOST_APART: TimeDelta = TimeDelta::seconds(5);

/// A sync of a city takes less, with room for the server's log of changes.
const LEAST_FREE: u64 = 200 << 20;
const LITTLE_FREE: u64 = 2 << 30;

/// `venues doctor`: everything that can be looked at, each with its remedy.
pub async fn doctor(job: DoctorJob) -> Result<Vec<Finding>, Failure> {
    let DoctorJob { mut findings, database, place, providers, kept, regions, online } = job;
    for (name, shape) in &regions {
        if let Err(error) = region(shape) {
            findings.push(Finding::problem("region", format!("region `{name}`: {error}")));
        }
    }
    let mut spoken_with = None;
    match &database {
        Some(DatabaseChoice::Url(url)) => spoken_with = look_at(url.expose(), false, &mut findings).await?,
        Some(DatabaseChoice::Embedded(place)) => {
            let status = embedded::status(&home(place)).await;
            match &status.state {
                embedded::State::Running { url, .. } => spoken_with = look_at(url, true, &mut findings).await?,
                embedded::State::Absent | embedded::State::Stopped => {
                    findings
                        .push(Finding::ok("database", format!("{status}\nthe next command that needs it starts it")));
                }
                embedded::State::Busy => findings.push(Finding::note("database", status.to_string())),
                embedded::State::Unknown(why) => findings
                    .push(Finding::problem("database", why).remedy(format!("its log is {}", status.log.display()))),
            }
        }
        None => {}
    }
    if let Some(place) = &place {
        let needed = matches!(database, Some(DatabaseChoice::Embedded(_)));
        findings.push(disk(&place.data_dir, needed));
        findings.push(programs(place, needed).await);
    }
    let all = provider::all();
    for choice in &providers {
        let Some(provider) = all.iter().find(|provider| provider.name() == choice.name) else { continue };
        let address = choice.base_url.as_ref().map_or(Ok(()), |other| check_address(&other.url, other.setting));
        if let Err(error) = address {
            findings.push(Finding::problem("provider", error.to_string()));
        } else if let (true, Some(database)) = (online, &spoken_with) {
            findings.push(reach(provider.as_ref(), choice, database).await);
        } else if online {
            let name = choice.name;
            findings.push(Finding::note(
                "provider",
                format!("{name} was not asked: what is asked is counted in the database"),
            ));
        }
    }
    if let Some(database) = &spoken_with {
        quotas(&all, &providers, database, &mut findings).await?;
        overdue(&kept, database, &mut findings).await?;
    }
    if let Some(database) = spoken_with {
        database.close().await;
    }
    Ok(findings)
}

/// Looks at a database; returns it where it can be used.
async fn look_at(url: &str, ours: bool, findings: &mut Vec<Finding>) -> Result<Option<Database>, Failure> {
    let database = match Database::connect(url, 2).await {
        Ok(database) => database,
        Err(error) => {
            findings.push(told(error, "database"));
            return Ok(None);
        }
    };
    let before = now();
    let facts = match store::server_facts(&database).await {
        Ok(facts) => facts,
        Err(error) => {
            findings.push(told(error, "database"));
            return Ok(None);
        }
    };
    let here = before + (now() - before) / 2;
    findings.push(Finding::ok(
        "database",
        format!("{}: PostgreSQL {}, as {}", database.place(), facts.version, facts.role),
    ));
    if !u32::try_from(facts.major).is_ok_and(|major| SUPPORTED_MAJORS.contains(&major)) {
        let (oldest, newest) = (SUPPORTED_MAJORS.start(), SUPPORTED_MAJORS.end());
        findings.push(Finding::note("database", format!("only PostgreSQL {oldest} to {newest} are tried")));
    }
    if facts.read_only {
        let place = database.place().to_owned();
        let reason = "it is a standby, or its transactions are read only".to_owned();
        findings.push(told(DatabaseError::ReadOnly { place, reason }, "database"));
    }
    findings.push(clock(here, facts.now));
    let usable = schema(&database, ours, findings).await?;
    if !facts.barred.is_empty() {
        let reason = format!("it may not read and write {}", facts.barred.join(", "));
        findings.push(told(DatabaseError::MissingRight { role: facts.role, reason }, "database"));
        return Ok(None);
    }
    Ok(usable.then_some(database))
}

/// Where the schema stands, and whether it is what is declared; returns whether a sync could write to it.
async fn schema(database: &Database, ours: bool, findings: &mut Vec<Finding>) -> Result<bool, Failure> {
    let standing = match migrate::standing(database).await {
        Ok(standing) => standing,
        Err(error) => {
            findings.push(told(error, "schema"));
            return Ok(false);
        }
    };
    let at = standing.at().map_or("no migration applied".to_owned(), |at| format!("{} {}", at.version, at.what));
    match standing.state() {
        Ok(State::Current) => findings.push(Finding::ok("schema", format!("{at} (head)"))),
        Ok(State::Behind { pending }) => {
            let what = format!("{at}: it lacks {pending} of our migrations");
            findings.push(if ours {
                Finding::note("schema", what).remedy("the next sync applies them, or `venues migrate up`")
            } else {
                Finding::problem("schema", what).remedy("run `venues migrate up`, or sync with --migrate")
            });
            return Ok(false);
        }
        Ok(State::MadeByAlembic { revision }) => {
            findings.push(
                Finding::problem("schema", format!("made by the backend's Alembic, at {revision}"))
                    .remedy("run `venues migrate up`: it takes it over"),
            );
            return Ok(false);
        }
        Err(error) => {
            findings.push(Finding::problem("schema", MigrationError::from(error).to_string()));
            return Ok(false);
        }
    }
    for index in &standing.invalid_indexes {
        let what = format!("the index {} is invalid: a build of it failed", index.path);
        findings.push(Finding::note("schema", what).remedy("run `venues migrate repair`"));
    }
    let places = Places { url: None, beside: Some(database), embedded: None };
    let (adrift, not_looked) = adrift(database, &places).await?;
    if adrift.is_empty() && not_looked.is_none() {
        findings.push(Finding::ok("schema", "as it is declared"));
    }
    findings.extend(adrift.into_iter().map(|line| {
        Finding::note("schema", format!("adrift: {line}"))
            .remedy("`venues migrate check` compares it with what is declared")
    }));
    findings
        .extend(not_looked.map(|why| Finding::note("schema", format!("not compared with what is declared: {why}"))));
    Ok(true)
}

/// What was sent today and this month, and what is left.
async fn quotas(
    all: &[Box<dyn Provider>],
    choices: &[ProviderChoice],
    database: &Database,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    let spent = store::spent(database).await?;
    for choice in choices {
        let of_provider = all.iter().find(|provider| provider.name() == choice.name).map(|provider| provider.limits());
        let own = of_provider.and_then(|limits| limits.requests_per_day).filter(|_| choice.base_url.is_none());
        let per_day = choice.max_requests_per_day.or_else(|| own.map(u64::from));
        let of = spent.iter().find(|spent| spent.provider == choice.name);
        let (today, month) = of.map_or((0, 0), |of| (of.requests_today, of.requests_this_month));
        let cost = of.map_or(MicroUsd(0), |of| of.cost_this_month);
        let left = |most: Option<u64>, used: u64| most.map(|most| most.saturating_sub(used));
        let (day_left, month_left) = (left(per_day, today), left(choice.max_requests_per_month, month));
        let money_left = choice.max_cost_per_month.map(|most| MicroUsd((most.0 - cost.0).max(0)));
        let words = |left: Option<u64>| left.map_or_else(String::new, |left| format!(" ({} left)", grouped(left)));
        let of_money = money_left.map_or_else(String::new, |left| format!(" ({left} left)"));
        let what = format!(
            "{}: {} requests today{}, {} this month{}, {cost}{of_money}; days and months of UTC",
            choice.name,
            grouped(today),
            words(day_left),
            grouped(month),
            words(month_left)
        );
        let gone = day_left == Some(0) || month_left == Some(0) || money_left == Some(MicroUsd(0));
        findings.push(if gone {
            Finding::problem("quota", what).remedy(format!(
                "wait for the next day or month, or raise max_requests_per_day, max_requests_per_month or max_cost_per_month in \
                 [providers.{}]",
                choice.name
            ))
        } else {
            Finding::ok("quota", what)
        });
    }
    Ok(())
}

fn clock(here: DateTime<Utc>, there: DateTime<Utc>) -> Finding {
    let apart = here - there;
    if apart.abs() <= MOST_APART {
        return Finding::ok("clock", "as the database's");
    }
    let (seconds, way) = (apart.num_seconds().abs(), if apart > TimeDelta::zero() { "ahead of" } else { "behind" });
    Finding::note("clock", format!("this machine is {seconds} s {way} the database"))
        .remedy("have both keep time (`timedatectl set-ntp true`); a sync counts days, months and leases by the database's clock")
}

fn disk(folder: &Path, needed: bool) -> Finding {
    let there = folder.ancestors().find(|place| place.exists()).unwrap_or(Path::new("/"));
    let free = match rustix::fs::statvfs(there) {
        Ok(found) => found.f_bavail.saturating_mul(found.f_frsize),
        Err(error) => return Finding::note("disk", format!("{}: {error}", folder.display())),
    };
    let what = format!("{} MiB free for {}", grouped(free >> 20), folder.display());
    let remedy = "make room, or let VENUES_DATA_DIR name a folder on another disk";
    match free {
        ..LEAST_FREE if needed => Finding::problem("disk", what).remedy(remedy),
        ..LITTLE_FREE if needed => Finding::note("disk", what).remedy(remedy),
        _ => Finding::ok("disk", what),
    }
}

/// The programs of the embedded server. Where another database is used, nothing depends on them.
async fn programs(place: &EmbeddedPlace, needed: bool) -> Finding {
    let home = home(place);
    let data = embedded::status(&home).await.version;
    let about = "programs";
    let (level, what) = match embedded::available(&home, &embedded_options(place), data).await {
        Ok(found) => match (found.fitting, data) {
            (Some((bin, version)), _) => (Level::Ok, format!("PostgreSQL {version} in {}", bin.display())),
            (None, Some(data)) => {
                (Level::Problem, format!("no PostgreSQL {data} here, which the data of the embedded server is of"))
            }
            (None, None) => (Level::Note, "no PostgreSQL server here: the embedded one would be downloaded".to_owned()),
        },
        Err(error) => (Level::Problem, error.to_string()),
    };
    let remedy = (level != Level::Ok).then(|| {
        "install it (`apt-get install postgresql`, `brew install postgresql@17`), or set VENUES_POSTGRES_BIN".to_owned()
    });
    Finding { level: if needed { level } else { level.min(Level::Note) }, about, what, remedy }
}

/// An error of the database, with what to do about it.
fn told(error: DatabaseError, about: &'static str) -> Finding {
    let failure = Failure::from(error);
    let remedy = failure.hint().map(std::borrow::Cow::into_owned);
    Finding { remedy, ..Finding::problem(about, failure.to_string()) }
}

#[expect(clippy::disallowed_methods, reason = "the command is where the clock is read")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_are_told_and_which_way() {
        let there = DateTime::UNIX_EPOCH;
        assert_eq!(clock(there + TimeDelta::seconds(4), there).level, Level::Ok);
        let ahead = clock(there + TimeDelta::seconds(90), there);
        assert_eq!((ahead.level, ahead.what.as_str()), (Level::Note, "this machine is 90 s ahead of the database"));
        assert!(clock(there - TimeDelta::seconds(90), there).what.contains("90 s behind"));
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_on_the_disk_of_the_one_above_it() {
        let found = disk(Path::new("/no/such/folder"), false);
        assert!(found.level == Level::Ok && found.what.contains("MiB free for /no/such/folder"), "{}", found.what);
    }
}

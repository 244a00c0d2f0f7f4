//! What was typed, and nothing else: no file, no environment, no decision.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueHint};

mod database;
mod doctor;
mod events;
mod migrate;
mod migrate_new;
mod place;
mod plan;
mod profiles;
mod purge;
mod renormalise;
mod report;
mod runs;
mod time;
mod venues;

pub use database::{DatabaseArgs, ScratchArgs};
pub use doctor::DoctorArgs;
pub use events::{EventsArgs, EventsCommand, ImportArgs, StatsArgs};
pub use migrate::{HowFar, MigrateArgs, MigrateCommand, WaitArgs};
pub use migrate_new::NewArgs;
pub use place::{AskArgs, Numbers, NumbersError, PlaceArgs};
pub use plan::PlanArgs;
pub use profiles::{DueArgs, ProfilesArgs, ProfilesCommand, PutArgs};
pub use purge::PurgeArgs;
pub use renormalise::RenormaliseArgs;
pub use report::{ReportArgs, ReportedRun};
pub use runs::{ListRunsArgs, OneRunArgs, RunsArgs, RunsCommand};
pub use time::{Span, TimeError};
pub use venues::{ExportArgs, ExportFormat, ListArgs, WhichArgs};

use crate::model::MicroUsd;

/// Keeps the venues of a region, from a places provider, in PostgreSQL.
#[derive(Debug, Clone, Parser)]
#[command(name = "venues", version, propagate_version = true, max_term_width = 110, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Flags of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
}

/// Flags that stand before or after the subcommand.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct GlobalArgs {
    /// Say more on stderr: -v ours in detail, -vv ours in full, -vvv other libraries too.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say nothing on stderr but warnings and errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print machine-readable JSON on stdout, one line a result.
    #[arg(long, global = true)]
    pub json: bool,
    /// The settings file. Default: `$VENUES_CONFIG`, ./venues.toml, then the platform's settings folder.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Fetch the venues of a region and write them to the database.
    #[command(after_help = SYNC_EXAMPLES)]
    Sync(Box<SyncArgs>),
    /// Say what syncing a region would take, what was spent and what is left, without asking anybody; or draw how it was covered.
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(Box<PlanArgs>),
    /// Tell all that is known of a run: a page that stands by itself, Markdown, or JSON.
    #[command(after_help = report::EXAMPLES)]
    Report(ReportArgs),
    /// Show the venues that are kept, a table on a terminal and JSON lines elsewhere.
    #[command(after_help = venues::LIST_EXAMPLES)]
    List(Box<ListArgs>),
    /// Write the venues that are kept as GeoJSON, CSV or NDJSON.
    #[command(after_help = venues::EXPORT_EXAMPLES)]
    Export(Box<ExportArgs>),
    /// List the runs there were, look at one, and say what is to become of what the guard refused.
    #[command(after_help = runs::EXAMPLES)]
    Runs(RunsArgs),
    /// Hand venues out for enrichment, and take the results back.
    #[command(after_help = profiles::EXAMPLES)]
    Profiles(ProfilesArgs),
    /// Take in what people did with venues, or count it.
    #[command(after_help = "Example:\n  venues events import events.ndjson --rejects refused.ndjson")]
    Events(EventsArgs),
    /// List the regions that can be synced.
    #[command(after_help = "Regions are the [regions.NAME] tables of venues.toml; `demo` is always there.")]
    Regions,
    /// List the kinds of venue, or the providers' words that are none of them yet.
    #[command(after_help = CATEGORIES_EXAMPLES)]
    Categories(CategoriesArgs),
    /// Clean again what the providers said and was kept, with today's rules: nobody is asked, nothing is paid.
    #[command(after_help = RENORMALISE_EXAMPLES)]
    Renormalise(RenormaliseArgs),
    /// Delete the venues that are over the time for which their provider's terms let them be kept.
    #[command(after_help = purge::EXAMPLES)]
    Purge(PurgeArgs),
    /// Look for whatever would be in the way of a sync, and say what to do about it.
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(DoctorArgs),
    /// Change the database's schema, or show what it is.
    Migrate(MigrateArgs),
    /// Look at the database, or control the embedded PostgreSQL server.
    #[command(after_help = DB_EXAMPLES)]
    Db(DbArgs),
    /// Write the manual pages into a folder.
    #[command(after_help = "Example:\n  venues man ~/.local/share/man/man1 && man venues-sync")]
    Man {
        /// The folder; made where it is missing.
        #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
    /// Print a completion script for a shell.
    #[command(after_help = "Example:\n  venues completions bash > ~/.local/share/bash-completion/completions/venues")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// `venues sync`.
#[derive(Debug, Clone, Default, Args)]
pub struct SyncArgs {
    /// Which part of the world.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What to ask for.
    #[command(flatten)]
    pub ask: AskArgs,
    /// How far to go.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Live, or from recordings.
    #[command(flatten)]
    pub traffic: TrafficArgs,
    /// Where the venues go.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Apply pending migrations first, also to a database that is not the embedded one.
    #[arg(long, help_heading = "Database")]
    pub migrate: bool,
    /// Write the outcome of each run into this file (*.prom), for Prometheus. Default: `$VENUES_METRICS_FILE`, then venues.toml.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Metrics")]
    pub metrics_file: Option<PathBuf>,
}

/// How far to go.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Ask and compare, but write nothing except what was spent. A paid provider needs --replay or --max-cost with it.
    #[arg(long)]
    pub dry_run: bool,
    /// Stop after this many requests of all workers together; run again to go on, by as many again.
    #[arg(long, value_name = "N")]
    pub max_requests: Option<NonZeroU64>,
    /// Stop before the list price of what all workers together ask passes this many US dollars; run again to go on, by as much again.
    #[arg(long, value_name = "USD", value_parser = usd, allow_hyphen_values = true)]
    pub max_cost: Option<MicroUsd>,
    /// Begin a new run, even if an unfinished one could go on.
    #[arg(long)]
    pub fresh: bool,
    /// Begin a new run that makes no use of what earlier ones learned.
    #[arg(long)]
    pub forget: bool,
    /// Ask nothing where the same was completed within this time (`20h`, `90m`, `3days`): a doubled or late start costs nothing.
    #[arg(long, value_name = "TIME", conflicts_with = "fresh")]
    pub if_stale: Option<Span>,
    /// Sit out a limit of the provider's that ends within this time (`90s`, `2h`), instead of stopping there.
    #[arg(long, value_name = "TIME")]
    pub wait: Option<Span>,
    /// Requests under way at the same time, 1 to 64. Default: as many as the provider's rate can use.
    #[arg(long, value_name = "N", value_parser = concurrency)]
    pub concurrency: Option<NonZeroU32>,
}

/// Live, or from recordings.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Recordings")]
pub struct TrafficArgs {
    /// Answer every request from the recordings in this folder: no network, no key, no cost.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "record")]
    pub replay: Option<PathBuf>,
    /// Begin a new run, and keep every exchange in this folder, without secrets, for --replay.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub record: Option<PathBuf>,
}

/// `venues categories`.
#[derive(Debug, Clone, Default, Args)]
pub struct CategoriesArgs {
    /// List the category words that the syncs so far met and that have no code of ours, most frequent first.
    #[arg(long)]
    pub unmapped: bool,
    /// Which database; only the unmapped words come from one.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// `venues db`.
#[derive(Debug, Clone, Args)]
pub struct DbArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: DbCommand,
}

/// What to do with the database.
#[derive(Debug, Clone, Subcommand)]
pub enum DbCommand {
    /// Print a connection URL on stdout; starts the embedded server if that is the database.
    Url {
        /// Which database.
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Open psql on the database.
    Shell {
        /// Which database.
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Stop the embedded server. The data stays.
    Stop,
    /// Show whether the embedded server runs, and where its data is.
    Status,
    /// Stop the embedded server when nobody has used it for a while (started by the other commands).
    #[command(hide = true)]
    Watch {
        /// The data folder of the server.
        #[arg(long)]
        data_dir: PathBuf,
        /// The folder of downloaded server programs.
        #[arg(long)]
        cache_dir: PathBuf,
        /// Milliseconds without a client after which the server is stopped.
        #[arg(long)]
        idle_ms: NonZeroU64,
    },
}

fn usd(text: &str) -> Result<MicroUsd, String> {
    text.trim()
        .trim_start_matches('$')
        .parse()
        .ok()
        .and_then(MicroUsd::from_usd)
        .ok_or_else(|| "not an amount in US dollars, like 2.50".to_owned())
}

fn concurrency(text: &str) -> Result<NonZeroU32, String> {
    text.parse()
        .ok()
        .filter(|many: &NonZeroU32| many.get() <= 64)
        .ok_or_else(|| "not a whole number from 1 to 64".to_owned())
}

const EXAMPLES: &str = "\
Try it, with no key and no database:
  venues sync --region demo

Settings: a flag wins over the environment (a .env file is read first), that over venues.toml.";

const SYNC_EXAMPLES: &str = "\
Examples:
  venues sync --region demo
  venues sync --region lisbon --max-cost 5
  venues sync --near -33.87,151.21 --radius-m 800 --types cafe,bakery
  venues sync --all --if-stale 16h --wait 10m
  venues sync --bbox -9.23,38.69,-9.09,38.80 --dry-run --max-requests 20 --max-cost 1

The key comes from the environment: GOOGLE_PLACES_API_KEY, FOURSQUARE_API_KEY, YELP_API_KEY.
The database is DATABASE_URL; without it, on a terminal, an embedded PostgreSQL.
Exit codes: 0 complete, 2 usage or settings, 65 data refused, 69 provider or database unavailable,
70 a bug of ours, 74 cannot print, 75 stopped early (run again to go on), 77 key refused.";

const PLAN_EXAMPLES: &str = "\
Examples:
  venues plan --region lisbon
  venues plan --all --json
  venues plan --near 38.72,-9.14 --radius-m 1500 --types cafe
  venues plan --region demo --svg demo.svg

No request is sent, and no key is needed. After a complete run the numbers are reckoned with its venues, before it they are a guess.";

const CATEGORIES_EXAMPLES: &str = "\
Examples:
  venues categories
  venues categories --unmapped --json";

const RENORMALISE_EXAMPLES: &str = "\
Examples:
  venues renormalise --all --dry-run
  venues renormalise --region lisbon --provider osm

What is kept is said by `keep_raw` in [providers.NAME] of venues.toml: true, false, or a number of days. Without it, OpenStreetMap's
rows are kept and the others are not, as their public terms have it. Exit codes: 0 complete, 2 usage or settings, 69 database
unavailable, 75 stopped early (run again).";

const DB_EXAMPLES: &str = "\
Examples:
  venues db shell
  psql \"$(venues db url)\" -c 'select name, rating from venues limit 5'";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn sync(line: &str) -> SyncArgs {
        let words = std::iter::once("venues").chain(line.split(' '));
        match Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}")).command {
            Command::Sync(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn clap_finds_no_fault_in_the_definition() {
        Cli::command().debug_assert();
    }

    #[test]
    fn values_may_start_with_a_minus() {
        assert_eq!(sync("sync --near -33.87,151.2 --radius-m 500").place.near, Some(Numbers([-33.87, 151.2])));
        assert_eq!(sync("sync --bbox=-9.2,38.7,-9.1,38.8").place.bbox, Some(Numbers([-9.2, 38.7, -9.1, 38.8])));
        assert_eq!(sync("sync --bbox -9.2,38.7,-9.1,38.8").place.bbox, Some(Numbers([-9.2, 38.7, -9.1, 38.8])));
    }

    #[test]
    fn global_flags_stand_before_or_after_the_subcommand() {
        for line in ["-vv --json sync --region a", "sync --region a -vv --json", "sync -v --region a --json -v"] {
            let cli = Cli::try_parse_from(std::iter::once("venues").chain(line.split(' '))).unwrap();
            assert_eq!((cli.global.verbose, cli.global.json), (2, true), "{line}");
        }
    }

    #[test]
    fn contradictions_are_refused() {
        for line in [
            "sync",
            "sync --region a --all",
            "sync --region a --near 1,2 --radius-m 5",
            "sync --near 1,2",
            "sync --region a --radius-m 5",
            "sync --near 1,2 --radius-m 5 --bbox 1,2,3,4",
            "sync --region a --record x --replay y",
            "sync --region a --embedded --database-url postgres://h/d",
            "sync --region a -q -v",
            "sync --bbox 1,2,3",
            "sync --near 1,north --radius-m 5",
            "sync --near 1,inf --radius-m 5",
            "sync --region a --max-cost -1",
            "sync --region a --max-requests 0",
            "sync --region a --concurrency 0",
            "sync --region a --concurrency 65",
            "plan",
            "plan --region a --all",
            "sync --region a --if-stale soon",
            "sync --region a --if-stale 20h --fresh",
            "sync --region a --wait -1s",
            "migrate down 0",
            "migrate down -1",
            "migrate down 1 --to base",
            "migrate up 1 --to head",
            "migrate up --lock-timeout 0",
            "migrate up --patience soon",
            "migrate stamp",
        ] {
            let parsed = Cli::try_parse_from(std::iter::once("venues").chain(line.split(' ')));
            assert_eq!(parsed.map_err(|error| error.exit_code()).unwrap_err(), 2, "{line}");
        }
    }

    #[test]
    fn a_database_url_is_not_printed_by_debug() {
        let typed = sync("sync --region a --database-url postgres://u:hunter22@h/d");
        assert!(!format!("{typed:?}").contains("hunter22"));
    }

    #[test]
    fn regions_and_types_may_be_several() {
        let typed = sync("sync --region a --region b --types cafe,bar --types bakery");
        assert_eq!(typed.place.region, ["a", "b"]);
        assert_eq!(typed.ask.types, ["cafe", "bar", "bakery"]);
    }
}

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::database::{DatabaseArgs, ScratchArgs};
use super::migrate_new::NewArgs;
use crate::migrate::{Rev, Waits};

/// `venues migrate`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct MigrateArgs {
    /// What to do with the schema.
    #[command(subcommand)]
    pub action: MigrateCommand,
}

/// What to do with the schema.
#[derive(Debug, Clone, Subcommand)]
pub enum MigrateCommand {
    /// Apply every pending migration, or the next N. Needs a direct connection, not PgBouncer in transaction mode.
    Up {
        /// How far.
        #[command(flatten)]
        how_far: HowFar,
        /// Do not ask before a database that the backend's Alembic made is taken over.
        #[arg(short, long)]
        yes: bool,
        /// Say what would be done, and write nothing.
        #[arg(long)]
        dry_run: bool,
        /// Run steps that lose data, too.
        #[arg(long)]
        allow_data_loss: bool,
        /// How long to wait.
        #[command(flatten)]
        waits: WaitArgs,
        /// Where to make what a database of Alembic's is compared with.
        #[command(flatten)]
        scratch: ScratchArgs,
        /// Which database.
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Take back the last migration, or the last N.
    Down {
        /// How far.
        #[command(flatten)]
        how_far: HowFar,
        /// Say what would be taken back and lost, and write nothing.
        #[arg(long)]
        dry_run: bool,
        /// Run steps that lose data, too.
        #[arg(long)]
        allow_data_loss: bool,
        /// How long to wait.
        #[command(flatten)]
        waits: WaitArgs,
        /// Which database.
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Show the revision of the database.
    Current {
        /// End with 1 if the database is behind, adrift, half-applied, or differs from the files.
        #[arg(long)]
        exit_code: bool,
        /// Where to make what the database is compared with, for the exit code.
        #[command(flatten)]
        scratch: ScratchArgs,
        /// Which database.
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// List every migration and whether it is applied.
    History {
        /// Which database.
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Record the database as being at a revision, without running anything. It has to be there: differences stop it.
    Stamp {
        /// A version or a unique beginning of one, `base`, `head`, or f99aa361bd09 (Alembic's word for the first).
        rev: Rev,
        /// How long to wait.
        #[command(flatten)]
        waits: WaitArgs,
        /// Where to make what the database is compared with.
        #[command(flatten)]
        scratch: ScratchArgs,
        /// Which database.
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Print the SQL that would be run, bookkeeping included, for psql. Without a database flag from `base` to `head`.
    Sql {
        /// Where the database stands. Default: where the one given stands, else `base`.
        #[arg(long, value_name = "REV")]
        from: Option<Rev>,
        /// Where it is to stand.
        #[arg(long, value_name = "REV", default_value = "head")]
        to: Rev,
        /// Which database.
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Look through migration files for steps that block writers, rewrite big tables or lose data unannounced.
    Lint {
        /// Files, or folders of them.
        #[arg(value_name = "FILES", default_value = "migrations")]
        files: Vec<PathBuf>,
    },
    /// Write a new migration: two files to fill in, or with --auto the difference between what is declared and what the
    /// migrations make.
    New(Box<NewArgs>),
    /// Compare the database with the declared schema. Ends with 1 where they differ or migrations are pending.
    Check {
        /// Where to make what the database is compared with.
        #[command(flatten)]
        scratch: ScratchArgs,
        /// Which database.
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Mend the bookkeeping: checksums of files that say the same in other words, invalid indexes, half-applied marks.
    Repair {
        /// Do not ask.
        #[arg(short, long)]
        yes: bool,
        /// How long to wait.
        #[command(flatten)]
        waits: WaitArgs,
        /// Which database.
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

/// How far to go.
#[derive(Debug, Clone, Args)]
pub struct HowFar {
    /// How many migrations.
    #[arg(value_name = "N")]
    pub count: Option<NonZeroU32>,
    /// Until the database stands at this revision: a version or a unique beginning of one, `base`, `head`, f99aa361bd09.
    #[arg(long, value_name = "REV", conflicts_with = "count")]
    pub to: Option<Rev>,
}

/// How long to wait.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Waiting")]
pub struct WaitArgs {
    /// Seconds to wait for a lock before others are let through and it is tried again.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "3")]
    pub lock_timeout: Duration,
    /// Seconds to go on trying, for each migration; and to wait for another runner.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "120")]
    pub patience: Duration,
}

impl WaitArgs {
    /// As the runner takes it.
    pub fn waits(&self) -> Waits {
        Waits { lock_timeout: self.lock_timeout, patience: self.patience }
    }
}

impl MigrateCommand {
    /// Which database is meant, where one is needed.
    pub fn database(&self) -> Option<&DatabaseArgs> {
        match self {
            Self::Sql { database, .. } => {
                Some(database).filter(|database| database.embedded || database.database_url.is_some())
            }
            Self::New(_) | Self::Lint { .. } => None,
            Self::Up { database, .. }
            | Self::Down { database, .. }
            | Self::Current { database, .. }
            | Self::History { database }
            | Self::Stamp { database, .. }
            | Self::Check { database, .. }
            | Self::Repair { database, .. } => Some(database),
        }
    }
}

impl MigrateCommand {
    /// Where scratch databases may be made, if somebody said so.
    pub fn scratch(&self) -> Option<&ScratchArgs> {
        match self {
            Self::New(args) => Some(&args.scratch),
            Self::Up { scratch, .. }
            | Self::Current { scratch, .. }
            | Self::Stamp { scratch, .. }
            | Self::Check { scratch, .. } => Some(scratch),
            _ => None,
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let parsed = text.trim().parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    parsed
        .filter(|wait| *wait >= Duration::from_millis(1) && *wait <= Duration::from_hours(24))
        .ok_or_else(|| "not a number of seconds, like 5 or 0.5".to_owned())
}

const EXAMPLES: &str = "\
Examples:
  venues migrate up
  venues migrate up --dry-run
  venues migrate down --to f99aa361bd09 --allow-data-loss
  venues migrate down 2 --database-url postgresql://me@localhost/mine
  venues migrate current --exit-code
  venues migrate lint migrations
  venues migrate check --json
  venues migrate new --auto 'phone numbers of venues'
  venues migrate sql --from 20261122 | psql \"$DATABASE_URL\"

Exit codes: 0 done, or nothing to do; 1 a check found something; 2 usage, nothing was done; 69 no database; \
75 somebody else was in the way: run it again.";

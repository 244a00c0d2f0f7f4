//! Rows of our own bookkeeping.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::field::rows;

rows! {
    /// One sync of one region, however often it was taken up again.
    Run in "venue_sync.runs" {
        /// Grows with time.
        id: Uuid,
        /// Its name, or its text where it has none.
        region: String,
        /// Who was asked.
        provider: String,
        /// Everything that decides what is asked.
        parameters: Value,
        /// `open`, `complete`, `abandoned` or `refused`.
        state: String,
        /// Why the last worker left it open: `budget`, `quota` or `signal`.
        stopped_by: Option<String>,
        /// When a provider's allowance is filled again, where it said so.
        resumes_at: Option<DateTime<Utc>>,
        /// Attempts sent, over the whole run.
        requests: i64,
        /// Their list price in millionths of a US dollar.
        cost_micro_usd: i64,
        /// Attempts sent since it was last begun or taken up.
        session_requests: i64,
        /// Their list price in millionths of a US dollar.
        session_cost_micro_usd: i64,
        /// When it was begun.
        begun_at: DateTime<Utc>,
        /// When a worker last did something for it.
        touched_at: DateTime<Utc>,
        /// When it was closed.
        ended_at: Option<DateTime<Utc>>,
        /// Of the attempts, those that are free by the price list.
        requests_free: i64,
        /// Venues that the audit was shown.
        audited: Option<i32>,
        /// Those of them that no answer before it held.
        audit_missed: Option<i32>,
        /// Whether its rows wait until they are judged.
        staging: bool,
        /// What of the whole the guard did not believe.
        breaches: Option<Value>,
        /// Venues that were concluded to be gone when it was closed.
        gone: Option<i32>,
        /// Attempts that ended in no usable answer, by cause.
        failed_attempts: Value,
        /// When it was complete: the venues that it had seen, and how many of them had which field.
        filled: Option<Value>,
        /// When it was believed as a whole, by the guard or by somebody who accepted it.
        believed_at: Option<DateTime<Utc>>,
        /// The later run that was closed before anybody had decided about this one.
        replaced_by: Option<Uuid>,
    }

    /// A process at work on a run.
    Worker in "venue_sync.workers" {
        /// Made by itself.
        id: Uuid,
        /// On which run.
        run_id: Uuid,
        /// Until when it counts without a further sign of life.
        alive_until: DateTime<Utc>,
    }

    /// A piece of a run's region.
    Tile in "venue_sync.tiles" {
        /// Its own.
        id: i64,
        /// Of which run.
        run_id: Uuid,
        /// Its place in the run, from 0.
        ordinal: i32,
        /// Degrees.
        south: f64,
        /// Degrees.
        west: f64,
        /// Degrees.
        north: f64,
        /// Degrees.
        east: f64,
        /// `waiting`, `leased`, `complete`, `failed` or `held`.
        state: String,
        /// The worker that has claimed it.
        lease_owner: Option<Uuid>,
        /// Until when, without a renewal.
        lease_until: Option<DateTime<Utc>>,
        /// How often it was claimed.
        fence: i64,
        /// Why it failed.
        error: Option<String>,
        /// Spots that overflow even for a single type: position, `radius_m` (metres), `seen`, `words`.
        capped: Value,
        /// Where venues were before; null where nothing was known.
        known: Option<Vec<u8>>,
        /// When the same piece of the same region was last done before the run began.
        last_done_at: Option<DateTime<Utc>>,
        /// When it was done.
        completed_at: Option<DateTime<Utc>>,
        /// `rows` for a piece of the region, `audit` for what is asked to find out what the proof is worth.
        purpose: String,
        /// What was found in it.
        figures: Option<Value>,
        /// What of it the guard did not believe.
        breaches: Option<Value>,
    }

    /// A committed answer.
    Answer in "venue_sync.answers" {
        /// Made by the worker.
        id: Uuid,
        /// For which tile.
        tile_id: i64,
        /// Its place in the tile's order, from 0.
        ordinal: i32,
        /// What was asked.
        ask: Value,
        /// How many rows came.
        rows: i32,
        /// Whether there were more than could be shown.
        truncated: bool,
        /// Metres from the asked centre to the outermost row.
        outermost_m: Option<f64>,
        /// Metres round the asked centre that it certifies; null for the whole asked area, 0 for nothing.
        certified_m: Option<f64>,
        /// Attempts that it took.
        requests: i32,
        /// Their list price in millionths of a US dollar.
        cost_micro_usd: i64,
        /// Rows received: the sum of the six that follow.
        received: i32,
        /// Venues that were new.
        inserted: i32,
        /// Venues whose content had changed.
        updated: i32,
        /// Venues as they were.
        unchanged: i32,
        /// Rows that are no venues.
        rejected: i32,
        /// Venues outside the region.
        outside: i32,
        /// Venues that this run had seen already.
        duplicate: i32,
        /// Profiles that were made, or made due.
        stubbed: i32,
        /// How often each repair was made.
        repairs: Value,
        /// How often each category word without a code was met.
        unmapped: Value,
        /// When.
        committed_at: DateTime<Utc>,
        /// Rows, or ids of a count, that no earlier answer with rows of the same tile held.
        fresh: Option<i32>,
        /// A hash of each id in the answer, where the provider counts for nothing.
        ids: Option<Vec<i64>>,
    }

    /// A venue that an answer brought and that is not written yet.
    Staged in "venue_sync.staged" {
        /// In which run.
        run_id: Uuid,
        /// The provider's id of it.
        provider_id: String,
        /// The tile that has to be judged first.
        tile_id: i64,
        /// The answer that brought it.
        answer_id: Uuid,
        /// Degrees.
        lat: f64,
        /// Degrees.
        lng: f64,
        /// As the merge takes it.
        row: Value,
        /// When it was seen.
        staged_at: DateTime<Utc>,
    }

    /// What a provider said of one venue beyond its row in a search.
    LookUp in "venue_sync.look_ups" {
        /// In which run.
        run_id: Uuid,
        /// The provider's id of the venue.
        provider_id: String,
        /// HTTP.
        status: i32,
        /// As it came.
        body: Vec<u8>,
        /// When.
        answered_at: DateTime<Utc>,
    }

    /// A row of an answer that did not become a venue.
    Reject in "venue_sync.rejects" {
        /// Its own.
        id: i64,
        /// Of which answer.
        answer_id: Uuid,
        /// The provider's id, where it could be read.
        provider_id: Option<String>,
        /// A word for why.
        reason: String,
        /// The rest of why.
        detail: String,
    }

    /// A venue whose content an answer changed.
    Change in "venue_sync.changes" {
        /// Its own.
        id: i64,
        /// Which answer.
        answer_id: Uuid,
        /// The provider's id of the venue.
        provider_id: String,
        /// Its name, as it was.
        name: String,
        /// By field, what it was and what it is now, in a pair.
        fields: Value,
    }

    /// What was sent to a provider on a UTC day, over all runs.
    Quota in "venue_sync.quota" {
        /// To whom.
        provider: String,
        /// When.
        day: NaiveDate,
        /// Attempts.
        requests: i64,
        /// Their list price in millionths of a US dollar.
        cost_micro_usd: i64,
        /// Of the requests, those that are free by the price list.
        requests_free: i64,
    }

    /// Requests that have a price, by what the price list calls apart.
    Billed in "venue_sync.billed" {
        /// To whom.
        provider: String,
        /// The first day of the month, of UTC.
        month: NaiveDate,
        /// Which.
        call: String,
        /// Attempts.
        requests: i64,
    }

    /// When a call may next be sent, for everybody who uses the same key.
    Pace in "venue_sync.pace" {
        /// To whom.
        provider: String,
        /// The provider's name of it.
        call: String,
        /// Whose rate it is.
        account: String,
        /// The first instant that nobody has yet.
        next_at: DateTime<Utc>,
        /// Until when the provider wants a pause.
        held_until: Option<DateTime<Utc>>,
        /// Until when its allowance is used up, by the provider's word.
        used_up_until: Option<DateTime<Utc>>,
    }

    /// What the provider says of a business, beside its row.
    VenueState in "venue_sync.venue_states" {
        /// Of which venue.
        venue_id: Uuid,
        /// `operational`, `closed_temporarily`, `closed_permanently` or `future_opening`; null where it said nothing.
        business_status: Option<String>,
        /// The provider's id of what took its place.
        successor_id: Option<String>,
        /// When the provider said so.
        checked_at: DateTime<Utc>,
        /// The begin of the first complete run that did not see it any more, once it is taken to be gone.
        missing_since: Option<DateTime<Utc>>,
    }

    /// What a provider said of a venue, before it was cleaned.
    RawVenue in "venue_sync.raw_venues" {
        /// Of which venue.
        venue_id: Uuid,
        /// Who said it.
        provider: String,
        /// Of `raw`.
        format: i16,
        /// When it said what `raw` has of the hours, and no later than the rest.
        answered_at: DateTime<Utc>,
        /// Its words and numbers, without those that were never asked for.
        raw: Value,
    }

    /// The id of ours that a purged venue had, and has again when it comes back.
    KnownId in "venue_sync.known_ids" {
        /// Whose.
        provider: String,
        /// The provider's id.
        provider_id: String,
        /// Ours.
        venue_id: Uuid,
        /// When the venue went.
        kept_at: DateTime<Utc>,
    }

    /// What was deleted because it was over its time.
    Purge in "venue_sync.purges" {
        /// Made by us.
        id: Uuid,
        /// Whose.
        provider: String,
        /// Where; none: everywhere.
        region: Option<String>,
        /// The rule: days since a venue was last seen.
        retention_days: i32,
        /// What was last seen before that went.
        seen_before: DateTime<Utc>,
        /// The ids stay, in `known_ids`.
        ids_kept: bool,
        /// Venues that went.
        venues: i64,
        /// What else of the provider's words went.
        traces: i64,
        /// The database's role that did it.
        role: String,
        /// The version of `venues` that did it.
        made_by: String,
        /// When it began.
        begun_at: DateTime<Utc>,
        /// When it was through; none: it was killed, or is at work.
        ended_at: Option<DateTime<Utc>>,
    }

    /// A migration that was applied, word for word.
    MigrationStatements in "venue_sync.migration_statements" {
        /// Its version.
        version: i64,
        /// Over its statements, without comments and layout.
        checksum: Vec<u8>,
        /// The way there.
        up: String,
        /// The way back.
        down: Option<String>,
        /// When.
        applied_at: DateTime<Utc>,
        /// The version of the `venues` that applied it, or first found it equal to its own.
        applied_by: String,
    }

    /// A kind of venue.
    Category in "venue_sync.categories" {
        /// As `venues.categories` has it.
        code: String,
        /// What people call it.
        label: String,
        /// The next wider kind; null for a root.
        parent: Option<String>,
        /// Who defined it: `overture` or `ours`.
        origin: String,
    }
}

//! Plain values that several rooms share. Imports nothing of ours.

mod account;
mod area;
mod coverage;
mod event;
mod field;
mod guard;
mod hours;
mod limits;
mod money;
mod past_run;
mod picture;
mod plan;
mod position;
mod purged;
mod raw_record;
mod raw_venue;
mod reject;
mod renormalised;
mod retention;
mod run;
mod sample;
mod tariff;
mod terms;
mod venue;
mod vocabulary;

pub use account::{
    AskedGround, Change, Changes, EarlierRun, PaceStep, RejectedRows, RunAccount, RunState, StoredVenue,
};
pub use area::{Area, Ask, BoundingBox, Circle, Purpose};
pub use coverage::{AnswerSeen, CappedSpot, Certificate, KnownPlace, Tile};
pub use event::Event;
pub use field::Field;
pub use guard::{Breach, Figures, Filled, GuardLimits, Measure, Verdict};
pub use hours::{Hours, HoursState, Period, Point, SpecialDay};
pub use limits::{AreaShape, Counts, Limits, Ranking, Tier};
pub use money::MicroUsd;
pub use past_run::{Judged, PastRun, RunOutcome};
pub use picture::{AskedArea, DrawnTile, Picture};
pub use plan::{AllowanceLeft, Basis, Left, MethodPlan, MonthSpent, Plan, Span, Spent, UnfinishedRun};
pub use position::{Position, PositionError};
pub use purged::Purged;
pub use raw_record::{RawRecord, RawRecordError};
pub use raw_venue::{RawDatedPeriod, RawDay, RawHours, RawPeriod, RawPoint, RawPrice, RawRating, RawVenue};
pub use reject::{Reject, RejectReason};
pub use renormalised::{FieldDifference, Renormalised, VenueDifference};
pub use retention::Retention;
pub use run::{CoverageCounts, RowWord, RunStatus, StoppedBy, Summary, VenueCounts};
pub use sample::SampleVenue;
pub use tariff::{Free, Tariff, TariffItem};
pub use terms::{Keeping, Terms, TermsField, TermsRule, how_long};
pub use venue::{BusinessStatus, Normalised, Repair, Venue};
pub use vocabulary::{Category, Vocabulary};

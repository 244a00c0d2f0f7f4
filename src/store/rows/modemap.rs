//! Rows that ModeMap's backend and its readers share with us.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::field::{Field, rows};

/// What somebody did with a venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, sqlx::Type)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "event_type_enum", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventType {
    /// Was shown it.
    Impression,
    /// Looked closer.
    Click,
    /// Kept it.
    Save,
    /// Liked it.
    ThumbsUp,
    /// Disliked it.
    ThumbsDown,
    /// Went there.
    Navigate,
}

impl EventType {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Impression, Self::Click, Self::Save, Self::ThumbsUp, Self::ThumbsDown, Self::Navigate];

    /// The database's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Impression => "IMPRESSION",
            Self::Click => "CLICK",
            Self::Save => "SAVE",
            Self::ThumbsUp => "THUMBS_UP",
            Self::ThumbsDown => "THUMBS_DOWN",
            Self::Navigate => "NAVIGATE",
        }
    }

    /// The one of this label, in either case: the backend's API writes them small.
    ///
    /// ```
    /// use venue_sync::store::rows::EventType;
    ///
    /// assert_eq!(EventType::of_label("thumbs_up"), Some(EventType::ThumbsUp));
    /// assert_eq!(EventType::of_label("shrug"), None);
    /// ```
    pub fn of_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.label().eq_ignore_ascii_case(label))
    }
}

impl Field for EventType {
    const TYPES: &'static [&'static str] = &["public.event_type_enum"];
}

/// What somebody was looking for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, sqlx::Type)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "mode_enum", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Mode {
    /// A place to work.
    Work,
    /// A place for two.
    Date,
    /// Something quick.
    QuickBite,
    /// Something cheap.
    Budget,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Work, Self::Date, Self::QuickBite, Self::Budget];

    /// The database's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Work => "WORK",
            Self::Date => "DATE",
            Self::QuickBite => "QUICK_BITE",
            Self::Budget => "BUDGET",
        }
    }

    /// The one of this label, in either case.
    pub fn of_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.label().eq_ignore_ascii_case(label))
    }
}

impl Field for Mode {
    const TYPES: &'static [&'static str] = &["public.mode_enum"];
}

rows! {
    /// A venue, as one provider knows it.
    Venue in "public.venues" {
        /// Ours; stays the same as long as the provider's id does.
        id: Uuid,
        /// The provider's id of it, at most 255 characters.
        provider_id: String,
        /// `google`, `yelp`, …; at most 50 characters.
        provider_name: String,
        /// At most 255 characters.
        name: String,
        /// Codes of our vocabulary, most specific first; a provider's word that has none stands as it is.
        categories: Vec<String>,
        /// Degrees north, WGS84.
        lat: f64,
        /// Degrees east, WGS84.
        lng: f64,
        /// On one line, as the provider writes it.
        address: Option<String>,
        /// 0 to 5; null where nobody has rated it.
        rating: Option<f64>,
        /// 0 (free) to 4; null where it is not known.
        price_level: Option<i32>,
        /// The week, in the one shape for all providers that README.md shows; null where it is not known.
        hours: Option<Value>,
        /// The provider's own words for them.
        raw_hours: Option<String>,
        /// When a sync last saw it.
        last_seen_at: DateTime<Utc>,
        /// When a sync first saw it.
        created_at: DateTime<Utc>,
        /// When its content last changed.
        updated_at: DateTime<Utc>,
    }

    /// What enrichment found out about a venue; a stub that is due until then.
    VenueProfile in "public.venue_profiles" {
        /// Its own.
        id: Uuid,
        /// Whose; one profile a venue.
        venue_id: Uuid,
        /// An object of scores from 0 to 1.
        attribute_scores: Value,
        /// An object of lists of texts, by the same words.
        evidence_snippets: Value,
        /// Where its vector is.
        embedding_ref: Option<String>,
        /// When it was made; 1970 for a stub.
        profiled_at: DateTime<Utc>,
        /// From when on it is due again.
        expires_at: Option<DateTime<Utc>>,
        /// What the venue is like, in a few sentences of plain text.
        summary: Option<String>,
        /// The program that filled it, with its version.
        enriched_by: Option<String>,
        /// The model behind it, as its maker names it; null where none was used.
        model: Option<String>,
        /// That model's version, where its name does not say it.
        model_version: Option<String>,
        /// Failures since it was last filled, or its venue last changed.
        attempts: i32,
        /// Why the last one failed.
        last_error: Option<String>,
        /// Who is at work on it.
        claimed_by: Option<String>,
        /// Until when nobody else may be.
        claimed_until: Option<DateTime<Utc>>,
    }

    /// Something that somebody did; written by the backend alone.
    UserEvent in "public.user_events" {
        /// Its own.
        id: Uuid,
        /// Who, if they are known.
        user_id: Option<String>,
        /// What they did.
        event_type: EventType,
        /// With which venue, as long as there is that.
        venue_id: Option<Uuid>,
        /// What they were looking for.
        mode: Option<Mode>,
        /// What they had asked.
        query_context: Option<Value>,
        /// When.
        created_at: DateTime<Utc>,
    }

    /// Alembic's own bookkeeping, so that the backend finds its own database.
    AlembicVersion in "public.alembic_version" {
        /// Its revision.
        version_num: String,
    }
}

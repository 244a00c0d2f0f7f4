use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::checked::{json, read, text};
use crate::store::rows::{EventType, Mode, UserEvent};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: Uuid,
    user_id: Option<String>,
    event_type: String,
    venue_id: Option<Uuid>,
    mode: Option<String>,
    query_context: Option<Value>,
    created_at: DateTime<Utc>,
}

/// Reads a line of `venues events import`. What is wrong with one that is refused is said in words.
///
/// ```
/// use venue_sync::exchange::read_event;
/// use venue_sync::store::rows::{EventType, Mode};
///
/// let line = r#"{"id": "0197c2f0-0000-7000-8000-000000000001", "user_id": "somebody", "event_type": "thumbs_up",
///     "mode": "QUICK_BITE", "created_at": "2026-11-27T20:00:00Z"}"#;
/// let event = read_event(line)?;
/// assert_eq!((event.event_type, event.mode), (EventType::ThumbsUp, Some(Mode::QuickBite)));
/// # Ok::<(), String>(())
/// ```
pub fn read_event(line: &str) -> Result<UserEvent, String> {
    let written: Written = read(line)?;
    let known = |words: Vec<&str>| words.join(", ");
    let event_type = EventType::of_label(&written.event_type).ok_or_else(|| {
        let all = known(EventType::ALL.into_iter().map(EventType::label).collect());
        format!("event_type is `{}`; known: {all}", written.event_type)
    })?;
    let mode = written.mode.map(|mode| {
        let all = || known(Mode::ALL.into_iter().map(Mode::label).collect());
        Mode::of_label(&mode).ok_or_else(|| format!("mode is `{mode}`; known: {}", all()))
    });
    if let Some(user) = &written.user_id {
        text("user_id", user, 255)?;
    }
    let query_context = written.query_context.filter(|context| !context.is_null());
    if let Some(context) = &query_context {
        json("query_context", context)?;
    }
    Ok(UserEvent {
        id: written.id,
        user_id: written.user_id,
        event_type,
        venue_id: written.venue_id,
        mode: mode.transpose()?,
        query_context,
        created_at: written.created_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        let good = r#"{"id":"00000000-0000-7000-8000-000000000001","event_type":"CLICK","created_at":"2026-11-27T20:00:00+01:00"}"#;
        assert_eq!(read_event(good).unwrap().created_at.to_rfc3339(), "2026-11-27T19:00:00+00:00");
        let long = format!("\"user_id\":\"{}\",\"event_type\"", "u".repeat(256));
        for (from, to, expected) in [
            (
                "CLICK",
                "SHRUG",
                "event_type is `SHRUG`; known: IMPRESSION, CLICK, SAVE, THUMBS_UP, THUMBS_DOWN, NAVIGATE",
            ),
            (
                "\"event_type\"",
                "\"mode\":\"lunch\",\"event_type\"",
                "mode is `lunch`; known: WORK, DATE, QUICK_BITE, BUDGET",
            ),
            ("\"event_type\"", "\"venue_id\":\"x\",\"event_type\"", "at column"),
            ("\"event_type\"", &long, "user_id has 256 characters; 255 are the most"),
            ("\"event_type\"", "\"query_context\":{\"q\":[\"a\\u0000\"]},\"event_type\"", "query_context holds a NUL"),
            ("\"event_type\"", "\"typ\":1,\"event_type\"", "unknown field `typ`"),
            ("+01:00", "", "at column"),
            ("\"id\":\"00000000-0000-7000-8000-000000000001\",", "", "missing field `id`"),
        ] {
            let error = read_event(&good.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(expected), "{to}: {error}");
        }
    }
}

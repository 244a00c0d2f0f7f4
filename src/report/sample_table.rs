//! A few venues, so that a newcomer sees what landed.

use chrono::{Datelike, NaiveDate};

use super::words::column;
use crate::model::SampleVenue;

const UNKNOWN: &str = "–";

/// The lines of the table, its head first.
pub(super) fn sample_table(samples: &[SampleVenue], today: NaiveDate) -> Vec<String> {
    let day = format!("hours on {}", today.format("%A"));
    let head = row(["name", "category", "rating", "price", &day]);
    std::iter::once(head).chain(samples.iter().map(|sample| venue(sample, today))).collect()
}

fn venue(sample: &SampleVenue, today: NaiveDate) -> String {
    let rating = sample.rating.map_or_else(|| UNKNOWN.to_owned(), |rating| format!("{rating:.1}"));
    let price = match sample.price_level {
        None => UNKNOWN.to_owned(),
        Some(0) => "free".to_owned(),
        Some(level) => "$".repeat(usize::try_from(level).unwrap_or_default().min(4)),
    };
    let hours = hours_on(sample, today).unwrap_or(UNKNOWN);
    row([&sample.name, sample.category.as_deref().unwrap_or(UNKNOWN), &rating, &price, hours])
}

/// The day's line without the day's name, which the head of the column tells.
fn hours_on(sample: &SampleVenue, today: NaiveDate) -> Option<&str> {
    let day = usize::try_from(today.weekday().num_days_from_monday()).ok()?;
    let line = sample.weekday_text.as_ref()?.get(day)?;
    Some(line.split_once(": ").map_or(line.as_str(), |(_, hours)| hours))
}

fn row([name, category, rating, price, hours]: [&str; 5]) -> String {
    let fixed =
        format!("{}  {}  {}  {}  ", column(name, 28), column(category, 22), column(rating, 6), column(price, 5));
    format!("{fixed}{}", column(hours, 30).trim_end())
}

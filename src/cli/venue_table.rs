//! `venues list` for a person.

use crate::report::{column, count};
use crate::store::rows::Venue;

const UNKNOWN: &str = "–";

/// The table, and how many rows it is short of.
pub(super) fn venue_table(venues: &[Venue], shown: usize) -> String {
    if venues.is_empty() {
        return "no venue is so\n".to_owned();
    }
    let mut lines = vec![row(["NAME", "CATEGORY", "RATING", "PRICE", "PROVIDER", "ADDRESS"])];
    lines.extend(venues.iter().take(shown).map(line));
    if venues.len() > shown {
        let many = u64::try_from(shown).unwrap_or(u64::MAX);
        lines.push(format!(
            "the first {}; --limit N shows others, and --json all of them",
            count(many, "venue", "venues")
        ));
    }
    lines.join("\n") + "\n"
}

fn line(venue: &Venue) -> String {
    let rating = venue.rating.map_or_else(|| UNKNOWN.to_owned(), |rating| format!("{rating:.1}"));
    let price = match venue.price_level {
        None => UNKNOWN.to_owned(),
        Some(0) => "free".to_owned(),
        Some(level) => "$".repeat(usize::try_from(level).unwrap_or_default().min(4)),
    };
    let category = venue.categories.first().map_or(UNKNOWN, String::as_str);
    row([&venue.name, category, &rating, &price, &venue.provider_name, venue.address.as_deref().unwrap_or(UNKNOWN)])
}

fn row([name, category, rating, price, provider, address]: [&str; 6]) -> String {
    let cells = [(name, 28), (category, 22), (rating, 6), (price, 5), (provider, 10), (address, 40)];
    let cells = cells.map(|(cell, columns)| column(cell, columns));
    cells.join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    fn venue(name: &str, rating: Option<f64>, price_level: Option<i32>) -> Venue {
        let then = DateTime::UNIX_EPOCH;
        Venue {
            id: Uuid::nil(),
            provider_id: "x".to_owned(),
            provider_name: "osm".to_owned(),
            name: name.to_owned(),
            categories: vec!["cafe".to_owned(), "bar".to_owned()],
            lat: 1.0,
            lng: 2.0,
            address: Some("Rua A\n1".to_owned()),
            rating,
            price_level,
            hours: None,
            raw_hours: None,
            last_seen_at: then,
            created_at: then,
            updated_at: then,
        }
    }

    #[test]
    fn a_person_sees_a_line_a_venue_and_whether_there_are_more() {
        let venues = [venue("港の食堂", Some(4.0), Some(0)), venue("Tasca", None, Some(3)), venue("Third", None, None)];
        let table = venue_table(&venues, 2);
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[0].starts_with("NAME "), "{table}");
        assert_eq!(lines[1], "港の食堂                      cafe                    4.0     free   osm         Rua A1");
        assert!(lines[2].contains("  –       $$$    osm"), "{table}");
        assert!(lines[3].contains("the first 2 venues") && lines[3].contains("--limit"), "{table}");
        assert_eq!(lines.len(), 4);
        assert_eq!(venue_table(&venues, 3).lines().count(), 4, "and nothing more is said of all of them");
        assert!(venue_table(&[], 5).contains("no venue"));
    }
}

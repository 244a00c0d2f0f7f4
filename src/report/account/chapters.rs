//! The chapters of a report, in their order.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::outcome::{next, outcome};
use super::sheet::{Block, Chapter, Curve, Sheet, Table, Week};
use super::stock::Stock;
use super::wording::{label, many, milliseconds, percent, share_of, spaced, spoken, value};
use crate::model::{Change, EarlierRun, PaceStep, RunAccount, RunState};
use crate::report::words::{count, grouped};

/// Categories that have a row of their own.
const CATEGORIES: usize = 25;

/// Everything that is told. `on_map` is the text for the map, where there is one.
pub(super) fn sheet(account: &RunAccount, stock: &Stock, on_map: Option<String>) -> Sheet {
    let (outcome, tone) = outcome(account);
    let chapter = |id, title, blocks: Vec<Block>| Chapter { id, title, blocks };
    let chapters = vec![
        chapter("map", "Map", on_map.map(Block::Map).into_iter().collect()),
        chapter("venues", "Venues", venues(account, stock)),
        chapter("kinds", "Kinds, ratings and prices", kinds(stock)),
        chapter("hours", "Opening hours", hours(stock)),
        chapter("fields", "What is known of them", fields(account, stock)),
        chapter("requests", "Requests and money", requests(account)),
        chapter("left-out", "What was left out or mended", left_out(account)),
        chapter("changes", "What changed", changes(account)),
        chapter("not-seen", "Stored, and not seen", not_seen(account, stock)),
        chapter("earlier", "Earlier runs", earlier(account)),
    ];
    Sheet {
        title: format!("{} from {}", account.region, account.provider),
        outcome,
        tone,
        next: next(account, stock),
        facts: facts(account, stock),
        chapters: chapters.into_iter().filter(|chapter| !chapter.blocks.is_empty()).collect(),
    }
}

fn facts(account: &RunAccount, stock: &Stock) -> Vec<(&'static str, String)> {
    let coverage = account.coverage;
    let cost = if account.replayed { "nothing (a recording)".to_owned() } else { account.cost.to_string() };
    let asked = account.types.join(", ");
    let method = account.method.as_ref().map_or_else(String::new, |method| format!(", by {method}"));
    vec![
        ("Venues seen", grouped(stock.seen())),
        ("New", grouped(stock.new)),
        ("Changed", grouped(stock.updated)),
        ("Tiles done", format!("{} of {}", grouped(coverage.complete), grouped(coverage.tiles))),
        ("Capped spots", grouped(coverage.capped)),
        ("Requests", format!("{}, {} free", grouped(account.requests), grouped(account.requests_free))),
        ("List price", cost),
        ("Begun", account.begun_at.format("%Y-%m-%d %H:%M UTC").to_string()),
        ("Time taken", spoken(account.last_at - account.begun_at)),
        ("Asked for", format!("{asked}{method}")),
        ("Run", account.run_id.to_string()),
    ]
}

fn venues(account: &RunAccount, stock: &Stock) -> Vec<Block> {
    let counts = account.venues;
    let mut rows = Table::new("Rows received, by what became of them", &["Rows"], &["How many"]);
    let all = share_of(counts.received);
    for (what, many) in [
        ("new to us", counts.inserted),
        ("known, and changed", counts.updated),
        ("known, and unchanged", counts.unchanged),
        ("rejected", counts.rejected),
        ("outside the region", counts.outside),
        ("met before in this run", counts.duplicate),
    ] {
        rows.bar([what.to_owned(), grouped(many)], all(many));
    }
    let text = format!(
        "{} came, {} ready for enrichment. Stored in the region now: {} seen by this run, {} not seen.",
        count(counts.received, "row", "rows"),
        count(account.profiles_stubbed, "profile was made", "profiles were made"),
        grouped(stock.seen()),
        grouped(stock.missing),
    );
    vec![Block::Text(text), Block::Table(rows)]
}

fn kinds(stock: &Stock) -> Vec<Block> {
    let seen = stock.seen();
    if seen == 0 {
        return Vec::new();
    }
    let mut most: Vec<(&String, u64)> = stock.categories.iter().map(|(code, many)| (code, *many)).collect();
    most.sort_by_key(|(_, many)| std::cmp::Reverse(*many));
    let mut categories = Table::new("Venues by their most specific category", &["Category"], &["Venues"]);
    let longest = share_of(most.first().map_or(0, |(_, many)| *many));
    for (code, many) in most.iter().take(CATEGORIES) {
        categories.bar([label(code), grouped(*many)], longest(*many));
    }
    let rest: u64 = most.iter().skip(CATEGORIES).map(|(_, many)| many).sum();
    if rest > 0 {
        let kinds = count(many(most.len() - CATEGORIES), "other kind", "other kinds");
        categories.bar([kinds, grouped(rest)], longest(rest));
    }
    let mut ratings = Table::new("Venues by rating", &["Rating"], &["Venues"]);
    let longest = share_of(stock.ratings.iter().copied().chain([stock.unrated]).max().unwrap_or(0));
    for (step, many) in stock.ratings.iter().enumerate().rev() {
        let (from, to) = (step * 5, step * 5 + 5);
        let words = format!("{}.{} to {}.{}", from / 10, from % 10, to / 10, to % 10);
        ratings.bar([words, grouped(*many)], longest(*many));
    }
    ratings.bar(["unknown".to_owned(), grouped(stock.unrated)], longest(stock.unrated));
    let mut prices = Table::new("Venues by price level", &["Price level"], &["Venues"]);
    let longest = share_of(stock.prices.iter().copied().chain([stock.unpriced]).max().unwrap_or(0));
    for (level, many) in stock.prices.iter().enumerate() {
        let words = if level == 0 { "free".to_owned() } else { "$".repeat(level) };
        prices.bar([words, grouped(*many)], longest(*many));
    }
    prices.bar(["unknown".to_owned(), grouped(stock.unpriced)], longest(stock.unpriced));
    vec![Block::Table(categories), Block::Table(ratings), Block::Table(prices)]
}

fn hours(stock: &Stock) -> Vec<Block> {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let seen = stock.seen();
    if seen == 0 {
        return Vec::new();
    }
    let mut states = Table::new("Venues by what is known of their hours", &["Hours"], &["Venues"]);
    let all = share_of(seen);
    for (state, words) in [
        ("known", "a plain week"),
        ("always_open", "always open"),
        ("never_open", "never open"),
        ("complex", "a week that is not the same every week"),
        ("unknown", "unknown"),
    ] {
        let many = stock.hours.get(state).copied().unwrap_or(0);
        states.bar([words.to_owned(), grouped(many)], all(many));
    }
    let mut blocks = vec![Block::Table(states)];
    if stock.open_of > 0 {
        let share = share_of(stock.open_of);
        let of_day = |day: usize| stock.open.iter().skip(day * 24).take(24).map(|open| share(*open)).collect();
        let busiest = stock.open.iter().enumerate().max_by_key(|(hour, open)| (**open, std::cmp::Reverse(*hour)));
        if let Some((hour, open)) = busiest {
            blocks.push(Block::Text(format!(
                "Of {} with a known week, most are open on {} at {:02}:00: {}. Times are each venue's own.",
                count(stock.open_of, "venue", "venues"),
                DAYS.get(hour / 24).copied().unwrap_or_default(),
                hour % 24,
                percent(share(*open)),
            )));
        }
        blocks.push(Block::Week(Week {
            caption: "Open at each full hour of the week, as a part of the venues whose week is known".to_owned(),
            days: DAYS.into_iter().enumerate().map(|(day, name)| (name, of_day(day))).collect(),
        }));
    }
    blocks
}

/// How often each field is unknown, beside the earlier runs.
fn fields(account: &RunAccount, stock: &Stock) -> Vec<Block> {
    let of_stock = || stock.filled.iter().map(|(field, many)| ((*field).to_owned(), *many)).collect();
    let now: BTreeMap<String, u64> = account.filled.clone().unwrap_or_else(of_stock);
    if now.get("venues").copied().unwrap_or(0) == 0 {
        return Vec::new();
    }
    let before: Vec<&EarlierRun> = account.earlier.iter().filter(|run| run.filled.is_some()).take(3).collect();
    let mut table = Table::new("Part of the venues of which a field is unknown", &["Field"], &["This run"]);
    for title in ["One before", "Two before", "Three before"].into_iter().take(before.len()) {
        table.head.push(super::sheet::Head { title, number: true });
    }
    let unknown = |filled: &BTreeMap<String, u64>, field: &str| {
        let of = |name: &str| filled.get(name).copied();
        let (all, known) = (of("venues").filter(|all| *all > 0)?, of(field)?);
        Some(1.0 - share_of(all)(known))
    };
    for (field, words) in [
        ("categories", "category"),
        ("address", "address"),
        ("rating", "rating"),
        ("price_level", "price level"),
        ("hours", "opening hours"),
    ] {
        let said = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), percent);
        let this = unknown(&now, field);
        let others = before.iter().map(|run| said(run.filled.as_ref().and_then(|filled| unknown(filled, field))));
        table.bar([words.to_owned(), said(this)].into_iter().chain(others), this.unwrap_or(0.0));
    }
    let text = if account.filled.is_some() {
        "Counted when the run was complete."
    } else {
        "The run is not complete: counted over what is stored of it now."
    };
    vec![Block::Text(text.to_owned()), Block::Table(table)]
}

fn requests(account: &RunAccount) -> Vec<Block> {
    let mut blocks = Vec::new();
    let steps = &account.pace;
    if let (Some(last), true) = (steps.last(), steps.len() > 1) {
        let span = last.at - account.begun_at;
        let curve = |title, of: fn(&PaceStep) -> u64, said: fn(u64) -> String| curve(account, span, title, of, said);
        blocks.push(curve("Requests answered", |step| step.requests, grouped));
        blocks.push(curve("Rows received", |step| step.received, grouped));
        if account.cost.0 > 0 {
            let dollars = |micro: u64| crate::model::MicroUsd(i64::try_from(micro).unwrap_or(i64::MAX)).to_string();
            blocks.push(curve("List price", |step| step.cost.0.unsigned_abs(), dollars));
        }
    }
    if account.failed_attempts.is_empty() {
        blocks.push(Block::Text("Every attempt that was sent ended in an answer that could be used.".to_owned()));
    } else {
        let mut causes = Table::new("Attempts that ended in no usable answer, by cause", &["Cause"], &["Attempts"]);
        let longest = share_of(account.failed_attempts.iter().map(|(_, many)| *many).max().unwrap_or(0));
        for (cause, many) in &account.failed_attempts {
            causes.bar([cause.clone(), grouped(*many)], longest(*many));
        }
        blocks.push(Block::Table(causes));
    }
    blocks
}

fn curve(
    account: &RunAccount,
    span: TimeDelta,
    title: &'static str,
    of: fn(&PaceStep) -> u64,
    said: fn(u64) -> String,
) -> Block {
    let total: u64 = account.pace.iter().map(of).sum();
    let (part, time) = (share_of(total), milliseconds(span).max(1.0));
    let mut sum = 0;
    let mut points = vec![(0.0, 0.0)];
    for step in &account.pace {
        sum += of(step);
        points.push(((milliseconds(step.at - account.begun_at) / time).clamp(0.0, 1.0), part(sum)));
    }
    Block::Curve(Curve {
        title,
        said: format!("{title}: {} in {}", said(total), spoken(span)),
        points,
        begins: account.begun_at.format("%H:%M").to_string(),
        ends: (account.begun_at + span).format("%H:%M").to_string(),
        total: said(total),
    })
}

fn left_out(account: &RunAccount) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !account.capped.is_empty() {
        let mut spots = Table::new(
            "Spots where the provider has more venues on a few metres than it ever shows",
            &["Where", "What overflows"],
            &["Within", "Seen"],
        );
        for spot in &account.capped {
            let place = format!("{:.5},{:.5}", spot.position.lat(), spot.position.lng());
            spots.row([place, spot.words.join(", "), format!("{} m", spot.radius_m.ceil()), grouped(spot.seen.into())]);
        }
        spots.wide = true;
        spots.folded = account.capped.len() > 12;
        blocks.push(Block::Table(spots));
    }
    if !account.rejects.is_empty() {
        let mut rejects = Table::new("Rows that did not become venues", &["Reason", "Such as"], &["Rows"]);
        for refused in &account.rejects {
            rejects.row([spaced(&refused.reason), refused.examples.join("; "), grouped(refused.count)]);
        }
        blocks.push(Block::Table(rejects));
    }
    let tally = |caption: &'static str, word, counts: &[(String, u64)], spaces: bool| {
        let mut table = Table::new(caption, &[word], &["Rows"]);
        let longest = share_of(counts.iter().map(|(_, many)| *many).max().unwrap_or(0));
        for (word, many) in counts {
            table.bar([if spaces { spaced(word) } else { word.clone() }, grouped(*many)], longest(*many));
        }
        table.folded = counts.len() > 12;
        Block::Table(table)
    };
    if !account.unmapped.is_empty() {
        blocks.push(tally("Category words without a code of ours, kept as they are", "Word", &account.unmapped, false));
    }
    if !account.repairs.is_empty() {
        blocks.push(tally("Rows that were mended", "Mended", &account.repairs, true));
    }
    if blocks.is_empty() {
        blocks.push(Block::Text("Nothing: no spot overflowed, and every row was taken as it came.".to_owned()));
    }
    blocks
}

fn changes(account: &RunAccount) -> Vec<Block> {
    let changes = &account.changes;
    if changes.venues == 0 {
        let words = if account.venues.updated == 0 {
            "No venue that was known before came with another content."
        } else {
            "What it changed is no longer on record: that is kept until a later run of the region is complete."
        };
        return vec![Block::Text(words.to_owned())];
    }
    let mut fields = Table::new("In how many venues a field changed", &["Field"], &["Venues"]);
    let all = share_of(changes.venues);
    for (field, many) in &changes.fields {
        fields.bar([spaced(field), grouped(*many)], all(*many));
    }
    let mut shown = Table::new("Before and after", &["Venue", "Field", "Before", "After"], &[]);
    for Change { name, fields, .. } in &changes.shown {
        for (field, (before, after)) in fields {
            shown.row([name.clone(), spaced(field), value(before), value(after)]);
        }
    }
    shown.wide = true;
    shown.folded = shown.rows.len() > 12;
    let mut blocks = vec![Block::Table(fields), Block::Table(shown)];
    if changes.venues > many(changes.shown.len()) {
        let words = format!(
            "{} changed; the first {} are shown.",
            count(changes.venues, "venue", "venues"),
            grouped(many(changes.shown.len()))
        );
        blocks.insert(1, Block::Text(words));
    }
    blocks
}

fn not_seen(account: &RunAccount, stock: &Stock) -> Vec<Block> {
    if stock.not_seen.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new("Those that were seen last, first", &["Venue", "Category", "Last seen"], &[]);
    for venue in &stock.not_seen {
        let category = label(venue.category.as_deref().unwrap_or_default());
        table.row([venue.name.clone(), category, venue.last_seen_at.format("%Y-%m-%d").to_string()]);
    }
    table.folded = table.rows.len() > 12;
    let yet = if account.state == RunState::Complete { "" } else { " yet" };
    let mut text = format!(
        "{} of the kinds asked for, stored in this region, not seen{yet}.",
        count(stock.missing, "venue", "venues")
    );
    if stock.missing > many(stock.not_seen.len()) {
        text = format!("{text} The first {} are named.", stock.not_seen.len());
    }
    vec![Block::Text(text), Block::Table(table)]
}

fn earlier(account: &RunAccount) -> Vec<Block> {
    if account.earlier.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(
        "Runs of the same region and provider",
        &["Begun", "Ended", "Run"],
        &["Received", "New", "Changed", "Requests", "List price"],
    );
    for run in &account.earlier {
        let state = match run.state {
            RunState::Complete => "complete",
            RunState::AtWork | RunState::Open => "unfinished",
            RunState::Refused => "refused",
            RunState::Abandoned => "given up",
        };
        let venues = run.venues;
        table.row([
            run.begun_at.format("%Y-%m-%d %H:%M UTC").to_string(),
            state.to_owned(),
            run.run_id.to_string(),
            grouped(venues.received),
            grouped(venues.inserted),
            grouped(venues.updated),
            grouped(run.requests),
            run.cost.to_string(),
        ]);
    }
    table.wide = true;
    vec![Block::Table(table)]
}

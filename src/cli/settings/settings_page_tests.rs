//! `docs/settings.md` has every key, every variable and every flag of a sync, and none that is not there.

use std::collections::BTreeSet;
use std::path::Path;

use clap::CommandFactory;

use super::super::guard::GuardSettings;
use super::super::provider::ProviderSettings;
use super::super::region::RegionSettings;
use super::super::terms::TermsSettings;
use super::super::toml_section::{Section, Source};
use crate::cli::args::Cli;
use crate::cli::environment;
use crate::model::GuardLimits;

const PAGE: &str = include_str!("../../../docs/settings.md");

/// The part of the page below a heading.
fn part(heading: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    rest.split("\n## ").next().unwrap()
}

/// The rows of a part's tables, in cells.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let lines = part(heading).lines().filter(|line| line.starts_with("| `"));
    lines.map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`')).collect()).collect()
}

/// The first cell of each row.
fn names(heading: &str) -> BTreeSet<String> {
    rows(heading).into_iter().map(|row| row[0].to_owned()).collect()
}

/// What a reader asks a table for.
fn known<T>(text: &str, read: impl Fn(&mut Section<'_>) -> Result<T, super::FileFault>) -> BTreeSet<String> {
    let mut section = Section::of_file(Source { file: Path::new("x.toml"), text }).unwrap();
    read(&mut section).unwrap_or_else(|error| panic!("{error}"));
    section.known()
}

fn without(mut names: BTreeSet<String>, tables: &[&str]) -> BTreeSet<String> {
    for table in tables {
        assert!(names.remove(*table), "{table}");
    }
    names
}

#[test]
fn the_page_has_every_key_and_no_other() {
    let of_region =
        known("bbox = [1, 2, 3, 4]", |section| RegionSettings::read("a".into(), section, Path::new("x.toml")));
    let of_provider = known("", ProviderSettings::read);
    assert_eq!(names("`[regions.NAME]`"), of_region);
    assert_eq!(names("`[guard]` and `[regions.NAME.guard]`"), known("", GuardSettings::read));
    assert_eq!(names("`[providers.NAME]`"), without(of_provider, &["terms"]));
    assert_eq!(names("`[providers.NAME.terms]`"), known("", TermsSettings::of));
    assert_eq!(names("At the top"), at_the_top());
}

/// The file's own keys, which are read on the way to its tables.
fn at_the_top() -> BTreeSet<String> {
    let source = include_str!("file.rs").split("#[cfg(test)]").next().unwrap();
    let calls = source.split("= file.").skip(1).filter_map(|call| call.split_once("(\""));
    let keys = calls.filter(|(reader, _)| !["section", "sections"].contains(reader));
    let keys: BTreeSet<String> = keys.filter_map(|(_, rest)| Some(rest.split_once('"')?.0.to_owned())).collect();
    assert!(keys.contains("metrics_file"), "{keys:?}");
    keys
}

#[test]
fn the_pages_defaults_of_the_guard_are_the_programs() {
    let GuardLimits {
        enabled,
        least,
        least_of_a_type,
        least_seen_again,
        least_in_a_tile,
        most,
        least_usable,
        most_shift,
        floor,
        missing_after,
    } = GuardSettings::default().over(GuardLimits::default());
    let defaults = [
        ("enabled", enabled.to_string()),
        ("least", least.to_string()),
        ("least_of_a_type", least_of_a_type.to_string()),
        ("least_seen_again", least_seen_again.to_string()),
        ("least_in_a_tile", least_in_a_tile.to_string()),
        ("most", format!("{most:.1}")),
        ("least_usable", least_usable.to_string()),
        ("most_shift", most_shift.to_string()),
        ("floor", floor.to_string()),
        ("missing_after", missing_after.to_string()),
    ];
    let said: Vec<_> =
        rows("`[guard]` and `[regions.NAME.guard]`").into_iter().map(|row| (row[0], row[2].to_owned())).collect();
    assert_eq!(said, defaults);
}

#[test]
fn the_page_has_every_variable_and_no_other() {
    let source = include_str!("../environment.rs");
    let named = source.lines().filter_map(|line| line.strip_prefix("pub const ")?.split_once(": &str = \""));
    let mut expected: BTreeSet<String> = named.map(|(name, _)| name.to_owned()).collect();
    for provider in crate::provider::all() {
        expected.extend(provider.key_variable().map(str::to_owned));
        expected.insert(provider.base_url_variable().to_owned());
    }
    assert!(expected.contains(environment::DATABASE_URL));
    assert_eq!(names("The environment"), expected);
}

#[test]
fn the_page_has_every_flag_of_a_sync() {
    let command = Cli::command();
    let sync = command.find_subcommand("sync").unwrap();
    let flags: Vec<&str> =
        command.get_arguments().chain(sync.get_arguments()).filter_map(clap::Arg::get_long).collect();
    assert!(flags.len() > 20, "{flags:?}");
    for flag in flags {
        assert!(PAGE.contains(&format!("`--{flag}")), "--{flag}");
    }
}

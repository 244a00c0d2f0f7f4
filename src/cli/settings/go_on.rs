//! The command that goes on where a run stopped.

use std::fmt::Write;
use std::path::Path;

use crate::cli::args::{Span, SyncArgs};

/// The same command for one region, without what was meant for once (`--fresh`, `--forget`, `--migrate`). A database's address is not
/// repeated: it may hold a password.
pub(super) fn go_on(region: &str, args: &SyncArgs, config: Option<&Path>) -> String {
    let mut command = format!("venues sync --region {}", quoted(region));
    let mut add = |flag: &str, value: Option<String>| {
        if let Some(value) = value {
            // Writing to a String cannot fail.
            write!(command, " {flag} {}", quoted(&value)).ok();
        }
    };
    let path = |path: Option<&Path>| path.map(|path| path.to_string_lossy().into_owned());
    add("--config", path(config));
    add("--provider", args.ask.provider.clone());
    add("--types", Some(args.ask.types.join(",")).filter(|types| !types.is_empty()));
    add("--method", args.ask.method.clone());
    add("--language", args.ask.language.clone());
    add("--replay", path(args.traffic.replay.as_deref()));
    add("--record", path(args.traffic.record.as_deref()));
    add("--metrics-file", path(args.metrics_file.as_deref()));
    add("--max-requests", args.limits.max_requests.map(|most| most.to_string()));
    add("--max-cost", args.limits.max_cost.map(|most| most.usd().to_string()));
    add(
        "--if-stale",
        args.limits.if_stale.map(|Span(within)| humantime::format_duration(within).to_string().replace(' ', "")),
    );
    add("--wait", args.limits.wait.map(|Span(most)| humantime::format_duration(most).to_string().replace(' ', "")));
    add("--concurrency", args.limits.concurrency.map(|many| many.to_string()));
    for (flag, given) in [("--dry-run", args.limits.dry_run), ("--embedded", args.database.embedded)] {
        if given {
            command.push(' ');
            command.push_str(flag);
        }
    }
    if args.database.database_url.is_some() {
        command.push_str(" --database-url …");
    }
    command
}

fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:,=+@%".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn parsed(words: &[&str]) -> SyncArgs {
        match Cli::try_parse_from(words).unwrap().command {
            Command::Sync(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_is_the_same_but_for_what_was_meant_once() {
        let args = parsed(&[
            "venues",
            "sync",
            "--near",
            "-33.87,151.2",
            "--radius-m",
            "500",
            "--types",
            "cafe,bar",
            "--fresh",
            "--forget",
            "--method",
            "text",
            "--migrate",
            "--max-cost",
            "2.5",
            "--replay",
            "a b",
            "--dry-run",
            "--database-url",
            "postgres://u:hunter22@h/d",
        ]);
        assert_eq!(
            go_on("near:-33.87,151.2,500", &args, Some(Path::new("it's.toml"))),
            r"venues sync --region near:-33.87,151.2,500 --config 'it'\''s.toml' --types cafe,bar --method text --replay 'a b' --max-cost 2.5 --dry-run --database-url …"
        );
    }
}

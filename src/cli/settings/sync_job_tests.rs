use clap::Parser;
use secrecy::ExposeSecret;

use super::*;
use crate::cli::args::{Cli, Command};
use crate::model::{AreaShape, Ask, Limits, Ranking, Terms};
use crate::provider::{Cursor, Page};
use crate::wire::{Method, Request, Response, Verdict};

/// A provider that knows its words and its price, and is never asked.
struct Paid;

impl Provider for Paid {
    fn name(&self) -> &'static str {
        "google"
    }

    fn key_variable(&self) -> Option<&'static str> {
        Some("GOOGLE_PLACES_API_KEY")
    }

    fn base_url_variable(&self) -> &'static str {
        "GOOGLE_PLACES_BASE_URL"
    }

    fn base_url(&self) -> &'static str {
        "https://places.example"
    }

    fn limits(&self) -> Limits {
        Limits {
            requests_per_second: 10.0,
            requests_per_day: None,
            rows_per_answer: 20,
            rows_per_query: 20,
            largest_radius_m: 50_000.0,
            shape: AreaShape::Circle,
            ranking: Ranking::Distance,
            at_once: None,
            timeout: std::time::Duration::from_secs(30),
            words_per_query: 50,
            counts: None,
            price: MicroUsd::per_thousand_cents(3_500),
        }
    }

    fn terms(&self) -> Terms {
        Terms { as_of: "2026-11-22", rules: &[] }
    }

    fn words(&self, types: &[String]) -> Result<Vec<String>, UnknownType> {
        match types.iter().find(|word| word.as_str() == "spaceport") {
            Some(name) => Err(UnknownType { provider: "google", name: name.clone(), hint: String::new() }),
            None => Ok(types.to_vec()),
        }
    }

    fn category(&self, _: &str) -> Option<&'static str> {
        None
    }

    fn request(&self, _: &Ask, _: &str, _: Option<&Cursor>) -> Request {
        Request {
            provider: "google".to_owned(),
            call: String::new(),
            method: Method::Get,
            path: "/".to_owned(),
            query: vec![],
            headers: vec![],
            form: Vec::new(),
            json: None,
        }
    }

    fn judge(&self, _: &Response) -> Verdict {
        Verdict::Fine
    }

    fn parse(&self, _: &Request, _: &Response) -> Page {
        Page::default()
    }
}

const FILE: &str = r#"
[regions.lisbon]
bbox = [-9.23, 38.69, -9.09, 38.80]
types = ["restaurant"]
language = "pt-PT"
[regions.text]
bbox = [-9.23, 38.69, -9.09, 38.80]
method = "text"
[regions.spaceport]
bbox = [-9.23, 38.69, -9.09, 38.80]
types = ["spaceport"]
[regions.elsewhere]
bbox = [-9.23, 38.69, -9.09, 38.80]
provider = "goggle"
[regions.speech]
bbox = [-9.23, 38.69, -9.09, 38.80]
language = "portuguese, please"
[regions.polygon]
geojson = "no-such.geojson"
[providers.google]
requests_per_second = 5
base_url = "https://of.file.example"
"#;

const KEY: (&str, &str) = ("GOOGLE_PLACES_API_KEY", "AIzaInventedKey");
const DATABASE: (&str, &str) = ("DATABASE_URL", "postgres://me:hunter22@server/mine");

fn resolved(line: &str, variables: &[(&str, &str)]) -> Result<Vec<SyncJob>, SyncJobError> {
    let words = ["venues", "sync"].into_iter().chain(line.split(' '));
    let Command::Sync(args) = Cli::try_parse_from(words).unwrap().command else { panic!("{line}") };
    let file = SettingsFile::read(Path::new("venues.toml"), FILE).unwrap();
    let folders = Folders { config: None, data: "/data".into(), cache: "/cache".into() };
    let environment = Environment::of(variables);
    let around = Surroundings {
        file: &file,
        config_flag: None,
        environment: &environment,
        folders: &folders,
        on_terminal: false,
    };
    resolve(&args, around, &[Box::new(Paid)])
}

fn one(line: &str, variables: &[(&str, &str)]) -> SyncJob {
    let mut jobs = resolved(line, variables).unwrap_or_else(|error| panic!("{line}: {error}"));
    assert_eq!(jobs.len(), 1, "{line}");
    jobs.remove(0)
}

fn refused(line: &str, variables: &[(&str, &str)]) -> String {
    let error = resolved(line, variables).map(|jobs| jobs.len()).unwrap_err();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[test]
fn a_flag_wins_over_the_environment_that_over_the_file_that_over_the_default() {
    let job = one("--region lisbon", &[KEY, DATABASE]);
    assert_eq!((job.types.as_slice(), job.language.as_str()), (&["restaurant".to_owned()][..], "pt-PT"));
    assert_eq!(job.provider.base_url.unwrap().url.as_str(), "https://of.file.example/");
    assert_eq!(job.provider.requests_per_second, Some(5.0));
    assert_eq!(job.effort.concurrency.get(), 4);

    let elsewhere = ("GOOGLE_PLACES_BASE_URL", "http://127.0.0.1:9");
    let job = one("--region lisbon --language de --types cafe --concurrency 2", &[KEY, DATABASE, elsewhere]);
    assert_eq!((job.types.as_slice(), job.language.as_str()), (&["cafe".to_owned()][..], "de"));
    assert_eq!(job.provider.base_url.unwrap().url.as_str(), "http://127.0.0.1:9/");
    assert_eq!(job.effort.concurrency.get(), 2);

    assert_eq!(one("--region text --method nearby", &[KEY, DATABASE]).method, "nearby");
    let job = one("--near 38.72,-9.14 --radius-m 1500", &[KEY, DATABASE]);
    assert_eq!(job.types, ["restaurant", "cafe", "bar"]);
    assert_eq!(job.language, "en");
}

#[test]
fn an_area_without_a_name_is_named_by_its_text_and_resumes_by_it() {
    let by_flags = one("--near 38.720,-9.14 --radius-m 1500.0", &[KEY, DATABASE]);
    assert_eq!(by_flags.region, "near:38.72,-9.14,1500");
    let by_name = one(&format!("--region {}", by_flags.region), &[KEY, DATABASE]);
    assert_eq!((by_name.region, by_name.shape), (by_flags.region, by_flags.shape));
    let bbox = one("--bbox -9.23,38.69,-9.09,38.80", &[KEY, DATABASE]);
    assert_eq!(bbox.region, "bbox:-9.23,38.69,-9.09,38.8");
    assert_eq!(bbox.go_on, "venues sync --region bbox:-9.23,38.69,-9.09,38.8");
}

#[test]
fn the_demo_needs_neither_key_nor_database_and_writes_to_nobody_elses() {
    for variables in [&[][..], &[DATABASE], &[("DATABASE_URL", "mysql://x"), ("GOOGLE_PLACES_BASE_URL", "not a url")]] {
        let job = one("--region demo", variables);
        assert_eq!(job.traffic, Traffic::Demo);
        assert!(job.provider.key.is_none());
        assert!(matches!(job.database, DatabaseChoice::Embedded(_)));
    }
    let job = one("--region demo --database-url postgres://h/d", &[]);
    assert!(matches!(job.database, DatabaseChoice::Url(_)));
    assert!(refused("--region demo --types museum", &[]).contains("--types"));
}

#[test]
fn each_region_gets_its_own_job_and_is_not_run_twice() {
    let names = |line| resolved(line, &[KEY, DATABASE]).unwrap().into_iter().map(|job| job.region).collect::<Vec<_>>();
    assert_eq!(names("--region lisbon --region demo --region lisbon"), ["lisbon", "demo"]);
    assert!(refused("--region lisbon --region demo --record x", &[KEY, DATABASE]).contains("one region at a time"));
}

#[test]
fn a_key_is_asked_for_only_where_requests_go_out() {
    assert!(refused("--region lisbon", &[DATABASE]).contains("set GOOGLE_PLACES_API_KEY"));
    assert!(refused("--region lisbon --record x", &[DATABASE]).contains("set GOOGLE_PLACES_API_KEY"));
    assert!(refused("--region lisbon", &[DATABASE, (KEY.0, "two words")]).contains("is not a key"));
    assert!(one("--region lisbon --replay x", &[DATABASE]).provider.key.is_none());
    let job = one("--region lisbon", &[DATABASE, (KEY.0, "AIzaInventedKey\n")]);
    assert_eq!(job.provider.key.as_ref().unwrap().expose_secret(), KEY.1);
    let shown = format!("{job:?}");
    assert!(!shown.contains(KEY.1) && !shown.contains("hunter22"), "{shown}");
    let with_password = ("GOOGLE_PLACES_BASE_URL", "https://u:hunter23@proxy.example");
    let shown = format!("{:?}", one("--region lisbon", &[DATABASE, KEY, with_password]));
    assert!(!shown.contains("hunter23"), "{shown}");
}

#[test]
fn a_dry_run_that_costs_needs_a_limit() {
    assert!(refused("--region lisbon --dry-run", &[KEY, DATABASE]).contains("--max-cost"));
    assert!(one("--region lisbon --dry-run --max-cost 1", &[KEY, DATABASE]).effort.dry_run);
    assert!(one("--region lisbon --dry-run --replay x", &[DATABASE]).effort.dry_run);
    assert!(one("--region demo --dry-run", &[]).effort.dry_run);
}

#[test]
fn as_many_requests_are_under_way_as_the_rate_can_use() {
    let many = [0.5, 5.0, 10.0, 15.1, 1000.0].map(|rate| at_once(rate, None).get());
    assert_eq!(many, [1, 4, 8, 13, 16]);
    assert_eq!(at_once(10.0, Some(1)).get(), 1, "a provider that wants to be asked one at a time");
}

#[test]
fn to_forget_is_to_begin_anew() {
    let effort = one("--region lisbon --forget", &[KEY, DATABASE]).effort;
    assert!(effort.forget && effort.fresh);
    let effort = one("--region lisbon --fresh", &[KEY, DATABASE]).effort;
    assert!(!effort.forget && effort.fresh);
}

#[test]
fn what_is_wrong_is_named() {
    for (line, expected) in [
        ("--region nowhere", "unknown region `nowhere`"),
        ("--region near:1,2", "numbers needed: 3, separated by commas; given: 2"),
        ("--region text", "region `text`: google has no method `text`; it has: nearby"),
        ("--region lisbon --method far", "region `lisbon`: google has no method `far`; it has: nearby"),
        ("--region spaceport", "region `spaceport`: types: google has no type for `spaceport`"),
        ("--region elsewhere", "unknown provider `goggle`; known: google"),
        ("--region lisbon --provider bing", "unknown provider `bing`; known: google"),
        ("--region speech", "`portuguese, please` is not a language tag"),
        ("--region polygon", "cannot read the polygon of region `polygon` from no-such.geojson"),
    ] {
        let error = refused(line, &[KEY, DATABASE]);
        assert!(error.contains(expected), "{line}: {error}");
    }
    assert!(refused("--region lisbon", &[KEY]).contains("set DATABASE_URL"));
    let wrong = refused("--region lisbon", &[KEY, ("DATABASE_URL", "mysql://u:hunter22@h/d")]);
    assert!(wrong.starts_with("DATABASE_URL: `mysql` is not a scheme") && !wrong.contains("hunter22"), "{wrong}");
}

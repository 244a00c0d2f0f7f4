//! `venues.toml`: found, read, and checked as far as it can be without asking a provider what it knows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::folders::Folders;
use super::guard::GuardSettings;
use super::nearest::nearest;
use super::provider::ProviderSettings;
use super::region::{DEMO, KnownRegions, Origin, RegionSettings};
use super::toml_section::{FileFault, Section, Source};
use crate::cli::environment::{Environment, VENUES_CONFIG};
use crate::model::GuardLimits;

const NAME: &str = "venues.toml";

/// The built-in region's settings, in the form of any settings file.
const BUILT_IN: &str = include_str!("../../../fixtures/demo/region.toml");

/// What the settings file says, together with what is built in.
#[derive(Debug)]
pub struct SettingsFile {
    /// The regions.
    pub regions: KnownRegions,
    /// What is said of providers.
    pub providers: BTreeMap<String, ProviderSettings>,
    /// How much may be lost from one run to the next, where a region does not say otherwise.
    pub guard: GuardLimits,
    /// Where the outcome of syncs is written for Prometheus.
    pub metrics_file: Option<PathBuf>,
    /// How long a sync waits for a database that is away.
    pub database_patience: Option<Duration>,
    /// Keys that nobody understands, for the log.
    pub warnings: Vec<String>,
    /// The file, and who named it; none where there is none.
    pub found: Option<(PathBuf, &'static str)>,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsFileError {
    /// The file that was named cannot be read.
    #[error("cannot read the settings file {} ({named_by})", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Who named it.
        named_by: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// Something in it is wrong.
    #[error(transparent)]
    Fault(#[from] FileFault),
}

impl SettingsFile {
    /// How much a region, by its name, may lose from one run to the next. One that is not in the file has what all have.
    pub fn guard_of(&self, region: &str) -> GuardLimits {
        self.regions.find(region).map_or(self.guard, |region| region.guard.over(self.guard))
    }

    /// Reads the first of: the flag's file, the variable's, `venues.toml` in the working directory, the platform's. The
    /// first two must be there.
    pub fn find(flag: Option<&Path>, environment: &Environment, folders: &Folders) -> Result<Self, SettingsFileError> {
        let variable = environment.path(VENUES_CONFIG);
        let of_platform = folders.config.as_ref().map(|folder| folder.join(NAME));
        let candidates = [
            (flag.map(Path::to_owned), "named by --config", true),
            (variable, "named by VENUES_CONFIG", true),
            (Some(NAME.into()), "in the working directory", false),
            (of_platform, "in the platform's settings folder", false),
        ];
        for (path, named_by, must_exist) in candidates {
            let Some(path) = path else { continue };
            match std::fs::read_to_string(&path) {
                Ok(text) => {
                    let file = Self::read(&path, &text)?;
                    return Ok(Self { found: Some((path, named_by)), ..file });
                }
                Err(error) if !must_exist && error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(SettingsFileError::Unreadable { path, named_by, source }),
            }
        }
        Ok(Self::read(Path::new(NAME), "")?)
    }

    /// Reads a text that stands in `path`.
    pub fn read(path: &Path, text: &str) -> Result<Self, FileFault> {
        let mut file = Section::of_file(Source { file: path, text })?;
        let mut warnings = Vec::new();
        // Beside the settings, as a region's drawing is.
        let beside = |name: String| path.parent().unwrap_or(Path::new("")).join(name);
        let metrics_file = file.text("metrics_file")?.map(beside);
        let database_patience = file.span("database_patience")?;
        let mut regions = BTreeMap::new();
        for (name, mut section) in file.sections("regions")? {
            if name == DEMO {
                return Err(section.fault("is built in: give your region another name"));
            }
            let mut region = RegionSettings::read(name.clone(), &mut section, path)?;
            if let Some(mut guard) = section.section("guard")? {
                region.guard = GuardSettings::read(&mut guard)?;
                warnings.extend(guard.unknown_keys());
            }
            regions.insert(name, region);
            warnings.extend(section.unknown_keys());
        }
        let mut guard = GuardSettings::default();
        if let Some(mut section) = file.section("guard")? {
            guard = GuardSettings::read(&mut section)?;
            warnings.extend(section.unknown_keys());
        }
        let mut providers = BTreeMap::new();
        for (name, mut section) in file.sections("providers")? {
            // What is said of one that there is not would hold for nobody, a budget or a retention included.
            let all = crate::provider::all();
            if all.iter().all(|provider| provider.name() != name) {
                let meant = nearest(&name, all.iter().map(|provider| provider.name()));
                let hint = meant.map(|meant| format!("; did you mean [providers.{meant}]?")).unwrap_or_default();
                return Err(section.fault(&format!("is of no provider that there is{hint}")));
            }
            providers.insert(name, ProviderSettings::read(&mut section)?);
            warnings.extend(section.unknown_keys());
        }
        warnings.extend(file.unknown_keys());
        let regions = KnownRegions::new(built_in()?, regions, path.to_owned());
        let guard = guard.over(GuardLimits::default());
        Ok(Self { regions, providers, guard, metrics_file, database_patience, warnings, found: None })
    }
}

fn built_in() -> Result<RegionSettings, FileFault> {
    let path = Path::new("fixtures/demo/region.toml");
    let mut file = Section::of_file(Source { file: path, text: BUILT_IN })?;
    let regions = file.sections("regions")?;
    let (name, mut section) = regions.into_iter().next().ok_or_else(|| file.fault("has no region"))?;
    let region = RegionSettings::read(name, &mut section, path)?;
    Ok(RegionSettings { origin: Origin::BuiltIn, ..region })
}

#[cfg(test)]
#[path = "settings_page_tests.rs"]
mod page;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::settings::area::AreaSetting;
    use crate::model::MicroUsd;

    fn read(text: &str) -> Result<SettingsFile, FileFault> {
        SettingsFile::read(Path::new("/etc/place/venues.toml"), text)
    }

    fn fault(text: &str) -> String {
        read(text).map(|file| file.warnings).unwrap_err().to_string()
    }

    const GOOD: &str = r#"
metrics_file = "metrics/venues.prom"
database_patience = "2m"

[regions.lisbon]
bbox = [-9.23, 38.69, -9.09, 38.80]
provider = "google"
types = ["restaurant", "cafe"]
method = "nearby"
audit_recall = 0.95
language = "pt-PT"

[regions.old-town]
center = [38.71, -9.13]
radius_m = 900

[regions.coast]
geojson = "shapes/coast.geojson"

[providers.google]
requests_per_second = 5
attempts = 3
base_url = "https://proxy.example/google"
max_requests_per_day = 100
max_requests_per_month = 1000
max_cost_per_month = 50.0

[providers.yelp]
details = true

[providers.osm]
contact = "maps@example.org"

[guard]
enabled = true
least = 0.8
least_of_a_type = 0.4
least_seen_again = 0.45
least_in_a_tile = 0.2
most = 4
least_usable = 0.05
most_shift = 0.6
floor = 30
missing_after = 3

[regions.lisbon.guard]
least = 0.6
"#;

    #[test]
    fn every_documented_key_is_read() {
        let file = read(GOOD).unwrap();
        assert_eq!(file.warnings, Vec::<String>::new());
        assert_eq!(file.metrics_file, Some("/etc/place/metrics/venues.prom".into()));
        assert_eq!(file.database_patience, Some(Duration::from_mins(2)));
        let lisbon = file.regions.find("lisbon").unwrap();
        assert_eq!(lisbon.area, AreaSetting::bbox([-9.23, 38.69, -9.09, 38.80]));
        assert_eq!(lisbon.types.unwrap(), ["restaurant", "cafe"]);
        assert_eq!((lisbon.language.as_deref(), lisbon.method.as_deref()), (Some("pt-PT"), Some("nearby")));
        assert_eq!(lisbon.audit_recall, Some(0.95));
        let everywhere = GuardLimits {
            enabled: true,
            least: 0.8,
            least_of_a_type: 0.4,
            least_seen_again: 0.45,
            least_in_a_tile: 0.2,
            most: 4.0,
            least_usable: 0.05,
            most_shift: 0.6,
            floor: 30,
            missing_after: 3,
        };
        assert_eq!(file.guard, everywhere);
        assert_eq!(lisbon.guard.over(file.guard), GuardLimits { least: 0.6, ..everywhere });
        assert_eq!(lisbon.origin.to_string(), "/etc/place/venues.toml, line 5");
        let old_town = file.regions.find("old-town").unwrap();
        assert_eq!(old_town.area, AreaSetting::circle([38.71, -9.13], 900.0));
        let coast = file.regions.find("coast").unwrap();
        assert_eq!(coast.area, AreaSetting::GeoJson("/etc/place/shapes/coast.geojson".into()));
        let google = &file.providers["google"];
        assert_eq!(google.requests_per_second, Some(5.0));
        assert_eq!(google.attempts, Some(3));
        assert_eq!((google.max_requests_per_day, google.max_requests_per_month), (Some(100), Some(1000)));
        assert_eq!(google.max_cost_per_month, Some(MicroUsd(50_000_000)));
        assert_eq!((google.details, file.providers["yelp"].details), (None, Some(true)));
        assert_eq!(google.base_url.as_ref().unwrap().as_str(), "https://proxy.example/google");
        assert_eq!(file.providers["osm"].contact.as_deref(), Some("maps@example.org"));
    }

    #[test]
    fn the_demo_is_known_without_any_file_and_cannot_be_replaced() {
        let demo = read("").unwrap().regions.find("demo").unwrap();
        assert_eq!(demo.origin, Origin::BuiltIn);
        assert_eq!(demo.provider.as_deref(), Some("google"));
        assert_eq!(demo.types.unwrap(), ["restaurant", "cafe", "bar", "bakery"]);
        let error = fault("[regions.demo]\nbbox = [1, 2, 3, 4]\n");
        assert!(error.contains("line 1: [regions.demo] is built in"), "{error}");
    }

    #[test]
    fn a_misspelt_key_is_named_with_the_one_that_was_meant() {
        let text = "debug = true\n[regions.a]\nbbox = [1, 2, 3, 4]\ntype = [\"cafe\"]\n[providers.google]\n\
                    request_per_second = 3\napi_key = \"hunter22\"\n[region.b]\n\n[guard]\nleest = 1\n";
        let warnings = read(text).unwrap().warnings.join("\n");
        for expected in [
            "line 1: unknown key `debug` is left out",
            "line 4: unknown key `type` in [regions.a] is left out; did you mean `types`?",
            "line 6: unknown key `request_per_second` in [providers.google] is left out; did you mean `requests_per_second`?",
            "line 7: unknown key `api_key` in [providers.google] is left out: keys are read from the environment only",
            "line 8: unknown key `region` is left out; did you mean `regions`?",
            "line 11: unknown key `leest` in [guard] is left out; did you mean `least`?",
        ] {
            assert!(warnings.contains(expected), "{expected}\n--\n{warnings}");
        }
        assert!(!warnings.contains("hunter22"));
    }

    #[test]
    fn a_key_one_table_too_high_is_told_where_it_belongs() {
        let warnings = read("[providers.google]\nretention_days = 30\n").unwrap().warnings.join("\n");
        let expected =
            "unknown key `retention_days` in [providers.google] is left out; it belongs in [providers.google.terms]";
        assert!(warnings.contains(expected), "{warnings}");
    }

    #[test]
    fn faults_name_the_line_the_key_and_the_value() {
        for (text, expected) in [
            (
                "[regions.a]\nbbox = [1, 2, 3]",
                "line 2: regions.a.bbox = [1, 2, 3]: needed here: [west, south, east, north]",
            ),
            ("[regions.a]\nbbox = [1, 2, 3, \"x\"]", "line 2: regions.a.bbox = [1, 2, 3, \"x\"]"),
            ("[regions.a]\nbbox = [1, 2, 3, nan]", "line 2: regions.a.bbox"),
            ("[regions.a]\nbbox = \"1,2,3,4\"", "line 2: regions.a.bbox = \"1,2,3,4\""),
            ("[regions.a]\ntypes = [\"cafe\"]", "line 1: [regions.a] has no area"),
            ("\n[regions.a]\ncenter = [1, 2]", "line 2: [regions.a] has a center: radius_m"),
            ("[regions.a]\nradius_m = 5", "center [latitude, longitude] is needed"),
            ("[regions.a]\nbbox = [1,2,3,4]\ngeojson = \"x\"", "several areas"),
            ("[regions.a]\nbbox = [1,2,3,4]\ntypes = \"cafe\"", "line 3: regions.a.types = \"cafe\": a list of texts"),
            ("[regions.a]\nbbox = [1,2,3,4]\ntypes = []", "line 3: regions.a.types = []"),
            (
                "[regions.a]\nbbox = [1,2,3,4]\naudit_recall = 98",
                "line 1: [regions.a] audit_recall must be from 0 to 1",
            ),
            ("[guard]\nleast = 70", "line 1: [guard] least must be from 0 to 1"),
            ("[guard]\nmost = 1", "[guard] most must be more than 1"),
            ("[guard]\nmissing_after = 0", "line 2: guard.missing_after = 0: a whole number of at least 1"),
            ("guard = true", "line 1: `guard`: a table is needed here: [guard]"),
            (
                "[regions.a]\nbbox = [1,2,3,4]\n[regions.a.guard]\nleast_usable = -1",
                "[regions.a.guard] least_usable must be from 0 to 1",
            ),
            ("[regions.a]\nbbox = [1,2,3,4]\nprovider = 5", "line 3: regions.a.provider = 5: a text"),
            ("[regions.\"near:1,2,3\"]\nbbox = [1,2,3,4]", "line 1: [regions.near:1,2,3] is not a name"),
            ("regions = 5", "line 1: regions = 5: a table of tables"),
            ("[regions]\na = 5", "line 2: `regions.a`: a table is needed"),
            (
                "[regions.a]\nbbox = [1, 2, 3, 4]\n[providers.ossm]\nattempts = 2",
                "line 3: [providers.ossm] is of no provider that there is; did you mean [providers.osm]?",
            ),
            ("[providers.google]\nrequests_per_second = 0", "requests_per_second must be from 0.001 to 1000"),
            ("[providers.yelp]\ndetails = \"yes\"", "details = \"yes\": true or false is needed here"),
            ("[providers.osm]\nkeep_raw = 0", "keep_raw = 0: true, false or a number of days"),
            ("[providers.osm]\nkeep_raw = \"yes\"", "keep_raw = \"yes\": true, false or a number of days"),
            ("[providers.google]\nattempts = 0", "attempts = 0: a whole number of at least 1"),
            ("[providers.google]\nattempts = 21", "attempts must be from 1 to 20"),
            (
                "[providers.google]\nrequests_per_second = \"ten\"",
                "line 2: providers.google.requests_per_second = \"ten\"",
            ),
            ("[providers.google]\nmax_requests_per_month = -1", "line 2: providers.google.max_requests_per_month = -1"),
            ("[providers.google]\nmax_requests_per_month = 1.5", "max_requests_per_month = 1.5: a whole number"),
            ("[providers.google]\nmax_cost_per_month = -1", "max_cost_per_month = -1"),
            (
                "[providers.foursquare]\npremium = \"no\"",
                "providers.foursquare.premium = \"no\": true or false is needed",
            ),
            ("[providers.osm]\ncontact = \"a\\nb\"", "[providers.osm] contact must be an address"),
            ("[providers.google]\nbase_url = \"proxy.example\"", "[providers.google] base_url is not a URL"),
            ("[regions.a]\nbbox = [1,2,3,4]\nbbox = [1,2,3,4]", "line 3: duplicate key"),
            ("[regions.a\n", "line 1:"),
        ] {
            let error = fault(text);
            assert!(error.starts_with("/etc/place/venues.toml, line "), "{error}");
            assert!(error.contains(expected), "{text}\n--\n{error}");
        }
    }

    #[test]
    fn an_unknown_region_brings_the_known_ones_and_how_to_add_it() {
        let error = read(GOOD).unwrap().regions.find("lisboa").unwrap_err().to_string();
        for expected in [
            "`lisboa`; did you mean `lisbon`?",
            "known: demo, coast, lisbon, old-town",
            "[regions.lisboa]",
            "venues.toml",
        ] {
            assert!(error.contains(expected), "{error}");
        }
        // What it says to write can be written.
        let error = read(GOOD).unwrap().regions.find("my:town").unwrap_err().to_string();
        assert!(read(error.split_once("\n\n").unwrap().1).unwrap().regions.find("my-town").is_ok(), "{error}");
        assert!(read("").unwrap().regions.all_of_file().unwrap_err().to_string().contains("run it by name"));
    }

    #[test]
    fn the_file_is_looked_for_in_the_documented_order() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, region: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("[regions.{region}]\nbbox = [1, 2, 3, 4]\n")).unwrap();
            path
        };
        let flag = write("flag.toml", "of-flag");
        let variable = write("variable.toml", "of-variable");
        write("venues.toml", "of-platform");
        let folders = Folders { config: Some(folder.path().to_owned()), data: "/d".into(), cache: "/c".into() };
        let environment = Environment::of(&[(VENUES_CONFIG, variable.to_str().unwrap())]);
        let found = |flag: Option<&Path>, environment: &Environment| {
            let file = SettingsFile::find(flag, environment, &folders).unwrap();
            file.regions.all_of_file().unwrap()[0].name.clone()
        };
        assert_eq!(found(Some(&flag), &environment), "of-flag");
        assert_eq!(found(None, &environment), "of-variable");
        assert_eq!(found(None, &Environment::default()), "of-platform");
        let error =
            SettingsFile::find(Some(Path::new("/no/such.toml")), &environment, &folders).unwrap_err().to_string();
        assert!(error.contains("/no/such.toml") && error.contains("--config"), "{error}");
    }
}

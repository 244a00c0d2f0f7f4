//! Regions by name: the built-in one, those of the settings file, and those whose name is their area.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::area::{AreaError, AreaSetting};
use super::guard::GuardSettings;
use super::nearest::nearest;
use super::toml_section::{FileFault, Section};

/// The name of the built-in region.
pub const DEMO: &str = "demo";

/// A region as written.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionSettings {
    /// Its name; an area's own text where it has no other.
    pub name: String,
    /// Where it is.
    pub area: AreaSetting,
    /// The provider's name.
    pub provider: Option<String>,
    /// Canonical codes, or `<provider>:<word>`.
    pub types: Option<Vec<String>>,
    /// The provider's method.
    pub method: Option<String>,
    /// The part of the venues, 0 to 1, that an audit has to find seen.
    pub audit_recall: Option<f64>,
    /// What its guard has other than the others'.
    pub guard: GuardSettings,
    /// A language tag.
    pub language: Option<String>,
    /// Where it is written.
    pub origin: Origin,
}

const DEFAULT_PROVIDER: &str = "google";
const DEFAULT_TYPES: [&str; 3] = ["restaurant", "cafe", "bar"];

/// Where a region is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In this program.
    BuiltIn,
    /// In a settings file.
    File {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// On the command line.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

/// Why there is no such region.
#[derive(Debug, thiserror::Error)]
pub enum RegionError {
    /// Nobody has heard of it.
    #[error(
        "unknown region `{name}`{}\nknown: {}\nto add it, write in {}:\n\n[regions.{}]\nbbox = [-9.23, 38.69, -9.09, \
         38.80]   # west, south, east, north\nprovider = \"google\"\ntypes = [\"restaurant\", \"cafe\", \"bar\"]",
        nearest.as_ref().map_or_else(String::new, |near| format!("; did you mean `{near}`?")),
        known.join(", "),
        file.display(),
        toml_key(name)
    )]
    Unknown {
        /// As asked for.
        name: String,
        /// A known one that looks like it.
        nearest: Option<String>,
        /// All of them.
        known: Vec<String>,
        /// Where one would be added.
        file: PathBuf,
    },
    /// `--all` without any.
    #[error("--all: no region in {}; `demo` is not among them, run it by name", file.display())]
    NoneInFile {
        /// Where they would be.
        file: PathBuf,
    },
    /// A name that is an area, but a wrong one.
    #[error(transparent)]
    Area(#[from] AreaError),
}

/// Every region there is.
#[derive(Debug, Clone)]
pub struct KnownRegions {
    built_in: RegionSettings,
    of_file: BTreeMap<String, RegionSettings>,
    file: PathBuf,
}

impl KnownRegions {
    /// The built-in region and those of a settings file.
    pub fn new(built_in: RegionSettings, of_file: BTreeMap<String, RegionSettings>, file: PathBuf) -> Self {
        Self { built_in, of_file, file }
    }

    /// All of them, the built-in one first.
    pub fn iter(&self) -> impl Iterator<Item = &RegionSettings> {
        std::iter::once(&self.built_in).chain(self.of_file.values())
    }

    /// Those of the settings file; it is an error if there are none.
    pub fn all_of_file(&self) -> Result<Vec<RegionSettings>, RegionError> {
        if self.of_file.is_empty() {
            return Err(RegionError::NoneInFile { file: self.file.clone() });
        }
        Ok(self.of_file.values().cloned().collect())
    }

    /// The region of this name; `near:…` and `bbox:…` are names of areas.
    pub fn find(&self, name: &str) -> Result<RegionSettings, RegionError> {
        let name = name.trim();
        if let Some(area) = AreaSetting::of_name(name) {
            return Ok(RegionSettings::of_area(area?));
        }
        self.iter().find(|region| region.name == name).cloned().ok_or_else(|| {
            let known: Vec<String> = self.iter().map(|region| region.name.clone()).collect();
            RegionError::Unknown {
                name: name.to_owned(),
                nearest: nearest(name, known.iter().map(String::as_str)).map(str::to_owned),
                known,
                file: self.file.clone(),
            }
        })
    }
}

impl RegionSettings {
    /// A region that has no name but its area's text.
    pub fn of_area(area: AreaSetting) -> Self {
        let name = area.to_string();
        Self {
            name,
            area,
            provider: None,
            types: None,
            method: None,
            audit_recall: None,
            guard: GuardSettings::default(),
            language: None,
            origin: Origin::CommandLine,
        }
    }

    /// The provider's name.
    pub fn provider(&self) -> &str {
        self.provider.as_deref().unwrap_or(DEFAULT_PROVIDER)
    }

    /// What is asked for.
    pub fn types(&self) -> Vec<String> {
        self.types.clone().unwrap_or_else(|| DEFAULT_TYPES.map(str::to_owned).to_vec())
    }

    /// Reads `[regions.NAME]`. A polygon's path is relative to `folder`.
    pub(super) fn read(name: String, section: &mut Section<'_>, path: &Path) -> Result<Self, FileFault> {
        if name.contains(':') || name.trim() != name || name.is_empty() || name.chars().any(char::is_control) {
            return Err(section.fault("is not a name for a region: it must not be empty or hold a colon"));
        }
        let area = read_area(section, path.parent().unwrap_or(Path::new("")))?;
        let audit_recall = section.number("audit_recall")?;
        if audit_recall.is_some_and(|recall| !(0.0..=1.0).contains(&recall)) {
            return Err(
                section.fault("audit_recall must be from 0 to 1: the part of the venues that a run has to have seen")
            );
        }
        Ok(Self {
            name,
            area,
            provider: section.text("provider")?,
            types: section.texts("types")?,
            method: section.text("method")?,
            audit_recall,
            guard: GuardSettings::default(),
            language: section.text("language")?,
            origin: Origin::File { path: path.to_owned(), line: section.line() },
        })
    }
}

fn read_area(section: &mut Section<'_>, folder: &Path) -> Result<AreaSetting, FileFault> {
    let bbox = section.numbers::<4>("bbox", "west, south, east, north")?;
    let center = section.numbers::<2>("center", "latitude, longitude")?;
    let radius_m = section.number("radius_m")?;
    let geojson = section.text("geojson")?;
    match (bbox, center, radius_m, geojson) {
        (Some(edges), None, None, None) => Ok(AreaSetting::bbox(edges)),
        (None, Some(center), Some(radius_m), None) => Ok(AreaSetting::circle(center, radius_m)),
        (None, None, None, Some(file)) => Ok(AreaSetting::GeoJson(folder.join(file))),
        (None, None, None, None) => Err(section.fault("has no area: give bbox, or center and radius_m, or geojson")),
        (None, Some(_), None, None) => Err(section.fault("has a center: radius_m (metres) is needed with it")),
        (None, None, Some(_), None) => {
            Err(section.fault("has a radius_m: center [latitude, longitude] is needed with it"))
        }
        _ => Err(section.fault("has several areas: give one of bbox, center with radius_m, geojson")),
    }
}

/// A name as it may stand in the file: a colon would make it an area.
fn toml_key(name: &str) -> String {
    let name = &name.replace(':', "-");
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if bare { name.to_owned() } else { format!("{name:?}") }
}

//! Which venues are to be read, with every setting resolved.

use std::collections::BTreeMap;

use super::area::{AreaError, AreaSetting, RegionShape};
use super::database::{self, Asker, DatabaseChoice, DatabaseError};
use super::provider::{self, ProviderError};
use super::region::{DEMO, Origin, RegionError, RegionSettings};
use super::sync_job::Surroundings;
use crate::cli::args::{Numbers, WhichArgs};
use crate::model::Vocabulary;
use crate::normalise::slug;
use crate::provider::Provider;
use crate::store::VenueFilter;

/// Which venues, and where they are.
#[derive(Debug, Clone)]
pub struct VenuesJob {
    /// Everything but the place.
    pub filter: VenueFilter,
    /// In any of these; none: anywhere.
    pub places: Vec<(String, RegionShape)>,
    /// The middle of the circle that was asked for, latitude and longitude.
    pub near: Option<[f64; 2]>,
    /// What is shown with each provider's data.
    pub attributions: BTreeMap<String, String>,
    /// Where they are.
    pub database: DatabaseChoice,
}

/// Why there is nothing to read.
#[derive(Debug, thiserror::Error)]
pub enum VenuesJobError {
    /// The region.
    #[error(transparent)]
    Region(#[from] RegionError),
    /// Its area.
    #[error(transparent)]
    Area(#[from] AreaError),
    /// The provider.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// No such kind of venue.
    #[error(
        "unknown category `{code}`{}; `venues categories` lists them, and google:{code} would be a word of Google's own",
        likely(nearest)
    )]
    Category {
        /// As written.
        code: String,
        /// What may have been meant.
        nearest: Vec<&'static str>,
    },
}

fn likely(nearest: &[&str]) -> String {
    if nearest.is_empty() { String::new() } else { format!("; did you mean {}?", nearest.join(", ")) }
}

/// Resolves what was typed.
pub fn resolve(
    which: &WhichArgs,
    around: Surroundings<'_>,
    providers: &[Box<dyn Provider>],
) -> Result<VenuesJob, VenuesJobError> {
    let regions = regions(which, around)?;
    let of_demo = |region: &RegionSettings| region.name == DEMO && region.origin == Origin::BuiltIn;
    let asker = if !regions.is_empty() && regions.iter().all(of_demo) { Asker::Demo } else { Asker::Look };
    for name in &which.provider {
        provider::find(name, providers)?;
    }
    let filter = VenueFilter {
        within: Vec::new(),
        providers: which.provider.clone(),
        categories: codes(&which.category, providers)?,
        min_rating: which.min_rating,
        prices: which.max_price.map_or_else(|| which.price.clone(), |most| (0..=most).collect()),
        open_at: which.open_at,
        changed_since: which.changed_since,
        limit: which.limit.map(Into::into),
    };
    let place = |region: RegionSettings| Ok((region.area.load(&region.name)?, region.name));
    let places = regions.into_iter().map(|region| place(region).map(|(shape, name)| (name, shape)));
    Ok(VenuesJob {
        filter,
        places: places.collect::<Result<_, AreaError>>()?,
        near: which.near.map(|Numbers(center)| center),
        attributions: provider::attributions(providers, &around.file.providers),
        database: database::choose(asker, &which.database, around.environment, around.folders, around.on_terminal)?,
    })
}

fn regions(which: &WhichArgs, around: Surroundings<'_>) -> Result<Vec<RegionSettings>, RegionError> {
    if let Some(Numbers(edges)) = which.bbox {
        return Ok(vec![RegionSettings::of_area(AreaSetting::bbox(edges))]);
    }
    if let (Some(Numbers(center)), Some(Numbers([radius_m]))) = (which.near, which.radius_m) {
        return Ok(vec![RegionSettings::of_area(AreaSetting::circle(center, radius_m))]);
    }
    which.region.iter().map(|name| around.file.regions.find(name)).collect()
}

/// The codes that are meant, with everything below them; a provider's own word (`google:meal_takeaway`) is what it is stored as.
fn codes(words: &[String], providers: &[Box<dyn Provider>]) -> Result<Vec<String>, VenuesJobError> {
    let ours = Vocabulary::ours();
    let mut codes = Vec::new();
    for word in words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
        if let Some((name, own)) = word.split_once(':') {
            let provider = provider::find(name, providers)?;
            codes.push(provider.category(own).map_or_else(|| slug(own), str::to_owned));
        } else if ours.get(word).is_some() {
            let below = ours.all().iter().filter(|category| ours.is_within(category.code, word));
            codes.extend(below.map(|category| category.code.to_owned()));
        } else {
            return Err(VenuesJobError::Category { code: word.to_owned(), nearest: ours.nearest(word) });
        }
    }
    Ok(codes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::environment::Environment;
    use crate::cli::settings::file::SettingsFile;
    use crate::cli::settings::folders::Folders;

    fn found(words: &[&str]) -> Result<Vec<String>, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        codes(&words, &crate::provider::all()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_kind_stands_for_everything_below_it() {
        let restaurants = found(&["restaurant"]).unwrap();
        assert!(restaurants.contains(&"restaurant".to_owned()) && restaurants.contains(&"sushi_restaurant".to_owned()));
        assert!(!restaurants.contains(&"cafe".to_owned()));
        assert_eq!(found(&["sushi_restaurant"]).unwrap(), ["sushi_restaurant"]);
        assert_eq!(found(&["google:noodle_barge"]).unwrap(), ["noodle_barge"]);
        assert_eq!(found(&["foursquare:Noodle Barge"]).unwrap(), ["noodle_barge"], "as it is stored");
    }

    fn place(regions: &[&str]) -> &'static str {
        let text = "[regions.lisbon]\nbbox = [-9.23, 38.69, -9.09, 38.80]\n";
        let file = SettingsFile::read(std::path::Path::new("venues.toml"), text).unwrap();
        let environment = Environment::of(&[("DATABASE_URL", "postgresql://me@localhost/mine")]);
        let folders = Folders { config: None, data: "/d".into(), cache: "/c".into() };
        let around = Surroundings {
            file: &file,
            config_flag: None,
            environment: &environment,
            folders: &folders,
            on_terminal: false,
        };
        let region = regions.iter().map(|name| (*name).to_owned()).collect();
        let which = WhichArgs { region, ..WhichArgs::default() };
        match resolve(&which, around, &crate::provider::all()).unwrap().database {
            DatabaseChoice::Url(_) => "theirs",
            DatabaseChoice::Embedded(_) => "embedded",
        }
    }

    #[test]
    fn the_demo_is_read_where_it_was_written() {
        assert_eq!(place(&["demo"]), "embedded");
        for regions in [&[][..], &["lisbon"], &["demo", "lisbon"]] {
            assert_eq!(place(regions), "theirs", "{regions:?}");
        }
    }

    #[test]
    fn an_unknown_kind_brings_what_may_have_been_meant() {
        let error = found(&["restaurants"]).unwrap_err();
        assert!(
            error.contains("`restaurants`; did you mean restaurant") && error.contains("venues categories"),
            "{error}"
        );
        assert!(found(&["bing:x"]).unwrap_err().contains("unknown provider `bing`"));
    }
}

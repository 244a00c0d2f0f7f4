use std::str::FromStr;

use clap::Args;

/// Which part of the world.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Region")]
#[group(skip)]
#[command(group(clap::ArgGroup::new("place").required(true).multiple(true)))]
pub struct PlaceArgs {
    /// A region of venues.toml, or `demo`. May be repeated.
    #[arg(long, value_name = "NAME", group = "place")]
    pub region: Vec<String>,
    /// Every region of venues.toml, in turn.
    #[arg(long, group = "place", conflicts_with = "region")]
    pub all: bool,
    /// A box in degrees. It crosses the antimeridian where west is larger than east.
    #[arg(
        long, value_name = "W,S,E,N", allow_hyphen_values = true, group = "place",
        conflicts_with_all = ["region", "all", "near"]
    )]
    pub bbox: Option<Numbers<4>>,
    /// The centre of a circle in degrees; needs --radius-m.
    #[arg(
        long, value_name = "LAT,LNG", allow_hyphen_values = true, group = "place",
        requires = "radius_m", conflicts_with_all = ["region", "all"]
    )]
    pub near: Option<Numbers<2>>,
    /// The radius of that circle in metres.
    #[arg(long, value_name = "R", allow_hyphen_values = true, requires = "near",
        conflicts_with_all = ["region", "all", "bbox"])]
    pub radius_m: Option<Numbers<1>>,
}

/// What to ask for.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Question")]
pub struct AskArgs {
    /// The provider to ask, whatever the region's settings say.
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Kinds of venue, with everything below them: `restaurant,cafe`. `google:meal_takeaway` is a provider's own word.
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    pub types: Vec<String>,
    /// The way in which the provider is asked, whatever the region's settings say: for google `nearby` or `text`.
    #[arg(long, value_name = "NAME")]
    pub method: Option<String>,
    /// The language of names and addresses, as a tag like `en` or `pt-PT`.
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
}

/// Exactly `N` finite numbers, separated by commas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Numbers<const N: usize>(pub [f64; N]);

/// Text that is not the numbers it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumbersError {
    /// Too few or too many.
    #[error("numbers needed: {wanted}, separated by commas; given: {found}")]
    Count {
        /// How many there were.
        found: usize,
        /// How many there should be.
        wanted: usize,
    },
    /// One of them is not a number.
    #[error("`{0}` is not a number")]
    NotANumber(String),
}

impl<const N: usize> FromStr for Numbers<N> {
    type Err = NumbersError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let mut numbers = [0.0; N];
        if parts.len() != N {
            return Err(NumbersError::Count { found: parts.len(), wanted: N });
        }
        for (number, part) in numbers.iter_mut().zip(parts) {
            *number = part
                .parse()
                .ok()
                .filter(|value: &f64| value.is_finite())
                .ok_or_else(|| NumbersError::NotANumber(part.to_owned()))?;
        }
        Ok(Self(numbers))
    }
}

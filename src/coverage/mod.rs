//! Region → tiles → the next area to ask about, and the proof that every point was seen. Pure, synchronous, deterministic.

pub mod audit;
mod band;
mod believed;
mod boxes;
mod certify;
mod circles;
mod cover;
mod density;
mod drawn;
mod effort;
mod fit;
mod forecast;
mod geojson_text;
mod grid;
mod ground;
mod growth;
mod known;
mod layout;
mod places;
mod region;
mod rules;
mod sections;
mod selection;
mod sphere;
mod stack;
mod strips;
mod survey;
mod sweep;
mod tiles;
mod trim;

pub use certify::{Elsewhere, certify, seen};
pub use cover::{Next, TileCover};
pub use drawn::DrawnError;
pub use geojson_text::TextError;
pub use region::{LARGEST_REGION_RADIUS_M, Region, RegionError};
pub use rules::{Rules, RulesError, SECTION_VENUES};
pub use sphere::{EARTH_RADIUS_M, distance_m};

/// The way of asking. A run or a recording made in another way is not gone on with: its questions would be others.
pub const VERSION: u32 = 4;

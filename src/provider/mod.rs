//! Providers are sentences, not clients: an area becomes a [`Request`](crate::wire::Request), a response becomes rows. No
//! clock, no network, no database, no randomness; so every one of them is tested from recordings.
//!
//! A provider is one file or folder, its recordings, and one line in [`all`].

mod body;
mod contract;
mod foursquare;
mod google;
mod lexicon;
mod osm;
mod plain;
mod yelp;

pub use contract::{Cursor, Page, Provider, UnknownType};

/// Every provider, in the order of `--help`.
pub fn all() -> Vec<Box<dyn Provider>> {
    vec![
        Box::new(google::Google::NEARBY),
        Box::new(foursquare::Foursquare::PREMIUM),
        Box::new(osm::Osm),
        Box::new(yelp::Yelp),
    ]
}

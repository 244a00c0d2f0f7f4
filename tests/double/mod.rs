//! Loopback doubles: an invented city, and a server a provider that answers for it as the provider would. Google's is capped at
//! 20, nearest first, gives only the members that the field mask asks for, and errors in the provider's words.
#![expect(clippy::allow_attributes, reason = "`expect` cannot say: unused in some of the programs")]

#[allow(dead_code, reason = "each test program uses its own part")]
pub(crate) mod city;
#[allow(dead_code, reason = "each test program uses its own part")]
pub(crate) mod foursquare;
#[allow(dead_code, reason = "each test program uses its own part")]
pub(crate) mod google;
#[allow(dead_code, reason = "each test program uses its own part")]
pub(crate) mod osm;
#[allow(dead_code, reason = "each test program uses its own part")]
pub(crate) mod server;
#[allow(dead_code, reason = "each test program uses its own part")]
pub(crate) mod yelp;

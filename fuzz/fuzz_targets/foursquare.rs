//! Any bytes for an answer of foursquare.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| venue_sync_fuzz::survives("foursquare", "results", body));

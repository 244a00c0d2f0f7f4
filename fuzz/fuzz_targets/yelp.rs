//! Any bytes for an answer of yelp.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| venue_sync_fuzz::survives("yelp", "businesses", body));

//! Any bytes for an answer of osm.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| venue_sync_fuzz::survives("osm", "elements", body));

//! Any bytes for an answer of google.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| venue_sync_fuzz::survives("google", "places", body));

//! Any text for hours, or any week.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| match bytes {
    // Below what begins a text.
    [0..=8, week @ ..] => venue_sync_fuzz::any_week(week),
    text => venue_sync_fuzz::any_text(&String::from_utf8_lossy(text)),
});

//! Values of OpenStreetMap's `opening_hours`: cleaned where that is safe, parsed, and sorted into a plain week, a week that is none,
//! and what nobody understands.
//!
//! What the grammar's crate is known to read otherwise than a mapper means is not believed: a comment alone (it says open), a
//! fallback, days without times, an open end (open till midnight), a repeated span (a range of closing times), a rule that cuts off
//! what the night before reaches into its day.

mod blocks;
mod calendar;
mod dates;
mod day_names;
mod direct;
#[cfg(test)]
mod direct_tests;
mod meaning;
#[cfg(test)]
mod meaning_tests;
mod numbers;
mod plain;
mod read;
mod respelt;
mod rules;
mod simple;
mod spelling;
mod stretch;
mod token;
mod tokens;
mod words;

pub(super) use meaning::Meaning;
pub(super) use read::meaning;

//! Carries requests to a provider and answers back: `pace · retry · record → live`, or `replay` alone.
//!
//! It knows nothing of venues. What an answer means is the provider's word ([`Verdict`](crate::wire::Verdict)); what an attempt
//! costs is the caller's ([`Attempts`]).

mod address;
mod allowance;
mod attempts;
mod budget;
mod canonical;
mod cassette;
#[cfg(feature = "otlp")]
mod collector;
mod courier;
#[cfg(test)]
mod courier_tests;
#[cfg(test)]
mod double;
mod exchange_error;
#[cfg(test)]
mod few_places_tests;
mod format;
mod live;
mod pace;
mod record;
#[cfg(test)]
mod recording_tests;
mod replay;
mod retry;
mod scrub;
mod send_error;
mod tried;

pub use address::{AddressError, check_address};
pub use attempts::{Attempts, HandedOut, Lane, Outcome, Wanted};
pub use canonical::Fingerprint;
pub use cassette::{Cassette, CassetteError};
#[cfg(feature = "otlp")]
pub use collector::{Collector, CollectorError};
pub use courier::Courier;
pub use exchange_error::ExchangeError;
pub use format::RecordedRun;
pub use live::{LiveOptions, LiveSetupError};
pub use record::{RecordError, Recorder};
pub use replay::NotRecorded;
pub use retry::RetryPolicy;

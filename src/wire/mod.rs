//! Requests, responses and what a provider thinks of them: plain values between `provider` and `transport`.
//! Imports nothing of ours.

mod request;
mod response;
mod verdict;

pub use request::{HeaderValue, Method, Request};
pub use response::Response;
pub use verdict::{QuotaReset, Verdict};

//! Fetches the venues of a region from a places provider, inside that provider's limits, and keeps them in PostgreSQL.
//!
//! The rooms, and who may name whom, are drawn in `ARCHITECTURE.md`; `tests/architecture.rs` holds the house to it.

pub mod cli;
pub mod coverage;
pub mod exchange;
pub mod migrate;
pub mod model;
pub mod normalise;
pub mod provider;
pub mod renormalise;
pub mod report;
pub mod schema;
pub mod store;
pub mod sync;
pub mod transport;
pub mod wire;

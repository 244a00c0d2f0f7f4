//! What was typed, made into what is meant. Each setting is resolved once: flag, else environment, else `venues.toml`, else
//! default.

pub mod area;
#[cfg(feature = "otlp")]
pub mod collector;
pub mod database;
pub mod doctor_job;
pub mod file;
pub mod folders;
mod go_on;
pub mod guard;
mod nearest;
pub mod plan_job;
pub mod provider;
pub mod purge_job;
pub mod region;
pub mod renormalise_job;
pub mod scope;
pub mod sync_job;
pub mod terms;
mod toml_section;
pub mod venues_job;

//! What must hold whatever a provider's server sends: nothing panics, every row is a venue or a reject, and what was cleaned is
//! clean. The targets only choose the provider.
//!
//! The rooms that are tried are pure and need no other, so they are compiled by themselves: in a minute, where the whole program
//! takes ten, and with the fuzzer's eye on nothing else.

mod answer;
mod clean;
mod week;

#[path = "../../src/model/mod.rs"]
pub mod model;
#[path = "../../src/normalise/mod.rs"]
pub mod normalise;
#[path = "../../src/provider/mod.rs"]
pub mod provider;
#[path = "../../src/wire/mod.rs"]
pub mod wire;

pub use answer::survives;
pub use week::{any_text, any_week};

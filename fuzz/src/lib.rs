//! What must hold whatever a provider's server sends: nothing panics, every row is a venue or a reject, and what was cleaned is
//! clean. The targets only choose the provider.

mod answer;
mod clean;
mod week;

pub use answer::survives;
pub use week::{any_text, any_week};

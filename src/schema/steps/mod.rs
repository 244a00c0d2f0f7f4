//! The statements that lead from one schema to another. Pure: whether they do is proven elsewhere.

mod assemble;
mod column;
mod labels;
mod order;
mod plan;
mod step;
mod words;

pub use assemble::steps;
pub use step::{Cast, Hints, Refusal, Step, type_changes};
pub use words::{full_name, literal, place, quoted};

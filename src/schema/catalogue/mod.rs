//! What a database has, in the words of the server's own catalogue.

mod object;
mod read;

pub use object::{Catalogue, Column, Constraint, Enum, Function, Id, Index, Kind, Object, Other, View};
pub use read::read;

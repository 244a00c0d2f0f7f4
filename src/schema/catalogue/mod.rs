//! What a database has, in the words of the server's own catalogue.

mod object;
mod outside;
mod read;

pub use object::{Catalogue, Column, Constraint, Enum, Function, Id, Index, Kind, Object, Other, View};
pub use outside::outside;
pub use read::read;

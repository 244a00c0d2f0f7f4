//! The schema as data: what is wanted, what a server has, how the two differ, and the statements between them.

pub mod catalogue;
pub mod declared;
pub mod difference;
pub mod steps;

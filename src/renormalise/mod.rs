//! Cleans again what providers said and was kept, with today's rules: a better mapping is applied without asking anybody. The room
//! names neither transport nor wire, so that no request can be sent from it.

mod again;

pub use again::{Again, Part, renormalise};

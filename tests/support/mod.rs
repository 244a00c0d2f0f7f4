//! What several test programs share.
#![expect(clippy::allow_attributes, reason = "`expect` cannot say: unused in some of the programs")]

#[allow(dead_code, reason = "each test program uses its own part")]
pub(crate) mod database;

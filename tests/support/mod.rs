//! What several test programs share.
#![expect(clippy::allow_attributes, reason = "`expect` cannot say: unused in some of the programs")]

#[allow(
    dead_code,
    clippy::print_stderr,
    reason = "each test program uses its own part, and may say what it leaves behind"
)]
pub(crate) mod database;
#[allow(dead_code, reason = "each test program uses its own part")]
pub(crate) mod desk;
#[allow(dead_code, reason = "each test program uses its own part")]
pub(crate) mod documented;
#[allow(dead_code, reason = "each test program uses its own part")]
pub(crate) mod job;
#[allow(dead_code, reason = "each test program uses its own part")]
pub(crate) mod listener;
#[allow(dead_code, reason = "each test program uses its own part")]
pub(crate) mod migrations;

//! Where output goes: data to stdout, everything else to stderr.

mod ask;
mod bars;
mod listener;
mod log;
mod log_lines;
mod server_steps;
mod stdout;
mod tally;

pub use ask::ask;
pub use listener::Listener;
pub use log::{Detail, filter};
pub use server_steps::ServerSteps;
pub use stdout::print;

use std::io::IsTerminal;

use indicatif::MultiProgress;

use super::args::GlobalArgs;

/// What the person, or the log collector, gets to see.
#[derive(Debug)]
pub struct Terminal {
    /// Results on stdout are JSON.
    pub json: bool,
    /// Somebody is watching stderr.
    pub watched: bool,
    /// What goes to stdout is for a person: a terminal, and not asked for in JSON.
    pub read_by_person: bool,
    bars: Option<MultiProgress>,
}

impl Terminal {
    /// Looks where stderr goes, and begins to log there.
    pub fn open(global: &GlobalArgs) -> Self {
        Self::open_on(global, std::io::stderr().is_terminal(), std::io::stdout().is_terminal())
    }

    fn open_on(global: &GlobalArgs, watched: bool, shown: bool) -> Self {
        let detail = Detail::of(global);
        // Bars and log lines on one terminal write over each other: bars are for those who asked for nothing else.
        let bars = (watched && !global.json && detail == Detail::Normal).then(MultiProgress::new);
        log::begin(detail, watched, bars.clone());
        Self { json: global.json, watched, read_by_person: shown && !global.json, bars }
    }

    /// Somebody who shows how the embedded server comes up.
    pub fn server_steps(&self) -> ServerSteps {
        ServerSteps::new(self.bars.as_ref())
    }

    /// Somebody who listens to a region's run.
    pub fn listener(&self, region: &str, provider: &str) -> Listener {
        Listener::new(region, provider, self.bars.as_ref())
    }
}

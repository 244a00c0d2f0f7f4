use indicatif::MultiProgress;

use super::bars::Bars;
use super::log_lines::LogLines;
use crate::model::Event;

/// Hears what a run tells, from any thread, and shows it in the one way that fits where stderr goes.
#[derive(Debug)]
pub struct Listener(Shown);

#[derive(Debug)]
enum Shown {
    Bars(Bars),
    Lines(LogLines),
}

impl Listener {
    pub(super) fn new(region: &str, provider: &str, bars: Option<&MultiProgress>) -> Self {
        Self(match bars {
            Some(bars) => Shown::Bars(Bars::new(region, bars)),
            None => Shown::Lines(LogLines::new(region, provider)),
        })
    }

    /// Shows an event.
    pub fn hear(&self, event: &Event) {
        match &self.0 {
            Shown::Bars(bars) => bars.hear(event),
            Shown::Lines(lines) => lines.hear(event),
        }
    }

    /// Takes the bars away, so that what follows stands on its own.
    pub fn finish(&self) {
        if let Shown::Bars(bars) = &self.0 {
            bars.finish();
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.finish();
    }
}

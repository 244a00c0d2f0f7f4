//! Progress for a person: one bar of tiles, one line of counts.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::tally::Tally;
use crate::model::Event;

/// Before it is known how many tiles there are, before one is done, and then: a time left is a guess until then.
const OPENING: &str = "{prefix}  {spinner}";
const UNKNOWN_PACE: &str = "{prefix}  [{bar:30}]  {pos}/{len} tiles";
const KNOWN_PACE: &str = "{prefix}  [{bar:30}]  {pos}/{len} tiles  {eta} left";

/// The bars of one region.
#[derive(Debug)]
pub(super) struct Bars {
    tiles: ProgressBar,
    counts: ProgressBar,
    tally: Mutex<Tally>,
    begun: Instant,
}

impl Bars {
    pub(super) fn new(region: &str, on: &MultiProgress) -> Self {
        let tiles = on.add(ProgressBar::new(0).with_style(style(OPENING)));
        let counts = on.add(ProgressBar::new(0).with_style(style("  {wide_msg}")));
        tiles.set_prefix(region.chars().filter(|c| !c.is_control()).collect::<String>());
        tiles.enable_steady_tick(Duration::from_millis(250));
        Self { tiles, counts, tally: Mutex::default(), begun: Instant::now() }
    }

    pub(super) fn hear(&self, event: &Event) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.hear(event);
        self.tiles.set_length(tally.tiles);
        self.tiles.set_position(tally.tiles_over);
        match event {
            Event::RunOpened { .. } => {
                self.tiles.set_style(style(UNKNOWN_PACE));
                // What an earlier process did says nothing of this one's speed.
                self.tiles.reset_eta();
            }
            Event::TileDone { .. } => self.tiles.set_style(style(KNOWN_PACE)),
            _ => {}
        }
        self.counts.set_message(tally.line(self.begun.elapsed()));
    }

    pub(super) fn finish(&self) {
        self.counts.finish_and_clear();
        self.tiles.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use indicatif::ProgressDrawTarget;

    use super::*;

    #[test]
    fn every_template_is_understood() {
        for template in [OPENING, UNKNOWN_PACE, KNOWN_PACE, "  {wide_msg}"] {
            ProgressStyle::with_template(template).unwrap();
        }
    }

    #[test]
    fn the_bar_stands_where_the_run_does() {
        let bars = Bars::new("demo", &MultiProgress::with_draw_target(ProgressDrawTarget::hidden()));
        bars.hear(&Event::RunOpened { run_id: uuid::Uuid::nil(), resumed: true, tiles: 9, tiles_done: 4 });
        bars.hear(&Event::TileDone { tile: 4, capped: vec![] });
        assert_eq!((bars.tiles.length(), bars.tiles.position()), (Some(9), 5));
        bars.finish();
        assert!(bars.tiles.is_finished() && bars.counts.is_finished());
    }
}

//! When a tile is given up: a provider that never gets to the end of its rows must not be asked, and paid, for ever.

/// Questions for one tile at most. A tile that needs more would cost hundreds of dollars: its rest is reported instead.
const MOST_ASKS: u32 = 10_000;

/// Answers that proved nothing new, or less than a tenth of the ground expected: so many are allowed, and
/// `FRUITLESS_PER_FRUITFUL` for each better one. A provider that always says "there is more" is left after about this many.
const FRUITLESS: u32 = 200;
const FRUITLESS_PER_FRUITFUL: u32 = 3;

/// Questions asked for one tile, and how many of them proved too little.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Effort {
    asks: u32,
    fruitless: u32,
}

impl Effort {
    pub(super) fn asked(&mut self) {
        self.asks += 1;
    }

    pub(super) fn note(&mut self, fruitless: bool) {
        self.fruitless += u32::from(fruitless);
    }

    pub(super) fn is_hopeless(self) -> bool {
        let fruitful = self.asks.saturating_sub(self.fruitless);
        self.asks >= MOST_ASKS || self.fruitless > FRUITLESS + FRUITLESS_PER_FRUITFUL * fruitful
    }
}

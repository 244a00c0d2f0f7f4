//! The cover of one tile: what to ask next, until every point of it is certified or reported as capped.

use super::boxes::Boxes;
use super::region::Region;
use super::rules::{Rules, RulesError};
use super::sections::Sections;
use super::strips::Strips;
use crate::model::{AnswerSeen, AreaShape, Ask, CappedSpot, KnownPlace, Tile};

/// What to do next for a tile.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Ask this.
    Ask(Ask),
    /// Every point of the tile is certified, except these spots.
    Done {
        /// Where venues may be missing.
        capped: Vec<CappedSpot>,
    },
}

/// The cover of one tile. What it asks depends only on the region, the tile, the rules, what was known before and the answers that
/// it was told, in their order.
#[derive(Debug, Clone)]
pub struct TileCover(Way);

/// The ways of covering, one for each shape that providers take, and one for boxes that can be counted before.
#[derive(Debug, Clone)]
enum Way {
    Circles(Box<Sections>),
    Boxes(Box<Boxes>),
    Strips(Box<Strips>),
}

impl TileCover {
    /// A cover that has been told nothing yet. `known` is what is believed of the tile and its surroundings: it decides what is asked, and
    /// never what is proven.
    pub fn new(region: &Region, tile: Tile, rules: Rules, known: &[KnownPlace]) -> Result<Self, RulesError> {
        rules.check()?;
        Ok(Self(match rules.shape {
            AreaShape::Circle | AreaShape::SoftCircle => {
                Way::Circles(Box::new(Sections::new(region, tile, rules, known)))
            }
            AreaShape::Rectangle if rules.counts.is_some() => {
                Way::Strips(Box::new(Strips::new(region, tile, &rules, known)))
            }
            AreaShape::Rectangle | AreaShape::SoftRectangle => {
                Way::Boxes(Box::new(Boxes::new(region, tile, &rules, known)))
            }
        }))
    }

    /// The next question, or that the tile is done. The same until the next [`TileCover::told`].
    pub fn next(&self) -> Next {
        let (question, capped) = match &self.0 {
            Way::Circles(sections) => (sections.next(), sections.capped()),
            Way::Boxes(boxes) => (boxes.next(), boxes.capped()),
            Way::Strips(strips) => (strips.next(), strips.capped()),
        };
        question.map_or_else(|| Next::Done { capped: capped.to_vec() }, Next::Ask)
    }

    /// Takes an answer to [`TileCover::next`]. Told the answers of a tile again in their order, a new cover is where the
    /// old one was.
    pub fn told(&mut self, seen: &AnswerSeen) {
        match &mut self.0 {
            Way::Circles(sections) => sections.told(seen),
            Way::Boxes(boxes) => boxes.told(seen),
            Way::Strips(strips) => strips.told(seen),
        }
    }
}

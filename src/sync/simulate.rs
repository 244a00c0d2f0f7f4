//! A tile's cover, asked of venues that are believed to be there instead of a provider: what a run would take, without one request.

use std::collections::HashSet;
use std::ops::AddAssign;

use crate::coverage::{self, Next, Region, Rules, RulesError, TileCover};
use crate::model::{AnswerSeen, Area, Ask, KnownPlace, Purpose, Tile};

/// What a tile took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Taken {
    /// Requests that have a price: pages.
    pub(super) paid: u64,
    /// Counts: pages.
    pub(super) free: u64,
}

impl AddAssign for Taken {
    fn add_assign(&mut self, other: Self) {
        self.paid += other.paid;
        self.free += other.free;
    }
}

/// Covers a tile of a world in which the venues are where `world` says, by what is `known` of it.
pub(super) fn simulate(
    region: &Region,
    tile: Tile,
    rules: &Rules,
    known: &[KnownPlace],
    world: &[KnownPlace],
) -> Result<Taken, RulesError> {
    let mut cover = TileCover::new(region, tile, rules.clone(), known)?;
    let mut held = HashSet::new();
    let mut taken = Taken::default();
    while let Next::Ask(ask) = cover.next() {
        let (seen, pages) = answer(&ask, rules, world, &mut held);
        match ask.purpose {
            Purpose::Count => taken.free += pages,
            Purpose::Rows | Purpose::Audit => taken.paid += pages,
        }
        cover.told(&seen);
    }
    Ok(taken)
}

/// What a provider would answer, and on how many pages. `held` are the venues that earlier answers with rows held.
fn answer(ask: &Ask, rules: &Rules, world: &[KnownPlace], held: &mut HashSet<usize>) -> (AnswerSeen, u64) {
    let (most, a_page) = match (ask.purpose, rules.counts) {
        (Purpose::Count, Some(counts)) => (counts.rows_per_query, counts.rows_per_answer),
        _ => (rules.rows_per_query, rules.rows_per_answer),
    };
    let group = group(ask, rules);
    let returned = |place: &KnownPlace| place.groups.is_empty() || group.is_none_or(|one| place.groups.contains(&one));
    let mut found: Vec<(f64, usize)> = (0..)
        .zip(world)
        .filter(|(_, place)| returned(place))
        .filter_map(|(at, place)| Some((distance_if_within(&ask.area, place)?, at)))
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    let rows = u32::try_from(found.len()).unwrap_or(u32::MAX);
    let truncated = most < u32::MAX && rows >= most;
    let fresh = found.iter().filter(|(_, at)| !held.contains(at)).count();
    let positions: Vec<_> = found.iter().map(|(_, at)| world.get(*at).map(|place| place.position)).collect();
    let mut seen = coverage::seen(ask, &positions, truncated, (rules.shape, rules.ranking))
        .unwrap_or_else(|_| unreachable!("venues within an area are not elsewhere"));
    if rules.compares_ids() {
        seen.fresh = Some(u32::try_from(fresh).unwrap_or(u32::MAX));
    }
    if ask.purpose != Purpose::Count {
        held.extend(found.iter().map(|(_, at)| *at));
    }
    (seen, u64::from(rows.div_ceil(a_page.max(1)).max(1)))
}

/// The number of the group that the asked words are of; none where all words are asked for at once.
fn group(ask: &Ask, rules: &Rules) -> Option<u16> {
    let first = ask.words.first()?;
    let at = rules.words.iter().position(|word| word == first)?;
    u16::try_from(at / rules.words_per_query.max(1)).ok()
}

/// Metres from the middle of a circle, 0 in a rectangle; none outside of them.
fn distance_if_within(area: &Area, place: &KnownPlace) -> Option<f64> {
    let position = place.position;
    match area {
        Area::Circle(circle) => {
            let metres = coverage::distance_m(circle.center, position);
            (metres <= circle.radius_m).then_some(metres)
        }
        Area::Rectangle(cell) => {
            let lngs = if cell.west > cell.east {
                position.lng() >= cell.west || position.lng() <= cell.east
            } else {
                (cell.west..=cell.east).contains(&position.lng())
            };
            ((cell.south..=cell.north).contains(&position.lat()) && lngs).then_some(0.0)
        }
    }
}

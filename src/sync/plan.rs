//! What a run would take: reckoned from what is stored, without one request.

use super::job::SyncError;
use super::learn::Kinds;
use super::rules::rules;
use super::simulate::{Taken, simulate};
use crate::coverage::{Region, Rules};
use crate::model::{Basis, KnownPlace, MethodPlan, MicroUsd, Position, Span, Tile};
use crate::provider::Provider;
use crate::store::{self, Database, Whom};

/// What is to be planned.
pub struct Outlook<'a> {
    /// The region's name.
    pub region_name: &'a str,
    /// Its shape.
    pub region: &'a Region,
    /// The types asked for.
    pub types: &'a [String],
    /// The provider by each of its methods, the usual one first.
    pub asking: &'a [(&'static str, &'a dyn Provider)],
    /// The method that a sync would ask by.
    pub chosen: &'a str,
}

/// Venues by which at most a plan is reckoned; of more, every so-manieth tile is looked at.
const MOST_VENUES: u64 = 100_000;
/// Part of the venues that may have changed since the last run: half of it gone, half of it new.
const CHANGED: f64 = 0.1;
/// What another provider's venues, or an unfinished run's, leave open: this one's may be fewer or more.
const OTHERS: (f64, f64) = (0.6, 1.8);
/// Venues of the kinds asked for on a square kilometre of an inner city.
const DENSEST: f64 = 500.0;
/// Requests as a multiple of venues ÷ rows of an answer, where nothing is known of where they are.
const BLIND: f64 = 2.5;

/// Whose venues say most of the region, and how many they are.
enum Witness {
    LastRun { venues: u64 },
    Stored { provider: String, venues: u64 },
    Nobody,
}

impl Outlook<'_> {
    fn provider(&self) -> &str {
        self.asking.first().map_or("", |(_, provider)| provider.name())
    }

    fn whom<'w>(&'w self, witness: &'w Witness) -> Option<Whom<'w>> {
        match witness {
            Witness::LastRun { .. } => Some(Whom::LastRun { region: self.region_name, provider: self.provider() }),
            Witness::Stored { provider, .. } => Some(Whom::Stored { provider }),
            Witness::Nobody => None,
        }
    }
}

/// Reckons what a run by each of the provider's methods would take.
pub async fn plan_methods(outlook: &Outlook<'_>, database: &Database) -> Result<Vec<MethodPlan>, SyncError> {
    let tiles = outlook.region.tiles();
    let witness = witness(outlook, database, &tiles).await?;
    let mut plans = Vec::new();
    for (method, provider) in outlook.asking {
        let words = provider.words(outlook.types)?;
        let way = Way {
            region: outlook.region,
            rules: rules(*provider, &words),
            kinds: Kinds::new(*provider, outlook.types, &words),
        };
        let (paid, free, every) = match outlook.whom(&witness) {
            None => (by_area(outlook.region, &tiles, &way.rules), Span::default(), 1),
            Some(whom) => {
                let (Witness::LastRun { venues } | Witness::Stored { venues, .. }) = witness else { unreachable!() };
                let every = venues.div_ceil(MOST_VENUES).max(1);
                let (paid, free) = way.by_venues(&tiles, whom, every, database).await?;
                (paid, free, every)
            }
        };
        let price = provider.limits().price;
        // Without a price, whatever is asked is free.
        let (paid, free) = if price == MicroUsd(0) { (Span::default(), sum(paid, free)) } else { (paid, free) };
        let micro = price.0.unsigned_abs();
        plans.push(MethodPlan {
            method: (*method).to_owned(),
            chosen: *method == outlook.chosen,
            paid,
            free,
            cost: Span { least: paid.least * micro, most: paid.most * micro },
            basis: match &witness {
                Witness::LastRun { venues } => Basis::Learned { venues: *venues },
                Witness::Stored { provider, venues } => Basis::Stored { provider: provider.clone(), venues: *venues },
                Witness::Nobody => Basis::Area,
            },
            every,
        });
    }
    Ok(plans)
}

async fn witness(outlook: &Outlook<'_>, database: &Database, tiles: &[Tile]) -> Result<Witness, SyncError> {
    let Some((_, usual)) = outlook.asking.first() else { return Ok(Witness::Nobody) };
    let words = usual.words(outlook.types)?;
    let kinds = Kinds::new(*usual, outlook.types, &words);
    let last = Whom::LastRun { region: outlook.region_name, provider: usual.name() };
    let mut venues = 0;
    for tile in tiles {
        let places = store::known_of(database, last, tile, &|categories| kinds.sort(categories)).await?;
        venues += u64::try_from(places.iter().filter(|place| is_within(tile, place)).count()).unwrap_or(u64::MAX);
    }
    if venues > 0 {
        return Ok(Witness::LastRun { venues });
    }
    let stored = store::stored_within(database, outlook.region.bounds()).await?;
    let own = stored.iter().find(|(provider, _)| provider == usual.name());
    Ok(own
        .or(stored.first())
        .map_or(Witness::Nobody, |(provider, venues)| Witness::Stored { provider: provider.clone(), venues: *venues }))
}

fn is_within(tile: &Tile, place: &KnownPlace) -> bool {
    let (cell, position) = (&tile.cell, place.position);
    (cell.south..cell.north).contains(&position.lat()) && (cell.west..cell.east).contains(&position.lng())
}

/// One way of asking about a region.
struct Way<'a> {
    region: &'a Region,
    rules: Rules,
    kinds: Kinds,
}

impl Way<'_> {
    /// Reckoned with the venues of every so-manieth tile: what is paid for, and what is free.
    async fn by_venues(
        &self,
        tiles: &[Tile],
        whom: Whom<'_>,
        every: u64,
        database: &Database,
    ) -> Result<(Span, Span), SyncError> {
        let step = usize::try_from(every).unwrap_or(1).max(1);
        let (mut steady, mut changed) = (Taken::default(), Taken::default());
        let sort = |categories: &[String]| self.kinds.sort(categories);
        for tile in tiles.iter().step_by(step) {
            let known = store::known_of(database, whom, tile, &sort).await?;
            if let Whom::LastRun { .. } = whom {
                steady += simulate(self.region, *tile, &self.rules, &known, &known)?;
                changed += simulate(self.region, *tile, &self.rules, &known, &aged(&known, tile.ordinal))?;
            } else {
                // Nobody will have learned anything from them.
                steady += simulate(self.region, *tile, &self.rules, &[], &known)?;
            }
            // A plan is made on the runtime's own thread: others have their turn between two tiles.
            tokio::task::yield_now().await;
        }
        let all = |count: u64| count * every;
        Ok(match whom {
            Whom::LastRun { .. } => {
                (span(all(steady.paid), all(changed.paid)), span(all(steady.free), all(changed.free)))
            }
            Whom::Stored { .. } => (widened(all(steady.paid)), widened(all(steady.free))),
        })
    }
}

/// From a question a tile and group of words, to an inner city all over.
fn by_area(region: &Region, tiles: &[Tile], rules: &Rules) -> Span {
    let groups = rules.words.len().div_ceil(rules.words_per_query.max(1)).max(1);
    let least = u64::try_from(tiles.len() * if rules.counts.is_some() { 1 } else { groups }).unwrap_or(u64::MAX);
    let rows = f64::from(rules.rows_per_answer);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive number of requests")]
    let most = (region.area_km2() * DENSEST / rows * BLIND).ceil() as u64;
    span(least, most.max(least))
}

fn span(one: u64, other: u64) -> Span {
    Span { least: one.min(other), most: one.max(other) }
}

fn sum(one: Span, other: Span) -> Span {
    Span { least: one.least + other.least, most: one.most + other.most }
}

fn widened(count: u64) -> Span {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rough number of requests"
    )]
    let times = |part: f64| (count as f64 * part).round() as u64;
    Span { least: times(OTHERS.0), most: times(OTHERS.1) }
}

/// The same venues some time later: some are gone, and as many are new, near to others. Always the same ones.
fn aged(known: &[KnownPlace], seed: i32) -> Vec<KnownPlace> {
    /// About 50 m.
    const NEAR_DEG: f64 = 0.0005;
    let mut dice = fastrand::Rng::with_seed(u64::from(seed.unsigned_abs()));
    let mut later: Vec<KnownPlace> = known.iter().filter(|_| dice.f64() >= CHANGED / 2.0).cloned().collect();
    let mut new = Vec::new();
    for place in known {
        if dice.f64() >= CHANGED / 2.0 {
            continue;
        }
        let mut moved = |degrees: f64| degrees + (dice.f64() - 0.5) * 2.0 * NEAR_DEG;
        let (lat, lng) = (moved(place.position.lat()), moved(place.position.lng()));
        new.extend(Position::new(lat, lng).ok().map(|position| KnownPlace { position, groups: place.groups.clone() }));
    }
    later.append(&mut new);
    later
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider;

    fn town() -> Vec<KnownPlace> {
        let mut dice = fastrand::Rng::with_seed(7);
        let mut around = |middle: f64| middle + (dice.f64() - 0.5) * 0.02;
        (0..400)
            .map(|_| KnownPlace { position: Position::new(around(38.71), around(-9.14)).unwrap(), groups: Vec::new() })
            .collect()
    }

    #[test]
    fn what_is_simulated_sees_all_and_costs_more_than_the_venues_need() {
        let google = provider::all().into_iter().find(|provider| provider.name() == "google").unwrap();
        let words = vec!["cafe".to_owned()];
        let rules = rules(google.as_ref(), &words);
        let region = Region::from_bbox(-9.15, 38.70, -9.13, 38.72).unwrap();
        let world = town();
        let take = |known: &[KnownPlace], world: &[KnownPlace]| {
            let mut taken = Taken::default();
            for tile in region.tiles() {
                taken += simulate(&region, tile, &rules, known, world).unwrap();
            }
            taken.paid
        };
        let (blind, learned, later) = (take(&[], &world), take(&world, &world), take(&world, &aged(&world, 1)));
        for (name, paid) in [("blind", blind), ("learned", learned), ("later", later)] {
            assert!((20..200).contains(&paid), "{name}: {paid}");
        }
        assert_eq!(take(&[], &[]), u64::try_from(region.tiles().len()).unwrap(), "an empty town takes one a tile");
    }

    #[test]
    fn a_tenth_of_the_venues_changes_and_always_the_same_ones() {
        let world = town();
        let later = aged(&world, 3);
        assert_eq!(later, aged(&world, 3));
        let gone = world.iter().filter(|place| !later.contains(place)).count();
        let new = later.iter().filter(|place| !world.contains(place)).count();
        assert!((8..=40).contains(&gone) && (8..=40).contains(&new), "{gone} gone, {new} new");
    }
}

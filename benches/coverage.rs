//! What covering a city costs: paid questions as a multiple of venues ÷ 20, beside a plain quadtree of circumscribed circles in the
//! same run: a first run that knows nothing, a first run with free counts, the next run where nothing changed, and the next run where
//! 5 % of the venues are new and 3 % gone. `cargo bench --bench coverage`; with `-- FILE.csv` (lines `lat,lng,…`) also for positions
//! of your own. At the end the memory that planning takes in a region of a million venues. Times are of this thread's processor. Linux
//! only.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints its table and stops at the first surprise"
)]

#[path = "../tests/coverage/city.rs"]
#[expect(dead_code, reason = "the bench uses the well-behaved part of the doubles")]
mod city;

use std::collections::BTreeSet;
use std::time::Duration;

use city::{Dice, Manners, Venue};
use venue_sync::coverage::{EARTH_RADIUS_M, Next, Region, Rules, TileCover, distance_m, seen};
use venue_sync::model::{
    AnswerSeen, Area, AreaShape, Ask, BoundingBox, CappedSpot, Circle, Counts, KnownPlace, Position, Purpose, Ranking,
    Tile,
};

const CAP: u32 = 20;
const LARGEST_RADIUS_M: f64 = 50_000.0;

/// Ids of a free count: three pages of 20.
const COUNTS: Counts = Counts { rows_per_answer: 20, rows_per_query: 60 };

struct Row {
    name: String,
    region: Region,
    venues: Vec<Venue>,
}

/// What covering all tiles took.
#[derive(Default)]
struct Cost {
    paid: u32,
    free: u32,
    capped: Vec<CappedSpot>,
    found: BTreeSet<usize>,
    thinking: Duration,
}

fn main() {
    if std::env::args().any(|argument| argument == MEMORY) {
        return memory();
    }
    println!(
        "÷ is paid questions ÷ (venues ÷ 20); ms is thinking for each paid question; free is free ones for each paid one."
    );
    println!(
        "city                venues tiles | quadtree |     blind: ÷ ms capped |    counts: ÷ free ms |      same: ÷ ms capped |   changed: ÷ ms | unseen, all in capped spots"
    );
    // `cargo test --benches` only wants to know whether it works.
    let in_earnest = std::env::args().any(|argument| argument == "--bench");
    for row in invented().into_iter().chain(in_earnest.then(crowd)).chain(given()) {
        print(&row);
    }
    if in_earnest {
        let itself = std::env::current_exe().unwrap();
        assert!(std::process::Command::new(itself).arg(MEMORY).status().unwrap().success());
    }
}

/// Tells the bench to be the process whose memory is measured.
const MEMORY: &str = "--memory";

/// Tiles that a run has in hand at once, at most.
const IN_HAND: usize = 16;

/// The most memory that the covers of the fullest tiles of a region of a million venues take beside each other, with all that is known of
/// them; of a process that has done nothing else before.
fn memory() {
    const VENUES: u32 = 1_000_000;
    let region = Region::from_bbox(138.9, 35.2, 140.2, 36.3).unwrap();
    let tiles = region.tiles();
    let mut dice = Dice::new(7);
    let mut places: Vec<(f64, f64)> = Vec::with_capacity(VENUES as usize);
    while places.len() < VENUES as usize {
        let center = (dice.roll() * 40.0).floor();
        let spread = 0.02 + 0.01 * center;
        let (x, y) = if center < 30.0 {
            (
                0.5 + 0.45 * (center * 1.7).sin() + spread * dice.bell(),
                0.5 + 0.45 * (center * 2.9).sin() + spread * dice.bell(),
            )
        } else {
            (dice.roll(), dice.roll())
        };
        if (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y) {
            places.push((35.2 + 1.1 * y, 138.9 + 1.3 * x));
        }
    }
    let near = |tile: &Tile| -> Vec<KnownPlace> {
        let within = places.iter().filter(|(lat, lng)| is_near(tile, *lat, *lng));
        let place =
            |(lat, lng): &(f64, f64)| KnownPlace { position: Position::new(*lat, *lng).unwrap(), groups: Vec::new() };
        within.map(place).collect()
    };
    let mut by_size: Vec<(usize, Tile)> = tiles.iter().map(|tile| (near(tile).len(), *tile)).collect();
    by_size.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let manners = Manners::nearest_first(usize::try_from(CAP).unwrap());
    let rules = city::rules(&manners, Vec::new(), LARGEST_RADIUS_M);
    let before = status("VmRSS:");
    let begun = busy();
    let covers: Vec<TileCover> = by_size
        .iter()
        .take(IN_HAND)
        .map(|(_, tile)| TileCover::new(&region, *tile, rules.clone(), &near(tile)).unwrap())
        .collect();
    let known: usize = by_size.iter().take(covers.len()).map(|(count, _)| count).sum();
    println!(
        "memory: {VENUES} venues in {} tiles, the fullest {} of them in hand with {known} known venues in and about them: at most {} MiB, in {:?}",
        tiles.len(),
        covers.len(),
        status("VmHWM:").saturating_sub(before) / 1024,
        busy().saturating_sub(begun),
    );
}

/// A figure of this process, KiB.
fn status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

fn print(row: &Row) {
    let index = Index::new(&row.venues);
    let inside: BTreeSet<usize> =
        (0..row.venues.len()).filter(|venue| row.region.contains(row.venues[*venue].position)).collect();
    let least = (f64::from(u32::try_from(inside.len()).unwrap()) / f64::from(CAP)).max(1.0);
    let all: Vec<Position> = inside.iter().map(|venue| row.venues[*venue].position).collect();
    let blind = cost(row, &index, None, &[]);
    let counted = cost(row, &index, Some(COUNTS), &[]);
    let same = cost(row, &index, None, &all);
    let changed = cost(row, &index, None, &before(&all));
    let unseen = [&blind, &counted, &same, &changed].map(|cost| {
        let unseen: Vec<Position> = inside.difference(&cost.found).map(|venue| row.venues[*venue].position).collect();
        let reported = |at: &Position| cost.capped.iter().any(|spot| distance_m(spot.position, *at) <= spot.radius_m);
        assert!(unseen.iter().all(reported), "what was not seen lies in a capped spot");
        unseen.len()
    });
    let ratio = |asks: u32| f64::from(asks) / least;
    let ms = |cost: &Cost| cost.thinking.as_secs_f64() * 1e3 / f64::from(cost.paid.max(1));
    println!(
        "{:<18} {:>7} {:>5} | {:>8.2} | {:>5} {:>5.2} {:>4.1} {:>3} | {:>5} {:>5.2} {:>4.1} {:>4.1} | {:>5} {:>5.2} {:>4.1} {:>3} | {:>5} {:>5.2} {:>4.1} | {unseen:?}",
        row.name,
        inside.len(),
        row.region.tiles().len(),
        ratio(quadtree(&row.region.bounds(), &index)),
        blind.paid,
        ratio(blind.paid),
        ms(&blind),
        blind.capped.len(),
        counted.paid,
        ratio(counted.paid),
        f64::from(counted.free) / f64::from(counted.paid.max(1)),
        ms(&counted),
        same.paid,
        ratio(same.paid),
        ms(&same),
        same.capped.len(),
        changed.paid,
        ratio(changed.paid),
        ms(&changed),
    );
}

/// What was there before 5 % of the venues came and 3 % went.
fn before(now: &[Position]) -> Vec<Position> {
    let mut dice = Dice::new(99);
    let mut then = Vec::new();
    for place in now {
        if dice.roll() >= 0.05 {
            then.push(*place);
        }
        if dice.roll() < 0.03 {
            // Somewhere near another one, as venues are.
            then.push(Position::new(place.lat() + 0.0007, place.lng()).unwrap());
        }
    }
    then
}

fn cost(row: &Row, index: &Index, counts: Option<Counts>, known: &[Position]) -> Cost {
    let manners = Manners::nearest_first(usize::try_from(CAP).unwrap());
    let count_words = if counts.is_some() { city::words(1) } else { Vec::new() };
    let rules = Rules { counts, count_words, ..city::rules(&manners, Vec::new(), LARGEST_RADIUS_M) };
    let mut cost = Cost::default();
    for tile in row.region.tiles() {
        let known = around(&tile, known);
        let mut begun = busy();
        let mut cover = TileCover::new(&row.region, tile, rules.clone(), &known).unwrap();
        loop {
            let next = cover.next();
            cost.thinking += busy().saturating_sub(begun);
            let ask = match next {
                Next::Ask(ask) => ask,
                Next::Done { capped } => {
                    cost.capped.extend(capped);
                    break;
                }
            };
            let answer = if ask.purpose == Purpose::Count {
                let ids = index.count(&ask).min(COUNTS.rows_per_query);
                cost.free += ids.div_ceil(COUNTS.rows_per_answer).max(1);
                AnswerSeen { ask, rows: ids, truncated: ids >= COUNTS.rows_per_query, outermost_m: None, fresh: None }
            } else {
                let (rows, truncated) = index.answer(&ask);
                let positions: Vec<_> = rows.iter().map(|venue| Some(row.venues[*venue].position)).collect();
                cost.found.extend(rows);
                cost.paid += 1;
                seen(&ask, &positions, truncated, (AreaShape::Circle, Ranking::Distance)).unwrap()
            };
            begun = busy();
            cover.told(&answer);
        }
    }
    cost
}

/// Processor time of this thread so far, by the kernel's own figure: others may be at work on the machine. Linux only.
fn busy() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default())
}

/// What is known of a tile and of the margin that a run reads with it.
fn around(tile: &Tile, known: &[Position]) -> Vec<KnownPlace> {
    let near = known.iter().filter(|place| is_near(tile, place.lat(), place.lng()));
    near.map(|position| KnownPlace { position: *position, groups: Vec::new() }).collect()
}

/// In a tile, or no farther from it than a fifth of its size and 300 m.
fn is_near(tile: &Tile, lat: f64, lng: f64) -> bool {
    let BoundingBox { south, west, north, east } = tile.cell;
    let metres = 300.0 / 111_000.0;
    let high = 0.2 * (north - south) + metres;
    let wide = 0.2 * (east - west) + metres / south.abs().max(north.abs()).to_radians().cos();
    (south - high..=north + high).contains(&lat) && (west - wide..=east + wide).contains(&lng)
}

/// Questions that a quadtree needs: a full answer splits the cell in four.
fn quadtree(cell: &BoundingBox, index: &Index) -> u32 {
    let center = Position::new(f64::midpoint(cell.south, cell.north), f64::midpoint(cell.west, cell.east)).unwrap();
    let corners = [(cell.south, cell.west), (cell.south, cell.east), (cell.north, cell.west), (cell.north, cell.east)];
    let radius_m =
        corners.iter().map(|(lat, lng)| distance_m(center, Position::new(*lat, *lng).unwrap())).fold(0.0, f64::max);
    let ask = Ask::rows(Area::Circle(Circle { center, radius_m }), Vec::new());
    if !index.answer(&ask).1 || radius_m < 1.0 {
        return 1;
    }
    1 + quarters(cell).iter().map(|quarter| quadtree(quarter, index)).sum::<u32>()
}

fn quarters(cell: &BoundingBox) -> [BoundingBox; 4] {
    let (lat, lng) = (f64::midpoint(cell.south, cell.north), f64::midpoint(cell.west, cell.east));
    [
        BoundingBox { north: lat, east: lng, ..*cell },
        BoundingBox { north: lat, west: lng, ..*cell },
        BoundingBox { south: lat, east: lng, ..*cell },
        BoundingBox { south: lat, west: lng, ..*cell },
    ]
}

/// Venues by latitude, so that the double answers fast.
struct Index<'a> {
    venues: &'a [Venue],
    by_lat: Vec<(f64, usize)>,
}

impl<'a> Index<'a> {
    fn new(venues: &'a [Venue]) -> Self {
        let mut by_lat: Vec<_> =
            venues.iter().enumerate().map(|(index, venue)| (venue.position.lat(), index)).collect();
        by_lat.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { venues, by_lat }
    }

    /// Venues in a box.
    fn count(&self, ask: &Ask) -> u32 {
        let Area::Rectangle(cell) = ask.area else { panic!("only boxes are counted") };
        let from = self.by_lat.partition_point(|(lat, _)| *lat < cell.south);
        let to = self.by_lat.partition_point(|(lat, _)| *lat <= cell.north);
        let lng = |index: usize| self.venues[index].position.lng();
        let inside = self.by_lat[from..to].iter().filter(|(_, index)| (cell.west..=cell.east).contains(&lng(*index)));
        u32::try_from(inside.count()).unwrap()
    }

    fn answer(&self, ask: &Ask) -> (Vec<usize>, bool) {
        let Area::Circle(Circle { center, radius_m }) = ask.area else { panic!("only circles are paid for") };
        let cap = usize::try_from(CAP).unwrap();
        let reach = (radius_m / EARTH_RADIUS_M).to_degrees() * 1.001;
        let from = self.by_lat.partition_point(|(lat, _)| *lat < center.lat() - reach);
        let to = self.by_lat.partition_point(|(lat, _)| *lat <= center.lat() + reach);
        let mut inside: Vec<(f64, usize)> = self.by_lat[from..to]
            .iter()
            .map(|(_, index)| (distance_m(center, self.venues[*index].position), *index))
            .filter(|(metres, _)| *metres <= radius_m)
            .collect();
        inside.sort_by(|a, b| a.0.total_cmp(&b.0));
        let truncated = inside.len() >= cap;
        inside.truncate(cap);
        (inside.into_iter().map(|(_, index)| index).collect(), truncated)
    }
}

const WEST: f64 = 4.80;
const SOUTH: f64 = 52.30;
const WIDTH: f64 = 0.20;
const HEIGHT: f64 = 0.12;

fn row(name: &str, part: f64, venues: Vec<Venue>) -> Row {
    let region = Region::from_bbox(WEST, SOUTH, WEST + WIDTH * part, SOUTH + HEIGHT * part).unwrap();
    Row { name: name.to_owned(), region, venues }
}

fn scatter(seed: u64, count: usize, draw: fn(&mut Dice) -> (f64, f64)) -> Vec<Venue> {
    let mut dice = Dice::new(seed);
    let mut venues = Vec::with_capacity(count);
    while venues.len() < count {
        let (x, y) = draw(&mut dice);
        if (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y) {
            venues.push(Venue { position: Position::new(SOUTH + y * HEIGHT, WEST + x * WIDTH).unwrap(), word: 0 });
        }
    }
    venues
}

/// More venues in a tile than are covered at once.
fn crowd() -> Row {
    row("crowd, 1/4 side", 0.25, scatter(8, 80_000, |dice| (0.3 * dice.roll(), 0.3 * dice.roll())))
}

fn invented() -> Vec<Row> {
    let uniform = |dice: &mut Dice| (dice.roll(), dice.roll());
    let clustered = |dice: &mut Dice| {
        let center = (dice.roll() * 12.0).floor();
        let spread = 0.01 + 0.008 * center;
        let at = |turn: f64| 0.5 + 0.4 * (center * turn).sin();
        (at(1.7) + spread * dice.bell(), at(2.9) + spread * dice.bell())
    };
    let stacks = |dice: &mut Dice| {
        let at = (dice.roll() * 40.0).floor();
        if at < 20.0 { (dice.roll(), dice.roll()) } else { ((at * 0.618).fract(), (at * 0.414).fract()) }
    };
    let lines = |dice: &mut Dice| {
        let (street, along) = ((dice.roll() * 15.0).floor(), dice.roll());
        if street < 8.0 { (along, (street + 0.5) / 8.0) } else { ((street - 7.5) / 7.0, along) }
    };
    vec![
        row("uniform", 1.0, scatter(1, 8000, uniform)),
        row("uniform, sparse", 1.0, scatter(2, 400, uniform)),
        row("clustered", 1.0, scatter(3, 8000, clustered)),
        row("stacks", 1.0, scatter(4, 1000, stacks)),
        row("lines", 1.0, scatter(5, 4000, lines)),
        row("uniform, 1/4 side", 0.25, scatter(6, 8000, uniform)),
        row("empty", 1.0, Vec::new()),
    ]
}

/// The positions of a file, in their own bounding box.
fn given() -> Vec<Row> {
    let read = |path: String| {
        let text = std::fs::read_to_string(&path).unwrap();
        let venues: Vec<Venue> = text
            .lines()
            .filter_map(|line| {
                let mut numbers = line.split(',').map(|field| field.trim().parse::<f64>());
                let (lat, lng) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
                Some(Venue { position: Position::new(lat, lng).ok()?, word: 0 })
            })
            .collect();
        let edge =
            |pick: fn(&Venue) -> f64, choose: fn(f64, f64) -> f64| venues.iter().map(pick).reduce(choose).unwrap();
        let lat = |venue: &Venue| venue.position.lat();
        let lng = |venue: &Venue| venue.position.lng();
        let region =
            Region::from_bbox(edge(lng, f64::min), edge(lat, f64::min), edge(lng, f64::max), edge(lat, f64::max))
                .unwrap();
        Row { name: "given".to_owned(), region, venues }
    };
    std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).map(read).collect()
}

//! What covering a city costs: questions as a multiple of venues ÷ 20, beside a plain quadtree of circumscribed circles in
//! the same run. `cargo bench --bench coverage`; with `-- FILE.csv` (lines `lat,lng,…`) also for positions of your own.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints its table and stops at the first surprise"
)]

#[path = "../tests/coverage/city.rs"]
#[expect(dead_code, reason = "the bench uses the well-behaved part of the doubles")]
mod city;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use city::{Dice, Manners, Venue};
use venue_sync::coverage::{EARTH_RADIUS_M, Next, Region, TileCover, distance_m, seen};
use venue_sync::model::{Area, AreaShape, Ask, BoundingBox, Circle, Position, Ranking};

const CAP: u32 = 20;
const LARGEST_RADIUS_M: f64 = 50_000.0;

struct Row {
    name: String,
    region: Region,
    venues: Vec<Venue>,
}

fn main() {
    println!("city                venues  tiles |  asked ÷(v/20) capped unseen  µs/ask |  quadtree ÷(v/20)");
    for row in invented().into_iter().chain(given()) {
        print(&row);
    }
}

fn print(row: &Row) {
    let manners = Manners::nearest_first(usize::try_from(CAP).unwrap());
    let index = Index::new(&row.venues);
    let inside: BTreeSet<usize> =
        (0..row.venues.len()).filter(|venue| row.region.contains(row.venues[*venue].position)).collect();
    let least = f64::from(u32::try_from(inside.len()).unwrap()) / f64::from(CAP);
    let mut free = 0_usize;
    let (mut asks, mut capped, mut found, mut thinking) = (0_u32, 0, BTreeSet::new(), Duration::ZERO);
    for tile in row.region.tiles() {
        let mut rules = city::rules(&manners, Vec::new(), LARGEST_RADIUS_M);
        if std::env::var_os("COUNTS").is_some() {
            rules.counts = Some(venue_sync::model::Counts { rows_per_answer: 20, rows_per_query: 60 });
            rules.count_words = vec!["word0".to_owned()];
        }
        let mut begun = Instant::now();
        let known: Vec<venue_sync::model::KnownPlace> = if std::env::var_os("KNOWN").is_some() {
            let c = &tile.cell;
            let (h, w) = (c.north - c.south, c.east - c.west);
            let mut dice = Dice::new(99);
            let changed = std::env::var_os("CHANGED").is_some();
            row.venues
                .iter()
                .chain(
                    row.venues
                        .iter()
                        .filter(|_| dice.roll() < if changed { 0.03 } else { 0.0 })
                        .map(|v| Venue {
                            position: Position::new(v.position.lat() + 0.0007, v.position.lng()).unwrap(),
                            word: 0,
                        })
                        .collect::<Vec<_>>()
                        .iter(),
                )
                .enumerate()
                .filter(|(i, _)| !changed || i % 20 != 7)
                .map(|(_, v)| v)
                .filter(|v| {
                    let p = v.position;
                    p.lat() > c.south - h && p.lat() < c.north + h && p.lng() > c.west - w && p.lng() < c.east + w
                })
                .map(|v| venue_sync::model::KnownPlace { position: v.position, groups: vec![] })
                .collect()
        } else {
            vec![]
        };
        let mut cover = TileCover::new(&row.region, tile, rules, &known).unwrap();
        loop {
            let next = cover.next();
            thinking += begun.elapsed();
            let ask = match next {
                Next::Ask(ask) => ask,
                Next::Done { capped: spots } => {
                    capped += spots.len();
                    break;
                }
            };
            if let Area::Rectangle(c) = ask.area {
                let n = row
                    .venues
                    .iter()
                    .filter(|v| {
                        let p = v.position;
                        p.lat() >= c.south && p.lat() <= c.north && p.lng() >= c.west && p.lng() <= c.east
                    })
                    .count()
                    .min(60);
                free += n.div_ceil(20).max(1);
                begun = Instant::now();
                cover.told(&seen(&ask, &vec![None; n], n >= 60, (AreaShape::Circle, Ranking::Distance)).unwrap());
                continue;
            }
            let (rows, truncated) = index.answer(&ask);
            let positions: Vec<_> = rows.iter().map(|venue| Some(row.venues[*venue].position)).collect();
            found.extend(rows);
            asks += 1;
            begun = Instant::now();
            cover.told(&seen(&ask, &positions, truncated, (AreaShape::Circle, Ranking::Distance)).unwrap());
        }
    }
    let quadtree = quadtree(&row.region.bounds(), &index);
    let missed = inside.difference(&found).count();
    println!(
        "{:<18} {:>7} {:>6} | {asks:>6} {:>8.2} {capped:>6} {missed:>6} {:>7.0} | {quadtree:>9} {:>7.2} free {free}",
        row.name,
        inside.len(),
        row.region.tiles().len(),
        f64::from(asks) / least.max(1.0),
        thinking.as_secs_f64() * 1e6 / f64::from(asks.max(1)),
        f64::from(quadtree) / least.max(1.0),
    );
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

    fn answer(&self, ask: &Ask) -> (Vec<usize>, bool) {
        let Area::Circle(Circle { center, radius_m }) = ask.area else { panic!("only circles are asked") };
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

fn invented() -> Vec<Row> {
    let box_of = |part: f64| Region::from_bbox(WEST, SOUTH, WEST + WIDTH * part, SOUTH + HEIGHT * part).unwrap();
    let scatter = |seed: u64, count: usize, draw: fn(&mut Dice) -> (f64, f64)| {
        let mut dice = Dice::new(seed);
        let mut venues = Vec::with_capacity(count);
        while venues.len() < count {
            let (x, y) = draw(&mut dice);
            if (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y) {
                venues.push(Venue { position: Position::new(SOUTH + y * HEIGHT, WEST + x * WIDTH).unwrap(), word: 0 });
            }
        }
        venues
    };
    let row = |name: &str, part: f64, venues: Vec<Venue>| Row { name: name.to_owned(), region: box_of(part), venues };
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

//! What covering a city by counted strips costs: paid pages as a multiple of venues ÷ 20, and the free ones, on a first run, on a next
//! one when nothing changed, and on a next one when 5 % of the venues are new and 3 % are gone. `cargo bench --bench coverage_text`; with
//! `-- FILE.csv` (lines `lat,lng,…`) also for positions of your own.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints its table and stops at the first surprise"
)]

#[path = "../tests/coverage/city.rs"]
#[expect(dead_code, reason = "the bench uses the well-behaved part of the doubles")]
mod city;
#[path = "../tests/coverage/paged.rs"]
#[expect(dead_code, reason = "the bench counts truly")]
mod paged;

use std::fmt::Write;
use std::time::Duration;

use city::{Dice, Venue};
use paged::{Desk, rules};
use venue_sync::coverage::Region;
use venue_sync::model::{KnownPlace, Position};

struct City {
    name: String,
    region: Region,
    venues: Vec<Venue>,
}

fn main() {
    println!(
        "                    | first run                     | next run, nothing changed     | next run, 5 % new, 3 % gone"
    );
    println!(
        "city         venues | paid÷(v/20) free÷paid  unseen | paid÷(v/20) free÷paid  unseen | paid÷(v/20) free÷paid  unseen  µs/ask"
    );
    for city in invented().into_iter().chain(given()) {
        print_row(&city);
    }
}

fn print_row(city: &City) {
    let changed = changed(city);
    let mut line = format!("{:<12} {:>7} |", city.name, inside(city, &city.venues).count());
    let mut thinking = Duration::ZERO;
    let mut asks = 0;
    for (venues, known) in
        [(&city.venues, Vec::new()), (&city.venues, known(&city.venues)), (&changed, known(&city.venues))]
    {
        let desk = Desk::new(venues);
        let bill = desk.cover(&city.region, &rules(1), &known);
        let (least, unseen) = inside(city, venues).fold((0.0, 0), |(least, unseen), venue| {
            (least + 1.0 / 20.0, unseen + u32::from(!bill.returned.contains(&venue)))
        });
        let (paid, free) = (f64::from(bill.paid), f64::from(bill.free));
        write!(line, " {:>10.3} {:>9.2} {unseen:>8} |", paid / least, free / paid).unwrap();
        thinking += bill.thinking;
        asks += bill.asks;
    }
    println!("{line} {:>6.0}", thinking.as_secs_f64() * 1e6 / f64::from(asks));
}

fn known(venues: &[Venue]) -> Vec<KnownPlace> {
    venues.iter().map(|venue| KnownPlace { position: venue.position, groups: vec![0] }).collect()
}

/// 3 % of the venues are gone; 5 % are new, each near one that was there.
fn changed(city: &City) -> Vec<Venue> {
    let mut dice = Dice::new(97);
    let mut venues: Vec<Venue> = city.venues.iter().copied().filter(|_| dice.roll() >= 0.03).collect();
    for venue in &city.venues {
        if dice.roll() < 0.05 {
            let (lat, lng) = (venue.position.lat() + 0.001 * dice.bell(), venue.position.lng() + 0.001 * dice.bell());
            venues.push(Venue { position: Position::new(lat, lng).unwrap(), word: 0 });
        }
    }
    venues
}

/// The venues of the region.
fn inside(city: &City, venues: &[Venue]) -> impl Iterator<Item = usize> {
    (0..venues.len()).filter(|venue| city.region.contains(venues[*venue].position))
}

const WEST: f64 = 4.70;
const SOUTH: f64 = 52.25;
const WIDTH: f64 = 0.40;
const HEIGHT: f64 = 0.24;

fn invented() -> Vec<City> {
    let scatter = |name: &str, seed: u64, count: usize, draw: fn(&mut Dice) -> (f64, f64)| {
        let mut dice = Dice::new(seed);
        let mut venues = Vec::with_capacity(count);
        while venues.len() < count {
            let (x, y) = draw(&mut dice);
            if (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y) {
                venues.push(Venue { position: Position::new(SOUTH + y * HEIGHT, WEST + x * WIDTH).unwrap(), word: 0 });
            }
        }
        let region = Region::from_bbox(WEST, SOUTH, WEST + WIDTH, SOUTH + HEIGHT).unwrap();
        City { name: name.to_owned(), region, venues }
    };
    // The region is a disk in a city that goes on around it.
    let disk = |name: &str, radius_m: f64, city: City| {
        let center = Position::new(SOUTH + HEIGHT / 2.0, WEST + WIDTH / 2.0).unwrap();
        City { name: name.to_owned(), region: Region::from_circle(center, radius_m).unwrap(), ..city }
    };
    // A border as rivers and coasts draw it.
    let drawn = |name: &str, corners: u32, city: City| {
        let corner = |number: u32| {
            let turn = std::f64::consts::TAU * f64::from(number % corners) / f64::from(corners);
            let out = 0.4 + 0.05 * (7.0 * turn).sin() + 0.01 * (97.0 * turn).sin();
            let (lng, lat) = (WEST + WIDTH * (0.5 + out * turn.cos()), SOUTH + HEIGHT * (0.5 + out * turn.sin()));
            format!("[{lng},{lat}]")
        };
        let ring: Vec<String> = (0..=corners).map(corner).collect();
        let text = format!(r#"{{"type":"Polygon","coordinates":[[{}]]}}"#, ring.join(","));
        City { name: name.to_owned(), region: Region::from_geojson(&text).unwrap(), ..city }
    };
    let uniform: fn(&mut Dice) -> (f64, f64) = |dice| (dice.roll(), dice.roll());
    vec![
        disk("disk, 12 km", 12_000.0, scatter("", 6, 16_000, uniform)),
        disk("disk, 2 km", 2_000.0, scatter("", 7, 60_000, uniform)),
        drawn("drawn", 10_000, scatter("", 8, 16_000, uniform)),
        scatter("uniform", 1, 16_000, uniform),
        scatter("clustered", 3, 16_000, |dice| {
            let center = (dice.roll() * 12.0).floor();
            let spread = 0.01 + 0.008 * center;
            let at = |turn: f64| 0.5 + 0.4 * (center * turn).sin();
            (at(1.7) + spread * dice.bell(), at(2.9) + spread * dice.bell())
        }),
        scatter("lines", 5, 16_000, |dice| {
            let (street, along) = ((dice.roll() * 15.0).floor(), dice.roll());
            if street < 8.0 { (along, (street + 0.5) / 8.0) } else { ((street - 7.5) / 7.0, along) }
        }),
    ]
}

/// The positions of a file, in their own bounding box.
fn given() -> Vec<City> {
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
        City { name: "given".to_owned(), region, venues }
    };
    std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).map(read).collect()
}

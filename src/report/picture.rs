//! How a region was covered, as a drawing: SVG that stands by itself.

use std::fmt::Write as _;

use super::words::{count, grouped};
use crate::model::{Area, AskedArea, BoundingBox, Picture, Position};

/// Pixels of the longer side of the map.
const LONG_SIDE: f64 = 1_000.0;
/// Pixels round the map.
const MARGIN: f64 = 24.0;
/// Pixels above the map for the title, and below it for the legend and the scale.
const TITLE: f64 = 44.0;
const LEGEND: f64 = 92.0;
/// The map is never narrower than the legend.
const LEAST_WIDTH: f64 = 640.0;

const METRES_PER_DEGREE: f64 = 111_195.08;

/// The whole file.
pub fn picture(picture: &Picture) -> String {
    let sheet = Sheet::of(picture);
    let mut svg = String::new();
    let (width, height) = (sheet.width + 2.0 * MARGIN, sheet.height + TITLE + LEGEND);
    let title = escaped(&format!("{} from {}", picture.region, picture.provider));
    // Writing to a String cannot fail.
    write!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}" font-family="system-ui, sans-serif" font-size="13" fill="#222">
<title>{title}</title>
<style>
.tile {{ fill: none; stroke: #55595f; stroke-width: 1.2; stroke-dasharray: 5 3 }}
.open {{ fill: #e8a33d; fill-opacity: 0.18 }}
.whole {{ fill: #2f6fb0; fill-opacity: 0.10; stroke: #2f6fb0; stroke-width: 0.7; stroke-opacity: 0.75 }}
.part {{ fill: none; stroke: #2f6fb0; stroke-width: 0.6; stroke-opacity: 0.35; stroke-dasharray: 2 2 }}
.count {{ fill: none; stroke: #7a5aa6; stroke-width: 0.5; stroke-opacity: 0.5 }}
.region {{ fill: #f4f1ea; stroke: #222; stroke-width: 1.8; fill-rule: evenodd }}
.edge {{ fill: none; stroke: #222; stroke-width: 1.8 }}
.venue {{ stroke: #1d7a46; stroke-width: 2.6; stroke-linecap: round; fill: none }}
.capped {{ fill: none; stroke: #c8242b; stroke-width: 2.2 }}
</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="{MARGIN}" y="28" font-size="17" font-weight="600">{title}</text>
<text x="{right:.0}" y="28" text-anchor="end" fill="#555">{begun}</text>
<svg x="{MARGIN}" y="{TITLE}" width="{map_width:.1}" height="{map_height:.1}" viewBox="0 0 {map_width:.1} {map_height:.1}">
"##,
        right = width - MARGIN,
        begun = escaped(&picture.begun),
        map_width = sheet.width,
        map_height = sheet.height,
    )
    .ok();
    let rings = sheet.rings(&picture.outline);
    push(&mut svg, &format!(r#"<path class="region" d="{rings}"/>"#));
    for tile in &picture.tiles {
        let class = if tile.complete { "tile" } else { "tile open" };
        push(&mut svg, &sheet.rectangle(&tile.cell, class));
    }
    for asked in &picture.asked {
        sheet.asked(&mut svg, asked);
    }
    let dots: String = picture.venues.iter().map(|place| sheet.dot(*place)).collect();
    push(&mut svg, &format!(r#"<path class="venue" d="{dots}"/>"#));
    push(&mut svg, &format!(r#"<path class="edge" d="{rings}"/>"#));
    for spot in &picture.capped {
        let (x, y) = sheet.point(spot.position);
        let radius = sheet.pixels(spot.radius_m).max(6.0);
        let words = escaped(&spot.words.join(", "));
        push(
            &mut svg,
            &format!(
                r#"<circle class="capped" cx="{x:.1}" cy="{y:.1}" r="{radius:.1}"><title>{words}</title></circle>"#
            ),
        );
    }
    svg.push_str("</svg>\n");
    legend(&mut svg, picture, &sheet);
    svg.push_str("</svg>\n");
    svg
}

/// Where the map is on the sheet: degrees to pixels, the middle latitude true.
struct Sheet {
    west: f64,
    north: f64,
    /// Pixels of a degree.
    across: f64,
    down: f64,
    width: f64,
    height: f64,
}

impl Sheet {
    fn of(picture: &Picture) -> Self {
        let places = || picture.outline.iter().flatten();
        let first = places().next().map_or(0.0, |place| place.lng());
        let (mut west, mut east, mut south, mut north) = (f64::MAX, f64::MIN, f64::MAX, f64::MIN);
        for place in places() {
            let lng = near(place.lng(), first);
            (west, east) = (west.min(lng), east.max(lng));
            (south, north) = (south.min(place.lat()), north.max(place.lat()));
        }
        if west > east {
            (west, east, south, north) = (-180.0, 180.0, -90.0, 90.0);
        }
        let squeezed = f64::midpoint(south, north).to_radians().cos().max(0.01);
        // Some ground beyond the borders: circles reach over them.
        let (high, wide) = ((north - south) * 0.04, (east - west) * 0.04);
        (west, east, south, north) = (west - wide, east + wide, south - high, north + high);
        let (ground_width, ground_height) = ((east - west) * squeezed, north - south);
        let scale = LONG_SIDE / ground_width.max(ground_height).max(1e-9);
        let width = (ground_width * scale).max(LEAST_WIDTH);
        // A narrow region stands in the middle.
        let west = west - (width / scale / squeezed - (east - west)) / 2.0;
        Self { west, north, across: scale * squeezed, down: scale, width, height: ground_height * scale }
    }

    fn point(&self, place: Position) -> (f64, f64) {
        let middle = self.west + self.width / self.across / 2.0;
        ((near(place.lng(), middle) - self.west) * self.across, (self.north - place.lat()) * self.down)
    }

    /// Pixels of so many metres.
    fn pixels(&self, metres: f64) -> f64 {
        metres / METRES_PER_DEGREE * self.down
    }

    fn rings(&self, rings: &[Vec<Position>]) -> String {
        let mut path = String::new();
        for ring in rings {
            for (corner, place) in ring.iter().enumerate() {
                let (x, y) = self.point(*place);
                let command = if corner == 0 { 'M' } else { 'L' };
                write!(path, "{command}{x:.1} {y:.1}").ok();
            }
            path.push('Z');
        }
        path
    }

    fn dot(&self, place: Position) -> String {
        let (x, y) = self.point(place);
        format!("M{x:.1} {y:.1}h0")
    }

    fn rectangle(&self, cell: &BoundingBox, class: &str) -> String {
        let corner = |lat, lng| Position::new(lat, lng).map_or((0.0, 0.0), |place| self.point(place));
        let ((x, y), (_, bottom)) = (corner(cell.north, cell.west), corner(cell.south, cell.west));
        let wide = if cell.west > cell.east { cell.east - cell.west + 360.0 } else { cell.east - cell.west };
        let (width, height) = (wide * self.across, bottom - y);
        format!(r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}"/>"#)
    }

    /// What was asked, drawn as it proved something: a circle's asked radius only where it proved all.
    fn asked(&self, svg: &mut String, asked: &AskedArea) {
        match asked.area {
            Area::Rectangle(cell) => {
                let class = match (asked.free, asked.certified_m) {
                    (true, _) => "count",
                    (false, None) => "whole",
                    (false, Some(_)) => "part",
                };
                push(svg, &self.rectangle(&cell, class));
            }
            Area::Circle(circle) => {
                let (x, y) = self.point(circle.center);
                let (class, radius_m) = match asked.certified_m {
                    None => ("whole", circle.radius_m),
                    Some(certified) if certified > 0.0 => ("whole", certified),
                    Some(_) => ("part", circle.radius_m),
                };
                let radius = self.pixels(radius_m);
                push(svg, &format!(r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="{radius:.1}"/>"#));
            }
        }
    }

    /// A round number of metres that is about a fifth of the map.
    fn scale_m(&self) -> f64 {
        let fifth = self.width / 5.0 / self.down * METRES_PER_DEGREE;
        let power = 10_f64.powf(fifth.max(1.0).log10().floor());
        [5.0, 2.0, 1.0].into_iter().map(|times| times * power).find(|metres| *metres <= fifth).unwrap_or(power)
    }
}

/// The same longitude, less than half a turn away from another.
fn near(lng: f64, other: f64) -> f64 {
    other + (lng - other + 540.0).rem_euclid(360.0) - 180.0
}

fn legend(svg: &mut String, picture: &Picture, sheet: &Sheet) {
    let top = sheet.height + TITLE + 24.0;
    let many = |some: usize| u64::try_from(some).unwrap_or(u64::MAX);
    let paid = picture.asked.iter().filter(|asked| !asked.free);
    let (whole, part): (Vec<&AskedArea>, Vec<&AskedArea>) =
        paid.partition(|asked| asked.certified_m.is_none_or(|metres| metres > 0.0));
    let counted = picture.asked.len() - whole.len() - part.len();
    let open = picture.tiles.iter().filter(|tile| !tile.complete).count();
    let venues = match picture.all_venues {
        all if all > many(picture.venues.len()) => {
            format!("{} of {} venues", grouped(many(picture.venues.len())), grouped(all))
        }
        all => count(all, "venue", "venues"),
    };
    let entries = [
        ("whole", count(many(whole.len()), "certified area", "certified areas"), true),
        ("part", format!("{} that proved nothing", count(many(part.len()), "question", "questions")), !part.is_empty()),
        ("count", format!("{} for nothing", count(many(counted), "count", "counts")), counted > 0),
        ("tile", count(many(picture.tiles.len()), "tile", "tiles"), true),
        ("tile open", format!("{} not done", count(many(open), "tile", "tiles")), open > 0),
        ("venue", venues, true),
        ("capped", count(many(picture.capped.len()), "capped spot", "capped spots"), !picture.capped.is_empty()),
    ];
    let (mut x, mut y) = (MARGIN, top);
    for (class, words, shown) in entries {
        if !shown {
            continue;
        }
        // Seven pixels a letter, and the sign.
        let wide = 7.0 * f64::from(u32::try_from(words.chars().count()).unwrap_or(0)) + 46.0;
        if x + wide > sheet.width + MARGIN {
            (x, y) = (MARGIN, y + 22.0);
        }
        let sign = match class {
            "venue" => format!(r#"<path class="venue" d="M{:.1} {:.1}h0"/>"#, x + 9.0, y - 4.0),
            "capped" => format!(r#"<circle class="capped" cx="{:.1}" cy="{:.1}" r="6"/>"#, x + 9.0, y - 4.0),
            _ => format!(r#"<rect class="{class}" x="{x:.1}" y="{:.1}" width="18" height="12"/>"#, y - 10.0),
        };
        push(svg, &sign);
        push(svg, &format!(r#"<text x="{:.1}" y="{y:.1}">{words}</text>"#, x + 25.0));
        x += wide;
    }
    let metres = sheet.scale_m();
    let long = sheet.pixels(metres);
    let words = if metres >= 1_000.0 { format!("{} km", metres / 1_000.0) } else { format!("{metres} m") };
    let (y, from) = (top + 48.0, MARGIN);
    let to = from + long;
    push(
        svg,
        &format!(
            r##"<path d="M{from:.1} {up:.1}V{y:.1}H{to:.1}V{up:.1}" fill="none" stroke="#222" stroke-width="1.5"/>"##,
            up = y - 7.0
        ),
    );
    push(svg, &format!(r#"<text x="{:.1}" y="{:.1}">{words}</text>"#, to + 8.0, y + 1.0));
}

fn push(svg: &mut String, element: &str) {
    svg.push_str(element);
    svg.push('\n');
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CappedSpot, Circle, DrawnTile};

    fn place(lat: f64, lng: f64) -> Position {
        Position::new(lat, lng).unwrap()
    }

    fn example() -> Picture {
        let cell = BoundingBox { south: 38.70, west: -9.15, north: 38.72, east: -9.12 };
        let circle = |certified_m| AskedArea {
            area: Area::Circle(Circle { center: place(38.71, -9.135), radius_m: 800.0 }),
            certified_m,
            free: false,
        };
        Picture {
            region: "a < b & c".to_owned(),
            provider: "google".to_owned(),
            outline: vec![vec![place(38.70, -9.15), place(38.70, -9.12), place(38.72, -9.12), place(38.72, -9.15)]],
            tiles: vec![DrawnTile { cell, complete: true }],
            asked: vec![circle(None), circle(Some(250.0)), circle(Some(0.0))],
            capped: vec![CappedSpot {
                position: place(38.71, -9.13),
                radius_m: 2.0,
                seen: 20,
                words: vec!["cafe".to_owned()],
            }],
            venues: vec![place(38.71, -9.13), place(38.715, -9.14)],
            all_venues: 12_000,
            begun: "run of 2026-11-27".to_owned(),
        }
    }

    #[test]
    fn everything_is_drawn_once_and_named_in_the_legend() {
        let svg = picture(&example());
        for (what, times) in [
            (r#"<rect class="tile""#, 2),
            (r#"<circle class="whole""#, 2),
            (r#"<circle class="part""#, 1),
            (r#"<circle class="capped""#, 2),
            ("h0M", 1),
        ] {
            assert_eq!(svg.matches(what).count(), times, "{what}\n{svg}");
        }
        for words in ["2 certified areas", "1 question that proved nothing", "1 tile", "2 of 12,000 venues", "500 m"] {
            assert!(svg.contains(words), "{words}\n{svg}");
        }
        assert!(svg.contains("a &lt; b &amp; c from google") && !svg.contains("href"), "it stands by itself");
    }

    #[test]
    fn distances_are_true_and_north_is_up() {
        let sheet = Sheet::of(&example());
        let ((west, _), (east, _)) = (sheet.point(place(38.71, -9.15)), sheet.point(place(38.71, -9.12)));
        let metres = 0.03 * METRES_PER_DEGREE * 38.71_f64.to_radians().cos();
        assert!((east - west - sheet.pixels(metres)).abs() < 0.5, "{west} {east}");
        assert!(sheet.point(place(38.72, -9.13)).1 < sheet.point(place(38.70, -9.13)).1);
    }

    #[test]
    fn a_region_over_the_antimeridian_is_drawn_in_one_piece() {
        let outline = vec![vec![place(-17.0, 179.9), place(-17.0, -179.8), place(-16.8, -179.8), place(-16.8, 179.9)]];
        let sheet = Sheet::of(&Picture { outline, ..Picture::default() });
        let (x, _) = sheet.point(place(-16.9, -179.9));
        assert!((0.0..sheet.width).contains(&x), "{x} of {}", sheet.width);
        assert!(sheet.width < 1_100.0);
    }
}

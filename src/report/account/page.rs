//! The report as a page that stands by itself: nothing is fetched, from nowhere.

use std::fmt::Write as _;

use askama::Template;

use super::chapters::sheet;
use super::map;
use super::sheet::{Block, Curve, Sheet};
use super::stock::Stock;
use super::wording::percent;
use crate::model::{AskedGround, RunAccount};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What goes round the report.
#[derive(Debug, Clone, Copy)]
pub struct PageFrame<'a> {
    /// The words that the provider wants beside its data.
    pub attribution: Option<&'a str>,
    /// When the page is made.
    pub made: &'a str,
    /// By what.
    pub made_by: &'a str,
    /// Drawn anew for every page, from letters and digits: a script that does not name it is not run.
    pub nonce: &'a str,
}

#[derive(Template)]
#[template(path = "page.html", config = "src/report/account/askama.toml")]
struct Page<'a> {
    sheet: &'a Sheet,
    frame: PageFrame<'a>,
    style: &'static str,
    script: &'static str,
    data: &'a str,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The map's data.
    #[error("the map's data cannot be written")]
    Data(#[from] serde_json::Error),
    /// The template.
    #[error("the page cannot be written")]
    Template(#[from] askama::Error),
}

/// The whole file.
pub fn page(
    account: &RunAccount,
    ground: &AskedGround,
    stock: &Stock,
    frame: PageFrame<'_>,
) -> Result<String, PageError> {
    let data = map::data(account, ground, stock)?;
    let sheet = sheet(account, stock, Some(map::said(account, ground, stock)));
    Ok(Page { sheet: &sheet, frame, style: STYLE, script: SCRIPT, data: &data }.render()?)
}

/// A curve's line, in a box of 300 by 80.
fn line(curve: &Curve) -> String {
    let mut path = String::new();
    for (place, (x, y)) in curve.points.iter().enumerate() {
        let command = if place == 0 { 'M' } else { 'L' };
        // Writing to a String cannot fail.
        write!(path, "{command}{:.1} {:.1}", x * 300.0, 80.0 - y * 78.0).ok();
    }
    path
}

/// The ground below a curve's line.
fn below(curve: &Curve) -> String {
    let end = curve.points.last().map_or(0.0, |(x, _)| x * 300.0);
    format!("{}L{end:.1} 80L0 80Z", line(curve))
}

fn short(day: &str) -> &str {
    day.get(..2).unwrap_or(day)
}

fn two_digits(hour: usize) -> String {
    format!("{hour:02}")
}

fn length(share: Option<f64>) -> String {
    format!("{:.1}", share.unwrap_or(0.0) * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::account::example;

    const FRAME: PageFrame<'_> = PageFrame {
        attribution: Some("Google Maps <& others>"),
        made: "2026-07-02 08:00 UTC",
        made_by: "venues 0.1.0",
        nonce: "n0nce",
    };

    fn made() -> String {
        let account = example::account();
        let stock = example::stock(&account);
        page(&account, &AskedGround::default(), &stock, FRAME).unwrap()
    }

    #[test]
    fn nothing_foreign_becomes_markup() {
        let page = made();
        assert!(!page.contains("<script>alert"), "a venue's name ended the data");
        assert!(!page.contains("ChIJx: </script>"), "a reject's detail is markup");
        assert!(page.contains("ChIJx: &#60;/script&#62;&#60;script&#62;alert(1)"), "it is there as text");
        assert!(page.contains("Google Maps &#60;&#38; others&#62;"));
        assert_eq!(page.matches("<script").count(), 2, "the data and the program");
        assert_eq!(page.matches("</script").count(), 2);
    }

    #[test]
    fn nothing_is_fetched_and_nothing_may_be() {
        let page = made();
        let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-n0nce'; img-src data:; base-uri 'none'; form-action 'none'";
        assert!(page.contains(policy), "the policy of the page");
        for way_out in ["http://", "src=", "stylesheet", "@import", "url(", "fetch(", "XMLHttpRequest", "sendBeacon"] {
            assert!(!page.contains(way_out), "{way_out}");
        }
    }

    #[test]
    fn it_is_read_without_seeing_it() {
        let page = made();
        for said in [
            "<html lang=\"en\">",
            "<title>lisbon from google",
            "<a class=\"skip\" href=\"#main\">",
            "<main id=\"main\"",
            "aria-labelledby=\"h-map\"",
            "role=\"application\"",
            "aria-live=\"polite\"",
            "<th scope=\"col\"",
            "<th scope=\"row\"",
            "<noscript>",
        ] {
            assert!(page.contains(said), "{said}");
        }
        assert_eq!(page.matches("<table").count(), page.matches("<caption").count(), "every table has its caption");
        assert!(page.contains("The region lisbon, in 0 tiles"), "the map in words");
    }
}

//! All that is known of one run: a page that stands by itself, Markdown, or JSON.

mod chapters;
#[cfg(test)]
mod example;
mod map;
mod markdown;
mod outcome;
mod page;
mod sheet;
mod stock;
mod wording;

pub use page::{PageError, PageFrame, page};
pub use stock::Stock;

use serde::Serialize;

use crate::model::RunAccount;

/// For a reader of Markdown, or a person at a terminal.
pub fn markdown(account: &RunAccount, stock: &Stock, attribution: Option<&str>) -> String {
    markdown::markdown(&chapters::sheet(account, stock, None), attribution)
}

/// For a program: one line, without its end.
pub fn json(account: &RunAccount, stock: &Stock, attribution: Option<&str>) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Line<'a> {
        run: &'a RunAccount,
        stored: &'a Stock,
        attribution: Option<&'a str>,
    }
    serde_json::to_string(&Line { run: account, stored: stock, attribution })
}

//! Numbers, names and foreign texts, fit for a line of a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::model::StoppedBy;

/// `1234567` → `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 tile`, `2 tiles`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// Who stopped a run before its end.
pub(super) fn stopper(by: StoppedBy) -> &'static str {
    match by {
        StoppedBy::Budget => "the budget",
        StoppedBy::Quota => "the provider's quota",
        StoppedBy::Signal => "a signal",
        StoppedBy::Guard => "the guard",
    }
}

/// Cut or filled to exactly this many columns, whatever the script; control characters are left out.
pub fn column(text: &str, columns: usize) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    let mut kept = String::new();
    if clean.width() <= columns {
        kept = clean;
    } else {
        let mut width = 1;
        for c in clean.chars() {
            width += c.width().unwrap_or(0);
            if width > columns {
                break;
            }
            kept.push(c);
        }
        kept.push('…');
    }
    let missing = columns.saturating_sub(kept.width());
    kept.push_str(&" ".repeat(missing));
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(count(1, "tile", "tiles"), "1 tile");
        assert_eq!(count(0, "tile", "tiles"), "0 tiles");
    }

    #[test]
    fn a_wide_name_is_cut_by_what_it_shows() {
        assert_eq!(column("港の食堂", 8), "港の食堂");
        assert_eq!(column("港の食堂", 7), "港の食…");
        assert_eq!(column("\u{1b}[31mred", 9), "[31mred  ");
    }

    proptest! {
        #[test]
        fn a_column_is_never_wider_than_it_should_be(text in "\\PC{0,40}", columns in 1usize..30) {
            prop_assert!(column(&text, columns).width() <= columns);
        }
    }
}

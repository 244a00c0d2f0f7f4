use super::sheet::{Block, Chapter, Sheet, Table, Week};
use super::wording::percent;

/// The whole text, ending with a line end.
pub(super) fn markdown(sheet: &Sheet, attribution: Option<&str>) -> String {
    let mut text = vec![format!("# {}\n\n**{}**\n", escaped(&sheet.title), escaped(&sheet.outcome))];
    for line in &sheet.next {
        text.push(format!("\n{}\n", escaped(line)));
    }
    text.push("\n".to_owned());
    for (name, value) in &sheet.facts {
        text.push(format!("- {name}: {}\n", escaped(value)));
    }
    for chapter in &sheet.chapters {
        add_chapter(&mut text, chapter);
    }
    if let Some(attribution) = attribution {
        text.push(format!("\nData: {}\n", escaped(attribution)));
    }
    text.concat()
}

fn add_chapter(text: &mut Vec<String>, chapter: &Chapter) {
    text.push(format!("\n## {}\n", chapter.title));
    for block in &chapter.blocks {
        match block {
            Block::Text(words) => text.push(format!("\n{}\n", escaped(words))),
            Block::Table(table) => add_table(text, table),
            Block::Week(week) => add_table(text, &by_day(week)),
            Block::Curve(curve) => text.push(format!("\n{}.\n", escaped(&curve.said))),
            Block::Map(_) => {}
        }
    }
}

fn add_table(text: &mut Vec<String>, table: &Table) {
    text.push(format!("\n{}:\n\n|", escaped(&table.caption)));
    for head in &table.head {
        text.push(format!(" {} |", head.title));
    }
    text.push("\n|".to_owned());
    for head in &table.head {
        text.push(if head.number { "---:|" } else { "---|" }.to_owned());
    }
    text.push("\n".to_owned());
    for row in &table.rows {
        text.push("|".to_owned());
        for cell in &row.cells {
            text.push(format!(" {} |", escaped(cell)));
        }
        text.push("\n".to_owned());
    }
}

/// Every third hour: a line of a terminal has no room for more.
fn by_day(week: &Week) -> Table {
    let hours = ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"];
    let mut table = Table::new(week.caption.clone(), &["Day"], &hours);
    for (day, shares) in &week.days {
        let cells = shares.iter().step_by(3).map(|share| percent(*share));
        table.row(std::iter::once((*day).to_owned()).chain(cells));
    }
    table
}

/// Foreign text that is no markup, in one line.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\\' | '`' | '*' | '[' | ']' | '|' => {
                escaped.push('\\');
                escaped.push(sign);
            }
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            sign if sign.is_control() || turns_or_breaks(sign) => escaped.push(' '),
            sign => escaped.push(sign),
        }
    }
    escaped
}

/// Signs that nobody sees, and that turn what follows round or begin a new line.
fn turns_or_breaks(sign: char) -> bool {
    matches!(sign, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::escaped;
    use crate::report::account::{example, markdown};

    #[test]
    fn no_sign_of_a_foreign_text_turns_the_others_round_or_begins_a_line() {
        assert_eq!(escaped("a\u{202e}b\u{2028}c\u{2067}d\u{200f}e\u{7}f"), "a b c d e f");
        assert_eq!(escaped("寿司 👨\u{200d}🍳 مطعم"), "寿司 👨\u{200d}🍳 مطعم", "what is a part of a word stays");
    }

    #[test]
    fn the_outcome_comes_first_and_foreign_text_is_no_markup() {
        let account = example::account();
        let stock = example::stock(&account);
        let text = markdown(&account, &stock, Some("Google Maps"));
        let head = "# lisbon from google\n\n**Complete: every point of the region is accounted for.**\n";
        assert!(text.starts_with(head), "{text}");
        for said in [
            "\n- Requests: 1,031, 31 free\n- List price: $35.00\n- Begun: 2026-07-02 07:00 UTC\n- Time taken: 2 min 5 s\n",
            "1 stored venue was not seen. A sync deletes nothing",
            "\n| Bar \\| Blue | rating | 4.1 | 4.3 |\n",
            "\n| no name | ChIJx: &lt;/script>&lt;script>alert(1)&lt;/script> | 2 |\n",
            "\n| status 503 | 4 |\n",
            "\n| noodle_barge | 7 |\n",
            "\n| rating | 33 % | 0 % |\n",
            "\n| Cafe | 3 |\n",
            "most are open on Monday at 12:00: 100 %",
            "\n| Old Harbour | Cafe | 2026-06-25 |\n",
            "\nData: Google Maps\n",
        ] {
            assert!(text.contains(said), "{said}\n--\n{text}");
        }
    }

    #[test]
    fn a_program_reads_one_line() {
        let account = example::account();
        let stock = example::stock(&account);
        let line = crate::report::account::json(&account, &stock, None).unwrap();
        assert!(!line.contains('\n'));
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["run"]["state"], "complete");
        assert_eq!(read["run"]["cost_usd"], 35.0);
        assert_eq!((&read["stored"]["new"], &read["stored"]["missing"]), (&1.into(), &1.into()));
        assert_eq!(read["run"]["changes"]["shown"][0]["fields"]["rating"], serde_json::json!([4.1, 4.3]));
    }
}

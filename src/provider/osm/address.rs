use super::tags::Tags;

/// One line, as letters are addressed in most of the world: street and number, postcode and town, state. None where only a town or
/// less is known: that is no address.
pub(super) fn address(tags: &Tags<'_>) -> Option<String> {
    if let Some(whole) = tags.text("addr:full") {
        return Some(whole.to_owned());
    }
    let street = tags.text("addr:street").or_else(|| tags.text("addr:place"))?;
    let mut line = String::with_capacity(64);
    let mut add = |before: &str, part: Option<&str>| {
        if let Some(part) = part {
            line.push_str(before);
            line.push_str(part);
        }
    };
    add("", Some(street));
    add(" ", tags.text("addr:housenumber"));
    add(", unit ", tags.text("addr:unit"));
    match (tags.text("addr:postcode"), tags.text("addr:city")) {
        (None, None) => add(", ", tags.text("addr:suburb")),
        (Some(code), city) => {
            add(", ", Some(code));
            add(" ", city);
        }
        (None, city) => add(", ", city),
    }
    add(", ", tags.text("addr:state"));
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_stand_in_one_line() {
        let of = |tags: &[(&str, &str)]| address(&Tags::of(tags));
        let all =
            [("addr:street", "Rua A"), ("addr:housenumber", "7"), ("addr:postcode", "1100"), ("addr:city", "Lisboa")];
        assert_eq!(of(&all).as_deref(), Some("Rua A 7, 1100 Lisboa"));
        assert_eq!(of(&all[..1]).as_deref(), Some("Rua A"));
        assert_eq!(of(&[("addr:place", "Ilha"), ("addr:housenumber", "3")]).as_deref(), Some("Ilha 3"));
        assert_eq!(
            of(&[("addr:full", "Door 9, somewhere"), ("addr:street", "x")]).as_deref(),
            Some("Door 9, somewhere")
        );
        assert_eq!(of(&all[1..]), None);
    }
}

use super::tags::Tags;

/// One line, as letters are addressed in most of the world: street and number, postcode and town, state. None where only a town or
/// less is known: that is no address.
pub(super) fn address(tags: &Tags<'_>) -> Option<String> {
    if let Some(whole) = tags.text("addr:full") {
        return Some(whole.to_owned());
    }
    let joined = |keys: &[&str]| {
        let parts: Vec<&str> = keys.iter().filter_map(|key| tags.text(key)).collect();
        Some(parts.join(" ")).filter(|line| !line.is_empty())
    };
    let street = tags.text("addr:street").or_else(|| tags.text("addr:place"));
    let door = match (street, tags.text("addr:housenumber")) {
        (Some(street), Some(number)) => format!("{street} {number}"),
        (Some(street), None) => street.to_owned(),
        (None, _) => return None,
    };
    let unit = tags.text("addr:unit").map(|unit| format!("unit {unit}"));
    let town = joined(&["addr:postcode", "addr:city"]).or_else(|| joined(&["addr:suburb"]));
    let lines = [Some(door), unit, town, joined(&["addr:state"])];
    Some(lines.into_iter().flatten().collect::<Vec<_>>().join(", "))
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

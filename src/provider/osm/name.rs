use super::tags::Tags;

/// The name: `name`, else the name in the wanted language, the international one, the English one, the first of any language, the
/// brand. A name that is there stays as it is, also with two languages or a semicolon in it.
pub(super) fn name<'a>(tags: &'a Tags<'_>, language: &str) -> Option<&'a str> {
    tags.text("name").or_else(|| {
        let primary = language.split('-').next().unwrap_or(language);
        let of_language = [format!("name:{language}"), format!("name:{primary}")];
        let known =
            of_language.iter().map(String::as_str).chain(["int_name", "name:en"]).find_map(|key| tags.text(key));
        known.or_else(|| in_the_first_language(tags)).or_else(|| tags.text("brand"))
    })
}

fn in_the_first_language<'a>(tags: &'a Tags<'_>) -> Option<&'a str> {
    let names = tags.iter().filter(|(key, _)| names_a_language(key));
    names.min_by_key(|(key, _)| *key).map(|(_, value)| value)
}

/// `name:ru`, `name:zh-Hant`; not `name:etymology`.
fn names_a_language(key: &str) -> bool {
    let primary = key.strip_prefix("name:").and_then(|language| language.split('-').next());
    primary.is_some_and(|it| (2..=3).contains(&it.len()) && it.bytes().all(|byte| byte.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(tags: &[(&str, &str)], language: &str) -> Option<String> {
        name(&Tags::of(tags), language).map(str::to_owned)
    }

    /// Items 5 and 6.
    #[test]
    fn its_own_name_is_kept_as_it_is_and_others_are_taken_in_order() {
        assert_eq!(named(&[("name", "A / B;C"), ("name:en", "B")], "en").as_deref(), Some("A / B;C"));
        let some =
            [("brand", "Brand"), ("name:etymology", "who"), ("name:ru", "Р"), ("name:zh-Hant", "中"), ("name:pt", "P")];
        assert_eq!(named(&some, "zh-Hant").as_deref(), Some("中"));
        assert_eq!(named(&some, "pt-BR").as_deref(), Some("P"));
        assert_eq!(named(&some, "en").as_deref(), Some("P"), "the first of the alphabet");
        assert_eq!(named(&some[..2], "en").as_deref(), Some("Brand"));
        assert_eq!(named(&[("name", "  "), ("name:de", "D")], "en").as_deref(), Some("D"));
        assert_eq!(named(&[("operator", "O")], "en"), None);
    }
}

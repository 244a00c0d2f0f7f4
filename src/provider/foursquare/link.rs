use crate::provider::contract::Cursor;
use crate::wire::Response;

/// What the `link` headers say of a next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NextPage {
    /// This was the last one.
    None,
    /// Begins here.
    At(Cursor),
    /// There is one, but not where.
    Unreadable,
}

/// The next page: only its cursor is taken from the address that Foursquare gives. The rest of it is our own question again, so
/// that no header can send a key elsewhere or change what is asked.
pub(super) fn next(response: &Response) -> NextPage {
    let values = response.headers.iter().filter(|(name, _)| name == "link").map(|(_, value)| value.as_str());
    let Some(address) = values.flat_map(links).find(|link| link.is_next).map(|link| link.address) else {
        return NextPage::None;
    };
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    let cursor = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "cursor");
    match cursor {
        Some((_, cursor)) if !cursor.is_empty() => NextPage::At(Cursor(cursor.into_owned())),
        _ => NextPage::Unreadable,
    }
}

struct Link<'a> {
    address: &'a str,
    is_next: bool,
}

/// The links of one header: `<address>; rel="next", <address>; rel="prev first"`. One without a relation is taken for the next
/// page, which is all that Foursquare's documentation promises.
fn links(header: &str) -> Vec<Link<'_>> {
    let mut found = Vec::new();
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((address, after)) = after.split_once('>') else { break };
        // Its parameters last until the next link begins.
        let parameters = after.split_once('<').map_or(after, |(parameters, _)| parameters);
        let relation = parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("rel").then(|| value.trim_matches([' ', '\t', '"', ',']))
        });
        let is_next =
            relation.is_none_or(|words| words.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("next")));
        found.push(Link { address, is_next });
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &[&str]) -> NextPage {
        let headers = headers.iter().map(|value| ("link".to_owned(), (*value).to_owned())).collect();
        next(&Response { status: 200, headers, body: vec![], received_at: chrono::DateTime::UNIX_EPOCH })
    }

    fn at(cursor: &str) -> NextPage {
        NextPage::At(Cursor(cursor.to_owned()))
    }

    #[test]
    fn the_cursor_of_the_next_page_is_found_among_others() {
        let next = r#"<https://places.example/places/search?ne=1,2&cursor=c3I6NTA%3D&limit=50>; rel="next""#;
        assert_eq!(of(&[next]), at("c3I6NTA="));
        let prev = r#"<https://places.example/places/search?cursor=old>; rel="prev first""#;
        assert_eq!(of(&[&format!("{prev}, {next}")]), at("c3I6NTA="));
        assert_eq!(of(&[prev, next]), at("c3I6NTA="));
        assert_eq!(
            of(&["<https://p.example/s?cursor=a,b>; title=\"x\"; REL=Next , <https://p.example/>; rel=last"]),
            at("a,b")
        );
        assert_eq!(of(&["<https://p.example/s?cursor=abc#top>"]), at("abc"));
    }

    #[test]
    fn no_next_link_is_the_end() {
        for header in ["", "nonsense", r#"<https://p.example/s?cursor=a>; rel="prev""#, "<https://p.example/s?cursor=a"]
        {
            assert_eq!(of(&[header]), NextPage::None, "{header}");
        }
        assert_eq!(of(&[]), NextPage::None);
    }

    #[test]
    fn a_next_page_that_cannot_be_found_is_not_the_end() {
        for header in [r#"<https://p.example/s?limit=50>; rel="next""#, r#"<https://p.example/s?cursor=>; rel="next""#]
        {
            assert_eq!(of(&[header]), NextPage::Unreadable, "{header}");
        }
    }
}

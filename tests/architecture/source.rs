//! One source file, as far as the house rules look at it. Read as tokens, so that comments, texts and tests are not taken for
//! code, and macros are.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A path as written: `crate::model::Venue`, one segment an element; `*` for all.
pub(crate) type Written = Vec<String>;

/// A file without its tests.
#[derive(Debug)]
pub(crate) struct Source {
    /// Every path in it.
    pub(crate) paths: Vec<Written>,
    /// What its `pub use` hands on: the name, and where it comes from.
    pub(crate) handed_on: Vec<(String, Written)>,
    /// Files below it.
    pub(crate) children: Vec<String>,
    /// Files below it that are only there for tests.
    pub(crate) test_children: Vec<String>,
    /// Lines, without those of its tests.
    pub(crate) lines: usize,
}

impl Source {
    pub(crate) fn read(text: &str) -> Self {
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("not Rust: {error}"));
        let mut source = Self {
            paths: vec![],
            handed_on: vec![],
            children: vec![],
            test_children: vec![],
            lines: text.lines().count(),
        };
        source.walk(&tokens.into_iter().collect::<Vec<_>>());
        source
    }

    fn walk(&mut self, tokens: &[TokenTree]) {
        let mut at = 0;
        while at < tokens.len() {
            at = match &tokens[at] {
                TokenTree::Punct(punct) if punct.as_char() == '#' && is_test_attribute(tokens.get(at + 1)) => {
                    self.skip_test_item(tokens, at)
                }
                TokenTree::Group(group) => {
                    self.walk(&inside(group));
                    at + 1
                }
                TokenTree::Ident(word) if word == "use" && !is(tokens.get(at + 1), '<') => self.imports(tokens, at),
                TokenTree::Ident(word) if word == "mod" && is(tokens.get(at + 2), ';') => {
                    self.children.extend(tokens.get(at + 1).map(ToString::to_string));
                    at + 2
                }
                TokenTree::Ident(word) if word == "extern" && is_word(tokens.get(at + 1), "crate") => {
                    self.paths.extend(tokens.get(at + 2).map(|name| vec![name.to_string()]));
                    at + 3
                }
                TokenTree::Ident(_) => self.path(tokens, at),
                _ => at + 1,
            };
        }
    }

    /// `a::b::c` outside a `use`; a lone word is no path.
    fn path(&mut self, tokens: &[TokenTree], mut at: usize) -> usize {
        let mut path = vec![tokens[at].to_string()];
        at += 1;
        while let (true, Some(TokenTree::Ident(word))) = (is_path_mark(tokens, at), tokens.get(at + 2)) {
            path.push(word.to_string());
            at += 3;
        }
        if path.len() > 1 || is_path_mark(tokens, at) {
            self.paths.push(path);
        }
        at
    }

    fn imports(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let end = tokens[at..].iter().position(|token| is(Some(token), ';')).map_or(tokens.len(), |found| at + found);
        let mut imported = vec![];
        use_tree(&[], &tokens[at + 1..end], &mut imported);
        let is_public = is_word(at.checked_sub(1).and_then(|before| tokens.get(before)), "pub")
            || at >= 2 && is_word(tokens.get(at - 2), "pub");
        for (path, name) in imported {
            if is_public {
                self.handed_on.push((name, path.clone()));
            }
            self.paths.push(path);
        }
        end
    }

    /// Passes over an item that is compiled for tests only: up to its block or its semicolon.
    fn skip_test_item(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let ends = |token: &TokenTree| is(Some(token), ';') || is_block(token);
        let end = tokens[at..].iter().position(ends).map_or(tokens.len() - 1, |found| at + found);
        if let [.., keyword, name] = &tokens[at..end]
            && is_word(Some(keyword), "mod")
            && is(tokens.get(end), ';')
        {
            self.test_children.push(name.to_string());
        }
        let (first, last) = (tokens[at].span().start().line, tokens[end].span().end().line);
        // Two such items can stand on one line.
        self.lines = self.lines.saturating_sub(last - first + 1);
        end + 1
    }
}

fn use_tree(prefix: &[String], tokens: &[TokenTree], imported: &mut Vec<(Written, String)>) {
    for branch in tokens.split(|token| is(Some(token), ',')) {
        let mut path = prefix.to_vec();
        let mut name = None;
        let mut at = 0;
        let mut is_group = false;
        while let Some(token) = branch.get(at) {
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    name = branch.get(at + 1).map(ToString::to_string);
                    break;
                }
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Punct(star) if star.as_char() == '*' => path.push("*".to_owned()),
                TokenTree::Group(group) => {
                    use_tree(&path, &inside(group), imported);
                    is_group = true;
                }
                _ => {}
            }
            at += 1;
        }
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        if !is_group && let Some(last) = path.last() {
            imported.push((path.clone(), name.unwrap_or_else(|| last.clone())));
        }
    }
}

fn inside(group: &Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

fn is(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == word)
}

fn is_path_mark(tokens: &[TokenTree], at: usize) -> bool {
    is(tokens.get(at), ':') && is(tokens.get(at + 1), ':')
}

fn is_block(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// `#[cfg(test)]`, alone or among other conditions.
fn is_test_attribute(token: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(attribute)) = token else { return false };
    let text = attribute.stream().to_string().replace(char::is_whitespace, "");
    text == "test"
        || text.starts_with("cfg(") && !text.contains("not(") && {
            let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            words.any(|word| word == "test")
        }
}

//! One table of `venues.toml`, read key by key, so that a fault names its line and value, and a misspelt key is not passed
//! over in silence.

use std::num::NonZeroU16;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest::nearest;
use crate::model::Retention;

/// Something wrong in a settings file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}, line {line}: {what}", file.display())]
pub struct FileFault {
    /// The file.
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// What is wrong with which value.
    pub what: String,
}

/// A file's name and text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'t> {
    /// Its path, for messages.
    pub(super) file: &'t Path,
    /// All of it.
    pub(super) text: &'t str,
}

impl Source<'_> {
    /// A fault at this place of the text.
    pub(super) fn fault(&self, at: Range<usize>, what: String) -> FileFault {
        FileFault { file: self.file.to_owned(), line: self.line(at.start), what }
    }

    /// The number, from 1, of the line that holds this byte.
    pub(super) fn line(&self, at: usize) -> usize {
        self.text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
    }

    fn quote(&self, at: Range<usize>) -> String {
        let written = self.text.get(at).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        let mut short: String = written.chars().take(60).collect();
        if short.len() < written.len() {
            short.push('…');
        }
        short
    }
}

/// A table on its way to being read.
#[derive(Debug)]
pub(super) struct Section<'t> {
    source: Source<'t>,
    /// Its dotted name, for messages; empty for the file itself.
    name: String,
    span: Range<usize>,
    table: DeTable<'t>,
    known: Vec<&'static str>,
}

impl<'t> Section<'t> {
    /// The whole file.
    pub(super) fn of_file(source: Source<'t>) -> Result<Self, FileFault> {
        match DeTable::parse(source.text) {
            Ok(table) => Ok(Self::new(source, String::new(), table)),
            Err(error) => {
                let first = error.message().lines().next().unwrap_or("not TOML");
                Err(source.fault(error.span().unwrap_or(0..0), first.to_owned()))
            }
        }
    }

    fn new(source: Source<'t>, name: String, table: Spanned<DeTable<'t>>) -> Self {
        Self { source, name, span: table.span(), table: table.into_inner(), known: Vec::new() }
    }

    /// Takes a table of tables: each with its name, in the order of the names.
    pub(super) fn sections(&mut self, key: &'static str) -> Result<Vec<(String, Section<'t>)>, FileFault> {
        let Some(value) = self.take(key) else { return Ok(Vec::new()) };
        let span = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            return Err(self.wrong(key, span, "a table of tables is needed here"));
        };
        table
            .into_iter()
            .map(|(name, value)| {
                let path = format!("{key}.{}", name.get_ref());
                let span = value.span();
                let DeValue::Table(table) = value.into_inner() else {
                    return Err(self.source.fault(span, format!("`{path}`: a table is needed here: [{path}]")));
                };
                let header = Spanned::new(name.span().start..span.end, table);
                Ok((name.into_inner().into_owned(), Self::new(self.source, path, header)))
            })
            .collect()
    }

    /// Takes a table by its name.
    pub(super) fn section(&mut self, key: &'static str) -> Result<Option<Section<'t>>, FileFault> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let span = value.span();
        let path = if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) };
        let DeValue::Table(table) = value.into_inner() else {
            return Err(self.source.fault(span, format!("`{path}`: a table is needed here: [{path}]")));
        };
        Ok(Some(Self::new(self.source, path, Spanned::new(span, table))))
    }

    /// Takes a number of days.
    pub(super) fn days(&mut self, key: &'static str) -> Result<Option<NonZeroU16>, FileFault> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let days = match value.get_ref() {
            DeValue::Integer(days) => u16::from_str_radix(days.as_str(), days.radix()).ok().and_then(NonZeroU16::new),
            _ => None,
        };
        let needed = "a number of days, 1 to 65535, is needed here; leave the line out to keep what comes";
        days.map(Some).ok_or_else(|| self.wrong(key, value.span(), needed))
    }

    /// Takes a text.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<String>, FileFault> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Ok(Some(text.trim().to_owned())),
            _ => Err(self.wrong(key, value.span(), "a text is needed here")),
        }
    }

    /// Takes a span of time, as people write it.
    pub(super) fn span(&mut self, key: &'static str) -> Result<Option<Duration>, FileFault> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let span = value.get_ref().as_str().and_then(|text| humantime::parse_duration(text.trim()).ok());
        let needed = "a span of time is needed here, like \"1m\"; \"0s\" is none at all";
        span.map(Some).ok_or_else(|| self.wrong(key, value.span(), needed))
    }

    /// Takes a yes or no.
    pub(super) fn flag(&mut self, key: &'static str) -> Result<Option<bool>, FileFault> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match value.get_ref() {
            DeValue::Boolean(flag) => Ok(Some(*flag)),
            _ => Err(self.wrong(key, value.span(), "true or false is needed here")),
        }
    }

    /// Takes a list of texts.
    pub(super) fn texts(&mut self, key: &'static str) -> Result<Option<Vec<String>>, FileFault> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let texts = value.get_ref().as_array().and_then(|array| {
            array
                .iter()
                .map(|item| item.get_ref().as_str().map(|text| text.trim().to_owned()))
                .collect::<Option<Vec<_>>>()
        });
        match texts {
            Some(texts) if !texts.is_empty() && texts.iter().all(|text| !text.is_empty()) => Ok(Some(texts)),
            _ => Err(self.wrong(key, value.span(), "a list of texts is needed here, like [\"cafe\", \"bar\"]")),
        }
    }

    /// Takes a number.
    pub(super) fn number(&mut self, key: &'static str) -> Result<Option<f64>, FileFault> {
        let Some(value) = self.take(key) else { return Ok(None) };
        number(value.get_ref()).map(Some).ok_or_else(|| self.wrong(key, value.span(), "a number is needed here"))
    }

    /// Takes a yes or no, or a number of days, which is a yes for so long.
    pub(super) fn retention(&mut self, key: &'static str) -> Result<Option<Retention>, FileFault> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let kept = match value.get_ref() {
            DeValue::Boolean(true) => Some(Retention::Always),
            DeValue::Boolean(false) => Some(Retention::Nothing),
            DeValue::Integer(days) => {
                let days = u16::from_str_radix(days.as_str(), days.radix()).ok();
                days.and_then(NonZeroU16::new).map(Retention::Days)
            }
            _ => None,
        };
        let needed = "true, false or a number of days, 1 to 65535, is needed here";
        kept.map(Some).ok_or_else(|| self.wrong(key, value.span(), needed))
    }

    /// Takes a whole number of at least 1.
    pub(super) fn count(&mut self, key: &'static str) -> Result<Option<u64>, FileFault> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let whole = match value.get_ref() {
            DeValue::Integer(integer) => u64::from_str_radix(integer.as_str(), integer.radix()).ok(),
            _ => None,
        };
        let whole = whole.filter(|whole| *whole > 0).map(Some);
        whole.ok_or_else(|| self.wrong(key, value.span(), "a whole number of at least 1 is needed here"))
    }

    /// Takes exactly `N` numbers; `what` says which.
    pub(super) fn numbers<const N: usize>(
        &mut self,
        key: &'static str,
        what: &str,
    ) -> Result<Option<[f64; N]>, FileFault> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let numbers = value
            .get_ref()
            .as_array()
            .and_then(|array| array.iter().map(|item| number(item.get_ref())).collect::<Option<Vec<_>>>())
            .and_then(|numbers| <[f64; N]>::try_from(numbers).ok());
        numbers.map(Some).ok_or_else(|| self.wrong(key, value.span(), &format!("needed here: [{what}], in degrees")))
    }

    /// A fault of the section as a whole, or of a value that has been taken.
    pub(super) fn fault(&self, what: &str) -> FileFault {
        self.source.fault(self.span.clone(), format!("[{}] {what}", self.name))
    }

    /// The line of the section's header.
    pub(super) fn line(&self) -> usize {
        self.source.line(self.span.start)
    }

    /// Every key that was asked for.
    #[cfg(test)]
    pub(super) fn known(&self) -> std::collections::BTreeSet<String> {
        self.known.iter().map(|key| (*key).to_owned()).collect()
    }

    /// Warnings that name every key nobody asked for.
    pub(super) fn unknown_keys(self) -> Vec<String> {
        let describe = |key: &Spanned<std::borrow::Cow<'_, str>>| {
            let line = self.source.line(key.span().start);
            let inside = if self.name.is_empty() { String::new() } else { format!(" in [{}]", self.name) };
            let hint = belongs(&self.name, key.get_ref()).unwrap_or_else(|| hint(key.get_ref(), &self.known));
            let file = self.source.file.display();
            format!("{file}, line {line}: unknown key `{}`{inside} is left out{hint}", key.get_ref())
        };
        self.table.keys().map(describe).collect()
    }

    /// A fault where there is a key that nobody asked for: what is not deleted because of a misspelt word is noticed too late.
    pub(super) fn refuse_unknown(self) -> Result<(), FileFault> {
        let Some(key) = self.table.keys().next() else { return Ok(()) };
        let known = self.known.join(", ");
        let hint = hint(key.get_ref(), &self.known);
        let what = format!("unknown key `{}` in [{}]{hint} (there are: {known})", key.get_ref(), self.name);
        Err(self.source.fault(key.span(), what))
    }

    fn take(&mut self, key: &'static str) -> Option<Spanned<DeValue<'t>>> {
        self.known.push(key);
        self.table.remove(key)
    }

    fn wrong(&self, key: &str, span: Range<usize>, needed: &str) -> FileFault {
        let path = if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) };
        let written = self.source.quote(span.clone());
        self.source.fault(span, format!("{path} = {written}: {needed}"))
    }
}

/// Keys of a table inside another, written one table too high.
fn belongs(section: &str, key: &str) -> Option<String> {
    const TERMS: [&str; 3] = ["retention_days", "keep_ids", "attribution"];
    let inner = match section.split_once('.') {
        Some(("providers", _)) if TERMS.contains(&key) => "terms",
        _ => return None,
    };
    Some(format!("; it belongs in [{section}.{inner}]"))
}

fn hint(key: &str, known: &[&str]) -> String {
    if key.to_lowercase().contains("key") {
        return ": keys are read from the environment only".to_owned();
    }
    nearest(key, known.iter().copied()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    let number: f64 = match value {
        DeValue::Float(float) => float.as_str().parse().ok()?,
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

//! Members that are read whatever kind they are of: one that is not of the kind it should be counts as not there, and spoils
//! neither its row nor the page.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A value, or nothing where there was something else.
#[derive(Debug)]
pub(super) struct Loose<T>(pub(super) Option<T>);

impl<T> Default for Loose<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// What a value can be made of; each kind that is not overridden is not one of them.
pub(super) trait Reads<'de>: Sized {
    fn of_text(_: &str) -> Option<Self> {
        None
    }

    fn of_number(_: f64) -> Option<Self> {
        None
    }

    /// Numbers without a fraction; those below zero come as numbers.
    fn of_whole(whole: u64) -> Option<Self> {
        #[expect(clippy::cast_precision_loss, reason = "what is so large is on no scale of ours")]
        Self::of_number(whole as f64)
    }

    fn of_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn of_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl<'de, T: Reads<'de>> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyKind(PhantomData)).map(Self)
    }
}

struct AnyKind<T>(PhantomData<T>);

impl<'de, T: Reads<'de>> Visitor<'de> for AnyKind<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::of_text(text))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(T::of_number(number))
    }

    fn visit_u64<E>(self, whole: u64) -> Result<Self::Value, E> {
        Ok(T::of_whole(whole))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        #[expect(clippy::cast_precision_loss, reason = "what is so large is on no scale of ours")]
        Ok(T::of_number(number as f64))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        T::of_object(object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        T::of_list(list)
    }
}

impl Reads<'_> for String {
    fn of_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    /// Ids of API v3's categories are numbers.
    fn of_whole(whole: u64) -> Option<Self> {
        Some(whole.to_string())
    }
}

impl Reads<'_> for f64 {
    fn of_text(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }

    fn of_number(number: f64) -> Option<Self> {
        Some(number)
    }
}

impl<'de, T: Reads<'de>> Reads<'de> for Vec<Loose<T>> {
    fn of_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut all = Self::new();
        while let Some(one) = list.next_element()? {
            all.push(one);
        }
        Ok(Some(all))
    }
}

/// Reads an object by its own members; for `of_object`.
pub(super) fn members<'de, T: Deserialize<'de>, A: MapAccess<'de>>(object: A) -> Result<Option<T>, A::Error> {
    T::deserialize(MapAccessDeserializer::new(object)).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(json: &str) -> Option<f64> {
        serde_json::from_str::<Loose<f64>>(json).unwrap().0
    }

    fn text(json: &str) -> Option<String> {
        serde_json::from_str::<Loose<String>>(json).unwrap().0
    }

    #[test]
    fn a_number_may_be_written_as_a_text() {
        assert_eq!([number("2"), number("-2"), number("2.5"), number("\" 2 \"")], [2.0, -2.0, 2.5, 2.0].map(Some));
    }

    #[test]
    fn a_text_may_be_an_id_without_quotes() {
        assert_eq!((text("\"a\"").as_deref(), text("13065").as_deref()), (Some("a"), Some("13065")));
    }

    #[test]
    fn what_is_of_another_kind_is_not_there() {
        for json in ["null", "true", "[1, [2]]", "{\"a\": {\"b\": 1}}", "\"two\""] {
            assert_eq!(number(json), None, "{json}");
        }
        for json in ["null", "false", "-1", "1.5", "[\"a\"]", "{}"] {
            assert_eq!(text(json), None, "{json}");
        }
    }
}

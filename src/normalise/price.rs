use crate::model::{Field, RawPrice, Repair};

/// A price level from 0 (free) to 4. Unknown is absent, never 0.
pub(super) fn level(given: Field<RawPrice>, repairs: &mut Vec<Repair>) -> Field<i32> {
    given.and_then(|price| {
        let level = match &price {
            RawPrice::Word(word) if word == "PRICE_LEVEL_UNSPECIFIED" => return None,
            RawPrice::Word(word) => of_word(word),
            RawPrice::Level(level) => i32::try_from(*level).ok().filter(|level| (0..=4).contains(level)),
            RawPrice::Signs(signs) => of_signs(signs.trim()),
        };
        if level.is_none() {
            repairs.push(Repair::PriceDropped);
        }
        level
    })
}

/// Google's words.
fn of_word(word: &str) -> Option<i32> {
    match word {
        "PRICE_LEVEL_FREE" => Some(0),
        "PRICE_LEVEL_INEXPENSIVE" => Some(1),
        "PRICE_LEVEL_MODERATE" => Some(2),
        "PRICE_LEVEL_EXPENSIVE" => Some(3),
        "PRICE_LEVEL_VERY_EXPENSIVE" => Some(4),
        _ => None,
    }
}

/// One sign, up to four times.
fn of_signs(signs: &str) -> Option<i32> {
    let first = signs.chars().next()?;
    let count = signs.chars().count();
    i32::try_from(count).ok().filter(|count| *count <= 4 && signs.chars().all(|sign| sign == first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn priced(price: RawPrice) -> (Field<i32>, usize) {
        let mut repairs = Vec::new();
        (level(Field::Present(price), &mut repairs), repairs.len())
    }

    #[test]
    fn free_is_not_unknown() {
        let word = |word: &str| priced(RawPrice::Word(word.to_owned()));
        assert_eq!(word("PRICE_LEVEL_FREE"), (Field::Present(0), 0));
        assert_eq!(word("PRICE_LEVEL_VERY_EXPENSIVE"), (Field::Present(4), 0));
        assert_eq!(word("PRICE_LEVEL_UNSPECIFIED"), (Field::Absent, 0));
        assert_eq!(word("PRICE_LEVEL_OUTRAGEOUS"), (Field::Absent, 1));
        assert_eq!(word(""), (Field::Absent, 1));
    }

    #[test]
    fn numbers_and_signs_keep_to_the_scale() {
        assert_eq!(priced(RawPrice::Level(0)), (Field::Present(0), 0));
        assert_eq!(priced(RawPrice::Level(4)), (Field::Present(4), 0));
        assert_eq!(priced(RawPrice::Level(i64::MAX)), (Field::Absent, 1));
        assert_eq!(priced(RawPrice::Level(-1)), (Field::Absent, 1));
        let signs = |signs: &str| priced(RawPrice::Signs(signs.to_owned()));
        assert_eq!(signs("€€"), (Field::Present(2), 0));
        assert_eq!(signs(" ¥¥¥¥ "), (Field::Present(4), 0));
        for nonsense in ["", "$$$$$", "$€"] {
            assert_eq!(signs(nonsense), (Field::Absent, 1), "{nonsense}");
        }
    }
}

//! Weekdays as people write them, and what a word means when several languages know it.

use std::collections::BTreeSet;

/// A language's words for its weekdays, Monday first; lower case, words for one day parted by spaces.
type Names = [&'static str; 7];

/// One line a language. A word that means different days in two of them decides nothing by itself.
const LANGUAGES: [Names; 13] = [
    // English. `t` and `s` are two days each.
    [
        "mo mon monday mondays m",
        "tu tue tues tuesday tuesdays",
        "we wed weds wednesday wednesdays w",
        "th thu thur thurs thursday thursdays",
        "fr fri friday fridays f",
        "sa sat saturday saturdays",
        "su sun sunday sundays",
    ],
    // German.
    [
        "mo montag montags",
        "di die dienstag dienstags",
        "mi mit mittwoch mittwochs",
        "do don donnerstag donnerstags",
        "fr fre freitag freitags",
        "sa sam samstag samstags sonnabend",
        "so son sonntag sonntags",
    ],
    // French.
    [
        "lu lun lundi",
        "ma mar mardi",
        "me mer mercredi",
        "je jeu jeudi",
        "ve ven vendredi",
        "sa sam samedi",
        "di dim dimanche",
    ],
    // Italian.
    [
        "lu lun lunedì lunedi lunedi'",
        "ma mar martedì martedi",
        "me mer mercoledì mercoledi",
        "gi gio giovedì giovedi",
        "ve ven venerdì venerdi",
        "sa sab sabato",
        "do dom domenica",
    ],
    // Spanish.
    [
        "lu lun lunes",
        "ma mar martes",
        "mi mie mié miércoles miercoles",
        "ju jue jueves",
        "vi vie viernes",
        "sa sá sab sáb sábado sabado sábados sabados",
        "do dom domingo domingos",
    ],
    // Dutch.
    ["ma maandag", "di dinsdag", "wo woensdag", "do donderdag", "vr vrij vrijdag", "za zat zaterdag", "zo zon zondag"],
    // Portuguese.
    [
        "seg segunda segunda-feira",
        "ter terça terca",
        "qua quarta",
        "qui quinta",
        "sex sexta",
        "sáb sab sábado sabado sábados",
        "dom domingo domingos",
    ],
    // Russian.
    ["пн понедельник", "вт вторник", "ср среда", "чт четверг", "пт пятница", "сб суббота", "вс воскресенье"],
    // Ukrainian.
    ["пн понеділок", "вт вівторок", "ср середа", "чт четвер", "пт п'ятниця", "сб субота", "нд неділя"],
    // Czech.
    ["po pondělí", "út úterý", "st středa", "čt čtvrtek", "pá pátek", "so sobota", "ne neděle"],
    // Polish.
    [
        "pn pon poniedziałek",
        "wt wto wtorek",
        "śr sr śro środa",
        "czw czwartek cz",
        "pt pią piątek",
        "sob so sobota",
        "nd niedz nie niedziela",
    ],
    // Estonian.
    ["e esmaspäev", "t teisipäev", "k kolmapäev", "n neljapäev", "r reede", "l laupäev", "p pühapäev"],
    // Hungarian.
    ["h hétfő", "k kedd", "sze szerda", "cs csütörtök", "p péntek", "szo sz szombat", "v vasárnap"],
];

/// Whether a word may be a weekday in some language.
pub(super) fn is_known(word: &str) -> bool {
    LANGUAGES.iter().any(|language| day_in(language, word).is_some())
}

/// The days of all words of a value together, Monday = 0: by the languages that know every one of them. Where there is no such
/// language, each word by itself. None where two languages disagree.
pub(super) fn days(words: &[String]) -> Option<Vec<usize>> {
    let together: BTreeSet<Vec<usize>> = LANGUAGES
        .iter()
        .filter_map(|language| words.iter().map(|word| day_in(language, word)).collect::<Option<Vec<_>>>())
        .collect();
    if together.is_empty() {
        // A letter means a day only beside others of its language: "t/m" and "v" are words elsewhere.
        if words.iter().any(|word| word.chars().count() == 1) {
            return None;
        }
        return words.iter().map(|word| only(LANGUAGES.iter().filter_map(|of| day_in(of, word)).collect())).collect();
    }
    only(together)
}

fn only<T: Ord>(readings: BTreeSet<T>) -> Option<T> {
    let mut readings = readings.into_iter();
    readings.next().filter(|_| readings.next().is_none())
}

fn day_in(language: &Names, word: &str) -> Option<usize> {
    language.iter().position(|names| names.split(' ').any(|name| name == word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Option<Vec<usize>> {
        days(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_words_together_decide_the_language() {
        assert_eq!(of(&["mo", "do", "fr"]), Some(vec![0, 3, 4]));
        assert_eq!(of(&["lu", "ve"]), Some(vec![0, 4]));
        assert_eq!(of(&["mo", "fr"]), Some(vec![0, 4]));
        assert_eq!(of(&["пн", "пт"]), Some(vec![0, 4]));
        assert_eq!(of(&["e", "r", "p"]), Some(vec![0, 4, 6]));
    }

    #[test]
    fn what_two_languages_read_differently_is_not_read() {
        // Tuesday or Sunday to Saturday; Thursday or Sunday.
        assert_eq!(of(&["di", "sa"]), None);
        assert_eq!(of(&["do"]), None);
        assert_eq!(of(&["mo", "di", "ve"]), None, "no language has them all, and not all agree on the second");
        assert_eq!(of(&["maandag", "v"]), None, "a letter of another language");
        assert_eq!(of(&["mi", "su"]), Some(vec![2, 6]), "no language has both, but nobody disagrees");
        assert_eq!(of(&["lu", "do"]), Some(vec![0, 6]));
    }
}

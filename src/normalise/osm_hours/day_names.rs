//! Weekdays as people write them, and what a word means when several languages know it.

use std::collections::BTreeSet;

/// A language's words for its weekdays, Monday first; lower case, words for one day parted by spaces.
type Names = [&'static str; 7];

/// One line a language. A word that means different days in two of them decides nothing by itself.
const LANGUAGES: &[Names] = &[
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
        "lu lun lundi lundis l",
        "ma mar mardi mardis",
        "me mer mercredi mercredis",
        "je jeu jeudi jeudis j",
        "ve ven vendredi vendredis v",
        "sa sam samedi samedis s",
        "di dim dimanche dimanches d",
    ],
    // Italian.
    [
        "lu lun lunedì lunedi lunedi' l",
        "ma mar martedì martedi martedi'",
        "me mer mercoledì mercoledi mercoledi'",
        "gi gio giovedì giovedi giovedi' g",
        "ve ven venerdì venerdi venerdi' v",
        "sa sab sabato s",
        "do dom domenica d",
    ],
    // Spanish.
    [
        "lu lun lunes l",
        "ma mar martes",
        "mi mie mié miér mier miércoles miercoles x",
        "ju jue jueves j",
        "vi vie viernes v",
        "sa sá sab sáb sábado sabado sábados sabados s",
        "do dom domingo domingos d",
    ],
    // Catalan.
    [
        "dl dilluns",
        "dt dimarts",
        "dc dimecres",
        "dj dijous",
        "dv divendres",
        "ds dissabte dissabtes",
        "dg diumenge diumenges",
    ],
    // Dutch.
    ["ma maandag", "di dinsdag", "wo woensdag", "do donderdag", "vr vrij vrijdag", "za zat zaterdag", "zo zon zondag"],
    // Portuguese.
    [
        "seg segunda segunda-feira",
        "ter terça terca terça-feira terca-feira",
        "qua quarta quarta-feira",
        "qui quinta quinta-feira",
        "sex sexta sexta-feira sextas",
        "sáb sab sábado sabado sábados sabados",
        "dom domingo domingos",
    ],
    // Romanian.
    [
        "lu lun luni l",
        "ma mar marti marți marţi",
        "mi mie miercuri",
        "jo joi j",
        "vi vin vineri v",
        "sa sam sambata sâmbătă sîmbătă sâmbata s",
        "du dum duminica duminică d",
    ],
    // Russian.
    [
        "пн понедельник понедельника",
        "вт вторник вторника",
        "ср среда среды",
        "чт четверг четверга",
        "пт пятница пятницу пятницы",
        "сб суббота субботу субботы",
        "вс воскресенье воскресение",
    ],
    // Ukrainian.
    ["пн понеділок", "вт вівторок", "ср середа", "чт четвер", "пт п'ятниця", "сб субота", "нд неділя"],
    // Bulgarian.
    ["пн понеделник", "вт вторник", "ср сряда", "чт четвъртък", "пт петък", "сб събота", "нд неделя"],
    // Mongolian.
    ["даваа", "мягмар", "лхагва", "пүрэв", "баасан", "бямба", "ням"],
    // Czech.
    ["po pondělí", "út úterý", "st středa", "čt čtvrtek", "pá pátek", "so sobota", "ne neděle"],
    // Slovak.
    ["po pondelok", "ut utorok", "st streda", "št štvrtok", "pi piatok", "so sobota", "ne nedeľa"],
    // Polish.
    [
        "pn pon poniedziałek",
        "wt wto wtorek",
        "śr sr śro środa",
        "czw czwartek cz",
        "pt pią piątek",
        "sob so sobota",
        "nd ndz niedz nie niedziela",
    ],
    // Croatian, Slovene, Serbian.
    [
        "pon ponedjeljak ponedeljak ponedeljek",
        "uto tor utorak torek",
        "sri sre srijeda sreda",
        "čet cet četvrtak četrtek",
        "pet petak petek",
        "sub sob subota sobota",
        "ned nedjelja nedelja",
    ],
    // Estonian.
    ["e esmaspäev", "t teisipäev", "k kolmapäev", "n neljapäev", "r reede", "l laupäev", "p pühapäev"],
    // Finnish.
    ["ma maanantai", "ti tiistai", "ke keskiviikko", "to torstai", "pe perjantai", "la lauantai", "su sunnuntai"],
    // Swedish.
    [
        "mån måndag måndagar",
        "tis tisdag tisdagar",
        "ons onsdag onsdagar",
        "tor tors torsdag torsdagar",
        "fre fredag fredagar",
        "lör lördag lördagar",
        "sön söndag söndagar",
    ],
    // Danish and Norwegian.
    [
        "man mandag mandager",
        "tir tirs tirsdag",
        "ons onsdag",
        "tor tors torsdag",
        "fre fredag",
        "lør lørdag lørdager lördag",
        "søn søndag søndager",
    ],
    // Hungarian.
    ["h hétfő hetfő", "k kedd", "sze szerda", "cs csütörtök", "p péntek", "szo sz szombat", "v vasárnap"],
    // Greek.
    ["δευτέρα", "τρίτη", "τετάρτη", "πέμπτη", "παρασκευή", "σάββατο", "κυριακή"],
    // Turkish.
    ["pazartesi", "salı", "çarşamba", "perşembe", "cuma", "cumartesi", "pazar"],
    // Indonesian.
    ["senin", "selasa", "rabu", "kamis", "jumat jum'at", "sabtu", "minggu"],
    // Lithuanian.
    ["pr", "an", "tr", "kt", "pn", "št", "sk"],
    // Latvian and Lithuanian count.
    ["i", "ii", "iii", "iv", "v", "vi", "vii"],
    // Japanese.
    [
        "月 月曜 月曜日",
        "火 火曜 火曜日",
        "水 水曜 水曜日",
        "木 木曜 木曜日",
        "金 金曜 金曜日",
        "土 土曜 土曜日",
        "日 日曜 日曜日",
    ],
    // Chinese.
    [
        "周一 週一 星期一 一",
        "周二 週二 星期二 二",
        "周三 週三 星期三 三",
        "周四 週四 星期四 四",
        "周五 週五 星期五 五",
        "周六 週六 星期六 六",
        "周日 週日 星期日 星期天 日",
    ],
];

/// The first languages of the list, whose words stand beside those of others.
const MIXED: usize = 9;

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
        let one = |word: &String| {
            // Nor does a word of a language that nobody mixes with others: "Mo-Tr" is a slip.
            LANGUAGES.iter().take(MIXED).find_map(|of| day_in(of, word))?;
            only(LANGUAGES.iter().filter_map(|of| day_in(of, word)).collect())
        };
        return words.iter().map(one).collect();
    }
    // Nor does a letter alone.
    if let [word] = words
        && word.is_ascii()
        && word.len() == 1
    {
        return None;
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

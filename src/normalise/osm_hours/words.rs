//! Words of many languages that stand between days and times, and the token that each is.

use std::sync::LazyLock;

use super::token::{Token, Written};

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    Closed,
    Except,
    Break,
    Holiday,
    EveryDay,
    /// Monday to Friday.
    WorkingDays,
    /// Saturday and Sunday.
    Weekend,
    /// Saturday, Sunday and holidays.
    WeekendAndHolidays,
    To,
    From,
    And,
    OpenEnd,
    WholeDay,
    Noon,
    Midnight,
    Appointment,
    /// It depends on something.
    Condition,
    /// Begins what is said of some days.
    Open,
    /// Says what stands there anyway.
    Nothing,
}

/// Lower case, parted by `|`. What could mean something else in another language stands in `tokens.rs`, with what decides.
const WORDS: &[(Sense, &str)] = &[
    (
        Sense::Closed,
        "off|closed|closed on|closed every|closed all day|is closed|are closed|close on|geschlossen|ruhetag|\
         ruhetage|fermé|fermée|ferme|ferme le|fermé le|fermeture|fermé les|chiuso|chiusi|chiusura|chiuso il|\
         chiude|cerrado|cerrado los|cerramos|fechado|encerrado|encerra|encerra ao|encerra aos|encerra à|gesloten|\
         zavřeno|zatvorené|zatvoreno|zaprto|nieczynne|zárva|suletud|suljettu|kiinni|stängt|lukket|stengt|tancat|\
         închis|inchis|kapalı|tutup|libur|κλειστά|выходной|выходной день|вихідний|почивен ден|почивни дни|амарна|\
         定休日|定休|休診|休診日|公休|休業|休館|休み|休",
    ),
    (
        Sense::Except,
        "except|except on|excluding|excl|sauf|sauf le|sauf les|excepté|außer|ausser|excepto|excepto los|salvo|\
         exceto|eccetto|tranne|кроме|крім|behalve",
    ),
    (
        Sense::Break,
        "обед|перерыв|перерва|обед с|перерыв с|обеденный перерыв|lunch break|mittagspause|полуденный перерыв",
    ),
    (
        Sense::Holiday,
        "ph|public holidays|public holiday|bank holidays|bank holiday|holidays|holiday|feiertag|feiertage|\
         feiertags|feiertagen|jours fériés|jour férié|fériés|festivos|festivo|feriados|feriado|festivi|festius|\
         święta|祝日|祝|休日",
    ),
    (
        Sense::EveryDay,
        "daily|everyday|every day|each day|all days|all week|7 days a week|7 days per week|7 days/week|7 days|\
         7days|seven days a week|seven days|7/7|7j/7|7j/7j|7 j/7|7 jours/7|7 jours sur 7|7 tage|7 tage die woche|\
         7 días|7 dias|täglich|tgl|tägl|jeden tag|tous les jours|tout les jours|toute la semaine|todos los días|\
         todos los dias|todos os dias|tutti i giorni|dagelijks|elke dag|alle dagen|codziennie|denně|denne|\
         naponta|minden nap|dagligen|alla dagar|daglig|alle dager|ежедневно|щоденно|щодня|ежедневно без выходных|\
         без выходных|без вихідних|quotidien|setiap hari|hergün|her gün|毎日|年中無休|每天|每日|κάθε μέρα|diario|\
         diariamente|iga päev|svaki dan|svakodnevno|zilnic",
    ),
    (
        Sense::WorkingDays,
        "wd|weekdays|weekday|on weekdays|working days|будни|будние дни|по будням|будні|hétköznap|hétköznapokon|\
         vardagar|平日|em dias úteis|dias úteis|semaine",
    ),
    (
        Sense::Weekend,
        "weekend|weekends|weekenden|wochenende|fin de semana|fines de semana|fim de semana|hétvége|hétvégén|土日|\
         周末|週末",
    ),
    (Sense::WeekendAndHolidays, "土日祝|土日祝日|土・日・祝"),
    (
        Sense::To,
        "t/m|till|til|untill|until|thru|through|bis|au|à|al|às|ás|as|alle|tot|do|to the|hasta|hasta las|a las|\
         ate|até|até as|até às|jusqu'à|fino alle|kuni|до|по|から|至|到|→|>",
    ),
    (
        Sense::From,
        "from|ab|à partir de|à partir du|a partir de|a partir de las|a partir das|desde|desde las|dalle|od|с|з|\
         от|starting at",
    ),
    (Sense::And, "and|und|et|y|en|og|och|ja|és|и|та|и с"),
    (
        Sense::OpenEnd,
        "late|close|closing|closing time|open end|open-end|openend|ende|selesai|последнего клиента|ende offen|\
         when stocks last|sold out",
    ),
    (
        Sense::WholeDay,
        "24/7|24 / 7|24x7|24h/7|24h/7j|24/7/365|24h/24|24h/24h|24/24|24/24h|24 h / 24|24 h/24|24h / 24|\
         24h/24 7j/7|24h/24 et 7j/7|24/24 7/7|24 hours|24 hrs|24hours|24hrs|24 hr|24hr|24 hour|24hour|\
         24 hours a day|24 hours per day|24 hours/7 days|24h|24 h|24 std|24 stunden|24 horas|24horas|24 ore|\
         24 heures|24 heures/24|24 часа|24 ч|24ч|24 uur|24 óra|24 saat|24 jam|24 timer|24 tim|h24|0/24|0-24/7|\
         0-24h/7|00-24/7|24時間営業|24時間|24小時|24小时|全天|全日|24시간|24 години|24 години на добу|24 godziny|24 hodin|\
         24 hodiny|around the clock|round the clock|always|always open|open always|open all day|rund um die uhr|\
         круглосуточно|цілодобово|денонощно|całodobowo|nepřetržitě|siempre|siempre abierto|sempre|sempre aperto|\
         altijd|ööpäevaringselt",
    ),
    (Sense::Noon, "noon|midi|12 noon|12noon|12:00 noon|mittag|mittags"),
    (Sense::Midnight, "midnight|minuit|12 midnight|medianoche|mezzanotte|mitternacht|meia-noite"),
    (
        Sense::Appointment,
        "by appointment|by appointment only|by appt|by appt only|by appt.|by prior appointment|or by appointment|\
         and by appointment|or by appt|appointment only|appointments only|after appointment|on appointment|\
         with appointment|upon appointment|by reservation|on request|by request|upon request|by arrangement|\
         by prior arrangement|call for hours|call for appointment|nach vereinbarung|und nach vereinbarung|\
         sowie nach vereinbarung|oder nach vereinbarung|n. v|n.v|u. n. v|u.n.v|nach terminvereinbarung|\
         und nach terminvereinbarung|nach absprache|und nach absprache|nach anmeldung|nach voranmeldung|\
         nach telefonischer vereinbarung|und nach telefonischer vereinbarung|auf anfrage|nur nach vereinbarung|\
         nur auf anfrage|nach bedarf|bei bedarf|termine nach vereinbarung|sur rendez-vous|sur rendez vous|\
         sur rdv|et sur rendez-vous|et sur rdv|ou sur rendez-vous|ou sur rdv|uniquement sur rendez-vous|\
         sur demande|sur réservation|su appuntamento|su prenotazione|previo appuntamento|solo su appuntamento|\
         con cita previa|cita previa|previa cita|concertar cita|sob marcação|por marcação|op afspraak|\
         enkel op afspraak|alleen op afspraak|na afspraak|volgens afspraak|na telefonické dohodě|dle dohody|\
         po dohodě|po domluvě|po dogovoru|dohoda|po telefonicznym uzgodnieniu|po umówieniu|előzetes egyeztetés|\
         előzetes bejelentkezés|bejelentkezés alapján|előre egyeztetés szerint|előzetes bejelentkezésre|\
         időpontfoglalás|időpont egyeztetés|ettetellimisel|kokkuleppel|ettetellimisel|eelneval kokkuleppel|\
         sopimuksen mukaan|enligt överenskommelse|efter aftale|etter avtale|по договоренности|\
         по предварительной записи|по записи|за домовленістю|за попереднім записом|по предварителна заявка|予約制|\
         完全予約制|要予約",
    ),
    (
        Sense::Condition,
        "weather permitting|weather dependent|if weather permits|in good weather|je nach wetterlage|\
         je nach wetter|je nach witterung|wetterabhängig|witterungsabhängig|bei schönem wetter|\
         nur bei schönem wetter|bei gutem wetter|nur bei gutem wetter|selon météo|selon la météo|par beau temps|\
         bij mooi weer|eventabhängig|bei veranstaltungen|wegen renovierung|wegen umbau|vorerst|bis auf weiteres|\
         temporarily|vorübergehend|provisoirement|temporairement|consultar|variable|selon saison|不定休|不定期",
    ),
    (
        Sense::Open,
        "open|opens|opening|open from|geöffnet|ouvert|ouverte|ouverture|ouvert du|ouvert de|abierto|abre|aberto|\
         aperto|apre|nyitva|otevřeno|otvorene|czynne|otwarte|geopend|работает",
    ),
    (
        Sense::Nothing,
        "von|vom|de|du|le|des|les|das|da|dal|dalla|van|uhr|hs|hrs|hr|hours|hour|uur|opening hours|opening times|\
         business hours|store hours|hours of operation|öffnungszeiten|horaires|horaire|heures|horas|horario|\
         horário|orario|orari|ore|ora|ora:|orele|hodin|hod|óra|óráig|órától|ig|godz|godziny|ч|час|часов|год|\
         години|г|น|kl|klo|klockan|horario de atención|nyitva|nyitvatartás|режим работы|время работы|営業時間|營業時間|\
         まで|翌|翌日|の|は|the|on|at|in the|los|las|el|il|l'|les jours|em|aos|ao|på|em|во|в|en continu|non stop de|\
         sans interruption|без перерыва|без обеда|в день|di orario continuato|orario continuato|of the month|\
         of each month|of every month|each month|every month|a day|per day|wib|-feira|feira|feiras|jam buka|jam|\
         pukul|arvati|clock|o'clock|-ig|ч.|h.",
    ),
];

/// All words, the longest first.
static LONGEST_FIRST: LazyLock<Vec<(&str, Sense)>> = LazyLock::new(|| {
    let words = |&(sense, words): &(Sense, &'static str)| words.split('|').map(move |word| (word.trim_start(), sense));
    let mut all: Vec<(&str, Sense)> = WORDS.iter().flat_map(words).collect();
    all.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    all
});

/// The longest of the words that a lower-case text begins with, and what comes behind it; none where it begins with another.
pub(super) fn word(rest: &str) -> Option<(Option<Token>, &str)> {
    LONGEST_FIRST.iter().find_map(|&(word, sense)| {
        let after = rest.strip_prefix(word)?;
        ends_well(word, after).then(|| (token(sense, word), after))
    })
}

/// Whether a word ends where something follows. Scripts without spaces end a word anywhere, and nobody needs one before a digit.
fn ends_well(word: &str, after: &str) -> bool {
    let Some(last) = word.chars().next_back() else { return false };
    if last.is_ascii_digit() {
        return !after.starts_with(|next: char| next.is_alphanumeric() || [':', '.', '/'].contains(&next));
    }
    !last.is_alphabetic() || is_dense(last) || !after.starts_with(|next: char| next.is_alphabetic() && !is_dense(next))
}

/// A letter of a script that puts no spaces between words.
pub(super) fn is_dense(c: char) -> bool {
    ('\u{3040}'..='\u{9fff}').contains(&c)
}

fn token(sense: Sense, word: &str) -> Option<Token> {
    let clock = |minutes| Some(Token::time(minutes, false, Written::InAWord));
    match sense {
        Sense::Closed => Some(Token::Closed),
        Sense::Except => Some(Token::Except),
        Sense::Break => Some(Token::Break),
        Sense::Holiday => Some(Token::Holiday),
        Sense::EveryDay => Some(Token::Days(&[0, 1, 2, 3, 4, 5, 6])),
        Sense::WorkingDays => Some(Token::Days(&[0, 1, 2, 3, 4])),
        Sense::Weekend => Some(Token::Days(&[5, 6])),
        Sense::WeekendAndHolidays => Some(Token::WeekendAndHolidays),
        Sense::To => Some(Token::To),
        Sense::From => Some(Token::From),
        Sense::And => Some(Token::And),
        Sense::OpenEnd => Some(Token::Plus),
        Sense::WholeDay => Some(Token::WholeDay),
        Sense::Noon => clock(12 * 60),
        Sense::Midnight => clock(24 * 60),
        Sense::Appointment => Some(Token::Appointment(word.to_owned())),
        Sense::Condition => Some(Token::Condition(word.to_owned())),
        Sense::Open => Some(Token::Stop),
        Sense::Nothing => None,
    }
}

/// What `locale` takes: language and country. The first of a language stands for it where no country is named.
const LOCALES: [&str; 42] = [
    "cs_CZ", "da_DK", "de_DE", "de_AT", "de_CH", "en_US", "en_AU", "en_BE", "en_CA", "en_CH", "en_GB", "en_HK",
    "en_IE", "en_MY", "en_NZ", "en_PH", "en_SG", "es_ES", "es_AR", "es_CL", "es_MX", "fi_FI", "fil_PH", "fr_FR",
    "fr_BE", "fr_CA", "fr_CH", "it_IT", "it_CH", "ja_JP", "ms_MY", "nb_NO", "nl_NL", "nl_BE", "pl_PL", "pt_PT",
    "pt_BR", "sv_SE", "sv_FI", "tr_TR", "zh_TW", "zh_HK",
];

/// Yelp's word for a BCP 47 language; none for one that it does not speak, which leaves the choice to Yelp (American English).
pub(super) fn locale(language: &str) -> Option<&'static str> {
    let mut parts = language.split('-');
    let spoken = match parts.next()?.to_ascii_lowercase().as_str() {
        "no" => "nb".to_owned(),
        other => other.to_owned(),
    };
    let country = parts.find(|part| part.len() == 2).map(str::to_ascii_uppercase);
    let of_language = || LOCALES.iter().copied().filter(|locale| locale.split('_').next() == Some(&spoken));
    let named = country.and_then(|country| of_language().find(|locale| locale.split('_').nth(1) == Some(&country)));
    named.or_else(|| of_language().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_becomes_a_locale() {
        let of = |language| locale(language).unwrap_or("none");
        assert_eq!([of("en"), of("en-GB"), of("en-gb"), of("en-ZA")], ["en_US", "en_GB", "en_GB", "en_US"]);
        assert_eq!([of("de"), of("de-CH"), of("pt-BR"), of("no")], ["de_DE", "de_CH", "pt_BR", "nb_NO"]);
        assert_eq!(
            [of("zh-Hant-HK"), of("zh-Hans"), of("fil"), of("el"), of("")],
            ["zh_HK", "zh_TW", "fil_PH", "none", "none"]
        );
    }
}

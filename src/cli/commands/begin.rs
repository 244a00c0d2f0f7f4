use crate::cli::settings::provider::ProviderChoice;
use crate::provider::Provider;
use crate::report::terms_line;

/// What a run says before it begins: the provider's terms and what is made of them here, and what is asked for and costs more.
pub(super) fn say(provider: &dyn Provider, choice: &ProviderChoice, live: bool) {
    tracing::info!("{}", terms_line(provider.name(), &provider.terms(), choice.keeping));
    if !live {
        return;
    }
    if let Some(tier) = provider.on_tier() {
        tracing::info!("{tier}");
    }
    match provider.on_details() {
        Some(cost) if choice.details => tracing::info!("{cost}"),
        None if choice.details => {
            tracing::warn!("`details` changes nothing: the search of {} leaves nothing out", provider.name());
        }
        _ => {}
    }
}

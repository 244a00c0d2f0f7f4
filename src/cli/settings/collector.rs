//! Whether the numbers of runs go to a collector, by OpenTelemetry's own variables. What is wrong with them is a warning and takes nothing
//! from a sync: they are often set for a whole machine or cluster.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use url::Url;

use crate::cli::environment::{
    Environment, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT,
    OTEL_EXPORTER_OTLP_METRICS_HEADERS, OTEL_EXPORTER_OTLP_METRICS_PROTOCOL, OTEL_EXPORTER_OTLP_METRICS_TIMEOUT,
    OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_EXPORTER_OTLP_TIMEOUT, OTEL_METRICS_EXPORTER, OTEL_RESOURCE_ATTRIBUTES,
    OTEL_SDK_DISABLED, OTEL_SERVICE_NAME,
};
use crate::cli::secrets;
use crate::transport::Collector;

/// What OpenTelemetry says where nobody says anything.
const TIMEOUT: Duration = Duration::from_secs(10);
const PROTOCOL: &str = "http/protobuf";
const SERVICE: &str = "venues";

/// Where the numbers go, and who measured them.
#[derive(Debug, Clone)]
pub struct CollectorChoice {
    /// Where.
    pub collector: Collector,
    /// Attributes of the resource.
    pub resource: Vec<(String, String)>,
}

/// None where no collector is named, or nothing can be sent to it.
pub(super) fn choose(environment: &Environment) -> Option<CollectorChoice> {
    let read = |variable| environment.text(variable).ok().flatten();
    let of_metrics = |own, general| read(own).or_else(|| read(general));
    if read(OTEL_SDK_DISABLED).is_some_and(|text| text.eq_ignore_ascii_case("true"))
        || read(OTEL_METRICS_EXPORTER) == Some("none")
    {
        return None;
    }
    let own = read(OTEL_EXPORTER_OTLP_METRICS_ENDPOINT);
    let general = || read(OTEL_EXPORTER_OTLP_ENDPOINT).map(|base| format!("{}/v1/metrics", base.trim_end_matches('/')));
    let endpoint = own.map(str::to_owned).or_else(general)?;
    let without = |why: &str| tracing::warn!("no numbers go to the collector of OpenTelemetry: {why}");
    let protocol = of_metrics(OTEL_EXPORTER_OTLP_METRICS_PROTOCOL, OTEL_EXPORTER_OTLP_PROTOCOL);
    if let Some(other) = protocol.filter(|protocol| *protocol != PROTOCOL) {
        without(&format!("{OTEL_EXPORTER_OTLP_PROTOCOL} is `{other}`, and {PROTOCOL} is what we speak"));
        return None;
    }
    let url = Url::parse(&endpoint).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    // The address itself is not repeated: it may hold a password.
    let Some(url) = url else {
        without(&format!("{OTEL_EXPORTER_OTLP_ENDPOINT} is no address like http://localhost:4318"));
        return None;
    };
    if let Some(password) = url.password() {
        secrets::register_password(password, &percent_decode_str(password).decode_utf8_lossy(), &[]);
    }
    let timeout = of_metrics(OTEL_EXPORTER_OTLP_METRICS_TIMEOUT, OTEL_EXPORTER_OTLP_TIMEOUT);
    let timeout = timeout.and_then(|text| text.parse().ok()).map_or(TIMEOUT, Duration::from_millis);
    let headers = of_metrics(OTEL_EXPORTER_OTLP_METRICS_HEADERS, OTEL_EXPORTER_OTLP_HEADERS).map(pairs);
    let secret = |(name, value): (String, String)| {
        let value = SecretString::from(value);
        secrets::register_key(&value);
        (name, value)
    };
    let headers = headers.unwrap_or_default().into_iter().map(secret).collect();
    Some(CollectorChoice { collector: Collector { url, headers, timeout }, resource: resource(read) })
}

fn resource<'e>(read: impl Fn(&'static str) -> Option<&'e str>) -> Vec<(String, String)> {
    let mut attributes = read(OTEL_RESOURCE_ATTRIBUTES).map(pairs).unwrap_or_default();
    let mut set = |name: &str, value: &str| {
        attributes.retain(|(known, _)| known != name);
        attributes.push((name.to_owned(), value.to_owned()));
    };
    set("service.version", env!("CARGO_PKG_VERSION"));
    if let Some(name) = read(OTEL_SERVICE_NAME) {
        set("service.name", name);
    } else if !attributes.iter().any(|(name, _)| name == "service.name") {
        attributes.push(("service.name".to_owned(), SERVICE.to_owned()));
    }
    attributes
}

/// `name=value,name=value`, values percent-encoded; what is no such pair is left out.
fn pairs(text: &str) -> Vec<(String, String)> {
    let pair = |text: &str| {
        let (name, value) = text.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8_lossy().into_owned();
        Some((name.trim().to_owned(), value)).filter(|(name, _)| !name.is_empty())
    };
    text.split(',').filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn chosen(values: &[(&str, &str)]) -> Option<CollectorChoice> {
        choose(&Environment::of(values))
    }

    fn url(values: &[(&str, &str)]) -> String {
        chosen(values).unwrap().collector.url.to_string()
    }

    #[test]
    fn the_address_is_the_general_one_with_a_path_or_the_very_one_of_metrics() {
        let general = (OTEL_EXPORTER_OTLP_ENDPOINT, "http://collector:4318/otlp/");
        assert_eq!(url(&[general]), "http://collector:4318/otlp/v1/metrics");
        let own = (OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, "https://other.example/api/v1/otlp");
        assert_eq!(url(&[general, own]), "https://other.example/api/v1/otlp");
    }

    #[test]
    fn what_is_off_unspoken_or_no_address_is_none() {
        let general = (OTEL_EXPORTER_OTLP_ENDPOINT, "http://collector:4318");
        assert!(chosen(&[]).is_none());
        for other in [
            (OTEL_SDK_DISABLED, "TRUE"),
            (OTEL_METRICS_EXPORTER, "none"),
            (OTEL_EXPORTER_OTLP_PROTOCOL, "grpc"),
            (OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, "collector:4318"),
        ] {
            assert!(chosen(&[general, other]).is_none(), "{other:?}");
        }
    }

    #[test]
    fn headers_and_attributes_are_read_as_opentelemetry_writes_them() {
        let choice = chosen(&[
            (OTEL_EXPORTER_OTLP_ENDPOINT, "http://collector:4318"),
            (OTEL_EXPORTER_OTLP_HEADERS, "api-key=a%20secret%2Ckey , x-tenant = 7,nonsense"),
            (OTEL_EXPORTER_OTLP_TIMEOUT, "250"),
            (OTEL_RESOURCE_ATTRIBUTES, "deployment.environment=prod,service.name=other"),
        ])
        .unwrap();
        let headers = choice.collector.headers.iter().map(|(name, value)| (name.as_str(), value.expose_secret()));
        assert_eq!(headers.collect::<Vec<_>>(), [("api-key", "a secret,key"), ("x-tenant", "7")]);
        assert_eq!(choice.collector.timeout, Duration::from_millis(250));
        for (name, value) in [("deployment.environment", "prod"), ("service.name", "other")] {
            assert!(choice.resource.contains(&(name.to_owned(), value.to_owned())), "{:?}", choice.resource);
        }
        assert!(!format!("{choice:?}").contains("secret"), "{choice:?}");
    }
}

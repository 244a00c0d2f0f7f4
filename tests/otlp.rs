//! The numbers of a run at a collector of OpenTelemetry: the same as in the file for Prometheus; and a sync that no collector holds up.
#![cfg(feature = "otlp")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{metric, number_data_point};
use prost::Message as _;
use support::database::TestDatabase;
use support::desk::{Desk, Said, assert_all};
use tokio::net::TcpListener;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const KEY: &str = "hush-hush-of-a-collector";

/// Syncs the demo from the map. The collector answers on this thread's runtime, so that the command is waited for on another.
async fn sync(desk: Desk, database: &TestDatabase) -> (Said, Desk) {
    let url = database.url();
    let run = move || {
        let said =
            desk.run(&["sync", "--region", "demo", "--provider", "osm", "--migrate", "--json", "--database-url", &url]);
        (said, desk)
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn text(attribute: &KeyValue) -> (String, String) {
    match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => (attribute.key.clone(), text.clone()),
        other => panic!("{}: {other:?}", attribute.key),
    }
}

/// Every number that a request holds, spelled as in the file for Prometheus.
fn lines(request: &ExportMetricsServiceRequest) -> BTreeMap<String, f64> {
    let metrics = request.resource_metrics.iter().flat_map(|of| &of.scope_metrics).flat_map(|of| &of.metrics);
    let mut lines = BTreeMap::new();
    for metric in metrics {
        let Some(metric::Data::Gauge(gauge)) = &metric.data else { panic!("{} is no gauge", metric.name) };
        for point in &gauge.data_points {
            let labels = point.attributes.iter().map(text).map(|(name, value)| format!("{name}=\"{value}\""));
            let Some(number_data_point::Value::AsDouble(value)) = point.value else { panic!("{}", metric.name) };
            assert!(point.time_unix_nano > 0);
            lines.insert(format!("{}{{{}}}", metric.name, labels.collect::<Vec<_>>().join(",")), value);
        }
    }
    lines
}

#[tokio::test]
async fn a_collector_is_told_what_the_file_for_prometheus_says() {
    let collector = MockServer::start().await;
    let taken = ResponseTemplate::new(200);
    let asked =
        Mock::given(method("POST")).and(path("/v1/metrics")).and(header("content-type", "application/x-protobuf"));
    asked.and(header("api-key", KEY)).respond_with(taken).expect(1).mount(&collector).await;
    let database = TestDatabase::create().await;
    let desk = Desk::new()
        .with(ENDPOINT, &collector.uri())
        .with("OTEL_EXPORTER_OTLP_HEADERS", &format!("api-key={KEY}"))
        .with("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
        .with("VENUES_METRICS_FILE", "venues.prom");
    let (said, desk) = sync(desk, &database).await;
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(!said.stderr.contains("collector"), "{}", said.stderr);

    let bodies = collector.received_requests().await.unwrap();
    let request = ExportMetricsServiceRequest::decode(bodies[0].body.as_slice()).unwrap();
    let resource = request.resource_metrics[0].resource.as_ref().unwrap();
    let resource: BTreeMap<String, String> = resource.attributes.iter().map(text).collect();
    assert_eq!((resource["service.name"].as_str(), resource["deployment.environment"].as_str()), ("venues", "test"));

    let file = std::fs::read_to_string(desk.folder.path().join("venues.prom")).unwrap();
    let samples = file.lines().filter(|line| !line.starts_with('#')).map(|line| line.rsplit_once(' ').unwrap());
    let written: BTreeMap<String, f64> =
        samples.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect();
    assert!(written.len() > 20 && written.values().any(|value| *value > 100.0), "{file}");
    assert_eq!(lines(&request), written);
}

#[tokio::test]
async fn a_collector_that_is_down_or_says_no_is_a_warning() {
    let refusing = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(401)).mount(&refusing).await;
    let database = TestDatabase::create().await;
    for (endpoint, why) in [("http://127.0.0.1:1".to_owned(), "127.0.0.1:1"), (refusing.uri(), "it answers 401")] {
        let desk = Desk::new().with(ENDPOINT, &endpoint).with("OTEL_EXPORTER_OTLP_HEADERS", &format!("api-key={KEY}"));
        let (said, _desk) = sync(desk, &database).await;
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        assert!(said.stdout.contains("\"status\":\"complete\""), "{}", said.stdout);
        assert_all(&said.stderr, &["the collector at 127.0.0.1:", "did not take the numbers of a run", why]);
        assert!(!said.stderr.contains(KEY), "{}", said.stderr);
    }
}

/// The time that the settings allow is an hour: the command does not wait for it.
#[tokio::test]
async fn a_collector_that_never_answers_holds_up_nobody() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let database = TestDatabase::create().await;
    let desk = Desk::new()
        .with(ENDPOINT, &format!("http://{}", silent.local_addr().unwrap()))
        .with("OTEL_EXPORTER_OTLP_TIMEOUT", "3600000");
    let (said, _desk) = sync(desk, &database).await;
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_all(&said.stderr, &["the collector did not take the numbers of all runs within 3 s"]);
}

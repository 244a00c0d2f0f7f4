//! The outcome of runs as numbers, in the messages of OpenTelemetry.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;

use super::metrics::{METRICS, MeasuredRun, Sample, samples};

/// The same names, labels and values as in the file for Prometheus, as an `ExportMetricsServiceRequest` in Protobuf. `of` says who
/// measured: attributes of the resource, such as `service.name`.
pub fn otlp(run: MeasuredRun<'_>, of: &[(String, String)]) -> Vec<u8> {
    let at = run.ended_at.timestamp_nanos_opt().and_then(|at| u64::try_from(at).ok()).unwrap_or_default();
    let summary = run.summary;
    let mut points: BTreeMap<&str, Vec<NumberDataPoint>> = BTreeMap::new();
    for Sample { name, label, value } in samples(run, None) {
        let own = [("region", summary.region.as_str()), ("provider", summary.provider.as_str())];
        let attributes = own.into_iter().chain(label).map(|(key, value)| attribute(key, value)).collect();
        points.entry(name).or_default().push(NumberDataPoint {
            attributes,
            time_unix_nano: at,
            value: Some(number_data_point::Value::AsDouble(value)),
            ..NumberDataPoint::default()
        });
    }
    let gauges = METRICS.iter().filter_map(|(name, help)| {
        let data_points = points.remove(name)?;
        // No unit: receivers of Prometheus would put it at the end of the name, which has it.
        Some(Metric {
            name: (*name).to_owned(),
            description: (*help).to_owned(),
            data: Some(metric::Data::Gauge(Gauge { data_points })),
            ..Metric::default()
        })
    });
    let scope = InstrumentationScope {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let scoped = ScopeMetrics { scope: Some(scope), metrics: gauges.collect(), ..ScopeMetrics::default() };
    let resource =
        Resource { attributes: of.iter().map(|(key, value)| attribute(key, value)).collect(), ..Resource::default() };
    let of_resource =
        ResourceMetrics { resource: Some(resource), scope_metrics: vec![scoped], ..ResourceMetrics::default() };
    ExportMetricsServiceRequest { resource_metrics: vec![of_resource] }.encode_to_vec()
}

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = any_value::Value::StringValue(value.to_owned());
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

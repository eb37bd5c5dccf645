//! Counters in the text format of Prometheus (exposition format 0.0.4).

use std::fmt;

use chinwag_proto::link::{BOUNDS_US, Spread};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::server::{Counter, CounterKind, Quotas, Status};

/// What the page is, for HTTP.
pub(super) use prometheus_text::CONTENT_TYPE;

/// All of a server's counters.
pub(super) fn of(status: Box<Status>) -> String {
    let mut registry = Registry::with_prefix("chinwag");
    registry.register_collector(Box::new(Counted(status)));
    let mut page = String::new();
    // A string takes all.
    let _ = prometheus_text::encode(&mut page, &registry);
    page
}

/// A server's counters at one moment.
#[derive(Debug)]
struct Counted(Box<Status>);

impl Collector for Counted {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let status = &*self.0;
        let mut page = Page(encoder);
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        page.gauges("build_info", "The program that runs.", [(version, 1)])?;
        for Counter { name, help, kind, value, .. } in &status.counters {
            match kind {
                CounterKind::Gauge => page.one(name, help, ConstGauge::new(signed(capped(*value))))?,
                CounterKind::Total => page.one(name, help, ConstCounter::new(*value))?,
            }
        }
        let Quotas { account_bytes, room_bytes, server_bytes } = status.quotas;
        let quotas = [("account", account_bytes), ("room", room_bytes), ("server", server_bytes)];
        let quotas = quotas.into_iter().filter_map(|(of, bytes)| Some(([("of", of)], capped(bytes?))));
        page.gauges("quota_bytes", "How many octets are kept at most; none: any number.", quotas)?;
        let drops = status.drops.iter().map(|(reason, count)| ([("reason", reason.as_str())], *count));
        page.counters("dropped", "Datagrams, or parts of one, that were dropped.", drops)?;
        let verdicts = status.verdicts.iter().map(|(verdict, count)| ([("verdict", *verdict)], *count));
        page.counters("auth_verdicts", "What the auth command said.", verdicts)?;
        let waiting = status.waiting.iter().map(|(queue, length)| ([("queue", *queue)], *length));
        page.gauges("queue_length", "What waits.", waiting)?;
        page.histogram("rtt_seconds", "Round trips to peers, as acknowledgements tell.", &status.rtt)?;
        page.histogram("store_commit_seconds", "From a batch of writes to its durability.", &status.commits)
    }
}

/// A label and its value.
type Label<'a> = [(&'static str, &'a str); 1];

/// The page that is being written.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn gauges<'l>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Label<'l>, usize)>,
    ) -> fmt::Result {
        let values = values.into_iter().map(|(label, value)| (label, ConstGauge::new(signed(value))));
        self.many(name, help, MetricType::Gauge, values)
    }

    fn counters<'l>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Label<'l>, u64)>,
    ) -> fmt::Result {
        let values = values.into_iter().map(|(label, value)| (label, ConstCounter::new(value)));
        self.many(name, help, MetricType::Counter, values)
    }

    fn one(&mut self, name: &str, help: &str, metric: impl EncodeMetric) -> fmt::Result {
        let encoder = self.0.encode_descriptor(name, help, None, metric.metric_type())?;
        metric.encode(encoder)
    }

    /// One for each label.
    fn many<'l, M: EncodeMetric>(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        mut metrics: impl Iterator<Item = (Label<'l>, M)>,
    ) -> fmt::Result {
        let mut encoder = self.0.encode_descriptor(name, help, None, kind)?;
        metrics.try_for_each(|(label, metric)| metric.encode(encoder.encode_family(&label)?))
    }

    fn histogram(&mut self, name: &str, help: &str, spread: &Spread) -> fmt::Result {
        let bounds = BOUNDS_US.iter().map(|us| seconds(*us)).chain([f64::INFINITY]);
        let buckets: Vec<_> = bounds.zip(spread.counts().iter().copied()).collect();
        let count = spread.counts().iter().sum();
        let mut encoder = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        encoder.encode_histogram::<NoLabelSet>(seconds(spread.sum_us()), count, &buckets, None)
    }
}

fn capped(octets: u64) -> usize {
    usize::try_from(octets).unwrap_or(usize::MAX)
}

fn signed(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn seconds(us: u64) -> f64 {
    std::time::Duration::from_micros(us).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_was_counted() {
        let counter = |name, kind, value| Counter { key: name, name, help: "One.", kind, value };
        let mut status = Status {
            counters: vec![
                counter("sessions", CounterKind::Gauge, 3),
                counter("used_bytes", CounterKind::Gauge, 900),
                counter("link_acknowledged", CounterKind::Total, 7),
            ],
            quotas: Quotas { account_bytes: Some(1_000), room_bytes: None, server_bytes: None },
            drops: vec![("replay".into(), 2)],
            waiting: vec![("commits", 5)],
            ..Status::default()
        };
        [90, 400, 2_000_000].iter().for_each(|us| status.rtt.note(*us));
        let page = of(Box::new(status));
        for line in [
            "# TYPE chinwag_sessions gauge",
            "chinwag_sessions 3",
            "# HELP chinwag_sessions One.",
            "chinwag_used_bytes 900",
            "chinwag_quota_bytes{of=\"account\"} 1000",
            "# TYPE chinwag_link_acknowledged_total counter",
            "chinwag_link_acknowledged_total 7",
            "chinwag_dropped_total{reason=\"replay\"} 2",
            "chinwag_queue_length{queue=\"commits\"} 5",
            "chinwag_rtt_seconds_bucket{le=\"0.0001\"} 1",
            "chinwag_rtt_seconds_bucket{le=\"0.0005\"} 2",
            "chinwag_rtt_seconds_bucket{le=\"1\"} 2",
            "chinwag_rtt_seconds_bucket{le=\"+Inf\"} 3",
            "chinwag_rtt_seconds_sum 2.00049",
            "chinwag_rtt_seconds_count 3",
        ] {
            assert!(page.lines().any(|said| said == line), "{line} is not in\n{page}");
        }
        assert!(!page.contains(".."), "a sentence ends once:\n{page}");
    }
}

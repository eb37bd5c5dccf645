//! Counters in the text format of Prometheus (exposition format 0.0.4). Written by hand: it is a few lines, and the common crate
//! writes OpenMetrics only, which `promtool check metrics` does not take.

use std::fmt::Write as _;

use chinwag_proto::link::{BOUNDS_US, Spread};

use crate::server::Status;

/// All of a server's counters.
pub(super) fn of(status: &Status) -> String {
    let mut page = Page::default();
    let version = env!("CARGO_PKG_VERSION");
    page.family("chinwag_build_info", "gauge", "The program that runs.");
    page.sample("chinwag_build_info", &[("version", version)], 1);
    page.gauge("sessions", "Sessions that stand.", status.sessions);
    page.gauge("peers", "Socket addresses that have a session.", status.peers);
    page.gauge("accounts", "Accounts.", status.accounts);
    page.gauge("rooms", "Rooms, direct ones among them.", status.rooms);
    page.gauge("members", "Memberships: an account in two rooms counts twice.", status.members);
    page.gauge("followers", "Sessions that follow a room, once for each room.", status.followers);
    page.gauge("store_full", "1 while the store refuses for lack of space.", usize::from(status.is_full));
    page.counter("entries_stored", "Entries of rooms that were made durable.", status.entries);
    page.counter("link_messages_received", "Messages that came in, posts and requests.", status.messages_received);
    page.counter("link_acknowledged", "Datagrams that were acknowledged.", status.acked);
    page.counter("link_retransmissions", "Copies of messages sent again.", status.retransmitted);
    page.counter("link_lost", "Datagrams that were counted as lost.", status.lost);
    page.counter("datagrams_sent", "Datagrams sent.", status.datagrams_sent);
    page.counter("datagrams_received", "Datagrams received.", status.datagrams_received);
    page.counter("sent_bytes", "Octets of UDP payload sent.", status.bytes_sent);
    page.counter("received_bytes", "Octets of UDP payload received.", status.bytes_received);
    page.family("chinwag_dropped_total", "counter", "Datagrams, or parts of one, that were dropped.");
    for (reason, count) in &status.drops {
        page.sample("chinwag_dropped_total", &[("reason", reason)], *count);
    }
    page.family("chinwag_queue_length", "gauge", "What waits.");
    for (queue, length) in &status.waiting {
        page.sample("chinwag_queue_length", &[("queue", queue)], *length);
    }
    page.histogram("rtt_seconds", "Round trips to peers, as acknowledgements tell.", &status.rtt);
    page.histogram("store_commit_seconds", "From a batch of writes to its durability.", &status.commits);
    page.0
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn gauge(&mut self, name: &str, help: &str, value: usize) {
        let name = format!("chinwag_{name}");
        self.family(&name, "gauge", help);
        self.sample(&name, &[], value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        let name = format!("chinwag_{name}_total");
        self.family(&name, "counter", help);
        self.sample(&name, &[], value);
    }

    fn histogram(&mut self, name: &str, help: &str, spread: &Spread) {
        let name = format!("chinwag_{name}");
        self.family(&name, "histogram", help);
        let bounds = BOUNDS_US.iter().map(|us| seconds(*us)).chain(["+Inf".to_owned()]);
        let mut upto = 0;
        for (bound, count) in bounds.zip(spread.counts()) {
            upto += count;
            self.sample(&format!("{name}_bucket"), &[("le", &bound)], upto);
        }
        self.sample(&format!("{name}_sum"), &[], seconds(spread.sum_us()));
        self.sample(&format!("{name}_count"), &[], upto);
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// The values of labels are words of our own: nothing in them wants an escape.
    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<_> = labels.iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}

/// Microseconds as seconds, exactly.
fn seconds(us: u64) -> String {
    let text = format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_was_counted() {
        let mut status =
            Status { sessions: 3, is_full: true, acked: 7, drops: vec![("replay".into(), 2)], ..Status::default() };
        [90, 400, 2_000_000].iter().for_each(|us| status.rtt.note(*us));
        let page = of(&status);
        for line in [
            "# TYPE chinwag_sessions gauge",
            "chinwag_sessions 3",
            "chinwag_store_full 1",
            "chinwag_link_acknowledged_total 7",
            "chinwag_dropped_total{reason=\"replay\"} 2",
            "chinwag_rtt_seconds_bucket{le=\"0.0001\"} 1",
            "chinwag_rtt_seconds_bucket{le=\"0.0005\"} 2",
            "chinwag_rtt_seconds_bucket{le=\"1\"} 2",
            "chinwag_rtt_seconds_bucket{le=\"+Inf\"} 3",
            "chinwag_rtt_seconds_sum 2.00049",
            "chinwag_rtt_seconds_count 3",
        ] {
            assert!(page.lines().any(|said| said == line), "{line} is not in\n{page}");
        }
    }

    #[test]
    fn microseconds_are_seconds() {
        assert_eq!((seconds(100), seconds(1_000_000), seconds(0)), ("0.0001".into(), "1".into(), "0".into()));
    }
}

//! What a link has counted and measured.

use super::spread::Spread;

/// Counters and estimates of a link, for people and for tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Datagrams written.
    pub datagrams_sent: u64,
    /// Datagrams received.
    pub datagrams_received: u64,
    /// Messages handed up.
    pub messages_received: u64,
    /// Messages that arrived again.
    pub duplicates: u64,
    /// Message copies sent because loss was detected or the probe timer fired.
    pub retransmitted: u64,
    /// Message copies re-carried in datagrams that went out anyway.
    pub recarried: u64,
    /// Message copies sent speculatively.
    pub speculative: u64,
    /// Firings of the probe timer.
    pub probes: u64,
    /// Datagrams acknowledged.
    pub acked: u64,
    /// Datagrams counted as lost.
    pub lost: u64,
    /// Datagrams that the path did not carry for their length, as far as is known yet; none of them counts as lost.
    pub too_long: u64,
    /// Losses that turned out not to be one.
    pub spurious: u64,
    /// Smoothed RTT, in µs; 0 before the first sample.
    pub srtt_us: u64,
    /// RTT variance, in µs.
    pub rttvar_us: u64,
    /// Smallest RTT of the last 30 s, in µs.
    pub min_rtt_us: u64,
    /// Measured loss, in parts per 100,000.
    pub loss_ppht: u32,
    /// Congestion window, in datagrams.
    pub window: u32,
    /// The longest datagram that the path is known, or taken, to carry, in octets of UDP payload.
    pub path_mtu: u32,
    /// The longest datagram of which the peer said on this path that it came, in octets of UDP payload; 0: of none yet.
    pub longest_acked: u32,
    /// How the round trips were spread.
    pub rtt: Spread,
}

impl Stats {
    /// Adds the counters of another link. Estimates stay as they are: those of several links have no sum.
    pub fn absorb(&mut self, of: &Self) {
        self.datagrams_sent += of.datagrams_sent;
        self.datagrams_received += of.datagrams_received;
        self.messages_received += of.messages_received;
        self.duplicates += of.duplicates;
        self.retransmitted += of.retransmitted;
        self.recarried += of.recarried;
        self.speculative += of.speculative;
        self.probes += of.probes;
        self.acked += of.acked;
        self.lost += of.lost;
        self.too_long += of.too_long;
        self.spurious += of.spurious;
        self.rtt.absorb(&of.rtt);
    }
}

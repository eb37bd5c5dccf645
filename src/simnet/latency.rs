//! The latency report: how long a message takes over one link that loses datagrams, in virtual time, and how many datagrams
//! that costs; beside it the ideal of a protocol that sends again the moment it could know better.

use std::collections::VecDeque;

use chinwag_proto::link::{Event, Lookup};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::frame::Channel;
use chinwag_proto::wire::id::RoomId;

use crate::pair::{End, Impairments, Pair, World};

/// Messages before the first that counts.
const WARM_UP: usize = 1_000;
const ROOM: RoomId = RoomId(1);
/// Octets of a message.
const MESSAGE_LEN: usize = 100;

/// When messages are sent, and what counts as received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// About 1 s apart, received when handed up.
    Isolated,
    /// 20 ms apart, received when handed up; speculative copies are off.
    Plain50PerSecond,
    /// 10 ms apart, received when handed up and nothing before it is missing.
    InOrderEvery10Ms,
}

/// A case: a path and a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Round trip in ms.
    pub rtt_ms: u32,
    /// Loss in each direction, in per cent.
    pub loss_pct: u32,
    /// What is sent.
    pub pattern: Pattern,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Where.
    pub case: Case,
    /// Median latency, in µs.
    pub p50_us: u64,
    /// 99 of 100 took at most this, in µs.
    pub p99_us: u64,
    /// 999 of 1,000 took at most this, in µs.
    pub p999_us: u64,
    /// What `p99_us` would be for an ideal protocol that resends after exactly one round trip, until it arrives.
    pub ideal_p99_us: u64,
    /// Datagrams that the sender sent, for each message.
    pub datagrams_per_message: f64,
}

/// The cases of the report.
pub const CASES: [Case; 6] = [
    Case { rtt_ms: 1, loss_pct: 8, pattern: Pattern::Isolated },
    Case { rtt_ms: 1, loss_pct: 30, pattern: Pattern::Isolated },
    Case { rtt_ms: 40, loss_pct: 8, pattern: Pattern::Isolated },
    Case { rtt_ms: 40, loss_pct: 30, pattern: Pattern::Isolated },
    Case { rtt_ms: 40, loss_pct: 5, pattern: Pattern::Plain50PerSecond },
    Case { rtt_ms: 40, loss_pct: 10, pattern: Pattern::InOrderEvery10Ms },
];

impl Pattern {
    /// The pattern's name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Isolated => "isolated, 1 s apart",
            Self::Plain50PerSecond => "50/s, no speculative copies",
            Self::InOrderEvery10Ms => "in order, 10 ms apart",
        }
    }

    fn gap_us(self, rng: &mut Rng) -> u64 {
        match self {
            Self::Isolated => 900_000 + rng.below(200_000),
            Self::Plain50PerSecond => 20_000,
            Self::InOrderEvery10Ms => 10_000,
        }
    }
}

/// Measures every case with this many messages.
#[must_use]
pub fn latency(messages: usize, seed: u64) -> Vec<Row> {
    CASES.iter().map(|&case| measure(case, messages, seed)).collect()
}

/// Measures one case.
#[must_use]
pub fn measure(case: Case, messages: usize, seed: u64) -> Row {
    let mut rng = Rng::from_number(seed);
    let path = Impairments {
        delay_us: u64::from(case.rtt_ms) * 500,
        loss: f64::from(case.loss_pct) / 100.0,
        rate_per_s: None,
        mtu: None,
    };
    let mut pair = Pair::new(path, path, case.pattern != Pattern::Plain50PerSecond, rng.u64());
    let mut log = Log::new(case.pattern == Pattern::InOrderEvery10Ms);
    // A link knows a room from having been asked to; nothing here can be refused.
    let opened = pair.link(End::Server).open(ROOM, 0);
    debug_assert_eq!(opened, Ok(()));
    let mut datagrams_before = 0;
    for number in 1..=WARM_UP + messages {
        if number == WARM_UP + 1 {
            log.took.clear();
            datagrams_before = pair.link(End::Server).stats().datagrams_sent;
        }
        log.send(pair.now());
        pair.link(End::Server).advance(ROOM, number as u64);
        pair.run_for(case.pattern.gap_us(&mut rng), &mut log);
    }
    let datagrams = pair.link(End::Server).stats().datagrams_sent - datagrams_before;
    pair.run_for(20_000_000, &mut log);
    log.took.sort_unstable();
    Row {
        case,
        p50_us: nearest_rank(&log.took, 500),
        p99_us: nearest_rank(&log.took, 990),
        p999_us: nearest_rank(&log.took, 999),
        ideal_p99_us: ideal_p99_us(case, messages, &mut rng),
        datagrams_per_message: datagrams as f64 / messages as f64,
    }
}

/// The sender's log and the receiver's watch.
struct Log {
    in_order: bool,
    /// When messages from `first` on were sent; `None` for those that were received.
    sent: VecDeque<Option<Instant>>,
    first: u64,
    took: Vec<u64>,
}

impl Log {
    const fn new(in_order: bool) -> Self {
        Self { in_order, sent: VecDeque::new(), first: 1, took: Vec::new() }
    }

    fn send(&mut self, now: Instant) {
        self.sent.push_back(Some(now));
    }

    fn received(&mut self, now: Instant, number: u64) {
        let at = number.checked_sub(self.first).and_then(|at| self.sent.get_mut(at as usize));
        if let Some(sent) = at.and_then(Option::take) {
            self.took.push(now.micros_since(sent));
        }
        while let Some(None) = self.sent.front() {
            self.sent.pop_front();
            self.first += 1;
        }
    }
}

impl World for Log {
    fn entry(&mut self, _: End, _: RoomId, _: u64) -> Lookup<'_> {
        Lookup::Ready(&[b'x'; MESSAGE_LEN])
    }

    fn event(&mut self, now: Instant, _: End, event: Event<'_>) {
        let Event::Message { channel: Channel::Room(ROOM), number, contiguous_upto, .. } = event else { return };
        if self.in_order {
            (self.first..=contiguous_upto).for_each(|number| self.received(now, number));
        } else {
            self.received(now, number);
        }
    }
}

/// The smallest value that is not exceeded by so many in 1,000.
fn nearest_rank(sorted: &[u64], per_mille: usize) -> u64 {
    let rank = (sorted.len() * per_mille).div_ceil(1_000);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

/// What a message would take if it were sent again exactly one round trip after each copy that was lost.
fn ideal_p99_us(case: Case, messages: usize, rng: &mut Rng) -> u64 {
    let rtt_us = u64::from(case.rtt_ms) * 1_000;
    let loss = f64::from(case.loss_pct) / 100.0;
    let (mut now, mut free, mut took) = (0, 0, Vec::with_capacity(messages));
    for _ in 0..messages {
        let mut arrives = now + rtt_us / 2;
        while rng.chance(loss) {
            arrives += rtt_us;
        }
        if case.pattern == Pattern::InOrderEvery10Ms {
            free = arrives.max(free);
            arrives = free;
        }
        took.push(arrives - now);
        now += case.pattern.gap_us(rng);
    }
    took.sort_unstable();
    nearest_rank(&took, 990)
}

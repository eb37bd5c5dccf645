//! One direction of bad weather: datagrams go in, and come out late, twice, spoilt, out of order, or never.

use core::cmp::Reverse;

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

use crate::rng::Rng;
use crate::time::Instant;

use super::bursts::Bursts;
use super::spec::Faults;

/// Most datagrams on their way at a time; a further one is lost.
const QUEUE_MAX: usize = 65_536;
/// A datagram that would wait longer than this for its turn under `rate` is lost.
const RATE_QUEUE_US: u64 = 100_000;
/// Bounds of the time for which `reorder` holds a datagram back.
const REORDER_HOLD_US: (u64, u64) = (1_000, 5_000);

/// One direction of bad weather. `T` goes with each datagram (addresses, say).
#[derive(Debug)]
pub struct Weather<T> {
    faults: Faults,
    dice: Dice,
    /// The first moment that this weather knows of.
    start: Option<Instant>,
    /// When the next datagram may pass under `rate`, in ns.
    rate_free_ns: u64,
    /// What is on its way: when it comes out, the order in which it went in, and its slot.
    due: BinaryHeap<Reverse<(Instant, u64, usize)>>,
    /// Datagrams, and buffers that are used again.
    slots: Vec<(Option<T>, Vec<u8>)>,
    free: Vec<usize>,
    pushed: u64,
    tally: Tally,
}

/// What has happened so far to what went in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Datagrams that went in.
    pub pushed: u64,
    /// Datagrams that came out, copies included.
    pub popped: u64,
    /// Lost by `loss`, `burst`, `outage`.
    pub lost: u64,
    /// Lost because of `mtu`.
    pub too_large: u64,
    /// Lost because of `rate`, or because too many were on their way.
    pub crowded: u64,
    /// Copies made.
    pub duplicated: u64,
    /// Held back.
    pub reordered: u64,
    /// Spoilt.
    pub corrupted: u64,
}

/// A generator for each fault.
#[derive(Debug)]
struct Dice {
    loss: Rng,
    bursts: Bursts,
    dup: Rng,
    reorder: Rng,
    jitter: Rng,
    corrupt: Rng,
}

impl<T: Clone> Weather<T> {
    /// Weather with these faults.
    #[must_use]
    pub fn new(faults: Faults, mut rng: Rng) -> Self {
        let dice = Dice {
            loss: rng.fork("loss"),
            bursts: Bursts::new(rng.fork("burst")),
            dup: rng.fork("dup"),
            reorder: rng.fork("reorder"),
            jitter: rng.fork("jitter"),
            corrupt: rng.fork("corrupt"),
        };
        Self {
            faults,
            dice,
            start: None,
            rate_free_ns: 0,
            due: BinaryHeap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            pushed: 0,
            tally: Tally::default(),
        }
    }

    /// Changes the faults from now on; what is under way keeps its fate.
    pub const fn set(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// The faults as they stand.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Sends a datagram into the weather.
    pub fn push(&mut self, now: Instant, meta: T, datagram: &[u8]) {
        self.tally.pushed += 1;
        if self.faults.mtu.is_some_and(|mtu| datagram.len() > mtu) {
            self.tally.too_large += 1;
            return;
        }
        // A datagram that is lost in the air has used the bottleneck before it.
        let Some(wait_us) = self.wait_for_turn(now) else {
            self.tally.crowded += 1;
            return;
        };
        if self.draw_loss(now) {
            self.tally.lost += 1;
            return;
        }
        if self.dice.dup.chance(self.faults.dup) {
            self.tally.duplicated += 1;
            self.carry(now, wait_us, meta.clone(), datagram);
        }
        self.carry(now, wait_us, meta, datagram);
    }

    /// The next datagram that has come out by now, in order of arrival; written into `out` (cleared first).
    pub fn pop(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<T> {
        if self.deadline().is_none_or(|at| at > now) {
            return None;
        }
        let Reverse((_, _, index)) = self.due.pop()?;
        let (meta, datagram) = &mut self.slots[index];
        core::mem::swap(out, datagram);
        self.free.push(index);
        self.tally.popped += 1;
        meta.take()
    }

    /// When the next datagram comes out.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.due.peek().map(|Reverse((at, _, _))| *at)
    }

    /// What has happened so far.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// How long a datagram waits for its turn under `rate`, in µs; `None` if that is too long.
    fn wait_for_turn(&mut self, now: Instant) -> Option<u64> {
        let Some(rate) = self.faults.rate_per_s else { return Some(0) };
        let now_ns = now.as_micros().saturating_mul(1_000);
        let turn_ns = self.rate_free_ns.max(now_ns);
        let wait_us = (turn_ns - now_ns) / 1_000;
        if wait_us > RATE_QUEUE_US {
            return None;
        }
        self.rate_free_ns = turn_ns.saturating_add(1_000_000_000 / u64::from(rate.max(1)));
        Some(wait_us)
    }

    fn draw_loss(&mut self, now: Instant) -> bool {
        let since_us = now.micros_since(*self.start.get_or_insert(now));
        let is_outage = self.faults.outage.is_some_and(|o| (o.from_us..o.to_us).contains(&since_us));
        let is_burst = self.faults.burst.is_some_and(|(share, us)| self.dice.bursts.advance(now, share, us));
        // Drawn in any case: the fate of one datagram moves no other's.
        let is_single = self.dice.loss.chance(self.faults.loss);
        is_outage || is_burst || is_single
    }

    /// Puts one copy on its way.
    fn carry(&mut self, now: Instant, wait_us: u64, meta: T, datagram: &[u8]) {
        let delay_us = self.delay_us();
        let corrupt = self.dice.corrupt.chance(self.faults.corrupt) && !datagram.is_empty();
        if self.due.len() >= QUEUE_MAX {
            self.tally.crowded += 1;
            return;
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push((None, Vec::new()));
            self.slots.len() - 1
        });
        let (slot, bytes) = &mut self.slots[index];
        *slot = Some(meta);
        bytes.clear();
        bytes.extend_from_slice(datagram);
        if corrupt {
            self.tally.corrupted += 1;
            let bit = self.dice.corrupt.below(bytes.len() as u64 * 8);
            bytes[usize::try_from(bit / 8).expect("below a length")] ^= 1 << (bit % 8);
        }
        self.pushed += 1;
        self.due.push(Reverse((now.plus_micros(wait_us.saturating_add(delay_us)), self.pushed, index)));
    }

    fn delay_us(&mut self) -> u64 {
        let Faults { delay_us, jitter_us, .. } = self.faults;
        let spread = jitter_us.saturating_mul(2).saturating_add(1);
        let vary_us = if jitter_us == 0 { 0 } else { self.dice.jitter.below(spread) };
        let mut delay_us = delay_us.saturating_add(vary_us).saturating_sub(jitter_us);
        if self.dice.reorder.chance(self.faults.reorder) {
            self.tally.reordered += 1;
            let (least, most) = REORDER_HOLD_US;
            delay_us = delay_us.saturating_add(least + self.dice.reorder.below(most - least + 1));
        }
        delay_us
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use core::fmt::Write as _;

    use super::*;
    use crate::weather::Spec;

    fn weather(spec: &str) -> Weather<u32> {
        Weather::new(spec.parse::<Spec>().expect(spec).up, Rng::from_number(7))
    }

    fn ms(ms: u64) -> Instant {
        Instant::from_micros(ms * 1_000)
    }

    /// Sends `count` datagrams, one each `gap_us`, and gives all that comes out with its time, as transcript lines.
    fn run(weather: &mut Weather<u32>, count: u32, gap_us: u64) -> String {
        let mut out = String::new();
        let mut bytes = Vec::new();
        let mut sent = 0;
        loop {
            let next = (sent < count).then(|| Instant::from_micros(u64::from(sent) * gap_us));
            let Some(now) = next.into_iter().chain(weather.deadline()).min() else { return out };
            if next == Some(now) {
                weather.push(now, sent, &sent.to_be_bytes());
                sent += 1;
            }
            while let Some(n) = weather.pop(now, &mut bytes) {
                let spoilt = if bytes == n.to_be_bytes() { "" } else { " spoilt" };
                writeln!(out, "{now} {n}{spoilt}").expect("a string takes all");
            }
        }
    }

    #[test]
    fn calm_weather_changes_nothing() {
        assert_eq!(run(&mut weather("calm"), 3, 1_000), "0.000ms 0\n1.000ms 1\n2.000ms 2\n");
    }

    #[test]
    fn a_delay_delays_and_jitter_reorders() {
        assert_eq!(run(&mut weather("delay=20ms"), 3, 1_000), "20.000ms 0\n21.000ms 1\n22.000ms 2\n");
        let out = run(&mut weather("delay=20ms±5ms"), 1_000, 1_000);
        let order: Vec<u32> =
            out.lines().map(|l| l.split(' ').nth(1).expect("two words").parse().expect("n")).collect();
        assert_eq!(order.len(), 1_000);
        assert!(!order.is_sorted());
        for (line, n) in out.lines().zip(&order) {
            let at: f64 = line.split("ms").next().expect("a time").parse().expect("a time");
            let delay = at - f64::from(*n);
            assert!((15.0..=25.0).contains(&delay), "{line}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_trace_and_another_fault_moves_no_loss() {
        let spec = "loss=20%,dup=5%,reorder=10%,delay=10ms±5ms,corrupt=0.5%,burst=5%/30ms,rate=900/s";
        assert_eq!(run(&mut weather(spec), 2_000, 1_000), run(&mut weather(spec), 2_000, 1_000));
        let (mut plain, mut more) = (weather("loss=20%"), weather("loss=20%,corrupt=50%,delay=9ms±3ms"));
        run(&mut plain, 2_000, 1_000);
        run(&mut more, 2_000, 1_000);
        assert_eq!(plain.tally().lost, more.tally().lost);
    }

    #[test]
    fn shares_are_what_they_say() {
        let mut weather = weather("loss=20%,dup=5%,reorder=10%,corrupt=1%");
        run(&mut weather, 20_000, 100);
        let Tally { lost, duplicated, reordered, corrupted, popped, .. } = weather.tally();
        assert!((3_800..4_200).contains(&lost), "{lost}");
        assert!((730..870).contains(&duplicated), "{duplicated}");
        assert!((1_580..1_780).contains(&reordered), "{reordered}");
        assert!((130..210).contains(&corrupted), "{corrupted}");
        assert_eq!(popped, 20_000 - lost + duplicated);
    }

    #[test]
    fn corruption_flips_one_bit() {
        let mut weather = weather("corrupt=100%");
        let mut out = Vec::new();
        for _ in 0..1_000 {
            weather.push(ms(0), 0, &[0; 40]);
            assert_eq!(weather.pop(ms(0), &mut out), Some(0));
            assert_eq!((out.len(), out.iter().map(|b| b.count_ones()).sum::<u32>()), (40, 1));
        }
        weather.push(ms(0), 9, &[]);
        assert_eq!(weather.pop(ms(0), &mut out), Some(9), "there is nothing to spoil in an empty datagram");
    }

    #[test]
    fn an_outage_is_counted_from_the_first_datagram() {
        let mut weather = weather("outage=10ms..20ms");
        let mut out = Vec::new();
        let arrived: Vec<u32> = (0..30)
            .filter_map(|n| {
                weather.push(ms(5_000 + u64::from(n)), n, b"x");
                weather.pop(ms(5_000 + u64::from(n)), &mut out)
            })
            .collect();
        assert_eq!(arrived, (0..10).chain(20..30).collect::<Vec<_>>());
    }

    #[test]
    fn a_rate_spaces_then_loses() {
        let mut weather = weather("rate=100/s");
        for n in 0..50 {
            weather.push(ms(0), n, b"x");
        }
        let mut out = Vec::new();
        let mut times = Vec::new();
        while let Some(at) = weather.deadline() {
            assert!(weather.pop(at, &mut out).is_some());
            times.push(at.as_micros() / 1_000);
        }
        assert_eq!(times, (0..=10).map(|n| n * 10).collect::<Vec<_>>());
        assert_eq!(weather.tally().crowded, 39);
    }

    #[test]
    fn larger_datagrams_than_the_mtu_are_lost() {
        let mut weather = weather("mtu=100");
        let mut out = Vec::new();
        weather.push(ms(0), 1, &[0; 101]);
        weather.push(ms(0), 2, &[0; 100]);
        assert_eq!(weather.pop(ms(0), &mut out), Some(2));
        assert_eq!(weather.pop(ms(0), &mut out), None);
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut weather = weather("delay=1min");
        for n in 0..70_000 {
            weather.push(ms(0), n, b"");
        }
        assert_eq!((weather.due.len(), weather.slots.len()), (QUEUE_MAX, QUEUE_MAX));
        assert_eq!(weather.tally().crowded, 70_000 - QUEUE_MAX as u64);
    }
}

//! What goes wrong: the types, and how they are shown. [`super::grammar`] reads them.

use core::fmt;

use alloc::string::String;

use thiserror::Error;

/// What goes wrong, in each direction: `loss=10%,delay=20ms±5ms,dup=1%,reorder=2%,burst=5%/30ms,corrupt=0.1%,mtu=1200,
/// rate=1000/s,outage=10s..30s,seed=7`; the parts after `up:` or `down:` hold for that direction only, until the next
/// prefix (`both:` goes back). `calm` is no fault at all. What [`fmt::Display`] writes parses back to the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spec {
    /// Client to server.
    pub up: Faults,
    /// Server to client.
    pub down: Faults,
    /// The seed, if one was given.
    pub seed: Option<u64>,
}

/// What goes wrong in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// Probability that a datagram is lost.
    pub loss: f64,
    /// Share of the time that bursts take, and their mean length in µs; in a burst everything is lost.
    pub burst: Option<(f64, u64)>,
    /// Probability that a datagram comes twice.
    pub dup: f64,
    /// Probability that a datagram is held back, for 1 to 5 ms, so that later ones overtake it.
    pub reorder: f64,
    /// Delay in µs.
    pub delay_us: u64,
    /// The delay varies by up to this many µs either way, uniformly; so datagrams may overtake each other.
    pub jitter_us: u64,
    /// Probability that a bit is flipped.
    pub corrupt: f64,
    /// Larger datagrams are lost.
    pub mtu: Option<usize>,
    /// Datagrams a second that get through; more are queued, up to 100 ms, then lost.
    pub rate_per_s: Option<u32>,
    /// Everything is lost for a while.
    pub outage: Option<Outage>,
}

/// A stretch of time in which everything is lost, counted from the first datagram that this weather saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// The outage begins after this many µs …
    pub from_us: u64,
    /// … and is over after this many.
    pub to_us: u64,
}

/// What is wrong with a specification, and what to type instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SpecError {
    /// There is nothing in it, or nothing between two commas.
    #[error("a fault is missing; type faults with commas between them, like loss=10%,delay=20ms±5ms, or calm for none")]
    Empty,
    /// There is no such fault.
    #[error(
        "there is no fault `{key}`; there are loss, burst, dup, reorder, delay, corrupt, mtu, rate, outage and seed"
    )]
    Unknown {
        /// What was typed.
        key: String,
    },
    /// A fault without a value, or with one that makes no sense.
    #[error("`{part}` {problem}; type for example {instead}")]
    Value {
        /// What was typed.
        part: String,
        /// What is wrong with it.
        problem: &'static str,
        /// What would be right.
        instead: String,
    },
    /// A fault that was said twice for the same direction.
    #[error("`{part}` contradicts an earlier `{key}`; say it once, or once after up: and once after down:")]
    Twice {
        /// The fault.
        key: String,
        /// What was typed.
        part: String,
    },
}

impl Spec {
    /// Weather with equal faults in both directions.
    #[must_use]
    pub const fn both(faults: Faults) -> Self {
        Self { up: faults, down: faults, seed: None }
    }

    /// Whether nothing goes wrong in either direction.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.up.is_calm() && self.down.is_calm()
    }
}

impl Faults {
    /// Whether nothing goes wrong.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.up.is_calm(), self.down.is_calm()) {
            (true, true) => f.write_str("calm")?,
            _ if self.up == self.down => self.up.fmt(f)?,
            (false, true) => write!(f, "up:{}", self.up)?,
            (true, false) => write!(f, "down:{}", self.down)?,
            (false, false) => write!(f, "up:{},down:{}", self.up, self.down)?,
        }
        self.seed.map_or(Ok(()), |seed| write!(f, ",seed={seed}"))
    }
}

/// The parts that say something, with commas between them; `calm` if there is none.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_calm() {
            return f.write_str("calm");
        }
        let mut parts = Parts { f, first: true };
        parts.share("loss", self.loss)?;
        if let Some((share, length_us)) = self.burst {
            parts.part("burst", format_args!("{}/{}", Percent(share), Micros(length_us)))?;
        }
        parts.share("dup", self.dup)?;
        parts.share("reorder", self.reorder)?;
        match (self.delay_us, self.jitter_us) {
            (0, 0) => {}
            (delay, 0) => parts.part("delay", format_args!("{}", Micros(delay)))?,
            (delay, jitter) => parts.part("delay", format_args!("{}±{}", Micros(delay), Micros(jitter)))?,
        }
        parts.share("corrupt", self.corrupt)?;
        if let Some(mtu) = self.mtu {
            parts.part("mtu", format_args!("{mtu}"))?;
        }
        if let Some(rate) = self.rate_per_s {
            parts.part("rate", format_args!("{rate}/s"))?;
        }
        if let Some(Outage { from_us, to_us }) = self.outage {
            parts.part("outage", format_args!("{}..{}", Micros(from_us), Micros(to_us)))?;
        }
        Ok(())
    }
}

/// Writes `key=value` with commas between them.
struct Parts<'a, 'b> {
    f: &'a mut fmt::Formatter<'b>,
    first: bool,
}

impl Parts<'_, '_> {
    fn part(&mut self, key: &str, value: fmt::Arguments<'_>) -> fmt::Result {
        let comma = if self.first { "" } else { "," };
        self.first = false;
        write!(self.f, "{comma}{key}={value}")
    }

    fn share(&mut self, key: &str, share: f64) -> fmt::Result {
        if share > 0.0 { self.part(key, format_args!("{}", Percent(share))) } else { Ok(()) }
    }
}

/// A share as a percentage, to the billionth: the steps in which the grammar reads them.
pub(super) struct Percent(pub(super) f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let billionths = billionths(self.0);
        write!(f, "{}", billionths / 10_000_000)?;
        let mut rest = billionths % 10_000_000;
        if rest > 0 {
            f.write_str(".")?;
        }
        while rest > 0 {
            write!(f, "{}", rest / 1_000_000)?;
            rest = rest % 1_000_000 * 10;
        }
        f.write_str("%")
    }
}

/// A share in billionths, rounded; a cast of a float saturates.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating is what is wanted")]
pub(super) fn billionths(share: f64) -> u64 {
    (share * 1e9 + 0.5) as u64
}

/// Microseconds in the largest unit that divides them.
pub(super) struct Micros(pub(super) u64);

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            us if us % 1_000_000 == 0 && us > 0 => write!(f, "{}s", us / 1_000_000),
            us if us % 1_000 == 0 => write!(f, "{}ms", us / 1_000),
            us => write!(f, "{us}us"),
        }
    }
}

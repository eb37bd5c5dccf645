//! Percentiles of all samples, exact, by nearest rank.

use std::fmt;

use serde::Serialize;

/// Latencies in µs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// Half of all are at most this.
    pub p50: u32,
    /// 90 in 100.
    pub p90: u32,
    /// 99 in 100.
    pub p99: u32,
    /// 999 in 1,000.
    pub p999: u32,
    /// All of them.
    pub max: u32,
}

impl Percentiles {
    /// Of these samples, which are sorted on the way. All zero if there are none.
    #[must_use]
    pub fn of(samples: &mut [u32]) -> Self {
        samples.sort_unstable();
        let at = |per_mille: usize| {
            let rank = (samples.len() * per_mille).div_ceil(1_000);
            samples.get(rank.saturating_sub(1)).copied().unwrap_or(0)
        };
        Self { p50: at(500), p90: at(900), p99: at(990), p999: at(999), max: at(1_000) }
    }
}

impl fmt::Display for Percentiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |us: u32| f64::from(us) / 1e3;
        let Self { p50, p90, p99, p999, max } = *self;
        write!(
            f,
            "p50 {:.2} ms, p90 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, max {:.2} ms",
            ms(p50),
            ms(p90),
            ms(p99),
            ms(p999),
            ms(max)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_nearest() {
        let mut samples: Vec<u32> = (1..=1_000).rev().collect();
        assert_eq!(Percentiles::of(&mut samples), Percentiles { p50: 500, p90: 900, p99: 990, p999: 999, max: 1_000 });
        assert_eq!(Percentiles::of(&mut [7]), Percentiles { p50: 7, p90: 7, p99: 7, p999: 7, max: 7 });
        assert_eq!(Percentiles::of(&mut []), Percentiles::default());
    }
}

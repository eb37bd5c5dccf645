//! How times are spread: how many were how long, by bounds that suit a LAN as well as a disk. For people and their tools; nothing
//! here decides anything.

/// The bounds, in µs: a time belongs to the first that it does not exceed. Longer ones are counted beyond the last.
pub const BOUNDS_US: [u64; 12] =
    [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000];

/// Counts of times, and their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    counts: [u64; BOUNDS_US.len() + 1],
    sum_us: u64,
}

impl Spread {
    /// One more time, in µs.
    pub fn note(&mut self, us: u64) {
        self.counts[BOUNDS_US.partition_point(|bound| *bound < us)] += 1;
        self.sum_us = self.sum_us.saturating_add(us);
    }

    /// And all of those.
    pub fn absorb(&mut self, others: &Self) {
        for (own, other) in self.counts.iter_mut().zip(&others.counts) {
            *own += other;
        }
        self.sum_us = self.sum_us.saturating_add(others.sum_us);
    }

    /// How many belong to each bound; the last are those beyond all of them.
    #[must_use]
    pub const fn counts(&self) -> &[u64; BOUNDS_US.len() + 1] {
        &self.counts
    }

    /// The sum of all, in µs.
    #[must_use]
    pub const fn sum_us(&self) -> u64 {
        self.sum_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_belongs_to_the_first_bound_that_it_does_not_exceed() {
        let mut spread = Spread::default();
        [0, 100, 101, 1_000_000, 1_000_001, u64::MAX].iter().for_each(|us| spread.note(*us));
        let mut twice = spread;
        twice.absorb(&spread);
        let counts = spread.counts();
        assert_eq!((counts[0], counts[1], counts[11], counts[12]), (2, 1, 1, 2));
        assert_eq!(counts.iter().sum::<u64>(), 6);
        assert_eq!((twice.counts()[12], spread.sum_us()), (4, u64::MAX));
    }
}

//! Bursts of loss: Gilbert's model in continuous time. Good and bad stretches follow each other, each of an exponentially
//! distributed length; in a bad one everything is lost.

use crate::rng::Rng;
use crate::time::Instant;

/// The state of the model.
#[derive(Debug)]
pub(super) struct Bursts {
    rng: Rng,
    /// What the stretches were drawn for; other ones begin anew.
    model: (f64, u64),
    bad: bool,
    until: Instant,
}

/// After this many mean cycles without a datagram, the state is drawn afresh instead of being followed through them.
const FORGET_CYCLES: f64 = 64.0;

impl Bursts {
    pub(super) const fn new(rng: Rng) -> Self {
        Self { rng, model: (0.0, 0), bad: false, until: Instant::EPOCH }
    }

    /// Whether `now` is in a burst, where bursts take `share` of the time and last `length_us` on average.
    pub(super) fn advance(&mut self, now: Instant, share: f64, length_us: u64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "a mean")]
        let cycle_us = length_us as f64 / share;
        #[expect(clippy::cast_precision_loss, reason = "compared with a mean")]
        let is_old = now.micros_since(self.until) as f64 > FORGET_CYCLES * cycle_us;
        if self.model != (share, length_us) || is_old {
            self.model = (share, length_us);
            self.bad = self.rng.chance(share);
            self.until = now;
            self.extend(cycle_us, share);
        }
        while self.until <= now {
            self.bad = !self.bad;
            self.extend(cycle_us, share);
        }
        self.bad
    }

    /// Draws the length of the stretch that begins at `until`. A bad one is never empty, so that time goes on.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and the cast saturates")]
    fn extend(&mut self, cycle_us: f64, share: f64) {
        let mean_us = cycle_us * if self.bad { share } else { 1.0 - share };
        let length_us = (exponential(&mut self.rng) * mean_us + 0.5) as u64;
        self.until = self.until.plus_micros(length_us.max(u64::from(self.bad)));
    }
}

/// An exponentially distributed number of mean 1, by comparisons alone (J. von Neumann, "Various techniques used in
/// connection with random digits", 1951): `core` has no logarithm.
fn exponential(rng: &mut Rng) -> f64 {
    let mut whole = 0.0;
    loop {
        let fraction = rng.unit();
        let mut last = fraction;
        let mut is_odd = true;
        loop {
            let next = rng.unit();
            if next >= last {
                break;
            }
            last = next;
            is_odd = !is_odd;
        }
        if is_odd {
            return whole + fraction;
        }
        whole += 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_take_their_share_of_the_time_and_last_as_long_as_they_should() {
        let mut bursts = Bursts::new(Rng::from_number(3));
        let (mut bad, mut begun, mut was_bad) = (0_u32, 0_u32, false);
        for ms in 0..1_000_000 {
            let is_bad = bursts.advance(Instant::from_micros(ms * 1_000), 0.05, 30_000);
            bad += u32::from(is_bad);
            begun += u32::from(is_bad && !was_bad);
            was_bad = is_bad;
        }
        assert!((45_000..55_000).contains(&bad), "{bad} of 1,000,000 ms");
        assert!((27..35).contains(&(bad / begun)), "{} ms on average", bad / begun);
    }

    #[test]
    fn the_exponential_distribution_has_the_right_mean_and_tail() {
        let mut rng = Rng::from_number(1);
        let draws: alloc::vec::Vec<f64> = (0..100_000).map(|_| exponential(&mut rng)).collect();
        let mean = draws.iter().sum::<f64>() / 100_000.0;
        let over_three = draws.iter().filter(|&&x| x > 3.0).count();
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
        assert!((4_750..5_210).contains(&over_three), "{over_three}; e^-3 is 4.98 %");
    }

    #[test]
    fn a_day_of_silence_costs_nothing() {
        let mut bursts = Bursts::new(Rng::from_number(1));
        let day_us = 86_400_000_000;
        let bad = (0..10_000).filter(|day| bursts.advance(Instant::from_micros(day * day_us), 0.5, 1_000)).count();
        assert!((4_700..5_300).contains(&bad), "{bad}");
    }

    #[test]
    fn all_the_time_is_all_the_time() {
        let mut bursts = Bursts::new(Rng::from_number(1));
        assert!((0..10_000).all(|us| bursts.advance(Instant::from_micros(us), 1.0, 10)));
    }
}

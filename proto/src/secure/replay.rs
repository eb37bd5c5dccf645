//! The replay window: which packet numbers were received (RFC 6479, with a window of [`REPLAY_WINDOW_LEN`] numbers).

use crate::limits::REPLAY_WINDOW_LEN;
use crate::wire::id::PacketNumber;

/// The window in words of 64 numbers, and one more so that the window slides by whole words.
const WORDS: usize = REPLAY_WINDOW_LEN / 64 + 1;

/// Remembers the newest [`REPLAY_WINDOW_LEN`] packet numbers. Ask [`Self::check`] before a datagram is opened; call
/// [`Self::mark`] only after its tag verified.
#[derive(Clone, Debug)]
pub struct ReplayWindow {
    /// One more than the highest number marked.
    next: u64,
    words: [u64; WORDS],
}

impl Default for ReplayWindow {
    fn default() -> Self {
        Self { next: 0, words: [0; WORDS] }
    }
}

impl ReplayWindow {
    /// The number expected next: one more than the highest received.
    #[must_use]
    pub const fn expected(&self) -> PacketNumber {
        PacketNumber(self.next)
    }

    /// Whether this number is the highest so far.
    #[must_use]
    pub const fn is_highest(&self, number: PacketNumber) -> bool {
        number.0 >= self.next
    }

    /// Whether a datagram with this number was never received; `false` also when it is too old to tell.
    #[must_use]
    pub fn check(&self, number: PacketNumber) -> bool {
        if number.0 >= self.next {
            return number.0 < u64::MAX;
        }
        let in_window = self.next - number.0 <= REPLAY_WINDOW_LEN as u64;
        in_window && self.words[Self::word(number.0)] & Self::bit(number.0) == 0
    }

    /// Remembers a number that [`Self::check`] let pass.
    pub fn mark(&mut self, number: PacketNumber) {
        if number.0 >= self.next {
            self.slide(number.0);
        }
        self.words[Self::word(number.0)] |= Self::bit(number.0);
    }

    /// Makes room for `highest`: wipes the words that are entered for the first time.
    fn slide(&mut self, highest: u64) {
        let entered = if self.next == 0 { 0 } else { (self.next - 1) / 64 + 1 };
        let last = highest / 64;
        for word in (entered..=last).take(WORDS) {
            self.words[(word % WORDS as u64) as usize] = 0;
        }
        self.next = highest + 1;
    }

    const fn word(number: u64) -> usize {
        ((number / 64) % WORDS as u64) as usize
    }

    const fn bit(number: u64) -> u64 {
        1 << (number % 64)
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;
    use crate::rng::Rng;

    const LEN: u64 = REPLAY_WINDOW_LEN as u64;

    #[test]
    fn a_number_passes_once() {
        let mut window = ReplayWindow::default();
        assert!(window.check(PacketNumber(0)));
        window.mark(PacketNumber(0));
        assert!(!window.check(PacketNumber(0)));
        assert_eq!(window.expected(), PacketNumber(1));
    }

    #[test]
    fn the_window_is_exactly_as_wide_as_it_says() {
        let mut window = ReplayWindow::default();
        window.mark(PacketNumber(10 * LEN));
        assert!(window.check(PacketNumber(9 * LEN + 1)));
        assert!(!window.check(PacketNumber(9 * LEN)));
    }

    #[test]
    fn it_agrees_with_a_set_of_all_numbers_over_random_walks() {
        for seed in 0..20 {
            let mut rng = Rng::from_number(seed);
            let mut window = ReplayWindow::default();
            let mut seen = BTreeSet::new();
            let mut highest = 0;
            for _ in 0..20_000 {
                let jump = if rng.chance(0.002) { 5 * LEN } else { 3 };
                let reach = if rng.chance(0.1) { 2 * LEN } else { 40 };
                let back = rng.below(reach);
                let number = (highest + rng.below(jump + 1)).saturating_sub(back);
                let fresh = !seen.contains(&number) && (seen.is_empty() || highest.saturating_sub(number) < LEN);
                assert_eq!(
                    window.check(PacketNumber(number)),
                    fresh,
                    "seed {seed}, number {number}, highest {highest}"
                );
                if fresh {
                    window.mark(PacketNumber(number));
                    seen.insert(number);
                    highest = highest.max(number);
                }
            }
        }
    }
}

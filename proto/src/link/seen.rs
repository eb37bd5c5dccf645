//! Which numbers of a channel are accounted for: all up to one, and a few beyond the first gap.

use crate::limits::RECEIVE_WINDOW_LEN;

const WORDS: usize = RECEIVE_WINDOW_LEN / 64;

/// What became of a number that was inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Insert {
    /// It is new.
    New,
    /// It was there.
    Old,
    /// It is too far beyond the first gap to be remembered.
    Far,
}

/// Numbers `..=upto`, and single ones among the [`RECEIVE_WINDOW_LEN`] after it. Numbers are 64 bits wide and never wrap.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    upto: u64,
    /// Bit `n % RECEIVE_WINDOW_LEN` for number `n` beyond `upto`.
    bits: [u64; WORDS],
}

impl Seen {
    pub(super) const fn upto(upto: u64) -> Self {
        Self { upto, bits: [0; WORDS] }
    }

    /// Everything up to this one is there.
    pub(super) const fn contiguous_upto(&self) -> u64 {
        self.upto
    }

    pub(super) const fn contains(&self, number: u64) -> bool {
        number <= self.upto || (number - self.upto <= RECEIVE_WINDOW_LEN as u64 && self.bit(number))
    }

    pub(super) fn insert(&mut self, number: u64) -> Insert {
        if number <= self.upto {
            return Insert::Old;
        }
        if number - self.upto > RECEIVE_WINDOW_LEN as u64 {
            return Insert::Far;
        }
        if number == self.upto + 1 {
            self.upto = number;
            self.close_up();
            return Insert::New;
        }
        let old = self.bit(number);
        let (word, mask) = Self::place(number);
        self.bits[word] |= mask;
        if old { Insert::Old } else { Insert::New }
    }

    /// Accounts for everything up to `floor`.
    pub(super) fn raise(&mut self, floor: u64) {
        if floor <= self.upto {
            return;
        }
        if floor - self.upto >= RECEIVE_WINDOW_LEN as u64 {
            self.bits = [0; WORDS];
        } else {
            for number in self.upto + 1..=floor {
                self.clear(number);
            }
        }
        self.upto = floor;
        self.close_up();
    }

    fn close_up(&mut self) {
        while self.bit(self.upto + 1) {
            self.upto += 1;
            self.clear(self.upto);
        }
    }

    fn clear(&mut self, number: u64) {
        let (word, mask) = Self::place(number);
        self.bits[word] &= !mask;
    }

    const fn bit(&self, number: u64) -> bool {
        let (word, mask) = Self::place(number);
        self.bits[word] & mask != 0
    }

    const fn place(number: u64) -> (usize, u64) {
        let at = (number % RECEIVE_WINDOW_LEN as u64) as usize;
        (at / 64, 1 << (at % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_close_in_any_order() {
        let mut seen = Seen::upto(65_530);
        assert_eq!(seen.insert(65_537), Insert::New, "numbers do not wrap at 16 bits");
        assert_eq!(seen.insert(65_537), Insert::Old);
        assert_eq!(seen.contiguous_upto(), 65_530);
        for number in (65_531..=65_536).rev() {
            assert_eq!(seen.insert(number), Insert::New);
        }
        assert_eq!(seen.contiguous_upto(), 65_537);
        assert_eq!(seen.insert(65_537 + 256), Insert::New);
        assert_eq!(seen.insert(65_537 + 257), Insert::Far);
    }

    #[test]
    fn raising_the_floor_forgets_what_it_covers() {
        let mut seen = Seen::upto(0);
        for number in [3, 10, 12] {
            seen.insert(number);
        }
        seen.raise(9);
        assert_eq!(seen.contiguous_upto(), 10);
        assert!(seen.contains(12) && !seen.contains(11));
        seen.raise(5_000);
        assert_eq!(seen.contiguous_upto(), 5_000);
        assert!(!seen.contains(5_002));
    }
}

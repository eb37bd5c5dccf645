//! How a message is cut into fragments, and which of them are there.

use core::ops::Range;

use crate::limits::{FRAGMENT_HEAD_MAX_LEN, FRAGMENT_MAX_LEN, FRAGMENTS_MAX, SEALED_HEADER_LEN, TAG_LEN};

/// Octets of a message in a fragment where datagrams have at most `datagram_len`. No longer message goes whole, either.
pub(super) const fn fragment_len(datagram_len: usize) -> usize {
    let fits = datagram_len - SEALED_HEADER_LEN - TAG_LEN - FRAGMENT_HEAD_MAX_LEN;
    if fits < FRAGMENT_MAX_LEN { fits } else { FRAGMENT_MAX_LEN }
}

/// A message of `len` octets in pieces of `each`; the last has what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    len: u32,
    each: u16,
}

impl Cut {
    pub(super) fn new(len: usize, each: usize) -> Self {
        Self { len: u32::try_from(len).unwrap_or(u32::MAX), each: u16::try_from(each).unwrap_or(u16::MAX) }
    }

    /// A message that goes whole.
    pub(super) fn whole(len: usize) -> Self {
        Self::new(len, len.max(1))
    }

    pub(super) const fn len(&self) -> usize {
        self.len as usize
    }

    pub(super) const fn each(&self) -> usize {
        self.each as usize
    }

    /// The index of the last piece; 0 if the message goes whole.
    pub(super) fn last(&self) -> u8 {
        u8::try_from(self.len().div_ceil(self.each()).saturating_sub(1)).unwrap_or(u8::MAX)
    }

    /// Where a piece lies in the message.
    pub(super) fn span(&self, index: u8) -> Range<usize> {
        let start = (usize::from(index) * self.each()).min(self.len());
        start..(start + self.each()).min(self.len())
    }
}

const WORDS: usize = 3;

/// A set of fragments of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits([u64; WORDS]);

const _: () = assert!(FRAGMENTS_MAX <= WORDS * 64);

impl Bits {
    /// All fragments up to this one.
    pub(super) fn upto(last: u8) -> Self {
        let mut bits = Self::default();
        (0..=last).for_each(|index| bits.insert(index));
        bits
    }

    /// This one alone.
    pub(super) fn only(index: u8) -> Self {
        let mut bits = Self::default();
        bits.insert(index);
        bits
    }

    pub(super) const fn contains(&self, index: u8) -> bool {
        self.0[at(index)] & mask(index) != 0
    }

    pub(super) const fn insert(&mut self, index: u8) {
        self.0[at(index)] |= mask(index);
    }

    pub(super) const fn remove(&mut self, index: u8) {
        self.0[at(index)] &= !mask(index);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0 == [0; WORDS]
    }

    pub(super) fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}

/// Which word a fragment is in. No message has so many that it would be none.
const fn at(index: u8) -> usize {
    let at = index as usize / 64;
    if at < WORDS { at } else { WORDS - 1 }
}

const fn mask(index: u8) -> u64 {
    1 << (index % 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{DATAGRAM_MAX_LEN, DATAGRAM_MIN_LEN, FRAGMENT_MIN_LEN, MESSAGE_MAX_LEN};

    #[test]
    fn the_pieces_of_a_message_are_the_message() {
        assert_eq!([DATAGRAM_MIN_LEN, DATAGRAM_MAX_LEN].map(fragment_len), [FRAGMENT_MIN_LEN, FRAGMENT_MAX_LEN]);
        for each in [FRAGMENT_MIN_LEN, FRAGMENT_MAX_LEN] {
            for len in [0, 1, each, each + 1, 3 * each - 1, MESSAGE_MAX_LEN] {
                let cut = Cut::new(len, each);
                let mut end = 0;
                for index in 0..=cut.last() {
                    let span = cut.span(index);
                    assert_eq!((span.start, span.len() == each || index == cut.last()), (end, true));
                    end = span.end;
                }
                assert_eq!(end, len);
                assert!(usize::from(cut.last()) < FRAGMENTS_MAX);
            }
        }
    }

    #[test]
    fn a_set_of_fragments_holds_as_many_as_there_may_be() {
        let last = u8::try_from(FRAGMENTS_MAX - 1).unwrap();
        let mut bits = Bits::upto(last);
        assert_eq!((bits.len(), bits.contains(last)), (140, true));
        (0..last).for_each(|index| bits.remove(index));
        assert_eq!(bits, Bits::only(last));
        bits.remove(last);
        assert!(bits.is_empty());
    }
}

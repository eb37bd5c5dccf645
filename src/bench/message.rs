//! What a measured message says: who wrote it, which of theirs it is, and when it was written.

use std::fmt::Write as _;

use chinwag_proto::time::Instant;

/// A message, told from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// Who wrote it.
    pub(super) publisher: u32,
    /// Which of theirs, from 0.
    pub(super) sequence: u32,
    /// When it was written, by the clock of this process.
    pub(super) written: Instant,
}

/// Octets that it takes at least.
const LEN_MIN: usize = 8 + 8 + 16;

impl Message {
    /// A text of `len` octets (at least 32) that says so.
    pub(super) fn text(self, len: usize) -> String {
        let mut text = String::with_capacity(len.max(LEN_MIN));
        write!(text, "{:08x}{:08x}{:016x}", self.publisher, self.sequence, self.written.as_micros())
            .expect("a string takes all");
        while text.len() < len {
            text.push(char::from(b'a' + u8::try_from(text.len() % 26).expect("below 26")));
        }
        text
    }

    /// What a text says; `None`: it is none of ours.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let number = |from, to| u64::from_str_radix(text.get(from..to)?, 16).ok();
        Some(Self {
            publisher: u32::try_from(number(0, 8)?).ok()?,
            sequence: u32::try_from(number(8, 16)?).ok()?,
            written: Instant::from_micros(number(16, 32)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_what_was_put_in_and_has_the_length_asked_for() {
        let message = Message { publisher: 7, sequence: 70_000, written: Instant::from_micros(u64::MAX - 5) };
        let text = message.text(100);
        assert_eq!((text.len(), Message::parse(&text)), (100, Some(message)));
        assert_eq!(Message::parse("hello"), None);
    }
}

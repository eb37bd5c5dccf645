//! What happened, in order: always as a hash, and as lines where someone wants to read them.

use std::fmt;

use chinwag_proto::time::Instant;

use super::digest::Digest;

/// Takes lines.
pub type Lines<'a> = Box<dyn FnMut(&str) + 'a>;

/// The record of a run.
#[derive(Default)]
pub struct Trace<'a> {
    digest: Digest,
    lines: Option<Lines<'a>>,
}

impl fmt::Debug for Trace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trace({:016x})", self.digest.value())
    }
}

impl<'a> Trace<'a> {
    /// A trace that also gives each line to someone.
    #[must_use]
    pub fn to(lines: Lines<'a>) -> Self {
        Self { digest: Digest::default(), lines: Some(lines) }
    }

    /// Something happened that is worth a line: it counts for the hash as it reads.
    pub fn event(&mut self, now: Instant, what: fmt::Arguments<'_>) {
        let line = format!("{now} {what}");
        self.digest.update(line.as_bytes());
        if let Some(lines) = &mut self.lines {
            lines(&line);
        }
    }

    /// A datagram was sent or arrived: it counts by its octets, and is put into words only for a reader.
    pub fn datagram(&mut self, now: Instant, bytes: Digest, what: impl FnOnce() -> String) {
        self.digest.update(&now.as_micros().to_le_bytes());
        self.digest.update(&bytes.value().to_le_bytes());
        if let Some(lines) = &mut self.lines {
            lines(&what());
        }
    }

    /// The hash of all that happened.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.digest.value()
    }
}

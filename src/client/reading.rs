//! How far a room was read, and when to say so: not with every line, and never twice.

use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::RoomSeq;

use super::limits::READ_INTERVAL;

/// A room's read marker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// The server knows that so much was read.
    told: RoomSeq,
    /// So much was.
    read: RoomSeq,
    /// When it may be told again.
    next_at: Option<Instant>,
}

impl Reading {
    /// The user has read so far.
    pub(super) fn read(&mut self, upto: RoomSeq) {
        self.read = self.read.max(upto);
    }

    /// The server knows that the account has read so far. Gives whether that is news.
    pub(super) fn heard(&mut self, upto: RoomSeq) -> bool {
        let is_news = upto > self.told;
        self.told = self.told.max(upto);
        is_news
    }

    /// A new link: what was under way may be lost, what the server says counts.
    pub(super) const fn begin(&mut self, known: RoomSeq) {
        self.told = known;
    }

    /// What is to be told now.
    pub(super) fn due(&mut self, now: Instant) -> Option<RoomSeq> {
        if self.read <= self.told || self.next_at.is_some_and(|at| now < at) {
            return None;
        }
        self.told = self.read;
        self.next_at = Some(now + READ_INTERVAL);
        Some(self.read)
    }

    /// When something is to be told.
    pub(super) fn deadline(&self) -> Option<Instant> {
        (self.read > self.told).then(|| self.next_at.unwrap_or(Instant::EPOCH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn many_lines_are_told_as_one_and_none_twice() {
        let at = |ms| Instant::EPOCH + Duration::from_millis(ms);
        let mut reading = Reading::default();
        reading.begin(RoomSeq(5));
        reading.read(RoomSeq(4));
        assert_eq!((reading.due(at(0)), reading.deadline()), (None, None), "known already");
        reading.read(RoomSeq(6));
        assert_eq!(reading.due(at(0)), Some(RoomSeq(6)), "the first at once");
        (7..20).for_each(|n| reading.read(RoomSeq(n)));
        assert_eq!((reading.due(at(499)), reading.deadline()), (None, Some(at(500))));
        assert_eq!((reading.due(at(500)), reading.deadline()), (Some(RoomSeq(19)), None));
        assert!(!reading.heard(RoomSeq(19)) && reading.heard(RoomSeq(30)));
        reading.read(RoomSeq(25));
        assert_eq!(reading.due(at(9_000)), None, "another device was further");
        reading.begin(RoomSeq(10));
        assert_eq!(reading.due(at(9_000)), Some(RoomSeq(25)), "the server did not hear of it");
    }
}

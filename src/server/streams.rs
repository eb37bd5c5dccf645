//! What sessions are sent of logs that was there before they began to follow them. It counts against what may be read for their
//! account, and where that is used up a stream waits, however many there are of the account. What is said from then on counts for
//! nobody, so it waits for nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};

/// The log of a room on its way to a session.
type Stream = (SessionId, RoomId);

/// The streams that have not caught up. As many as there are, one for each session and room, is what this holds at most.
#[derive(Debug, Default)]
pub(super) struct Streams {
    behind: BTreeMap<Stream, Behind>,
    /// Those that wait for their account's budget, in the order in which they came to it.
    waiting: BTreeMap<(AccountId, u64), Stream>,
    /// When the first one of an account goes on,
    due: BTreeMap<AccountId, Instant>,
    /// and the same by time.
    by_time: BTreeSet<(Instant, AccountId)>,
    /// The last place in a queue that was given.
    last: u64,
}

/// How far one of them is.
#[derive(Clone, Copy, Debug)]
struct Behind {
    /// The first number that is not counted yet,
    next: u64,
    /// and the last that is to be.
    upto: u64,
    /// Its place among those that wait.
    place: Option<(AccountId, u64)>,
}

impl Streams {
    /// A session is sent what comes after an entry of a log that has this head.
    pub(super) fn begin(&mut self, stream: Stream, after: RoomSeq, head: RoomSeq) {
        self.end(stream);
        if after < head {
            self.behind.insert(stream, Behind { next: after.0 + 1, upto: head.0, place: None });
        }
    }

    /// It is sent nothing more.
    pub(super) fn end(&mut self, stream: Stream) {
        if let Some(place) = self.behind.remove(&stream).and_then(|behind| behind.place) {
            self.waiting.remove(&place);
        }
    }

    /// Whether an entry is one that counts, and has not been counted.
    pub(super) fn counts(&self, stream: Stream, number: u64) -> bool {
        self.behind.get(&stream).is_some_and(|behind| number >= behind.next)
    }

    /// An entry is counted. What was passed over was not sent.
    pub(super) fn counted(&mut self, stream: Stream, number: u64) {
        let Some(behind) = self.behind.get_mut(&stream) else { return };
        behind.next = number + 1;
        if behind.next > behind.upto {
            self.end(stream);
        }
    }

    /// A stream waits until its account has a budget again, behind those of the account that wait already.
    pub(super) fn wait(&mut self, stream: Stream, account: AccountId, until: Instant) {
        let Some(behind) = self.behind.get_mut(&stream) else { return };
        if behind.place.is_some() {
            return;
        }
        self.last += 1;
        behind.place = Some((account, self.last));
        self.waiting.insert((account, self.last), stream);
        self.go_on_at(account, until);
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.by_time.first().map(|&(at, _)| at)
    }

    /// Streams that wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// A stream that goes on. The next one of its account does so a little later, when this one has had a share.
    pub(super) fn due(&mut self, now: Instant, share: Duration) -> Option<Stream> {
        while let Some(&(at, account)) = self.by_time.first()
            && at <= now
        {
            self.by_time.pop_first();
            self.due.remove(&account);
            let mut places =
                self.waiting.range((account, 0)..=(account, u64::MAX)).map(|(place, stream)| (*place, *stream));
            let (first, is_more) = (places.next(), places.next().is_some());
            let Some((place, stream)) = first else { continue };
            self.waiting.remove(&place);
            if let Some(behind) = self.behind.get_mut(&stream) {
                behind.place = None;
            }
            if is_more {
                self.go_on_at(account, now + share);
            }
            return Some(stream);
        }
        None
    }

    fn go_on_at(&mut self, account: AccountId, at: Instant) {
        if let std::collections::btree_map::Entry::Vacant(none) = self.due.entry(account) {
            none.insert(at);
            self.by_time.insert((at, account));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: AccountId = AccountId(1);
    const SHARE: Duration = Duration::from_millis(10);

    fn stream(n: u32) -> Stream {
        (SessionId::from_parts(n, 0), RoomId(7))
    }

    fn at(ms: u64) -> Instant {
        Instant::from_micros(ms * 1_000)
    }

    #[test]
    fn what_was_there_before_counts_once_and_what_comes_later_never() {
        let mut streams = Streams::default();
        streams.begin(stream(1), RoomSeq(3), RoomSeq(5));
        assert!(!streams.counts(stream(1), 3) && streams.counts(stream(1), 4));
        streams.counted(stream(1), 4);
        assert!(!streams.counts(stream(1), 4), "a copy, or its next fragment");
        streams.counted(stream(1), 5);
        assert!(!streams.counts(stream(1), 6) && streams.behind.is_empty());
        streams.begin(stream(2), RoomSeq(5), RoomSeq(5));
        assert!(streams.behind.is_empty(), "it misses nothing");
    }

    #[test]
    fn streams_of_an_account_take_turns_whatever_the_others_do() {
        let mut streams = Streams::default();
        for n in 1..=3 {
            streams.begin(stream(n), RoomSeq(0), RoomSeq(100));
            streams.wait(stream(n), ANN, at(50));
            streams.wait(stream(n), ANN, at(50));
        }
        assert_eq!((streams.len(), streams.deadline()), (3, Some(at(50))));
        assert_eq!(streams.due(at(49), SHARE), None);
        assert_eq!(streams.due(at(50), SHARE), Some(stream(1)));
        assert_eq!(streams.due(at(50), SHARE), None, "one at a time");
        streams.wait(stream(1), ANN, at(70));
        let order: Vec<_> = (6..=8).filter_map(|n| streams.due(at(n * 10), SHARE)).collect();
        assert_eq!(order, [stream(2), stream(3), stream(1)]);
        assert_eq!((streams.len(), streams.deadline()), (0, None));
    }

    #[test]
    fn whoever_comes_and_goes_leaves_nothing_behind() {
        let mut streams = Streams::default();
        for ms in 0..1_000 {
            streams.begin(stream(1), RoomSeq(0), RoomSeq(100));
            streams.wait(stream(1), ANN, at(5_000 + ms));
            streams.end(stream(1));
        }
        assert_eq!((streams.behind.len(), streams.waiting.len(), streams.by_time.len()), (0, 0, 1));
        assert_eq!(streams.due(at(5_000), SHARE), None);
        assert_eq!(streams.deadline(), None);
    }
}

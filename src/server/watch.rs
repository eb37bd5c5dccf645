//! How far a room's newest entries have got: whose they are, and what their authors were told.

use std::collections::BTreeMap;

use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{AccountId, RoomSeq};
use chinwag_proto::wire::message::Reach;

use super::limits::WATCHED_MAX;

/// Each author's newest entry of a room. What holds for it holds for all before it.
#[derive(Debug, Default)]
pub(super) struct ReachWatch {
    entries: BTreeMap<AccountId, Watched>,
    /// When their authors are told next; `None`: there is no news.
    pub(super) due: Option<Instant>,
}

#[derive(Debug)]
struct Watched {
    number: RoomSeq,
    told: Reach,
}

impl ReachWatch {
    /// An entry was stored. Where there are too many authors, whoever wrote longest ago is told no more, and may ask.
    pub(super) fn push(&mut self, number: RoomSeq, author: AccountId) {
        self.entries.insert(author, Watched { number, told: Reach::default() });
        if self.entries.len() > WATCHED_MAX
            && let Some(oldest) = self.entries.iter().min_by_key(|(_, entry)| entry.number).map(|(&author, _)| author)
        {
            self.entries.remove(&oldest);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What is news, by `reach`; an entry that everyone has read is watched no more.
    pub(super) fn news(&mut self, reach: impl Fn(RoomSeq, AccountId) -> Reach) -> Vec<(AccountId, RoomSeq, Reach)> {
        let mut news = Vec::new();
        self.entries.retain(|&author, entry| {
            let now = reach(entry.number, author);
            if (now.delivered, now.read) != (entry.told.delivered, entry.told.read) {
                news.push((author, entry.number, now));
            }
            entry.told = now;
            now.read < now.of
        });
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_news_is_told_and_nothing_after_the_last() {
        let mut watch = ReachWatch::default();
        watch.push(RoomSeq(1), AccountId(1));
        watch.push(RoomSeq(2), AccountId(2));
        let reach = |delivered, read| Reach { delivered, read, of: 2 };
        assert_eq!(watch.news(|_, _| reach(0, 0)), []);
        let first = |number: RoomSeq, _| if number.0 == 1 { reach(2, 2) } else { reach(1, 0) };
        assert_eq!(
            watch.news(first),
            [(AccountId(1), RoomSeq(1), reach(2, 2)), (AccountId(2), RoomSeq(2), reach(1, 0))]
        );
        assert_eq!(watch.news(first), []);
        assert_eq!(watch.news(|_, _| reach(2, 2)), [(AccountId(2), RoomSeq(2), reach(2, 2))]);
        assert!(watch.is_empty());
    }

    #[test]
    fn a_flood_watches_only_its_end() {
        let mut watch = ReachWatch::default();
        for number in 0..10_000 {
            watch.push(RoomSeq(number), AccountId(number % 1_000));
        }
        assert_eq!(watch.entries.len(), WATCHED_MAX);
        assert!(watch.entries.values().all(|entry| entry.number.0 >= 10_000 - WATCHED_MAX as u64));
    }
}

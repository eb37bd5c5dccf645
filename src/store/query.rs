//! What can be read of a store.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Position, SearchMark};

/// Entries wanted from a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The room.
    pub room: RoomId,
    /// The entries after this one,
    pub after: RoomSeq,
    /// at most so many,
    pub count: usize,
    /// and at most about so many octets (at least one entry is given, if there is one).
    pub bytes: usize,
}

/// Entries of a log, in order and without a gap; fewer than asked for only at the end of the log or by size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What was asked for.
    pub range: Range,
    /// The encoded entries, from `range.after` + 1 on; empty where the body is gone.
    pub entries: Vec<Vec<u8>>,
    /// Some of these, all within it, are empty because the store is damaged there.
    pub unreadable: Option<Span>,
}

/// Numbers of a log, from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub first: RoomSeq,
    /// The last.
    pub last: RoomSeq,
}

impl Span {
    /// The span that covers both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    /// Whether the number is in it.
    #[must_use]
    pub fn has(self, number: RoomSeq) -> bool {
        self.first <= number && number <= self.last
    }

    /// Adds a number to a span that may be none yet.
    #[cfg(feature = "sqlite")]
    pub(super) fn widen(span: &mut Option<Self>, number: RoomSeq) {
        let one = Self { first: number, last: number };
        *span = Some(span.map_or(one, |span| span.and(one)));
    }
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// A part of a room's history.
    Pages(Pages),
    /// What has all of these words.
    Search(Search),
    /// What these entries say.
    Texts(Texts),
}

/// A part of a room's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages {
    /// Who asks: gets what a member may read; if it is none, all of a public room, and nothing of another. (Who is banned
    /// is not the store's to judge here.)
    pub account: AccountId,
    /// The room.
    pub room: RoomId,
    /// Which part.
    pub position: Position,
    /// At most so many entries,
    pub count: usize,
    /// and at most about so many octets (at least one entry is given, if there is one).
    pub bytes: usize,
}

/// What has all of these words. A word is found whole, and by its beginning if it is the last one and has three letters;
/// Chinese, Japanese and Korean text is found by any part. Nothing a person types is an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// Who asks: finds what a member of a room may read, and all of public rooms of which it is none.
    pub account: AccountId,
    /// In this room only.
    pub room: Option<RoomId>,
    /// In none but these, if given.
    pub only: Option<Vec<RoomId>>,
    /// The words, as typed.
    pub words: String,
    /// The next page.
    pub after: Option<SearchMark>,
    /// At most so many hits,
    pub count: usize,
    /// and at most about so many octets.
    pub bytes: usize,
}

/// Texts by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// Who asks, as for [`Pages`].
    pub account: AccountId,
    /// The room.
    pub room: RoomId,
    /// The entries, in order.
    pub numbers: Vec<RoomSeq>,
    /// At most about so many octets (at least one text is given, if there is one).
    pub bytes: usize,
}

impl Texts {
    /// What was found: the texts, as far as they fit, and where the next page begins.
    pub(super) fn found(&self, texts: impl Iterator<Item = Located>) -> Found {
        let (hits, is_more) = Allowance::new(self.numbers.len(), self.bytes).fill(texts);
        let next = hits.last().filter(|_| is_more).map(|last| SearchMark(last.number.0));
        Found { hits, next, ..Found::default() }
    }
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Results {
    /// To [`Query::Pages`]: in order of their numbers.
    Pages {
        /// The entries whose bodies are there.
        entries: Vec<Located>,
        /// There is more in the direction of the query; around an entry, after it.
        is_more: bool,
        /// Some entries within it are left out because the store is damaged there.
        unreadable: Option<Span>,
    },
    /// To [`Query::Search`]: the newest first. To [`Query::Texts`]: in order of their numbers.
    Found(Found),
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The hits.
    pub hits: Vec<Located>,
    /// Where the next page begins, if there is one.
    pub next: Option<SearchMark>,
    /// There was nothing to search for in the words.
    pub is_unfit: bool,
    /// There may be more of it where the store is damaged; that is left out. Nothing that was found is no answer then.
    pub is_damaged: bool,
    /// Where that is, as far as it is known, and what was lost before and an operator goes on without: a span of each room.
    pub unreadable: BTreeMap<RoomId, Span>,
}

/// An entry with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The room.
    pub room: RoomId,
    /// The entry's number.
    pub number: RoomSeq,
    /// The encoded entry.
    pub entry: Vec<u8>,
}

/// What is left of a page: so many entries, and about so many octets, but one entry whatever its size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    pub(super) count: usize,
    bytes: usize,
    is_untouched: bool,
}

impl Allowance {
    pub(super) const fn new(count: usize, bytes: usize) -> Self {
        Self { count, bytes, is_untouched: true }
    }

    /// Takes an entry of `len` octets into the page, if there is room.
    pub(super) fn takes(&mut self, len: usize) -> bool {
        let len = len.max(1);
        if self.count == 0 || !(self.is_untouched || len <= self.bytes) {
            return false;
        }
        self.count -= 1;
        self.bytes = self.bytes.saturating_sub(len);
        self.is_untouched = false;
        true
    }

    /// One for what lies before a place, one for what begins with it.
    pub(super) const fn halves(self) -> (Self, Self) {
        let (count, bytes) = (self.count / 2, self.bytes / 2);
        (Self::new(count, bytes), Self::new(self.count - count, self.bytes - bytes))
    }

    /// Takes what fits. Whether there is more.
    pub(super) fn fill(mut self, entries: impl Iterator<Item = Located>) -> (Vec<Located>, bool) {
        let mut page = Vec::new();
        for located in entries {
            if !self.takes(located.entry.len()) {
                return (page, true);
            }
            page.push(located);
        }
        (page, false)
    }
}

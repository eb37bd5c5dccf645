//! What a room looks like after all that was done to what was said: edits, deletions and reactions applied to the entries that
//! they are about. For faces that keep a timeline; it holds the last entries of one room, up to a bound.
//!
//! Entries may be put in any order, each once or more often: what is about an entry that is not there yet waits for it.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, RoomSeq};
use chinwag_proto::wire::message::{Act, Body, Entry};

/// The last entries of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Messages {
    max: usize,
    lines: BTreeMap<RoomSeq, Line>,
    /// What is pinned, held or not.
    pins: BTreeSet<RoomSeq>,
    /// What is about an entry that is not here: by that entry's number, then by its own.
    waiting: BTreeMap<RoomSeq, BTreeMap<RoomSeq, Entry>>,
}

/// One entry as it looks now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When the server took it.
    pub at: WallTime,
    /// Who wrote it.
    pub author: AccountId,
    /// The author's name then.
    pub name: String,
    /// What it says now.
    pub what: What,
    /// The edit that it says so by.
    pub edited: Option<RoomSeq>,
    /// The message is pinned.
    pub is_pinned: bool,
    /// Reactions: each with those who reacted so, by account and name.
    pub reactions: BTreeMap<String, BTreeMap<AccountId, String>>,
    /// The newest reaction of each account with each emoji, so that an older one changes nothing.
    reacted: BTreeMap<(AccountId, String), RoomSeq>,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A message; the entry that it answers, if any.
    Text(String, Option<RoomSeq>),
    /// The message was taken back.
    Deleted,
    /// The room's topic.
    Topic(String),
    /// Something was done to a member or to the room.
    Act(Act),
}

/// Most entries that are not here and that changes wait for.
const WAITING_MAX: usize = 1_024;

impl Messages {
    /// Nothing yet; the last `max` entries will be held.
    #[must_use]
    pub const fn new(max: usize) -> Self {
        Self { max, lines: BTreeMap::new(), pins: BTreeSet::new(), waiting: BTreeMap::new() }
    }

    /// Takes an entry. Gives the number of the line that is new or changed, if one is.
    pub fn put(&mut self, number: RoomSeq, entry: Entry) -> Option<RoomSeq> {
        let about = match &entry.body {
            Body::Edit { of, .. } | Body::Delete { of } | Body::React { of, .. } => Some(*of),
            Body::Text(_) | Body::Reply { .. } | Body::Topic(_) | Body::Act(_) => None,
        };
        match about {
            Some(about) => self.change(about, number, entry),
            None => self.insert(number, entry),
        }
    }

    /// What an entry is about, as that looks now, where it is here.
    #[must_use]
    pub fn about(&self, body: &Body) -> Option<&Line> {
        match body {
            Body::Reply { to: of, .. }
            | Body::Edit { of, .. }
            | Body::Delete { of }
            | Body::React { of, .. }
            | Body::Act(Act::Pin { of, .. }) => self.line(*of),
            Body::Text(_) | Body::Topic(_) | Body::Act(_) => None,
        }
    }

    /// The entry with this number, as it looks now.
    #[must_use]
    pub fn line(&self, number: RoomSeq) -> Option<&Line> {
        self.lines.get(&number)
    }

    /// All of them, in order.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = (RoomSeq, &Line)> {
        self.lines.iter().map(|(number, line)| (*number, line))
    }

    /// The number of the last line before this one.
    #[must_use]
    pub fn before(&self, number: RoomSeq) -> Option<RoomSeq> {
        self.lines.range(..number).next_back().map(|(number, _)| *number)
    }

    /// The number of the first line after this one.
    #[must_use]
    pub fn after(&self, number: RoomSeq) -> Option<RoomSeq> {
        self.lines.range(number.next()..).next().map(|(number, _)| *number)
    }

    /// The number of the last line.
    #[must_use]
    pub fn last_number(&self) -> Option<RoomSeq> {
        self.lines.keys().next_back().copied()
    }

    /// The messages that were not taken back, of that account or of all, in order.
    pub fn messages_of(&self, author: Option<AccountId>) -> impl DoubleEndedIterator<Item = RoomSeq> {
        let is_it = move |line: &Line| author.is_none_or(|author| line.author == author);
        let is_message = |line: &Line| matches!(line.what, What::Text(..));
        self.lines().filter(move |(_, line)| is_it(line) && is_message(line)).map(|(number, _)| number)
    }

    /// The last message of an account that was not taken back.
    #[must_use]
    pub fn last_of(&self, author: AccountId) -> Option<RoomSeq> {
        self.messages_of(Some(author)).next_back()
    }

    /// What is pinned, in order.
    pub fn pins(&self) -> impl DoubleEndedIterator<Item = RoomSeq> {
        self.pins.iter().copied()
    }

    /// Marks these messages as pinned from now on, and no others.
    pub fn set_pins(&mut self, pins: Vec<RoomSeq>) {
        let pins = pins.into_iter().collect();
        let before = std::mem::replace(&mut self.pins, pins);
        for number in before.symmetric_difference(&self.pins) {
            if let Some(line) = self.lines.get_mut(number) {
                line.is_pinned = !line.is_pinned;
            }
        }
    }

    /// Forgets everything: the room's history is another one now.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.pins.clear();
        self.waiting.clear();
    }

    fn insert(&mut self, number: RoomSeq, entry: Entry) -> Option<RoomSeq> {
        let Entry { at, author, name, body } = entry;
        let what = match body {
            Body::Text(text) => What::Text(text, None),
            Body::Reply { to, text } => What::Text(text, Some(to)),
            Body::Topic(topic) => What::Topic(topic),
            Body::Act(act) => What::Act(act),
            Body::Edit { .. } | Body::Delete { .. } | Body::React { .. } => return None,
        };
        if self.lines.contains_key(&number) {
            return None;
        }
        let (reactions, reacted) = (BTreeMap::new(), BTreeMap::new());
        let is_pinned = self.pins.contains(&number);
        self.lines.insert(number, Line { at, author, name, what, edited: None, is_pinned, reactions, reacted });
        for (by, change) in self.waiting.remove(&number).unwrap_or_default() {
            self.change(number, by, change);
        }
        if self.lines.len() > self.max {
            self.lines.pop_first();
        }
        Some(number)
    }

    fn change(&mut self, about: RoomSeq, by: RoomSeq, entry: Entry) -> Option<RoomSeq> {
        let Some(line) = self.lines.get_mut(&about) else {
            // What is about something older than all that is held would wait for ever.
            let is_older = self.lines.len() >= self.max && self.lines.keys().next().is_some_and(|first| about < *first);
            if !is_older {
                self.waiting.entry(about).or_default().insert(by, entry);
            }
            if self.waiting.len() > WAITING_MAX {
                // The oldest are those that will hardly come: their bodies are gone.
                self.waiting.pop_first();
            }
            return None;
        };
        line.apply(by, entry).then_some(about)
    }
}

impl Line {
    /// The names of those who reacted, by what with.
    pub fn reactions(&self) -> impl Iterator<Item = (&str, BTreeSet<&str>)> {
        self.reactions.iter().map(|(emoji, who)| (emoji.as_str(), who.values().map(String::as_str).collect()))
    }

    /// Applies a change. Gives whether the line looks otherwise now.
    fn apply(&mut self, by: RoomSeq, entry: Entry) -> bool {
        match entry.body {
            // The server takes an edit only of the author's own; another's would be none.
            Body::Edit { text, .. } if entry.author == self.author && self.edited.is_none_or(|last| last < by) => {
                let What::Text(old, _) = &mut self.what else { return false };
                *old = text;
                self.edited = Some(by);
                true
            }
            Body::Delete { .. } => {
                self.reactions.clear();
                std::mem::replace(&mut self.what, What::Deleted) != What::Deleted
            }
            Body::React { emoji, is_set, .. } => self.react(by, entry.author, entry.name, emoji, is_set),
            Body::Edit { .. } | Body::Text(_) | Body::Reply { .. } | Body::Topic(_) | Body::Act(_) => false,
        }
    }

    fn react(&mut self, by: RoomSeq, account: AccountId, name: String, emoji: String, is_set: bool) -> bool {
        let last = self.reacted.entry((account, emoji.clone())).or_default();
        if *last >= by || self.what == What::Deleted {
            return false;
        }
        *last = by;
        if is_set {
            return self.reactions.entry(emoji).or_default().insert(account, name).is_none();
        }
        let Some(who) = self.reactions.get_mut(&emoji) else { return false };
        let was_set = who.remove(&account).is_some();
        if who.is_empty() {
            self.reactions.remove(&emoji);
        }
        was_set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(author: u64, body: Body) -> Entry {
        let name = ["ann", "bob", "eve"][usize::try_from(author - 1).expect("few")].to_owned();
        Entry { at: WallTime::from_unix_millis(0), author: AccountId(author), name, body }
    }

    fn text(text: &str) -> Body {
        Body::Text(text.into())
    }

    fn edit(of: u64, text: &str) -> Body {
        Body::Edit { of: RoomSeq(of), text: text.into() }
    }

    fn react(of: u64, emoji: &str, is_set: bool) -> Body {
        Body::React { of: RoomSeq(of), emoji: emoji.into(), is_set }
    }

    fn shown(messages: &Messages) -> Vec<String> {
        let line = |(number, line): (RoomSeq, &Line)| {
            let what = match &line.what {
                What::Text(text, None) => text.clone(),
                What::Text(text, Some(to)) => format!("({to}) {text}"),
                What::Deleted => "-".into(),
                other @ (What::Topic(_) | What::Act(_)) => format!("{other:?}"),
            };
            let edited = if line.edited.is_some() { " *" } else { "" };
            let reactions: String = line
                .reactions()
                .map(|(e, who)| format!(" {e}{}", who.into_iter().collect::<Vec<_>>().join("+")))
                .collect();
            format!("{number} {}: {what}{edited}{reactions}", line.name)
        };
        messages.lines().map(line).collect()
    }

    /// A conversation with everything in it.
    fn conversation() -> Vec<(RoomSeq, Entry)> {
        let bodies = [
            (1, text("hello")),
            (2, Body::Reply { to: RoomSeq(1), text: "hi".into() }),
            (1, edit(1, "hello, all")),
            (2, react(1, "+1", true)),
            (3, react(1, "+1", true)),
            (3, react(1, "+1", false)),
            (3, text("rude")),
            (1, Body::Delete { of: RoomSeq(7) }),
            (3, edit(1, "I am ann")),
            (1, edit(1, "hello, everyone")),
        ];
        let numbered = |(n, (author, body))| (RoomSeq(n as u64 + 1), entry(author, body));
        bodies.into_iter().enumerate().map(numbered).collect()
    }

    const END: [&str; 3] = ["1 ann: hello, everyone * +1bob", "2 bob: (1) hi", "7 eve: -"];

    #[test]
    fn changes_are_applied_to_what_they_are_about() {
        let mut messages = Messages::new(100);
        let changed: Vec<_> = conversation().into_iter().map(|(n, e)| messages.put(n, e).map(|n| n.0)).collect();
        let one = Some(1);
        assert_eq!(changed, [one, Some(2), one, one, one, one, Some(7), Some(7), None, one]);
        assert_eq!(shown(&messages), END);
        assert_eq!(messages.last_of(AccountId(1)), Some(RoomSeq(1)));
        assert_eq!(messages.last_of(AccountId(3)), None, "it was taken back");
    }

    #[test]
    fn the_order_in_which_they_come_does_not_matter() {
        let mut rng = chinwag_proto::rng::Rng::from_number(3);
        for _ in 0..200 {
            let mut messages = Messages::new(100);
            let mut left = conversation();
            left.extend(conversation());
            while !left.is_empty() {
                let at = usize::try_from(rng.below(left.len() as u64)).expect("small");
                let (number, entry) = left.swap_remove(at);
                messages.put(number, entry);
            }
            assert_eq!(shown(&messages), END);
        }
    }

    #[test]
    fn whether_a_line_is_pinned_does_not_depend_on_what_came_first() {
        let (mut early, mut late) = (Messages::new(100), Messages::new(100));
        early.set_pins(vec![RoomSeq(2)]);
        for n in 1..=3 {
            early.put(RoomSeq(n), entry(1, text("x")));
            late.put(RoomSeq(n), entry(1, text("x")));
        }
        late.set_pins(vec![RoomSeq(1), RoomSeq(2)]);
        late.set_pins(vec![RoomSeq(2)]);
        assert_eq!(early, late);
        let pinned = early.lines().filter(|(_, line)| line.is_pinned).map(|(n, _)| n.0);
        assert_eq!(pinned.collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn it_is_bounded() {
        let mut messages = Messages::new(3);
        for n in 1..=5 {
            messages.put(RoomSeq(n), entry(1, text("x")));
        }
        assert_eq!(messages.lines().map(|(n, _)| n.0).collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!(messages.put(RoomSeq(6), entry(1, edit(1, "y"))), None);
        assert!(messages.waiting.is_empty());
        for n in 100..10_000 {
            messages.put(RoomSeq(n), entry(1, edit(n * 100_000, "y")));
        }
        assert!(messages.waiting.len() <= WAITING_MAX);
        messages.clear();
        assert_eq!(messages, Messages::new(3));
    }
}

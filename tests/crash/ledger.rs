//! What was said, what was acknowledged, and what anyone was ever shown; and what must be true of the three.

use std::collections::{BTreeMap, BTreeSet};

use chinwag::client_core::Notice;
use chinwag_proto::wire::id::RoomId;

/// A message: who said it, and that one's number for it.
pub(crate) type Said = (usize, u64);

/// Everything that is known of a run.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Messages handed to a client, and where they were said.
    said: BTreeMap<Said, String>,
    /// Names of rooms.
    rooms: BTreeMap<RoomId, String>,
    /// Acknowledged, with their numbers.
    stored: BTreeMap<Said, u64>,
    /// By room: what everyone who was shown a number was shown.
    shown: BTreeMap<String, BTreeMap<u64, Said>>,
    /// By reader and room: what it was shown, and up to where without a gap.
    views: BTreeMap<(usize, String), (BTreeSet<u64>, u64)>,
}

/// The text of a message says where it comes from; its length varies.
pub(crate) fn text((who, tag): Said) -> String {
    let len = (tag * 7_919 + who as u64 * 104_729) % 700;
    let fill: String = (0..len).map(|at| char::from(b'a' + (at % 26) as u8)).collect();
    format!("{who} {tag} {fill}")
}

/// What a text says it is.
pub(crate) fn read(found: &str) -> Said {
    let mut parts = found.split(' ');
    let mut number = || parts.next().and_then(|part| part.parse::<u64>().ok());
    let said = number().zip(number()).map(|(who, tag)| (who as usize, tag));
    let said = said.unwrap_or_else(|| panic!("nobody said {found:?}"));
    assert_eq!(text(said), found, "what was said has come to be something else");
    said
}

/// Whoever says something is called so.
pub(crate) fn name(who: usize) -> String {
    format!("person{who}")
}

impl Ledger {
    pub(crate) fn say(&mut self, said: Said, room: &str) -> String {
        self.said.insert(said, format!("#{room}"));
        text(said)
    }

    /// Takes what someone was told. Whether it was that a message is stored.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest promises nothing")]
    pub(crate) fn hear(&mut self, who: usize, notice: &Notice) -> bool {
        match notice {
            Notice::Joined { room, name, skipped, .. } => {
                assert_eq!(*skipped, 0, "{name}: nothing is skipped");
                self.rooms.insert(*room, name.clone());
                false
            }
            Notice::Entry { name: room, number, contiguous_upto, entry, .. } => {
                let said = read(entry.body.text().expect("a text"));
                assert_eq!(entry.name, name(said.0), "{room} {number}: its author");
                assert_eq!(self.said.get(&said), Some(room), "{said:?} was said there");
                self.show(who, room, number.0, said);
                let (view, upto) = self.views.entry((who, room.clone())).or_default();
                assert!(view.insert(number.0), "{who} was shown {room} {number} twice");
                *upto = contiguous_upto.0;
                assert_eq!(view.range(..=*upto).count() as u64, *upto, "{who} in {room}: no gap up to {upto}");
                false
            }
            Notice::Stored { tag, room, number } => {
                let said = (who, *tag);
                let room = self.rooms[room].clone();
                assert_eq!(self.said[&said], room, "{said:?} is stored where it was said");
                assert!(self.stored.insert(said, number.0).is_none(), "{said:?} is stored once");
                self.show(who, &room, number.0, said);
                true
            }
            Notice::Refused { reason, .. } => panic!("{who}: a message was refused: {reason:?}"),
            Notice::Denied { request, reason } => panic!("{who}: {request} was denied: {reason:?}"),
            Notice::HistoryReset { name, .. } => panic!("{who}: the history of {name} was reset"),
            _ => false,
        }
    }

    fn show(&mut self, who: usize, room: &str, number: u64, said: Said) {
        let before = *self.shown.entry(room.to_owned()).or_default().entry(number).or_insert(said);
        assert_eq!(before, said, "{who} was shown another {room} {number} than somebody before");
    }

    /// Messages without an answer.
    pub(crate) fn unanswered(&self) -> usize {
        self.said.len() - self.stored.len()
    }

    /// Messages that were said.
    pub(crate) fn said(&self) -> usize {
        self.said.len()
    }

    /// Whether this reader was shown everything that is known to be there.
    pub(crate) fn has_all(&self, who: usize) -> bool {
        self.shown.iter().all(|(room, shown)| {
            let upto = self.views.get(&(who, room.clone())).map_or(0, |(_, upto)| *upto);
            shown.keys().last().is_none_or(|last| upto >= *last)
        })
    }

    /// What a store has, by room and number, against all that is known: nothing that anyone was told is missing, and there is
    /// nothing that nobody said, and nothing twice.
    pub(crate) fn check(&self, export: &[(String, u64, String)]) {
        let mut there: BTreeMap<String, BTreeMap<u64, Said>> = BTreeMap::new();
        let mut once = BTreeSet::new();
        for (room, number, text) in export.iter().filter(|(room, ..)| self.shown.contains_key(room)) {
            let said = read(text);
            assert_eq!(self.said.get(&said), Some(room), "{said:?} is where it was said");
            assert!(once.insert(said), "{said:?} is there twice");
            there.entry(room.clone()).or_default().insert(*number, said);
        }
        for (room, shown) in &self.shown {
            for (number, said) in shown {
                let found = there.get(room).and_then(|room| room.get(number));
                assert_eq!(found, Some(said), "{room} {number} was acknowledged or shown");
            }
        }
    }
}

/// What is planted here is what a server would do that answers before it has stored, forgets, or stores twice.
mod planted {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use chinwag_proto::time::WallTime;
    use chinwag_proto::wire::id::{AccountId, RoomSeq};
    use chinwag_proto::wire::message::{Body, Entry};

    use super::*;

    const ROOM: RoomId = RoomId(7);

    /// Person 0 says three things in a room, and knows the first two to be stored; person 1 was shown the first.
    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        for who in 0..2 {
            let (room, nothing) = ("#room0".to_owned(), RoomSeq(0));
            ledger.hear(who, &Notice::Joined { room: ROOM, name: room, after: nothing, head: nothing, skipped: 0 });
        }
        (1..=3).for_each(|tag| drop(ledger.say((0, tag), "room0")));
        ledger.hear(1, &shown(1));
        (1..=2).for_each(|tag| assert!(ledger.hear(0, &stored(tag, tag))));
        ledger
    }

    fn stored(tag: u64, number: u64) -> Notice {
        Notice::Stored { tag, room: ROOM, number: RoomSeq(number) }
    }

    fn shown(tag: u64) -> Notice {
        let entry =
            Entry { at: WallTime::default(), author: AccountId(1), name: name(0), body: Body::Text(text((0, tag))) };
        let (number, room) = (RoomSeq(tag), "#room0".to_owned());
        Notice::Entry { room: ROOM, name: room, number, contiguous_upto: number, own: false, is_ignored: false, entry }
    }

    /// An export with these messages, by number.
    fn export(there: &[(u64, u64)]) -> Vec<(String, u64, String)> {
        there.iter().map(|&(number, tag)| ("#room0".to_owned(), number, text((0, tag)))).collect()
    }

    fn is_found(mut act: impl FnMut(&mut Ledger)) -> bool {
        let mut ledger = ledger();
        catch_unwind(AssertUnwindSafe(|| act(&mut ledger))).is_err()
    }

    #[test]
    fn what_a_bad_server_would_do_is_found() {
        let check = |there: &'static [(u64, u64)]| move |ledger: &mut Ledger| ledger.check(&export(there));
        let hear = |who, notice: Notice| move |ledger: &mut Ledger| assert!(ledger.hear(who, &notice) || who > 0);
        assert!(!is_found(check(&[(1, 1), (2, 2)])), "all that was promised");
        assert!(!is_found(check(&[(1, 1), (2, 2), (3, 3)])), "and what nobody was told of");
        assert!(is_found(check(&[(1, 1)])), "what was acknowledged is gone");
        assert!(is_found(check(&[(2, 2)])), "what was shown is gone");
        assert!(is_found(check(&[(1, 2), (2, 1)])), "under other numbers");
        assert!(is_found(check(&[(1, 1), (2, 2), (3, 2)])), "twice");
        assert!(is_found(check(&[(1, 1), (2, 2), (3, 9)])), "what nobody said");
        assert!(!is_found(hear(0, stored(3, 3))) && !is_found(hear(1, shown(2))), "what comes next");
        assert!(is_found(hear(0, stored(1, 4))), "stored twice");
        assert!(is_found(hear(1, shown(1))), "shown twice");
        assert!(is_found(hear(1, shown(3))), "with a gap before it");
        assert!(is_found(hear(0, stored(3, 2))), "a number that another one has");
    }
}

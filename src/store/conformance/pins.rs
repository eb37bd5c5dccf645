//! What is pinned.

use chinwag_proto::limits::PINS_MAX;
use chinwag_proto::wire::message::Act;

use super::*;
use crate::{Found, Retention, Texts};

pub(super) fn check<S: Store>(maker: &Maker<'_, S>) {
    pins_are_texts_and_survive(maker);
    there_are_only_so_many(maker);
    a_pin_goes_with_its_body(maker);
    in_memory_pins_go_as_their_texts_do(maker);
    what_is_pinned_is_read_as_it_was_edited_last(maker);
}

impl<S: Store> Town<S> {
    fn pins(&mut self, room: RoomId, of: u64, is_set: bool) -> Result<(), Refusal> {
        let (author, of) = (self.ann, RoomSeq(of));
        self.does(room, author, Body::Act(Act::Pin { of, is_set }), Change::Pin { of, is_set }).map(drop)
    }

    fn pinned(&mut self, room: RoomId) -> Vec<u64> {
        self.room(room).facts.pins.iter().map(|pin| pin.0).collect()
    }
}

fn pins_are_texts_and_survive<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob, lobby) = (town.ann, town.bob, town.lobby);
    for text in ["one", "two", "three"] {
        town.says(lobby, bob, text);
    }
    assert_eq!((town.pins(lobby, 3, true), town.pins(lobby, 1, true)), (Ok(()), Ok(())), "another's, too");
    assert_eq!(town.pinned(lobby), [1, 3], "in order");
    assert_eq!(town.pins(lobby, 3, true), Ok(()), "again");
    assert_eq!(town.pins(lobby, 2, false), Ok(()), "it never was");
    assert_eq!(town.pinned(lobby), [1, 3]);
    let edit = town.edits(lobby, bob, 1, "ONE").expect("an edit");
    for none in [0, 4, edit, 99, u64::MAX] {
        assert_eq!(town.pins(lobby, none, true), Err(Refusal::NoSuchEntry), "{none} is no text");
    }
    town.store = (maker.reopen)(town.store);
    assert_eq!(town.pinned(lobby), [1, 3]);
    town.pins(lobby, 1, false).expect("an entry");
    assert_eq!(town.pinned(lobby), [3]);
    let other = town.private("other");
    town.says(other, ann, "elsewhere");
    town.pins(other, 1, true).expect("an entry");
    assert_eq!((town.pinned(lobby), town.pinned(other)), (vec![3], vec![1]));
}

fn there_are_only_so_many<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (bob, lobby) = (town.bob, town.lobby);
    let all = 1..=PINS_MAX as u64 + 1;
    for n in all.clone() {
        town.says(lobby, bob, &n.to_string());
    }
    all.clone().take(PINS_MAX).for_each(|n| town.pins(lobby, n, true).expect("room for it"));
    assert_eq!(town.pins(lobby, *all.end(), true), Err(Refusal::TooManyPins));
    assert_eq!(town.pins(lobby, 1, true), Ok(()), "it is one of them");
    town.deletes(lobby, bob, 7, false).expect("an entry");
    assert_eq!(town.pins(lobby, *all.end(), true), Ok(()), "one has gone");
    assert_eq!(town.pinned(lobby), all.filter(|n| *n != 7).collect::<Vec<_>>());
}

fn a_pin_goes_with_its_body<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (bob, lobby) = (town.bob, town.lobby);
    for text in ["one", "two", "three", "four"] {
        town.says(lobby, bob, text);
    }
    (1..=4).for_each(|n| town.pins(lobby, n, true).expect("an entry"));
    town.deletes(lobby, bob, 2, false).expect("an entry");
    assert_eq!(town.pinned(lobby), [1, 3, 4]);
    // Nine entries: of the last six, the first is a pin's.
    town.one(Write::Retain { room: lobby, retention: Retention::Last(6) });
    town.one(Write::Prune { room: lobby, at: None });
    assert_eq!(town.pinned(lobby), [4]);
    town.store = (maker.reopen)(town.store);
    assert_eq!(town.pinned(lobby), [4]);
}

fn in_memory_pins_go_as_their_texts_do<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (bob, lobby) = (town.bob, town.lobby);
    town.says(lobby, bob, "on disk");
    town.pins(lobby, 1, true).expect("an entry");
    town.one(Write::Retain { room: lobby, retention: Retention::Ephemeral });
    assert_eq!(town.pinned(lobby), [] as [u64; 0], "its text is gone");
    let number = town.says(lobby, bob, "in memory");
    town.pins(lobby, number, true).expect("an entry");
    let other = town.says(lobby, bob, "in memory, too");
    town.pins(lobby, other, true).expect("an entry");
    town.deletes(lobby, bob, other, false).expect("an entry");
    assert_eq!(town.pinned(lobby), [number]);
    town.store = (maker.reopen)(town.store);
    assert_eq!(town.pinned(lobby), [] as [u64; 0], "a restart forgets such a room");
}

fn what_is_pinned_is_read_as_it_was_edited_last<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob) = (town.ann, town.bob);
    let den = town.private("den");
    town.says(den, ann, "before bob came");
    town.one(Write::Enter { room: den, account: bob });
    town.says(den, ann, "first");
    town.says(den, ann, "second");
    town.edits(den, ann, 2, "FIRST").expect("an edit");
    let read = |town: &mut Town<S>, account, bytes| {
        let numbers = [1, 2, 3, 9].map(RoomSeq).to_vec();
        let texts = Texts { account, room: den, numbers, bytes };
        let Results::Found(Found { hits, next, .. }) = town.store.query(&Query::Texts(texts)).expect("an answer")
        else {
            panic!("no texts")
        };
        let text = |at: &Located| Entry::decode(&at.entry).ok().and_then(|e| e.body.text().map(str::to_owned));
        let hits: Vec<_> = hits.iter().map(|at| (at.number.0, text(at).unwrap_or_default())).collect();
        (hits, next.map(|next| next.0))
    };
    let (first, second) = ((2, "FIRST".to_owned()), (3, "second".to_owned()));
    let before = (1, "before bob came".to_owned());
    assert_eq!(read(&mut town, ann, 1 << 20), (vec![before.clone(), first.clone(), second.clone()], None));
    assert_eq!(read(&mut town, bob, 1 << 20), (vec![first, second], None), "what he may read");
    assert_eq!(read(&mut town, ann, 1), (vec![before], Some(1)), "as much as fits");
}

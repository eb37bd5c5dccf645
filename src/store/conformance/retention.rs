//! How long bodies are kept, and rooms that keep nothing on disk.

use std::time::Duration;

use super::*;
use crate::{EPHEMERAL_MAX_BYTES, PRUNE_MAX, Retention};

pub(super) fn check<S: Store>(maker: &Maker<'_, S>) {
    the_last_are_kept(maker);
    the_newest_are_kept(maker);
    pruning_takes_bounded_steps(maker);
    ephemeral_rooms_forget_at_a_restart(maker);
    ephemeral_rooms_forget_the_oldest(maker);
    what_is_kept_by_one_rule_is_gone_under_the_other(maker);
    ephemeral_rooms_are_rooms(maker);
    search_misses_nothing_after_ephemeral_entries(maker);
}

fn retain<S: Store>(town: &mut Town<S>, room: RoomId, retention: Retention) {
    assert_eq!(town.one(Write::Retain { room, retention }), Outcome::Ok);
    assert_eq!(town.room(room).retention, retention);
}

const fn pruned(upto: u64, is_more: bool) -> Outcome {
    Outcome::Pruned { upto: RoomSeq(upto), freed: Vec::new(), is_more }
}

fn the_last_are_kept<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    for n in 1..=5 {
        town.says(lobby, ann, &format!("word {n}"));
    }
    let prune = Write::Prune { room: lobby, at: Some(at(1_000)) };
    assert_eq!(town.one(prune.clone()), pruned(0, false), "for ever");
    retain(&mut town, lobby, Retention::Last(2));
    assert_eq!(town.load(lobby).len(), 5);
    assert_eq!(town.one(prune.clone()), pruned(3, false));
    assert_eq!(town.load(lobby), ["", "", "", "word 4", "word 5"]);
    assert_eq!(town.finds(ann, "word"), [(lobby, 5), (lobby, 4)]);
    assert_eq!(town.page(lobby, ann, Position::After(RoomSeq(0)), 9), (vec![4, 5], false));
    assert_eq!(town.edits(lobby, ann, 3, "x"), Err(Refusal::NoSuchEntry));
    assert_eq!(town.one(prune.clone()), pruned(3, false));
    town.store = (maker.reopen)(town.store);
    retain(&mut town, lobby, Retention::Last(10));
    assert_eq!(town.one(prune), pruned(3, false), "what is gone is gone");
    assert_eq!(town.one(Write::Prune { room: RoomId(99), at: Some(at(1)) }), refused(Refusal::NoSuchRoom));
    let nowhere = Write::Retain { room: RoomId(99), retention: Retention::Forever };
    assert_eq!(town.one(nowhere), refused(Refusal::NoSuchRoom));
}

fn the_newest_are_kept<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    // Taken at 1, 2, 3.
    for n in 1..=3 {
        town.says(lobby, ann, &n.to_string());
    }
    retain(&mut town, lobby, Retention::For(Duration::from_millis(10)));
    let mut prune = |ms| town.one(Write::Prune { room: lobby, at: Some(at(ms)) });
    assert_eq!(prune(10), pruned(0, false));
    assert_eq!(prune(12), pruned(2, false));
    assert_eq!(prune(11), pruned(2, false));
    assert_eq!(prune(u64::MAX), pruned(3, false));
    assert_eq!(town.load(lobby), [""; 3]);
}

fn pruning_takes_bounded_steps<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    let batch: Vec<_> = (1..=PRUNE_MAX * 2 + 1).map(|n| say(lobby, ann, (ANN, n), "word")).collect();
    town.store.commit(&batch).expect("a commit");
    retain(&mut town, lobby, Retention::Last(1));
    let prune = Write::Prune { room: lobby, at: Some(at(1)) };
    assert_eq!(town.one(prune.clone()), pruned(PRUNE_MAX, true));
    assert_eq!(town.one(prune.clone()), pruned(PRUNE_MAX * 2, false));
    assert_eq!(town.finds(ann, "word"), [(lobby, PRUNE_MAX * 2 + 1)]);
}

fn ephemeral_rooms_forget_at_a_restart<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob, lobby) = (town.ann, town.bob, town.lobby);
    retain(&mut town, lobby, Retention::Ephemeral);
    town.says(lobby, ann, "one");
    town.says(lobby, ann, "two");
    let seen = RoomSeq(2);
    town.one(Write::Mark { room: lobby, account: bob, delivered: seen, read: seen, shown_read: seen });
    let before = town.room(lobby);
    assert_eq!((before.head, town.load(lobby).len()), (RoomSeq(2), 2));
    assert_eq!(town.store.snapshot().expect("a snapshot").entries, 2);
    town.store = (maker.reopen)(town.store);
    let after = town.room(lobby);
    assert_eq!((after.head, after.retention), (RoomSeq(0), Retention::Ephemeral));
    assert_ne!(after.log, before.log, "its numbers are given again");
    assert_eq!(town.member(lobby, bob).expect("a member").read, RoomSeq(0));
    assert_eq!(town.load(lobby), [""; 0]);
    assert_eq!(town.finds(ann, "one"), []);
    town.posts = 0;
    assert_eq!(town.says(lobby, ann, "three"), 1, "no id is known any more");
    assert_eq!(town.load(lobby), ["three"]);
}

fn ephemeral_rooms_forget_the_oldest<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    retain(&mut town, lobby, Retention::Ephemeral);
    let large = "x".repeat(60_000);
    let fit = (EPHEMERAL_MAX_BYTES / 60_200) as u64;
    for _ in 0..fit + 5 {
        town.says(lobby, ann, &large);
    }
    let texts = town.load(lobby);
    let gone = texts.iter().take_while(|text| text.is_empty()).count() as u64;
    assert!((4..=7).contains(&gone), "{gone}");
    assert!(texts.iter().skip(gone as usize).all(|text| *text == large));
    assert_eq!(town.one(Write::Prune { room: lobby, at: Some(at(1)) }), pruned(gone, false), "by itself");
    let first = Position::After(RoomSeq(0));
    assert_eq!(town.page(lobby, ann, first, 1), (vec![gone + 1], true));
    assert_eq!(town.edits(lobby, ann, gone, "x"), Err(Refusal::NoSuchEntry));
}

fn what_is_kept_by_one_rule_is_gone_under_the_other<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob, lobby) = (town.ann, town.bob, town.lobby);
    for n in 1..=3 {
        town.says(lobby, ann, &format!("disk {n}"));
    }
    retain(&mut town, lobby, Retention::Ephemeral);
    assert_eq!(town.load(lobby), [""; 3]);
    assert_eq!(town.finds(ann, "disk"), []);
    assert_eq!(town.says(lobby, ann, "memory 4"), 4);
    town.one(Write::Mark {
        room: lobby,
        account: bob,
        delivered: RoomSeq(4),
        read: RoomSeq(2),
        shown_read: RoomSeq(0),
    });
    assert_eq!(town.edits(lobby, ann, 3, "x"), Err(Refusal::NoSuchEntry));
    assert_eq!(town.one(Write::Prune { room: lobby, at: Some(at(1)) }), pruned(3, false));
    town.store = (maker.reopen)(town.store);
    assert_eq!(town.room(lobby).head, RoomSeq(3), "it goes on from what was on disk");
    let member = town.member(lobby, bob).expect("a member");
    assert_eq!((member.delivered, member.read), (RoomSeq(3), RoomSeq(2)));
    assert_eq!(town.load(lobby), [""; 3]);
    assert_eq!(town.says(lobby, ann, "memory 4"), 4);
    assert_eq!(town.says(lobby, ann, "memory 5"), 5);
    let log = town.room(lobby).log;
    retain(&mut town, lobby, Retention::Last(100));
    assert_eq!(town.load(lobby), [""; 5], "what was said to be nowhere gets nowhere");
    assert_eq!(town.says(lobby, ann, "disk 6"), 6);
    town.store = (maker.reopen)(town.store);
    assert_eq!((town.room(lobby).head, town.room(lobby).log), (RoomSeq(6), log));
    assert_eq!(town.load(lobby), ["", "", "", "", "", "disk 6"]);
    assert_eq!(town.finds(ann, "disk"), [(lobby, 6)]);
    assert_eq!(town.page(lobby, ann, Position::Since(at(0)), 9), (vec![6], false));
    assert_eq!(town.one(Write::Prune { room: lobby, at: Some(at(1)) }), pruned(5, false));
}

fn ephemeral_rooms_are_rooms<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob) = (town.ann, town.bob);
    let attic = town.private("attic");
    retain(&mut town, attic, Retention::Ephemeral);
    town.says(attic, ann, "apple");
    town.one(Write::Enter { room: attic, account: bob });
    town.says(attic, ann, "banana");
    town.edits(attic, ann, 2, "cherry").expect("an edit");
    town.says(town.lobby, ann, "cherry");
    assert_eq!(town.finds(bob, "apple"), []);
    assert_eq!(town.finds(ann, "apple"), [(attic, 1)]);
    assert_eq!(town.finds(bob, "banana"), []);
    assert_eq!(town.finds(bob, "cherry"), [(town.lobby, 1), (attic, 2)]);
    assert_eq!(town.page(attic, bob, Position::Before(RoomSeq(9)), 9), (vec![2, 3], false));
    assert_eq!(town.edits(attic, bob, 2, "mine"), Err(Refusal::NotYours));
    assert_eq!(town.deletes(attic, bob, 2, true), Ok(vec![RoomSeq(2), RoomSeq(3)]));
    assert_eq!(town.finds(ann, "cherry"), [(town.lobby, 1)]);
    assert_eq!(town.load(attic), ["apple", "", "", "…"]);
    let again = say(attic, ann, (ANN, 77), "again");
    assert_eq!(town.one(again.clone()), appended(5, false));
    assert_eq!(town.one(again), appended(5, true));
    assert_eq!(town.one(say(attic, ann, (ANN, 77), "other")), refused(Refusal::IdReused));
    assert_eq!(town.one(say(town.lobby, ann, (ANN, 77), "again")), refused(Refusal::IdReused));
}

fn search_misses_nothing_after_ephemeral_entries<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    let attic = town.private("attic");
    retain(&mut town, attic, Retention::Ephemeral);
    town.says(lobby, ann, "apple");
    for _ in 0..50 {
        town.says(attic, ann, "pear");
    }
    town.store = (maker.reopen)(town.store);
    for _ in 0..30 {
        town.says(lobby, ann, "apple");
    }
    assert_eq!(town.finds(ann, "apple").len(), 31);
}

//! What accounts and rooms use up: counted with what uses it, and less when it is gone.

use super::*;
use crate::{DELETION_USES_BYTES, ENTRY_USES_BYTES, Freed, Retention, uses};

/// What stays of a text whose body is gone.
const STAYS: u64 = ENTRY_USES_BYTES + DELETION_USES_BYTES;

pub(super) fn check<S: Store>(maker: &Maker<'_, S>) {
    what_is_stored_is_counted_once(maker);
    what_is_deleted_comes_free(maker);
    what_is_pruned_comes_free(maker);
    what_is_in_memory_only_uses_nothing(maker);
}

/// What Ann, Bob and the lobby use.
fn used<S: Store>(town: &mut Town<S>) -> [u64; 3] {
    let (ann, bob, lobby) = (town.ann, town.bob, town.lobby);
    [town.account(ann).used, town.account(bob).used, town.room(lobby).used]
}

/// Commits an entry. What it used up, and what came free.
fn says<S: Store>(town: &mut Town<S>, author: AccountId, counter: u64, body: Body, change: Change) -> (u64, Freed) {
    let append = append(town.lobby, author, (CAT, counter), body, change, counter);
    let more = uses(&append.change, append.entry.len());
    let outcome = one(&mut town.store, Write::Append(append));
    let Outcome::Appended { repeated, freed, .. } = outcome else { panic!("{outcome:?}") };
    (if repeated { 0 } else { more }, freed)
}

fn text(text: &str) -> Body {
    Body::Text(text.to_owned())
}

fn what_is_stored_is_counted_once<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    assert_eq!(used(&mut town), [0; 3]);
    let (ann, bob) = (town.ann, town.bob);
    let (one, freed) = says(&mut town, ann, 1, text("hello"), Change::None);
    assert_eq!((freed, used(&mut town)), (vec![], [one, 0, one]));
    assert_eq!(says(&mut town, ann, 1, text("hello"), Change::None).0, 0, "a repeat");
    let (long, _) = says(&mut town, bob, 2, text(&"x".repeat(60_000)), Change::None);
    assert!(long > 60_000);
    assert_eq!(used(&mut town), [one, long, one + long]);
    let refused = append(town.lobby, ann, (CAT, 3), text("x"), Change::Edit(RoomSeq(2)), 3);
    assert_eq!(town.one(Write::Append(refused)), refused_of(Refusal::NotYours));
    assert_eq!(used(&mut town), [one, long, one + long]);
    town.store = (maker.reopen)(town.store);
    assert_eq!(used(&mut town), [one, long, one + long], "after a restart, too");
}

fn what_is_deleted_comes_free<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob) = (town.ann, town.bob);
    let (one, _) = says(&mut town, ann, 1, text(&"x".repeat(1_000)), Change::None);
    let edit = Body::Edit { of: RoomSeq(1), text: "y".repeat(500) };
    let (edit, _) = says(&mut town, ann, 2, edit, Change::Edit(RoomSeq(1)));
    let delete = Change::Delete { of: RoomSeq(1), any_author: true };
    let (deletion, freed) = says(&mut town, bob, 3, Body::Delete { of: RoomSeq(1) }, delete);
    let bodies = one - STAYS + edit - ENTRY_USES_BYTES;
    assert_eq!(freed, [(ann, bodies)], "of its author, whoever deleted it, with its edits");
    assert_eq!(deletion, 0, "it was counted with the text, whoever deletes it");
    let stays = STAYS + ENTRY_USES_BYTES;
    assert_eq!(used(&mut town), [stays, 0, stays], "numbers stay, and the deletion");
}

fn what_is_pruned_comes_free<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob, lobby) = (town.ann, town.bob, town.lobby);
    let (one, _) = says(&mut town, ann, 1, text(&"x".repeat(100)), Change::None);
    let (two, _) = says(&mut town, bob, 2, text(&"x".repeat(200)), Change::None);
    let (three, _) = says(&mut town, bob, 3, text("kept"), Change::None);
    town.one(Write::Retain { room: lobby, retention: Retention::Last(1) });
    let pruned = super::one(&mut town.store, Write::Prune { room: lobby, at: Some(at(9)) });
    let freed = vec![(ann, one - STAYS), (bob, two - STAYS)];
    assert_eq!(pruned, Outcome::Pruned { upto: RoomSeq(2), freed, is_more: false });
    assert_eq!(used(&mut town), [STAYS, STAYS + three, 2 * STAYS + three]);
    let again = super::one(&mut town.store, Write::Prune { room: lobby, at: Some(at(9)) });
    assert_eq!(again, Outcome::Pruned { upto: RoomSeq(2), freed: vec![], is_more: false });
}

fn what_is_in_memory_only_uses_nothing<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    let (one, _) = says(&mut town, ann, 1, text("on disk"), Change::None);
    town.one(Write::Retain { room: lobby, retention: Retention::Ephemeral });
    assert_eq!(used(&mut town), [one, 0, one], "its body is on disk until it is pruned");
    says(&mut town, ann, 2, text("in memory"), Change::None);
    let pruned = super::one(&mut town.store, Write::Prune { room: lobby, at: Some(at(9)) });
    assert!(matches!(&pruned, Outcome::Pruned { freed, .. } if *freed == [(ann, one - STAYS)]), "{pruned:?}");
    assert_eq!(used(&mut town), [STAYS, 0, STAYS]);
}

fn refused_of(reason: Refusal) -> Outcome {
    Outcome::Refused(reason)
}

//! Appending: numbers, repeats, edits and deletions.

use chinwag_proto::wire::id::Epoch;

use super::*;

pub(super) fn check<S: Store>(maker: &Maker<'_, S>) {
    numbers_have_no_gap_and_rooms_are_apart(maker);
    a_repeat_gives_the_same_number(maker);
    what_is_no_repeat_may_be_refused(maker);
    a_batch_is_applied_in_order(maker);
    edits_are_of_ones_own_texts(maker);
    a_deletion_removes_bodies_and_keeps_numbers(maker);
    what_an_entry_is_about_is_there(maker);
    parts_of_a_log_are_bounded(maker);
    each_start_begins_an_epoch(maker);
}

fn numbers_have_no_gap_and_rooms_are_apart<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    let other = room_of(town.one(room("other", Access::Public, None))).id;
    for n in 1..=5 {
        assert_eq!(town.one(say(lobby, ann, (ANN, n), &format!("l{n}"))), appended(n, false));
        assert_eq!(town.one(say(other, ann, (ANN, 100 + n), &format!("o{n}"))), appended(n, false));
    }
    assert_eq!(town.load(lobby), ["l1", "l2", "l3", "l4", "l5"]);
    assert_eq!(town.room(other).head, RoomSeq(5));
    assert_eq!(town.store.snapshot().expect("a snapshot").entries, 10);
    assert_eq!(town.one(say(RoomId(999), ann, (ANN, 200), "x")), refused(Refusal::NoSuchRoom));
    assert_eq!(town.one(say(lobby, AccountId(99), (ANN, 200), "x")), refused(Refusal::NoSuchAccount));
}

fn a_repeat_gives_the_same_number<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    let other = room_of(town.one(room("other", Access::Public, None))).id;
    town.one(say(lobby, ann, (ANN, 1), "one"));
    town.one(say(lobby, ann, (ANN, 2), "two"));
    town.store = (maker.reopen)(town.store);
    assert_eq!(town.one(say(lobby, ann, (ANN, 1), "one")), appended(1, true));
    assert_eq!(town.one(say(lobby, ann, (BOB, 1), "one")), appended(3, false), "another device's id is another");
    let reused = refused(Refusal::IdReused);
    assert_eq!(town.one(say(lobby, ann, (ANN, 1), "different")), reused);
    assert_eq!(town.one(say(other, ann, (ANN, 1), "one")), reused, "in another room");
    assert_eq!(town.load(lobby), ["one", "two", "one"]);
    town.deletes(lobby, ann, 1, false).expect("a deletion");
    assert_eq!(town.one(say(lobby, ann, (ANN, 1), "one")), appended(1, true), "even if its body is gone");
    assert_eq!(town.load(lobby)[0], "");
}

fn what_is_no_repeat_may_be_refused<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    let muted = |counter| {
        let Write::Append(append) = say(lobby, ann, (ANN, counter), "one") else { panic!("an append") };
        Write::Append(Append { unless_repeated: Some(Refusal::Muted), ..append })
    };
    town.one(say(lobby, ann, (ANN, 1), "one"));
    assert_eq!(town.one(muted(1)), appended(1, true));
    assert_eq!(town.one(muted(2)), refused(Refusal::Muted));
    assert_eq!(town.room(lobby).head, RoomSeq(1));
    assert_eq!(town.one(say(lobby, ann, (ANN, 2), "one")), appended(2, false), "the id was not used");
}

fn a_batch_is_applied_in_order<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob, lobby) = (town.ann, town.bob, town.lobby);
    assert_eq!(town.store.commit(&[]), Ok(Vec::new()));
    let outcomes = town.store.commit(&[
        say(lobby, ann, (ANN, 1), "a"),
        say(lobby, bob, (BOB, 1), "b"),
        say(RoomId(999), bob, (BOB, 2), "lost"),
        say(lobby, ann, (ANN, 1), "a"),
        account("cat", CAT),
        account("cat", PublicKey([4; 32])),
        room("lobby", Access::Public, None),
        say(lobby, bob, (BOB, 3), "c"),
    ]);
    let outcomes = outcomes.expect("a commit");
    assert_eq!(outcomes[..2], [appended(1, false), appended(2, false)]);
    assert_eq!(outcomes[2], refused(Refusal::NoSuchRoom), "a refusal stops nothing else");
    assert_eq!(outcomes[3], appended(1, true), "a repeat in the same batch");
    assert_eq!(outcomes[5], refused(Refusal::NameTaken));
    assert_eq!(room_of(outcomes[6].clone()).head, RoomSeq(2), "as it is then");
    assert_eq!(outcomes[7], appended(3, false));
}

fn edits_are_of_ones_own_texts<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob, lobby) = (town.ann, town.bob, town.lobby);
    town.says(lobby, ann, "first");
    assert_eq!(town.edits(lobby, ann, 1, "better"), Ok(2));
    assert_eq!(town.edits(lobby, ann, 1, "best"), Ok(3));
    assert_eq!(town.load(lobby), ["first", "better", "best"], "a log forgets nothing by it");
    assert_eq!(town.edits(lobby, bob, 1, "mine"), Err(Refusal::NotYours));
    assert_eq!(town.edits(lobby, ann, 2, "an edit's"), Err(Refusal::NoSuchEntry));
    assert_eq!(town.edits(lobby, ann, 0, "x"), Err(Refusal::NoSuchEntry));
    assert_eq!(town.edits(lobby, ann, 4, "its own"), Err(Refusal::NoSuchEntry));
    assert_eq!(town.edits(lobby, ann, u64::MAX, "x"), Err(Refusal::NoSuchEntry));
    let topic = town.does(lobby, ann, Body::Topic("t".into()), Change::Topic("t".into())).expect("an entry").0;
    assert_eq!(town.edits(lobby, ann, topic, "no text"), Err(Refusal::NoSuchEntry));
    let reply = Body::Reply { to: RoomSeq(1), text: "yes".into() };
    let reply = town.does(lobby, bob, reply, Change::About(RoomSeq(1))).expect("an entry").0;
    assert_eq!(town.edits(lobby, bob, reply, "no"), Ok(reply + 1));
    assert_eq!(town.deletes(lobby, ann, 1, false), Ok(vec![RoomSeq(1), RoomSeq(2), RoomSeq(3)]));
    assert_eq!(town.edits(lobby, ann, 1, "x"), Err(Refusal::NoSuchEntry), "it is gone");
    assert_eq!(town.room(lobby).head, RoomSeq(reply + 2), "what is refused is no entry");
}

fn a_deletion_removes_bodies_and_keeps_numbers<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob, lobby) = (town.ann, town.bob, town.lobby);
    town.says(lobby, ann, "one");
    town.says(lobby, bob, "two");
    town.says(lobby, ann, "three");
    town.edits(lobby, ann, 1, "ONE").expect("an edit");
    assert_eq!(town.deletes(lobby, bob, 1, false), Err(Refusal::NotYours));
    assert_eq!(town.deletes(lobby, bob, 1, true), Ok(vec![RoomSeq(1), RoomSeq(4)]), "a moderator may");
    town.store = (maker.reopen)(town.store);
    assert_eq!(town.load(lobby), ["", "two", "three", "", "…"]);
    assert_eq!(town.deletes(lobby, ann, 1, true), Err(Refusal::NoSuchEntry), "once");
    assert_eq!(town.deletes(lobby, ann, 5, true), Err(Refusal::NoSuchEntry), "no text");
    let outcomes = town.store.commit(&[
        Write::Append(append(lobby, ann, (ANN, 1), Body::Text("x".into()), Change::None, 9)),
        Write::Append(append(
            lobby,
            ann,
            (ANN, 2),
            Body::Delete { of: RoomSeq(6) },
            Change::Delete { of: RoomSeq(6), any_author: false },
            9,
        )),
    ]);
    let removed =
        Outcome::Appended { number: RoomSeq(7), repeated: false, removed: vec![RoomSeq(6)], freed: Vec::new() };
    assert_eq!(unfreed(outcomes.expect("a commit")[1].clone()), removed, "of the same batch");
}

fn what_an_entry_is_about_is_there<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob, lobby) = (town.ann, town.bob, town.lobby);
    town.says(lobby, ann, "one");
    let react = |town: &mut Town<S>, to| {
        let body = Body::React { of: RoomSeq(to), emoji: "+1".into(), is_set: true };
        town.does(lobby, bob, body, Change::About(RoomSeq(to))).map(|(number, _)| number)
    };
    assert_eq!(react(&mut town, 1), Ok(2));
    assert_eq!(react(&mut town, 2), Ok(3), "any entry");
    assert_eq!(react(&mut town, 0), Err(Refusal::NoSuchEntry));
    assert_eq!(react(&mut town, 4), Err(Refusal::NoSuchEntry));
    town.deletes(lobby, ann, 1, false).expect("a deletion");
    assert_eq!(react(&mut town, 1), Err(Refusal::NoSuchEntry));
}

fn parts_of_a_log_are_bounded<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    let batch: Vec<_> = (1..=50).map(|n| say(lobby, ann, (ANN, n), &format!("{n:010}"))).collect();
    town.store.commit(&batch).expect("a commit");
    let mut read = |room, after, count, bytes| {
        let range = Range { room, after: RoomSeq(after), count, bytes };
        let page = town.store.load(range).expect("a read");
        assert_eq!(page.range, range, "a page says what was asked for");
        page.entries.iter().map(|entry| text(entry)).collect::<Vec<_>>()
    };
    assert_eq!(read(lobby, 47, 100, 10_000).len(), 3, "up to the end");
    assert_eq!(read(lobby, 10, 5, 10_000), (11..=15).map(|n| format!("{n:010}")).collect::<Vec<_>>());
    let by_size = read(lobby, 0, 100, 120).len();
    assert!((3..=6).contains(&by_size), "at most about so many octets: {by_size}");
    assert_eq!(read(lobby, 0, 100, 1).len(), 1, "at least one, however large");
    assert_eq!(read(lobby, 0, 0, 100), [""; 0]);
    assert_eq!(read(lobby, 50, 100, 1_000), [""; 0]);
    assert_eq!(read(lobby, u64::MAX, 100, 1_000), [""; 0]);
    assert_eq!(read(RoomId(999), 0, 100, 1_000), [""; 0]);
}

fn each_start_begins_an_epoch<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    let epochs = |town: &mut Town<S>| town.store.snapshot().expect("a snapshot").epochs;
    let first = epochs(&mut town).present();
    town.says(lobby, ann, "one");
    town.says(lobby, ann, "two");
    town.store = (maker.reopen)(town.store);
    let second = epochs(&mut town).present();
    assert_ne!(first, second);
    let end = |town: &mut Town<S>, epoch| epochs(town).end(epoch, lobby, town.room(lobby).head).map(|head| head.0);
    assert_eq!((end(&mut town, first), end(&mut town, second)), (Some(2), Some(2)));
    town.says(lobby, ann, "three");
    town.says(lobby, ann, "four");
    assert_eq!((end(&mut town, first), end(&mut town, second)), (Some(2), Some(4)));
    assert_eq!(end(&mut town, Epoch(3)), None, "no store began that");
}

//! History, as people page through it.

use chinwag_proto::wire::message::Act;

use super::*;
use crate::Retention;

pub(super) fn check<S: Store>(maker: &Maker<'_, S>) {
    pages_go_both_ways(maker);
    gone_bodies_are_left_out(maker);
    members_read_what_they_may(maker);
    public_rooms_are_read_by_all(maker);
    pages_are_bounded_by_size(maker);
    time_finds_a_place(maker);
}

const fn before(number: u64) -> Position {
    Position::Before(RoomSeq(number))
}

const fn after(number: u64) -> Position {
    Position::After(RoomSeq(number))
}

const fn around(number: u64) -> Position {
    Position::Around(RoomSeq(number))
}

fn pages_go_both_ways<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    for n in 1..=10 {
        town.says(lobby, ann, &n.to_string());
    }
    let mut page = |position, count| town.page(lobby, ann, position, count);
    assert_eq!(page(before(11), 3), (vec![8, 9, 10], true));
    assert_eq!(page(before(u64::MAX), 3), (vec![8, 9, 10], true));
    assert_eq!(page(before(4), 3), (vec![1, 2, 3], false));
    assert_eq!(page(before(1), 3), (vec![], false));
    assert_eq!(page(before(0), 3), (vec![], false));
    assert_eq!(page(after(0), 4), (vec![1, 2, 3, 4], true));
    assert_eq!(page(after(7), 4), (vec![8, 9, 10], false));
    assert_eq!(page(after(u64::MAX), 4), (vec![], false));
    assert_eq!(page(around(5), 4), (vec![3, 4, 5, 6], true));
    assert_eq!(page(around(5), 1), (vec![5], true));
    assert_eq!(page(around(10), 6), (vec![7, 8, 9, 10], false));
    assert_eq!(page(around(1), 100), ((1..=10).collect(), false));
    assert_eq!(page(around(500), 4), (vec![9, 10], false));
    assert_eq!(page(after(0), 0), (vec![], true));
}

fn gone_bodies_are_left_out<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    for n in 1..=6 {
        town.says(lobby, ann, &n.to_string());
    }
    town.edits(lobby, ann, 2, "two").expect("an edit");
    town.deletes(lobby, ann, 2, false).expect("a deletion");
    town.deletes(lobby, ann, 6, false).expect("a deletion");
    assert_eq!(town.page(lobby, ann, before(100), 4), (vec![4, 5, 8, 9], true));
    assert_eq!(town.page(lobby, ann, after(0), 3), (vec![1, 3, 4], true));
    assert_eq!(town.page(lobby, ann, after(1), 9), (vec![3, 4, 5, 8, 9], false));
}

fn members_read_what_they_may<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob) = (town.ann, town.bob);
    let attic = town.private("attic");
    for n in 1..=4 {
        town.says(attic, ann, &n.to_string());
    }
    let everywhere = [before(100), after(0), around(2), Position::Since(at(0))];
    for position in everywhere {
        assert_eq!(town.page(attic, bob, position, 100), (vec![], false), "no member: {position:?}");
        assert_eq!(town.page(RoomId(999), bob, position, 100), (vec![], false));
        assert_eq!(town.page(attic, AccountId(999), position, 100), (vec![], false));
    }
    town.one(Write::Enter { room: attic, account: bob });
    for position in everywhere {
        assert_eq!(town.page(attic, bob, position, 100), (vec![], false), "nothing from before: {position:?}");
    }
    town.says(attic, ann, "5");
    town.says(attic, bob, "6");
    assert_eq!(town.page(attic, bob, before(7), 100), (vec![5, 6], false));
    assert_eq!(town.page(attic, bob, before(5), 100), (vec![], false));
    assert_eq!(town.page(attic, bob, around(3), 100), (vec![5, 6], false));
    assert_eq!(town.page(attic, bob, Position::Since(at(0)), 100), (vec![5, 6], false));
    town.does(attic, ann, Body::Text("out".into()), Change::Kick(bob)).expect("an entry");
    assert_eq!(town.page(attic, bob, after(0), 100), (vec![], false));
    assert_eq!(town.page(attic, ann, after(0), 100).0.len(), 7);
}

fn public_rooms_are_read_by_all<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob) = (town.ann, town.bob);
    let hall = room_of(town.one(room("hall", Access::Public, Some(ann)))).id;
    let fleeting = room_of(town.one(room("fleeting", Access::Public, Some(ann)))).id;
    town.store.commit(&[Write::Retain { room: fleeting, retention: Retention::Ephemeral }]).expect("room for it");
    for there in [hall, fleeting] {
        town.says(there, ann, "word one");
        town.says(there, ann, "word two");
        for reader in [ann, bob] {
            assert_eq!(town.page(there, reader, before(100), 100), (vec![1, 2], false));
            assert_eq!(town.page(there, reader, after(1), 100), (vec![2], false));
        }
    }
    let all = [(fleeting, 2), (fleeting, 1), (hall, 2), (hall, 1)];
    assert_eq!(town.finds(bob, "word"), all);
    assert_eq!(town.finds(ann, "word"), all);
    let access = Change::Open(Access::Invite, None);
    town.does(hall, ann, Body::Act(Act::Open(Access::Invite)), access).expect("an entry");
    assert_eq!(town.page(hall, bob, before(100), 100), (vec![], false), "it is public no more");
    assert_eq!(town.finds(bob, "word"), all[..2]);
}

fn pages_are_bounded_by_size<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (account, room) = (town.ann, town.lobby);
    for _ in 0..5 {
        town.says(room, account, &"x".repeat(1_000));
    }
    let mut page = |position, bytes| town.page_of(Pages { account, room, position, count: 100, bytes });
    assert_eq!(page(before(6), 2_100), (vec![4, 5], true));
    assert_eq!(page(after(0), 2_100), (vec![1, 2], true));
    assert_eq!(page(before(6), 1), (vec![5], true), "at least one, however large");
    assert_eq!(page(after(0), 1), (vec![1], true));
    assert_eq!(page(around(3), 4_200), (vec![1, 2, 3, 4], true));
}

fn time_finds_a_place<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    // A clock that was set back: an entry counts as taken no earlier than the one before it.
    for (n, ms) in [(1, 10), (2, 20), (3, 20), (4, 5), (5, 30)] {
        let body = Body::Text("x".into());
        town.one(Write::Append(append(lobby, ann, (ANN, n), body, Change::None, ms)));
    }
    let mut since = |ms| town.page(lobby, ann, Position::Since(at(ms)), 3);
    assert_eq!(since(0), (vec![1, 2, 3], true));
    assert_eq!(since(10), (vec![1, 2, 3], true));
    assert_eq!(since(11), (vec![2, 3, 4], true));
    assert_eq!(since(20), (vec![2, 3, 4], true));
    assert_eq!(since(21), (vec![5], false));
    assert_eq!(since(31), (vec![], false));
    assert_eq!(since(u64::MAX), (vec![], false));
}

//! Rooms, and who is in them in which way.

use chinwag_proto::wire::message::Fact;

use super::*;
use crate::{Ban, Epochs, Mute, Snapshot};

pub(super) fn check<S: Store>(maker: &Maker<'_, S>) {
    rooms_are_made_once(maker);
    direct_logs_are_of_two(maker);
    members_come_and_go(maker);
    what_was_said_before_is_for_those_who_were_there(maker);
    entries_change_their_room(maker);
    a_ban_keeps_out_devices(maker);
    a_mute_outlives_a_membership(maker);
    marks_only_go_up(maker);
    everything_is_there_after_a_restart(maker);
}

fn rooms_are_made_once<S: Store>(maker: &Maker<'_, S>) {
    let mut store = (maker.make)();
    let ann = id_of(one(&mut store, account("ann", ANN)));
    let new = NewRoom {
        name: "L0bby".into(),
        skeleton: "lobby".into(),
        access: Access::Password,
        phc: Some("$p".into()),
        owner: Some(ann),
    };
    let lobby = room_of(one(&mut store, Write::Room(new)));
    assert_eq!((&lobby.kind, lobby.head, lobby.access), (&Kind::Named("L0bby".into()), RoomSeq(0), Access::Password));
    assert_eq!((lobby.phc.as_deref(), roles(&lobby)), (Some("$p"), vec![(ann, Role::Owner)]));
    assert_eq!(room_of(one(&mut store, room("l0BBY", Access::Public, None))), lobby, "in any case, and as it is");
    assert_eq!(one(&mut store, room("lobby", Access::Public, None)), refused(Refusal::NameConfusable));
    let nobodys = room("other", Access::Public, Some(AccountId(99)));
    assert_eq!(one(&mut store, nobodys), refused(Refusal::NoSuchAccount));
    let other = room_of(one(&mut store, room("other", Access::Public, None)));
    assert!(other.id != lobby.id && other.log != lobby.log);
    assert!(matches!(one(&mut store, account("lobby", BOB)), Outcome::Account { .. }), "accounts are no rooms");
}

fn direct_logs_are_of_two<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob) = (town.ann, town.bob);
    let log = room_of(town.one(Write::Direct { one: bob, other: ann }));
    let (small, large) = (ann.min(bob), ann.max(bob));
    assert_eq!((&log.kind, log.access), (&Kind::Direct(small, large), Access::Private));
    assert_eq!(roles(&log), [(small, Role::Member), (large, Role::Member)]);
    assert_eq!(room_of(town.one(Write::Direct { one: ann, other: bob })), log);
    let notes = room_of(town.one(Write::Direct { one: ann, other: ann }));
    assert_eq!((&notes.kind, roles(&notes)), (&Kind::Direct(ann, ann), vec![(ann, Role::Member)]));
    let nobody = Write::Direct { one: ann, other: AccountId(999) };
    assert_eq!(town.one(nobody), refused(Refusal::NoSuchAccount));
    town.says(log.id, ann, "hello");
    town.one(Write::Leave { room: log.id, account: bob });
    town.one(Write::Enter { room: log.id, account: bob });
    assert_eq!(town.member(log.id, bob).expect("a member").since, RoomSeq(0), "both may always read all of it");
}

fn members_come_and_go<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    let before = town.member(lobby, ann);
    assert_eq!(town.one(Write::Enter { room: lobby, account: ann }), Outcome::Ok);
    assert_eq!(town.member(lobby, ann), before);
    for _ in 0..2 {
        assert_eq!(town.one(Write::Leave { room: lobby, account: ann }), Outcome::Ok);
        assert_eq!(town.member(lobby, ann), None);
    }
    let nowhere = RoomId(999);
    assert_eq!(town.one(Write::Enter { room: nowhere, account: ann }), refused(Refusal::NoSuchRoom));
    assert_eq!(town.one(Write::Leave { room: nowhere, account: ann }), refused(Refusal::NoSuchRoom));
    assert_eq!(town.one(Write::Enter { room: lobby, account: AccountId(999) }), refused(Refusal::NoSuchAccount));
}

fn what_was_said_before_is_for_those_who_were_there<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob) = (town.ann, town.bob);
    let attic = town.private("attic");
    for n in 1..=3 {
        town.says(attic, ann, &format!("secret {n}"));
    }
    town.one(Write::Enter { room: attic, account: bob });
    assert_eq!(town.member(attic, bob).expect("a member").since, RoomSeq(3));
    town.does(attic, ann, Body::Text("open".into()), Change::Open(Access::Public, None)).expect("an entry");
    assert_eq!(town.member(attic, bob).expect("a member").since, RoomSeq(3), "that was then");
    town.does(attic, ann, Body::Text("out".into()), Change::Kick(bob)).expect("an entry");
    town.one(Write::Enter { room: attic, account: bob });
    assert_eq!(town.member(attic, bob).expect("a member").since, RoomSeq(0), "it is public now");
    town.does(attic, ann, Body::Text("shut".into()), Change::Open(Access::Invite, None)).expect("an entry");
    town.one(Write::Leave { room: attic, account: bob });
    town.one(Write::Enter { room: attic, account: bob });
    assert_eq!(town.member(attic, bob).expect("a member").since, RoomSeq(6));
}

fn entries_change_their_room<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob, lobby) = (town.ann, town.bob, town.lobby);
    let cat = id_of(town.one(account("cat", CAT)));
    let change = |town: &mut Town<S>, change| town.does(lobby, ann, Body::Topic("x".into()), change).map(drop);
    assert_eq!(change(&mut town, Change::Topic("weather".into())), Ok(()));
    assert_eq!(change(&mut town, Change::Fact(Fact::Slow(30))), Ok(()));
    assert_eq!(change(&mut town, Change::Fact(Fact::Rules("be kind".into()))), Ok(()));
    assert_eq!(change(&mut town, Change::Role(bob, Role::Moderator)), Ok(()));
    assert_eq!(change(&mut town, Change::Mute(bob, Some(at(77)))), Ok(()));
    assert_eq!(change(&mut town, Change::Invite(cat)), Ok(()));
    assert_eq!(change(&mut town, Change::Invite(bob)), Ok(()));
    assert_eq!(change(&mut town, Change::Open(Access::Password, Some("$p".into()))), Ok(()));
    town.store = (maker.reopen)(town.store);
    let now = town.room(lobby);
    assert_eq!((now.topic.as_str(), now.facts.slow_s, now.head), ("weather", 30, RoomSeq(8)));
    assert_eq!(now.facts.rules, "be kind");
    assert_eq!((now.access, now.phc.as_deref()), (Access::Password, Some("$p")));
    assert_eq!(now.invited, [cat], "a member needs no invitation");
    town.one(Write::Leave { room: lobby, account: cat });
    assert_eq!(town.room(lobby).invited, [], "and who declines has none");
    assert_eq!(change(&mut town, Change::Invite(cat)), Ok(()));
    let member = town.member(lobby, bob).expect("a member");
    assert_eq!((member.role, now.mutes), (Role::Moderator, vec![Mute { account: bob, until: Some(at(77)) }]));
    town.one(Write::Enter { room: lobby, account: cat });
    assert_eq!(town.room(lobby).invited, [], "an invitation is used up");
    assert_eq!(change(&mut town, Change::Kick(bob)), Ok(()));
    assert_eq!(town.member(lobby, bob), None);
    let head = town.room(lobby).head;
    for about_no_member in [Change::Kick(bob), Change::Role(bob, Role::Owner), Change::Mute(bob, None)] {
        assert_eq!(change(&mut town, about_no_member), Err(Refusal::NoSuchAccount));
    }
    for about_nobody in [Change::Invite(AccountId(99)), Change::Ban(AccountId(99), None)] {
        assert_eq!(change(&mut town, about_nobody), Err(Refusal::NoSuchAccount));
    }
    assert_eq!(town.room(lobby).head, head, "what is refused is no entry");
}

fn a_ban_keeps_out_devices<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob, lobby) = (town.ann, town.bob, town.lobby);
    town.one(Write::Enrol { account: bob, device: CAT, label: String::new(), at: at(1) });
    let body = || Body::Text("x".into());
    town.does(lobby, ann, body(), Change::Ban(bob, Some(at(50)))).expect("an entry");
    let ban = |devices, until| Ban { account: bob, devices, until };
    assert_eq!(town.room(lobby).bans, [ban(vec![BOB, CAT], Some(at(50)))]);
    assert_eq!(town.member(lobby, bob), None);
    town.one(Write::Revoke { account: bob, device: CAT });
    town.one(Write::Unregister { account: bob });
    town.store = (maker.reopen)(town.store);
    assert_eq!(town.room(lobby).bans, [ban(vec![BOB, CAT], Some(at(50)))], "the devices that it had");
    town.does(lobby, ann, body(), Change::Unban(bob)).expect("an entry");
    assert_eq!(town.room(lobby).bans, []);
    let eve = id_of(town.one(account("eve", BOB)));
    town.does(lobby, ann, body(), Change::Invite(eve)).expect("an entry");
    town.does(lobby, ann, body(), Change::Ban(eve, Some(at(50)))).expect("an entry");
    town.does(lobby, ann, body(), Change::Ban(eve, None)).expect("an entry");
    let now = town.room(lobby);
    assert_eq!((now.bans, now.invited), (vec![Ban { account: eve, devices: vec![BOB], until: None }], Vec::new()));
}

fn a_mute_outlives_a_membership<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob, lobby) = (town.ann, town.bob, town.lobby);
    let act = |town: &mut Town<S>, change| town.does(lobby, ann, Body::Topic("x".into()), change).map(drop);
    let mutes =
        |town: &mut Town<S>| town.room(lobby).mutes.iter().map(|mute| (mute.account, mute.until)).collect::<Vec<_>>();
    assert_eq!(act(&mut town, Change::Mute(bob, Some(at(77)))), Ok(()));
    assert_eq!(act(&mut town, Change::Mute(ann, None)), Ok(()));
    assert_eq!(act(&mut town, Change::Mute(bob, Some(at(88)))), Ok(()), "in the place of the first");
    town.one(Write::Leave { room: lobby, account: bob });
    assert_eq!(mutes(&mut town), [(ann, None), (bob, Some(at(88)))]);
    town.one(Write::Enter { room: lobby, account: bob });
    assert_eq!(act(&mut town, Change::Kick(bob)), Ok(()));
    assert_eq!(act(&mut town, Change::Ban(bob, None)), Ok(()));
    town.store = (maker.reopen)(town.store);
    assert_eq!(mutes(&mut town), [(ann, None), (bob, Some(at(88)))], "nor do a kick, a ban and a restart");
    assert_eq!(act(&mut town, Change::Unmute(bob)), Ok(()), "a member or not");
    assert_eq!(act(&mut town, Change::Unmute(bob)), Ok(()), "muted or not");
    assert_eq!(mutes(&mut town), [(ann, None)]);
    town.one(Write::Unregister { account: ann });
    assert_eq!(mutes(&mut town), [], "nobody gets that account again");
}

fn marks_only_go_up<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob, lobby) = (town.ann, town.bob, town.lobby);
    for _ in 0..9 {
        town.says(lobby, ann, "x");
    }
    let mark = |delivered, read, shown_read| Write::Mark {
        room: lobby,
        account: bob,
        delivered: RoomSeq(delivered),
        read: RoomSeq(read),
        shown_read: RoomSeq(shown_read),
    };
    let marks = |town: &mut Town<S>| {
        let member = town.member(lobby, bob).expect("a member");
        (member.delivered.0, member.read.0, member.shown_read.0)
    };
    assert_eq!(town.one(mark(5, 4, 3)), Outcome::Ok);
    assert_eq!(town.one(mark(2, 6, 0)), Outcome::Ok);
    assert_eq!(marks(&mut town), (5, 6, 3));
    assert_eq!(town.one(mark(u64::MAX, 0, 10)), Outcome::Ok);
    town.store = (maker.reopen)(town.store);
    assert_eq!(marks(&mut town), (9, 6, 9), "not beyond what there is");
    town.one(Write::Leave { room: lobby, account: bob });
    assert_eq!(town.one(mark(9, 9, 9)), refused(Refusal::NotMember));
    town.one(Write::Enter { room: lobby, account: bob });
    assert_eq!(marks(&mut town), (0, 0, 0));
    let none = RoomSeq(0);
    let nowhere = Write::Mark { room: RoomId(99), account: bob, delivered: none, read: none, shown_read: none };
    assert_eq!(town.one(nowhere), refused(Refusal::NoSuchRoom));
}

/// Without the epochs, of which each start makes one.
fn timeless(snapshot: Snapshot) -> Snapshot {
    Snapshot { epochs: Epochs::default(), ..snapshot }
}

fn everything_is_there_after_a_restart<S: Store>(maker: &Maker<'_, S>) {
    let mut empty = (maker.make)();
    assert_eq!(empty.snapshot().map(timeless), Ok(Snapshot::default()));
    let mut town = Town::new(maker);
    let (ann, bob, lobby) = (town.ann, town.bob, town.lobby);
    town.one(Write::Direct { one: ann, other: bob });
    town.says(lobby, ann, "hello");
    let before = town.store.snapshot().expect("a snapshot");
    let names: Vec<_> = before.accounts.iter().map(|a| (a.name.as_str(), &a.devices[0].key, a.is_owner)).collect();
    assert_eq!(names, [("Ann", &ANN, true), ("bob", &BOB, false)]);
    let rooms: Vec<_> = before.rooms.iter().map(|room| (room.head, room.members.len())).collect();
    assert_eq!((rooms, before.entries), (vec![(RoomSeq(1), 2), (RoomSeq(0), 2)], 1));
    town.store = (maker.reopen)(town.store);
    assert_eq!(town.store.snapshot().map(timeless), Ok(timeless(before)));
    assert_eq!(town.says(lobby, bob, "again"), 2);
    assert_eq!(town.load(lobby), ["hello", "again"]);
    assert_ne!(id_of(town.one(account("cat", CAT))), bob, "no number is given twice");
}

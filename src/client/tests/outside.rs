//! Rooms that are followed from outside.

use super::super::Unreadable;
use super::*;

fn outside() -> RoomInfo {
    info(Standing::Out)
}

/// Follows the lobby from outside, and is told that it does.
fn follows() -> Script {
    let mut script = Script::new(Config { keeps_outbox: true, ..Config::new("ann") });
    script.welcomes(vec![]);
    script.state.join("lobby", Entering::Outside, Start::Recent(0));
    let (id, request) = script.only();
    assert!(matches!(request, Request::Follow { room, .. } if room == "lobby"));
    script.notices();
    script.answers(id, Ok(Answer::Joined { room: outside(), after: RoomSeq(0), roster: 0 }));
    assert!(matches!(&script.notices()[..], [Notice::Joined { .. }]));
    assert!(script.asked().is_empty());
    script
}

fn arrives(script: &mut Script, number: u64) -> Vec<Notice> {
    script.state.message(script.state.clock, Channel::Room(ROOM), number, number, &entry(2, "hello").encode());
    script.notices()
}

#[test]
fn what_is_followed_from_outside_is_asked_for_again_on_each_link_and_nothing_is_told_of_it() {
    let mut script = follows();
    assert!(matches!(&arrives(&mut script, 1)[..], [Notice::Entry { .. }]));
    script.state.shown("lobby", RoomSeq(1));
    script.state.typing("lobby");
    script.at(60_000);
    assert!(script.state.effects.is_empty(), "no mark, no typing: {:?}", script.state.effects);
    script.state.post(1, "lobby", None, Body::Text("and I".into()));
    assert_eq!(script.notices(), [Notice::Refused { tag: 1, reason: Refusal::NotMember }]);
    // That the account is no member is nothing new.
    script.says(&Down::Room(outside()));
    assert_eq!(script.notices(), []);
    script.connect();
    script.welcomes(vec![]);
    assert!(matches!(script.only().1, Request::Follow { .. }));
}

#[test]
fn that_it_ended_is_said_once_and_it_is_not_asked_for_again() {
    let mut script = follows();
    script.says(&Down::FollowEnded { room: ROOM, reason: Refusal::Banned });
    let ended = |reason| Notice::FollowEnded { name: "#lobby".into(), reason };
    assert_eq!(script.notices(), [ended(Refusal::Banned)]);
    script.says(&Down::FollowEnded { room: ROOM, reason: Refusal::Banned });
    assert_eq!(script.notices(), []);
    script.connect();
    script.welcomes(vec![]);
    assert!(script.asked().is_empty());
    // It may have ended while there was no connection.
    let mut script = follows();
    script.connect();
    script.welcomes(vec![]);
    let (id, _) = script.only();
    script.answers(id, Err(Refusal::NoSuchRoom));
    assert!(script.notices().contains(&ended(Refusal::NoSuchRoom)));
    // What never began is denied.
    script.state.join("hall", Entering::Outside, Start::All);
    let (id, _) = script.only();
    script.answers(id, Err(Refusal::NotMember));
    let denied = Notice::Denied { request: Attempt::Follow("#hall".into()), reason: Refusal::NotMember };
    assert_eq!(script.notices(), [denied]);
    script.state.join("@bob", Entering::Outside, Start::All);
    let denied = Notice::Denied { request: Attempt::Follow("@bob".into()), reason: Refusal::NotMember };
    assert_eq!(script.notices(), [denied], "there is no outside of what two say to each other");
}

#[test]
fn who_joins_what_is_followed_from_outside_goes_on_without_a_gap_and_then_speaks() {
    let mut script = follows();
    arrives(&mut script, 1);
    script.state.join("lobby", Entering::Open, Start::CHAT);
    script.state.post(1, "lobby", None, Body::Text("and I".into()));
    let said = |effect: &Effect| matches!(effect, Effect::Advance(ROOM, 1));
    assert!(!script.state.effects.iter().any(said), "not before it is in");
    assert!(
        arrives(&mut script, 2).iter().all(|notice| !matches!(notice, Notice::Entry { .. })),
        "it is held meanwhile"
    );
    let (id, request) = script.only();
    let Request::Join { room, from: chinwag_proto::wire::message::From::Seen { begin: Begin::After(RoomSeq(1)), .. } } =
        request
    else {
        panic!("{request:?}")
    };
    assert_eq!(room, "lobby");
    let room = info(Standing::In(Role::Member));
    script.answers(id, Ok(Answer::Joined { room, after: RoomSeq(1), roster: 0 }));
    assert!(script.state.effects.iter().any(said));
    let notices = script.notices();
    assert!(notices.iter().any(|notice| matches!(notice, Notice::Entry { number: RoomSeq(2), .. })), "{notices:?}");
    script.says(&Down::Room(outside()));
    assert!(script.notices().contains(&Notice::Out { name: "#lobby".into() }), "a member can be put out");
}

#[test]
fn what_an_earlier_program_said_there_is_said_by_a_member() {
    let mut script = follows();
    let post = Post { id: ClientMsgId { start: 9, counter: 1 }, body: Body::Text("from before".into()) };
    let saved = SavedPost {
        id: post.id,
        room: "#lobby".into(),
        post: post.encode(),
        reference: Reference::Open,
        makes_room: true,
    };
    script.state.adopt(vec![saved], None);
    assert!(matches!(script.only().1, Request::Join { .. }));
}

#[test]
fn who_leaves_what_is_followed_from_outside_is_on_record_nowhere() {
    let mut script = follows();
    script.state.leave("lobby");
    assert_eq!(script.only().1, Request::Leave { room: ROOM });
    let mut script = follows();
    script.state.forget_link();
    script.state.leave("lobby");
    assert!(script.state.next_save().is_none_or(|save| save.leaving.is_empty()));
    script.state.log_in();
    script.welcomes(vec![]);
    assert!(script.asked().is_empty(), "nor asked for again");
}

#[test]
fn that_a_room_which_is_not_known_can_not_be_read_is_told_once_its_name_is() {
    let mut script = Script::new(Config::new("ann"));
    script.welcomes(vec![]);
    script.notices();
    let says = |first, last| Down::Unreadable { room: ROOM, first: RoomSeq(first), last: RoomSeq(last) };
    script.says(&says(5, 9));
    script.says(&says(3, 4));
    assert_eq!(script.notices(), []);
    let (id, request) = script.only();
    assert!(matches!(request, Request::Look(Which::Numbered(ROOM))));
    script.answers(id, Ok(Answer::Room(outside())));
    let told = |first, last| {
        Notice::Unreadable(Unreadable { room: "#lobby".into(), first: RoomSeq(first), last: RoomSeq(last) })
    };
    assert_eq!(script.notices(), [told(3, 9)]);
    script.says(&says(12, 12));
    assert_eq!(script.notices(), [told(12, 12)]);
    assert!(script.asked().is_empty());
    // A room of which the server says nothing is none to speak of.
    let mut script = Script::new(Config::new("ann"));
    script.welcomes(vec![]);
    script.notices();
    script.says(&says(5, 9));
    let (id, _) = script.only();
    script.answers(id, Err(Refusal::NoSuchRoom));
    script.says(&says(5, 9));
    assert_eq!((script.notices(), script.asked().len()), (vec![], 0));
}

#[test]
fn an_entry_that_overtakes_the_answer_to_following_once_more_is_within_what_is_told() {
    let mut script = follows();
    script.says(&Down::FollowEnded { room: ROOM, reason: Refusal::Banned });
    script.notices();
    script.state.join("lobby", Entering::Outside, Start::CHAT);
    let (id, request) = script.only();
    assert!(matches!(request, Request::Follow { .. }));
    assert!(matches!(&arrives(&mut script, 1)[..], [Notice::Entry { .. }]));
    script.answers(
        id,
        Ok(Answer::Joined { room: RoomInfo { head: RoomSeq(0), ..outside() }, after: RoomSeq(0), roster: 0 }),
    );
    let joined = |notice: &Notice| {
        if let Notice::Joined { after, head, .. } = notice { Some((*after, *head)) } else { None }
    };
    assert_eq!(script.notices().iter().find_map(joined), Some((RoomSeq(1), RoomSeq(1))));
}

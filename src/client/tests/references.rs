//! What is about another message, which may have no number yet.

use super::*;

#[test]
fn an_edit_of_what_has_no_number_yet_waits_for_it() {
    let mut script = in_lobby(Config { keeps_outbox: true, ..Config::new("ann") });
    let _cursor = (script.save(), script.state.saved(Saved::Kept));
    script.state.post(1, "lobby", None, Body::Text("lunhc?".into()));
    script.takes(1);
    script.state.post(2, "lobby", Some(1), edit(0, "lunch?"));
    script.state.post(3, "lobby", None, Body::Text("at noon".into()));
    assert_eq!(script.advanced(), Some(1), "what is said after it comes after it");
    let save = script.save();
    assert_eq!(save.said[1].reference, Reference::Said(save.said[0].id));
    script.says(&Down::Stored { room: ROOM, post: RoomSeq(1), entry: RoomSeq(10) });
    assert_eq!(script.advanced(), Some(3));
    script.state.saved(Saved::Kept);
    let save = script.save();
    assert_eq!((bodies(&save.settled), save.answered.len()), (vec![edit(10, "lunch?")], 1));
    assert_eq!(save.settled[0].reference, Reference::In(LogId(1)));
    script.state.saved(Saved::Kept);
    // It was stored before the interface has heard of it.
    script.state.post(4, "lobby", Some(1), edit(0, "lunch!"));
    assert_eq!(bodies(&script.save().said), [edit(10, "lunch!")]);
    script.state.post(5, "lobby", Some(99), edit(0, "nothing"));
    assert!(script.notices().contains(&Notice::Refused { tag: 5, reason: Refusal::NoSuchEntry }));
}

#[test]
fn what_is_about_a_refused_message_is_refused_with_it() {
    let mut script = in_lobby(Config::new("ann"));
    script.state.post(1, "lobby", None, Body::Text("one".into()));
    script.state.post(2, "lobby", Some(1), Body::Reply { to: RoomSeq(0), text: "two".into() });
    let react = Body::React { of: RoomSeq(0), emoji: "👍".into(), is_set: true };
    script.state.post(3, "lobby", Some(2), react);
    script.state.post(4, "lobby", None, Body::Text("four".into()));
    script.notices();
    script.says(&Down::Refused { room: ROOM, post: RoomSeq(1), reason: Refusal::Muted });
    let refused = |tag, reason| Notice::Refused { tag, reason };
    let orphans = [refused(2, Refusal::NoSuchEntry), refused(3, Refusal::NoSuchEntry)];
    assert_eq!(script.notices(), [&[refused(1, Refusal::Muted)][..], &orphans].concat());
    assert_eq!(script.advanced(), Some(4), "their numbers on the link are used up");
    script.says(&Down::Stored { room: ROOM, post: RoomSeq(4), entry: RoomSeq(1) });
    assert_eq!(script.notices(), [Notice::Stored { tag: 4, room: ROOM, number: RoomSeq(1) }]);
}

#[test]
fn the_next_program_waits_for_the_number_too() {
    let id = |counter| ClientMsgId { start: 5, counter };
    let kept = |counter, body, reference| {
        let post = Post { id: id(counter), body }.encode();
        SavedPost { id: id(counter), room: "#lobby".into(), post, reference, makes_room: true }
    };
    let outbox = vec![
        kept(1, Body::Text("lunhc?".into()), Reference::Open),
        kept(2, edit(0, "lunch?"), Reference::Said(id(1))),
        kept(3, edit(0, "of nothing"), Reference::Said(id(77))),
    ];
    let mut script = Script::new(Config { outbox, keeps_outbox: true, ..Config::new("ann") });
    script.welcomes(Vec::new());
    let room = info(Standing::In(Role::Member));
    let (join, _) = script.only();
    script.answers(join, Ok(Answer::Joined { room, after: RoomSeq(0), roster: 0 }));
    assert_eq!(script.advanced(), Some(1));
    script.says(&Down::Stored { room: ROOM, post: RoomSeq(1), entry: RoomSeq(12) });
    assert_eq!(bodies(&script.save().settled), [edit(12, "lunch?")]);
    script.says(&Down::Stored { room: ROOM, post: RoomSeq(2), entry: RoomSeq(13) });
    let room = || "#lobby".to_owned();
    let answers: Vec<_> = script.notices().into_iter().filter(|notice| matches!(notice, Notice::Kept { .. })).collect();
    assert_eq!(
        answers,
        [
            Notice::Kept { room: room(), body: edit(0, "of nothing"), answer: Err(Refusal::NoSuchEntry) },
            Notice::Kept { room: room(), body: Body::Text("lunhc?".into()), answer: Ok(RoomSeq(12)) },
            Notice::Kept { room: room(), body: edit(12, "lunch?"), answer: Ok(RoomSeq(13)) },
        ]
    );
}

#[test]
fn a_number_means_nothing_in_another_log() {
    let mut script = in_lobby(Config::new("ann"));
    script.state.forget_link();
    script.state.post(1, "lobby", None, edit(3, "of the log that was"));
    script.state.post(2, "lobby", None, Body::Text("said in any".into()));
    script.connect();
    script.welcomes(Vec::new());
    let join = script.asked().into_iter().find(|(_, request)| matches!(request, Request::Join { .. }));
    let (room, (join, _)) = (RoomInfo { log: LogId(2), ..info(Standing::In(Role::Member)) }, join.expect("asked"));
    script.answers(join, Ok(Answer::Joined { room, after: RoomSeq(0), roster: 0 }));
    let notices = script.notices();
    let place = |wanted: &dyn Fn(&Notice) -> bool| notices.iter().position(wanted).expect("told");
    let reset = place(&|notice| matches!(notice, Notice::HistoryReset { .. }));
    let refused = place(&|notice| *notice == Notice::Refused { tag: 1, reason: Refusal::NoSuchEntry });
    assert!(reset < refused, "why it is refused is told before");
    assert_eq!(script.state.rooms.entered(ROOM).map(|(_, room)| room.outbox.len()), Some(1));
}

#[test]
fn what_an_earlier_program_said_goes_out_under_its_id_and_shows_no_room() {
    let id = ClientMsgId { start: 5, counter: 6 };
    let post = Post { id, body: Body::Text("from before".into()) }.encode();
    let kept =
        SavedPost { id, room: "#lobby".into(), post: post.clone(), reference: Reference::Open, makes_room: true };
    let mut script = Script::new(Config { outbox: vec![kept], ..Config::new("ann") });
    script.welcomes(Vec::new());
    let (join, request) = script.only();
    let from = chinwag_proto::wire::message::From::Seen { log: LogId(0), marks: Vec::new(), begin: Begin::Last(0) };
    assert_eq!(request, Request::Join { room: "lobby".into(), from });
    script.answers(join, Ok(Answer::Joined { room: info(Standing::In(Role::Member)), after: RoomSeq(0), roster: 0 }));
    assert!(script.state.effects.contains(&Effect::Advance(ROOM, 1)));
    script.state.message(Instant::EPOCH, Channel::Room(ROOM), 1, 1, &entry(2, "hello").encode());
    script.says(&Down::Stored { room: ROOM, post: RoomSeq(1), entry: RoomSeq(2) });
    let notices: Vec<_> =
        script.notices().into_iter().filter(|notice| !matches!(notice, Notice::Connection(_))).collect();
    let (room, body) = ("#lobby".to_owned(), Body::Text("from before".into()));
    assert_eq!(notices, [Notice::Kept { room, body, answer: Ok(RoomSeq(2)) }]);
    let save = script.save();
    assert_eq!((save.answered, save.cursors.len()), (vec![id], 0));
    script.state.join("lobby", Entering::Open, Start::CHAT);
    assert!(script.state.effects.contains(&Effect::Reconnect), "now its log is wanted, from where the device was");
}

#[test]
fn what_no_link_has_taken_is_taken_back_and_what_is_about_it_is_refused() {
    let mut script = Script::new(Config { keeps_outbox: true, ..Config::new("ann") });
    script.state.join("lobby", Entering::Open, Start::CHAT);
    script.state.post(1, "lobby", None, Body::Text("door code 1234".into()));
    script.state.post(2, "lobby", None, Body::Text("lunch?".into()));
    script.state.post(3, "lobby", Some(1), Body::Reply { to: RoomSeq(0), text: "and 5678".into() });
    let kept = script.save();
    script.state.saved(Saved::Kept);
    script.notices();
    script.state.post(4, "lobby", Some(1), Body::Delete { of: RoomSeq(0) });
    let refused = Notice::Refused { tag: 3, reason: Refusal::NoSuchEntry };
    assert_eq!(script.notices(), [Notice::TakenBack { tag: 4, about: 1 }, refused]);
    assert_eq!(script.save().answered, [kept.said[0].id, kept.said[2].id], "no later program says them");
    script.welcomes(Vec::new());
    script.lets_in();
    assert_eq!(script.state.rooms.entered(ROOM).map(|(_, room)| room.outbox.len()), Some(1));
}

#[test]
fn what_may_have_been_sent_is_deleted_when_it_has_its_number() {
    let mut script = in_lobby(Config::new("ann"));
    script.state.post(1, "lobby", None, Body::Text("oops".into()));
    script.takes(1);
    // Even if that link is gone, and nobody knows what became of it.
    script.connect();
    script.welcomes(vec![info(Standing::In(Role::Member))]);
    script.lets_in();
    script.notices();
    script.state.post(2, "lobby", Some(1), Body::Delete { of: RoomSeq(0) });
    assert!(!script.notices().iter().any(|notice| matches!(notice, Notice::TakenBack { .. })));
    script.says(&Down::Stored { room: ROOM, post: RoomSeq(1), entry: RoomSeq(10) });
    let deletion = script.state.rooms.entered(ROOM).and_then(|(_, room)| room.outbox.post(2).map(Post::decode));
    assert_eq!(deletion.and_then(Result::ok).map(|post| post.body), Some(Body::Delete { of: RoomSeq(10) }));
    // What has its number already is deleted by it.
    script.state.post(3, "lobby", Some(1), Body::Delete { of: RoomSeq(0) });
    let deletion = script.state.rooms.entered(ROOM).and_then(|(_, room)| room.outbox.post(3).map(Post::decode));
    assert_eq!(deletion.and_then(Result::ok).map(|post| post.body), Some(Body::Delete { of: RoomSeq(10) }));
}

#[test]
fn a_change_of_what_no_link_has_taken_is_one_message_that_says_so() {
    let mut script = Script::new(Config { keeps_outbox: true, ..Config::new("ann") });
    script.state.join("lobby", Entering::Open, Start::CHAT);
    script.state.post(1, "lobby", None, Body::Text("lunhc?".into()));
    script.state.post(2, "lobby", Some(1), Body::Reply { to: RoomSeq(0), text: "at nonn".into() });
    let said = script.save().said;
    script.state.saved(Saved::Kept);
    script.notices();
    script.state.post(3, "lobby", Some(1), edit(0, "lunch?"));
    script.state.post(4, "lobby", Some(2), edit(0, "at noon"));
    let reworded = |tag, about| Notice::Reworded { tag, about };
    assert_eq!(script.notices(), [], "it is not on record yet");
    let kept = script.save();
    script.state.saved(Saved::Kept);
    assert_eq!(script.notices(), [reworded(3, 1), reworded(4, 2)]);
    assert_eq!(bodies(&kept.said), [], "no second message");
    let ids = |posts: &[SavedPost]| posts.iter().map(|post| post.id).collect::<Vec<_>>();
    assert_eq!(ids(&kept.settled), ids(&said));
    assert_eq!(
        bodies(&kept.settled),
        [Body::Text("lunch?".into()), Body::Reply { to: RoomSeq(0), text: "at noon".into() }]
    );
    // Only a text has words that can be said otherwise, and no text is empty.
    script.state.post(5, "lobby", Some(1), edit(0, ""));
    assert!(matches!(script.notices()[..], [Notice::Refused { tag: 5, .. }]));
    script.welcomes(Vec::new());
    script.lets_in();
    assert_eq!(script.state.rooms.entered(ROOM).map(|(_, room)| room.outbox.len()), Some(2));
    // Once a link has taken it, others may see the first wording: the change waits for its number.
    script.takes(1);
    script.state.post(6, "lobby", Some(1), edit(0, "lunch!"));
    assert!(!script.notices().iter().any(|notice| matches!(notice, Notice::Reworded { .. })));
    assert_eq!(script.state.rooms.entered(ROOM).map(|(_, room)| room.outbox.len()), Some(3));
}

#[test]
fn what_an_earlier_program_said_has_tags_where_the_interface_shows_it() {
    let saved = |counter, reference, body| {
        let id = ClientMsgId { start: 5, counter };
        SavedPost { id, room: "#lobby".into(), post: Post { id, body }.encode(), reference, makes_room: true }
    };
    let text = |text: &str| Body::Text(text.into());
    let said = |counter| Reference::Said(ClientMsgId { start: 5, counter });
    let outbox = vec![
        saved(1, Reference::Open, text("one")),
        saved(2, said(9), edit(0, "of nothing")),
        saved(3, Reference::Open, text("three")),
    ];
    let config = Config { outbox, shows_outbox: true, keeps_outbox: true, ..Config::new("ann") };
    let mut script = Script::new(config);
    assert_eq!(script.notices(), [Notice::Refused { tag: 2, reason: Refusal::NoSuchEntry }]);
    // An earlier program may have sent it: it is changed, or deleted, when it has its number.
    script.state.join("lobby", Entering::Open, Start::CHAT);
    script.state.post(4, "lobby", Some(1), edit(0, "one!"));
    script.state.post(5, "lobby", Some(3), Body::Delete { of: RoomSeq(0) });
    script.welcomes(Vec::new());
    script.lets_in();
    script.notices();
    script.says(&Down::Stored { room: ROOM, post: RoomSeq(1), entry: RoomSeq(12) });
    script.says(&Down::Refused { room: ROOM, post: RoomSeq(2), reason: Refusal::Muted });
    let (room, number) = (ROOM, RoomSeq(12));
    assert_eq!(
        script.notices(),
        [
            Notice::Stored { tag: 1, room, number },
            Notice::Refused { tag: 3, reason: Refusal::Muted },
            Notice::Refused { tag: 5, reason: Refusal::NoSuchEntry },
        ]
    );
    let waits = script.state.rooms.entered(ROOM).and_then(|(_, room)| room.outbox.post(3).map(Post::decode));
    assert_eq!(waits.and_then(Result::ok).map(|post| post.body), Some(edit(12, "one!")));
    // Whoever may not log in keeps it for a later program.
    script.state.forget_link();
    script.state.withdraw();
    assert_eq!(script.notices(), [Notice::Refused { tag: 4, reason: Refusal::NotLoggedIn }]);
}

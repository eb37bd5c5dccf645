//! What was kept for a room that this device has never seen: a mistyped name makes no room later, either.

use super::*;

fn kept(counter: u64, room: &str, makes_room: bool) -> SavedPost {
    let id = ClientMsgId { start: 5, counter };
    let post = Post { id, body: Body::Text("a secret plan".into()) }.encode();
    SavedPost { id, room: room.into(), post, reference: Reference::Open, makes_room }
}

/// A later program, which finds these in the outbox.
fn later(outbox: Vec<SavedPost>) -> Script {
    let mut script = Script::new(Config { outbox, keeps_outbox: true, ..Config::new("ann") });
    script.welcomes(Vec::new());
    script
}

fn refused(room: &str) -> Notice {
    let body = Body::Text("a secret plan".into());
    Notice::Kept { room: room.into(), body, answer: Err(Refusal::NoSuchRoom) }
}

#[test]
fn what_is_said_before_a_room_is_known_to_be_there_is_kept_with_the_wish_of_who_said_it() {
    type Enter = fn(&mut Script);
    let enters: [(Enter, bool); 4] = [
        (|script| script.state.join("plnas", Entering::Existing, Start::CHAT), false),
        (|script| script.state.join("plnas", Entering::Open, Start::CHAT), true),
        (
            |script| script.state.join("plnas", Entering::Made { access: Access::Public, password: None }, Start::All),
            true,
        ),
        // Nobody wants it to be public.
        (
            |script| script.state.join("plnas", Entering::Made { access: Access::Invite, password: None }, Start::All),
            false,
        ),
    ];
    for (enter, makes_room) in enters {
        let mut script = Script::new(Config { keeps_outbox: true, ..Config::new("ann") });
        enter(&mut script);
        script.state.post(1, "plnas", None, Body::Text("a secret plan".into()));
        assert_eq!(script.save().said[0].makes_room, makes_room);
    }
}

#[test]
fn a_mistyped_room_is_not_made_by_a_later_program_and_the_text_comes_back() {
    let mut script = later(vec![kept(1, "#plnas", false), kept(2, "#plnas", false)]);
    let (look, request) = script.only();
    assert_eq!(request, Request::Look(Which::Named("plnas".into())));
    script.notices();
    script.answers(look, Err(Refusal::NoSuchRoom));
    assert!(script.asked().is_empty(), "nothing is made");
    assert_eq!(script.notices(), [refused("#plnas"), refused("#plnas")]);
    assert_eq!(script.save().answered.len(), 2);
}

#[test]
fn what_was_kept_for_a_room_that_is_there_is_delivered() {
    let mut script = later(vec![kept(1, "#lobby", false)]);
    let (look, _) = script.only();
    script.answers(look, Ok(Answer::Room(info(Standing::Out))));
    let (_, request) = script.only();
    assert!(matches!(request, Request::Join { .. }), "{request:?}");
    // Whoever is in it need not look.
    let mut script = Script::new(Config { outbox: vec![kept(1, "#lobby", false)], ..Config::new("ann") });
    script.welcomes(vec![info(Standing::In(Role::Member))]);
    assert!(matches!(script.only().1, Request::Join { .. }));
}

#[test]
fn a_room_that_was_to_be_made_is_made_later_whoever_looks_at_it_meanwhile() {
    let mut script = later(vec![kept(1, "#plans", false), kept(2, "#plans", true)]);
    assert!(matches!(script.only().1, Request::Join { .. }));
    let mut script = Script::new(Config { outbox: vec![kept(1, "#plans", true)], ..Config::new("ann") });
    script.state.join("plans", Entering::Existing, Start::CHAT);
    script.welcomes(Vec::new());
    assert!(matches!(script.only().1, Request::Join { .. }));
}

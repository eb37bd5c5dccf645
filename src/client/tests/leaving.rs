//! Rooms that are left, with and without a connection.

use super::*;

fn leaving(save: &Save) -> Vec<(&str, bool)> {
    save.leaving.iter().map(|(room, is_leaving)| (room.as_str(), *is_leaving)).collect()
}

#[test]
fn a_room_that_was_left_without_a_connection_is_left_by_the_next_program() {
    let mut script = in_lobby(Config { keeps_outbox: true, ..Config::new("ann") });
    script.state.saved(Saved::Kept);
    script.state.forget_link();
    script.state.post(1, "lobby", None, Body::Text("farewell".into()));
    script.state.leave("lobby");
    let save = script.save();
    assert_eq!(leaving(&save), [("#lobby", true)]);

    // The next one: it sends what is there, leaves, and shows nothing of it.
    let leaving_now = ["#lobby".to_owned()].into();
    let config = Config { outbox: save.said.clone(), leaving: leaving_now, keeps_outbox: true, ..Config::new("ann") };
    let mut script = Script::new(config.clone());
    script.welcomes(vec![info(Standing::In(Role::Member))]);
    script.lets_in();
    script.says(&Down::Stored { room: ROOM, post: RoomSeq(1), entry: RoomSeq(9) });
    let (id, request) = script.only();
    assert_eq!(request, Request::Leave { room: ROOM });
    let told: Vec<_> = script.state.notices.drain(..).collect();
    assert!(!told.iter().any(|notice| matches!(notice, Notice::Room { .. } | Notice::Joined { .. })), "{told:?}");
    script.answers(id, Ok(Answer::Left));
    assert_eq!(leaving(&script.save()), [("#lobby", false)]);

    // Without anything to send it is left without being entered; where the account is not in it, nothing is asked.
    for (rooms, asked) in [(vec![info(Standing::In(Role::Member))], 1), (vec![], 0)] {
        let mut script = Script::new(Config { outbox: vec![], ..config.clone() });
        script.welcomes(rooms);
        let requests = script.asked();
        assert_eq!(requests.len(), asked, "{requests:?}");
        for (id, request) in requests {
            assert_eq!(request, Request::Leave { room: ROOM });
            script.answers(id, Ok(Answer::Left));
        }
        assert_eq!(leaving(&script.save()), [("#lobby", false)]);
    }

    // Who wants to be in it after all, is.
    let mut script = Script::new(config);
    script.state.join("lobby", Entering::Open, Start::CHAT);
    script.welcomes(vec![info(Standing::In(Role::Member))]);
    script.lets_in();
    script.says(&Down::Stored { room: ROOM, post: RoomSeq(1), entry: RoomSeq(9) });
    assert!(script.asked().is_empty());
    assert_eq!(leaving(&script.save()), [("#lobby", false)]);
}

#[test]
fn a_leave_that_was_not_answered_is_asked_again() {
    let mut script = in_lobby(Config::new("ann"));
    script.state.leave("lobby");
    assert_eq!(script.only().1, Request::Leave { room: ROOM });
    script.connect();
    script.welcomes(vec![info(Standing::In(Role::Member))]);
    let (id, request) = script.only();
    assert_eq!(request, Request::Leave { room: ROOM });
    script.answers(id, Ok(Answer::Left));
    script.connect();
    script.welcomes(vec![]);
    assert!(script.asked().is_empty(), "once it is");
}

#[test]
fn a_room_of_which_nothing_but_its_name_is_known_is_left_too() {
    let mut script = Script::new(Config::new("ann"));
    script.state.forget_link();
    script.state.leave("lobby");
    assert_eq!(leaving(&script.save()), [("#lobby", true)]);
    script.state.saved(Saved::Kept);
    script.connect();
    script.welcomes(vec![info(Standing::In(Role::Member))]);
    let (id, request) = script.only();
    assert_eq!(request, Request::Leave { room: ROOM });
    // Its disk is full: another time.
    script.answers(id, Err(Refusal::StoreFull));
    let told = script.notices();
    let request = Attempt::Leave("#lobby".to_owned());
    assert!(told.contains(&Notice::Denied { request, reason: Refusal::StoreFull }), "{told:?}");
    // Who comes back on the same link enters: the server sends nothing of it any more.
    script.state.join("lobby", Entering::Open, Start::CHAT);
    script.lets_in();
    script.state.leave("lobby");
    let (id, _) = script.only();
    script.answers(id, Err(Refusal::StoreFull));
    script.connect();
    script.welcomes(vec![info(Standing::In(Role::Member))]);
    let (id, request) = script.only();
    assert_eq!(request, Request::Leave { room: ROOM });
    script.answers(id, Ok(Answer::Left));
    assert_eq!(leaving(&script.save()), [("#lobby", false)]);
}

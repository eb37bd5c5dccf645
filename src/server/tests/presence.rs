//! Who is shown to be in a room.

use chinwag_proto::link::Liveness;
use chinwag_proto::wire::message::{Away, Presence};

use super::*;

/// What a room's roster says of an account, `None` where it is not in it.
fn shown(house: &House, room: RoomId, account: AccountId) -> Option<Presence> {
    house.chat.tables.rooms.get(room).expect("a room").roster.presence(account)
}

fn passing(house: &mut House, device: u8, name: &str) -> SessionId {
    let session = house.enter(device, name);
    house.ask(session, Request::Away(Away::Passing)).expect("done");
    session
}

fn goes(house: &mut House, session: SessionId) {
    let why = endpoint::Ended::Closed(CloseCode::Done, String::new());
    Ear { chat: &mut house.chat, now: house.now }.event(endpoint::Event::Ended { session, why });
    house.settle();
}

fn falls_silent(house: &mut House, session: SessionId) {
    house.link_event(session, link::Event::Liveness(Liveness::Offline));
}

#[test]
fn a_program_that_does_one_thing_is_not_shown_as_somebody_who_comes_and_goes() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    let room = house.join(ann, LOBBY).expect("in").id;
    house.heard(ann);
    for _ in 0..4 {
        let build = passing(&mut house, 2, "ci");
        house.join(build, LOBBY).expect("in");
        house.post(build, room, text("green")).expect("stored");
        falls_silent(&mut house, build);
        goes(&mut house, build);
    }
    let ci = house.chat.tables.accounts.named("ci").expect("an account");
    assert_eq!(shown(&house, room, ci), None);
    assert!(!house.heard(ann).iter().any(|told| matches!(told, Told::Presence(_))), "nor told of");
}

#[test]
fn it_changes_nothing_about_who_is_there_by_another_session() {
    let mut house = House::new();
    let chat = house.enter(1, "ann");
    let room = house.join(chat, LOBBY).expect("in").id;
    let ann = account(&house, chat);
    let send = passing(&mut house, 1, "ann");
    house.join(send, LOBBY).expect("in");
    goes(&mut house, send);
    assert_eq!(shown(&house, room, ann), Some(Presence::Online));
    falls_silent(&mut house, chat);
    let send = passing(&mut house, 1, "ann");
    house.join(send, LOBBY).expect("in");
    assert_eq!(shown(&house, room, ann), Some(Presence::Offline), "who is there is out of reach all the same");
    goes(&mut house, send);
    assert_eq!(shown(&house, room, ann), Some(Presence::Offline));
    let other = house.enter(1, "ann");
    house.join(other, LOBBY).expect("in");
    house.ask(other, Request::Away(Away::Passing)).expect("done");
    assert_eq!(shown(&house, room, ann), Some(Presence::Offline), "the best of what is shown");
}

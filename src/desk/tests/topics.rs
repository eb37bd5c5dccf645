//! What `/topic` and `/notify` say, and what they change.

use chinwag_proto::wire::message::Role;

use super::*;

#[test]
fn a_topic_is_shown_unless_another_one_is_typed_and_removed_only_by_a_word_for_that() {
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        let mut info = room_info("#lobby", Standing::In(Role::Member));
        info.topic = "tea".to_owned();
        seat.desk.notice(Notice::Room { name: "#lobby".to_owned(), info });
        seat.said();
        assert!(seat.desk.entered("/topic").taken);
        assert_eq!(seat.commands(), [], "{manner:?}: nothing is changed");
        assert_eq!(seat.said(), [Setting::Topic("#lobby".into(), "tea".into()).into()], "{manner:?}");
        let topic = |command: Command| {
            let Command::Post { body: Body::Topic(topic), .. } = command else { panic!("{command:?}") };
            topic
        };
        assert_eq!(topic(seat.types("/topic cake")), "cake");
        assert_eq!(topic(seat.types("/topic -")), "", "{manner:?}: it is removed");
    }
}

#[test]
fn the_topic_of_a_room_that_is_not_known_is_asked_for() {
    let mut seat = Seat::new(PIPE);
    seat.desk.take_commands();
    seat.desk.entered("/topic");
    let (tag, _) = asked(&mut seat.desk);
    let info = room_info("#lobby", Standing::In(Role::Member));
    seat.desk.notice(Notice::Answered { tag: tag.expect("asked"), result: Ok(Reply::Room(info)) });
    assert_eq!(seat.said(), [Setting::Topic("#lobby".into(), String::new()).into()]);
}

#[test]
fn of_a_muted_room_one_thing_is_said_and_it_is_true() {
    let mut seat = Seat::new(ROOMS);
    seat.desk.entered("/mute #lobby");
    seat.said();
    let muted = |about| vec![Remark::from(Setting::IsMuted("#lobby".into(), about))];
    seat.desk.entered("/notify");
    assert_eq!(seat.said(), muted(About::Mentions));
    seat.desk.entered("/notify all");
    assert_eq!(seat.said(), muted(About::All));
    seat.desk.entered("/unmute #lobby");
    seat.said();
    seat.desk.entered("/notify");
    assert_eq!(seat.said(), [Setting::Rings("#lobby".into(), About::All).into()]);
}

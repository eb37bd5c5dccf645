//! A room is not made by a slip, and nothing is said in another one in its place.

use super::*;
use chinwag_client_core::Attempt;

/// The server says that there is no such room, and which rooms there are, a page each.
fn no_such_room(seat: &mut Seat, room: &str, pages: &[&[&str]]) {
    let (request, reason) = (Attempt::Join(room.to_owned()), Refusal::NoSuchRoom);
    seat.desk.notice(Notice::Denied { request, reason });
    for (n, page) in pages.iter().enumerate() {
        let (tag, _) = asked(&mut seat.desk);
        let rooms = page.iter().map(|name| listed(name)).collect();
        let (tag, is_more) = (tag.expect("asked"), n + 1 < pages.len());
        seat.desk.notice(Notice::Answered { tag, result: Ok(Reply::Rooms { rooms, is_more }) });
    }
}

#[test]
fn no_room_is_made_by_a_slip_in_any_manner() {
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        seat.desk.entered("/join #Plans");
        assert_eq!(asked(&mut seat.desk).1, ["?#Plans"], "{manner:?}");
        seat.enters("#plans");
        seat.desk.entered("/join #plams");
        assert_eq!(asked(&mut seat.desk).1, ["?#plams"], "{manner:?}");
        seat.said();
        no_such_room(&mut seat, "#plams", &[&["builds"], &["plans"], &["zoo"]]);
        let (room, meant) = ("#plams".to_owned(), Some("plans".to_owned()));
        assert_eq!(seat.said(), [AboutRoom::NoSuchRoom { room, meant }.into()], "{manner:?}");
        assert_eq!((asked(&mut seat.desk).1, seat.desk.failed()), (vec![], 1), "{manner:?}");
        let offered = if manner == PIPE { "" } else { "/join #plans" };
        assert_eq!(seat.desk.composer().text(), offered, "{manner:?}");
        seat.desk.composer_mut().take();
        seat.desk.entered("/join garden");
        no_such_room(&mut seat, "#garden", &[&["builds", "plans"]]);
        let room = "#garden".to_owned();
        assert_eq!(seat.said(), [AboutRoom::NoSuchRoom { room, meant: None }.into()], "{manner:?}");
        // Where the user is, or is invited, and in the lobby, nothing can be made by a slip.
        let (name, info) = ("#party".to_owned(), room_info("#party", Standing::Invited));
        seat.desk.notice(Notice::Room { name, info });
        asked(&mut seat.desk);
        seat.desk.entered("/join party");
        seat.desk.entered("/join lobby");
        assert_eq!(asked(&mut seat.desk).1, ["#party", "#lobby"], "{manner:?}");
    }
}

#[test]
fn the_first_room_is_made_only_where_that_is_wanted() {
    for manner in MANNERS {
        let first = |room| Desk::new(manner, "ann", BTreeSet::new(), room, UTC, Now::default());
        assert_eq!(asked(&mut first("lobby")).1, ["#lobby"]);
        assert_eq!(asked(&mut first("kitchen")).1, ["?#kitchen"]);
        let mut meant = first("kitchen");
        meant.make_first();
        assert_eq!(asked(&mut meant).1, ["#kitchen"]);
        assert_eq!(asked(&mut first("@bob")).1, ["@bob"]);
    }
}

#[test]
fn a_room_that_one_is_not_in_is_not_left() {
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        seat.logs_in();
        seat.said();
        asked(&mut seat.desk);
        seat.desk.entered("/leave #nosuch");
        assert_eq!(seat.said(), [AboutRoom::NotIn("#nosuch".into()).into()], "{manner:?}");
        let leaves = |desk: &mut Desk| {
            let left = |command| if let Command::Leave { room } = command { Some(room) } else { None };
            desk.take_commands().into_iter().filter_map(left).collect::<Vec<_>>()
        };
        assert_eq!((seat.desk.failed(), leaves(&mut seat.desk)), (1, vec![]), "{manner:?}");
        seat.enters("#plans");
        seat.said();
        seat.desk.entered("/leave #Plans");
        assert_eq!(seat.said(), [AboutRoom::Left("#plans".into()).into()], "{manner:?}");
        assert_eq!(leaves(&mut seat.desk), ["#plans"], "{manner:?}");
    }
}

#[test]
fn without_a_connection_nothing_is_claimed_of_a_room_that_only_the_server_knows() {
    for manner in MANNERS {
        let mut seat = Seat { desk: Desk::new(manner, "ann", BTreeSet::new(), "lobby", UTC, Now::default()) };
        seat.desk.take_commands();
        seat.desk.entered("/leave #nosuch");
        let will = |room: &str, is_in| vec![AboutRoom::WillLeave { room: room.to_owned(), is_in }.into()];
        assert_eq!(seat.said(), will("#nosuch", false), "{manner:?}");
        assert_eq!(seat.desk.failed(), 0, "{manner:?}: it may be one of the account's");
        seat.desk.entered("/mute #builds");
        assert_eq!(seat.said(), [Setting::Muted("#builds".into(), true).into()], "{manner:?}: that is this device's");
        for line in ["/slow", "/rules"] {
            seat.desk.entered(line);
            assert_eq!(seat.said(), [Setting::HoldsUnknown("#lobby".into()).into()], "{manner:?} {line}");
        }
        seat.logs_in();
        seat.enters("#plans");
        seat.desk.connection(&Connection::Suspect);
        seat.said();
        seat.desk.entered("/leave #plans");
        assert_eq!(seat.said(), will("#plans", true), "{manner:?}");
        seat.desk.connection(&Connection::Alive);
        seat.desk.entered("/mute #builds");
        assert_eq!(seat.said(), [AboutRoom::NotIn("#builds".into()).into()], "{manner:?}: it is known now");
    }
}

#[test]
fn after_a_room_that_is_not_there_nothing_is_said_until_one_is_chosen() {
    for manner in [LINES, PIPE] {
        let mut seat = Seat::new(manner);
        seat.desk.entered("/join plams");
        no_such_room(&mut seat, "#plams", &[&["lobby"]]);
        seat.commands();
        let failed = seat.desk.failed();
        for line in ["for the plans only", "/topic plans", "/kick bob"] {
            let said = seat.told(line);
            let is_it =
                |said: &Remark| matches!(said, Remark::Typed(Typed::NoRoomChosen { room, .. }) if room == "#plams");
            assert!(said.len() == 1 && is_it(&said[0]), "{manner:?} {line}: {said:?}");
        }
        assert_eq!(seat.desk.failed(), failed + 3, "{manner:?}");
        seat.types("/msg bob a word");
        seat.desk.entered("/join lobby");
        seat.enters("#lobby");
        seat.types("for the lobby");
        seat.desk.entered("/create plams");
        seat.types("on its way with the room");
    }
    // Where it began there, it does not stay in the list.
    let mut begun = Desk::new(ROOMS, "ann", BTreeSet::new(), "plams", UTC, Now::default());
    begun.take_commands();
    let mut begun = Seat { desk: begun };
    no_such_room(&mut begun, "#plams", &[&["plans"]]);
    assert_eq!((begun.desk.room(), begun.desk.composer().text()), ("#plams", "/join #plans"));
    assert!(begun.desk.enter().taken);
    begun.enters("#plans");
    assert_eq!(begun.desk.rooms().map(|(name, _)| name).collect::<Vec<_>>(), ["#plans"]);
    // A screen goes back to where the user was, and says so by showing it.
    let mut screen = Seat::new(ROOMS);
    screen.desk.entered("/join plams");
    no_such_room(&mut screen, "#plams", &[&["lobby"]]);
    assert_eq!((screen.desk.room(), screen.desk.composer().text()), ("#lobby", "/create #plams"));
}

#[test]
fn after_a_message_to_one_person_a_screen_shows_that_conversation() {
    for (manner, after) in [(ROOMS, "@bob"), (LINES, "#lobby"), (PIPE, "#lobby")] {
        let mut seat = Seat::new(manner);
        seat.enters("#lobby");
        seat.commands();
        let Command::Post { room, .. } = seat.types("/msg bob psst") else { panic!("{manner:?}") };
        assert_eq!((room.as_str(), seat.desk.room()), ("@bob", after), "{manner:?}");
        let Command::Post { room, .. } = seat.types("the next word") else { panic!("{manner:?}") };
        assert_eq!(room, after, "{manner:?}");
    }
}

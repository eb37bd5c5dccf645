//! What rings: what is said while the user is there.

use chinwag_proto::wire::message::Role;

use super::*;

/// What the server says of the room with bob, with so many entries in it.
fn with_bob(head: u64) -> Notice {
    let kind = RoomKind::Direct(AccountId(2), "bob".to_owned());
    let info = RoomInfo { id: ROOM, kind, head: RoomSeq(head), ..room_info("@bob", Standing::In(Role::Member)) };
    Notice::Room { name: "@bob".to_owned(), info }
}

impl Seat {
    /// Enters the room with bob when it has one entry, which then comes. How often that rings.
    fn hears_the_first_of_bob(&mut self) -> usize {
        self.desk.notice(with_bob(1));
        let (name, head) = ("@bob".to_owned(), RoomSeq(1));
        self.desk.notice(Notice::Joined { room: ROOM, name, after: RoomSeq(0), head, skipped: 0 });
        let entry = Entry {
            at: WallTime::from_unix_millis(0),
            author: AccountId(2),
            name: "bob".to_owned(),
            body: Body::Text("psst".to_owned()),
        };
        self.desk.notice(Notice::Entry {
            room: ROOM,
            name: "@bob".to_owned(),
            number: head,
            contiguous_upto: head,
            own: false,
            is_ignored: false,
            entry,
        });
        self.rings()
    }
}

#[test]
fn the_message_with_which_somebody_begins_a_room_rings_however_late_the_room_is_entered() {
    for manner in [ROOMS, LINES] {
        let mut seat = Seat::new(manner);
        seat.logs_in();
        seat.desk.notice(with_bob(0));
        assert_eq!(seat.hears_the_first_of_bob(), 1, "it was said after the room was heard of");
    }
}

#[test]
fn a_message_that_was_there_when_its_room_was_heard_of_does_not_ring() {
    for manner in [ROOMS, LINES] {
        let mut seat = Seat::new(manner);
        seat.logs_in();
        seat.desk.notice(with_bob(1));
        assert_eq!(seat.hears_the_first_of_bob(), 0);
    }
}

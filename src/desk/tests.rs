//! The desk between a user who types and a client that is a script.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chinwag_proto::time::{Now, WallTime};
use chinwag_proto::wire::id::{AccountId, LogId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{
    Access, Act, Body, Entry, Facts, Listed, Presence, Refusal, RoomInfo, RoomKind, SearchMark, Standing,
};

use super::remark::*;
use super::*;
use chinwag_client_core::{Command, Connection, Draft, Entering, Found, Login, Notice, Present, Reply};

mod earlier;
mod facts;
mod references;
mod ringing;
mod secrets;
mod slips;
mod topics;

const ROOM: RoomId = RoomId(7);
const OWN: u64 = 1;

/// A user in #lobby.
struct Seat {
    desk: Desk,
}

impl Seat {
    fn new(manner: Manner) -> Self {
        let now = Now::default();
        let mut seat = Self { desk: Desk::new(manner, "ann", BTreeSet::new(), "lobby", UTC, now) };
        seat.enters("#lobby");
        seat.commands();
        seat
    }

    fn logs_in(&mut self) {
        let (name, server) = ("ann".to_owned(), "lab".to_owned());
        self.desk.connection(&Connection::LoggedIn { name, server, is_made: false });
    }

    fn enters(&mut self, name: &str) {
        let (after, head) = (RoomSeq(0), RoomSeq(0));
        self.desk.notice(Notice::Joined { room: ROOM, name: name.to_owned(), after, head, skipped: 0 });
    }

    /// What was asked of the client about messages.
    fn commands(&mut self) -> Vec<Command> {
        let is_post = |command: &Command| matches!(command, Command::Post { .. });
        self.desk.take_commands().into_iter().filter(is_post).collect()
    }

    /// Types a line; the one command that comes of it.
    fn types(&mut self, line: &str) -> Command {
        assert!(self.desk.entered(line).taken, "{line}: {:?}", self.said());
        let mut commands = self.commands();
        assert_eq!(commands.len(), 1, "{line}: {commands:?}");
        commands.remove(0)
    }

    /// Types a line that can't be done; what is said of it.
    fn told(&mut self, line: &str) -> Vec<Remark> {
        self.said();
        assert!(!self.desk.entered(line).taken, "{line}");
        assert_eq!(self.commands(), [], "{line}");
        self.said()
    }

    /// Everything that the desk has to say.
    fn said(&mut self) -> Vec<Remark> {
        let remark = |change| if let Change::Remark(_, remark) = change { Some(remark) } else { None };
        self.desk.take_changes().into_iter().filter_map(remark).collect()
    }

    /// Messages that come now, and ring.
    fn rings(&mut self) -> usize {
        let is_ringing = |desk: &Desk, came: &Came| {
            let text = came.entry.body.text().unwrap_or_default();
            came.is_live && desk.rings(&came.room, &came.entry.name, desk.is_meant(&came.room, text))
        };
        let changes = self.desk.take_changes();
        let came =
            changes.iter().filter(|change| matches!(change, Change::Entry(came) if is_ringing(&self.desk, came)));
        came.count()
    }

    fn comes(&mut self, number: u64, author: u64, body: Body) {
        let name = if author == OWN { "ann" } else { "bob" };
        let entry = Entry { at: WallTime::from_unix_millis(0), author: AccountId(author), name: name.to_owned(), body };
        let number = RoomSeq(number);
        self.desk.notice(Notice::Entry {
            room: ROOM,
            name: "#lobby".to_owned(),
            number,
            contiguous_upto: number,
            own: author == OWN,
            is_ignored: false,
            entry,
        });
    }

    fn says(&mut self, number: u64, author: u64, text: &str) {
        self.comes(number, author, Body::Text(text.to_owned()));
    }

    fn stored(&mut self, tag: u64, number: u64) {
        self.desk.notice(Notice::Stored { tag, room: ROOM, number: RoomSeq(number) });
    }

    fn refused(&mut self, tag: u64, reason: Refusal) {
        self.desk.notice(Notice::Refused { tag, reason });
    }
}

/// What a message is about: a number, or what is on its way under that tag.
#[expect(clippy::wildcard_enum_match_arm, reason = "a test wants this one")]
fn edit_of(command: &Command) -> Result<u64, u64> {
    match command {
        Command::Post { about: Some(about), .. } => Err(*about),
        Command::Post { body: Body::Edit { of, .. } | Body::Delete { of } | Body::Reply { to: of, .. }, .. } => {
            Ok(of.0)
        }
        other => panic!("{other:?}"),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a test wants this one")]
fn tag(command: &Command) -> u64 {
    match command {
        Command::Post { tag, .. } => *tag,
        other => panic!("{other:?}"),
    }
}

const ROOMS: Manner = Manner { is_attended: true, shows: Shows::Rooms };
const LINES: Manner = Manner { is_attended: true, shows: Shows::Stream };
const PIPE: Manner = Manner { is_attended: false, shows: Shows::Stream };
const MANNERS: [Manner; 3] = [ROOMS, LINES, PIPE];

/// A refusal of something that was said.
fn refusal(body: Body, row: Option<Row>, why: Why) -> Remark {
    AboutMessage::Refused { what: Deed { body, row }, why, room: "#lobby".into(), whence: Whence::Here }.into()
}

/// What was asked to be kept of what is typed.
fn drafts(desk: &mut Desk) -> Vec<(String, Option<(String, usize)>)> {
    let draft = |command| {
        let Command::Draft { room, draft } = command else { return None };
        Some((room, draft.map(|draft| (draft.text, draft.caret))))
    };
    desk.take_commands().into_iter().filter_map(draft).collect()
}

#[test]
fn what_is_half_typed_is_kept_a_moment_after_the_first_key_and_until_it_is_entered() {
    for manner in [ROOMS, LINES] {
        let mut seat = Seat::new(manner);
        assert_eq!(seat.desk.drafts_due_in(), None, "nothing ticks");
        seat.desk.touched();
        seat.desk.composer_mut().insert("half a line");
        assert_eq!(seat.desk.drafts_due_in(), Some(Duration::from_secs(2)));
        seat.desk.keep_drafts();
        let kept = |text: &str, caret| ("#lobby".to_owned(), Some((text.to_owned(), caret)));
        assert_eq!(drafts(&mut seat.desk), [kept("half a line", 11)]);
        seat.desk.keep_drafts();
        assert_eq!((drafts(&mut seat.desk), seat.desk.drafts_due_in()), (vec![], None), "once");
        assert!(seat.desk.enter().taken);
        assert_eq!(drafts(&mut seat.desk), [("#lobby".to_owned(), None)]);
        // A room's password is for no disk.
        seat.desk.composer_mut().insert("/join #vault open sesame");
        seat.desk.keep_drafts();
        assert_eq!(drafts(&mut seat.desk), []);
    }
}

#[test]
#[expect(clippy::wildcard_enum_match_arm, reason = "a test wants this one")]
fn a_message_is_pinned_by_its_number_or_the_last_one_and_unpinned_so() {
    let pin = |command: Command| match command {
        Command::Post { body: Body::Act(Act::Pin { of, is_set }), .. } => (of.0, is_set),
        other => panic!("{other:?}"),
    };
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        assert_eq!(seat.told("/unpin"), [Typed::NoRow(NoRow::Absent).into()], "nothing is pinned");
        seat.says(1, 2, "tea at four");
        seat.says(2, OWN, "fine");
        assert_eq!(pin(seat.types("/pin 1")), (1, true));
        assert_eq!((pin(seat.types("/pin")), pin(seat.types("/pin ^"))), ((2, true), (2, true)));
        let facts = |of: &[u64]| {
            let facts = Facts { pins: of.iter().copied().map(RoomSeq).collect(), ..Facts::default() };
            Notice::Facts { room: "#lobby".to_owned(), upto: RoomSeq(9), facts }
        };
        seat.desk.notice(facts(&[1]));
        let room = seat.desk.in_view().expect("a room");
        let is_pinned = |number| room.messages.line(RoomSeq(number)).is_some_and(|line| line.is_pinned);
        assert!(is_pinned(1) && !is_pinned(2));
        assert_eq!((pin(seat.types("/unpin")), pin(seat.types("/unpin 2"))), ((1, false), (2, false)));
        seat.desk.notice(facts(&[3]));
        seat.says(3, 2, "bring cups");
        let line = |number| seat.desk.in_view().and_then(|room| room.messages.line(RoomSeq(number))).cloned();
        assert!(line(3).is_some_and(|line| line.is_pinned), "whichever comes first");
        assert!(line(1).is_some_and(|line| !line.is_pinned));
    }
}

#[test]
fn what_is_pinned_is_shown_whole_however_many_pages_it_takes() {
    for manner in [ROOMS, LINES] {
        let mut seat = Seat::new(manner);
        seat.desk.entered("/pins");
        let found = |number, text: &str| {
            let (at, author) = (WallTime::from_unix_millis(0), AccountId(2));
            let entry = Entry { at, author, name: "bob".to_owned(), body: Body::Text(text.to_owned()) };
            Found { room: "#lobby".to_owned(), number: RoomSeq(number), entry }
        };
        let (tag, _) = asked(&mut seat.desk);
        let (hits, next) = (vec![found(1, "tea at four")], Some(SearchMark(1)));
        seat.desk.notice(Notice::Answered { tag: tag.expect("asked"), result: Ok(Reply::Found { hits, next }) });
        let (tag, _) = asked(&mut seat.desk);
        let (hits, next) = (vec![found(300, "bring cups")], None);
        seat.desk.notice(Notice::Answered { tag: tag.expect("asked on"), result: Ok(Reply::Found { hits, next }) });
        let changes = seat.desk.take_changes();
        let is_whole = |change: &Change| matches!(change, Change::Found(findings) if findings.hits.len() == 2);
        assert!(changes.iter().any(is_whole), "{changes:?}");
        seat.desk.entered("/pins");
        let (tag, _) = asked(&mut seat.desk);
        let nothing = Reply::Found { hits: Vec::new(), next: None };
        seat.desk.notice(Notice::Answered { tag: tag.expect("asked"), result: Ok(nothing) });
        assert_eq!(seat.said(), [Answer::NothingPinned.into()]);
    }
}

#[test]
fn what_an_earlier_program_left_half_typed_stands_in_its_room_again() {
    let mut seat = Seat::new(ROOMS);
    let draft = |text: &str, caret| Draft { text: text.to_owned(), caret };
    let left = [("#lobby", draft("/edit 12 otherwise", 3)), ("@bob", draft("for bob", 99))];
    seat.desk.resume(left.map(|(room, draft)| (room.to_owned(), draft)).into());
    assert_eq!((seat.desk.composer().text(), seat.desk.composer().caret()), ("/edit 12 otherwise", 3));
    assert!(seat.desk.has_draft("@Bob") && !seat.desk.has_draft("#lobby"));
    seat.desk.keep_drafts();
    assert_eq!(drafts(&mut seat.desk).len(), 1, "the caret, where it may stand");
    seat.enters("@bob");
    seat.desk.look_at("@bob");
    assert_eq!((seat.desk.composer().text(), seat.desk.composer().caret()), ("for bob", 7));
    assert!(seat.desk.has_draft("#lobby"));
}

fn room_info(name: &str, standing: Standing) -> RoomInfo {
    RoomInfo {
        id: RoomId(9),
        kind: RoomKind::Named(name.trim_start_matches('#').to_owned()),
        log: LogId(1),
        head: RoomSeq(0),
        access: Access::Public,
        topic: String::new(),
        standing,
        since: RoomSeq(0),
        read: RoomSeq(0),
    }
}

fn listed(name: &str) -> Listed {
    let (name, topic) = (name.to_owned(), String::new());
    Listed { name, access: Access::Public, topic, members: 1, head: RoomSeq(0), is_member: false }
}

/// What was asked of the server, and which rooms were to be entered: `?` before those that are entered only if they are there.
fn asked(desk: &mut Desk) -> (Option<u64>, Vec<String>) {
    let (mut tag, mut joins) = (None, Vec::new());
    for command in desk.take_commands() {
        if let Command::Ask { tag: asked, .. } = command {
            tag = Some(asked);
        } else if let Command::Join { room, entering, .. } = command {
            joins.push(if entering == Entering::Existing { format!("?{room}") } else { room });
        }
    }
    (tag, joins)
}

#[test]
fn an_invitation_stands_in_the_list_until_the_room_is_entered() {
    let mut seat = Seat::new(ROOMS);
    let (name, info) = ("#party".to_owned(), room_info("#party", Standing::Invited));
    seat.desk.notice(Notice::Room { name, info });
    assert_eq!(seat.desk.invitations().collect::<Vec<_>>(), ["#party"]);
    seat.desk.entered("/rooms");
    let (tag, _) = asked(&mut seat.desk);
    let result = Ok(Reply::Rooms { rooms: vec![listed("party"), listed("plans")], is_more: false });
    seat.desk.notice(Notice::Answered { tag: tag.expect("asked"), result });
    let rooms = vec![(listed("party"), true), (listed("plans"), false)];
    assert_eq!(seat.said(), [Answer::Rooms { rooms, is_more: false }.into()]);
    seat.enters("#party");
    assert_eq!(seat.desk.invitations().count(), 0);
}

#[test]
fn in_a_muted_room_nothing_rings_and_nothing_is_unread() {
    let mut seat = Seat::new(ROOMS);
    seat.enters("#builds");
    seat.desk.look_at("#builds");
    seat.desk.take_commands();
    seat.desk.entered("/mute #lobby");
    let command = Command::Mute { room: "#lobby".into(), is_muted: true };
    assert!(seat.desk.take_commands().contains(&command), "it is kept on this device");
    seat.says(1, 2, "ann!");
    let unread = |seat: &Seat| seat.desk.room_named("#lobby").map(|room| (room.unread, room.mentions));
    assert_eq!((seat.rings(), unread(&seat)), (0, Some((0, 0))));
    seat.desk.entered("/unmute #lobby");
    assert_eq!(unread(&seat), Some((1, 1)), "what was said meanwhile counts now");
    seat.says(2, 2, "ann?");
    assert_eq!((seat.rings(), unread(&seat)), (1, Some((2, 2))));
    seat.logs_in();
    seat.said();
    assert!(seat.desk.entered("/mute #nowhere").taken);
    assert_eq!(seat.said(), [AboutRoom::NotIn("#nowhere".into()).into()]);
}

#[test]
fn another_name_is_asked_for_where_one_is_taken_and_only_there() {
    let mut seat = Seat::new(ROOMS);
    seat.desk.connection(&Connection::LoginRefused(Refusal::NameTaken));
    assert_eq!(seat.desk.composer().text(), "/nick ");
    seat.desk.composer_mut().insert("ann2");
    assert!(seat.desk.enter().taken);
    let (name, login) = ("ann2".to_owned(), Login::Device);
    assert!(seat.desk.take_commands().contains(&Command::Identify { name: name.clone(), login }));
    seat.desk.connection(&Connection::LoggedIn { name, server: "lab".into(), is_made: false });
    seat.said();
    seat.desk.entered("/nick bob");
    assert!(!seat.desk.take_commands().iter().any(|command| matches!(command, Command::Identify { .. })));
    assert_eq!(seat.said(), [Setting::NameStays("ann2".into()).into()]);
    let mut busy = Seat::new(LINES);
    busy.desk.composer_mut().insert("half a line");
    busy.desk.connection(&Connection::LoginRefused(Refusal::NameTaken));
    assert_eq!(busy.desk.composer().text(), "half a line", "nothing typed is lost");
}

#[test]
fn what_rings_is_set_for_the_room_in_view() {
    let mut seat = Seat::new(ROOMS);
    seat.says(1, 2, "to nobody");
    assert_eq!(seat.rings(), 0);
    seat.desk.entered("/notify all");
    seat.says(2, 2, "to nobody");
    assert_eq!(seat.rings(), 1);
    seat.desk.entered("/notify none");
    seat.says(3, 2, "ann!");
    assert_eq!(seat.rings(), 0);
}

#[test]
fn a_person_hears_of_each_line_of_which_nothing_would_be_seen_and_of_no_empty_one() {
    let mut seat = Seat::new(ROOMS);
    for _ in 0..2 {
        seat.said();
        assert!(seat.desk.entered("\u{200b}").taken && seat.commands().is_empty());
        assert_eq!(seat.said(), [Remark::Typed(Typed::Unseen('\u{200b}'))]);
        seat.desk.entered("   ");
        assert_eq!(seat.said(), []);
    }
}

#[test]
fn what_is_not_kept_is_said_to_be_on_its_way_only_where_it_is() {
    let mut seat = Seat::new(ROOMS);
    seat.types("into the void");
    seat.said();
    seat.desk.notice(Notice::NotKept { tag: 1 });
    let not_kept = |tag, text: &str, is_sent| {
        let what = Deed { body: Body::Text(text.to_owned()), row: None };
        Remark::Message(AboutMessage::NotKept { tag, what, is_sent })
    };
    assert_eq!(seat.said(), [not_kept(1, "into the void", false)]);
    let (name, server) = ("ann".to_owned(), "lab".to_owned());
    seat.desk.connection(&Connection::LoggedIn { name, server, is_made: false });
    seat.types("to the server");
    seat.said();
    seat.desk.notice(Notice::NotKept { tag: 2 });
    assert_eq!(seat.said(), [not_kept(2, "to the server", true)]);
}

#[test]
fn what_is_set_in_a_chat_holds_in_the_next() {
    let mut kept = BTreeMap::new();
    let mut first = Seat::new(ROOMS);
    first.desk.entered("/notify all");
    first.desk.entered("/arrivals off");
    first.desk.entered("party 🎉");
    for command in first.desk.take_commands() {
        if let Command::Setting { name, value: Some(value) } = command {
            kept.insert(name, value);
        }
    }
    let mut next = Seat::new(ROOMS);
    next.desk.settle(&kept);
    assert_eq!(next.desk.emoji_used().get("🎉"), Some(&1));
    next.said();
    next.desk.entered("/notify");
    assert_eq!(next.said(), [Setting::Rings("#lobby".into(), About::All).into()]);
    assert!(!next.desk.says_arrivals());
    next.desk.entered("/arrivals on");
    assert!(next.desk.says_arrivals());
}

#[test]
fn who_is_there_is_known_by_changes() {
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        let present = |name: &str, presence| Present { name: name.to_owned(), presence, status: String::new() };
        let tell = |seat: &mut Seat, who| seat.desk.notice(Notice::Present { room: "#lobby".to_owned(), who });
        let here = |seat: &Seat| -> Vec<_> {
            let room = seat.desk.in_view().expect("the lobby");
            room.roster.values().map(|present| (present.name.clone(), present.presence)).collect()
        };
        let who = vec![present("ann", Presence::Online), present("bob", Presence::Online)];
        seat.desk.notice(Notice::Roster { room: "#lobby".to_owned(), who });
        tell(&mut seat, present("bob", Presence::Away));
        tell(&mut seat, present("eve", Presence::Online));
        tell(&mut seat, present("ann", Presence::Left));
        assert_eq!(here(&seat), [("bob".to_owned(), Presence::Away), ("eve".to_owned(), Presence::Online)]);
    }
}

#[test]
fn entries_of_a_stream_come_in_their_order_with_what_they_are_about() {
    let order = |manner| -> Vec<(u64, bool)> {
        let mut seat = Seat::new(manner);
        let entry =
            |n, body| (n, Entry { at: WallTime::from_unix_millis(0), author: AccountId(2), name: "bob".into(), body });
        let reply = Body::Reply { to: RoomSeq(1), text: "yes".to_owned() };
        for ((n, entry), upto) in [(entry(2, reply), 0), (entry(1, Body::Text("tea?".to_owned())), 2)] {
            let (room, name, number, contiguous_upto) = (ROOM, "#lobby".to_owned(), RoomSeq(n), RoomSeq(upto));
            let (own, is_ignored) = (false, false);
            seat.desk.notice(Notice::Entry { room, name, number, contiguous_upto, own, is_ignored, entry });
        }
        let came =
            |change| if let Change::Entry(came) = change { Some((came.number.0, came.about.is_some())) } else { None };
        seat.desk.take_changes().into_iter().filter_map(came).collect()
    };
    assert_eq!(order(ROOMS), [(2, false), (1, false)], "at once, in their places");
    assert_eq!(order(LINES), [(1, false), (2, true)]);
}

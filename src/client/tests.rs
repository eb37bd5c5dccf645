//! The state against a server that is a script: what it says, and what is asked of it.

mod leaving;
mod looks;
mod outside;
mod references;
mod unseen;

use chinwag_proto::limits::PINS_MAX;
use chinwag_proto::link::{Lookup, Source as _};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::{Instant, WallTime};
use chinwag_proto::wire::frame::Channel;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, LogId, PresenceVersion, RequestId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{
    Access, Act, Answer, Begin, Body, Bulk, Down, Entry, Fact, Facts, Numbered, Position, Post, Presence,
    PresenceEntry, PresenceUpdate, Reach, Refusal, Request, Role, RoomInfo, RoomKind, Secret, Standing, Typing, Up,
    Which, Wire as _,
};

use super::state::{Effect, State};
use super::{Ask, Attempt, Config, Entering, Login, Notice, Reads, Reference, Reply, Save, Saved, SavedPost, Start};
use super::{Delivered, OverBudget, TypingChange};

const ROOM: RoomId = RoomId(7);

/// A client on a link of which only messages are seen.
struct Script {
    state: State,
}

impl Script {
    fn new(config: Config) -> Self {
        let mut script = Self { state: State::new(config, Rng::from_number(1)) };
        script.connect();
        script
    }

    fn connect(&mut self) {
        self.state.forget_link();
        self.state.log_in();
    }

    /// What was asked of the server since the last time.
    fn asked(&mut self) -> Vec<(RequestId, Request)> {
        let asked = |effect| match effect {
            Effect::Ask(body) => Some(Up::decode(&body).expect("a request")),
            Effect::Enrolled
            | Effect::Reconnect
            | Effect::Open(_)
            | Effect::Advance(..)
            | Effect::Shut(_)
            | Effect::Forget(_)
            | Effect::Cursor(..)
            | Effect::Typing(..) => None,
        };
        let asked = self.state.effects.drain(..).filter_map(asked);
        asked.map(|Up::Request(id, request)| (id, request)).collect()
    }

    fn only(&mut self) -> (RequestId, Request) {
        let mut asked = self.asked();
        assert_eq!(asked.len(), 1, "{asked:?}");
        asked.remove(0)
    }

    fn says(&mut self, down: &Down) {
        self.state.message(self.state.clock, Channel::Control, 0, 0, &down.encode());
    }

    fn answers(&mut self, id: RequestId, answer: Result<Answer, Refusal>) {
        self.says(&Down::Answer(id, answer));
    }

    /// Lets it in, with these rooms.
    fn welcomes(&mut self, rooms: Vec<RoomInfo>) {
        let (id, _) = self.only();
        let (name, server) = ("ann".to_owned(), "script".to_owned());
        self.answers(id, Ok(Answer::Welcome { account: AccountId(1), name, server, rooms }));
    }

    /// Lets it into the room that it asks for.
    fn lets_in(&mut self) {
        let (id, _) = self.only();
        self.answers(id, Ok(Answer::Joined { room: info(Standing::In(Role::Member)), after: RoomSeq(0), roster: 0 }));
        assert!(self.asked().is_empty());
    }

    /// The link takes the message with that number in #lobby, to send it.
    fn takes(&mut self, number: u64) {
        assert!(matches!(self.state.rooms.entry(ROOM, number), Lookup::Ready(_)), "{number}");
    }

    fn notices(&mut self) -> Vec<Notice> {
        self.state.notices.drain(..).filter(|notice| !matches!(notice, Notice::Room { .. })).collect()
    }

    fn save(&mut self) -> Save {
        self.state.next_save().expect("something to keep")
    }

    fn at(&mut self, ms: u64) {
        self.state.clock = Instant::from_micros(ms * 1_000);
        self.state.tick(self.state.clock);
    }
}

fn info(standing: Standing) -> RoomInfo {
    RoomInfo {
        id: ROOM,
        kind: RoomKind::Named("lobby".into()),
        log: LogId(1),
        head: RoomSeq(0),
        access: Access::Public,
        topic: String::new(),
        standing,
        since: RoomSeq(0),
        read: RoomSeq(0),
    }
}

fn in_lobby(config: Config) -> Script {
    let mut script = Script::new(config);
    script.state.join("lobby", Entering::Open, Start::CHAT);
    script.welcomes(Vec::new());
    script.lets_in();
    script.notices();
    script
}

fn entry(author: u64, text: &str) -> Entry {
    let (at, author) = (WallTime::from_unix_millis(0), AccountId(author));
    Entry { at, author, name: "bob".into(), body: Body::Text(text.into()) }
}

fn secret() -> Secret {
    Secret::from(String::from("correct horse"))
}

#[test]
fn facts_of_a_room_are_told_whole_and_forgotten_with_the_link() {
    let mut script = in_lobby(Config::new("ann"));
    let pins = |pins: &[u64]| pins.iter().copied().map(RoomSeq).collect::<Vec<_>>();
    let told = |of: &[u64], slow_s| {
        let facts = Facts { pins: pins(of), slow_s, ..Facts::default() };
        Notice::Facts { room: "#lobby".into(), upto: RoomSeq(0), facts }
    };
    let says = |fact| Down::Fact { room: ROOM, upto: RoomSeq(0), fact };
    script.says(&says(Fact::Pins(pins(&[3, 7]))));
    script.says(&says(Fact::Slow(10)));
    assert_eq!(script.notices(), [told(&[3, 7], 0), told(&[3, 7], 10)]);
    script.connect();
    script.welcomes(vec![info(Standing::In(Role::Member))]);
    script.lets_in();
    assert!(script.notices().contains(&told(&[], 0)), "who comes back is told anew, where anything holds");
    let too_many: Vec<u64> = (1..=PINS_MAX as u64 + 1).collect();
    script.says(&says(Fact::Pins(pins(&too_many))));
    assert_eq!(script.notices(), [told(&too_many[..PINS_MAX], 0)]);
}

#[test]
fn a_message_on_its_way_is_pinned_once_it_has_its_number() {
    let mut script = in_lobby(Config::new("ann"));
    script.state.post(1, "lobby", None, Body::Text("tea at four".into()));
    script.state.post(2, "lobby", Some(1), Body::Act(Act::Pin { of: RoomSeq(0), is_set: true }));
    script.says(&Down::Stored { room: ROOM, post: RoomSeq(1), entry: RoomSeq(12) });
    let sent = script.state.rooms.iter().find_map(|(_, room)| room.outbox.find(|sent| sent.tag == Some(2)).cloned());
    let Post { body, .. } = Post::decode(&sent.expect("on its way").body).expect("a post");
    assert_eq!(body, Body::Act(Act::Pin { of: RoomSeq(12), is_set: true }));
}

#[test]
fn who_registered_logs_in_on_the_next_link() {
    let register = || Login::Register { password: Some(secret()), invite: None };
    let mut script = Script::new(Config { login: register(), device: "laptop".into(), ..Config::new("ann") });
    let (id, request) = script.only();
    let (name, device) = ("ann".to_owned(), "laptop".to_owned());
    assert_eq!(request, Request::Register { name, password: Some(secret()), invite: None, device });
    // The link is lost with the answer: the account is there, and this device is one of it.
    script.connect();
    let (again, _) = script.only();
    assert_ne!(again, id);
    script.answers(again, Err(Refusal::NameTaken));
    assert_eq!(script.only().1, Request::Login { name: "ann".into() });
    assert_eq!(script.notices(), []);

    let mut script = Script::new(Config { login: register(), ..Config::new("ann") });
    script.welcomes(Vec::new());
    script.connect();
    assert_eq!(script.only().1, Request::Login { name: "ann".into() });

    let token = Login::Token(secret());
    let mut script = Script::new(Config { login: token, ..Config::new("") });
    script.welcomes(Vec::new());
    assert!(!script.state.effects.contains(&Effect::Enrolled), "a token enrols no device");
    script.connect();
    assert_eq!(script.only().1, Request::Token(secret()));
}

#[test]
fn a_page_answers_the_request_that_it_names_once() {
    let mut script = in_lobby(Config::new("ann"));
    let position = Position::Before(RoomSeq(9));
    script.state.ask_for(5, Ask::History { room: "#lobby".into(), position, count: 2 });
    let (request, _) = script.only();
    let entries = vec![
        Numbered { number: RoomSeq(3), entry: entry(2, "three").encode() },
        Numbered { number: RoomSeq(4), entry: vec![0xff; 3] },
    ];
    let page = |request| Bulk::History { request, room: ROOM, entries: entries.clone(), is_more: true }.encode();
    let bulk = |script: &mut Script, body: &[u8]| script.state.message(Instant::EPOCH, Channel::Bulk, 1, 1, body);
    bulk(&mut script, &page(RequestId(999)));
    bulk(&mut script, &Bulk::Rooms { request, rooms: vec![], is_more: false }.encode());
    bulk(&mut script, b"what is this?");
    assert_eq!(script.notices(), [], "none of these answers it");
    bulk(&mut script, &page(request));
    bulk(&mut script, &page(request));
    let entries = vec![(RoomSeq(3), entry(2, "three"))];
    let reply = Reply::History { room: "#lobby".into(), entries, is_more: true };
    assert_eq!(script.notices(), [Notice::Answered { tag: 5, result: Ok(reply) }]);
}

#[test]
fn a_request_about_a_room_waits_until_it_is_entered_and_finds_it_under_its_new_id() {
    let mut script = Script::new(Config::new("ann"));
    script.state.join("lobby", Entering::Open, Start::CHAT);
    script.state.ask_for(1, Ask::Delivery { room: "lobby".into(), number: RoomSeq(2) });
    script.welcomes(Vec::new());
    let (join, _) = script.only();
    script.answers(join, Ok(Answer::Joined { room: info(Standing::In(Role::Member)), after: RoomSeq(0), roster: 0 }));
    let (first, request) = script.only();
    assert_eq!(request, Request::Delivery { room: ROOM, number: RoomSeq(2) });
    script.connect();
    let moved = RoomInfo { id: RoomId(70), ..info(Standing::In(Role::Member)) };
    script.welcomes(vec![moved]);
    let asked = script.asked();
    assert!(asked.contains(&(first, Request::Delivery { room: RoomId(70), number: RoomSeq(2) })), "{asked:?}");
}

#[test]
fn what_is_said_is_called_queued_when_it_is_kept_and_forgotten_when_it_is_answered() {
    let mut script = in_lobby(Config { keeps_outbox: true, ..Config::new("ann") });
    let _cursor = (script.save(), script.state.saved(Saved::Kept));
    script.state.post(1, "lobby", None, Body::Text("one".into()));
    script.state.post(2, "lobby", None, Body::Text("two".into()));
    assert_eq!(script.notices(), [], "it is kept nowhere yet");
    let save = script.save();
    let texts = save.said.iter().map(|saved| (saved.room.as_str(), Post::decode(&saved.post).expect("a post").body));
    assert_eq!(texts.collect::<Vec<_>>(), [("#lobby", Body::Text("one".into())), ("#lobby", Body::Text("two".into()))]);
    script.says(&Down::Stored { room: ROOM, post: RoomSeq(1), entry: RoomSeq(10) });
    script.state.saved(Saved::Kept);
    let stored = Notice::Stored { tag: 1, room: ROOM, number: RoomSeq(10) };
    assert_eq!(script.notices(), [stored, Notice::Queued { tag: 2, is_offline: true }]);
    assert_eq!(script.save().answered, [save.said[0].id]);
    script.state.saved(Saved::Failed);
    script.says(&Down::Refused { room: ROOM, post: RoomSeq(2), reason: Refusal::Muted });
    assert_eq!(script.notices(), [Notice::Refused { tag: 2, reason: Refusal::Muted }]);
    assert_eq!(script.save().answered, [save.said[0].id, save.said[1].id], "the first, too, once more");
}

fn edit(of: u64, text: &str) -> Body {
    Body::Edit { of: RoomSeq(of), text: text.into() }
}

fn bodies(posts: &[SavedPost]) -> Vec<Body> {
    posts.iter().map(|saved| Post::decode(&saved.post).expect("a post").body).collect()
}

impl Script {
    /// The last number up to which posts may be under way, as the link was told.
    fn advanced(&self) -> Option<u64> {
        let advance = |effect: &Effect| if let Effect::Advance(ROOM, head) = effect { Some(*head) } else { None };
        self.state.effects.iter().rev().find_map(advance)
    }
}

#[test]
fn reading_is_told_now_and_then_and_privately_if_wanted() {
    let mut script = in_lobby(Config { reads: Reads::Private, ..Config::new("ann") });
    let read = |upto| Request::Read { room: ROOM, upto: RoomSeq(upto), is_private: true };
    script.state.shown("#lobby", RoomSeq(1));
    assert_eq!(script.only().1, read(1));
    (2..50).for_each(|number| script.state.shown("#lobby", RoomSeq(number)));
    assert!(script.asked().is_empty());
    script.at(499);
    assert!(script.asked().is_empty());
    script.at(500);
    assert_eq!(script.only().1, read(49));
    script.says(&Down::Read { room: ROOM, upto: RoomSeq(60) });
    assert_eq!(script.notices(), [Notice::Read { room: "#lobby".into(), upto: RoomSeq(60) }]);
    script.state.shown("#lobby", RoomSeq(55));
    script.at(5_000);
    assert!(script.asked().is_empty(), "another device was further");

    let mut nobody = in_lobby(Config::new("ann"));
    nobody.state.shown("#lobby", RoomSeq(1));
    assert!(nobody.asked().is_empty(), "no person looks on");
}

#[test]
fn who_is_put_out_is_told_once_and_does_not_knock_again() {
    let mut script = in_lobby(Config::new("ann"));
    script.state.post(1, "lobby", None, Body::Text("last words".into()));
    script.says(&Down::Room(info(Standing::Out)));
    script.says(&Down::Room(info(Standing::Out)));
    let out = Notice::Out { name: "#lobby".into() };
    assert_eq!(script.notices(), [Notice::Queued { tag: 1, is_offline: true }, out]);
    script.connect();
    script.welcomes(Vec::new());
    assert!(script.asked().is_empty());
    assert!(script.notices().contains(&Notice::Refused { tag: 1, reason: Refusal::NotMember }));
    script.says(&Down::Room(info(Standing::Invited)));
    script.says(&Down::Room(info(Standing::Invited)));
    assert_eq!(script.notices(), [Notice::Invited { name: "#lobby".into() }]);
    script.state.join("lobby", Entering::Open, Start::CHAT);
    script.lets_in();
}

#[test]
fn typing_is_known_by_name_and_ends_with_the_link() {
    let mut script = in_lobby(Config::new("ann"));
    let presence = PresenceEntry {
        account: AccountId(2),
        name: "bob".into(),
        presence: Presence::Online,
        status: String::new(),
        version: PresenceVersion(1),
    };
    let typing = |script: &mut Script, account| {
        let body = Typing { account: AccountId(account) }.encode();
        script.state.message(script.state.clock, Channel::Typing(ROOM), 1, 1, &body);
    };
    typing(&mut script, 2);
    assert_eq!(script.notices(), [], "nobody knows who that is");
    let update = PresenceUpdate { entries: vec![presence] }.encode();
    script.state.message(Instant::EPOCH, Channel::Presence(ROOM), 1, 1, &update);
    script.notices();
    typing(&mut script, 2);
    typing(&mut script, 1);
    let told = |is_typing| Notice::Typing(TypingChange { room: "#lobby".into(), who: "bob".into(), is_typing });
    assert_eq!(script.notices(), [told(true)]);
    script.connect();
    assert_eq!(script.notices(), [told(false)]);
}

#[test]
fn the_ladder_is_told_by_the_rooms_name() {
    let mut script = in_lobby(Config::new("ann"));
    let reach = Reach { delivered: 2, read: 1, of: 3 };
    script.says(&Down::Delivered { room: ROOM, number: RoomSeq(4), reach });
    script.says(&Down::Delivered { room: RoomId(99), number: RoomSeq(4), reach });
    assert_eq!(script.notices(), [Notice::Delivered(Delivered { room: "#lobby".into(), number: RoomSeq(4), reach })]);
}

#[test]
fn what_a_hostile_server_says_breaks_nothing() {
    let mut rng = Rng::from_number(9);
    let mut script = in_lobby(Config { keeps_outbox: true, reads: Reads::Told, ..Config::new("ann") });
    let samples = [
        Down::Room(info(Standing::Out)).encode(),
        Down::Stored { room: ROOM, post: RoomSeq(u64::MAX), entry: RoomSeq(u64::MAX) }.encode(),
        Down::Answer(RequestId(1), Ok(Answer::Left)).encode(),
        Down::Read { room: ROOM, upto: RoomSeq(u64::MAX) }.encode(),
        Bulk::Found { request: RequestId(1), hits: vec![], next: None }.encode(),
        entry(1, "x").encode(),
    ];
    let channels =
        [Channel::Control, Channel::Bulk, Channel::Room(ROOM), Channel::Presence(ROOM), Channel::Typing(ROOM)];
    for n in 0..20_000_u64 {
        let mut body = samples[rng.below(samples.len() as u64) as usize].clone();
        if rng.chance(0.5) {
            let at = rng.below(body.len() as u64) as usize;
            body[at] = rng.below(256) as u8;
        }
        let number = if rng.chance(0.1) { u64::MAX } else { n };
        script.state.message(Instant::EPOCH, channels[rng.below(5) as usize], number, n.min(number), &body);
        if n % 7 == 0 {
            script.state.post(n, "lobby", None, Body::Text("x".into()));
            script.state.join("lobby", Entering::Open, Start::CHAT);
        }
        script.asked();
        script.notices();
        if script.state.next_save().is_some() {
            script.state.saved(if rng.chance(0.5) { Saved::Kept } else { Saved::Failed });
        }
    }
}

#[test]
fn a_direct_message_of_an_earlier_program_is_followed_for_its_answer() {
    for follow_direct in [true, false] {
        let body = Body::Text("are you there?".into());
        let id = ClientMsgId { start: 1, counter: 1 };
        let outbox = vec![SavedPost {
            id,
            room: "@bob".into(),
            post: Post { id, body }.encode(),
            reference: Reference::Open,
            makes_room: true,
        }];
        let mut script = Script::new(Config { outbox, keeps_outbox: true, follow_direct, ..Config::new("ann") });
        script.welcomes(Vec::new());
        let (id, request) = script.only();
        assert!(matches!(request, Request::Direct { to, .. } if to == "bob"));
        let kind = RoomKind::Direct(AccountId(2), "bob".into());
        let room = RoomInfo { kind, ..info(Standing::In(Role::Member)) };
        script.answers(id, Ok(Answer::Joined { room, after: RoomSeq(0), roster: 0 }));
        let notices = script.notices();
        let is_joined = notices.iter().any(|notice| matches!(notice, Notice::Joined { name, .. } if name == "@bob"));
        assert_eq!(is_joined, follow_direct, "{notices:?}");
    }
}

#[test]
fn what_is_asked_of_a_room_waits_until_all_rooms_are_named() {
    let named = |id: u64, name: &str| RoomInfo {
        id: RoomId(id),
        kind: RoomKind::Named(name.into()),
        ..info(Standing::In(Role::Member))
    };
    let history = |room: &str| Ask::History { room: room.into(), position: Position::Before(RoomSeq(9)), count: 5 };
    let mut script = Script::new(Config::new("ann"));
    for (tag, room) in [(1, "ops"), (2, "late"), (3, "nowhere")] {
        script.state.ask_for(tag, history(room));
    }
    script.welcomes(vec![named(1, "lobby"), named(2, "ops")]);
    let asked = script.asked();
    let [(_, Request::History { room: RoomId(2), .. }), (barrier, Request::Away(_))] = asked[..] else {
        panic!("the second room is known, of others nobody knows yet: {asked:?}")
    };
    script.says(&Down::Room(named(3, "late")));
    assert!(matches!(script.only().1, Request::History { room: RoomId(3), .. }));
    assert!(!script.notices().iter().any(|notice| matches!(notice, Notice::Answered { .. })));
    script.answers(barrier, Ok(Answer::Done));
    let refused = |reason| Notice::Answered { tag: 3, result: Err(super::Denial::Refused(reason)) };
    // It is not in the list; it may be one that can be read from outside.
    let look = |script: &mut Script| match script.only() {
        (id, Request::Look(Which::Named(name))) if name == "nowhere" => id,
        other => panic!("{other:?}"),
    };
    let looking = look(&mut script);
    script.answers(looking, Err(Refusal::NoSuchRoom));
    assert_eq!(script.notices(), vec![refused(Refusal::NoSuchRoom)]);
    script.state.ask_for(3, history("nowhere"));
    let looking = look(&mut script);
    script.answers(looking, Err(Refusal::NotUnderstood));
    assert_eq!(script.notices(), vec![refused(Refusal::NotMember)], "by a server that is older");
    script.state.ask_for(3, history("nowhere"));
    let looking = look(&mut script);
    script.answers(looking, Ok(Answer::Room(RoomInfo { standing: Standing::Out, ..named(7, "nowhere") })));
    assert!(matches!(script.only().1, Request::History { room: RoomId(7), .. }), "it is read, and not entered");
}

#[test]
fn how_long_what_waits_will_take_is_told_once_and_anew_after_all_of_it_was_answered() {
    let mut script = in_lobby(Config::new("ann"));
    let long = || Body::Text("x".repeat(60_000));
    let over = Down::OverBudget { wait_ms: 500, per_s: 10_000 };
    let waits = |script: &mut Script| {
        let notices = script.notices().into_iter();
        notices.filter(|notice| matches!(notice, Notice::OverBudget(_))).collect::<Vec<_>>()
    };
    script.says(&over);
    assert_eq!(waits(&mut script), [], "nothing waits");
    for life in 0..2_u64 {
        for n in 1..=3 {
            script.state.post(life * 3 + n, "lobby", None, long());
        }
        script.says(&over);
        let told = waits(&mut script);
        assert!(
            matches!(told[..], [Notice::OverBudget(OverBudget { octets: 180_000..181_000, per_s: 10_000, .. })]),
            "{told:?}"
        );
        for n in 1..=3 {
            script.says(&Down::Stored { room: ROOM, post: RoomSeq(life * 3 + n), entry: RoomSeq(life * 3 + n) });
            script.says(&over);
        }
        assert_eq!(waits(&mut script), []);
    }
}

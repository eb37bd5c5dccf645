//! Nothing of a room reaches anyone outside of it, whatever members, others and programs with tokens do, and however late the
//! store is: random operations against a model that knows who is in which room, and since when. Every text, topic and name
//! carries the room that it belongs to.

mod checks;

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::wire::message::{Act, Away, Position, Role, RoomKind, SearchMark, Standing};

use super::*;
use chinwag_store::Scopes;

const PEOPLE: usize = 6;
/// Programs, each with a token: whose it is, and what it may. They come after the people.
const BOTS: [Bot; 4] = [
    Bot { of: 0, read: true, write: true, rooms: Some(&["room0", "room3"]) },
    Bot { of: 1, read: true, write: false, rooms: None },
    Bot { of: 2, read: false, write: true, rooms: None },
    Bot { of: 1, read: true, write: true, rooms: Some(&["@p2", "room2"]) },
];
/// Five rooms with names, and what two pairs say to each other.
const ROOMS: usize = NAMED + PAIRS.len();
const NAMED: usize = 5;
const PAIRS: [(usize, usize); 2] = [(0, 1), (1, 2)];
/// Operations of one run,
const STEPS: usize = 4_000;
/// and runs: 200,000 operations.
const RUNS: u64 = 50;

struct Bot {
    of: usize,
    read: bool,
    write: bool,
    rooms: Option<&'static [&'static str]>,
}

/// What the model knows.
#[derive(Default)]
struct Model {
    /// Who is in a room, and the entry after which it may read.
    members: BTreeMap<(usize, RoomId), RoomSeq>,
    ids: BTreeMap<RoomId, usize>,
    /// Who follows which room from outside.
    reads: BTreeSet<(usize, RoomId)>,
}

struct Run {
    house: House,
    /// People, then bots.
    people: Vec<SessionId>,
    /// Devices and tokens that were given out.
    devices: u8,
    /// Where pages of searches go on, whosever they were.
    marks: Vec<SearchMark>,
    rng: Rng,
    model: Model,
    rooms: Vec<Option<RoomId>>,
    heads: BTreeMap<RoomId, u64>,
    /// What was checked, so that a run that checks nothing fails.
    seen: BTreeMap<&'static str, usize>,
}

fn room_name(room: usize) -> String {
    format!("room{room}")
}

/// What everything said in a room begins with.
fn mark(room: usize) -> String {
    format!("secret-of-{room}-")
}

/// Who talks in a direct log; `None`: the room has a name.
fn pair(room: usize) -> Option<(usize, usize)> {
    room.checked_sub(NAMED).map(|n| PAIRS[n])
}

const ACCESS: [Access; NAMED] = [Access::Public, Access::Password, Access::Invite, Access::Private, Access::Private];

impl Run {
    fn new(seed: u64) -> Self {
        let mut house = House::new();
        house.enter(99, "root");
        let people = (0..PEOPLE).map(|n| house.enter(u8::try_from(n + 1).expect("few"), &format!("p{n}"))).collect();
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut run = Self {
            house,
            people,
            devices: 100,
            marks: Vec::new(),
            rng: Rng::from_seed(bytes),
            model: Model::default(),
            rooms: vec![None; ROOMS],
            heads: BTreeMap::new(),
            seen: BTreeMap::new(),
        };
        for bot in 0..BOTS.len() {
            let session = run.bring(bot);
            run.people.push(session);
        }
        run
    }

    /// A bot comes, with a token that was made for it.
    fn bring(&mut self, bot: usize) -> SessionId {
        let Bot { of, read, write, rooms } = BOTS[bot];
        self.devices = self.devices.checked_add(1).unwrap_or(100);
        let token = format!("t{bot}-{}", self.devices);
        let rooms = rooms.map(|rooms| rooms.iter().map(|room| (*room).to_owned()).collect());
        let made = self.house.operate(Operation::MakeToken {
            account: format!("p{of}"),
            hash: chinwag_proto::wire::message::hash(token.as_bytes()),
            label: format!("bot{bot}"),
            scopes: Scopes { read, write, rooms },
            until: None,
        });
        assert_eq!(made, Notice::Answered(OperatorTag(1), Ok(())));
        let session = self.house.connect(self.devices);
        let welcome = self.house.ask(session, Request::Token(secret(&token))).expect("in");
        let Answer::Welcome { rooms, .. } = welcome else { panic!("{welcome:?}") };
        rooms.iter().for_each(|info| self.may_know(PEOPLE + bot, info));
        session
    }

    /// A bot's token is revoked: it hears nothing any more, and another one comes in its place.
    fn replace(&mut self, bot: usize) {
        let gone = self.people[PEOPLE + bot];
        self.house.operate(Operation::RevokeToken { label: format!("bot{bot}") });
        assert!(matches!(self.house.heard(gone).last(), Some(Told::Closed(..))));
        let room = self.pick(ROOMS);
        if let Some(id) = self.rooms[room].filter(|&id| self.is_in(0, id)) {
            let _ = self.post(0, id, text(&format!("{}after", mark(room))));
        }
        assert_eq!(self.house.heard(gone), []);
        self.model.reads.retain(|&(who, _)| who != PEOPLE + bot);
        self.people[PEOPLE + bot] = self.bring(bot);
        *self.seen.entry("replaced").or_default() += 1;
    }

    /// Whose account it is.
    fn owner(who: usize) -> usize {
        who.checked_sub(PEOPLE).map_or(who, |bot| BOTS[bot].of)
    }

    /// Whether it may do that in a room, as far as its token goes.
    fn has_scope(&self, who: usize, room: RoomId, allows: impl Fn(&Bot) -> bool) -> bool {
        let Some(bot) = who.checked_sub(PEOPLE).map(|bot| &BOTS[bot]) else { return true };
        let Some(rooms) = bot.rooms else { return allows(bot) };
        let Some(&at) = self.model.ids.get(&room) else { return false };
        let shown = match pair(at) {
            Some((one, other)) => format!("@p{}", if one == bot.of { other } else { one }),
            None => room_name(at),
        };
        allows(bot) && rooms.contains(&shown.as_str())
    }

    fn may_read(&self, who: usize, room: RoomId) -> bool {
        self.is_in(who, room) && self.has_scope(who, room, |bot| bot.read)
    }

    /// Whether it may read a room by asking: as a member, or from outside where the room is public and does not keep it out.
    fn may_look(&self, who: usize, room: RoomId) -> bool {
        let session = self.people[who];
        let is_open = |there: &crate::rooms::Room| {
            let device = self.house.chat.tables.sessions.get(session).map(|session| session.device);
            device.is_some_and(|device| !there.is_banned(account(&self.house, session), &device, self.house.now.wall))
        };
        let is_public = self.model.ids.get(&room).is_some_and(|&at| ACCESS.get(at) == Some(&Access::Public));
        let from_outside = is_public && self.house.chat.tables.rooms.get(room).is_some_and(is_open);
        self.may_read(who, room) || from_outside && self.has_scope(who, room, |bot| bot.read)
    }

    fn may_enter(&self, who: usize, room: RoomId) -> bool {
        self.has_scope(who, room, |bot| bot.read || bot.write)
    }

    fn anyone(&mut self) -> usize {
        self.pick(PEOPLE + BOTS.len())
    }

    fn pick(&mut self, below: usize) -> usize {
        usize::try_from(self.rng.below(below as u64)).expect("small")
    }

    fn is_in(&self, who: usize, room: RoomId) -> bool {
        self.model.members.contains_key(&(Self::owner(who), room))
    }

    fn step(&mut self) {
        let room = self.pick(ROOMS);
        let Some(id) = self.rooms[room] else {
            let who = self.pick(PEOPLE);
            return self.make(who, room);
        };
        let (who, other) = (self.anyone(), self.pick(PEOPLE));
        let name = format!("p{other}");
        match self.pick(26) {
            0 | 1 => self.join(who, room, id),
            2 => {
                let _ = self.house.ask(self.people[who], Request::Leave { room: id });
                // Of a direct log one only hears no more until one comes back; and a program leaves for itself.
                self.model.reads.remove(&(who, id));
                if pair(room).is_none() && who < PEOPLE && !self.is_followed_by_a_bot(who, id) {
                    self.model.members.remove(&(who, id));
                }
            }
            3..=7 => self.say(who, room, id),
            8 => {
                let act = Body::Act(Act::Kick { who: name });
                if self.post(who, id, act) {
                    self.model.members.remove(&(other, id));
                }
            }
            9 => {
                let _ = self.post(who, id, Body::Act(Act::Invite { who: name }));
            }
            10 => {
                let until = Some(WallTime::from_unix_millis(self.house.now.wall.as_unix_millis() + 2_000));
                if self.post(who, id, Body::Act(Act::Ban { who: name, until })) {
                    self.model.members.remove(&(other, id));
                }
            }
            11 => {
                let role = [Role::Member, Role::Moderator, Role::Owner][self.pick(3)];
                let _ = self.post(who, id, Body::Act(Act::Role { who: name, role }));
            }
            12 => {
                let _ = self.post(who, id, Body::Topic(format!("{}topic", mark(room))));
            }
            13 => {
                let of = self.some_entry(id);
                let text = format!("{}edited", mark(room));
                let body = if self.rng.chance(0.5) { Body::Edit { of, text } } else { Body::Delete { of } };
                let _ = self.post(who, id, body);
            }
            14 | 15 => self.history(who, id),
            16 | 17 => self.search(who, room, id),
            18 => self.lists(who, id),
            19 => {
                let upto = self.some_entry(id);
                let is_private = self.rng.chance(0.5);
                let done = self.house.ask(self.people[who], Request::Read { room: id, upto, is_private });
                assert_eq!(done.is_ok(), self.may_read(who, id), "marks are for members");
                let number = self.some_entry(id);
                let told = self.house.ask(self.people[who], Request::Delivery { room: id, number });
                assert!(told.is_err() || self.is_in(who, id) && self.may_enter(who, id), "receipts are for members");
            }
            20 => {
                self.house.receive(self.people[who], Channel::Typing(id), 0, &[0]);
                let _ = self.house.ask(self.people[who], Request::Away(Away::Away("out".into())));
            }
            21 if self.rng.chance(0.2) => {
                let bot = self.pick(BOTS.len());
                self.replace(bot);
            }
            22 if self.rng.chance(0.3) => self.lag(),
            23 | 24 => {
                // Mostly the one that can be.
                let public = self.rooms[0].filter(|_| self.rng.chance(0.8));
                self.follow(who, if public.is_some() { 0 } else { room }, public.unwrap_or(id));
            }
            _ => self.house.pass(500),
        }
        self.listen();
    }

    /// An account stays in a room that a session of it follows.
    fn is_followed_by_a_bot(&self, who: usize, room: RoomId) -> bool {
        let followers = self.house.followers(room);
        self.people[PEOPLE..].iter().zip(&BOTS).any(|(session, bot)| bot.of == who && followers.contains(session))
    }

    /// Nothing is committed for a while; until then all is as it was. Then everything is done, and what anyone is told must
    /// be theirs by what was before, what is after, or what came in between.
    fn lag(&mut self) {
        self.house.is_slow = true;
        let mut came = BTreeMap::new();
        for _ in 0..3 + self.pick(6) {
            let (who, room, other) = (self.anyone(), self.pick(ROOMS), self.pick(PEOPLE));
            let Some(id) = self.rooms[room] else { continue };
            let (session, name) = (self.people[who], format!("p{other}"));
            match self.pick(8) {
                0 | 1 if pair(room).is_none() => {
                    let since =
                        if ACCESS[room] == Access::Public { 0 } else { self.heads.get(&id).copied().unwrap_or(0) };
                    came.entry((Self::owner(who), id)).or_insert(RoomSeq(since));
                    let (name, password) = (room_name(room), secret("sesame"));
                    let from = From::Recent(1_000);
                    self.house.ask_without_answer(session, Request::Unlock { room: name, password, from });
                }
                2 => {
                    self.house.ask_without_answer(session, Request::Leave { room: id });
                    self.model.reads.remove(&(who, id));
                }
                3 => self.house.post_without_answer(session, id, Body::Act(Act::Kick { who: name })),
                4 => {
                    let until = Some(WallTime::from_unix_millis(self.house.now.wall.as_unix_millis() + 2_000));
                    self.house.post_without_answer(session, id, Body::Act(Act::Ban { who: name, until }));
                }
                5 => self.history(who, id),
                6 => self.search(who, room, id),
                _ => self.house.post_without_answer(session, id, text(&format!("{}late common", mark(room)))),
            }
            self.listen();
        }
        self.house.is_slow = false;
        self.house.settle();
        let after = self.stored_members();
        for (&key, &since) in after.iter().chain(&came) {
            let known = self.model.members.entry(key).or_insert(since);
            *known = (*known).min(since);
        }
        self.listen();
        self.model.members = after;
        *self.seen.entry("late").or_default() += 1;
    }

    /// Who is in which room by what is stored; the server says the same.
    fn stored_members(&mut self) -> BTreeMap<(usize, RoomId), RoomSeq> {
        let snapshot = self.house.store.snapshot().expect("readable");
        let number = |account: AccountId| {
            let account = snapshot.accounts.iter().find(|known| known.id == account).expect("an account");
            account.name.strip_prefix('p').and_then(|n| n.parse().ok())
        };
        let mut members = BTreeMap::new();
        for room in &snapshot.rooms {
            self.heads.insert(room.id, room.head.0);
            let known = &self.house.chat.tables.rooms.get(room.id).expect("it is there").state;
            let accounts = |room: &chinwag_store::Room| room.members.iter().map(|m| m.account).collect::<Vec<_>>();
            assert_eq!(accounts(room), accounts(known), "the server knows who is in");
            let ours =
                room.members.iter().filter_map(|member| Some(((number(member.account)?, room.id), member.since)));
            members.extend(ours.filter(|((_, room), _)| self.model.ids.contains_key(room)));
        }
        members
    }

    fn make(&mut self, who: usize, room: usize) {
        if let Some((one, other)) = pair(room) {
            let id = self.direct(one, other);
            self.rooms[room] = Some(id);
            self.model.ids.insert(id, room);
            self.model.members.extend([one, other].map(|who| ((who, id), RoomSeq(0))));
            return self.listen();
        }
        let password = (ACCESS[room] == Access::Password).then_some("sesame");
        let made = self.house.ask(self.people[who], create(&room_name(room), ACCESS[room], password));
        let id = room_of(made.expect("made")).id;
        self.rooms[room] = Some(id);
        self.model.ids.insert(id, room);
        self.model.members.insert((who, id), RoomSeq(0));
        self.listen();
    }

    /// Opens what two say to each other, or comes back to it.
    fn direct(&mut self, who: usize, other: usize) -> RoomId {
        let request = Request::Direct { to: format!("p{other}"), from: From::Recent(1_000) };
        room_of(self.house.ask(self.people[who], request).expect("open")).id
    }

    fn join(&mut self, who: usize, room: usize, id: RoomId) {
        if let Some((one, other)) = pair(room) {
            let to = if Self::owner(who) == one { other } else { one };
            if who >= PEOPLE && [one, other].contains(&Self::owner(who)) {
                let request = Request::Direct { to: format!("p{to}"), from: From::Recent(1_000) };
                let opened = self.house.ask(self.people[who], request);
                return assert_eq!(opened.is_ok(), self.may_enter(who, id), "as its token says");
            }
            let who = if to == one { other } else { one };
            assert_eq!(self.direct(who, to), id);
            *self.seen.entry("back with one").or_default() += 1;
            return;
        }
        let from = if self.rng.chance(0.5) {
            From::Recent(1_000)
        } else {
            From::After(chinwag_proto::wire::id::LogId(0), RoomSeq(0))
        };
        let (name, password) = (room_name(room), secret(if self.rng.chance(0.3) { "sesame" } else { "guess" }));
        let request = if self.rng.chance(0.3) {
            Request::Unlock { room: name, password, from }
        } else {
            Request::Join { room: name, from }
        };
        match self.house.ask(self.people[who], request) {
            Ok(Answer::Joined { room: info, after, .. }) => {
                assert!(after >= info.since, "what was said before is not for who came later");
                let since = if ACCESS[room] == Access::Public { RoomSeq(0) } else { info.head };
                let known = *self.model.members.entry((Self::owner(who), id)).or_insert(since);
                assert_eq!(info.since, known);
                assert!(self.may_enter(who, id), "as its token says");
                self.model.reads.remove(&(who, id));
                *self.seen.entry("joined").or_default() += 1;
            }
            Ok(other) => panic!("{other:?}"),
            Err(_) => {
                assert!(!self.is_in(who, id) || !self.may_enter(who, id), "a member is let in");
                *self.seen.entry("kept out").or_default() += 1;
            }
        }
    }

    /// Follows a room without entering it.
    fn follow(&mut self, who: usize, room: usize, id: RoomId) {
        let request = Request::Follow { room: room_name(room), from: From::Recent(1_000) };
        let is_named = pair(room).is_none();
        let is_member = self.is_in(who, id);
        match self.house.ask(self.people[who], request) {
            Ok(Answer::Joined { room: info, roster, .. }) => {
                assert!(is_named && if is_member { self.may_enter(who, id) } else { self.may_look(who, id) });
                if !is_member {
                    assert_eq!((info.standing != Standing::In(Role::Member), roster), (true, 0));
                    self.model.reads.insert((who, id));
                    *self.seen.entry("followed from outside").or_default() += 1;
                } else {
                    self.model.reads.remove(&(who, id));
                }
            }
            Ok(other) => panic!("{other:?}"),
            Err(_) => assert!(!is_named || !if is_member { self.may_enter(who, id) } else { self.may_look(who, id) }),
        }
    }

    /// What it is sent because it follows the room from outside.
    fn reads(&mut self, who: usize, room: RoomId, number: RoomSeq, entry: &[u8]) {
        assert!(
            self.model.reads.contains(&(who, room)),
            "p{who} was sent entry {number} of a room that it neither is in nor follows"
        );
        self.is_of(room, entry);
        *self.seen.entry("sent from outside").or_default() += 1;
    }

    fn post(&mut self, who: usize, id: RoomId, body: Body) -> bool {
        let stored = self.house.post(self.people[who], id, body);
        if let Ok(number) = stored {
            assert!(self.is_in(who, id) && self.has_scope(who, id, |bot| bot.write), "only members write");
            self.heads.insert(id, number.0);
        }
        stored.is_ok()
    }

    fn say(&mut self, who: usize, room: usize, id: RoomId) {
        let n = self.rng.below(1_000);
        let said = text(&format!("{}{n} common", mark(room)));
        let stored = self.post(who, id, said);
        *self.seen.entry(if stored { "said" } else { "not said" }).or_default() += 1;
    }

    fn some_entry(&mut self, id: RoomId) -> RoomSeq {
        let head = self.heads.get(&id).copied().unwrap_or(0);
        RoomSeq(self.rng.below(head + 2))
    }
}

#[test]
fn no_byte_of_a_room_reaches_anyone_outside_it() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..RUNS {
        let mut run = Run::new(seed);
        for _ in 0..STEPS {
            run.step();
        }
        for (what, count) in run.seen {
            *seen.entry(what).or_default() += count;
        }
    }
    // Few are banned who are no members.
    let enough = |what| if what == "follow ended" { 20 } else { 1_000 };
    let reached: BTreeSet<_> =
        seen.iter().filter(|&(what, &count)| count > enough(*what)).map(|(&what, _)| what).collect();
    let expected = [
        "back with one",
        "found",
        "found further on",
        "follow ended",
        "followed from outside",
        "history",
        "joined",
        "kept out",
        "late",
        "listed",
        "not said",
        "presence",
        "read from outside",
        "replaced",
        "said",
        "sent",
        "sent from outside",
    ];
    assert_eq!(reached, BTreeSet::from(expected), "every way was gone: {seen:?}");
}

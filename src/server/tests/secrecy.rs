//! Nothing of a room reaches anyone outside of it, whatever members and others do: random operations against a model that
//! knows who is in which room, and since when. Every text, topic and name carries the room that it belongs to.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::wire::message::{Act, Away, Position, Role, RoomKind, Standing};

use super::*;

const PEOPLE: usize = 6;
/// Five rooms with names, and what two pairs say to each other.
const ROOMS: usize = NAMED + PAIRS.len();
const NAMED: usize = 5;
const PAIRS: [(usize, usize); 2] = [(0, 1), (1, 2)];
/// Operations of one run,
const STEPS: usize = 4_000;
/// and runs: 200,000 operations.
const RUNS: u64 = 50;

/// What the model knows.
#[derive(Default)]
struct Model {
    /// Who is in a room, and the entry after which it may read.
    members: BTreeMap<(usize, RoomId), RoomSeq>,
    ids: BTreeMap<RoomId, usize>,
}

struct Run {
    house: House,
    people: Vec<SessionId>,
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
        Self {
            house,
            people,
            rng: Rng::from_seed(bytes),
            model: Model::default(),
            rooms: vec![None; ROOMS],
            heads: BTreeMap::new(),
            seen: BTreeMap::new(),
        }
    }

    fn pick(&mut self, below: usize) -> usize {
        usize::try_from(self.rng.below(below as u64)).expect("small")
    }

    fn is_in(&self, who: usize, room: RoomId) -> bool {
        self.model.members.contains_key(&(who, room))
    }

    fn step(&mut self) {
        let (who, room) = (self.pick(PEOPLE), self.pick(ROOMS));
        let Some(id) = self.rooms[room] else { return self.make(who, room) };
        let other = self.pick(PEOPLE);
        let name = format!("p{other}");
        match self.pick(22) {
            0 | 1 => self.join(who, room, id),
            2 => {
                let _ = self.house.ask(self.people[who], Request::Leave { room: id });
                // Of a direct log one only hears no more until one comes back.
                if pair(room).is_none() {
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
                assert_eq!(done.is_ok(), self.is_in(who, id), "marks are for members");
                let number = self.some_entry(id);
                let told = self.house.ask(self.people[who], Request::Delivery { room: id, number });
                assert!(told.is_err() || self.is_in(who, id), "receipts are for members");
            }
            20 => {
                self.house.receive(self.people[who], Channel::Typing(id), 0, &[0]);
                let _ = self.house.ask(self.people[who], Request::Away(Away::Away("out".into())));
            }
            _ => self.house.pass(500),
        }
        self.listen();
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
            let (who, to) = if who == one { (one, other) } else { (other, one) };
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
                let known = *self.model.members.entry((who, id)).or_insert(since);
                assert_eq!(info.since, known);
                *self.seen.entry("joined").or_default() += 1;
            }
            Ok(other) => panic!("{other:?}"),
            Err(_) => {
                assert!(!self.is_in(who, id), "a member is let in");
                *self.seen.entry("kept out").or_default() += 1;
            }
        }
    }

    fn post(&mut self, who: usize, id: RoomId, body: Body) -> bool {
        let stored = self.house.post(self.people[who], id, body);
        if let Ok(number) = stored {
            assert!(self.is_in(who, id), "only members write");
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

    fn history(&mut self, who: usize, id: RoomId) {
        let at = self.some_entry(id);
        let position = [
            Position::After(at),
            Position::Before(at),
            Position::Around(at),
            Position::Since(WallTime::from_unix_millis(0)),
        ][self.pick(4)];
        match self.house.ask_bulk(self.people[who], Request::History { room: id, position, count: 50 }) {
            Ok(Bulk::History { room, entries, .. }) => {
                for entry in entries {
                    self.may_see(who, room, entry.number, &entry.entry);
                    *self.seen.entry("history").or_default() += 1;
                }
            }
            Ok(other) => panic!("{other:?}"),
            Err(_) => assert!(!self.is_in(who, id)),
        }
    }

    fn search(&mut self, who: usize, room: usize, id: RoomId) {
        let within = self.rng.chance(0.5).then_some(id);
        let words = if self.rng.chance(0.5) { "common".to_owned() } else { format!("{}1", mark(room)) };
        let request = Request::Search { room: within, words, after: None, count: 50 };
        match self.house.ask_bulk(self.people[who], request) {
            Ok(Bulk::Found { hits, .. }) => {
                for hit in hits {
                    self.may_see(who, hit.room, hit.number, &hit.entry);
                    *self.seen.entry("found").or_default() += 1;
                }
            }
            Ok(other) => panic!("{other:?}"),
            Err(_) => assert!(within.is_some_and(|id| !self.is_in(who, id))),
        }
    }

    fn lists(&mut self, who: usize, id: RoomId) {
        let members = self.house.ask_bulk(self.people[who], Request::Members { room: id, after: String::new() });
        let is_named = pair(self.model.ids[&id]).is_none();
        assert!(members.is_err() || self.is_in(who, id), "who is in a room is for members");
        assert!(members.is_ok() || !is_named || !self.is_in(who, id), "and they are told");
        let Ok(Bulk::Rooms { rooms, .. }) =
            self.house.ask_bulk(self.people[who], Request::Rooms { after: String::new() })
        else {
            panic!("no list")
        };
        for listed in rooms {
            let at = (0..NAMED).find(|&room| room_name(room) == listed.name).expect("one of ours");
            let id = self.rooms[at].expect("made");
            let is_in = self.is_in(who, id);
            assert_eq!(listed.is_member, is_in);
            let is_invited = self
                .house
                .hall
                .rooms
                .get(id)
                .is_some_and(|room| room.invited.contains(&account(&self.house, self.people[who])));
            assert!(ACCESS[at] != Access::Private || is_in || is_invited, "a private room is not listed");
        }
        *self.seen.entry("listed").or_default() += 1;
    }

    /// Everything that anyone was told is of rooms that they are in.
    fn listen(&mut self) {
        for who in 0..PEOPLE {
            for told in self.house.heard(self.people[who]) {
                match told {
                    Told::Entry(room, number, entry) => {
                        assert!(self.is_in(who, room), "p{who} was sent entry {number} of a room that it is not in");
                        let entry = entry.map(|entry| entry.encode()).unwrap_or_default();
                        self.may_see(who, room, number, &entry);
                        *self.seen.entry("sent").or_default() += 1;
                    }
                    Told::Presence(room) | Told::Typing(room) => {
                        assert!(self.is_in(who, room), "p{who} hears who is in a room that it is not in");
                        *self.seen.entry("presence").or_default() += 1;
                    }
                    Told::Down(Down::Room(info)) => self.may_know(who, &info),
                    Told::Down(Down::Delivered { room, .. } | Down::Read { room, .. }) => {
                        assert!(self.is_in(who, room))
                    }
                    Told::Down(_) | Told::Bulk(_) | Told::Closed(..) => {}
                }
            }
        }
    }

    fn may_know(&self, who: usize, info: &RoomInfo) {
        let RoomKind::Named(_) = &info.kind else {
            return assert!(self.is_in(who, info.id) || !self.model.ids.contains_key(&info.id), "between others");
        };
        match info.standing {
            Standing::In(_) => assert!(self.is_in(who, info.id)),
            Standing::Invited | Standing::Out => {
                assert_eq!((info.topic.as_str(), info.head), ("", RoomSeq(0)), "no more than that it is so");
            }
        }
    }

    fn may_see(&self, who: usize, room: RoomId, number: RoomSeq, entry: &[u8]) {
        let since = self.model.members.get(&(who, room)).copied();
        assert!(since.is_some_and(|since| number > since), "p{who} sees {number} of {room}, a member since {since:?}");
        let Ok(entry) = Entry::decode(entry) else { return };
        if let Some(text) = entry.body.text() {
            let own = mark(self.model.ids[&room]);
            assert!(text.starts_with(&own), "{text} in the wrong room");
        }
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
    let reached: BTreeSet<_> = seen.iter().filter(|&(_, &count)| count > 1_000).map(|(&what, _)| what).collect();
    let expected =
        ["back with one", "found", "history", "joined", "kept out", "listed", "not said", "presence", "said", "sent"];
    assert_eq!(reached, BTreeSet::from(expected), "every way was gone: {seen:?}");
}

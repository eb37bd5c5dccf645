//! What a person asks for and is told, held against what it may know.

use super::*;

impl Run {
    pub(super) fn history(&mut self, who: usize, id: RoomId) {
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
                    self.may_find(who, room, entry.number, &entry.entry);
                    *self.seen.entry("history").or_default() += 1;
                }
            }
            Ok(other) => panic!("{other:?}"),
            // Whoever wants to leave is out before that is stored.
            Err(_) => assert!(self.house.is_slow || !self.may_read(who, id)),
        }
    }

    /// Searches page by page; also from where somebody else's search would go on.
    pub(super) fn search(&mut self, who: usize, room: usize, id: RoomId) {
        let within = self.rng.chance(0.5).then_some(id);
        let words = if self.rng.chance(0.5) { "common".to_owned() } else { format!("{}1", mark(room)) };
        let mut after = self.rng.chance(0.2).then(|| self.marks.last().copied()).flatten();
        let count = [1, 3, 50][self.pick(3)];
        for page in 0..4 {
            let request = Request::Search { room: within, words: words.clone(), after, count };
            match self.house.ask_bulk(self.people[who], request) {
                Ok(Bulk::Found { hits, next, .. }) => {
                    for hit in hits {
                        self.may_find(who, hit.room, hit.number, &hit.entry);
                        *self.seen.entry(if page == 0 { "found" } else { "found further on" }).or_default() += 1;
                    }
                    let Some(next) = next else { return };
                    assert!(after.is_none_or(|after| next < after), "it goes on");
                    self.marks.push(next);
                    after = Some(next);
                }
                Ok(other) => panic!("{other:?}"),
                Err(reason) => {
                    let reads = who < PEOPLE || BOTS[who - PEOPLE].read;
                    let is_refused = |id| self.house.is_slow || !self.may_read(who, id);
                    return assert!(!reads || within.is_some_and(is_refused), "p{who}: {reason:?}");
                }
            }
        }
    }

    pub(super) fn lists(&mut self, who: usize, id: RoomId) {
        let members = self.house.ask_bulk(self.people[who], Request::Members { room: id, after: String::new() });
        let is_named = pair(self.model.ids[&id]).is_none();
        assert!(members.is_err() || self.may_read(who, id), "who is in a room is for members");
        assert!(members.is_ok() || !is_named || !self.may_read(who, id), "and they are told");
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
            assert!(self.has_scope(who, id, |bot| bot.read), "a token names the rooms that it is for");
            let is_invited = self
                .house
                .chat
                .tables
                .rooms
                .get(id)
                .is_some_and(|room| room.state.is_invited(account(&self.house, self.people[who])));
            assert!(ACCESS[at] != Access::Private || is_in || is_invited, "a private room is not listed");
        }
        *self.seen.entry("listed").or_default() += 1;
    }

    /// Everything that anyone was told is of rooms that they are in.
    pub(super) fn listen(&mut self) {
        for who in 0..self.people.len() {
            for told in self.house.heard(self.people[who]) {
                match told {
                    Told::Entry(room, number, entry) => {
                        let entry = entry.map(|entry| entry.encode()).unwrap_or_default();
                        if self.may_read(who, room) {
                            self.may_see(who, room, number, &entry);
                            *self.seen.entry("sent").or_default() += 1;
                        } else {
                            self.reads(who, room, number, &entry);
                        }
                    }
                    Told::Down(Down::FollowEnded { room, .. }) => {
                        assert!(self.model.reads.remove(&(who, room)), "p{who} followed it");
                        *self.seen.entry("follow ended").or_default() += 1;
                    }
                    Told::Presence(room) | Told::Typing(room) => {
                        assert!(self.may_read(who, room), "p{who} hears who is in a room that it is not in");
                        *self.seen.entry("presence").or_default() += 1;
                    }
                    Told::Down(Down::Room(info)) => self.may_know(who, &info),
                    Told::Down(
                        Down::Delivered { room, .. } | Down::Read { room, .. } | Down::Unreadable { room, .. },
                    ) => {
                        assert!(self.is_in(who, room) && self.may_enter(who, room))
                    }
                    Told::Down(Down::Answer(_, Ok(Answer::Joined { room, .. }))) => {
                        self.model.reads.remove(&(who, room.id));
                        self.may_know(who, &room);
                    }
                    Told::Down(_) | Told::Bulk(_) | Told::Closed(..) => {}
                }
            }
        }
        for &(who, room) in &self.model.reads {
            assert!(self.may_look(who, room), "p{who} follows a room that it may not read any more");
        }
    }

    pub(super) fn may_know(&self, who: usize, info: &RoomInfo) {
        let RoomKind::Named(_) = &info.kind else {
            return assert!(
                self.is_in(who, info.id) && self.may_enter(who, info.id) || !self.model.ids.contains_key(&info.id),
                "between others"
            );
        };
        assert!(
            self.may_enter(who, info.id) || !self.model.ids.contains_key(&info.id),
            "a token is for its rooms only"
        );
        let reads = self.has_scope(who, info.id, |bot| bot.read);
        assert!(reads || info.topic.is_empty(), "what is said is not for who only writes");
        match info.standing {
            Standing::In(_) => assert!(self.is_in(who, info.id)),
            Standing::Invited | Standing::Out => {
                assert_eq!((info.topic.as_str(), info.head), ("", RoomSeq(0)), "no more than that it is so");
            }
        }
    }

    fn may_see(&self, who: usize, room: RoomId, number: RoomSeq, entry: &[u8]) {
        assert!(self.may_read(who, room), "a token is for its rooms only");
        let since = self.model.members.get(&(Self::owner(who), room)).copied();
        assert!(since.is_some_and(|since| number > since), "p{who} sees {number} of {room}, a member since {since:?}");
        self.is_of(room, entry);
    }

    /// What it gets because it asked for it.
    fn may_find(&mut self, who: usize, room: RoomId, number: RoomSeq, entry: &[u8]) {
        if self.may_read(who, room) {
            return self.may_see(who, room, number, entry);
        }
        assert!(self.may_look(who, room), "p{who} finds {number} of {room}, which it may not read");
        self.is_of(room, entry);
        *self.seen.entry("read from outside").or_default() += 1;
    }

    pub(super) fn is_of(&self, room: RoomId, entry: &[u8]) {
        let Ok(entry) = Entry::decode(entry) else { return };
        if let Some(text) = entry.body.text() {
            let own = mark(self.model.ids[&room]);
            assert!(text.starts_with(&own), "{text} in the wrong room");
        }
    }
}

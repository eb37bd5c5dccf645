//! Rooms come and go, and what is said in them is put where it belongs.

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Away, Body, Entry, RoomInfo, RoomKind, Standing, name};

use super::change::{Came, Change};
use super::desk::Desk;
use super::fold::{Line, What};
use super::mention::mentions;
use super::nearest::bare;
use super::remark::AboutRoom;
use super::room::{Incoming, Room};
use super::state::{ConnectionState, Shows};
use chinwag_client_core::{Command, Delivered, Start};

impl Desk {
    /// The rooms in the order in which they are shown: those with a name, then people; each by name.
    pub fn rooms(&self) -> impl Iterator<Item = (&str, &Room)> {
        let of = |direct: bool| self.rooms.iter().filter(move |(name, _)| name.starts_with('@') == direct);
        of(false).chain(of(true)).map(|(name, room)| (name.as_str(), room))
    }

    /// The room in view.
    #[must_use]
    pub fn in_view(&self) -> Option<&Room> {
        self.rooms.get(&self.room)
    }

    /// A room by its name as shown.
    #[must_use]
    pub fn room_named(&self, name: &str) -> Option<&Room> {
        self.rooms.get(name)
    }

    /// What a room is about; empty: nothing.
    #[must_use]
    pub fn topic(&self, name: &str) -> &str {
        self.infos.get(name).map_or("", |info| info.topic.as_str())
    }

    /// Whether what that person writes is not to be shown.
    #[must_use]
    pub fn is_ignored(&self, who: &str) -> bool {
        !self.ignored.is_empty() && self.ignored.contains(&name::fold(who))
    }

    /// Whether nothing that is said there rings or counts as unread.
    #[must_use]
    pub fn is_muted(&self, room: &str) -> bool {
        !self.muted.is_empty() && self.muted.contains(&name::fold(room))
    }

    /// Whether the user is away, and says so.
    #[must_use]
    pub const fn is_away(&self) -> bool {
        matches!(self.presence, Away::Away(_))
    }

    /// Looks at a room: what is typed goes there from now on. A person (`@ann`) or a room that is not followed is entered.
    pub fn look_at(&mut self, name: &str) {
        if self.room == name {
            return;
        }
        if !self.rooms.contains_key(name) {
            return self.enter_room(name);
        }
        self.goes_to(name);
    }

    /// Rooms that the account may enter and has not, by name.
    pub fn invitations(&self) -> impl Iterator<Item = &str> {
        let is_open = |name: &str, info: &RoomInfo| {
            info.standing == Standing::Invited && !self.rooms.get(name).is_some_and(|room| room.is_entered)
        };
        self.infos.iter().filter(move |(name, info)| is_open(name, info)).map(|(name, _)| name.as_str())
    }

    /// The account is in that room, or invited there.
    pub(super) fn is_known_room(&self, typed: &str) -> bool {
        let folded = name::fold(&format!("#{}", typed.trim_start_matches('#')));
        let is_it = |name: &String| name::fold(name) == folded;
        let is_entered = self.rooms.iter().any(|(name, room)| room.is_entered && is_it(name));
        let may_enter = |info: &RoomInfo| matches!(info.standing, Standing::In(_) | Standing::Invited);
        is_entered || self.infos.iter().any(|(name, info)| may_enter(info) && is_it(name))
    }

    /// What is typed goes there from now on. Gives the room's name as shown.
    pub(super) fn goes_to(&mut self, room: &str) -> String {
        if let Some(left) = self.rooms.get_mut(&self.room) {
            left.new_after = None;
        }
        let shown = if room.starts_with(['#', '@']) { room.to_owned() } else { format!("#{room}") };
        let folded = name::fold(&shown);
        // As it was spelled first.
        let known = self.rooms.keys().find(|name| name::fold(name) == folded).cloned();
        let left = std::mem::replace(&mut self.room, known.unwrap_or(shown));
        if left != self.room {
            self.drafts_follow(&left);
            self.came_from = left;
        }
        if let Some(room) = self.rooms.get_mut(&self.room) {
            room.new_after = (room.unread > 0).then_some(room.read);
        }
        self.room.clone()
    }

    /// The user looks at the end of the room in view, or does not: at another window, or at earlier messages.
    pub fn watched(&mut self, is_watched: bool) {
        self.is_watched = is_watched;
    }

    /// What there was to show is on the screen, or was printed: now it may be recorded.
    pub fn shown(&mut self) {
        let is_stream = self.manner.shows == Shows::Stream;
        for (name, room) in &mut self.rooms {
            let is_seen = is_stream || (self.is_watched && *name == self.room);
            // What is skipped in a stream was shown nowhere.
            let upto = if is_stream { room.came_upto } else { room.contiguous };
            let is_news = upto > room.held || (is_seen && upto > room.read);
            if is_seen {
                (room.unread, room.mentions) = (0, 0);
                room.read = room.read.max(upto);
            }
            if is_news {
                room.held = upto;
                let room = name.clone();
                self.commands.push_back(match is_seen {
                    true => Command::Shown { room, upto },
                    false => Command::Held { room, upto },
                });
            }
        }
    }

    /// The user has said something: nothing above it is new any more.
    pub(super) fn mark_spoken(&mut self) {
        if let Some(room) = self.rooms.get_mut(&self.room) {
            room.new_after = None;
        }
    }

    pub(super) fn room_mut(&mut self, name: &str) -> &mut Room {
        let shows = self.manner.shows;
        self.rooms.entry(name.to_owned()).or_insert_with(|| Room::new(shows))
    }

    /// What the server says of a room. Where all rooms are shown, all are followed.
    pub(super) fn informed(&mut self, name: String, info: RoomInfo) {
        let follows = self.shows_rooms()
            && matches!(info.standing, Standing::In(_))
            && !self.infos.contains_key(&name)
            && !self.rooms.contains_key(&name)
            && name.starts_with('#');
        if follows {
            self.command(Command::join(name.clone(), Start::CHAT));
        }
        if matches!(info.kind, RoomKind::Direct(..)) && !self.infos.contains_key(&name) {
            self.first_heads.insert(name.clone(), info.head);
        }
        self.infos.insert(name, info);
    }

    pub(super) fn joined(&mut self, name: String, after: RoomSeq, head: RoomSeq, skipped: u64) {
        self.standing.entering.remove(&bare(&name));
        self.standing.shut_out.take_if(|shut| *shut == bare(&name));
        if name::fold(&name) == name::fold(&self.room) && self.room != name {
            // As it was spelled first; what was told there meanwhile comes along.
            if let Some(typed) = self.rooms.remove(&self.room) {
                self.room_mut(&name).asides.extend(typed.asides);
            }
            let renamed = self.sending.pending.values_mut().filter(|pending| pending.room == self.room);
            renamed.for_each(|pending| pending.room.clone_from(&name));
            self.room.clone_from(&name);
        }
        // What is skipped does not come.
        self.nothing_comes(&name, after);
        let is_again = self.room_mut(&name).is_entered;
        let info = self.infos.get(&name);
        let read = info.map_or(RoomSeq(0), |info| info.read);
        let topic = info.map(|info| info.topic.clone()).unwrap_or_default();
        let is_muted = self.is_muted(&name);
        let is_stream = self.manner.shows == Shows::Stream;
        let first_head = self.first_heads.remove(&name);
        let room = self.room_mut(&name);
        room.begins(after, head, read);
        if is_muted {
            (room.unread, room.mentions) = (0, 0);
        }
        if !is_stream && !is_again && room.unread > 0 && after == head {
            // What was said while this device was not there is at hand before anyone asks who was meant.
            self.page(&name, after.next());
        }
        let room = self.room_mut(&name);
        room.is_entered = true;
        (room.is_asking_reach, room.reach_asks) = (false, 0);
        room.live_after = room.live_after.max(head);
        // Who begins a room with the user says something there before the user's device has entered it.
        let first_head = first_head.filter(|_| !is_again).unwrap_or(head);
        room.rings_after = room.rings_after.max(first_head.min(head));
        let unread = if !is_again && read > RoomSeq(0) { head.0.saturating_sub(read.0) } else { 0 };
        if let Some(shut) = self.standing.shut_out.as_ref().map(|shut| format!("#{shut}"))
            && self.shows_rooms()
            && name::fold(&self.room) != shut
        {
            self.not_entered(&shut);
        }
        self.ask_reach(&name);
        self.changed(Change::Joined { room: name.clone(), is_again, topic, skipped, unread });
        if !is_stream || (!is_again && name.starts_with('#')) {
            self.command(Command::Who { room: name });
        }
    }

    pub(super) fn out(&mut self, name: &str) {
        self.forget(name);
        self.remark(AboutRoom::Out(name.to_owned()));
    }

    pub(super) fn leave(&mut self, typed: String) {
        let folded = name::fold(&typed);
        let known = self.rooms.keys().chain(self.infos.keys()).find(|name| name::fold(name) == folded).cloned();
        // Before the login it may be one of the account's, of which nothing is known here yet.
        if known.is_none() && self.standing.connection == ConnectionState::Up {
            self.remark(AboutRoom::NotIn(typed));
            return self.not_done();
        }
        let is_in = known.is_some();
        let room = known.unwrap_or(typed);
        let is_declined = self.infos.get(&room).is_some_and(|info| info.standing == Standing::Invited);
        self.forget(&room);
        self.remark(match (is_declined, self.standing.connection) {
            (true, _) => AboutRoom::Declined(room.clone()),
            (false, ConnectionState::Up) => AboutRoom::Left(room.clone()),
            // Nothing is left before the server has heard of it.
            (
                false,
                ConnectionState::Connecting
                | ConnectionState::Suspect
                | ConnectionState::Lost
                | ConnectionState::Refused,
            ) => AboutRoom::WillLeave { room: room.clone(), is_in },
        });
        self.command(Command::Leave { room });
    }

    /// The user wanted to be in that room, and is not: what is typed goes nowhere until another one is chosen.
    pub(super) fn is_shut_out(&self, room: &str) -> bool {
        let is_entered = self.rooms.get(room).is_some_and(|room| room.is_entered);
        !is_entered && self.standing.shut_out.as_ref().is_some_and(|shut| !room.starts_with('@') && *shut == bare(room))
    }

    /// There is no room of that name, as far as the account may know. `meant` is the one that may be meant.
    pub(super) fn no_such_room(&mut self, room: &str, meant: Option<&str>) {
        self.remark(AboutRoom::NoSuchRoom { room: room.to_owned(), meant: meant.map(str::to_owned) });
        if self.manner.is_attended && self.composer().text().is_empty() {
            // Enter does it, and whatever else is typed takes its place.
            let line = meant.map_or_else(|| format!("/create {room}"), |meant| format!("/join #{meant}"));
            self.composer_mut().give_back(&line);
        }
    }

    /// It could not be entered.
    pub(super) fn not_entered(&mut self, typed: &str) {
        let folded = name::fold(typed);
        let name = self.rooms.keys().chain([&self.room]).find(|name| name::fold(name) == folded).cloned();
        let is_entered = |name: &String| self.rooms.get(name).is_some_and(|room| room.is_entered);
        if let Some(name) = name.filter(|name| !is_entered(name))
            && self.rooms.values().any(|room| room.is_entered)
        {
            self.forget(&name);
        }
    }

    /// Nothing is known of a room any more. Where one room is looked at, that is another one now.
    fn forget(&mut self, name: &str) {
        self.infos.remove(name);
        self.first_heads.remove(name);
        self.rooms.remove(name);
        self.nothing_comes(name, RoomSeq(u64::MAX));
        if self.shows_rooms() && self.room == name {
            let came_from = self.rooms.contains_key(&self.came_from).then(|| self.came_from.clone());
            let next = came_from.or_else(|| self.rooms().next().map(|(name, _)| name.to_owned()));
            next.iter().for_each(|next| drop(self.goes_to(next)));
            if next.is_some() {
                self.take_away(name);
            }
        }
    }

    pub(super) fn reset(&mut self, name: &str, back_to: Option<RoomSeq>) {
        let waiting: Vec<_> = self.room_mut(name).timeline.flush().collect();
        waiting.into_iter().for_each(|(number, incoming)| self.put(name, number, number, incoming));
        let shows = self.manner.shows;
        self.rooms.insert(name.to_owned(), Room::new(shows));
        self.nothing_comes(name, RoomSeq(u64::MAX));
        self.remark(AboutRoom::Reset(name.to_owned(), back_to));
    }

    pub(super) fn entry(&mut self, name: &str, number: RoomSeq, contiguous_upto: RoomSeq, incoming: Incoming) {
        if self.shows_rooms() {
            return self.put(name, number, contiguous_upto, incoming);
        }
        // What was shown stays as it is, so nothing is shown above it.
        let entries: Vec<_> = self.room_mut(name).timeline.push(number, contiguous_upto, incoming).collect();
        entries.into_iter().for_each(|(number, incoming)| self.put(name, number, number, incoming));
    }

    /// Puts an entry where it belongs.
    fn put(&mut self, name: &str, number: RoomSeq, contiguous_upto: RoomSeq, incoming: Incoming) {
        let Incoming { entry, own, is_ignored } = incoming;
        if own {
            self.account = Some(entry.author);
        }
        if let (Body::Topic(topic), Some(info)) = (&entry.body, self.infos.get_mut(name))
            && number > info.head
        {
            info.topic.clone_from(topic);
        }
        let is_seen = self.is_watched && name == self.room;
        let is_meant = self.is_meant(name, entry.body.text().unwrap_or_default());
        self.room_mut(name).extends(contiguous_upto);
        let is_muted = self.is_muted(name);
        let room = self.room_mut(name);
        let counts = !is_muted && is_message(&entry) && !own && !is_ignored && number > room.read;
        let is_live = number > room.rings_after.max(room.read);
        room.came_upto = room.came_upto.max(number);
        let about = room.messages.about(&entry.body).cloned();
        room.messages.put(number, entry.clone());
        let upto = room.contiguous;
        self.came(name, number, upto, own && is_message(&entry));
        let room = self.room_mut(name);
        if counts {
            room.unread += 1;
            room.mentions += u64::from(is_meant);
            if !is_seen && room.new_after.is_none() && name == self.room {
                let room = self.room_mut(name);
                room.new_after = Some(room.messages.before(number).unwrap_or(RoomSeq(0)));
            }
        }
        if own && !is_live {
            self.ask_reach(name);
        }
        let room = name.to_owned();
        self.changed(Change::Entry(Box::new(Came { room, number, entry, about, is_own: own, is_ignored, is_live })));
        self.tell_untold(name);
    }

    /// Whether a message of that person in that room rings, which is said to the user or not.
    #[must_use]
    pub fn rings(&self, room: &str, who: &str, is_meant: bool) -> bool {
        !self.is_muted(room) && self.rules.ring(room, who, is_meant)
    }

    /// Whether a text in that room is said to the user: by name, or to nobody else.
    #[must_use]
    pub fn is_meant(&self, room: &str, text: &str) -> bool {
        room.starts_with('@') || !mentions(text, &self.name).is_empty()
    }

    /// Counts anew what is unread of a room.
    pub(super) fn count(&mut self, name: &str) {
        let Some(room) = self.rooms.get(name) else { return };
        let is_muted = self.is_muted(name);
        let others = |line: &Line| Some(line.author) != self.account && line.name != self.name;
        let text = |line: &Line| match &line.what {
            What::Text(text, _) if others(line) && !self.is_ignored(&line.name) => Some(self.is_meant(name, text)),
            What::Text(..) | What::Deleted | What::Topic(_) | What::Act(_) => None,
        };
        let new = room.messages.lines().rev().take_while(|(number, _)| !is_muted && *number > room.read);
        let (unread, mentions) = new
            .filter_map(|(_, line)| text(line))
            .fold((0, 0), |(unread, mentions), is_meant| (unread + 1, mentions + u64::from(is_meant)));
        if let Some(room) = self.rooms.get_mut(name) {
            (room.unread, room.mentions) = (unread, mentions);
        }
    }

    /// The account has read a room up to here, on another device.
    pub(super) fn read_elsewhere(&mut self, name: &str, upto: RoomSeq) {
        if let Some(room) = self.rooms.get_mut(name) {
            room.read = room.read.max(upto);
            self.count(name);
        }
    }

    /// How far one of the user's last messages got.
    pub(super) fn delivered(&mut self, delivered: Delivered) {
        let Some(room) = self.rooms.get_mut(&delivered.room) else { return };
        room.reached(delivered.number, delivered.reach);
        self.changed(Change::Delivered(delivered));
    }
}

impl Room {
    /// It was entered: what comes now comes after `after`.
    fn begins(&mut self, after: RoomSeq, head: RoomSeq, read: RoomSeq) {
        self.spans.add(after.next(), after);
        self.contiguous = self.contiguous.max(after);
        self.read = self.read.max(read);
        if !self.is_entered {
            // Until the messages are there and can be counted.
            self.unread = if self.read.0 == 0 { 0 } else { head.0.saturating_sub(self.read.0) };
            self.new_after = (self.unread > 0).then_some(self.read);
        }
    }

    fn extends(&mut self, contiguous_upto: RoomSeq) {
        if contiguous_upto > self.contiguous {
            self.spans.add(self.contiguous.next(), contiguous_upto);
            self.contiguous = contiguous_upto;
        }
    }
}

fn is_message(entry: &Entry) -> bool {
    matches!(entry.body, Body::Text(_) | Body::Reply { .. })
}

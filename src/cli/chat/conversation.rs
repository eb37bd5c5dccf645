//! What is said and what comes of it: rooms, the messages on their way, and what the client tells.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chinwag_proto::limits::TEXT_MAX_LEN;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{AccountId, RoomSeq};
use chinwag_proto::wire::message::{Away, Body, Entry, Reach, Refusal, RoomInfo, name};

use crate::client::{Command, Connection, Messages, Notice, Present, Start, Timeline};
use crate::drive::Clock;
use crate::render::{render_lines, render_text};

use super::super::entry::{self, Told};
use super::super::failure::Failure;
use super::super::session::{Session, Word};
use super::super::{clock_time, words};
use super::answers::{Asked, NextPage};
use super::asking::{For, Question};
use super::screen::{Said, Screen};

/// Messages remembered of each room, so that they can be answered and what is about them can be told.
const REMEMBERED: usize = 1_000;
/// Nobody seems to be there when nothing was typed for so long.
const IDLE_AFTER: Duration = Duration::from_secs(5 * 60);
/// Enough of one's own message to know it again.
const SHOWN: usize = 200;

/// A conversation in one or more rooms.
pub(super) struct Conversation {
    /// Its connection.
    pub(super) session: Session,
    pub(super) clock: Clock,
    /// The user's account, once something of it was seen.
    pub(super) account: Option<AccountId>,
    /// Names (folded) that are ignored.
    pub(super) ignored: BTreeSet<String>,
    /// What the others are told of the user.
    pub(super) presence: Away,
    /// When a key was pressed last.
    touched: Instant,
    /// A password is asked for.
    pub(super) question: Option<Question>,
    /// What the server was asked for, by tag.
    pub(super) asked: BTreeMap<u64, Asked>,
    /// Where the next pages of what was shown begin.
    pub(super) next_page: NextPage,
    /// Where what is typed goes: `#lobby`, `@ann`.
    room: String,
    /// Rooms that were entered, by their names as shown.
    rooms: BTreeMap<String, Room>,
    /// What the server says of rooms.
    infos: BTreeMap<String, RoomInfo>,
    /// Messages that the server has not answered yet.
    pending: BTreeMap<u64, Pending>,
    last_tag: u64,
    /// Answers, and lines that need none, since they were last taken.
    answered: usize,
    /// Messages that the server refused, and lines that can't be done.
    failed: usize,
    /// What goes to the screen next, and is to be recorded after that.
    showing: BTreeMap<String, RoomSeq>,
    /// The user wanted to go while something was pending.
    asked_to_go: bool,
}

/// A room that is followed.
struct Room {
    timeline: Timeline<Incoming>,
    messages: Messages,
    /// What comes after this one is said now.
    live_after: RoomSeq,
    /// The last message of which it was told how far it got.
    reached: Option<(RoomSeq, Reach)>,
}

/// An entry that came, and waits for its turn.
struct Incoming {
    entry: Entry,
    own: bool,
    is_ignored: bool,
}

/// A message on its way.
struct Pending {
    text: String,
    /// It is in this device's outbox: if this program ends, another one sends it.
    is_kept: bool,
    /// The user knows that it is not stored yet.
    told: bool,
}

/// Whether the conversation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    GoOn,
    End,
}

impl Conversation {
    /// Enters a room and begins.
    pub(super) fn begin(session: Session, room: &str) -> Self {
        let clock = Clock::start();
        let mut begun = Self {
            ignored: session.ignored(),
            session,
            clock,
            presence: Away::Here,
            touched: clock.mono(),
            account: None,
            question: None,
            asked: BTreeMap::new(),
            next_page: NextPage::default(),
            room: String::new(),
            rooms: BTreeMap::new(),
            infos: BTreeMap::new(),
            pending: BTreeMap::new(),
            last_tag: 0,
            answered: 0,
            failed: 0,
            showing: BTreeMap::new(),
            asked_to_go: false,
        };
        begun.join(room);
        begun
    }

    /// Where what is typed goes.
    pub(super) fn room(&self) -> &str {
        &self.room
    }

    /// What is remembered of a room.
    pub(super) fn messages(&self, room: &str) -> Option<&Messages> {
        self.rooms.get(room).map(|room| &room.messages)
    }

    /// The user is someone on this server.
    pub(super) fn account_is_known(&self) -> bool {
        self.session.was_up()
    }

    /// A new number, for what the client is asked.
    pub(super) fn next_tag(&mut self) -> u64 {
        self.last_tag += 1;
        self.last_tag
    }

    /// A message is on its way from now on. Gives its number.
    pub(super) fn pends(&mut self, body: &Body) -> u64 {
        let tag = self.next_tag();
        let text = body.text().map_or_else(|| what_it_does(body), str::to_owned);
        self.pending.insert(tag, Pending { text, is_kept: false, told: false });
        self.asked_to_go = false;
        tag
    }

    /// The user has touched the keyboard.
    pub(super) fn touched(&mut self) {
        self.touched = self.clock.mono();
        if self.presence == Away::Idle {
            self.tell_presence(Away::Here);
        }
    }

    /// How long until nobody seems to be there; `None`: that was told.
    pub(super) fn idle_in(&self) -> Option<Duration> {
        (self.presence == Away::Here).then(|| IDLE_AFTER.saturating_sub(self.clock.mono() - self.touched))
    }

    /// Nobody seems to be there.
    pub(super) fn idle(&mut self) {
        self.tell_presence(Away::Idle);
    }

    fn tell_presence(&mut self, presence: Away) {
        self.session.command(Command::Away(presence.clone()));
        self.presence = presence;
    }

    /// The user types.
    pub(super) fn typing(&self) {
        self.session.command(Command::Typing { room: self.room.clone() });
    }

    /// The user wants to go: at once if nothing is lost by that, at the second time otherwise.
    pub(super) fn quit(&mut self, screen: &mut Screen) -> Next {
        let is_lost = self.pending.values().any(|pending| !pending.is_kept);
        if is_lost && !std::mem::replace(&mut self.asked_to_go, true) && screen.is_at_terminal() {
            screen.trouble(&format!("{}; once more to go without", self.unsaid()));
            return Next::GoOn;
        }
        if !self.pending.is_empty() {
            screen.trouble(&self.unsaid());
        }
        Next::End
    }

    /// Takes what the client tells.
    pub(super) fn notice(&mut self, notice: Notice, screen: &mut Screen) -> Result<Next, Failure> {
        match notice {
            Notice::Connection(connection) => self.connection(&connection, screen)?,
            Notice::Joined { name, head, skipped, .. } => self.joined(name, head, skipped, screen),
            Notice::Denied { request, reason } => {
                screen.trouble(&format!("{}: {}", render_text(&request), words::refusal(reason)));
                let locked = request.strip_prefix("join ").filter(|_| reason == Refusal::RoomPasswordNeeded);
                if let Some(room) = locked.filter(|_| screen.is_at_terminal()) {
                    self.ask_for(For::Unlock(room.to_owned()), screen);
                }
            }
            Notice::HistoryReset { name } => self.reset(&name, screen),
            Notice::Entry { name, number, contiguous_upto, own, is_ignored, entry, .. } => {
                let incoming = Incoming { entry, own, is_ignored };
                let room = self.rooms.entry(name.clone()).or_default();
                let entries = room.timeline.push(number, contiguous_upto, incoming).collect();
                self.show(&name, entries, screen);
            }
            // Whoever one has a private talk with is mostly in a common room too: said once is enough.
            Notice::Presence { room, .. } if room.starts_with('@') && room != self.room => {}
            Notice::Presence { room, who, before, now, status } => {
                if let Some(what) = words::presence(before, now) {
                    let place = if room == self.room { String::new() } else { format!("{}: ", render_text(&room)) };
                    screen.event(&format!("{place}{} {what}{}", render_text(&who), words::status(&status)));
                }
            }
            Notice::Roster { room, who } => {
                let names: Vec<String> = who.iter().map(present).collect();
                screen.event(&format!("in {}: {}", render_text(&room), names.join(", ")));
            }
            Notice::Typing { room, who, is_typing } => screen.typing(&room, &who, is_typing),
            Notice::Queued { tag, is_offline } => self.queued(tag, is_offline, screen),
            Notice::NotKept { tag } => {
                if let Some(pending) = self.pending.get_mut(&tag) {
                    pending.told = true;
                    let text = beginning(&pending.text);
                    screen.trouble(&format!("NOT KEPT on this device (see the log), but on its way: {text}"));
                }
            }
            Notice::Kept { room, body, answer } => match self.session.kept_answered(&room, &body, answer) {
                Word::News(said) => screen.news(&said),
                Word::Trouble(said) => screen.trouble(&said),
            },
            Notice::Stored { tag, .. } => self.answer(tag),
            Notice::Refused { tag, reason } => {
                if let Some(pending) = self.pending.get(&tag) {
                    let text = render_lines(&pending.text, "   ");
                    screen.trouble(&format!("NOT DELIVERED ({}): {text}", words::refusal(reason)));
                    self.failed += 1;
                }
                self.answer(tag);
            }
            Notice::Delivered { room, number, reach } => self.delivered(&room, number, reach, screen),
            Notice::Room { name, info } => drop(self.infos.insert(name, info)),
            Notice::Invited { name } => {
                let name = render_text(&name).into_owned();
                screen.event(&format!("you are invited to {name}: /join {name}"));
            }
            Notice::Out { name } => {
                self.rooms.remove(&name);
                screen.event(&format!("you are not in {} any more", render_text(&name)));
            }
            Notice::Answered { tag, result } => self.replied(tag, result, screen),
            // Line mode shows no counts of what is unread.
            Notice::Read { .. } => {}
            Notice::Stopped => return Ok(Next::End),
        }
        Ok(Next::GoOn)
    }

    /// What was given to the screen is on it: now it may be recorded.
    pub(super) fn shown(&mut self) {
        for (room, upto) in std::mem::take(&mut self.showing) {
            self.session.command(Command::Shown { room, upto });
        }
    }

    /// Some message has been on its way for a moment, and nobody told the user.
    pub(super) fn has_hidden_pending(&self) -> bool {
        self.pending.values().any(|pending| !pending.told)
    }

    /// Tells the user what is on its way.
    pub(super) fn show_pending(&mut self, screen: &mut Screen) {
        for pending in self.pending.values_mut().filter(|pending| !pending.told) {
            pending.told = true;
            screen.news(&format!("on its way: {}", beginning(&pending.text)));
        }
    }

    /// How many lines were done with since the last time.
    pub(super) fn take_answered(&mut self) -> usize {
        std::mem::take(&mut self.answered)
    }

    /// The server has answered every message.
    pub(super) fn all_is_said(&self) -> bool {
        self.pending.is_empty()
    }

    /// The server has answered everything.
    pub(super) fn all_is_answered(&self) -> bool {
        self.pending.is_empty() && self.asked.is_empty()
    }

    /// Messages that the server refused, and lines that can't be done.
    pub(super) fn failed(&self) -> usize {
        self.failed
    }

    /// A line was dealt with.
    pub(super) fn done(&mut self) {
        self.answered += 1;
    }

    /// A line can't be done here.
    pub(super) fn not_done(&mut self) {
        self.failed += 1;
    }

    /// A line of stdin that can't be a message.
    pub(super) fn not_taken(&mut self, why: &str, screen: &mut Screen) {
        screen.trouble(why);
        self.failed += 1;
        self.answered += 1;
    }

    /// What is not stored yet.
    pub(super) fn unsaid(&self) -> String {
        let is_kept = self.pending.values().all(|pending| pending.is_kept);
        let kept = if is_kept { "; kept here, and sent by the next chinwag that connects" } else { "" };
        match self.pending.len() {
            0 => String::new(),
            1 => format!("one message is not stored yet{kept}"),
            more => format!("{more} messages are not stored yet{kept}"),
        }
    }

    /// Enters a room, or goes back to it; what is typed goes there from now on.
    pub(super) fn join(&mut self, room: &str) {
        let room = self.goes_to(room);
        self.session.command(Command::Join { room, start: Start::CHAT });
    }

    /// What is typed goes there from now on. Gives the room's name as shown.
    pub(super) fn goes_to(&mut self, room: &str) -> String {
        self.room = if room.starts_with(['#', '@']) { room.to_owned() } else { format!("#{room}") };
        self.room.clone()
    }

    pub(super) fn leave(&mut self, room: String, screen: &mut Screen) {
        self.rooms.remove(&room);
        screen.news(&format!("left {}", render_text(&room)));
        self.session.command(Command::Leave { room });
    }

    fn connection(&mut self, connection: &Connection, screen: &mut Screen) -> Result<(), Failure> {
        match self.session.connection(connection)? {
            Some(Word::News(said)) => screen.news(&said),
            Some(Word::Trouble(said)) => screen.trouble(&said),
            None => {}
        }
        Ok(())
    }

    fn queued(&mut self, tag: u64, is_offline: bool, screen: &mut Screen) {
        if let Some(pending) = self.pending.get_mut(&tag) {
            pending.is_kept = true;
            if is_offline {
                pending.told = true;
                screen.trouble(&format!("queued until there is a connection: {}", beginning(&pending.text)));
            }
        }
    }

    fn answer(&mut self, tag: u64) {
        if self.pending.remove(&tag).is_some() {
            self.answered += 1;
        }
    }

    fn joined(&mut self, name: String, head: RoomSeq, skipped: u64, screen: &mut Screen) {
        let again = self.rooms.contains_key(&name);
        if name::fold(&name) == name::fold(&self.room) {
            // As it was spelled first.
            self.room.clone_from(&name);
        }
        if skipped > 0 {
            screen.event(&format!("{}: {skipped} older messages are skipped", render_text(&name)));
        }
        let topic = self.infos.get(&name).map(|info| info.topic.as_str()).filter(|topic| !topic.is_empty());
        if let Some(topic) = topic.filter(|_| !again) {
            screen.event(&format!("{}: {}", render_text(&name), render_text(topic)));
        }
        let read = self.infos.get(&name).map_or(RoomSeq(0), |info| info.read);
        if !again && read > RoomSeq(0) && read < head {
            let unread = head.0 - read.0;
            screen.event(&format!("{}: {unread} new since you read last, on whatever device", render_text(&name)));
        }
        let room = self.rooms.entry(name.clone()).or_default();
        room.live_after = room.live_after.max(head);
        if !again && name.starts_with('#') {
            self.session.command(Command::Who { room: name });
        }
    }

    fn reset(&mut self, name: &str, screen: &mut Screen) {
        let waiting = self.rooms.entry(name.to_owned()).or_default().timeline.flush().collect();
        self.show(name, waiting, screen);
        self.rooms.insert(name.to_owned(), Room::default());
        screen.trouble(&format!("the history of {} was reset on the server", render_text(name)));
    }

    fn show(&mut self, name: &str, entries: Vec<(RoomSeq, Incoming)>, screen: &mut Screen) {
        let place = if name == self.room { String::new() } else { format!("[{}] ", render_text(name)) };
        let Some(room) = self.rooms.get_mut(name) else { return };
        for (number, Incoming { entry, own, is_ignored }) in entries {
            if own {
                self.account = Some(entry.author);
            }
            if !is_ignored {
                let before = format!("{} {place}", clock_time(entry.at));
                match entry::tell(&entry, &room.messages) {
                    Told::Said(text) => screen.message(&Said {
                        before: &before,
                        number,
                        name: &render_text(&entry.name),
                        text: &text,
                        whom: (!own).then_some(&*self.session.name),
                        is_live: number > room.live_after && !own,
                        is_direct: name.starts_with('@'),
                    }),
                    Told::Done(text) => screen.event(&format!("{before}{text}")),
                }
            }
            room.messages.put(number, entry);
            self.showing.insert(name.to_owned(), number);
        }
    }

    /// How far the user's last direct message got, once for each step.
    fn delivered(&mut self, name: &str, number: RoomSeq, reach: Reach, screen: &mut Screen) {
        let Some(account) = self.account.filter(|_| name.starts_with('@')) else { return };
        let Some(room) = self.rooms.get_mut(name) else { return };
        if room.messages.last_of(account) != Some(number)
            || room.reached == Some((number, reach))
            || reach.delivered == 0
        {
            return;
        }
        room.reached = Some((number, reach));
        let who = render_text(name.trim_start_matches('@')).into_owned();
        let what = if reach.read > 0 { format!("✓✓ {who} has read it") } else { format!("✓ {who} has it") };
        screen.news(&what);
    }
}

impl Default for Room {
    fn default() -> Self {
        let (timeline, messages) = (Timeline::new(), Messages::new(REMEMBERED));
        Self { timeline, messages, live_after: RoomSeq(0), reached: None }
    }
}

fn present(present: &Present) -> String {
    let (state, says) = (words::state(present.presence), words::status(&present.status));
    format!("{}{state}{says}", render_text(&present.name))
}

/// What to say of a message that is too long.
pub(super) fn too_long(len: usize) -> String {
    format!("a message of {len} octets is longer than one may be ({TEXT_MAX_LEN}); send it in parts")
}

/// What something does that says nothing, as the user typed it.
fn what_it_does(body: &Body) -> String {
    match body {
        Body::Delete { of } => format!("/delete {of}"),
        Body::React { to, emoji, is_set: true } => format!("/react {to} {emoji}"),
        Body::React { to, emoji, is_set: false } => format!("/react {to} -{emoji}"),
        Body::Topic(topic) => format!("/topic {topic}"),
        Body::Act(act) => format!("you {}", entry::done(act)),
        Body::Text(text) | Body::Reply { text, .. } | Body::Edit { text, .. } => text.clone(),
    }
}

/// Enough of one's own message to know it again.
fn beginning(text: &str) -> String {
    entry::beginning(text, SHOWN)
}

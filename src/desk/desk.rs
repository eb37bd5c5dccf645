//! A conversation in one or more rooms: what is known of it, and what is asked first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use chinwag_proto::time::{Instant, Now};
use chinwag_proto::wire::id::{AccountId, RoomSeq};
use chinwag_proto::wire::message::{Away, RoomInfo};

use super::asked::Questions;
use super::change::Change;
use super::drafts::Drafts;
use super::nearest::bare;
use super::pending::Sending;
use super::question::Question;
use super::remark::Typed;
use super::ring::Rules;
use super::room::Room;
use super::state::{Calendar, ConnectionState, Manner, Next, Shows, Standing};
use chinwag_client_core::{Command, Connection, Entering, Quality, Start};

/// Nobody seems to be there when nothing was typed for so long.
const IDLE_AFTER: Duration = Duration::from_secs(5 * 60);

/// Who spoke in so many of the last messages is likelier to be meant.
const RECENT_LINES: usize = 200;

/// Where every chat begins: whoever names it means it, even where it is not there yet.
pub const LOBBY: &str = "lobby";

/// A conversation in one or more rooms.
#[derive(Debug)]
pub struct Desk {
    pub(super) manner: Manner,
    pub(super) calendar: Calendar,
    /// The time of the last input.
    pub(super) now: Now,
    /// The account's name.
    pub(super) name: String,
    /// The server's name.
    pub(super) server: String,
    /// How the user stands with the server.
    pub(super) standing: Standing,
    /// The user's account, once something of it was seen.
    pub(super) account: Option<AccountId>,
    /// Names (folded) that are ignored.
    pub(super) ignored: BTreeSet<String>,
    /// Rooms (folded) that are muted here.
    pub(super) muted: BTreeSet<String>,
    /// What the others are told of the user.
    pub(super) presence: Away,
    /// When a key was pressed last.
    pub(super) touched: Instant,
    /// What is asked: the user, and the server.
    pub(super) questions: Questions,
    /// Where what is typed goes: `#lobby`, `@ann`.
    pub(super) room: String,
    /// What is typed in rooms.
    pub(super) drafts: Drafts,
    /// Where the user was before.
    pub(super) came_from: String,
    /// The user looks at the room in view, at its end.
    pub(super) is_watched: bool,
    /// Rooms that were entered, by their names as shown.
    pub(super) rooms: BTreeMap<String, Room>,
    /// What the server says of rooms.
    pub(super) infos: BTreeMap<String, RoomInfo>,
    /// The last entry of each room with one person when it was heard of first.
    pub(super) first_heads: BTreeMap<String, RoomSeq>,
    /// What is on its way.
    pub(super) sending: Sending,
    /// How often the user used each emoji.
    pub(super) emoji: BTreeMap<String, u32>,
    /// Who comes and goes is said.
    pub(super) says_arrivals: bool,
    /// What is told of as it comes.
    pub(super) rules: Rules,
    pub(super) changes: Vec<Change>,
    pub(super) commands: VecDeque<Command>,
}

impl Desk {
    /// A desk in one room, which is entered if it is there; the lobby is made where it is not. `ignored` are folded names.
    #[must_use]
    pub fn new(
        manner: Manner,
        name: &str,
        ignored: BTreeSet<String>,
        room: &str,
        calendar: Calendar,
        now: Now,
    ) -> Self {
        let mut desk = Self {
            manner,
            calendar,
            now,
            name: name.to_owned(),
            server: String::new(),
            standing: Standing::default(),
            account: None,
            ignored,
            muted: BTreeSet::new(),
            presence: Away::Here,
            touched: now.mono,
            questions: Questions::default(),
            room: String::new(),
            drafts: Drafts::default(),
            came_from: String::new(),
            is_watched: true,
            rooms: BTreeMap::new(),
            infos: BTreeMap::new(),
            first_heads: BTreeMap::new(),
            sending: Sending::default(),
            emoji: BTreeMap::new(),
            says_arrivals: true,
            rules: Rules::default(),
            changes: Vec::new(),
            commands: VecDeque::new(),
        };
        if desk.is_sure(room) {
            desk.join(room);
        } else {
            desk.enter_room(room);
        }
        desk
    }

    /// The room in which the desk begins is made where it is not there.
    pub fn make_first(&mut self) {
        for command in &mut self.commands {
            if let Command::Join { entering: entering @ Entering::Existing, .. } = command {
                *entering = Entering::Open;
            }
        }
    }

    /// What rings from now on.
    pub fn ring_by(&mut self, rules: Rules) {
        self.rules = rules;
    }

    /// Rooms (folded) in which nothing rings or counts as unread, by the record of this device.
    pub fn mute(&mut self, rooms: BTreeSet<String>) {
        self.muted = rooms;
    }

    /// Sets the time. To be called before anything else is told.
    pub fn at(&mut self, now: Now) {
        self.now = now;
    }

    /// What the client is to do.
    pub fn take_commands(&mut self) -> VecDeque<Command> {
        std::mem::take(&mut self.commands)
    }

    /// What the user wants of servers, which the owner of the connection knows: to read of them (an empty name), or to go to
    /// this one.
    pub fn take_server(&mut self) -> Option<String> {
        self.questions.server.take()
    }

    /// The account's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's name; empty before the first login.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// How many passwords were asked for up to now: whether the question is still the one from before.
    #[must_use]
    pub const fn asked_for(&self) -> u64 {
        self.questions.opened
    }

    /// How the connection stands.
    #[must_use]
    pub const fn connection_state(&self) -> ConnectionState {
        self.standing.connection
    }

    /// How good the link is, while it stands.
    #[must_use]
    pub fn quality(&self) -> Option<Quality> {
        self.standing.quality.filter(|_| self.standing.connection == ConnectionState::Up)
    }

    /// The user's clock.
    #[must_use]
    pub const fn calendar(&self) -> Calendar {
        self.calendar
    }

    /// The user's account, once something of it was seen.
    #[must_use]
    pub const fn account(&self) -> Option<AccountId> {
        self.account
    }

    /// Where what is typed goes.
    #[must_use]
    pub fn room(&self) -> &str {
        &self.room
    }

    /// Whom the user may mean: those who spoke last in the room in view, then those who are there.
    #[must_use]
    pub fn people(&self) -> Vec<String> {
        let Some(room) = self.in_view() else { return Vec::new() };
        let spoke = room.messages.lines().rev().take(RECENT_LINES).map(|(_, line)| &line.name);
        let mut seen = BTreeSet::from([self.name.as_str()]);
        let all = spoke.chain(room.roster.keys());
        all.filter(|name| seen.insert(name)).cloned().collect()
    }

    /// How often the user used each emoji on this device.
    #[must_use]
    pub const fn emoji_used(&self) -> &BTreeMap<String, u32> {
        &self.emoji
    }

    /// The password that is asked for.
    #[must_use]
    pub const fn question(&self) -> Option<&Question> {
        self.questions.open.as_ref()
    }

    /// Takes how the connection stands. What is to be said of it the owner of the connection says.
    pub fn connection(&mut self, connection: &Connection) {
        match connection {
            Connection::LoggedIn { name, server, is_made: _ } => {
                self.name.clone_from(name);
                self.server.clone_from(server);
                self.standing.is_known = true;
                self.standing.connection = ConnectionState::Up;
            }
            Connection::Suspect => self.standing.connection = ConnectionState::Suspect,
            Connection::Alive => self.standing.connection = ConnectionState::Up,
            Connection::Lost { .. } | Connection::Ended { .. } => self.standing.connection = ConnectionState::Lost,
            Connection::LoginRefused(reason) => {
                self.standing.connection = ConnectionState::Refused;
                self.not_let_in(*reason);
            }
            Connection::Trying { .. }
            | Connection::Unpinned { .. }
            | Connection::WrongKey { .. }
            | Connection::WrongVersion { .. }
            | Connection::JoinKeyRefused
            | Connection::Up { .. } => {}
        }
    }

    /// The user has touched the keyboard.
    pub fn touched(&mut self) {
        self.touched = self.now.mono;
        self.draft_changed();
        if self.presence == Away::Idle {
            self.tell_presence(Away::Here);
        }
    }

    /// How long until nobody seems to be there; `None`: that was told.
    #[must_use]
    pub fn idle_in(&self) -> Option<Duration> {
        (self.presence == Away::Here).then(|| IDLE_AFTER.saturating_sub(self.now.mono.since(self.touched)))
    }

    /// Nobody seems to be there.
    pub fn idle(&mut self) {
        self.tell_presence(Away::Idle);
    }

    /// The user types.
    pub fn typing(&mut self) {
        self.command(Command::Typing { room: self.room.clone() });
    }

    /// The user wants to go: at once if nothing is lost by that, at the second time otherwise.
    pub fn quit(&mut self) -> Next {
        let is_lost = self.unanswered().any(|pending| !pending.is_kept);
        let Some(unsaid) = self.unsaid() else { return Next::End };
        if is_lost && !std::mem::replace(&mut self.sending.asked_to_go, true) && self.manner.is_attended {
            self.remark(Typed::WouldLose(unsaid));
            return Next::GoOn;
        }
        // What becomes of it is for the face to say, once it is known.
        Next::End
    }

    /// Whether the face shows all rooms.
    pub(super) fn shows_rooms(&self) -> bool {
        self.manner.shows == Shows::Rooms
    }

    pub(super) fn command(&mut self, command: Command) {
        self.commands.push_back(command);
    }

    /// A new number, for what the client is asked.
    pub(super) fn next_tag(&mut self) -> u64 {
        self.sending.last_tag += 1;
        self.sending.last_tag
    }

    pub(super) fn tell_presence(&mut self, presence: Away) {
        self.command(Command::Away(presence.clone()));
        self.presence = presence;
    }

    /// Enters a room that the user names. One that is not there is not made by a slip: that is what `/create` is for.
    pub(super) fn enter_room(&mut self, room: &str) {
        self.will_enter(room);
        if self.is_sure(room) {
            return self.join(room);
        }
        let room = self.goes_to(room);
        self.command(Command::Join { room, entering: Entering::Existing, start: Start::CHAT });
    }

    /// That name is no slip, or makes nothing for others.
    fn is_sure(&self, room: &str) -> bool {
        room.starts_with('@') || bare(room) == LOBBY || self.is_known_room(room)
    }

    /// A line wants to enter or make a room: the end of the lines waits until that is answered.
    pub(super) fn will_enter(&mut self, room: &str) {
        let key = bare(room);
        self.standing.shut_out.take_if(|shut| *shut == key);
        if !self.rooms.iter().any(|(name, room)| room.is_entered && bare(name) == key) {
            self.standing.entering.insert(key);
        }
    }

    /// Enters a room, or goes back to it; what is typed goes there from now on.
    pub(super) fn join(&mut self, room: &str) {
        let room = self.goes_to(room);
        self.command(Command::join(room, Start::CHAT));
    }
}

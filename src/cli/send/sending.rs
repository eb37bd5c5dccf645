//! What was taken, and how far each message has got.

use std::collections::BTreeMap;
use std::io;

use chinwag_proto::limits::TEXT_MAX_LEN;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Body, Reach, name, visible};

use crate::client::{Ask, Client, Event, Reply, Tag};
use crate::client_core::Delivered;
use crate::words;
use crate::words::{beginning, unseen_line};

use super::super::args::Wait;
use super::super::event::{Line, Permits};
use super::super::output::tell;

/// So much of one's own message is enough to know it again.
const SHOWN: usize = 60;

/// Messages without an answer of the server, above which no further line is read: well within what the client holds.
const UNANSWERED_MAX: u64 = 16_384;

/// The messages of one command.
pub(super) struct Sending {
    pub(super) room: String,
    pub(super) wait: Wait,
    /// A room that is not there is made.
    pub(super) creates: bool,
    permits: Option<Permits>,
    reading: bool,
    pub(super) taken: u64,
    stored: u64,
    pub(super) failed: u64,
    /// Those that the server has not answered, and permits that wait for that.
    unanswered: u64,
    owed: u64,
    /// The user knows that this device keeps nothing now.
    told_unkept: bool,
    /// It was said that a line of which nothing would be seen is not sent.
    told_of_unseen: bool,
    /// Those that are not where they should be, by tag.
    unsettled: BTreeMap<Tag, Message>,
    /// Of which of them it was asked how far they have got.
    asked: BTreeMap<Tag, Tag>,
}

/// One message on its way.
struct Message {
    beginning: String,
    stage: Stage,
}

/// How far it has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// In memory.
    Said,
    /// In memory only: this device has no room for it, or can't write. It is gone if this program ends before it is stored.
    Unkept,
    /// On this device.
    Kept,
    /// With the server, under this number.
    Stored(RoomSeq),
}

impl Sending {
    pub(super) fn new(room: &str, wait: Wait, creates: bool) -> Self {
        Self {
            room: room.to_owned(),
            wait,
            creates,
            permits: None,
            reading: false,
            taken: 0,
            stored: 0,
            failed: 0,
            unanswered: 0,
            owed: 0,
            told_unkept: false,
            told_of_unseen: false,
            unsettled: BTreeMap::new(),
            asked: BTreeMap::new(),
        }
    }

    /// Lines come, if there are permits for them.
    pub(super) fn reads(&mut self, permits: Option<Permits>) {
        self.reading = permits.is_some();
        self.permits = permits;
    }

    /// Everything is where it should be.
    pub(super) fn is_settled(&self) -> bool {
        !self.reading && self.unsettled.is_empty()
    }

    /// Nothing more is to be read, and nothing is about to be kept.
    pub(super) fn may_give_up(&self) -> bool {
        let is_said = |message: &Message| message.stage == Stage::Said;
        // What can't be kept is not read on either: all else that comes waits for the server, and so may this.
        (!self.reading || self.unkept() > 0) && !self.unsettled.values().any(is_said)
    }

    /// Messages that are lost if this program ends.
    pub(super) fn unkept(&self) -> usize {
        self.unsettled.values().filter(|message| message.stage == Stage::Unkept).count()
    }

    /// Nothing more is to be read, and nothing is lost if this program ends.
    pub(super) fn is_done_and_kept(&self) -> bool {
        !self.reading && self.all_is_kept()
    }

    /// There is more to read, and room for it; or something is about to be kept.
    pub(super) fn is_taking(&self) -> bool {
        !self.may_give_up() && self.owed == 0
    }

    /// Nothing is lost if this program ends.
    pub(super) fn all_is_kept(&self) -> bool {
        self.unsettled.values().all(|message| !matches!(message.stage, Stage::Said | Stage::Unkept))
    }

    pub(super) fn say(&mut self, client: &Client, text: &str) {
        self.taken += 1;
        self.unanswered += 1;
        let post = client.post(&self.room, Body::Text(text.to_owned()));
        self.unsettled.insert(post.tag(), Message { beginning: beginning(text, SHOWN), stage: Stage::Said });
    }

    pub(super) fn line(&mut self, client: &Client, line: Line) {
        match line {
            // As in a chat, a line of which nobody would see anything is none.
            Line::Text(text) if !visible::is_blank(&text) => return self.say(client, &text),
            Line::Text(text) => self.blank(&text),
            Line::NotText => self.not_taken("not UTF-8"),
            Line::TooLong(len) => self.not_taken(&too_long(len)),
        }
        self.permit();
    }

    /// A line of white space is passed over; what shows nothing otherwise is told of, once.
    fn blank(&mut self, text: &str) {
        if let Some(only) = text.chars().find(|c| !c.is_whitespace())
            && !std::mem::replace(&mut self.told_of_unseen, true)
        {
            tell(&unseen_line(only));
        }
    }

    /// A line that can't be a message.
    fn not_taken(&mut self, why: &str) {
        self.taken += 1;
        self.failed += 1;
        tell(&format!("message {} is not sent: {why}", self.taken));
    }

    pub(super) fn input_ended(&mut self, error: Option<io::Error>) {
        self.reading = false;
        if let Some(error) = error {
            self.failed += 1;
            tell(&format!("can't read stdin: {error}"));
        }
    }

    /// Takes what happens to messages. Gives whether one has got further.
    #[expect(clippy::wildcard_enum_match_arm, reason = "whoever sends listens to nothing else")]
    pub(super) fn event(&mut self, client: &Client, event: Event) -> bool {
        match event {
            Event::Queued { tag, .. } => self.kept(tag),
            Event::NotKept { tag } => {
                self.not_kept(tag);
                false
            }
            Event::Stored { tag, number } => self.record_stored(client, tag, number),
            Event::Refused { tag, reason } => {
                let Some(message) = self.unsettled.remove(&tag) else { return false };
                self.failed += 1;
                tell(&format!("not delivered ({}): {}", words::refusal(reason), message.beginning));
                self.answered();
                self.permit_once(message.stage);
                true
            }
            Event::Delivered(Delivered { room, number, reach }) => {
                let is_here = name::fold(&room) == name::fold(&shown(&self.room));
                let stage = Stage::Stored(number);
                let tag = self.unsettled.iter().find(|(_, message)| message.stage == stage).map(|(tag, _)| *tag);
                is_here && tag.is_some_and(|tag| self.reached(tag, reach))
            }
            Event::OverBudget(over) => {
                tell(&words::over_budget(over));
                false
            }
            Event::Answered { tag, result } => match (self.asked.remove(&tag), result) {
                (Some(tag), Ok(Reply::Delivery(reach))) => self.reached(tag, reach),
                _ => false,
            },
            _ => false,
        }
    }

    fn not_kept(&mut self, tag: Tag) {
        let Some(message) = self.unsettled.get_mut(&tag).filter(|message| message.stage == Stage::Said) else { return };
        message.stage = Stage::Unkept;
        if !std::mem::replace(&mut self.told_unkept, true) {
            tell("this device can't keep messages now: they are sent only while this program runs");
        }
    }

    fn kept(&mut self, tag: Tag) -> bool {
        let Some(message) = self.unsettled.get_mut(&tag) else { return false };
        let before = std::mem::replace(&mut message.stage, Stage::Kept);
        self.told_unkept = false;
        self.permit_once(before);
        true
    }

    fn record_stored(&mut self, client: &Client, tag: Tag, number: RoomSeq) -> bool {
        let Some(message) = self.unsettled.get_mut(&tag) else { return false };
        let before = std::mem::replace(&mut message.stage, Stage::Stored(number));
        self.stored += 1;
        if self.wait == Wait::Delivered {
            // It may have been delivered, or there may be nobody else: then no word of that comes by itself.
            self.asked.insert(client.ask_for(Ask::Delivery { room: shown(&self.room), number }), tag);
        } else {
            self.unsettled.remove(&tag);
        }
        if !matches!(before, Stage::Stored(_)) {
            self.answered();
        }
        self.permit_once(before);
        true
    }

    fn reached(&mut self, tag: Tag, reach: Reach) -> bool {
        reach.delivered >= reach.of && self.unsettled.remove(&tag).is_some()
    }

    /// A message is not in memory only any more: one more line may be read.
    fn permit_once(&mut self, before: Stage) {
        if !matches!(before, Stage::Said | Stage::Unkept) {
            return;
        }
        if self.unanswered < UNANSWERED_MAX {
            self.permit();
        } else {
            self.owed += 1;
        }
    }

    /// The server has answered one: lines that waited for that may be read.
    fn answered(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
        if self.owed > 0 && self.unanswered < UNANSWERED_MAX {
            self.owed -= 1;
            self.permit();
        }
    }

    fn permit(&self) {
        self.permits.iter().for_each(Permits::give);
    }

    /// What is to be known of those that are not where they should be.
    pub(super) fn queued(&self, server: &str) -> String {
        let is_stored = |message: &&Message| matches!(message.stage, Stage::Stored(_));
        let stored = self.unsettled.values().filter(is_stored).count();
        match self.unsettled.len() - stored {
            0 => format!("{stored} of {} messages are stored, but not with everyone yet", self.taken),
            kept => format!(
                "{kept} of {} messages are kept on this device; the next chinwag that connects to {server} sends them",
                self.taken
            ),
        }
    }

    /// A failure, with what became of the messages, so that a script knows what to send again. On a line of its own: what
    /// stands before may end in a command to copy.
    pub(super) fn report(&self, failure: super::Failure) -> super::Failure {
        let Self { stored, taken, .. } = self;
        let lost = match self.unkept() {
            0 => String::new(),
            1 => "; one could not be kept on this device, and has to be sent again".to_owned(),
            more => format!("; {more} could not be kept on this device, and have to be sent again"),
        };
        super::Failure::new(failure.exit, format!("{failure}\nchinwag: {stored} of {taken} messages are stored{lost}"))
    }
}

pub(super) fn too_long(len: usize) -> String {
    format!("a message of {len} octets is longer than one may be ({TEXT_MAX_LEN}); send it in parts")
}

fn shown(room: &str) -> String {
    if room.starts_with(['#', '@']) { room.to_owned() } else { format!("#{room}") }
}

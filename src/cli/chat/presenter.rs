//! Line mode's presenter: what has changed at the desk, as lines in the order in which it happened, each said once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::Reach;

use crate::client_core::{Delivered, PresenceChange};
use crate::desk::mention::mentions;
use crate::desk::remark::AboutMessage;
use crate::desk::{Aside, Came, Change, Desk, Findings, Remark, Tone};
use crate::render::render_text;
use crate::tui::Ping;
use crate::words::{self, Told};

use super::sentences;

/// Something to be printed. All of it is safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Out {
    /// A message.
    Said(Said),
    /// What is no message.
    Aside(Aside),
}

/// A message, ready to be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// When, and in which room if it is not the one in view.
    pub(super) before: String,
    /// Its number.
    pub(super) number: RoomSeq,
    /// Who.
    pub(super) name: String,
    /// What. Further lines are indented.
    pub(super) text: String,
    /// Where it names the user.
    pub(super) mentions: Vec<Range<usize>>,
}

/// What was told, and is not to be told again.
#[derive(Debug, Default)]
pub(super) struct Presenter {
    outs: Vec<Out>,
    pings: Vec<Ping>,
    /// Messages of which the user knows that they are not stored yet.
    told: BTreeSet<u64>,
    /// How far the last message of each talk got, as it was told.
    reached: BTreeMap<String, (RoomSeq, Reach)>,
}

impl Presenter {
    /// What is to be printed of what has changed at the desk.
    pub(super) fn take(&mut self, desk: &mut Desk) -> Vec<Out> {
        desk.take_changes().into_iter().for_each(|change| self.change(desk, change));
        std::mem::take(&mut self.outs)
    }

    /// What rings.
    pub(super) fn take_pings(&mut self) -> Vec<Ping> {
        std::mem::take(&mut self.pings)
    }

    /// Some message has been on its way for a moment, and nobody told the user.
    pub(super) fn has_hidden_pending(&self, desk: &Desk) -> bool {
        desk.unanswered_tags().any(|tag| !self.told.contains(&tag))
    }

    /// Tells the user what is on its way. What is answered is nothing to remember.
    pub(super) fn show_pending(&mut self, desk: &Desk) {
        self.told.retain(|tag| desk.pending(*tag).is_some());
        for tag in desk.unanswered_tags() {
            if self.told.insert(tag)
                && let Some(pending) = desk.pending(tag)
            {
                self.say(Tone::News, sentences::on_its_way(&pending.deed, desk.calendar()));
            }
        }
    }

    fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.outs.push(Out::Aside(Aside::new(tone, text)));
    }

    fn change(&mut self, desk: &Desk, change: Change) {
        match change {
            Change::Remark(_, remark) => {
                if let Remark::Message(AboutMessage::NotKept { tag, .. }) = &remark {
                    self.told.insert(*tag);
                }
                self.outs.extend(words::remark(&remark, desk.calendar()).into_iter().map(Out::Aside));
            }
            Change::Words(_, tone, text) => self.say(tone, text),
            Change::Entry(came) => self.entry(desk, *came),
            Change::Joined { room, is_again, topic, skipped, unread } => {
                if skipped > 0 {
                    self.say(Tone::Event, sentences::skipped(&room, skipped));
                }
                if !is_again && !topic.is_empty() {
                    self.say(Tone::Event, sentences::topic(&room, &topic));
                }
                if unread > 0 {
                    self.say(Tone::Event, sentences::unread(&room, unread));
                }
            }
            Change::Fact { place, fact } => {
                if let Some(text) = words::holds(&fact) {
                    self.say(Tone::Event, format!("{}: {text}", render_text(&place.room)));
                }
            }
            Change::Roster { room, who, .. } => self.say(Tone::Event, words::roster(&room, who.values())),
            Change::Presence(PresenceChange { room, who, before, now, status }) => {
                // Whoever one has a private talk with is mostly in a common room too: said once is enough.
                let is_here = room == desk.room();
                if desk.says_arrivals()
                    && (is_here || !room.starts_with('@'))
                    && let Some(said) = words::arrival(&who, before, now, &status)
                {
                    self.say(Tone::Event, if is_here { said } else { format!("{}: {said}", render_text(&room)) });
                }
            }
            Change::Queued { tag, is_offline: true } => {
                if let Some(pending) = desk.pending(tag) {
                    self.told.insert(tag);
                    self.say(Tone::Trouble, sentences::queued(&pending.deed, desk.calendar()));
                }
            }
            Change::Queued { is_offline: false, .. } => {}
            Change::Delivered(Delivered { room, number, reach }) => self.delivered(desk, room, number, reach),
            Change::Found(findings) => self.found(desk, &findings),
        }
    }

    fn entry(&mut self, desk: &Desk, came: Came) {
        let Came { room, number, entry, about, is_own, is_ignored, is_live } = came;
        if is_ignored {
            return;
        }
        let place = if room == desk.room() { String::new() } else { format!("[{}] ", render_text(&room)) };
        let before = format!("{} {place}", words::dates::clock_time(entry.at, desk.calendar()));
        match words::tell(&entry, about.as_ref(), desk.calendar()) {
            Told::Said(text) => {
                let mentions = if is_own { Vec::new() } else { mentions(&text, desk.name()) };
                let is_meant = room.starts_with('@') || !mentions.is_empty();
                if !is_own && is_live && desk.rings(&room, &entry.name, is_meant) {
                    self.pings.push(Ping::of(&room, &entry));
                }
                let name = render_text(&entry.name).into_owned();
                self.outs.push(Out::Said(Said { before, number, name, text, mentions }));
            }
            Told::Done(text) => self.say(Tone::Event, format!("{before}{text}")),
        }
    }

    /// How far a message got is told of the last one of a direct talk, once for each step.
    fn delivered(&mut self, desk: &Desk, room: String, number: RoomSeq, reach: Reach) {
        let last = || desk.room_named(&room)?.messages.last_of(desk.account()?);
        let is_known = self.reached.get(&room) == Some(&(number, reach));
        if !room.starts_with('@') || is_known || reach.delivered == 0 || last() != Some(number) {
            return;
        }
        self.say(Tone::News, sentences::reached(&room, reach));
        self.reached.insert(room, (number, reach));
    }

    fn found(&mut self, desk: &Desk, findings: &Findings) {
        self.say(Tone::Event, sentences::found(findings));
        findings.hits.iter().for_each(|found| self.say(Tone::Line, words::hit(found, desk.calendar())));
    }
}

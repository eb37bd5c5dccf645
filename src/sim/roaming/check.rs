//! What must hold when chats roam, watched from outside: what the machine is told, what it wants, and what is so.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::PublicKey;
use chinwag_roaming::limits::{HANDSHAKES_MAX, HANDSHAKES_WINDOW, SILENT};

use crate::check::{Findings, Promise};

/// What is so at the moment at which a machine wants its chat to go on elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaving {
    pub(super) is_by_itself: bool,
    /// Its server is of its own process,
    pub(super) is_host: bool,
    /// and has a history,
    pub(super) has_history: bool,
    /// and so many people are there.
    pub(super) company: usize,
    /// Something was said that has no answer, as the machine was told.
    pub(super) was_told_unsettled: bool,
    /// The chat is connected with its server.
    pub(super) is_connected: bool,
    /// It came there by itself.
    pub(super) came_by_itself: bool,
}

/// Watches one chat.
#[derive(Debug, Default)]
pub(super) struct ChatWatch {
    proved: BTreeSet<PublicKey>,
    /// Handshakes that nobody asked for.
    strangers: Vec<Instant>,
    known: BTreeMap<PublicKey, Vec<Instant>>,
}

/// Handshakes with a server that is known, in a window: it is left alone after each that failed, but news of it are looked at.
const KNOWN_MAX: usize = (HANDSHAKES_WINDOW.as_secs() / SILENT.as_secs()) as usize + 2;

impl ChatWatch {
    /// A server has proved its key to this chat.
    pub(super) fn proved(&mut self, key: PublicKey) {
        self.proved.insert(key);
    }

    /// The user is told of a server.
    pub(super) fn told_of(&self, chat: usize, key: &PublicKey, findings: &mut Findings) {
        if !self.proved.contains(key) {
            findings.add(Promise::NobodyIsBelieved, format!("chat {chat} speaks of {key}, which has proved nothing"));
        }
    }

    /// A handshake begins that nobody asked for.
    pub(super) fn handshake(
        &mut self,
        (chat, now): (usize, Instant),
        key: PublicKey,
        is_known: bool,
        findings: &mut Findings,
    ) {
        let (begun, most) = match is_known {
            true => (self.known.entry(key).or_default(), KNOWN_MAX),
            false => (&mut self.strangers, HANDSHAKES_MAX),
        };
        begun.retain(|at| now.since(*at) < HANDSHAKES_WINDOW);
        begun.push(now);
        if begun.len() > most {
            let what = format!("{} handshakes of chat {chat} that nobody asked for, the last with {key}", begun.len());
            findings.add(Promise::BoundedHandshakes, what);
        }
    }

    /// The machine says that the chat is to go on elsewhere.
    pub(super) fn leaves(&self, chat: usize, to: &PublicKey, leaving: Leaving, findings: &mut Findings) {
        if !self.proved.contains(to) {
            findings.add(Promise::NobodyIsBelieved, format!("chat {chat} goes to {to}, which has proved nothing"));
        }
        if !leaving.is_by_itself {
            return;
        }
        if leaving.was_told_unsettled {
            let what = format!("chat {chat} goes by itself while something is on its way");
            findings.add(Promise::NothingLeftBehind, what);
        }
        if leaving.is_host && (leaving.has_history || leaving.company > 1) {
            let what = format!("chat {chat} leaves its server by itself: {leaving:?}");
            findings.add(Promise::NothingLeftBehind, what);
        }
        if !leaving.is_host && (leaving.is_connected || !leaving.came_by_itself) {
            findings.add(Promise::NoOscillation, format!("chat {chat} leaves a server by itself: {leaving:?}"));
        }
    }
}

/// A message: of which chat, the how many-eth.
pub(super) type Said = (usize, u32);

/// Where what was said is at the end.
#[derive(Debug, Default)]
pub(super) struct Messages {
    said: BTreeSet<Said>,
    stored: BTreeMap<Said, usize>,
    /// On a device, for a server that its chat has left because its user wanted that.
    kept: BTreeSet<Said>,
}

impl Messages {
    pub(super) fn say(&mut self, message: Said) {
        self.said.insert(message);
    }

    pub(super) fn store(&mut self, message: Said, server: usize, findings: &mut Findings) {
        if self.stored.insert(message, server).is_some_and(|before| before != server) {
            findings.add(Promise::ExactlyOnce, format!("{message:?} is at two servers"));
        }
    }

    pub(super) fn keep(&mut self, message: Said) {
        self.kept.insert(message);
    }

    /// It is over. `waiting` is what chats still want to say where they are.
    pub(super) fn end(&self, waiting: &BTreeSet<Said>, findings: &mut Findings) {
        let is_lost = |message: &&Said| {
            !self.stored.contains_key(message) && !self.kept.contains(message) && !waiting.contains(message)
        };
        for message in self.said.iter().filter(is_lost) {
            findings.add(Promise::NothingLeftBehind, format!("{message:?} is nowhere"));
        }
        for message in self.kept.iter().filter(|message| self.stored.contains_key(message)) {
            findings.add(Promise::ExactlyOnce, format!("{message:?} is stored, and kept to be sent again"));
        }
    }
}

//! Everything but the endpoint: the tables, the out-trays, and to whom each thing that comes in is given. Nothing is decided
//! here, and no link is touched; what is to be done to links is left in [`Out`].

use std::net::SocketAddr;

use chinwag_proto::endpoint::{self, Ended, SessionId};
use chinwag_proto::link;
use chinwag_proto::rng::Rng;
use chinwag_proto::time::{Instant, Now};
use chinwag_proto::wire::frame::Channel;
use chinwag_proto::wire::id::PublicKey;

use super::command::{Operation, OperatorTag};
use super::config::Config;
use super::effect::Effect;
use super::job::Done;
use super::out::Out;
use super::tables::Tables;
use super::{
    clock, durable, hashed, lifecycle, operator, pages, posts, presence, reading, requests, ticks, unreadable, vouching,
};
use chinwag_store::Snapshot;

/// Everything but the endpoint.
#[derive(Debug)]
pub(super) struct Chat {
    pub(super) tables: Tables,
    pub(super) out: Out,
}

impl Chat {
    pub(super) fn new(config: &Config, snapshot: Snapshot, rng: Rng) -> Self {
        let mut chat = Self { tables: Tables::new(config, snapshot, rng), out: Out::default() };
        unreadable::known_at_start(&chat.tables, &mut chat.out);
        chat
    }

    /// A job is done.
    pub(super) fn done(&mut self, done: Done, now: Now) {
        let (tables, out) = (&mut self.tables, &mut self.out);
        match done {
            Done::Committed(result) => durable::committed(tables, out, result, now),
            Done::Loaded(Ok(page)) => {
                if let Some(span) = page.unreadable {
                    let Tables { accounts, damages, rooms, .. } = tables;
                    unreadable::unreadable(accounts, damages, rooms, out, page.range.room, span);
                }
                out.effects.extend(tables.rooms.loaded(page).map(Effect::Advance));
            }
            Done::Loaded(Err(error)) => out.store_failed(error),
            Done::Queried(id, results) => pages::queried(tables, out, id, results, now),
            Done::Hashed(id, hashed) => hashed::hashed(tables, out, id, hashed, now),
            Done::Told(id, verdict) => vouching::told(tables, out, id, verdict, now),
        }
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Now) {
        ticks::tick(&mut self.tables, &mut self.out, now);
    }

    pub(super) fn operate(&mut self, tag: OperatorTag, operation: Operation, now: Now) {
        operator::operate(&mut self.tables, &mut self.out, tag, operation, now);
    }

    /// A session is over.
    pub(super) fn ended(&mut self, id: SessionId, why: &Ended, now: Now) {
        lifecycle::ended(&mut self.tables, &mut self.out, id, why, now);
    }

    /// The next moment at which something is due, if nothing comes before.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let Tables { time, clocks, marks, held, rooms, auth, .. } = &self.tables;
        let due = [clocks.deadline(), marks.deadline(), held.deadline(), rooms.streams.deadline(), auth.deadline()];
        let due = due.into_iter().chain([self.out.asks.deadline()]);
        due.flatten().chain([time.deadline()]).min()
    }

    /// What waits, by name of its queue.
    pub(super) fn waiting(&self) -> Vec<(&'static str, usize)> {
        let (tables, out) = (&self.tables, &self.out);
        vec![
            ("commits", out.commits.len()),
            ("queries", out.queries.len()),
            ("queries over budget", tables.held.len()),
            ("streams over budget", tables.rooms.streams.len()),
            ("hashes", out.hashes.len()),
            ("auth", out.asks.len()),
            ("loads", tables.rooms.reads.len()),
            ("effects", out.effects.len()),
            ("notices", out.notices.len()),
        ]
    }

    fn link_event(&mut self, id: SessionId, event: link::Event<'_>, now: Now) {
        let (tables, out) = (&mut self.tables, &mut self.out);
        match event {
            link::Event::Message { channel: Channel::Control, body, .. } => {
                requests::request(tables, out, id, body, now);
            }
            link::Event::Message { channel: Channel::Room(room), number, body, .. } => {
                posts::post(tables, out, id, room, number, body, now);
            }
            link::Event::Liveness(liveness) => lifecycle::liveness(tables, out, id, liveness, now),
            link::Event::Message { channel: Channel::Typing(room), .. } => {
                presence::typing(tables, out, id, room, now);
            }
            link::Event::Cursor { room, upto } => reading::delivered(tables, id, room, upto, now),
            // A client sends no presence and no bulk; the rest is the endpoint's.
            link::Event::Message { channel: Channel::Presence(_) | Channel::Bulk, .. }
            | link::Event::Acked { .. }
            | link::Event::PathChallenge(_)
            | link::Event::PathResponse(_)
            | link::Event::Close { .. } => {}
        }
    }
}

/// The chat, listening to the endpoint.
pub(super) struct Ear<'a> {
    pub(super) chat: &'a mut Chat,
    pub(super) now: Now,
}

impl endpoint::Sink for Ear<'_> {
    fn enrolled(&self, device: &PublicKey) -> bool {
        self.chat.tables.accounts.of_device(device).is_some()
    }

    /// The owner's lists; and a server that is stopping takes nobody in.
    fn allowed(&self, addr: &SocketAddr) -> bool {
        self.chat.tables.closing.is_none() && self.chat.tables.admission.allows(addr.ip())
    }

    fn takes_posts(&self, session: SessionId) -> bool {
        posts::takes_posts(&self.chat.tables, &self.chat.out, session, self.now.mono)
    }

    fn event(&mut self, event: endpoint::Event<'_>) {
        let (chat, now) = (&mut *self.chat, self.now);
        let (tables, out) = (&mut chat.tables, &mut chat.out);
        clock::heed_clock(&tables.rooms, &mut tables.time, out, now);
        match event {
            endpoint::Event::Established { session, peer, addr, .. } => {
                lifecycle::established(tables, out, session, peer, addr, now);
            }
            endpoint::Event::Moved { session, to, .. } => {
                lifecycle::moved(&mut tables.peers, &mut tables.sessions, session, to);
            }
            endpoint::Event::Link { session, event } => chat.link_event(session, event, now),
            endpoint::Event::Ended { session, why } => lifecycle::ended(tables, out, session, &why, now),
            // New keys change nothing here; the others are a client's.
            endpoint::Event::Rekeyed { .. }
            | endpoint::Event::ServerKey { .. }
            | endpoint::Event::WrongKey { .. }
            | endpoint::Event::WrongVersion { .. }
            | endpoint::Event::JoinKeyRefused
            | endpoint::Event::Unanswered { .. } => {}
        }
    }
}

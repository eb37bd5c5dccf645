//! Posts, and everything else that waits for a commit: visible means durable.

use std::collections::BTreeSet;

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::limits::TEXT_MAX_LEN;
use chinwag_proto::time::Now;
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{self, Body, Down, Entry, Post, Refusal, Wire as _};

use super::commits::{Asked, Ticket};
use super::effect::Effect;
use super::hall::Hall;
use super::limits::{QUEUED_BYTES_MAX, UNANSWERED_BYTES_MAX};
use super::notice::Notice;
use crate::store::{Kind, Outcome, StoreError, Write};

impl Hall {
    /// Takes a post. It is answered once: now if it is refused, else when it is durable.
    pub(super) fn post(&mut self, id: SessionId, room: RoomId, number: u64, received: &[u8], now: Now) {
        let post = RoomSeq(number);
        match self.write_of(id, room, received, now) {
            Ok((write, entry)) => {
                if let Some(session) = self.sessions.get_mut(id) {
                    session.unanswered_bytes += entry.len();
                }
                self.commits.push(write, Ticket::Post { session: id, room, post, entry });
            }
            Err(reason) => self.answer_post(id, Down::Refused { room, post, reason }),
        }
    }

    /// Whether there is room for one more. Where the store is slow, what is posted waits at its sender.
    pub(super) fn takes_posts(&self, id: SessionId) -> bool {
        let unanswered = self.sessions.get(id).map_or(0, |session| session.unanswered_bytes);
        unanswered < UNANSWERED_BYTES_MAX && self.commits.bytes() < QUEUED_BYTES_MAX
    }

    fn write_of(&self, id: SessionId, room: RoomId, received: &[u8], now: Now) -> Result<(Write, Vec<u8>), Refusal> {
        let session = self.sessions.get(id).ok_or(Refusal::NotLoggedIn)?;
        let author = session.account.ok_or(Refusal::NotLoggedIn)?;
        if !session.rooms.contains(&room) {
            return Err(Refusal::NotMember);
        }
        let Post { id, body } = Post::decode(received).map_err(|_| Refusal::NotUnderstood)?;
        let Body::Text(text) = &body;
        if text.len() > TEXT_MAX_LEN {
            return Err(Refusal::TooLarge);
        }
        if text.is_empty() {
            return Err(Refusal::NotUnderstood);
        }
        let name = self.accounts.name(author).to_owned();
        let entry = Entry { at: now.wall, author, name, body }.encode();
        let hash = message::hash(received);
        Ok((Write::Append { room, device: session.device, id, hash, entry: entry.clone() }, entry))
    }

    fn answer_post(&mut self, session: SessionId, down: Down) {
        self.effects.push_back(Effect::Answer(session, down.encode()));
    }

    /// The batch under way is done, or nothing of it is.
    pub(super) fn committed(&mut self, result: Result<Vec<Outcome>, StoreError>, now: Now) {
        match result {
            Ok(outcomes) => {
                let tickets = self.commits.done();
                if tickets.len() != outcomes.len() {
                    return self.store_failed(StoreError::Failed(String::from("it answered another batch")));
                }
                let mut grown = BTreeSet::new();
                for (ticket, outcome) in tickets.into_iter().zip(outcomes) {
                    if let (Ticket::Post { room, .. }, Outcome::Appended { repeated: false, .. }) = (&ticket, &outcome)
                    {
                        grown.insert(*room);
                    }
                    self.durable(ticket, outcome, now);
                }
                self.effects.extend(grown.into_iter().map(Effect::Advance));
            }
            Err(StoreError::Full) => {
                for ticket in self.commits.done() {
                    self.durable(ticket, Outcome::Refused(Refusal::StoreFull), now);
                }
            }
            Err(failed) => self.store_failed(failed),
        }
    }

    /// Nothing more is acknowledged.
    pub(super) fn store_failed(&mut self, error: StoreError) {
        self.commits.halt();
        self.notices.push_back(Notice::StoreFailed(error));
    }

    fn durable(&mut self, ticket: Ticket, outcome: Outcome, now: Now) {
        match (ticket, outcome) {
            (Ticket::Post { session, room, post, entry }, outcome) => self.stored(session, room, post, entry, &outcome),
            (Ticket::Leave, _) => {}
            (
                Ticket::Login(asked, _) | Ticket::Room(asked, _) | Ticket::Enter(asked, ..) | Ticket::Direct(asked, _),
                Outcome::Refused(reason),
            ) => {
                self.no_longer_pending(asked);
                self.refuse(asked, reason);
            }
            (Ticket::Login(asked, device), Outcome::Account { account, name }) => {
                self.no_longer_pending(asked);
                self.logged_in(asked, device, account, &name);
            }
            (Ticket::Room(asked, from), Outcome::Room(room)) => {
                self.no_longer_pending(asked);
                let id = room.id;
                self.learn_room(room);
                let entered =
                    self.account_of(asked.session).and_then(|account| self.enter(asked, id, account, from, now));
                self.refuse_unless(asked, entered);
            }
            (Ticket::Enter(asked, id, from, account), Outcome::Ok) => {
                self.no_longer_pending(asked);
                if let Some(room) = self.rooms.get_mut(id) {
                    room.members.insert(account);
                }
                if let Some(account) = self.accounts.get_mut(account) {
                    account.rooms.insert(id);
                }
                let followed = self.follow(asked, id, account, from, now);
                self.refuse_unless(asked, followed);
            }
            (Ticket::Direct(asked, from), Outcome::Room(room)) => {
                self.no_longer_pending(asked);
                let (id, kind) = (room.id, room.kind.clone());
                let is_new = self.learn_room(room);
                if let (true, Kind::Direct(one, other)) = (is_new, kind) {
                    self.announce(id, [one, other], asked.session);
                }
                let followed =
                    self.account_of(asked.session).and_then(|account| self.follow(asked, id, account, from, now));
                self.refuse_unless(asked, followed);
            }
            (Ticket::Login(..) | Ticket::Room(..) | Ticket::Enter(..) | Ticket::Direct(..), _) => {
                self.store_failed(StoreError::Failed(String::from("it answered something else than it was asked")));
            }
        }
    }

    fn stored(&mut self, id: SessionId, room: RoomId, post: RoomSeq, entry: Vec<u8>, outcome: &Outcome) {
        if let Some(session) = self.sessions.get_mut(id) {
            session.unanswered_bytes = session.unanswered_bytes.saturating_sub(entry.len());
        }
        match *outcome {
            Outcome::Appended { number, repeated } => {
                if !repeated {
                    self.entries += 1;
                    self.rooms.append(room, number, entry);
                }
                self.answer_post(id, Down::Stored { room, post, entry: number });
            }
            Outcome::Refused(reason) => self.answer_post(id, Down::Refused { room, post, reason }),
            Outcome::Account { .. } | Outcome::Room(_) | Outcome::Ok => {
                self.store_failed(StoreError::Failed(String::from("it did not number an entry")));
            }
        }
    }

    /// A direct log appears in the lists of both, on all of their sessions but the one that asked for it.
    fn announce(&mut self, id: RoomId, accounts: [AccountId; 2], but: SessionId) {
        let accounts = if accounts[0] == accounts[1] { &accounts[..1] } else { &accounts[..] };
        for &account in accounts {
            let Some(info) = self.info(id, account) else { continue };
            let sessions = self.accounts.get(account).map(|account| account.sessions.as_slice()).unwrap_or_default();
            let told = sessions.iter().filter(|&&session| session != but);
            self.effects.extend(told.map(|&session| Effect::tell(session, &Down::Room(info.clone()))));
        }
    }

    fn refuse_unless(&mut self, asked: Asked, granted: Result<(), Refusal>) {
        if let Err(reason) = granted {
            self.refuse(asked, reason);
        }
    }

    fn no_longer_pending(&mut self, asked: Asked) {
        if let Some(session) = self.sessions.get_mut(asked.session) {
            session.requests = session.requests.saturating_sub(1);
        }
    }
}

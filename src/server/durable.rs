//! What comes of a batch that is durable: answers, and what everyone sees now. Visible means durable.

use std::collections::BTreeSet;

use chinwag_proto::time::Now;
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Answer, Down, Refusal, Role};

use super::commits::{Answers, Asked, By, Posted, Ticket};
use super::doors::is_a_door;
use super::effect::Effect;
use super::hall::Hall;
use super::limits::ROOM_AGAIN_AFTER;
use super::notice::Notice;
use chinwag_store::{Ban, Change, Kind, Mute, Outcome, Retention, Room, StoreError, Write};

impl Hall {
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
                    if outcome == Outcome::Refused(Refusal::Damaged) {
                        self.damaged_elsewhere();
                    }
                    if let (Ticket::Post(posted), Outcome::Appended { repeated: false, .. }) = (&ticket, &outcome) {
                        grown.insert(posted.room);
                    }
                    self.notes_space(&ticket, &outcome, now);
                    self.durable(ticket, outcome, now);
                }
                self.effects.extend(grown.into_iter().map(Effect::Advance));
            }
            Err(StoreError::Full) => {
                for ticket in self.commits.done() {
                    let outcome = Outcome::Refused(Refusal::StoreFull);
                    self.notes_space(&ticket, &outcome, now);
                    self.durable(ticket, outcome, now);
                }
            }
            Err(failed) => self.store_failed(failed),
        }
    }

    /// What a write tells of the store's space. What removes something, and what looks after rooms, may go on where there is none.
    fn notes_space(&mut self, ticket: &Ticket, outcome: &Outcome, now: Now) {
        let has_grown = match (ticket, outcome) {
            (Ticket::Post(posted), Outcome::Appended { repeated: false, .. }) => {
                let is_kept = |room: &super::rooms::Room| !matches!(room.retention, Retention::Ephemeral);
                !posted.change.is_upkeep() && self.rooms.get(posted.room).is_some_and(is_kept)
            }
            (Ticket::Probed, Outcome::Ok) => true,
            _ => false,
        };
        if *outcome == Outcome::Refused(Refusal::StoreFull) {
            if self.refused_full_at.replace(now.mono).is_none() {
                self.notices.push_back(Notice::StoreFull(true));
                self.clocks.probe_at(now.mono + ROOM_AGAIN_AFTER);
            }
        } else if has_grown && self.refused_full_at.is_some_and(|at| now.mono.since(at) >= ROOM_AGAIN_AFTER) {
            self.refused_full_at = None;
            self.notices.push_back(Notice::StoreFull(false));
        }
        if matches!(ticket, Ticket::Probed) && self.refused_full_at.is_some() {
            self.clocks.probe_at(now.mono + ROOM_AGAIN_AFTER);
        }
    }

    /// Nothing more is acknowledged.
    pub(super) fn store_failed(&mut self, error: StoreError) {
        self.commits.halt();
        self.notices.push_back(Notice::StoreFailed(error));
    }

    fn durable(&mut self, ticket: Ticket, outcome: Outcome, now: Now) {
        let by = ticket.by();
        if let By::Session(asked) = by {
            self.no_longer_pending(asked);
        }
        match (ticket, outcome) {
            (Ticket::Post(posted), outcome) => self.stored(*posted, outcome, now),
            (Ticket::Quiet | Ticket::Probed, _) => {}
            (Ticket::Left(asked, room, member), Outcome::Refused(reason)) => {
                self.restore_member(room, *member);
                self.answer(asked, Err(reason));
            }
            (Ticket::Declined(asked, room, account), Outcome::Refused(reason)) => {
                self.set_invited(room, account, true);
                self.answer(asked, Err(reason));
            }
            (_, Outcome::Refused(reason)) => self.answer_by(by, Err(reason)),
            (Ticket::Registered(asked, new), Outcome::Account { account, name, is_owner }) => {
                self.registered(asked, new, (account, &name, is_owner), now);
            }
            (Ticket::Enrolled(asked, account, key, device), Outcome::Ok) => {
                self.accounts.enrol(account, key, device);
                let welcomed = self.log_in(asked, account, now);
                self.refuse_unless(asked, welcomed);
            }
            (Ticket::PasswordSet(by, id, phc), Outcome::Ok) => {
                if let Some(account) = self.accounts.get_mut(id) {
                    account.phc = Some(phc);
                }
                self.answer_by(by, Ok(Answer::Done));
            }
            (Ticket::Vouched(by, account, at), Outcome::Ok) => self.vouch_set(by, account, at, now),
            (Ticket::Revoked(by, account, device), Outcome::Ok) => self.revoked(by, account, device),
            (Ticket::Unregistered(by, account), Outcome::Ok) => self.unregistered(by, account, now),
            (Ticket::Token(by, token), Outcome::Ok) => {
                self.accounts.add_token(token);
                self.answer_by(by, Ok(Answer::Done));
            }
            (Ticket::TokenRevoked(by, hash), Outcome::Ok) => self.token_revoked(by, &hash),
            (Ticket::Room(asked, from), Outcome::Room(room)) => {
                let id = room.id;
                self.learn_room(room);
                let account = self.account_of(asked.session);
                let entered = account.and_then(|account| self.enter(asked, id, (account, false), from, now));
                self.refuse_unless(asked, entered);
            }
            (Ticket::Created(asked, from), Outcome::Room(room)) => {
                let created = self.created(asked, room, from, now);
                self.refuse_unless(asked, created);
            }
            (Ticket::Enter(asked, id, from, account), Outcome::Ok) => {
                if let Some(room) = self.rooms.get_mut(id) {
                    room.enter(account);
                }
                if let Some(account) = self.accounts.get_mut(account) {
                    account.rooms.insert(id);
                    account.invited.remove(&id);
                }
                let followed = self.follow(asked, id, account, from, now);
                self.refuse_unless(asked, followed);
            }
            (Ticket::Direct(asked, from), Outcome::Room(room)) => {
                let (id, kind) = (room.id, room.kind.clone());
                let is_new = self.learn_room(room);
                if let (true, Kind::Direct(one, other)) = (is_new, kind) {
                    self.announce(id, [one, other], asked);
                }
                let account = self.account_of(asked.session);
                let followed = account.and_then(|account| self.follow(asked, id, account, from, now));
                self.refuse_unless(asked, followed);
            }
            (Ticket::Pruned(by, room), Outcome::Pruned { upto, freed, is_more }) => {
                self.uses_less(room, &freed);
                self.pruned(by, room, (upto, is_more), now)
            }
            (Ticket::Compacted, Outcome::Compacted { is_more }) => {
                if is_more {
                    self.commits.push(Write::Compact, Ticket::Compacted);
                }
            }
            (Ticket::Redated(room), Outcome::Redated { is_more }) => {
                if is_more {
                    self.redate(room, now);
                }
            }
            (Ticket::Left(asked, ..), Outcome::Ok) => self.answer(asked, Ok(Answer::Left)),
            (Ticket::Declined(asked, room, account), Outcome::Ok) => self.declined(asked, room, account),
            (Ticket::Done(by), Outcome::Ok) => self.answer_by(by, Ok(Answer::Done)),
            _ => self.store_failed(StoreError::Failed(String::from("it answered something else than it was asked"))),
        }
    }

    /// The room that somebody wanted to make is there: made by this, or by somebody else a moment before.
    fn created(
        &mut self,
        asked: Asked,
        room: Room,
        from: chinwag_proto::wire::message::From,
        now: Now,
    ) -> Result<(), Refusal> {
        let (id, owners) = (room.id, room.members.clone());
        self.learn_room(room);
        let account = self.account_of(asked.session)?;
        if !owners.iter().any(|member| member.account == account && member.role == Role::Owner) {
            return Err(Refusal::RoomTaken);
        }
        self.follow(asked, id, account, from, now)
    }

    fn stored(&mut self, posted: Posted, outcome: Outcome, now: Now) {
        let Posted { answers, room, author, entry, change, set_aside } = posted;
        self.release(author, room, set_aside);
        if let Answers::Post(id, _) = answers {
            if let Some(session) = self.sessions.get_mut(id) {
                session.unanswered_bytes = session.unanswered_bytes.saturating_sub(entry.len());
            }
            if let Some(account) = self.accounts.get_mut(author) {
                account.unanswered_bytes = account.unanswered_bytes.saturating_sub(entry.len());
            }
        }
        let is_door = is_a_door(&change);
        let result = match outcome {
            Outcome::Appended { number, repeated, removed, freed } => {
                if !repeated {
                    self.entries += 1;
                    self.uses_more(author, room, entry.len());
                    self.uses_less(room, &freed);
                    self.rooms.append(room, number, entry);
                    self.rooms.remove(room, &removed);
                    if let Some(room) = self.rooms.get_mut(room).filter(|room| room.members.len() > 1) {
                        room.watch.push(number, author);
                    }
                    self.role_changed(room, author, &change);
                    self.change(room, change, now);
                }
                Ok(number)
            }
            Outcome::Refused(reason) => {
                // It was noted when it came, and never was: it slows nobody.
                let is_for_space = [Refusal::StoreFull, Refusal::AccountFull, Refusal::RoomFull, Refusal::ServerFull]
                    .contains(&reason);
                if is_for_space && let Some(room) = self.rooms.get_mut(room) {
                    room.last_post_at.remove(&author);
                }
                Err(reason)
            }
            Outcome::Account { .. }
            | Outcome::Room(_)
            | Outcome::Ok
            | Outcome::Pruned { .. }
            | Outcome::Compacted { .. }
            | Outcome::Redated { .. } => {
                return self.store_failed(StoreError::Failed(String::from("it did not number an entry")));
            }
        };
        if is_door {
            self.closed(room, now);
        }
        match (answers, result) {
            (Answers::Post(id, post), Ok(entry)) => self.answer_post(id, Down::Stored { room, post, entry }),
            (Answers::Post(id, post), Err(reason)) => self.answer_post(id, Down::Refused { room, post, reason }),
            (Answers::Request(asked), result) => self.answer(asked, result.map(|_| Answer::Done)),
        }
    }

    /// The operator hears of roles that change.
    fn role_changed(&mut self, room: RoomId, author: AccountId, change: &Change) {
        let Change::Role(whom, role) = change else { return };
        let Some(Kind::Named(room)) = self.rooms.get(room).map(|room| room.kind.clone()) else { return };
        let (by, whom) = (self.accounts.name(author).to_owned(), self.accounts.name(*whom).to_owned());
        self.notices.push_back(Notice::RoleChanged { room, by, whom, role: *role });
    }

    /// Does what an entry does beside being one. The store has done the same.
    fn change(&mut self, id: RoomId, change: Change, now: Now) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        match change {
            Change::None | Change::Edit(_) | Change::Delete { .. } | Change::About(_) => {}
            Change::Topic(topic) => room.topic = topic,
            Change::Role(account, role) => {
                if let Some(member) = room.members.get_mut(&account) {
                    member.role = role;
                }
                self.tell_info(id, account, None);
            }
            Change::Kick(account) => self.put_out(id, account, now),
            Change::Ban(account, until) => {
                let devices = self.accounts.get(account).map(|account| account.devices.keys().copied().collect());
                room.bans.insert(account, Ban { account, devices: devices.unwrap_or_default(), until });
                room.invited.remove(&account);
                if let Some(account) = self.accounts.get_mut(account) {
                    account.invited.remove(&id);
                }
                self.put_out(id, account, now);
            }
            Change::Unban(account) => {
                room.bans.remove(&account);
            }
            Change::Mute(account, until) => {
                room.mutes.insert(account, Mute { account, until });
            }
            Change::Unmute(account) => {
                room.mutes.remove(&account);
            }
            Change::Invite(account) => self.invited(id, account),
            Change::Open(access, phc) => (room.access, room.phc) = (access, phc),
            Change::Slow(interval_s) => {
                room.slow_s = interval_s;
                room.last_post_at.clear();
            }
        }
    }

    fn invited(&mut self, id: RoomId, account: AccountId) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        if room.members.contains_key(&account) || !room.invited.insert(account) {
            return;
        }
        if let Some(account) = self.accounts.get_mut(account) {
            account.invited.insert(id);
        }
        self.tell_info(id, account, None);
    }

    fn pruned(&mut self, by: By, room: RoomId, (upto, is_more): (RoomSeq, bool), now: Now) {
        self.rooms.prune(room, upto);
        if is_more {
            self.prune(by, room, now);
        } else {
            self.answer_by(by, Ok(Answer::Done));
        }
    }

    /// A direct log appears in the lists of both, on all of their sessions but the one that asked for it.
    fn announce(&mut self, id: RoomId, accounts: [AccountId; 2], but: Asked) {
        let accounts = if accounts[0] == accounts[1] { &accounts[..1] } else { &accounts[..] };
        for &account in accounts {
            self.tell_info(id, account, Some(but.session));
        }
    }

    pub(super) fn refuse_unless(&mut self, asked: Asked, granted: Result<(), Refusal>) {
        if let Err(reason) = granted {
            self.refuse(asked, reason);
        }
    }

    pub(super) fn no_longer_pending(&mut self, asked: Asked) {
        if let Some(session) = self.sessions.get_mut(asked.session) {
            session.requests = session.requests.saturating_sub(1);
        }
    }
}

//! Doors: how accounts come into rooms and go out of them.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::limits::{ROOMS_PER_SESSION_MAX, SECRET_MAX_LEN};
use chinwag_proto::time::Now;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{
    self, Access, Act, Answer, Body, Down, Entry, From, Refusal, Role, RoomInfo, RoomKind, Secret, Standing, Wire as _,
};

use super::commits::{Answers, Asked, Posted, Ticket};
use super::effect::Effect;
use super::hall::Hall;
use super::identity::{Hashing, new_name};
use super::job::Hashed;
use super::limits::{ROOMS_MAX, ROOMS_PER_ACCOUNT_MAX};
use super::notice::Notice;
use super::rooms::AtTheDoor;
use super::rules;
use super::throttle::Lock;
use crate::names;
use chinwag_store::{Append, Change, Kind, Member, NewRoom, Origin, Write};

/// What waits at a door for a password to be hashed.
#[derive(Debug)]
pub(super) enum Door {
    /// To make a room with one.
    Create(String, Access, From),
    /// To enter.
    Unlock(RoomId, From),
    /// To set who may enter.
    Open(RoomId, Access),
}

impl Hall {
    pub(super) fn join(&mut self, asked: Asked, wanted: String, from: From, now: Now) -> Result<(), Refusal> {
        let account = self.account_of(asked.session)?;
        let known = self.rooms.named(&wanted);
        // One that was made under other rules keeps its name.
        let wanted = if known.is_some() { wanted } else { new_name(&wanted)? };
        self.in_scope(asked, &wanted)?;
        match known {
            Some(room) => self.enter(asked, room, (account, false), from, now),
            None => {
                let new = self.new_room(wanted, Access::Public, account)?;
                self.full_account_of(asked.session)?;
                self.defer(asked, Write::Room(new), Ticket::Room(asked, from))
            }
        }
    }

    pub(super) fn create(
        &mut self,
        asked: Asked,
        (wanted, access): (String, Access),
        password: Option<Secret>,
        from: From,
        now: Now,
    ) -> Result<(), Refusal> {
        let account = self.full_account_of(asked.session)?;
        let wanted = new_name(&wanted)?;
        if let Some((id, room)) = self.rooms.named(&wanted).and_then(|id| Some((id, self.rooms.get(id)?)))
            && room.members.get(&account).is_some_and(|member| member.role == Role::Owner)
        {
            return self.follow(asked, id, account, from, now);
        }
        let new = self.new_room(wanted, access, account)?;
        match (access, password) {
            (Access::Password, None) => Err(Refusal::PasswordNeeded),
            (Access::Password, Some(password)) => self.make_for(
                asked,
                check_door(password)?,
                |asked| Hashing::Room(asked, Door::Create(new.name, access, from)),
                now,
            ),
            (Access::Public | Access::Invite | Access::Private, _) => {
                self.defer(asked, Write::Room(new), Ticket::Created(asked, from))
            }
        }
    }

    pub(super) fn unlock(
        &mut self,
        asked: Asked,
        wanted: &str,
        password: Secret,
        from: From,
        now: Now,
    ) -> Result<(), Refusal> {
        let account = self.account_of(asked.session)?;
        self.in_scope(asked, wanted)?;
        let id = self.rooms.named(wanted).ok_or(Refusal::NoSuchRoom)?;
        let room = self.rooms.get(id).filter(|room| rules::may_know(room, account)).ok_or(Refusal::NoSuchRoom)?;
        if room.members.contains_key(&account) || room.access != Access::Password {
            return self.enter(asked, id, (account, false), from, now);
        }
        let phc = room.phc.clone();
        let then = Hashing::Room(asked, Door::Unlock(id, from));
        self.check_password(asked, (Lock::Room(id), phc), password, then, now)
    }

    pub(super) fn open(
        &mut self,
        asked: Asked,
        (id, access): (RoomId, Access),
        password: Option<Secret>,
        now: Now,
    ) -> Result<(), Refusal> {
        let account = self.full_account_of(asked.session)?;
        let room = rules::as_member(&self.rooms, id, account)?;
        let is_named = matches!(room.kind, Kind::Named(_));
        if !is_named || rules::role(&self.accounts, room, account).is_none_or(|role| role < Role::Owner) {
            return Err(Refusal::NotAllowed);
        }
        match (access, password) {
            (Access::Password, None) => Err(Refusal::PasswordNeeded),
            (Access::Password, Some(password)) => {
                self.make_for(asked, check_door(password)?, |asked| Hashing::Room(asked, Door::Open(id, access)), now)
            }
            (Access::Public | Access::Invite | Access::Private, _) => self.open_now(asked, id, (access, None), now),
        }
    }

    /// The password at a door was hashed, or checked.
    pub(super) fn door_hashed(&mut self, asked: Asked, door: Door, hashed: Hashed, now: Now) {
        let done = match (door, hashed) {
            (Door::Create(wanted, access, from), Hashed::Made(phc)) => {
                let new = self.account_of(asked.session).and_then(|account| self.new_room(wanted, access, account));
                new.and_then(|new| {
                    let new = NewRoom { phc: Some(phc), ..new };
                    self.defer(asked, Write::Room(new), Ticket::Created(asked, from))
                })
            }
            (Door::Open(id, access), Hashed::Made(phc)) => self.open_now(asked, id, (access, Some(phc)), now),
            (Door::Unlock(id, from), Hashed::Checked(true)) => {
                self.note_right(asked.session, Lock::Room(id), now);
                let account = self.account_of(asked.session);
                account.and_then(|account| self.enter(asked, id, (account, true), from, now))
            }
            (_, Hashed::Failed) => Err(Refusal::Busy),
            (Door::Unlock(..) | Door::Create(..) | Door::Open(..), _) => Err(Refusal::PasswordWrong),
        };
        self.refuse_unless(asked, done);
    }

    fn new_room(&self, wanted: String, access: Access, owner: AccountId) -> Result<NewRoom, Refusal> {
        if self.rooms.named(&wanted).is_some() {
            return Err(Refusal::RoomTaken);
        }
        self.may_be_made(owner)?;
        let skeleton = names::confusable(&wanted);
        Ok(NewRoom { name: wanted, skeleton, access, phc: None, owner: Some(owner) })
    }

    /// Whether this account may have a further room made.
    fn may_be_made(&self, account: AccountId) -> Result<(), Refusal> {
        if self.rooms.len() >= ROOMS_MAX {
            return Err(Refusal::Limit);
        }
        if self.is_in_too_many(account) { Err(Refusal::TooManyRooms) } else { Ok(()) }
    }

    /// A change of a room's access is an entry of its log, written by the server for whoever asked.
    fn open_now(
        &mut self,
        asked: Asked,
        id: RoomId,
        (access, phc): (Access, Option<String>),
        now: Now,
    ) -> Result<(), Refusal> {
        let author = self.account_of(asked.session)?;
        let Some(device) = self.sessions.get(asked.session).map(|session| session.device) else { return Ok(()) };
        let name = self.accounts.name(author).to_owned();
        let body = Body::Act(Act::Open(access));
        let entry = Entry { at: now.wall, author, name, body }.encode();
        self.last_own.counter += 1;
        let origin = Origin { device, id: self.last_own, hash: message::hash(&entry) };
        let change = Change::Open(access, phc);
        let append = Append {
            room: id,
            author,
            origin,
            at: self.time.stamp(now),
            entry: entry.clone(),
            change: change.clone(),
            unless_repeated: None,
        };
        let set_aside = self.set_aside(author, id, entry.len());
        let posted = Posted { answers: Answers::Request(asked), room: id, author, entry, change, set_aside };
        self.defer(asked, Write::Append(append), Ticket::Post(Box::new(posted)))?;
        self.closes(id);
        Ok(())
    }

    /// The room is there; the account enters it, for good if it is not a member yet.
    pub(super) fn enter(
        &mut self,
        asked: Asked,
        id: RoomId,
        (account, knows_password): (AccountId, bool),
        from: From,
        now: Now,
    ) -> Result<(), Refusal> {
        let room = self.rooms.get(id).ok_or(Refusal::NoSuchRoom)?;
        if room.members.contains_key(&account) {
            return self.follow(asked, id, account, from, now);
        }
        let Some(session) = self.sessions.get(asked.session) else { return Ok(()) };
        rules::may_enter(room, account, &session.device, knows_password, self.time.best(now))?;
        if room.closing > 0 {
            // A ban or another door is on its way to the store, and may hold for this one.
            let knew = room.phc.clone().filter(|_| knows_password);
            self.pending(asked)?;
            if let Some(room) = self.rooms.get_mut(id) {
                room.at_the_door.push(AtTheDoor { asked, account, from, knew });
            }
            return Ok(());
        }
        if self.is_in_too_many(account) {
            return Err(Refusal::TooManyRooms);
        }
        self.defer(asked, Write::Enter { room: id, account }, Ticket::Enter(asked, id, from, account))
    }

    /// Something that may keep people out of a room is on its way to the store.
    pub(super) fn closes(&mut self, id: RoomId) {
        if let Some(room) = self.rooms.get_mut(id) {
            room.closing += 1;
        }
    }

    /// It is done, or refused: whoever came to the door meanwhile is let in if it still may.
    pub(super) fn closed(&mut self, id: RoomId, now: Now) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.closing = room.closing.saturating_sub(1);
        if room.closing > 0 {
            return;
        }
        for AtTheDoor { asked, account, from, knew } in std::mem::take(&mut room.at_the_door) {
            self.no_longer_pending(asked);
            let knows_password = knew.is_some()
                && self.rooms.get(id).is_some_and(|room| room.access == Access::Password && room.phc == knew);
            if self.account_of(asked.session) == Ok(account) {
                let entered = self.enter(asked, id, (account, knows_password), from, now);
                self.refuse_unless(asked, entered);
            }
        }
    }

    pub(super) fn direct(&mut self, asked: Asked, to: &str, from: From, now: Now) -> Result<(), Refusal> {
        let account = self.account_of(asked.session)?;
        let other = self.account_named(to);
        if !matches!(other, Err(Refusal::NameInvalid)) {
            self.in_scope(asked, &format!("@{to}"))?;
        }
        let other = other?;
        match self.rooms.between(account, other) {
            Some(room) => self.follow(asked, room, account, from, now),
            None => self
                .may_be_made(account)
                .and_then(|()| self.defer(asked, Write::Direct { one: account, other }, Ticket::Direct(asked, from))),
        }
    }

    /// A session follows a room from here on. The account is a member.
    pub(super) fn follow(
        &mut self,
        asked: Asked,
        id: RoomId,
        account: AccountId,
        from: From,
        now: Now,
    ) -> Result<(), Refusal> {
        let Some(session) = self.sessions.get_mut(asked.session) else { return Ok(()) };
        if session.rooms.len() >= ROOMS_PER_SESSION_MAX && !session.rooms.contains(&id) {
            return Err(Refusal::TooManyRooms);
        }
        let since = self.rooms.get(id).and_then(|room| room.members.get(&account)).map(|member| member.since);
        let since = since.ok_or(Refusal::NotMember)?;
        session.rooms.insert(id);
        // A token that only writes is shown nothing.
        let reads = session.scopes.as_ref().is_none_or(|scopes| scopes.read);
        if !reads {
            let info = self.info(asked.session, id, account).ok_or(Refusal::NoSuchRoom)?;
            let after = info.head;
            self.let_in(asked, &from, Entered { room: info, after, roster: 0, back_to: None });
            return Ok(());
        }
        self.rooms.follow(id, asked.session);
        self.came(id, account, now.mono);
        let (room, info) = (self.rooms.get(id), self.info(asked.session, id, account));
        let (room, info) = room.zip(info).ok_or(Refusal::NoSuchRoom)?;
        let (after, back_to) = self.rooms.begin(id, room, &from);
        let (after, roster) = (after.max(since), room.roster.version().0);
        self.let_in(asked, &from, Entered { room: info, after, roster, back_to });
        self.effects.push_back(Effect::Follow(asked.session, id, after));
        self.tell_unreadable(asked.session, id);
        Ok(())
    }

    fn let_in(&mut self, asked: Asked, from: &From, Entered { room, after, roster, back_to }: Entered) {
        if let (Some(back_to), From::Seen { marks, .. }) = (back_to, from)
            && let Some(account) = self.sessions.get(asked.session).and_then(|session| session.account)
            && let Some(account) = self.accounts.get_mut(account).filter(|account| !account.has_seen_more)
        {
            account.has_seen_more = true;
            let saw = marks.first().map_or(RoomSeq(0), |mark| mark.upto);
            self.notices.push_back(Notice::WentBack { name: account.name.clone(), saw, back_to });
        }
        let answer = match from {
            From::After(..) | From::Recent(_) => Answer::Joined { room, after, roster },
            From::Seen { .. } => Answer::Entered { room, after, roster, epoch: self.rooms.epoch(), back_to },
        };
        self.answer(asked, Ok(answer));
    }

    /// A session follows a room no more. An account leaves a named room when none of its sessions follows it any more.
    pub(super) fn leave(&mut self, asked: Asked, id: RoomId, now: Now) -> Result<(), Refusal> {
        let account = self.account_of(asked.session)?;
        if let Some(session) = self.sessions.get_mut(asked.session)
            && session.rooms.remove(&id)
        {
            let was_shown = session.is_shown();
            self.rooms.unfollow(id, asked.session);
            self.effects.push_back(Effect::Unfollow(asked.session, id));
            if was_shown {
                self.gone(id, account, true, now.mono);
            }
        }
        let by_token = self.sessions.get(asked.session).is_some_and(|session| session.scopes.is_some());
        if let Some(room) = self.rooms.get(id)
            && !by_token
            && matches!(room.kind, Kind::Named(_))
            && let Some(member) = room.members.get(&account)
            && rules::following(&self.accounts, room, account).next().is_none()
        {
            let ticket = Ticket::Left(asked, id, Box::new(*member));
            self.defer(asked, Write::Leave { room: id, account }, ticket)?;
            // At once, so that a join that comes before the commit enters again, after it.
            self.no_longer_member(id, account);
            return Ok(());
        }
        if !by_token && self.rooms.get(id).is_some_and(|room| room.invited.contains(&account)) {
            self.defer(asked, Write::Leave { room: id, account }, Ticket::Declined(asked, id, account))?;
            // At once, as above.
            self.set_invited(id, account, false);
            return Ok(());
        }
        self.answer(asked, Ok(Answer::Left));
        Ok(())
    }

    /// That an account does not follow an invitation is durable. Nobody else hears of it.
    pub(super) fn declined(&mut self, asked: Asked, id: RoomId, account: AccountId) {
        self.tell_info(id, account, Some(asked.session));
        self.answer(asked, Ok(Answer::Left));
    }

    /// An account may enter a room by invitation from now on, or not any more.
    pub(super) fn set_invited(&mut self, id: RoomId, account: AccountId, is_invited: bool) {
        let (Some(room), Some(entry)) = (self.rooms.get_mut(id), self.accounts.get_mut(account)) else { return };
        if is_invited {
            room.invited.insert(account);
            entry.invited.insert(id);
        } else {
            room.invited.remove(&account);
            entry.invited.remove(&id);
        }
    }

    /// The account is no member any more, and hears nothing more of the room.
    pub(super) fn put_out(&mut self, id: RoomId, account: AccountId, now: Now) {
        let Some(room) = self.rooms.get(id) else { return };
        let following: Vec<_> = rules::following(&self.accounts, room, account).collect();
        for session in following {
            if let Some(session) = self.sessions.get_mut(session) {
                session.rooms.remove(&id);
            }
            self.rooms.unfollow(id, session);
            self.effects.push_back(Effect::Unfollow(session, id));
        }
        self.no_longer_member(id, account);
        self.gone(id, account, true, now.mono);
        self.tell_info(id, account, None);
    }

    /// That it left could not be stored.
    pub(super) fn restore_member(&mut self, id: RoomId, member: Member) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        if let Some(account) = self.accounts.get_mut(member.account) {
            account.rooms.insert(id);
            room.members.entry(member.account).or_insert(member);
        }
    }

    fn no_longer_member(&mut self, id: RoomId, account: AccountId) {
        if let Some(room) = self.rooms.get_mut(id) {
            room.members.remove(&account);
            room.last_post_at.remove(&account);
        }
        if let Some(account) = self.accounts.get_mut(account) {
            account.rooms.remove(&id);
        }
    }

    /// Tells all of an account's sessions, but maybe one, how a room is to them now.
    pub(super) fn tell_info(&mut self, id: RoomId, account: AccountId, but: Option<SessionId>) {
        let sessions = self.accounts.get(account).map(|account| account.sessions.as_slice()).unwrap_or_default();
        let told = sessions.iter().filter(|&&session| Some(session) != but).filter_map(|&session| {
            let info = self.info(session, id, account)?;
            Some(Effect::tell(session, &Down::Room(info)))
        });
        let told: Vec<_> = told.collect();
        self.effects.extend(told);
    }

    /// A room as a session of an account sees it. What came by a token sees those that it is for, and nothing of what is said
    /// there if it only writes.
    pub(super) fn info(&self, session: SessionId, id: RoomId, account: AccountId) -> Option<RoomInfo> {
        let mut info = self.whole_info(id, account)?;
        if let Some(session) = self.sessions.get(session)
            && let Some(scopes) = &session.scopes
        {
            rules::in_scope(session, &self.shown(self.rooms.get(id)?, account)).ok()?;
            if !scopes.read {
                info.topic.clear();
            }
        }
        Some(info)
    }

    fn whole_info(&self, id: RoomId, account: AccountId) -> Option<RoomInfo> {
        let room = self.rooms.get(id)?;
        let kind = match &room.kind {
            Kind::Named(name) => RoomKind::Named(name.clone()),
            Kind::Direct(one, other) => {
                let other = if *one == account { *other } else { *one };
                RoomKind::Direct(other, self.accounts.name(other).to_owned())
            }
        };
        let standing = rules::standing(&self.accounts, room, account);
        // Whoever is put out learns that it is, and nothing else.
        let is_in = matches!(standing, Standing::In(_));
        let member = room.members.get(&account);
        Some(RoomInfo {
            id,
            kind,
            log: room.log,
            head: if is_in { room.head } else { RoomSeq(0) },
            access: room.access,
            topic: if is_in { room.topic.clone() } else { String::new() },
            standing,
            since: member.map_or(RoomSeq(0), |member| member.since),
            read: member.map_or(RoomSeq(0), |member| member.read),
        })
    }

    /// Rooms in which an account is, or into which it is invited.
    pub(super) fn rooms_of(&self, account: AccountId) -> impl Iterator<Item = RoomId> + '_ {
        self.accounts.get(account).into_iter().flat_map(|account| account.rooms.union(&account.invited).copied())
    }

    fn in_scope(&self, asked: Asked, wanted: &str) -> Result<(), Refusal> {
        self.sessions.get(asked.session).map_or(Ok(()), |session| rules::in_scope(session, wanted))
    }

    fn is_in_too_many(&self, account: AccountId) -> bool {
        self.accounts.get(account).is_some_and(|account| account.rooms.len() >= ROOMS_PER_ACCOUNT_MAX)
    }
}

/// What is answered to whoever enters a room.
struct Entered {
    room: RoomInfo,
    after: RoomSeq,
    roster: u64,
    back_to: Option<RoomSeq>,
}

/// Whether a change may keep someone out who could come in before it.
pub(super) const fn is_a_door(change: &Change) -> bool {
    matches!(change, Change::Ban(..) | Change::Open(..))
}

/// Whether something may be a room's password: people tell it to each other, so it may be short.
fn check_door(password: Secret) -> Result<Secret, Refusal> {
    match password.reveal().len() {
        1..=SECRET_MAX_LEN => Ok(password),
        _ => Err(Refusal::PasswordUnfit),
    }
}

/// What the server writes itself has ids of its own: a random start for each process.
pub(super) const fn own_ids(start: u64) -> ClientMsgId {
    ClientMsgId { start, counter: 0 }
}

//! Requests: login, join, leave, direct. All are idempotent. What has to be durable first waits for its commit as a
//! [`Ticket`] and goes on from there.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::limits::ROOMS_PER_SESSION_MAX;
use chinwag_proto::time::Now;
use chinwag_proto::wire::id::{AccountId, PublicKey, RequestId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{
    Access, Answer, Down, From, Refusal, Request, RoomInfo, RoomKind, Standing, Up, Wire as _, name,
};

use super::commits::{Asked, Ticket};
use super::effect::Effect;
use super::hall::Hall;
use super::limits::{ACCOUNTS_MAX, REQUESTS_PENDING_MAX, ROOMS_MAX, ROOMS_PER_ACCOUNT_MAX, WELCOME_ROOMS_MAX};
use super::notice::Notice;
use super::rooms::Room;
use crate::names;
use crate::store::{Kind, NewAccount, NewRoom, Write};

impl Hall {
    /// Takes a control message of a client.
    pub(super) fn request(&mut self, session: SessionId, body: &[u8], now: Now) {
        match Up::decode(body) {
            Ok(Up::Request(request, what)) => {
                let asked = Asked { session, request };
                if let Err(reason) = self.grant(asked, what, now) {
                    self.refuse(asked, reason);
                }
            }
            // A request of a kind that this server does not know, of a client that is newer: it is told so.
            Err(_) => {
                if let Ok((0u32, request)) = postcard::take_from_bytes::<(u32, RequestId)>(body).map(|(head, _)| head) {
                    self.refuse(Asked { session, request }, Refusal::NotUnderstood);
                }
            }
        }
    }

    fn grant(&mut self, asked: Asked, request: Request, now: Now) -> Result<(), Refusal> {
        match request {
            Request::Login { name } => self.login(asked, name, now),
            Request::Join { room, from } => self.join(asked, room, from, now),
            Request::Leave { room } => self.leave(asked, room, now),
            Request::Direct { to, from } => self.direct(asked, &to, from, now),
            _ => Err(Refusal::NotUnderstood),
        }
    }

    fn login(&mut self, asked: Asked, wanted: String, now: Now) -> Result<(), Refusal> {
        name::check(&wanted).map_err(|_| Refusal::NameInvalid)?;
        let Some(session) = self.sessions.get(asked.session) else { return Ok(()) };
        let device = session.device;
        match (self.accounts.of_device(&device), self.accounts.named(&wanted)) {
            (Some(account), named) if named == Some(account) => self.welcome(asked, account),
            (Some(_), _) => return Err(Refusal::OtherName),
            (None, Some(_)) => return Err(Refusal::NameTaken),
            (None, None) if self.accounts.len() >= ACCOUNTS_MAX => return Err(Refusal::Limit),
            (None, None) => {
                self.defer(
                    asked,
                    Write::Account(NewAccount {
                        skeleton: names::confusable(&wanted),
                        name: wanted,
                        device,
                        label: String::new(),
                        phc: None,
                        invite: None,
                        at: now.wall,
                    }),
                    Ticket::Login(asked, device),
                )?;
            }
        }
        Ok(())
    }

    /// The account is durable.
    pub(super) fn logged_in(&mut self, asked: Asked, device: PublicKey, account: AccountId, name: &str) {
        self.accounts.learn(account, name, device);
        self.welcome(asked, account);
    }

    fn welcome(&mut self, asked: Asked, account: AccountId) {
        let Some(session) = self.sessions.get_mut(asked.session) else { return };
        let (device, addr) = (session.device, session.addr);
        let is_new = session.account.replace(account).is_none();
        let Some(entry) = self.accounts.get_mut(account) else { return };
        if is_new {
            entry.sessions.push(asked.session);
            self.notices.push_back(Notice::LoggedIn { name: entry.name.clone(), device, addr });
        }
        let ids: Vec<_> = self.accounts.get(account).into_iter().flat_map(|a| a.rooms.iter().copied()).collect();
        let mut infos = ids.into_iter().filter_map(|id| self.info(id, account));
        let rooms = infos.by_ref().take(WELCOME_ROOMS_MAX).collect();
        let more: Vec<_> = infos.map(|info| Effect::tell(asked.session, &Down::Room(info))).collect();
        let (server, name) = (self.name.clone(), self.accounts.name(account).to_owned());
        self.answer(asked, Ok(Answer::Welcome { account, name, server, rooms }));
        self.effects.extend(more);
    }

    fn join(&mut self, asked: Asked, wanted: String, from: From, now: Now) -> Result<(), Refusal> {
        let account = self.account_of(asked.session)?;
        name::check(&wanted).map_err(|_| Refusal::NameInvalid)?;
        match self.rooms.named(&wanted) {
            Some(room) => self.enter(asked, room, account, from, now),
            None if self.rooms.len() >= ROOMS_MAX || self.is_in_too_many(account) => Err(Refusal::Limit),
            None => self.defer(
                asked,
                Write::Room(NewRoom {
                    skeleton: names::confusable(&wanted),
                    name: wanted,
                    access: Access::Public,
                    phc: None,
                    owner: Some(account),
                }),
                Ticket::Room(asked, from),
            ),
        }
    }

    /// The room is there; the account enters it, for good if it is not a member yet.
    pub(super) fn enter(
        &mut self,
        asked: Asked,
        id: RoomId,
        account: AccountId,
        from: From,
        now: Now,
    ) -> Result<(), Refusal> {
        let room = self.rooms.get(id).ok_or(Refusal::NoSuchRoom)?;
        if room.members.contains(&account) {
            return self.follow(asked, id, account, from, now);
        }
        if self.is_in_too_many(account) {
            return Err(Refusal::Limit);
        }
        self.defer(asked, Write::Enter { room: id, account }, Ticket::Enter(asked, id, from, account))
    }

    fn direct(&mut self, asked: Asked, to: &str, from: From, now: Now) -> Result<(), Refusal> {
        let account = self.account_of(asked.session)?;
        let other = self.accounts.named(to).ok_or(Refusal::NoSuchAccount)?;
        match self.rooms.between(account, other) {
            Some(room) => self.follow(asked, room, account, from, now),
            None if self.rooms.len() >= ROOMS_MAX || self.is_in_too_many(account) => Err(Refusal::Limit),
            None => self.defer(asked, Write::Direct { one: account, other }, Ticket::Direct(asked, from)),
        }
    }

    /// A session of a member begins to follow a room.
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
            return Err(Refusal::Limit);
        }
        session.rooms.insert(id);
        self.rooms.follow(id, asked.session);
        self.came(id, account, now.mono);
        let (room, info) = (self.rooms.get(id), self.info(id, account));
        let (room, info) = room.zip(info).ok_or(Refusal::NoSuchRoom)?;
        let (after, roster) = (begin(room, from), room.roster.version().0);
        self.answer(asked, Ok(Answer::Joined { room: info, after, roster }));
        self.effects.push_back(Effect::Follow(asked.session, id, after));
        Ok(())
    }

    /// A session follows a room no more. An account leaves a public room when none of its sessions follows it any more.
    fn leave(&mut self, asked: Asked, id: RoomId, now: Now) -> Result<(), Refusal> {
        let account = self.account_of(asked.session)?;
        if let Some(session) = self.sessions.get_mut(asked.session)
            && session.rooms.remove(&id)
        {
            self.rooms.unfollow(id, asked.session);
            self.effects.push_back(Effect::Unfollow(asked.session, id));
            self.gone(id, account, true, now.mono);
        }
        let is_followed = self
            .accounts
            .get(account)
            .into_iter()
            .flat_map(|account| &account.sessions)
            .any(|&s| self.sessions.get(s).is_some_and(|session| session.rooms.contains(&id)));
        if !is_followed
            && let Some(room) = self.rooms.get_mut(id)
            && matches!(room.kind, Kind::Named(_))
            && room.members.remove(&account)
        {
            // At once, so that a join that comes before the commit enters again, after it.
            if let Some(account) = self.accounts.get_mut(account) {
                account.rooms.remove(&id);
            }
            self.commits.push(Write::Leave { room: id, account }, Ticket::Leave);
        }
        self.answer(asked, Ok(Answer::Left));
        Ok(())
    }

    /// A room as an account sees it.
    pub(super) fn info(&self, id: RoomId, account: AccountId) -> Option<RoomInfo> {
        let room = self.rooms.get(id)?;
        let kind = match &room.kind {
            Kind::Named(name) => RoomKind::Named(name.clone()),
            Kind::Direct(one, other) => {
                let other = if *one == account { *other } else { *one };
                RoomKind::Direct(other, self.accounts.name(other).to_owned())
            }
        };
        Some(RoomInfo {
            id,
            kind,
            log: room.log,
            head: room.head,
            access: Access::Public,
            topic: String::new(),
            standing: Standing::Out,
            since: RoomSeq(0),
            read: RoomSeq(0),
        })
    }

    /// Waits for a commit before the request goes on.
    fn defer(&mut self, asked: Asked, write: Write, ticket: Ticket) -> Result<(), Refusal> {
        let Some(session) = self.sessions.get_mut(asked.session) else { return Ok(()) };
        if session.requests >= REQUESTS_PENDING_MAX {
            return Err(Refusal::Limit);
        }
        session.requests += 1;
        self.commits.push(write, ticket);
        Ok(())
    }

    pub(super) fn account_of(&self, session: SessionId) -> Result<AccountId, Refusal> {
        self.sessions.get(session).and_then(|session| session.account).ok_or(Refusal::NotLoggedIn)
    }

    fn is_in_too_many(&self, account: AccountId) -> bool {
        self.accounts.get(account).is_some_and(|account| account.rooms.len() >= ROOMS_PER_ACCOUNT_MAX)
    }
}

/// The entry after which a log is sent to a device.
fn begin(room: &Room, from: From) -> RoomSeq {
    match from {
        From::After(log, number) if log == room.log => number.min(room.head),
        From::After(..) => RoomSeq(0),
        From::Recent(count) => RoomSeq(room.head.0.saturating_sub(count)),
    }
}

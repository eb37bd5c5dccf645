//! Whose a session is: logins of every kind, passwords, devices, deletion. A device that is enrolled is known by its key; a
//! password is for devices that are not, and hashing it happens elsewhere.

use std::borrow::Cow;

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::limits::{
    DEVICE_LABEL_MAX_LEN, DEVICES_PER_ACCOUNT_MAX, PASSWORD_MIN_LEN, SECRET_MAX_LEN, SESSIONS_PER_ACCOUNT_MAX,
};
use chinwag_proto::time::Now;
use chinwag_proto::wire::frame::CloseCode;
use chinwag_proto::wire::id::{AccountId, PublicKey};
use chinwag_proto::wire::message::{self, Answer, Device, Down, Refusal, Secret, name, visible};

use super::accounts;
use super::auth::Vouched;
use super::commits::{Asked, By, Ticket};
use super::config::Registration;
use super::effect::Effect;
use super::hall::Hall;
use super::job::{Hash, Hashed, WorkId};
use super::limits::{ACCOUNTS_MAX, WELCOME_ROOMS_MAX};
use super::notice::Notice;
use super::throttle::Lock;
use crate::names;
use chinwag_store::{NewAccount, Write};

/// What waits for a password to be hashed.
#[derive(Debug)]
pub(super) enum Hashing {
    /// To register.
    Register(Asked, Box<NewAccount>),
    /// To enrol a device; `None`: nobody has that name.
    Enrol(Asked, Option<AccountId>, String),
    /// To set the new password, now that the old one is checked.
    Old(Asked, AccountId, Secret),
    /// The old one is wrong: whether the new one is the present one already, as when the request is repeated.
    Already(Asked),
    /// To set it.
    New(By, AccountId),
    /// To delete the account.
    Unregister(Asked, AccountId),
    /// To do something to a room.
    Room(Asked, super::doors::Door),
}

impl Hall {
    /// The account of this device, or a new one.
    pub(super) fn login(&mut self, asked: Asked, wanted: String, now: Now) -> Result<(), Refusal> {
        let Some(device) = self.device_of(asked.session) else { return Ok(()) };
        match (self.accounts.of_device(&device), self.accounts.named(&wanted)) {
            (Some(account), named) if named == Some(account) => self.welcome(asked, account, now),
            (Some(_), _) => Err(Refusal::OtherName),
            (None, _) if !self.may_be_local(asked) => Err(Refusal::PasswordNeeded),
            (None, _) => {
                let new = self.new_account(new_name(&wanted)?, device, String::new(), None, now)?;
                self.register_now(asked, new)
            }
        }
    }

    pub(super) fn register(
        &mut self,
        asked: Asked,
        (wanted, label): (String, String),
        (password, invite): (Option<Secret>, Option<Secret>),
        now: Now,
    ) -> Result<(), Refusal> {
        let wanted = new_name(&wanted)?;
        let Some(device) = self.device_of(asked.session) else { return Ok(()) };
        // A repeat on a new link: it was made before, and the answer was lost.
        if let Some(account) = self.accounts.of_device(&device) {
            let is_same = self.accounts.named(&wanted) == Some(account);
            return if is_same { self.welcome(asked, account, now) } else { Err(Refusal::OtherName) };
        }
        if !self.may_be_local(asked) {
            let password = password.ok_or(Refusal::PasswordNeeded)?;
            let is_local = |account| self.accounts.vouched(account).is_none();
            // What may be the password of a local account is nobody else's business.
            if self.accounts.named(&wanted).is_some_and(is_local) {
                return Err(Refusal::NameTaken);
            }
            return self.ask_password(asked, (wanted, label), password, now);
        }
        let new = self.new_account(wanted, device, label, invite, now)?;
        match password {
            None => self.register_now(asked, new),
            Some(password) => {
                self.make_for(asked, check_new(password)?, |asked| Hashing::Register(asked, Box::new(new)), now)
            }
        }
    }

    fn new_account(
        &mut self,
        name: String,
        device: PublicKey,
        label: String,
        invite: Option<Secret>,
        now: Now,
    ) -> Result<NewAccount, Refusal> {
        // The first account makes the server its own. Where strangers can't register, they learn no names either.
        let registration = if self.accounts.len() == 0 { Registration::Open } else { self.registration };
        match (registration, &invite) {
            (Registration::Closed, _) => return Err(Refusal::RegistrationClosed),
            (Registration::Invited, None) => return Err(Refusal::InviteNeeded),
            (Registration::Invited, Some(_)) | (Registration::Open, _) => {}
        }
        let skeleton = names::confusable(&name);
        // By invitation, the store tells it, and looks at the invitation first: strangers learn no names.
        if registration == Registration::Open {
            self.check_free(&name, &skeleton)?;
        }
        if self.accounts.len() >= ACCOUNTS_MAX {
            return Err(Refusal::Limit);
        }
        let invite = (registration == Registration::Invited).then_some(invite).flatten();
        let invite = invite.map(|invite| message::hash(invite.reveal().as_bytes()));
        let until = invite.and_then(|invite| self.invites.get(&invite).copied());
        if self.check_ended(until, now) {
            return Err(Refusal::InviteInvalid);
        }
        let label = label_of(&label)?;
        let at = self.time.latest(now);
        Ok(NewAccount { name, skeleton, device, label, phc: None, invite, is_vouched: false, at })
    }

    /// Whether nobody has that name, or one that looks like it.
    fn check_free(&self, name: &str, skeleton: &str) -> Result<(), Refusal> {
        if self.accounts.is_taken(name) {
            return Err(Refusal::NameTaken);
        }
        if self.accounts.is_confusable(skeleton) { Err(Refusal::NameConfusable) } else { Ok(()) }
    }

    /// Makes an account for a device that is vouched for.
    pub(super) fn register_vouched(
        &mut self,
        asked: Asked,
        (name, label): (String, String),
        now: Now,
    ) -> Result<(), Refusal> {
        let Some(device) = self.device_of(asked.session) else { return Ok(()) };
        let skeleton = names::confusable(&name);
        self.check_free(&name, &skeleton)?;
        if self.accounts.len() >= ACCOUNTS_MAX {
            return Err(Refusal::Limit);
        }
        let (phc, invite, at) = (None, None, self.time.latest(now));
        self.register_now(asked, NewAccount { name, skeleton, device, label, phc, invite, is_vouched: true, at })
    }

    fn register_now(&mut self, asked: Asked, new: NewAccount) -> Result<(), Refusal> {
        let ticket = Ticket::Registered(asked, new.clone());
        self.defer(asked, Write::Account(new), ticket)
    }

    /// The account is durable.
    pub(super) fn registered(
        &mut self,
        asked: Asked,
        new: NewAccount,
        (id, name, is_owner): (AccountId, &str, bool),
        now: Now,
    ) {
        self.accounts.insert(id, name, new.skeleton, new.phc, is_owner);
        self.accounts.enrol(id, new.device, accounts::Device { label: new.label, since: new.at });
        if new.is_vouched {
            self.accounts.set_vouched(id, Some(Vouched::new(new.at)));
            self.made_vouched(id, now);
        }
        let welcomed = self.log_in(asked, id, now);
        self.refuse_unless(asked, welcomed);
    }

    pub(super) fn enrol(
        &mut self,
        asked: Asked,
        (wanted, label): (String, String),
        password: Secret,
        now: Now,
    ) -> Result<(), Refusal> {
        let Some(device) = self.device_of(asked.session) else { return Ok(()) };
        if let Some(account) = self.accounts.of_device(&device) {
            let is_same = self.accounts.named(&wanted) == Some(account);
            return if is_same { self.welcome(asked, account, now) } else { Err(Refusal::OtherName) };
        }
        let account = self.accounts.named(&wanted);
        let is_local = account.is_some_and(|account| self.accounts.vouched(account).is_none());
        if self.auth.is_there() && !is_local {
            return self.ask_password(asked, (wanted, label), password, now);
        }
        // Nobody of that name, or no password: found out as slowly, and answered alike.
        let phc = account.and_then(|account| self.accounts.get(account)).and_then(|account| account.phc.clone());
        let then = Hashing::Enrol(asked, account, label_of(&label)?);
        self.check_password(asked, (Lock::of_account(&wanted), phc), password, then, now)
    }

    pub(super) fn token(&mut self, asked: Asked, token: &Secret, now: Now) -> Result<(), Refusal> {
        let hash = message::hash(token.reveal().as_bytes());
        let token = self.accounts.token(&hash).ok_or(Refusal::TokenInvalid)?;
        let (account, scopes, until) = (token.account, token.scopes.clone(), token.until);
        if self.check_ended(until, now) {
            return Err(Refusal::TokenInvalid);
        }
        if let Some(session) = self.sessions.get_mut(asked.session) {
            if session.account.is_some_and(|present| present != account) {
                return Err(Refusal::NotAllowed);
            }
            (session.scopes, session.token) = (Some(scopes), Some(hash));
        }
        if let Some(until) = until {
            let left_ms = until.as_unix_millis().saturating_sub(self.time.latest(now).as_unix_millis());
            self.clocks.expire(now.mono.plus_micros(left_ms.saturating_mul(1_000)), asked.session);
        }
        self.welcome(asked, account, now)
    }

    pub(super) fn set_password(
        &mut self,
        asked: Asked,
        old: Option<Secret>,
        new: Secret,
        now: Now,
    ) -> Result<(), Refusal> {
        let id = self.full_account_of(asked.session)?;
        self.has_own_password(id)?;
        let new = check_new(new)?;
        let phc = self.accounts.get(id).and_then(|account| account.phc.clone());
        match (phc, old) {
            (None, _) => self.make_for(asked, new, |asked| Hashing::New(By::Session(asked), id), now),
            (Some(_), None) => Err(Refusal::PasswordNeeded),
            (Some(phc), Some(old)) => {
                let lock = self.lock_of(id);
                self.check_password(asked, (lock, Some(phc)), old, Hashing::Old(asked, id, new), now)
            }
        }
    }

    pub(super) fn unregister(&mut self, asked: Asked, password: Option<Secret>, now: Now) -> Result<(), Refusal> {
        let id = self.full_account_of(asked.session)?;
        // Nobody would be the server's owner any more, and nobody could become it. The operator may do even that.
        if self.accounts.get(id).is_some_and(|account| account.is_owner) {
            return Err(Refusal::NotAllowed);
        }
        let phc = self.accounts.get(id).and_then(|account| account.phc.clone());
        match (phc, password) {
            (None, _) => {
                self.defer(asked, Write::Unregister { account: id }, Ticket::Unregistered(By::Session(asked), id))
            }
            (Some(_), None) => Err(Refusal::PasswordNeeded),
            (Some(phc), Some(password)) => {
                let lock = self.lock_of(id);
                self.check_password(asked, (lock, Some(phc)), password, Hashing::Unregister(asked, id), now)
            }
        }
    }

    pub(super) fn devices(&mut self, asked: Asked) -> Result<(), Refusal> {
        let account = self.full_account_of(asked.session)?;
        let Some(account) = self.accounts.get(account) else { return Ok(()) };
        let online = |key: &PublicKey| {
            account.sessions.iter().any(|&s| self.sessions.get(s).is_some_and(|session| session.device == *key))
        };
        let device = |(key, device): (&PublicKey, &accounts::Device)| Device {
            key: *key,
            label: device.label.clone(),
            since: device.since,
            is_online: online(key),
        };
        let devices = account.devices.iter().map(device).collect();
        self.answer(asked, Ok(Answer::Devices(devices)));
        Ok(())
    }

    pub(super) fn revoke(&mut self, asked: Asked, device: PublicKey) -> Result<(), Refusal> {
        let account = self.full_account_of(asked.session)?;
        self.defer(asked, Write::Revoke { account, device }, Ticket::Revoked(By::Session(asked), account, device))
    }

    /// A device is none of the account's any more: its sessions end.
    pub(super) fn revoked(&mut self, by: By, id: AccountId, device: PublicKey) {
        self.accounts.revoke(id, &device);
        self.answer_by(by, Ok(Answer::Done));
        self.end_sessions(id, "this device was revoked", |session| session.device == device);
    }

    /// The account is deleted: it leaves every room, and its sessions end.
    pub(super) fn unregistered(&mut self, by: By, id: AccountId, now: Now) {
        self.answer_by(by, Ok(Answer::Done));
        let rooms: Vec<_> =
            self.accounts.get(id).into_iter().flat_map(|account| account.rooms.iter().copied()).collect();
        for room in rooms {
            self.put_out(room, id, now);
        }
        self.accounts.forget(id);
        self.end_sessions(id, "the account was deleted", |_| true);
    }

    /// Ends an account's sessions. What was queued for them goes out before.
    pub(super) fn end_sessions(&mut self, id: AccountId, why: &str, which: impl Fn(&super::sessions::Session) -> bool) {
        let sessions = self.accounts.get(id).map(|account| account.sessions.as_slice()).unwrap_or_default();
        let ended = sessions.iter().filter(|&&s| self.sessions.get(s).is_some_and(&which));
        let close = |&session: &SessionId| Effect::Close(session, CloseCode::Denied, why.to_owned());
        self.effects.extend(ended.map(close));
    }

    /// Whether an account's password is the server's to set.
    pub(super) fn has_own_password(&self, account: AccountId) -> Result<(), Refusal> {
        self.accounts.vouched(account).map_or(Ok(()), |_| Err(Refusal::PasswordElsewhere))
    }

    fn check_ban(&self, account: AccountId) -> Result<(), Refusal> {
        let is_banned = !self.banned.is_empty() && self.banned.contains(&name::fold(self.accounts.name(account)));
        if is_banned { Err(Refusal::Banned) } else { Ok(()) }
    }

    /// A session is to be an account's.
    pub(super) fn welcome(&mut self, asked: Asked, account: AccountId, now: Now) -> Result<(), Refusal> {
        self.check_ban(account)?;
        match self.accounts.vouched(account) {
            Some(_) => self.welcome_vouched(asked, account, now),
            None => self.log_in(asked, account, now),
        }
    }

    /// A session is an account's from now on.
    pub(super) fn log_in(&mut self, asked: Asked, account: AccountId, now: Now) -> Result<(), Refusal> {
        self.check_ban(account)?;
        let Some(session) = self.sessions.get_mut(asked.session) else { return Ok(()) };
        if session.account.is_some_and(|present| present != account) {
            return Err(Refusal::OtherName);
        }
        let (device, addr) = (session.device, session.addr);
        let is_new = session.account.replace(account).is_none();
        let Some(entry) = self.accounts.get_mut(account) else { return Ok(()) };
        if is_new {
            if entry.sessions.len() >= SESSIONS_PER_ACCOUNT_MAX {
                session.account = None;
                return Err(Refusal::TooManySessions);
            }
            entry.sessions.push(asked.session);
            self.notices.push_back(Notice::LoggedIn { name: entry.name.clone(), device, addr });
            self.watch_vouched(account, now);
        }
        let ids: Vec<_> = self.rooms_of(account).collect();
        let mut infos = ids.into_iter().filter_map(|id| self.info(asked.session, id, account));
        let rooms = infos.by_ref().take(WELCOME_ROOMS_MAX).collect();
        let more: Vec<_> = infos.map(|info| Effect::tell(asked.session, &Down::Room(info))).collect();
        let (server, name) = (self.name.clone(), self.accounts.name(account).to_owned());
        self.answer(asked, Ok(Answer::Welcome { account, name, server, rooms }));
        self.effects.extend(more);
        self.tell_if_near(asked.session, account);
        Ok(())
    }

    /// A password was hashed, or checked.
    pub(super) fn hashed(&mut self, id: WorkId, hashed: Hashed, now: Now) {
        let Some(then) = self.hashes.done(id) else { return };
        match (then, hashed) {
            (Hashing::Register(asked, new), Hashed::Made(phc)) => {
                let done = self.register_now(asked, NewAccount { phc: Some(phc), ..*new });
                self.refuse_unless(asked, done);
            }
            (Hashing::Enrol(asked, Some(account), label), Hashed::Checked(true)) => {
                self.note_right(asked.session, self.lock_of(account), now);
                let done = self.enrol_now(asked, account, label, now);
                self.refuse_unless(asked, done);
            }
            (Hashing::Old(asked, account, new), Hashed::Checked(true)) => {
                self.note_right(asked.session, self.lock_of(account), now);
                let hash = self.make(new);
                let done = self.hash(hash, Hashing::New(By::Session(asked), account));
                self.refuse_unless(asked, done);
            }
            (Hashing::Old(asked, account, password), Hashed::Checked(false)) => {
                let phc = self.accounts.get(account).and_then(|account| account.phc.clone());
                let done = self.hash(Hash::Check { password, phc }, Hashing::Already(asked));
                self.refuse_unless(asked, done);
            }
            (Hashing::Already(asked), Hashed::Checked(true)) => self.answer(asked, Ok(Answer::Done)),
            (Hashing::New(by, account), Hashed::Made(phc)) => {
                let ticket = Ticket::PasswordSet(by, account, phc.clone());
                self.defer_by(by, Write::Password { account, phc }, ticket);
            }
            (Hashing::Unregister(asked, account), Hashed::Checked(true)) => {
                self.note_right(asked.session, self.lock_of(account), now);
                let ticket = Ticket::Unregistered(By::Session(asked), account);
                let done = self.defer(asked, Write::Unregister { account }, ticket);
                self.refuse_unless(asked, done);
            }
            (Hashing::Room(asked, door), hashed) => self.door_hashed(asked, door, hashed, now),
            (then, hashed) => {
                let by = match then {
                    Hashing::Register(asked, _)
                    | Hashing::Enrol(asked, ..)
                    | Hashing::Old(asked, ..)
                    | Hashing::Already(asked)
                    | Hashing::Unregister(asked, _)
                    | Hashing::Room(asked, _) => By::Session(asked),
                    Hashing::New(by, _) => by,
                };
                let reason = if hashed == Hashed::Failed { Refusal::Busy } else { Refusal::PasswordWrong };
                self.answer_by(by, Err(reason));
            }
        }
    }

    pub(super) fn enrol_now(
        &mut self,
        asked: Asked,
        account: AccountId,
        label: String,
        now: Now,
    ) -> Result<(), Refusal> {
        let Some(device) = self.device_of(asked.session) else { return Ok(()) };
        if self.accounts.get(account).is_some_and(|account| account.devices.len() >= DEVICES_PER_ACCOUNT_MAX) {
            return Err(Refusal::TooManyDevices);
        }
        let known = accounts::Device { label: label.clone(), since: now.wall };
        self.defer(
            asked,
            Write::Enrol { account, device, label, at: now.wall },
            Ticket::Enrolled(asked, account, device, known),
        )
    }

    /// Queues a check of a password, if there were not too many tries at it from there.
    pub(super) fn check_password(
        &mut self,
        asked: Asked,
        (lock, phc): (Lock, Option<String>),
        password: Secret,
        then: Hashing,
        now: Now,
    ) -> Result<(), Refusal> {
        let Some(from) = self.sessions.get(asked.session).map(|session| session.addr.ip()) else { return Ok(()) };
        if password.reveal().len() > SECRET_MAX_LEN {
            return Err(Refusal::PasswordWrong);
        }
        if !self.throttle.try_once(from, lock, now.mono) {
            return Err(Refusal::TooManyTries);
        }
        self.hash(Hash::Check { password, phc }, then)
    }

    pub(super) fn note_right(&mut self, session: SessionId, lock: Lock, now: Now) {
        if let Some(session) = self.sessions.get(session) {
            self.throttle.note_right(session.addr.ip(), lock, now.mono);
        }
    }

    fn lock_of(&self, account: AccountId) -> Lock {
        Lock::of_account(self.accounts.name(account))
    }

    pub(super) fn hash(&mut self, hash: Hash, then: Hashing) -> Result<(), Refusal> {
        self.hashes.push(hash, then).map_err(|_| Refusal::TooManyTries)
    }

    /// Queues the hashing of a new password: as dear as a check, so it is throttled; no guess, so it takes nothing from those.
    pub(super) fn make_for(
        &mut self,
        asked: Asked,
        password: Secret,
        then: impl FnOnce(Asked) -> Hashing,
        now: Now,
    ) -> Result<(), Refusal> {
        let Some(from) = self.sessions.get(asked.session).map(|session| session.addr.ip()) else { return Ok(()) };
        if !self.throttle.make_once(from, now.mono) {
            return Err(Refusal::TooManyTries);
        }
        let hash = self.make(password);
        self.hash(hash, then(asked))
    }

    pub(super) fn make(&mut self, password: Secret) -> Hash {
        Hash::Make { password, salt: self.rng.bytes() }
    }

    /// The account of a session that came by its device, not by a token.
    pub(super) fn full_account_of(&self, session: SessionId) -> Result<AccountId, Refusal> {
        let account = self.account_of(session)?;
        let by_token = self.sessions.get(session).is_some_and(|session| session.scopes.is_some());
        if by_token { Err(Refusal::OutOfScope) } else { Ok(account) }
    }

    pub(super) fn device_of(&self, session: SessionId) -> Option<PublicKey> {
        self.sessions.get(session).map(|session| session.device)
    }
}

/// Whether something may be a password.
pub(super) fn check_new(password: Secret) -> Result<Secret, Refusal> {
    match password.reveal().len() {
        PASSWORD_MIN_LEN..=SECRET_MAX_LEN => Ok(password),
        _ => Err(Refusal::PasswordUnfit),
    }
}

/// What a device calls itself: a line that its account's other devices are shown.
pub(super) fn label_of(said: &str) -> Result<String, Refusal> {
    if said.len() > DEVICE_LABEL_MAX_LEN {
        return Err(Refusal::TooLarge);
    }
    visible::check_line(said).map(|()| said.to_owned()).map_err(|_| Refusal::TextUnfit)
}

/// The name of something new, composed.
pub(super) fn new_name(wanted: &str) -> Result<String, Refusal> {
    name::composed(wanted).map(Cow::into_owned).map_err(|_| Refusal::NameInvalid)
}

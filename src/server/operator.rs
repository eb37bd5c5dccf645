//! What the operator asks of a running server, beside watching it: accounts, tokens, invitations, rooms.

use chinwag_proto::limits::DEVICE_LABEL_MAX_LEN;
use chinwag_proto::time::{Now, WallTime};
use chinwag_proto::wire::id::{AccountId, RoomId};
use chinwag_proto::wire::message::{Answer, Refusal, Secret, name, visible};

use super::commits::{By, Ticket};
use super::config::{Admission, Registration};
use super::effect::Effect;
use super::hall::Hall;
use super::identity::{Hashing, check_new};
use super::limits::TOKENS_MAX;
use super::notice::{AccountReport, Notice, RoomReport, TokenReport};
use super::quota::NewQuotas;
use chinwag_store::{Kind, Retention, Scopes, SecretHash, Token, Write};

/// The operator's own number for what it asked; comes back in [`Notice::Answered`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperatorTag(pub u64);

/// What an operator can ask for. Accounts and rooms are given by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Set an account's password, whatever it was.
    SetPassword {
        /// The account.
        account: String,
        /// The new password.
        password: Secret,
    },
    /// Delete an account.
    Unregister {
        /// The account.
        account: String,
    },
    /// End all sessions of an account. It may come back.
    Kick {
        /// The account.
        account: String,
    },
    /// End all sessions of an account, and let it in no more. Where that is to outlive the process, whoever asks keeps it.
    Ban {
        /// The account.
        account: String,
    },
    /// Let it in again.
    Unban {
        /// The account.
        account: String,
    },
    /// Say whether an outside program vouches for an account from now on, or it is a local one.
    Vouch {
        /// The account.
        account: String,
        /// The program does.
        is_vouched: bool,
    },
    /// Make a token for an account.
    MakeToken {
        /// The account.
        account: String,
        /// Hash of the token: whoever asks made it, and the server never sees it.
        hash: SecretHash,
        /// What it is called: no other token is.
        label: String,
        /// What it allows. Rooms are names as shown (`lobby`, `@bob`), folded.
        scopes: Scopes,
        /// It is valid before then.
        until: Option<WallTime>,
    },
    /// Make a token that allows what the one of that label does, and revoke that one.
    RotateToken {
        /// The label.
        label: String,
        /// Hash of the new token.
        hash: SecretHash,
        /// It is valid before then, instead of before when the old one was.
        until: Option<WallTime>,
    },
    /// Revoke the token of that label; sessions that came by it end.
    RevokeToken {
        /// The label.
        label: String,
    },
    /// Make an invitation to register.
    MakeInvite {
        /// Hash of the invitation.
        hash: SecretHash,
        /// How many accounts may be made by it.
        uses: u32,
        /// It is valid before then.
        until: Option<WallTime>,
    },
    /// Who may register from now on, until a restart.
    SetRegistration(Registration),
    /// From where sessions are taken from now on. Those that are not any more end.
    SetAdmission(Admission),
    /// How much is kept from now on, until a restart.
    SetQuotas(NewQuotas),
    /// Say how much is kept, in [`Notice::Quotas`].
    Quotas,
    /// How long a room keeps bodies.
    Retain {
        /// The room.
        room: String,
        /// How long.
        retention: Retention,
    },
    /// How the clock stands, in [`Notice::Clock`].
    Clock,
    /// The clock is right.
    ConfirmClock,
    /// Remove what a room's retention does not keep.
    Prune {
        /// The room.
        room: String,
    },
    /// List accounts, in [`Notice::Accounts`].
    Accounts,
    /// List rooms, in [`Notice::Rooms`].
    Rooms,
    /// List tokens, in [`Notice::Tokens`].
    Tokens,
}

impl Hall {
    /// Does what the operator asks.
    pub(super) fn operate(&mut self, tag: OperatorTag, operation: Operation, now: Now) {
        let by = By::Operator(tag);
        match self.operation(by, tag, operation, now) {
            Ok(()) => {}
            Err(reason) => self.answer_by(by, Err(reason)),
        }
    }

    fn operation(&mut self, by: By, tag: OperatorTag, operation: Operation, now: Now) -> Result<(), Refusal> {
        match operation {
            Operation::SetPassword { account, password } => {
                let account = self.account_named(&account)?;
                self.has_own_password(account)?;
                let hash = self.make(check_new(password)?);
                self.hash(hash, Hashing::New(by, account))?;
            }
            Operation::Unregister { account } => {
                let account = self.account_named(&account)?;
                self.commits.push(Write::Unregister { account }, Ticket::Unregistered(by, account));
            }
            Operation::Kick { account } => {
                let account = self.account_named(&account)?;
                self.end_sessions(account, "ended by the server's operator", |_| true);
                self.answer_by(by, Ok(Answer::Done));
            }
            Operation::Ban { account } => {
                let id = self.account_named(&account)?;
                self.banned.insert(name::fold(&account));
                self.end_sessions(id, "banned by the server's operator", |_| true);
                self.answer_by(by, Ok(Answer::Done));
            }
            Operation::Unban { account } => {
                // It may have been deleted since.
                if !self.banned.remove(&name::fold(&account)) {
                    return Err(Refusal::NoSuchAccount);
                }
                self.answer_by(by, Ok(Answer::Done));
            }
            Operation::Vouch { account, is_vouched } => {
                let account = self.account_named(&account)?;
                self.vouch(by, account, is_vouched, now)?;
            }
            Operation::MakeToken { account, hash, label, scopes, until } => {
                let account = self.account_named(&account)?;
                if self.check_over(tag, until, now) {
                    return Ok(());
                }
                if label.len() > DEVICE_LABEL_MAX_LEN {
                    return Err(Refusal::TooLarge);
                }
                if label.is_empty() || visible::check_line(&label).is_err() {
                    return Err(Refusal::TextUnfit);
                }
                if self.accounts.tokens().count() >= TOKENS_MAX {
                    return Err(Refusal::Limit);
                }
                if !self.tokens_of(&label).is_empty() {
                    return Err(Refusal::NameTaken);
                }
                let token = Token { account, hash, label, scopes, until };
                let Token { label, scopes, .. } = token.clone();
                self.commits.push(Write::Token { account, hash, label, scopes, until }, Ticket::Token(by, token));
            }
            Operation::RotateToken { label, hash, until } => {
                let old = self.accounts.tokens().find(|token| token.label == label).cloned();
                let old = old.ok_or(Refusal::TokenInvalid)?;
                let token = Token { hash, until: until.or(old.until), ..old };
                // One that is valid no more would be followed by one that never was.
                if token.until.is_some_and(|until| until <= self.time.latest(now)) {
                    return Err(Refusal::TokenInvalid);
                }
                // In one batch, the old ones first known: there is no moment without a token, and none with both after it.
                let revoked = self.tokens_of(&label);
                let Token { account, scopes, until, .. } = token.clone();
                let ticket = Ticket::Token(By::Nobody, token);
                self.commits.push(Write::Token { account, hash, label, scopes, until }, ticket);
                self.revoke_tokens(by, &revoked)?;
            }
            Operation::RevokeToken { label } => {
                let revoked = self.tokens_of(&label);
                self.revoke_tokens(by, &revoked)?;
            }
            Operation::MakeInvite { hash, uses, until } => {
                if self.check_over(tag, until, now) {
                    return Ok(());
                }
                if let Some(until) = until {
                    self.invites.insert(hash, until);
                }
                self.commits.push(Write::Invite { hash, uses, until }, Ticket::Done(by));
            }
            Operation::SetRegistration(registration) => {
                self.registration = registration;
                self.answer_by(by, Ok(Answer::Done));
            }
            Operation::SetAdmission(admission) => {
                self.admit(admission);
                self.answer_by(by, Ok(Answer::Done));
            }
            Operation::SetQuotas(new) => {
                self.quotas.set(new);
                self.answer_by(by, Ok(Answer::Done));
            }
            Operation::Quotas => {
                let report = self.report_quotas();
                self.notices.push_back(Notice::Quotas(tag, report));
            }
            Operation::Retain { room, retention } => {
                let room = self.rooms.named(&room).ok_or(Refusal::NoSuchRoom)?;
                if let Some(room) = self.rooms.get_mut(room) {
                    room.retention = retention;
                }
                self.commits.push(Write::Retain { room, retention }, Ticket::Done(by));
                self.redate(room, now);
                self.clocks.prune_by(now.mono);
            }
            Operation::Prune { room } => {
                let room = self.rooms.named(&room).ok_or(Refusal::NoSuchRoom)?;
                self.look_at_clock(now);
                let is_by_age = matches!(self.rooms.get(room).map(|room| room.retention), Some(Retention::For(_)));
                if is_by_age && self.time.sure(now).is_none() {
                    self.notices.push_back(Notice::AgeUnsure(tag));
                } else {
                    self.prune(by, room, now);
                }
            }
            Operation::Clock => {
                self.look_at_clock(now);
                let report = self.time.report(now);
                self.notices.push_back(Notice::Clock(tag, report));
            }
            Operation::ConfirmClock => self.confirm_clock(by, now),
            Operation::Accounts => {
                let accounts = self.report_accounts();
                self.notices.push_back(Notice::Accounts(tag, accounts));
            }
            Operation::Rooms => {
                let rooms = self.report_rooms();
                self.notices.push_back(Notice::Rooms(tag, rooms));
            }
            Operation::Tokens => {
                let report = |token: &Token| TokenReport {
                    account: self.accounts.name(token.account).to_owned(),
                    label: token.label.clone(),
                    scopes: token.scopes.clone(),
                    until: token.until,
                };
                let tokens = self.accounts.tokens().map(report).collect();
                self.notices.push_back(Notice::Tokens(tag, tokens));
            }
        }
        Ok(())
    }

    fn tokens_of(&self, label: &str) -> Vec<SecretHash> {
        self.accounts.tokens().filter(|token| token.label == label).map(|token| token.hash).collect()
    }

    fn revoke_tokens(&mut self, by: By, hashes: &[SecretHash]) -> Result<(), Refusal> {
        let (&last, rest) = hashes.split_last().ok_or(Refusal::TokenInvalid)?;
        for &hash in rest {
            self.commits.push(Write::RevokeToken { hash }, Ticket::TokenRevoked(By::Nobody, hash));
        }
        self.commits.push(Write::RevokeToken { hash: last }, Ticket::TokenRevoked(by, last));
        Ok(())
    }

    /// A token is none any more: sessions that came by it end.
    pub(super) fn token_revoked(&mut self, by: By, hash: &SecretHash) {
        self.accounts.remove_token(hash);
        self.answer_by(by, Ok(Answer::Done));
        let came_by_it = self.sessions.iter().filter(|session| session.token.as_ref() == Some(hash));
        let code = chinwag_proto::wire::frame::CloseCode::Denied;
        let close =
            |session: &super::sessions::Session| Effect::Close(session.id, code, "the token was revoked".to_owned());
        self.effects.extend(came_by_it.map(close));
    }

    /// From where sessions are taken from now on. Those that are not any more end.
    fn admit(&mut self, admission: Admission) {
        self.admission = admission;
        let denied = self.peers.outside(|ip| self.admission.allows(ip));
        let code = chinwag_proto::wire::frame::CloseCode::Denied;
        self.effects.extend(denied.map(|session| Effect::Close(session, code, "not from this address".to_owned())));
    }

    /// Removes what a room's retention does not keep.
    pub(super) fn prune(&mut self, by: By, room: RoomId, now: Now) {
        self.commits.push(Write::Prune { room, at: self.time.sure(now) }, Ticket::Pruned(by, room));
    }

    /// Forgets what was valid once, tries that count no more, and the words of what was deleted.
    pub(super) fn tidy(&mut self, now: Now) {
        if let Some(sure) = self.time.sure(now) {
            let before = sure.minus(super::limits::EXPIRED_KEPT);
            self.accounts.expire_tokens(before);
            self.invites.retain(|_, until| *until >= before);
            self.commits.push(Write::Expire { before }, Ticket::Quiet);
        }
        self.throttle.forget(now.mono);
        self.commits.push(Write::Compact, Ticket::Compacted);
    }

    /// Looks after the rooms that do not keep everything.
    pub(super) fn prune_all(&mut self, now: Now) {
        let kept = |retention| matches!(retention, Retention::Forever | Retention::Ephemeral);
        let rooms: Vec<_> = self.rooms.iter().filter(|(_, room)| !kept(room.retention)).map(|(id, _)| id).collect();
        if !rooms.is_empty() {
            self.clocks.prune_by(now.mono + super::limits::PRUNE_EVERY);
        }
        for room in rooms {
            self.prune(By::Nobody, room, now);
        }
    }

    /// Whether something that is valid until then would never be valid; the operator is told so.
    fn check_over(&mut self, tag: OperatorTag, until: Option<WallTime>, now: Now) -> bool {
        let latest = self.time.latest(now);
        let is_over = until.is_some_and(|until| until <= latest);
        if is_over {
            self.notices.push_back(Notice::OverAlready(tag, latest));
        }
        is_over
    }

    /// The account of that name; which may be one that could not be made today.
    pub(super) fn account_named(&self, wanted: &str) -> Result<AccountId, Refusal> {
        match (self.accounts.named(wanted), name::check(wanted)) {
            (Some(account), _) => Ok(account),
            (None, Ok(())) => Err(Refusal::NoSuchAccount),
            (None, Err(_)) => Err(Refusal::NameInvalid),
        }
    }

    fn report_accounts(&self) -> Vec<AccountReport> {
        let report = |(_, account): (AccountId, &super::accounts::Account)| AccountReport {
            name: account.name.clone(),
            devices: account.devices.len(),
            sessions: account.sessions.len(),
            rooms: account.rooms.len(),
            is_owner: account.is_owner,
            has_password: account.phc.is_some(),
            is_vouched: account.vouched.is_some(),
            used_bytes: account.used,
        };
        self.accounts.iter().filter(|(_, account)| !account.is_gone).map(report).collect()
    }

    fn report_rooms(&self) -> Vec<RoomReport> {
        let report = |(_, room): (RoomId, &super::rooms::Room)| {
            let Kind::Named(name) = &room.kind else { return None };
            Some(RoomReport {
                name: name.clone(),
                access: room.access,
                topic: room.topic.clone(),
                head: room.head,
                members: room.members.len(),
                followers: room.followers().len(),
                retention: room.retention,
                used_bytes: room.used,
            })
        };
        self.rooms.iter().filter_map(report).collect()
    }
}

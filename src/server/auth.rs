//! Accounts that an outside program vouches for: it is asked about a name and a password when a device is new, and about the
//! name alone at each login and every hour. What it says by name is kept for some minutes; passwords never are. Where it says
//! no, sessions end; where it can't be asked, nobody new comes in, and who was vouched for stays for a while.

use std::collections::BTreeSet;
use std::time::Duration;

use chinwag_proto::limits::SECRET_MAX_LEN;
use chinwag_proto::time::{Instant, Now, WallTime};
use chinwag_proto::wire::id::AccountId;
use chinwag_proto::wire::message::{Answer, Refusal, Secret};

use super::asks::{Asking, Asks, Newcomer};
use super::commits::{Asked, By, Ticket};
use super::hall::Hall;
use super::identity::{label_of, new_name};
use super::job::{Ask, Verdict, WorkId};
use super::limits::{ASK_AGAIN, ASK_EVERY, AUTH_GRACE, VERDICT_KEPT};
use super::notice::{AuthNews, Notice};
use super::throttle::Lock;
use chinwag_store::Write;

/// What is known of a vouched account beyond what is stored.
#[derive(Debug)]
pub(super) struct Vouched {
    /// When it was vouched for last, as far as it is stored.
    at: WallTime,
    /// It may come in until then while the program can't be asked; `None`: that was not asked yet in this run.
    trusted_until: Option<Instant>,
    /// What the program said last by name, and when.
    verdict: Option<(Instant, bool)>,
    /// It moderates every named room that it is a member of.
    pub(super) is_moderator: bool,
    /// When it is asked about again.
    due: Option<Instant>,
}

impl Vouched {
    pub(super) const fn new(at: WallTime) -> Self {
        Self { at, trusted_until: None, verdict: None, is_moderator: false, due: None }
    }

    /// Until when it may come in while the program can't be asked.
    fn trusted_until(&mut self, grace: Duration, now: Instant, latest: WallTime) -> Instant {
        let age_ms = latest.as_unix_millis().saturating_sub(self.at.as_unix_millis());
        *self.trusted_until.get_or_insert_with(|| now + grace.saturating_sub(Duration::from_millis(age_ms)))
    }
}

/// The program, as the server sees it.
#[derive(Debug)]
pub(super) struct Auth {
    /// There is one.
    is_there: bool,
    grace: Duration,
    pub(super) asks: Asks,
    /// Accounts by when they are asked about again.
    due: BTreeSet<(Instant, AccountId)>,
    /// It failed when it was asked last.
    is_failing: bool,
    verdicts: Verdicts,
}

/// How often it said what.
#[derive(Clone, Copy, Debug, Default)]
struct Verdicts {
    yes: u64,
    no: u64,
    failed: u64,
}

impl Auth {
    pub(super) fn new(grace: Option<Duration>) -> Self {
        Self {
            is_there: grace.is_some(),
            grace: grace.unwrap_or(AUTH_GRACE),
            asks: Asks::default(),
            due: BTreeSet::new(),
            is_failing: false,
            verdicts: Verdicts::default(),
        }
    }

    /// Whether accounts come from a program.
    pub(super) const fn is_there(&self) -> bool {
        self.is_there
    }

    /// What it said so far, by verdict.
    pub(super) fn verdicts(&self) -> Vec<(&'static str, u64)> {
        let Verdicts { yes, no, failed } = self.verdicts;
        if self.is_there { vec![("yes", yes), ("no", no), ("failed", failed)] } else { Vec::new() }
    }

    /// When something is to be done.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let due = self.due.first().map(|&(at, _)| at);
        [due, self.asks.deadline()].into_iter().flatten().min()
    }
}

impl Hall {
    /// Whether this session may make a local account although accounts come from a program: the first one, which owns the
    /// server, by whoever sits at the server's own machine.
    pub(super) fn may_be_local(&self, asked: Asked) -> bool {
        let is_here = || self.sessions.get(asked.session).is_some_and(|session| session.addr.ip().is_loopback());
        !self.auth.is_there || (self.accounts.len() == 0 && is_here())
    }

    /// Asks whether a device may be enrolled under this name.
    pub(super) fn ask_password(
        &mut self,
        asked: Asked,
        (wanted, label): (String, String),
        password: Secret,
        now: Now,
    ) -> Result<(), Refusal> {
        let (wanted, label) = (new_name(&wanted)?, label_of(&label)?);
        let Some(from) = self.sessions.get(asked.session).map(|session| session.addr.ip()) else { return Ok(()) };
        // To many directories, an empty password is no password, and all is well (RFC 4513, section 5.1.2).
        if password.reveal().is_empty() || password.reveal().len() > SECRET_MAX_LEN {
            return Err(Refusal::PasswordWrong);
        }
        if !self.throttle.try_once(from, Lock::of_account(&wanted), now.mono) {
            return Err(Refusal::TooManyTries);
        }
        self.pending(asked)?;
        let ask = Ask { name: wanted.clone(), password: Some(password) };
        if !self.auth.asks.push_password(ask, Newcomer { asked, wanted, label }, now.mono) {
            self.no_longer_pending(asked);
            return Err(Refusal::TooManyTries);
        }
        Ok(())
    }

    /// Lets a session into a vouched account, once that is known to be vouched for still.
    pub(super) fn welcome_vouched(&mut self, asked: Asked, account: AccountId, now: Now) -> Result<(), Refusal> {
        if !self.auth.is_there {
            return self.welcome_unasked(asked, account, now);
        }
        let verdict = self.accounts.vouched(account).and_then(|vouched| vouched.verdict);
        match verdict.filter(|(at, _)| now.mono.since(*at) < VERDICT_KEPT) {
            Some((_, true)) => self.log_in(asked, account, now),
            Some((_, false)) => Err(Refusal::AccountClosed),
            None => {
                self.pending(asked)?;
                self.ask_name(account, Some(asked), now);
                Ok(())
            }
        }
    }

    /// The program can't be asked about an account.
    fn welcome_unasked(&mut self, asked: Asked, account: AccountId, now: Now) -> Result<(), Refusal> {
        if self.check_trusted(account, now) { self.log_in(asked, account, now) } else { Err(Refusal::AuthUnavailable) }
    }

    /// Whether an account may be in while the program can't be asked.
    fn check_trusted(&mut self, account: AccountId, now: Now) -> bool {
        // It is granted for a time, and ends by the later of the clocks.
        let (grace, latest) = (self.auth.grace, self.time.latest(now));
        self.accounts
            .vouched_mut(account)
            .is_some_and(|vouched| now.mono < vouched.trusted_until(grace, now.mono, latest))
    }

    fn ask_name(&mut self, account: AccountId, waiting: Option<Asked>, now: Now) {
        let name = self.accounts.name(account).to_owned();
        self.auth.asks.push_name(account, &name, waiting, now.mono);
    }

    /// The program has said something.
    pub(super) fn told(&mut self, id: WorkId, verdict: Verdict, now: Now) {
        self.count(&verdict);
        match self.auth.asks.done(id) {
            None => {}
            Some(Asking::Password(newcomer)) => {
                self.no_longer_pending(newcomer.asked);
                let asked = newcomer.asked;
                let done = self.judged_newcomer(newcomer, verdict, now);
                self.refuse_unless(asked, done);
            }
            Some(Asking::Name(account, waiting)) => self.judged_account(account, waiting, verdict, now),
        }
    }

    fn count(&mut self, verdict: &Verdict) {
        let verdicts = &mut self.auth.verdicts;
        let count = match verdict {
            Verdict::Yes { .. } => &mut verdicts.yes,
            Verdict::No => &mut verdicts.no,
            Verdict::Failed { .. } => &mut verdicts.failed,
        };
        *count += 1;
        let why = if let Verdict::Failed { why } = verdict { Some(why.clone()) } else { None };
        if std::mem::replace(&mut self.auth.is_failing, why.is_some()) != why.is_some() {
            let news = why.map_or(AuthNews::Answers, |why| AuthNews::Fails { why });
            self.notices.push_back(Notice::Auth(news));
        }
    }

    /// What the program says of a name and a password.
    fn judged_newcomer(&mut self, newcomer: Newcomer, verdict: Verdict, now: Now) -> Result<(), Refusal> {
        let Newcomer { asked, wanted, label } = newcomer;
        let (name, is_moderator) = match verdict {
            Verdict::Yes { name, is_moderator } => (name, is_moderator),
            Verdict::No => return Err(Refusal::PasswordWrong),
            Verdict::Failed { .. } => return Err(Refusal::AuthUnavailable),
        };
        if let Some(session) = self.sessions.get(asked.session) {
            self.throttle.note_right(session.addr.ip(), Lock::of_account(&wanted), now.mono);
        }
        // A directory may take several names for one: the account has the one that it gives.
        let name = new_name(name.as_deref().unwrap_or(&wanted))?;
        match self.accounts.named(&name) {
            // A local account stays whose it is.
            Some(account) if self.accounts.vouched(account).is_none() => Err(Refusal::NameTaken),
            Some(account) => {
                self.confirm(account, is_moderator, now);
                self.enrol_now(asked, account, label, now)
            }
            None => self.register_vouched(asked, (name, label), now),
        }
    }

    /// What the program says of an account.
    fn judged_account(&mut self, account: AccountId, waiting: Vec<Asked>, verdict: Verdict, now: Now) {
        // It may have become a local one meanwhile.
        if self.accounts.vouched(account).is_some() {
            match verdict {
                Verdict::Yes { is_moderator, .. } => self.said(account, Some(is_moderator), now),
                Verdict::No => self.said(account, None, now),
                Verdict::Failed { .. } => self.failed(account, now),
            }
        }
        for asked in waiting {
            self.no_longer_pending(asked);
            let done = match self.accounts.vouched(account).map(|vouched| vouched.verdict) {
                None | Some(Some((_, true))) => self.log_in(asked, account, now),
                Some(Some((_, false))) => Err(Refusal::AccountClosed),
                Some(None) => self.welcome_unasked(asked, account, now),
            };
            self.refuse_unless(asked, done);
        }
    }

    /// A verdict by name: vouched for, and whether as a moderator; or not.
    fn said(&mut self, account: AccountId, yes: Option<bool>, now: Now) {
        if let Some(is_moderator) = yes {
            self.confirm(account, is_moderator, now);
        } else {
            self.disown(account, now);
        }
        if let Some(vouched) = self.accounts.vouched_mut(account) {
            vouched.verdict = Some((now.mono, yes.is_some()));
        }
    }

    /// The program vouches for an account.
    fn confirm(&mut self, account: AccountId, is_moderator: bool, now: Now) {
        let (grace, latest) = (self.auth.grace, self.time.latest(now));
        let Some(vouched) = self.accounts.vouched_mut(account) else { return };
        (vouched.at, vouched.trusted_until, vouched.verdict) = (latest, Some(now.mono + grace), None);
        let was_moderator = std::mem::replace(&mut vouched.is_moderator, is_moderator);
        self.commits.push(Write::Vouch { account, at: Some(latest) }, Ticket::Quiet);
        self.ask_again(account, now.mono + ASK_EVERY);
        if was_moderator != is_moderator {
            self.tell_role(account);
        }
    }

    /// The program vouches for an account no more: it is out, and stays out when the program can't be asked.
    fn disown(&mut self, account: AccountId, now: Now) {
        let Some(vouched) = self.accounts.vouched_mut(account) else { return };
        let was_trusted = vouched.at != NEVER;
        (vouched.at, vouched.trusted_until, vouched.is_moderator) = (NEVER, Some(now.mono), false);
        if was_trusted {
            self.commits.push(Write::Vouch { account, at: Some(NEVER) }, Ticket::Quiet);
        }
        self.put_away(account, "this account is closed");
    }

    /// The program can't be asked about an account.
    fn failed(&mut self, account: AccountId, now: Now) {
        if let Some(vouched) = self.accounts.vouched_mut(account) {
            vouched.verdict = None;
        }
        if self.check_trusted(account, now) {
            let end = self.accounts.vouched(account).and_then(|vouched| vouched.trusted_until);
            self.ask_again(account, end.map_or(now.mono, |end| end.min(now.mono + ASK_AGAIN)));
        } else {
            self.put_away(account, "this account's directory has not been heard for too long");
        }
    }

    /// Ends all sessions of an account that is not vouched for.
    fn put_away(&mut self, account: AccountId, why: &str) {
        let Some(entry) = self.accounts.get(account).filter(|entry| !entry.sessions.is_empty()) else { return };
        let (name, sessions) = (entry.name.clone(), entry.sessions.len());
        self.notices.push_back(Notice::Auth(AuthNews::Ended { name, sessions, why: why.to_owned() }));
        self.end_sessions(account, why, |_| true);
    }

    /// An account is asked about then, if it is still there.
    fn ask_again(&mut self, account: AccountId, at: Instant) {
        let Some(vouched) = self.accounts.vouched_mut(account) else { return };
        if let Some(due) = vouched.due.replace(at) {
            self.auth.due.remove(&(due, account));
        }
        self.auth.due.insert((at, account));
    }

    /// A session is in: its account is asked about from time to time.
    pub(super) fn watch_vouched(&mut self, account: AccountId, now: Now) {
        if self.accounts.vouched(account).is_some_and(|vouched| vouched.due.is_none()) {
            self.ask_again(account, now.mono + ASK_AGAIN);
        }
    }

    /// An account was made for somebody who is vouched for; with what else is said of it by name.
    pub(super) fn made_vouched(&mut self, account: AccountId, now: Now) {
        self.ask_name(account, None, now);
    }

    /// Asks about those whose time has come, and lets nobody wait too long.
    pub(super) fn tick_auth(&mut self, now: Now) {
        while let Some(&(due, account)) = self.auth.due.first()
            && due <= now.mono
        {
            self.auth.due.pop_first();
            let Some(vouched) = self.accounts.vouched_mut(account) else { continue };
            vouched.due = None;
            if self.accounts.get(account).is_none_or(|account| account.sessions.is_empty()) {
                continue;
            }
            if self.auth.is_there {
                self.ask_name(account, None, now);
            } else {
                self.failed(account, now);
            }
        }
        while let Some(asking) = self.auth.asks.give_up(now.mono) {
            match asking {
                Asking::Password(newcomer) => {
                    self.no_longer_pending(newcomer.asked);
                    self.refuse(newcomer.asked, Refusal::AuthUnavailable);
                }
                Asking::Name(account, waiting) => {
                    for asked in waiting {
                        self.no_longer_pending(asked);
                        let done = self.welcome_unasked(asked, account, now);
                        self.refuse_unless(asked, done);
                    }
                }
            }
        }
    }

    /// An account's role in its rooms is another.
    fn tell_role(&mut self, account: AccountId) {
        let rooms: Vec<_> = self.rooms_of(account).collect();
        for room in rooms {
            self.tell_info(room, account, None);
        }
    }

    /// The operator says that an account is vouched for by the program from now on, or is a local one.
    pub(super) fn vouch(&mut self, by: By, account: AccountId, is_vouched: bool, now: Now) -> Result<(), Refusal> {
        // Whoever owns the server is known to it, whatever becomes of the program.
        if self.accounts.get(account).is_some_and(|account| account.is_owner) {
            return Err(Refusal::NotAllowed);
        }
        let at = is_vouched.then(|| self.time.latest(now));
        self.commits.push(Write::Vouch { account, at }, Ticket::Vouched(by, account, at));
        Ok(())
    }

    /// That is durable.
    pub(super) fn vouch_set(&mut self, by: By, account: AccountId, at: Option<WallTime>, now: Now) {
        if let Some(due) = self.accounts.set_vouched(account, at.map(Vouched::new)).and_then(|before| before.due) {
            self.auth.due.remove(&(due, account));
        }
        self.ask_again(account, now.mono);
        self.tell_role(account);
        self.answer_by(by, Ok(Answer::Done));
    }
}

/// When somebody was vouched for who is not any more: longer ago than any grace.
const NEVER: WallTime = WallTime::from_unix_millis(0);

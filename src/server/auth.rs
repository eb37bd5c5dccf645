//! Accounts that an outside program vouches for: it is asked about a name and a password when a device is new, and about the
//! name alone at each login and every hour. What it says by name is kept for some minutes; passwords never are. Where it says
//! no, sessions end; where it can't be asked, nobody new comes in, and who was vouched for stays for a while.

use std::collections::BTreeSet;
use std::time::Duration;

use chinwag_proto::time::{Instant, Now};
use chinwag_proto::wire::id::AccountId;

use super::accounts::Accounts;
use super::limits::{ASK_AGAIN, AUTH_GRACE};
use super::out::Out;
use super::pending::Asked;
use super::sessions::Sessions;
use super::timekeeper::Timekeeper;

/// The program, as the server sees it.
#[derive(Debug)]
pub(super) struct Auth {
    /// There is one.
    pub(super) is_there: bool,
    pub(super) grace: Duration,
    /// Accounts by when they are asked about again.
    pub(super) due: BTreeSet<(Instant, AccountId)>,
    /// It failed when it was asked last.
    pub(super) is_failing: bool,
    pub(super) verdicts: Verdicts,
}

/// How often it said what.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Verdicts {
    pub(super) yes: u64,
    pub(super) no: u64,
    pub(super) failed: u64,
}

impl Auth {
    pub(super) fn new(grace: Option<Duration>) -> Self {
        Self {
            is_there: grace.is_some(),
            grace: grace.unwrap_or(AUTH_GRACE),
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
        self.due.first().map(|&(at, _)| at)
    }
}

/// Whether this session may make a local account although accounts come from a program: the first one, which owns the
/// server, by whoever sits at the server's own machine.
pub(super) fn may_be_local(accounts: &Accounts, auth: &Auth, sessions: &Sessions, asked: Asked) -> bool {
    let is_here = || sessions.get(asked.session).is_some_and(|session| session.addr.ip().is_loopback());
    !auth.is_there || (accounts.len() == 0 && is_here())
}

/// Whether an account may be in while the program can't be asked.
pub(super) fn check_trusted(
    accounts: &mut Accounts,
    auth: &Auth,
    time: &Timekeeper,
    account: AccountId,
    now: Now,
) -> bool {
    // It is granted for a time, and ends by the later of the clocks.
    let (grace, latest) = (auth.grace, time.latest(now));
    accounts.vouched_mut(account).is_some_and(|vouched| now.mono < vouched.trusted_until(grace, now.mono, latest))
}

pub(super) fn ask_name(accounts: &Accounts, out: &mut Out, account: AccountId, waiting: Option<Asked>, now: Now) {
    let name = accounts.name(account).to_owned();
    out.asks.push_name(account, &name, waiting, now.mono);
}

/// An account is asked about then, if it is still there.
pub(super) fn ask_again(accounts: &mut Accounts, auth: &mut Auth, account: AccountId, at: Instant) {
    let Some(vouched) = accounts.vouched_mut(account) else { return };
    if let Some(due) = vouched.due.replace(at) {
        auth.due.remove(&(due, account));
    }
    auth.due.insert((at, account));
}

/// A session is in: its account is asked about from time to time.
pub(super) fn watch_vouched(accounts: &mut Accounts, auth: &mut Auth, account: AccountId, now: Now) {
    if accounts.vouched(account).is_some_and(|vouched| vouched.due.is_none()) {
        ask_again(accounts, auth, account, now.mono + ASK_AGAIN);
    }
}

/// An account was made for somebody who is vouched for; with what else is said of it by name.
pub(super) fn made_vouched(accounts: &Accounts, out: &mut Out, account: AccountId, now: Now) {
    ask_name(accounts, out, account, None, now);
}

//! What waits for the program that vouches for accounts: questions with a password, and questions by name alone. How many are
//! asked at a time is bounded here; whoever waits for an answer waits for a bounded time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::AccountId;

use super::job::{Ask, WorkId};
use super::limits::{ASK_PATIENCE, ASKS_AT_ONCE, ASKS_BY_NAME_AT_ONCE, PASSWORD_ASKS_MAX};
use super::pending::Asked;

/// What is to be done with a verdict.
#[derive(Debug)]
pub(super) enum Asking {
    /// Let the device in as one of this account, by a password.
    Password(Newcomer),
    /// It is about an account that is known; these wait to be let in.
    Name(AccountId, Vec<Asked>),
}

/// A device that is to be enrolled.
#[derive(Clone, Debug)]
pub(super) struct Newcomer {
    pub(super) asked: Asked,
    /// The name that it gave.
    pub(super) wanted: String,
    /// What it calls itself.
    pub(super) label: String,
}

/// The questions.
#[derive(Debug, Default)]
pub(super) struct Asks {
    last: u64,
    /// Those that are not asked yet; passwords come first.
    passwords: VecDeque<(WorkId, Ask)>,
    names: VecDeque<(WorkId, Ask)>,
    /// Those that are being asked: whether by name.
    running: BTreeMap<WorkId, bool>,
    /// All that are not answered.
    open: BTreeMap<WorkId, Asking>,
    by_account: BTreeMap<AccountId, WorkId>,
    /// When whoever waits for it waits no longer, in order.
    waits: BTreeSet<(Instant, WorkId)>,
}

impl Asks {
    /// Asks about a name and a password. False if too many wait for that.
    pub(super) fn push_password(&mut self, ask: Ask, newcomer: Newcomer, now: Instant) -> bool {
        if self.passwords.len() >= PASSWORD_ASKS_MAX {
            return false;
        }
        let id = self.fresh();
        self.passwords.push_back((id, ask));
        self.open.insert(id, Asking::Password(newcomer));
        self.waits.insert((now + ASK_PATIENCE, id));
        true
    }

    /// Asks about an account. One that is asked about already is not asked about twice.
    pub(super) fn push_name(&mut self, account: AccountId, name: &str, waiting: Option<Asked>, now: Instant) {
        let id = match self.by_account.get(&account) {
            Some(&id) => id,
            None => {
                let id = self.fresh();
                self.names.push_back((id, Ask { name: name.to_owned(), password: None }));
                self.open.insert(id, Asking::Name(account, Vec::new()));
                self.by_account.insert(account, id);
                id
            }
        };
        if let (Some(asked), Some(Asking::Name(_, all))) = (waiting, self.open.get_mut(&id)) {
            all.push(asked);
            self.waits.insert((now + ASK_PATIENCE, id));
        }
    }

    /// The next question to be asked.
    pub(super) fn next(&mut self) -> Option<(WorkId, Ask)> {
        if self.running.len() >= ASKS_AT_ONCE {
            return None;
        }
        let by_name = self.running.values().filter(|by_name| **by_name).count();
        let (id, ask) = match self.passwords.pop_front() {
            Some(next) => next,
            // There is always a place left for whoever comes with a password.
            None if by_name < ASKS_BY_NAME_AT_ONCE => self.names.pop_front()?,
            None => return None,
        };
        self.running.insert(id, ask.password.is_none());
        Some((id, ask))
    }

    /// A question is answered. What is to be done, unless everybody has given up waiting for it.
    pub(super) fn done(&mut self, id: WorkId) -> Option<Asking> {
        self.running.remove(&id);
        let asking = self.open.remove(&id)?;
        if let Asking::Name(account, _) = &asking {
            self.by_account.remove(account);
        }
        self.waits.retain(|(_, waiting)| *waiting != id);
        Some(asking)
    }

    /// Whoever has waited too long: a newcomer's question is forgotten, one about an account stays and is answered some time.
    pub(super) fn give_up(&mut self, now: Instant) -> Option<Asking> {
        let &(due, id) = self.waits.first()?;
        if due > now {
            return None;
        }
        self.waits.pop_first();
        if let Some(Asking::Name(account, waiting)) = self.open.get_mut(&id) {
            return Some(Asking::Name(*account, std::mem::take(waiting)));
        }
        self.passwords.retain(|(waiting, _)| *waiting != id);
        self.open.remove(&id)
    }

    /// When somebody waits no longer.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waits.first().map(|&(due, _)| due)
    }

    /// Questions that are not answered.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    const fn fresh(&mut self) -> WorkId {
        self.last += 1;
        WorkId(self.last)
    }
}

#[cfg(test)]
mod tests {
    use chinwag_proto::endpoint::SessionId;
    use chinwag_proto::wire::id::RequestId;
    use chinwag_proto::wire::message::Secret;

    use super::*;

    const NOW: Instant = Instant::EPOCH;

    fn asked(request: u64) -> Asked {
        Asked { session: SessionId::from_parts(0, 0), request: RequestId(request) }
    }

    fn push_password(asks: &mut Asks, request: u64) -> bool {
        let ask = Ask { name: "ann".into(), password: Some(Secret::from(String::from("x"))) };
        asks.push_password(ask, Newcomer { asked: asked(request), wanted: "ann".into(), label: String::new() }, NOW)
    }

    #[test]
    fn few_are_asked_at_a_time_and_a_password_finds_a_place() {
        let mut asks = Asks::default();
        for account in 1..=20 {
            asks.push_name(AccountId(account), "ann", None, NOW);
        }
        let by_name: Vec<_> = std::iter::from_fn(|| asks.next()).collect();
        assert_eq!(by_name.len(), ASKS_BY_NAME_AT_ONCE);
        assert!(push_password(&mut asks, 1) && push_password(&mut asks, 2));
        let by_password: Vec<_> = std::iter::from_fn(|| asks.next()).collect();
        assert_eq!(by_password.len(), ASKS_AT_ONCE - ASKS_BY_NAME_AT_ONCE);
        assert!(asks.done(by_name[0].0).is_some());
        assert!(asks.next().is_some_and(|(_, ask)| ask.password.is_some()), "passwords come first");
    }

    #[test]
    fn an_account_is_asked_about_once_for_all_who_wait() {
        let mut asks = Asks::default();
        asks.push_name(AccountId(1), "ann", None, NOW);
        asks.push_name(AccountId(1), "ann", Some(asked(1)), NOW);
        let (id, _) = asks.next().expect("one");
        asks.push_name(AccountId(1), "ann", Some(asked(2)), NOW);
        assert!(asks.next().is_none());
        assert!(matches!(asks.done(id), Some(Asking::Name(AccountId(1), all)) if all == [asked(1), asked(2)]));
        assert_eq!((asks.len(), asks.deadline()), (0, None));
    }

    #[test]
    fn nobody_waits_for_ever_and_a_late_verdict_about_an_account_still_counts() {
        let mut asks = Asks::default();
        asks.push_name(AccountId(1), "ann", Some(asked(1)), NOW);
        assert!(push_password(&mut asks, 2));
        let (password, _) = asks.next().expect("the password");
        let (name, _) = asks.next().expect("the name");
        assert!(asks.give_up(NOW).is_none());
        let late = NOW + ASK_PATIENCE;
        assert!(matches!(asks.give_up(late), Some(Asking::Name(_, all)) if all == [asked(1)]));
        assert!(matches!(asks.give_up(late), Some(Asking::Password(newcomer)) if newcomer.asked == asked(2)));
        assert!(asks.give_up(late).is_none());
        assert!(asks.done(password).is_none(), "it was answered");
        assert!(matches!(asks.done(name), Some(Asking::Name(_, all)) if all.is_empty()));
    }

    #[test]
    fn too_many_passwords_are_not_taken() {
        let mut asks = Asks::default();
        let taken = (0..1_000).filter(|&request| push_password(&mut asks, request)).count();
        assert_eq!(taken, PASSWORD_ASKS_MAX);
    }
}

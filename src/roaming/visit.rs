//! The session beside the old one: when it is begun, taken over, or given up; and who is asked for a proof of its key.

use chinwag_node::Output;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::PublicKey;

use super::limits::SETTLE;
use super::others::Other;
use super::seam::{Begun, Job, Notice, Role};
use super::state::{Goal, Roaming, Visit};

impl Roaming {
    /// Does what is due.
    pub(super) fn act(&mut self, now: Instant) {
        if let Visit::None | Visit::Choosing(_) = self.visit
            && let Some(found) = self.wanted.take()
        {
            return self.begin(Goal { found, is_by_itself: false });
        }
        if let Visit::Choosing(until) = self.visit
            && until <= now
        {
            self.visit = Visit::None;
            self.begin_best(now);
        }
        match std::mem::take(&mut self.visit) {
            Visit::None => self.examine(now),
            Visit::Standing(goal) => self.take_over(now, goal),
            visit @ (Visit::Choosing(_) | Visit::Beginning(_) | Visit::Offered(_)) => self.visit = visit,
        }
    }

    /// When something is due, though nothing happens.
    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        let visit = match self.visit {
            Visit::Choosing(until) => Some(until),
            // What is due already waits for a job that is under way, whose end is an input.
            Visit::None if self.examines() => self.news().map(|other| other.look_at).filter(|at| *at > now).min(),
            Visit::None | Visit::Beginning(_) | Visit::Standing(_) | Visit::Offered(_) => None,
        };
        visit.into_iter().chain(self.nobody_at).min()
    }

    fn begin(&mut self, goal: Goal) {
        self.outputs.push_back(Output::Job(Job::Begin(goal.found.clone())));
        self.visit = Visit::Beginning(goal);
    }

    /// Calls the best server of those to which the chat goes by itself.
    fn begin_best(&mut self, now: Instant) {
        let Some(found) = self.best(now).map(Box::new) else { return };
        match self.take_handshake(now, found.key()) {
            Ok(()) => {
                self.others.look_at(found.key(), now);
                self.begin(Goal { found, is_by_itself: true });
            }
            Err(until) => self.others.put_off(found.key(), until),
        }
    }

    /// What became of the session that was begun.
    pub(super) fn begun(&mut self, now: Instant, begun: Begun) {
        let goal = match std::mem::take(&mut self.visit) {
            Visit::Beginning(goal) => self.adopted(goal),
            visit @ (Visit::None | Visit::Choosing(_) | Visit::Standing(_) | Visit::Offered(_)) => {
                self.visit = visit;
                return;
            }
        };
        let key = *goal.found.key();
        match begun {
            Begun::Stands => {
                self.others.answer(&key);
                self.visit = Visit::Standing(goal);
            }
            Begun::NotLetIn | Begun::Failed if !goal.is_by_itself => self.tell(Notice::NotGone(goal.found)),
            Begun::NotLetIn => {
                self.others.mark_refused(&key);
                self.mention(&key, Notice::NotLetIn);
            }
            Begun::Failed => {
                self.others.fail(&key, now);
                // Another one may be as good.
                self.visit = Visit::Choosing(now + SETTLE);
            }
        }
    }

    /// A session that was begun without being asked for is the user's from now on, if that is where they want to go.
    fn adopted(&mut self, goal: Goal) -> Goal {
        match self.wanted.take_if(|wanted| wanted.key() == goal.found.key()) {
            Some(_) => Goal { is_by_itself: false, ..goal },
            None => goal,
        }
    }

    /// Goes on in the session that stands, once nothing is on its way in the old one. Gives it up if it is not wanted any more:
    /// others may have come here meanwhile, or the user wants to go somewhere else.
    fn take_over(&mut self, now: Instant, goal: Goal) {
        let goal = self.adopted(goal);
        let key = *goal.found.key();
        if self.wanted.is_some() || goal.is_by_itself && !self.may_go() {
            self.others.fail(&key, now);
            return self.tell(Notice::GiveUp(key));
        }
        if goal.is_by_itself && !self.is_settled {
            self.visit = Visit::Standing(goal);
            return;
        }
        self.tell(Notice::TakeOver { key, is_by_itself: goal.is_by_itself });
        self.visit = Visit::Offered(goal);
    }

    /// The user has said something before the chat could go: it waits again.
    pub(super) fn not_yet(&mut self) {
        self.visit = match std::mem::take(&mut self.visit) {
            Visit::Offered(goal) => {
                self.is_settled = false;
                Visit::Standing(goal)
            }
            visit @ (Visit::None | Visit::Choosing(_) | Visit::Beginning(_) | Visit::Standing(_)) => visit,
        };
    }

    /// The chat is there now.
    pub(super) fn taken_over(&mut self) {
        let Visit::Offered(goal) = std::mem::take(&mut self.visit) else { return };
        let was_host = matches!(self.role, Role::Host { .. });
        self.role = Role::Guest { came_by_itself: goal.is_by_itself };
        self.here = *goal.found.key();
        (self.is_adrift, self.is_asked, self.is_settled) = (false, false, false);
        self.others.forget(&self.here);
        if was_host {
            self.tell(if self.company == 0 { Notice::StopServing } else { Notice::ServesOn });
        }
    }

    /// Whether what is heard of others is looked at: a host's always, a guest's while others are looked for.
    fn examines(&self) -> bool {
        self.is_looking || matches!(self.role, Role::Host { .. })
    }

    fn news(&self) -> impl Iterator<Item = &Other> {
        self.others.iter().filter(|other| other.is_news)
    }

    /// Finds out what there is to say of servers, until there is one to which the chat goes by itself.
    fn examine(&mut self, now: Instant) {
        while self.examines() && self.visit == Visit::None {
            let due = self.news().filter(|other| other.look_at <= now);
            // One at a time is asked for a proof.
            let due = due.filter(|other| self.proving.is_none() || self.goes_by_itself(other));
            let Some(other) = due.min_by_key(|other| self.rank(&other.found)) else { return };
            let (found, goes) = (other.found.clone(), self.goes_by_itself(other));
            let key = *found.key();
            self.others.look_at(&key, now);
            if goes {
                self.visit = Visit::Choosing(now + SETTLE);
            } else if self.is_worth_a_word(&found) {
                match self.take_handshake(now, &key) {
                    Ok(()) => {
                        self.proving = Some(key);
                        self.outputs.push_back(Output::Job(Job::Prove(Box::new(found))));
                    }
                    Err(until) => self.others.put_off(&key, until),
                }
            }
        }
    }

    /// A handshake that nobody asked for: with strangers there are only so many, and if there is none now, there is one then.
    fn take_handshake(&mut self, now: Instant, key: &PublicKey) -> Result<(), Instant> {
        if self.known.contains(key) { Ok(()) } else { self.budget.take(now) }
    }
}

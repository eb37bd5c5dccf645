//! Who hosts, where a chat program serves by itself if no server is there (PROTOCOL.md, "Discovery", last paragraph).

use std::collections::BTreeMap;
use std::time::Duration;

use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::datagram::BeaconFlags;
use chinwag_proto::wire::id::PublicKey;

use super::Found;

/// A program looks for servers this long before it thinks of hosting.
pub const LOOK: Duration = Duration::from_millis(1_000);
/// And then waits for a random time up to this.
pub const HESITATE_MAX: Duration = Duration::from_millis(500);
/// And asks once more, and waits this long for an answer.
pub const ASK_AGAIN: Duration = Duration::from_millis(150);
/// Once a server has answered, others have this long to do so, too: a person who is shown a list sees later ones come.
pub const GATHER: Duration = Duration::from_millis(50);

/// The decision of a program that starts: whom to call, or to host.
#[derive(Debug)]
pub struct Start {
    phase: Phase,
    hesitation: Duration,
    pinned: Vec<PublicKey>,
    found: BTreeMap<PublicKey, Found>,
}

#[derive(Debug, PartialEq, Eq)]
enum Phase {
    /// Until then nobody may have answered.
    Looking(Instant),
    /// Somebody has; until then others may.
    Gathering(Instant),
    /// Nobody has.
    Hesitating(Instant),
    /// Asked once more.
    Asking(Instant),
    Decided,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Wait for answers until then.
    Wait(Instant),
    /// Ask once more.
    AskAgain,
    /// A server is there and known: call it.
    Join(Box<Found>),
    /// Several servers are there, and a person is to say which.
    Choose(Vec<Found>),
    /// Nobody is there: host.
    Host,
}

impl Start {
    /// Begins to look. `pinned` are the keys of servers that are known, the last one used first.
    #[must_use]
    pub fn new(now: Instant, pinned: Vec<PublicKey>, rng: &mut Rng) -> Self {
        let most = u64::try_from(HESITATE_MAX.as_micros()).unwrap_or(u64::MAX);
        let hesitation = Duration::from_micros(rng.below(most));
        Self { phase: Phase::Looking(now + LOOK), hesitation, pinned, found: BTreeMap::new() }
    }

    /// A server has answered.
    pub fn found(&mut self, now: Instant, found: Found) {
        self.found.insert(*found.key(), found);
        if let Phase::Looking(_) | Phase::Hesitating(_) | Phase::Asking(_) = self.phase {
            self.phase = Phase::Gathering(now + GATHER);
        }
    }

    /// The last question is out only now: its answers have their time from here.
    pub fn asked_again(&mut self, now: Instant) {
        if let Phase::Asking(until) = &mut self.phase {
            *until = now + ASK_AGAIN;
        }
    }

    /// A server has said that it goes down.
    pub fn gone(&mut self, key: &PublicKey) {
        self.found.remove(key);
    }

    /// What to do now.
    pub fn step(&mut self, now: Instant) -> Step {
        match self.phase {
            Phase::Gathering(until) => {
                // The one used last is worth no wait; any other could be followed by it.
                let last = self.pinned.first().and_then(|key| self.found.get(key));
                if let Some(found) = last {
                    return self.decide(Step::Join(Box::new(found.clone())));
                }
                if now < until {
                    return Step::Wait(until);
                }
                self.choice(now)
            }
            Phase::Looking(until) | Phase::Hesitating(until) | Phase::Asking(until) if now < until => Step::Wait(until),
            Phase::Looking(_) => {
                self.phase = Phase::Hesitating(now + self.hesitation);
                self.step(now)
            }
            Phase::Hesitating(_) => {
                self.phase = Phase::Asking(now + ASK_AGAIN);
                Step::AskAgain
            }
            Phase::Asking(_) | Phase::Decided => self.decide(Step::Host),
        }
    }

    /// Of those that answered: the one that is known, if it is one, or a person's choice.
    fn choice(&mut self, now: Instant) -> Step {
        let known: Vec<_> = self.found.values().filter(|found| self.pinned.contains(found.key())).collect();
        match (known.as_slice(), self.found.len()) {
            (_, 0) => {
                self.phase = Phase::Looking(now + ASK_AGAIN);
                self.step(now)
            }
            ([one], _) => {
                let one = Box::new((*one).clone());
                self.decide(Step::Join(one))
            }
            _ => {
                let all = self.found.values().cloned().collect();
                self.decide(Step::Choose(all))
            }
        }
    }

    fn decide(&mut self, step: Step) -> Step {
        self.phase = Phase::Decided;
        step
    }
}

/// Whether the user of a casual server with that key, who is alone there, goes to the other one once it has proved its key: to
/// one that stays if it is known, and of casual ones to the one where people are, or with the smaller key.
#[must_use]
pub fn gives_way(own: &PublicKey, other: &Found, is_known: bool) -> bool {
    let head = &other.head;
    match head.flags.has(BeaconFlags::CASUAL) {
        true => head.online > 1 || head.server.0 < own.0,
        false => is_known,
    }
}

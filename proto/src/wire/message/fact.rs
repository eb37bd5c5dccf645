//! Facts of a room: what holds there until somebody changes it, and is told to whoever follows the room. A fact more is a
//! variant, a field and a line of each function here; entries, stores, server, client and desk carry all of them as one value.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::visible;
use crate::limits::{PINS_MAX, RULES_MAX_LEN};
use crate::wire::id::RoomSeq;

/// One fact of a room, as a message tells it. A kind that an older peer does not know is refused by itself, since each fact is
/// told in a message of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// The entries that are pinned, in order; at most [`PINS_MAX`].
    Pins(Vec<RoomSeq>),
    /// Slow mode: seconds between two messages of a member; 0: none.
    Slow(u32),
    /// The rules of the house, for whoever enters: a line, at most [`RULES_MAX_LEN`] octets; empty: none.
    Rules(String),
}

impl Fact {
    /// Whether an act may set it, whoever posts it where: its lengths, and what others would see of it.
    ///
    /// # Errors
    /// How a server refuses it.
    pub fn check(&self) -> Result<(), Refusal> {
        match self {
            Self::Pins(_) => Err(Refusal::NotAllowed),
            Self::Slow(_) => Ok(()),
            Self::Rules(rules) if rules.len() > RULES_MAX_LEN => Err(Refusal::TooLarge),
            Self::Rules(rules) => visible::check_line(rules).map_err(|_| Refusal::TextUnfit),
        }
    }
}

/// All facts of a room. In a new room each is as [`Default`] has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// See [`Fact::Pins`].
    pub pins: Vec<RoomSeq>,
    /// See [`Fact::Slow`].
    pub slow_s: u32,
    /// See [`Fact::Rules`].
    pub rules: String,
}

impl Facts {
    /// One of them is so from now on. Of more pins than there may be, the first are taken.
    pub fn set(&mut self, fact: Fact) {
        match fact {
            Fact::Pins(mut pins) => {
                pins.truncate(PINS_MAX);
                self.pins = pins;
            }
            Fact::Slow(interval_s) => self.slow_s = interval_s,
            Fact::Rules(rules) => self.rules = rules,
        }
    }

    /// The facts that are not as in `other`, as they are here, in the order of their kinds.
    pub fn news(&self, other: &Self) -> impl Iterator<Item = Fact> {
        let both = self.each().into_iter().zip(other.each());
        both.filter(|(here, there)| here != there).map(|(here, _)| here)
    }

    /// As a member may know them who may read what comes after `since`: what it may not read, it is not told to be pinned.
    #[must_use]
    pub fn readable_after(&self, since: RoomSeq) -> Self {
        let pins = self.pins.iter().copied().filter(|pin| *pin > since).collect();
        Self { pins, ..self.clone() }
    }

    fn each(&self) -> [Fact; 3] {
        [Fact::Pins(self.pins.clone()), Fact::Slow(self.slow_s), Fact::Rules(self.rules.clone())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_that_are_told_one_by_one_are_the_same_in_the_end() {
        let facts = Facts { pins: [3, 7].map(RoomSeq).to_vec(), slow_s: 10, rules: "be kind".into() };
        let mut told = Facts::default();
        assert_eq!(told.news(&Facts::default()).count(), 0, "a new room has nothing to tell");
        facts.news(&told.clone()).for_each(|fact| told.set(fact));
        assert_eq!(told, facts);
        let after = Facts { pins: Vec::new(), ..facts.clone() };
        assert_eq!(after.news(&facts).collect::<Vec<_>>(), [Fact::Pins(Vec::new())], "what is so no more is news, too");
    }

    #[test]
    fn rules_are_a_line_that_harms_nobody() {
        let check = |rules: &str| Fact::Rules(rules.into()).check();
        assert_eq!((check("be kind"), check("")), (Ok(()), Ok(())));
        for wrong in ["one\ntwo", "\x1b[31mred", "a\u{202e}b", "\u{200b}"] {
            assert_eq!(check(wrong), Err(Refusal::TextUnfit), "{wrong:?}");
        }
        assert_eq!(check(&"x".repeat(RULES_MAX_LEN + 1)), Err(Refusal::TooLarge));
    }

    #[test]
    fn pins_are_bounded_and_only_those_that_may_be_read() {
        let mut facts = Facts::default();
        facts.set(Fact::Pins((1..=PINS_MAX as u64 + 1).map(RoomSeq).collect()));
        assert_eq!(facts.pins.len(), PINS_MAX);
        assert_eq!(facts.readable_after(RoomSeq(48)).pins, [49, 50].map(RoomSeq));
    }
}

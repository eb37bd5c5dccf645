//! What the machine knows, and what it thinks of a server that was heard of. Nothing is done here.

use std::collections::{BTreeSet, VecDeque};

use chinwag_discovery::Found;
use chinwag_discovery::host::gives_way;
use chinwag_node::Output;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::datagram::BeaconFlags;
use chinwag_proto::wire::id::PublicKey;

use super::budget::Budget;
use super::limits::TOLD_MAX;
use super::others::{Other, Others};
use super::seam::{Config, Job, Notice, Pin, Role};

/// The machine.
pub struct Roaming {
    pub(super) role: Role,
    pub(super) here: PublicKey,
    pub(super) pins: Vec<Pin>,
    pub(super) known: BTreeSet<PublicKey>,
    pub(super) declined: BTreeSet<PublicKey>,
    pub(super) spelling: fn(&str) -> String,
    /// People at the server of this process, the user included.
    pub(super) company: usize,
    pub(super) others: Others,
    pub(super) visit: Visit,
    /// This one is being asked to prove its key.
    pub(super) proving: Option<PublicKey>,
    /// The user wants to go there.
    pub(super) wanted: Option<Box<Found>>,
    pub(super) budget: Budget,
    pub(super) told: usize,
    /// The user was told that two servers have this key.
    pub(super) told_of_twin: Option<PublicKey>,
    /// The server of the chat is gone.
    pub(super) is_adrift: bool,
    /// The user wants to know which others there are.
    pub(super) is_asked: bool,
    pub(super) is_looking: bool,
    pub(super) is_settled: bool,
    /// When it is said that nobody is there.
    pub(super) nobody_at: Option<Instant>,
    pub(super) outputs: VecDeque<Output<Notice, Job>>,
}

/// How far a visit to another server is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Visit {
    /// There is none.
    #[default]
    None,
    /// The chat goes somewhere by itself; until then a better server may be heard of.
    Choosing(Instant),
    /// A session is being begun.
    Beginning(Goal),
    /// It stands, and waits until nothing of the user is on its way in the old one.
    Standing(Goal),
    /// The chat was told to take it over.
    Offered(Goal),
}

/// Where to, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Goal {
    pub(super) found: Box<Found>,
    /// Nobody asked for it.
    pub(super) is_by_itself: bool,
}

impl Roaming {
    /// Of a chat that begins.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let Config { role, here, pins, declined, spelling } = config;
        let mut roaming = Self {
            role,
            here,
            pins: Vec::new(),
            known: BTreeSet::new(),
            declined,
            spelling,
            company: 0,
            others: Others::default(),
            visit: Visit::default(),
            proving: None,
            wanted: None,
            budget: Budget::default(),
            told: 0,
            told_of_twin: None,
            is_adrift: false,
            is_asked: false,
            is_looking: false,
            is_settled: false,
            nobody_at: None,
            outputs: VecDeque::new(),
        };
        roaming.pins(pins);
        roaming
    }

    pub(super) fn pins(&mut self, pins: Vec<Pin>) {
        self.known = pins.iter().map(|pin| pin.key).collect();
        self.pins = pins;
    }

    /// The key of the server that is known by the name of this one, which has another key.
    pub(super) fn expected(&self, found: &Found) -> Option<PublicKey> {
        let called = (self.spelling)(&found.name);
        let namesake = self.pins.iter().find(|pin| pin.called == called)?;
        (!self.known.contains(found.key())).then_some(namesake.key)
    }

    /// Whether the chat may leave where it is without being asked: nothing and nobody is left behind there.
    pub(super) fn may_go(&self) -> bool {
        match self.role {
            Role::Host { has_history } => !has_history && self.company <= 1,
            Role::Guest { came_by_itself } => came_by_itself && self.is_adrift,
        }
    }

    /// Whether the chat goes to this one without being asked.
    pub(super) fn goes_by_itself(&self, other: &Other) -> bool {
        let found = &other.found;
        let is_known = self.known.contains(found.key());
        let is_right = match self.role {
            Role::Host { .. } => gives_way(&self.here, found, is_known),
            Role::Guest { .. } => is_known || found.head.flags.has(BeaconFlags::CASUAL),
        };
        let is_excluded = other.is_refused || self.is_excluded(found);
        is_right && !is_excluded && self.may_go()
    }

    /// Where the chat goes without being asked: the best of all.
    pub(super) fn best(&self, now: Instant) -> Option<Found> {
        let fit = self.others.iter().filter(|other| !other.rests(now) && self.goes_by_itself(other));
        fit.min_by_key(|other| self.rank(&other.found)).map(|other| other.found.clone())
    }

    /// The least is the best: who is known, who answers, where people are; then by key.
    pub(super) fn rank(&self, found: &Found) -> (bool, bool, bool) {
        (!self.known.contains(found.key()), !found.has_answered(), found.head.online <= 1)
    }

    /// Whether it is worth a word: nobody was told, and its user does not come here.
    pub(super) fn is_worth_a_word(&self, found: &Found) -> bool {
        let is_told = self.others.get(found.key()).is_none_or(|other| other.is_told);
        let is_host = matches!(self.role, Role::Host { .. });
        let is_alone = found.head.flags.has(BeaconFlags::CASUAL) && found.head.online <= 1;
        let comes_here = is_host && is_alone && (self.company > 1 || self.here.0 < found.key().0);
        !is_told && !comes_here && !self.is_excluded(found) && self.told < TOLD_MAX
    }

    /// Whether the user does not want to hear of it, or must not: it is called as one that they know, and is another.
    pub(super) fn is_excluded(&self, found: &Found) -> bool {
        self.declined.contains(found.key()) || self.expected(found).is_some()
    }

    /// Tells the user of a server, unless that was done.
    pub(super) fn mention(&mut self, key: &PublicKey, word: impl FnOnce(Box<Found>) -> Notice) {
        let Some(found) = self.others.get(key).map(|other| other.found.clone()) else { return };
        if self.is_worth_a_word(&found) {
            self.told += 1;
            self.others.mark_told(key);
            self.tell(word(Box::new(found)));
        }
    }

    pub(super) fn tell(&mut self, notice: Notice) {
        self.outputs.push_back(Output::Notice(notice));
    }
}

//! What happens on a subnet, drawn from a seed: who is there, what breaks, who lies.

use chinwag_proto::rng::Rng;

/// A subnet on which people chat and roam.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it was drawn from.
    pub seed: u64,
    /// The machines of the subnet.
    pub hosts: Vec<HostPlan>,
    /// Chance that a datagram of discovery is lost.
    pub loss: f64,
    /// What happens, and when, in µs.
    pub steps: Vec<(u64, Step)>,
    /// When it is over, in µs.
    pub end_us: u64,
    /// From when on nothing changes any more, in µs.
    pub calm_us: u64,
}

/// A machine of it.
#[derive(Clone, Debug)]
pub struct HostPlan {
    /// When its programs start, in µs.
    pub starts_us: u64,
    /// What they are.
    pub kind: Kind,
    /// Servers that it knows, by their hosts.
    pub knows: Vec<usize>,
}

/// What runs on a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A chat beside a server of its own.
    Casual {
        /// Something was said there before.
        has_history: bool,
    },
    /// A server that stays.
    Stays {
        /// The server lets chats in that it does not know.
        lets_in: bool,
    },
    /// A chat at the server of that host.
    Guest(usize),
    /// Nothing yet.
    Empty,
    /// The machine announces a server whose key it does not have.
    Unproved,
    /// The machine forges beacons.
    Forger(Lie),
}

/// How beacons are forged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// A new key with each of them, in company.
    NewKeys,
    /// The key of the server on that host, at the forger's address.
    KeyOf(usize),
    /// Of one key, with something new in each.
    Chatter,
    /// What others sent is sent again.
    Replay,
}

/// Something happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// From now on these hosts are apart from the others.
    Apart(Vec<usize>),
    /// All are together again.
    Together,
    /// The server of that host ends, with a goodbye.
    Ends(usize),
    /// The server of that host goes on at another one.
    Moves(usize, usize),
    /// The user of that host says something.
    Says(usize),
    /// The user of that host wants to go to the server of that one.
    Goes(usize, usize),
}

/// So many kinds of plans take turns.
pub const THEMES: u64 = 7;

impl Plan {
    /// The plan of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::from_number(seed).fork("roaming");
        let mut plan = Self {
            seed,
            hosts: Vec::new(),
            loss: if rng.chance(0.5) { 0.0 } else { 0.2 },
            steps: Vec::new(),
            end_us: s(120),
            calm_us: s(60),
        };
        match seed % THEMES {
            0 => plan.casual_servers(&mut rng),
            1 => plan.host_gives_way(&mut rng),
            2 => plan.server_moves(&mut rng),
            3 => plan.forgers(&mut rng),
            4 => plan.unproved(&mut rng),
            5 => plan.partition(&mut rng),
            _ => plan.brought_on(&mut rng),
        }
        plan.chatter(&mut rng);
        plan.steps.sort_by_key(|(at, _)| *at);
        plan
    }

    /// Several that host are found at the same moment; some keep something from before.
    fn casual_servers(&mut self, rng: &mut Rng) {
        let together = if rng.chance(0.5) { 0 } else { s(3) };
        for _ in 0..2 + rng.below(4) {
            self.add(Kind::Casual { has_history: rng.chance(0.25) }, rng.below(together + 1));
        }
    }

    /// A server that stays comes where somebody hosts who knows it.
    fn host_gives_way(&mut self, rng: &mut Rng) {
        let comes = s(5 + rng.below(20));
        let lab = self.add(Kind::Stays { lets_in: rng.chance(0.7) }, comes);
        for _ in 0..1 + rng.below(2) {
            let host = self.add(Kind::Casual { has_history: rng.chance(0.3) }, rng.below(s(4)));
            if rng.chance(0.8) {
                self.hosts[host].knows.push(lab);
            }
        }
        if rng.chance(0.5) {
            // At the very moment at which the host goes.
            let guest = self.add(Kind::Guest(1), comes + rng.below(s(2)));
            self.hosts[guest].knows.push(1);
        }
    }

    /// A server goes on at another address while a stranger hosts beside it.
    fn server_moves(&mut self, rng: &mut Rng) {
        let lab = self.add(Kind::Stays { lets_in: true }, 0);
        let other = self.add(Kind::Empty, 0);
        self.add(Kind::Forger(Lie::Replay), 0);
        for _ in 0..2 {
            let guest = self.add(Kind::Guest(lab), s(1));
            self.hosts[guest].knows.push(lab);
        }
        self.add(Kind::Casual { has_history: rng.chance(0.5) }, s(2));
        self.steps.push((s(20 + rng.below(20)), Step::Moves(lab, other)));
    }

    /// Forgers lie about keys, flood and replay, while people host, and one server is true.
    fn forgers(&mut self, rng: &mut Rng) {
        let lab = self.add(Kind::Stays { lets_in: true }, s(rng.below(40)));
        let host = self.add(Kind::Casual { has_history: rng.chance(0.3) }, 0);
        self.hosts[host].knows.push(lab);
        self.add(Kind::Casual { has_history: false }, s(rng.below(10)));
        for lie in [Lie::NewKeys, Lie::KeyOf(lab), Lie::Chatter, Lie::Replay] {
            if rng.chance(0.6) {
                self.add(Kind::Forger(lie), rng.below(s(10)));
            }
        }
    }

    /// A server answers queries and does not prove its key, beside people who host.
    fn unproved(&mut self, rng: &mut Rng) {
        for _ in 0..1 + rng.below(3) {
            self.add(Kind::Unproved, rng.below(s(5)));
        }
        for _ in 0..1 + rng.below(2) {
            self.add(Kind::Casual { has_history: rng.chance(0.2) }, rng.below(s(10)));
        }
    }

    /// The subnet falls apart and is one again, once or twice.
    fn partition(&mut self, rng: &mut Rng) {
        for n in 0..2 {
            let host = self.add(Kind::Casual { has_history: rng.chance(0.3) }, s(n));
            for _ in 0..rng.below(2) {
                self.add(Kind::Guest(host), s(2));
            }
        }
        let mut at = s(rng.below(6));
        for _ in 0..1 + rng.below(2) {
            let apart = (0..self.hosts.len()).filter(|_| rng.chance(0.5)).collect();
            self.steps.push((at, Step::Apart(apart)));
            at += s(8 + rng.below(15));
            self.steps.push((at, Step::Together));
            at += s(5 + rng.below(10));
        }
    }

    /// Lone hosts go where people are; that server ends, and whoever was brought there is brought on.
    fn brought_on(&mut self, rng: &mut Rng) {
        let first = self.add(Kind::Casual { has_history: true }, 0);
        self.add(Kind::Guest(first), s(1));
        for _ in 0..1 + rng.below(2) {
            self.add(Kind::Casual { has_history: false }, s(4 + rng.below(4)));
        }
        // Two that are there later, so that there is somewhere to go to and back.
        self.add(Kind::Casual { has_history: true }, s(30));
        self.add(Kind::Casual { has_history: true }, s(32));
        self.steps.push((s(40), Step::Ends(first)));
    }

    fn add(&mut self, kind: Kind, starts_us: u64) -> usize {
        self.hosts.push(HostPlan { starts_us, kind, knows: Vec::new() });
        self.hosts.len() - 1
    }

    /// People say things all the time; now and then one of them goes somewhere.
    fn chatter(&mut self, rng: &mut Rng) {
        let chats: Vec<_> = (0..self.hosts.len()).filter(|host| self.hosts[*host].kind.has_chat()).collect();
        let servers: Vec<_> = (0..self.hosts.len()).filter(|host| self.hosts[*host].kind.has_server()).collect();
        for host in chats {
            for _ in 0..20 + rng.below(60) {
                self.steps.push((rng.below(self.calm_us), Step::Says(host)));
            }
            if rng.chance(0.2) {
                let to = servers[usize::try_from(rng.below(servers.len() as u64)).unwrap_or_default()];
                self.steps.push((rng.below(self.calm_us), Step::Goes(host, to)));
            }
        }
    }
}

impl Kind {
    /// Whether somebody chats there.
    #[must_use]
    pub fn has_chat(self) -> bool {
        matches!(self, Self::Casual { .. } | Self::Guest(_))
    }

    /// Whether a server is there, whose key it has.
    #[must_use]
    pub fn has_server(self) -> bool {
        matches!(self, Self::Casual { .. } | Self::Stays { .. })
    }
}

fn s(seconds: u64) -> u64 {
    seconds * 1_000_000
}

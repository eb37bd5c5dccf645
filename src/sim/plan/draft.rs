//! Steps, drawn one after the other.

use std::collections::BTreeSet;

use chinwag_proto::limits::{DATAGRAM_MAX_LEN, DATAGRAM_MIN_LEN};
use chinwag_proto::rng::Rng;
use chinwag_proto::weather::{Faults, Spec};

use super::step::{ClientPlan, Mischief, Step, Theme};
use crate::network::{Cut, HostId, SERVER};

const S: u64 = 1_000_000;
pub(super) const MS: u64 = 1_000;
/// Everyone has everything this long after healing.
const CATCH_UP_US: u64 = 10 * S;
/// Everyone knows who is there this long after healing: who was lost at the last moment counts as offline by then.
const PRESENCE_US: u64 = 25 * S;

pub(super) fn index(rng: &mut Rng, below: usize) -> usize {
    usize::try_from(rng.below(below as u64)).expect("below a usize")
}

/// Below one of three bounds, so that small numbers are as usual as large ones.
fn below_one_of(rng: &mut Rng, bounds: [u64; 3]) -> u64 {
    let bound = bounds[index(rng, 3)];
    rng.below(bound)
}

pub(super) struct Draft {
    pub(super) rng: Rng,
    pub(super) clients: Vec<ClientPlan>,
    pub(super) rooms: usize,
    pub(super) steps: Vec<(u64, Step)>,
}

impl Draft {
    fn at(&mut self, us: u64, step: Step) {
        self.steps.push((us, step));
    }

    fn hosts(&self) -> impl Iterator<Item = HostId> + use<> {
        (1..=self.clients.len()).map(HostId)
    }

    fn someone(&mut self) -> HostId {
        HostId(1 + index(&mut self.rng, self.clients.len()))
    }

    /// A client whose device nobody else uses, if the draw gives one.
    fn loner(&mut self) -> Option<HostId> {
        let who = self.someone();
        let device = self.clients[who.0 - 1].device;
        (self.clients.iter().filter(|c| c.device == device).count() == 1).then_some(who)
    }

    fn room(&mut self) -> usize {
        index(&mut self.rng, self.rooms)
    }

    /// The first part. Gives the moment at which the network heals.
    pub(super) fn faults(&mut self, theme: Theme) -> u64 {
        let length_us =
            if theme == Theme::Long { 31 * 60 * S + self.rng.below(60 * S) } else { 8 * S + self.rng.below(25 * S) };
        self.arrivals(length_us);
        self.talk(theme, length_us);
        let count = |rng: &mut Rng, theme_is: bool, most: u64| {
            let most = if theme_is { most * 3 } else { most };
            if theme_is || theme == Theme::Mixed { 1 + rng.below(most) } else { 0 }
        };
        let changes = 1 + self.rng.below(6);
        for _ in 0..changes {
            self.weather(length_us);
        }
        let restarts = count(&mut self.rng, theme == Theme::Restarts, 2);
        self.restarts(restarts, length_us);
        for _ in 0..count(&mut self.rng, theme == Theme::Roaming, 3) {
            self.roam(length_us);
        }
        for _ in 0..count(&mut self.rng, theme == Theme::Storm, 2) {
            self.outage(length_us);
        }
        for _ in 0..count(&mut self.rng, theme == Theme::Restarts, 2) {
            self.lives(length_us);
        }
        if theme == Theme::Absence {
            self.absence(length_us);
        }
        if theme == Theme::Wiped {
            let at = length_us / 3 + self.rng.below(length_us / 3);
            self.at(at, Step::Wipe);
            let back = at + self.rng.below(3 * S);
            self.at(back, Step::ServerStart);
        }
        if theme == Theme::PutBack {
            self.put_back(length_us);
        }
        for _ in 0..self.rng.below(8) {
            self.mischief(length_us);
        }
        if self.rng.chance(0.2) {
            let at = self.rng.below(length_us);
            let host = HostId(index(&mut self.rng, self.clients.len() + 1));
            let wall_ms = self.rng.below(4_000_000_000_000);
            if host == SERVER {
                self.aged(at, length_us);
            }
            self.at(at, Step::SetWall(host, wall_ms));
        }
        length_us
    }

    /// What was said is old by a clock that jumps then, and is not.
    fn aged(&mut self, jump: u64, length_us: u64) {
        for room in 0..self.rooms {
            self.at(jump / 2, Step::KeepForADay(room));
            self.at(jump, Step::KeepForADay(room));
            self.at(jump + (length_us - jump) / 2, Step::Prune(room));
        }
    }

    /// A copy takes the place of the store, once or twice. Between the two the server may have begun a further epoch.
    fn put_back(&mut self, length_us: u64) {
        let copied = length_us / 3 + self.rng.below(length_us / 6);
        self.at(copied, Step::Copy);
        if self.rng.chance(0.5) {
            self.at(copied + 100 * MS, Step::ServerCrash);
            self.at(copied + 600 * MS, Step::ServerStart);
        }
        let mut at = copied + 2 * S;
        for _ in 0..1 + self.rng.below(2) {
            at += self.rng.below(length_us / 4);
            self.at(at, Step::PutBack);
            at += self.rng.below(3 * S);
            self.at(at, Step::ServerStart);
        }
    }

    fn arrivals(&mut self, length_us: u64) {
        self.at(0, Step::ServerStart);
        for who in self.hosts() {
            let spec = self.spec();
            self.at(0, Step::Weather(who, Box::new(spec)));
            let late = self.rng.chance(0.2);
            let at = if late { self.rng.below(length_us) } else { self.rng.below(2 * S) };
            self.at(at, Step::Start(who));
        }
        // All of a device's programs follow the same rooms.
        for device in 0..self.clients.len() {
            for room in 0..self.rooms {
                if room > 0 && self.rng.chance(0.3) {
                    continue;
                }
                for who in self.hosts().filter(|who| self.clients[who.0 - 1].device == device).collect::<Vec<_>>() {
                    self.at(0, Step::Join(who, room));
                }
            }
        }
    }

    fn talk(&mut self, theme: Theme, length_us: u64) {
        let count = if theme == Theme::Long { 150 } else { 50 + self.rng.below(400) };
        for _ in 0..count {
            let at = self.rng.below(length_us);
            let who = self.someone();
            let len = self.length();
            let step = if self.rng.chance(0.1) {
                let to = self.someone();
                Step::Tell(who, to, len)
            } else {
                Step::Say(who, self.room(), len)
            };
            let burst = if self.rng.chance(0.03) { 1 + self.rng.below(40) } else { 1 };
            for _ in 0..burst {
                self.at(at, step.clone());
            }
        }
    }

    fn length(&mut self) -> usize {
        match self.rng.below(100) {
            0..85 => 10 + index(&mut self.rng, 190),
            85..96 => 200 + index(&mut self.rng, 800),
            96..99 => 1_000 + index(&mut self.rng, 9_000),
            _ => 10_000 + index(&mut self.rng, 55_000),
        }
    }

    fn weather(&mut self, length_us: u64) {
        let at = self.rng.below(length_us);
        let who = self.someone();
        let spec = self.spec();
        self.at(at, Step::Weather(who, Box::new(spec)));
    }

    /// Any weather that chat must get through.
    fn spec(&mut self) -> Spec {
        let up = self.any_faults();
        let down = if self.rng.chance(0.7) { up } else { self.any_faults() };
        Spec { up, down, seed: None }
    }

    fn any_faults(&mut self) -> Faults {
        let rng = &mut self.rng;
        let mut some = |chance: f64, most: f64| if rng.chance(chance) { rng.unit() * most } else { 0.0 };
        let (loss, dup, reorder, corrupt) = (some(0.6, 0.35), some(0.3, 0.1), some(0.3, 0.15), some(0.2, 0.02));
        let delay_us = 100 + below_one_of(rng, [500, 5 * MS, 40 * MS]);
        Faults {
            loss,
            dup,
            reorder,
            corrupt,
            delay_us,
            jitter_us: if rng.chance(0.4) { rng.below(delay_us) } else { 0 },
            burst: rng.chance(0.15).then(|| (rng.unit() * 0.1, 5 * MS + rng.below(50 * MS))),
            rate_per_s: rng.chance(0.1).then(|| 300 + u32::try_from(rng.below(1_000)).expect("small")),
            mtu: rng.chance(0.15).then(|| DATAGRAM_MIN_LEN + index(rng, DATAGRAM_MAX_LEN - DATAGRAM_MIN_LEN)),
            ..Faults::default()
        }
    }

    /// The server goes down `count` times, one after the other.
    fn restarts(&mut self, count: u64, length_us: u64) {
        let part_us = length_us / (count + 1);
        for n in 0..count {
            let at = n * part_us + part_us / 2 + self.rng.below(part_us / 2);
            let down_us = below_one_of(&mut self.rng, [200 * MS, 2 * S, 6 * S]).min(part_us / 2);
            let stop = if self.rng.chance(0.7) { Step::ServerCrash } else { Step::ServerStop };
            self.at(at, stop);
            self.at(at + down_us + 50 * MS, Step::ServerStart);
        }
    }

    fn roam(&mut self, length_us: u64) {
        let at = self.rng.below(length_us);
        let who = self.someone();
        self.at(at, Step::Roam(who));
        let room = self.room();
        self.at(at + 20 * MS, Step::Say(who, room, 50));
    }

    fn outage(&mut self, length_us: u64) {
        let at = self.rng.below(length_us);
        let who = self.someone();
        let long_us = below_one_of(&mut self.rng, [1_500 * MS, 10 * S, 20 * S]);
        if self.rng.chance(0.25) {
            self.at(at, Step::Nap(who, long_us));
            return;
        }
        let cut = match self.rng.below(4) {
            0 => Cut { up: true, down: false },
            1 => Cut { up: false, down: true },
            _ => Cut { up: true, down: true },
        };
        self.at(at, Step::Cut(who, cut));
        self.at(at + long_us, Step::Cut(who, Cut::default()));
    }

    /// A client dies or quits and comes back, or leaves a room and comes back.
    fn lives(&mut self, length_us: u64) {
        let at = self.rng.below(length_us);
        let back = at + 10 * MS + self.rng.below(15 * S);
        if let Some(who) = self.loner().filter(|_| self.rng.chance(0.3)) {
            let room = self.room();
            self.at(at, Step::Leave(who, room));
            self.at(back, Step::Join(who, room));
            return;
        }
        let who = self.someone();
        let end = if self.rng.chance(0.7) { Step::Crash(who) } else { Step::Quit(who) };
        self.at(at, end);
        self.at(back, Step::Start(who));
    }

    /// Someone is away while more than a window's worth is said.
    fn absence(&mut self, length_us: u64) {
        let who = self.someone();
        let at = length_us / 4;
        let dies = self.rng.chance(0.5);
        self.at(at, if dies { Step::Crash(who) } else { Step::Cut(who, Cut { up: true, down: true }) });
        let room = 0;
        for _ in 0..300 + self.rng.below(500) {
            let said_us = at + self.rng.below(length_us / 2);
            let by = self.someone();
            let len = 10 + index(&mut self.rng, 150);
            self.at(said_us, Step::Say(by, room, len));
        }
        let back = at + length_us / 2;
        self.at(back, if dies { Step::Start(who) } else { Step::Cut(who, Cut::default()) });
    }

    /// A room in which some are members, and which all others follow from outside, while now and then they may not.
    pub(super) fn gallery(&mut self, theme: Theme, heal_us: u64) {
        let room = self.rooms;
        let devices = self.clients.iter().map(|client| client.device);
        let mut inside: BTreeSet<usize> = devices.filter(|&device| device == 0 || self.rng.chance(0.4)).collect();
        let last = self.clients.iter().map(|client| client.device).max().unwrap_or(0);
        if last > 0 {
            inside.remove(&last);
        }
        let (members, readers): (Vec<HostId>, Vec<HostId>) =
            self.hosts().partition(|who| inside.contains(&self.clients[who.0 - 1].device));
        for &who in &members {
            self.at(0, Step::Join(who, room));
        }
        for _ in 0..20 + self.rng.below(60) {
            let (at, who, len) = (self.rng.below(heal_us), members[index(&mut self.rng, members.len())], self.length());
            self.at(at, Step::Say(who, room, len));
        }
        for _ in 0..1 + self.rng.below(3) {
            let shut = self.rng.below(heal_us);
            let open = shut + self.rng.below(heal_us / 4);
            // Where a store is lost, members would have to come in anew, and a private room does not let them.
            let may_be_private = !matches!(theme, Theme::Wiped | Theme::PutBack);
            match readers.get(index(&mut self.rng, readers.len().max(1))).copied() {
                Some(who) if !may_be_private || self.rng.chance(0.5) => {
                    self.at(shut, Step::Ban(room, who, true));
                    self.at(open, Step::Ban(room, who, false));
                }
                _ if may_be_private => {
                    self.at(shut, Step::Open(room, false));
                    self.at(open, Step::Open(room, true));
                }
                _ => {}
            }
        }
        self.at(heal_us, Step::Open(room, true));
        for &who in &readers {
            for _ in 0..4 {
                let at = self.rng.below(heal_us);
                self.at(at, Step::Follow(who, room));
            }
            self.at(heal_us, Step::Ban(room, who, false));
            for later in [4 * S, 6 * S, 8 * S] {
                self.at(heal_us + later, Step::Follow(who, room));
            }
        }
    }

    fn mischief(&mut self, length_us: u64) {
        let at = self.rng.below(length_us);
        let mischief = [Mischief::Replay, Mischief::Spoiled, Mischief::Truncated, Mischief::Garbage];
        for _ in 0..1 + self.rng.below(5) {
            let which = mischief[index(&mut self.rng, 4)];
            self.at(at, Step::Stranger(which));
        }
    }

    /// The second part.
    pub(super) fn ending(&mut self, heal_us: u64) {
        self.steps.retain(|(at, _)| *at < heal_us);
        self.at(heal_us, Step::Heal);
        self.at(heal_us, Step::ServerStart);
        for who in self.hosts() {
            let faults = Faults {
                delay_us: 100 + self.rng.below(20 * MS),
                loss: if self.rng.chance(0.5) { self.rng.unit() * 0.05 } else { 0.0 },
                ..Faults::default()
            };
            self.at(heal_us, Step::Weather(who, Box::new(Spec::both(faults))));
            let absent = who.0 > 1 && self.rng.chance(0.15);
            let last = match (absent, self.rng.chance(0.5)) {
                (false, _) => Step::Start(who),
                (true, true) => Step::Crash(who),
                (true, false) => Step::Quit(who),
            };
            self.at(heal_us, last);
        }
        self.at(heal_us + CATCH_UP_US, Step::MustBeComplete);
        self.at(heal_us + PRESENCE_US, Step::AskWho);
        self.at(heal_us + PRESENCE_US + S, Step::End);
    }
}

//! Programs that host if nobody does: however they start, they end on one server.

use std::time::Duration;

use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::datagram::BeaconFlags;
use chinwag_proto::wire::id::PublicKey;

use super::lan::{Lan, advertisement};
use crate::host::{Start, Step, gives_way};
use crate::{Advertisement, Command, Found, Notice};

/// What a program is.
enum Program {
    NotYet(Instant),
    Starting(Start),
    Hosting { guests: u32 },
    Guest(PublicKey),
}

/// Programs of one subnet, each with the key that it would host under.
struct Town {
    lan: Lan,
    programs: Vec<Program>,
    heard: Vec<usize>,
    rng: Rng,
}

fn key(n: usize) -> PublicKey {
    PublicKey([u8::try_from(n).expect("few") + 1; 32])
}

impl Town {
    /// Programs that start within so many ms.
    fn new(programs: u8, within_ms: u64, seed: u64) -> Self {
        let mut lan = Lan::new(programs, seed);
        let mut rng = Rng::from_seed(lan.seed());
        let now = lan.now();
        let programs: Vec<_> =
            (0..programs).map(|_| Program::NotYet(now.plus_micros(rng.below(within_ms * 1_000 + 1)))).collect();
        Self { heard: vec![0; programs.len()], programs, lan, rng }
    }

    fn run_ms(&mut self, ms: u64) {
        let end = self.lan.now().plus_micros(ms * 1_000);
        while self.lan.now() < end {
            // Programs look at the clock each millisecond, which is as often as the system lets them.
            self.lan.run_ms(1);
            (0..self.programs.len()).for_each(|n| self.look(n));
        }
    }

    fn look(&mut self, n: usize) {
        let now = self.lan.now();
        if let Program::NotYet(at) = self.programs[n] {
            if at <= now {
                self.programs[n] = Program::Starting(Start::new(now, Vec::new(), &mut self.rng));
                self.lan.command(n, Command::Seek);
            }
            return;
        }
        let news: Vec<_> = self.lan.notices[n][self.heard[n]..].iter().map(|(_, notice)| notice.clone()).collect();
        self.heard[n] += news.len();
        for notice in news {
            if let Notice::Found(found) = notice {
                self.hears(n, &found);
            }
        }
        if let Program::Starting(start) = &mut self.programs[n] {
            match start.step(now) {
                Step::Wait(_) => {}
                Step::AskAgain => self.lan.command(n, Command::Seek),
                Step::Host => self.host(n, 0),
                Step::Join(found) => self.join(n, *found.key()),
                Step::Choose(all) => self.join(n, *all[0].key()),
            }
        }
    }

    fn hears(&mut self, n: usize, found: &Found) {
        match &mut self.programs[n] {
            Program::Starting(start) => start.found(self.lan.now(), found.clone()),
            Program::Hosting { guests: 0 } if gives_way(&key(n), found, false) => {
                self.lan.command(n, Command::Stop);
                self.join(n, *found.key());
            }
            Program::NotYet(_) | Program::Hosting { .. } | Program::Guest(_) => {}
        }
    }

    fn host(&mut self, n: usize, guests: u32) {
        self.programs[n] = Program::Hosting { guests };
        let advertisement =
            Advertisement { key: key(n), flags: BeaconFlags::CASUAL, online: 1 + guests, ..advertisement(1) };
        self.lan.command(n, Command::Announce(advertisement));
    }

    fn join(&mut self, n: usize, server: PublicKey) {
        let host = (0..self.programs.len()).find(|host| key(*host) == server).expect("a key of ours");
        match self.programs[host] {
            Program::Hosting { guests } => {
                self.programs[n] = Program::Guest(server);
                self.lan.command(n, Command::Rest);
                self.host(host, guests + 1);
            }
            // It has just given way: look again.
            Program::NotYet(_) | Program::Starting(_) | Program::Guest(_) => {
                self.programs[n] = Program::Starting(Start::new(self.lan.now(), Vec::new(), &mut self.rng));
                self.lan.command(n, Command::Seek);
            }
        }
    }

    /// The hosts, and those whose host serves no more.
    fn hosts(&self) -> (usize, usize) {
        let is_host = |key_: &PublicKey| {
            self.programs.iter().enumerate().any(|(n, p)| matches!(p, Program::Hosting { .. }) && key(n) == *key_)
        };
        let hosts = self.programs.iter().filter(|program| matches!(program, Program::Hosting { .. })).count();
        let lost = self.programs.iter().filter(|p| !matches!(p, Program::Guest(key) if is_host(key))).count() - hosts;
        (hosts, lost)
    }
}

#[test]
fn five_that_start_within_50_ms_end_on_one_server() {
    let mut slow = 0;
    for seed in 0..500 {
        let mut town = Town::new(5, 50, seed);
        town.run_ms(3_000);
        if town.hosts() != (1, 0) {
            slow += 1;
            town.run_ms(7_000);
        }
        assert_eq!(town.hosts(), (1, 0), "seed {seed}");
    }
    assert!(slow <= 25, "{slow} of 500 needed more than 3 s");
}

#[test]
fn two_that_start_at_the_very_same_time_end_on_one_server_though_the_wire_loses_a_third() {
    for seed in 0..200 {
        let mut town = Town::new(2, 0, seed);
        town.lan.lose(0.33);
        town.run_ms(20_000);
        assert_eq!(town.hosts(), (1, 0), "seed {seed}");
    }
}

#[test]
fn whoever_comes_later_joins_within_a_second() {
    let mut town = Town::new(3, 0, 9);
    town.run_ms(3_000);
    let now = town.lan.now();
    for n in 0..3 {
        if matches!(town.programs[n], Program::Guest(_)) {
            town.programs[n] = Program::NotYet(now);
        }
    }
    town.run_ms(400);
    assert_eq!(town.hosts(), (1, 0));
}

#[test]
fn the_server_used_last_is_joined_at_once_and_of_strangers_a_person_chooses() {
    let mut lan = Lan::new(3, 10);
    lan.command(0, Command::Announce(advertisement(1)));
    lan.command(1, Command::Announce(advertisement(2)));
    lan.command(2, Command::Seek);
    lan.run_ms(100);
    let (found, now) = (lan.found(2), lan.now());
    let decided = |pinned: &[u8]| {
        let pinned = pinned.iter().map(|n| PublicKey([*n; 32])).collect();
        let mut start = Start::new(now, pinned, &mut Rng::from_number(1));
        found.values().for_each(|found| start.found(now, found.clone()));
        let at_once = start.step(now);
        match at_once {
            Step::Wait(until) => start.step(until),
            decided @ (Step::AskAgain | Step::Join(_) | Step::Choose(_) | Step::Host) => decided,
        }
    };
    let joins = |step: Step, n: u8| matches!(step, Step::Join(found) if *found.key() == PublicKey([n; 32]));
    assert!(joins(decided(&[2, 1]), 2), "both known: the last one used");
    assert!(joins(decided(&[9, 1]), 1), "one known");
    assert!(matches!(decided(&[]), Step::Choose(all) if all.len() == 2));
}

#[test]
fn a_host_that_is_alone_gives_way_to_company_to_the_smaller_key_and_to_a_server_that_is_known() {
    let mut lan = Lan::new(2, 11);
    let casual = |n, online| Advertisement { flags: BeaconFlags::CASUAL, online, ..advertisement(n) };
    let mut other = |advertisement: Advertisement| {
        lan.command(0, Command::Announce(advertisement.clone()));
        lan.command(1, Command::Seek);
        lan.run_ms(200);
        lan.found(1).remove(&advertisement.key).expect("found")
    };
    let (own, alone) = (PublicKey([5; 32]), other(casual(1, 1)));
    assert!(gives_way(&own, &alone, false), "smaller key");
    assert!(!gives_way(&PublicKey([0; 32]), &alone, false), "larger key, and alone");
    assert!(!gives_way(&PublicKey([0; 32]), &alone, true), "known: its user comes here");
    assert!(gives_way(&PublicKey([0; 32]), &other(casual(1, 2)), false), "company");
    assert!(gives_way(&PublicKey([0; 32]), &other(advertisement(1)), true), "a server that stays, and is known");
    assert!(!gives_way(&own, &other(advertisement(1)), false), "a stranger, whoever it may be");
}

#[test]
fn a_person_is_shown_a_list_within_a_blink_of_the_first_answer() {
    let mut lan = Lan::new(2, 12);
    lan.command(0, Command::Announce(advertisement(1)));
    lan.command(1, Command::Seek);
    lan.run_ms(100);
    let (now, mut rng) = (lan.now(), Rng::from_number(1));
    let found = lan.found(1).remove(&PublicKey([1; 32])).expect("found");
    let mut start = Start::new(now, Vec::new(), &mut rng);
    start.found(now, found.clone());
    assert!(matches!(start.step(now + Duration::from_millis(80)), Step::Choose(all) if all.len() == 1));
    let mut start = Start::new(now, vec![*found.key()], &mut rng);
    start.found(now, found);
    assert!(matches!(start.step(now), Step::Join(_)), "the one that is known needs no list");
}

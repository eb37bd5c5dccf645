//! A chat whose machine is fed by hand, and what it wants and tells, a line each.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use chinwag_discovery::Found;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::datagram::{BeaconFlags, BeaconHead};
use chinwag_proto::wire::id::PublicKey;
use chinwag_simnet::links::HostId;
use chinwag_simnet::network::Network;
use chinwag_simnet::process::Effect;

use crate::{Begun, Command, Config, Done, Job, Notice, Pin, Roaming, Role};

/// The number of the chat's own server.
pub(super) const OWN: u8 = 5;

pub(super) const ALONE: Role = Role::Host { has_history: false };
pub(super) const CHOSE: Role = Role::Guest { came_by_itself: false };

pub(super) fn key(n: u8) -> PublicKey {
    PublicKey([n; 32])
}

/// A server that was found, with that number.
pub(super) fn found(n: u8, flags: BeaconFlags, online: u32) -> Found {
    let head = BeaconHead { flags, pages: 1, online, ..BeaconHead::new(key(n), [0; 8], 1) };
    let addrs = vec![SocketAddr::from(([10, 0, 0, n], 1))];
    Found { head, name: format!("server {n}"), addrs, rooms: Vec::new(), has_twin: false }
}

/// One that hosts beside a chat, alone.
pub(super) fn casual(n: u8) -> Found {
    found(n, BeaconFlags::CASUAL, 1)
}

/// One that stays.
pub(super) fn stays(n: u8) -> Found {
    found(n, BeaconFlags::default(), 3)
}

pub(super) struct Chat {
    /// One host, with nobody to talk to.
    network: Network<Roaming>,
}

const HOST: HostId = HostId(0);

impl Chat {
    pub(super) fn new(role: Role, known: &[u8], declined: &[u8]) -> Self {
        let pins = known.iter().map(|n| Pin { called: format!("server {n}"), key: key(*n) }).collect();
        let declined: BTreeSet<_> = declined.iter().map(|n| key(*n)).collect();
        let machine = Roaming::new(Config { role, here: key(OWN), pins, declined, spelling: str::to_owned });
        let mut network = Network::new(0);
        network.add(SocketAddr::from(([10, 0, 0, 1], 1)));
        let mut chat = Self { network };
        assert!(chat.after(Duration::from_secs(1)).is_empty(), "nothing is there");
        chat.network.start(HOST, Box::new(machine));
        assert!(chat.after(Duration::ZERO).is_empty(), "it waits for something to happen");
        chat
    }

    pub(super) fn now(&self) -> Instant {
        self.network.now()
    }

    /// Something happens to the chat. What comes of it.
    pub(super) fn has(&mut self, command: Command) -> Vec<String> {
        self.network.command(HOST, command);
        self.after(Duration::ZERO)
    }

    pub(super) fn hears(&mut self, found: &Found) -> Vec<String> {
        self.has(Command::Heard(Box::new(found.clone())))
    }

    /// A proof was asked for, and came or did not.
    pub(super) fn proved(&mut self, n: u8, has_proved: bool) -> Vec<String> {
        self.network.done(HOST, 0, Done::Proved(key(n), has_proved));
        self.after(Duration::ZERO)
    }

    /// A session was asked for, and stands or does not.
    pub(super) fn begun(&mut self, begun: Begun) -> Vec<String> {
        self.network.done(HOST, 0, Done::Begun(begun));
        self.after(Duration::ZERO)
    }

    /// What comes within that time.
    pub(super) fn after(&mut self, time: Duration) -> Vec<String> {
        let (end, mut lines) = (self.now() + time, Vec::new());
        while let Some((_, effect)) = self.network.next(end) {
            lines.push(match effect {
                Effect::Notice(notice) => told(&notice),
                Effect::Job(Job::Prove(found)) => format!("prove {}", found.name),
                Effect::Job(Job::Begin(found)) => format!("begin {}", found.name),
                Effect::Send { .. } => panic!("it has no socket"),
            });
        }
        lines
    }

    pub(super) fn after_ms(&mut self, ms: u64) -> Vec<String> {
        self.after(Duration::from_millis(ms))
    }
}

fn told(notice: &Notice) -> String {
    let number = |key: &PublicKey| key.0[0];
    match notice {
        Notice::Look(true) => "look".to_owned(),
        Notice::Look(false) => "look no more".to_owned(),
        Notice::Another(found) => format!("say: {} is here", found.name),
        Notice::NotLetIn(found) => format!("say: {} does not let you in", found.name),
        Notice::Twin(None) => "say: there are two".to_owned(),
        Notice::Twin(Some(addr)) => format!("say: there is a second at {}", addr.ip()),
        Notice::Nobody => "say: nobody is here".to_owned(),
        Notice::Others(all) => format!("say: here are {:?}", all.iter().map(|f| number(f.key())).collect::<Vec<_>>()),
        Notice::Calling(found) => format!("say: calling {}", found.name),
        Notice::Unheard(typed) => format!("say: no {typed}"),
        Notice::Several(typed, keys) => {
            format!("say: {typed} is one of {:?}", keys.iter().map(number).collect::<Vec<_>>())
        }
        Notice::Impostor { found, expected } => format!("say: {} is not server {}", found.name, number(expected)),
        Notice::NotGone(found) => format!("say: not gone to {}", found.name),
        Notice::TakeOver { key, is_by_itself: true } => format!("go on at {}, by itself", number(key)),
        Notice::TakeOver { key, is_by_itself: false } => format!("go on at {}", number(key)),
        Notice::GiveUp(key) => format!("give up {}", number(key)),
        Notice::StopServing => "stop serving".to_owned(),
        Notice::ServesOn => "say: serves on".to_owned(),
    }
}

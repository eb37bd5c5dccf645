//! What happens in a run, drawn from its seed before the run begins: who there is, what they say, what goes wrong, when.
//!
//! A run has two parts. In the first everything may go wrong. Then the network heals, whoever is meant to be there is
//! there, and 10 virtual seconds later everyone has everything; some seconds after that, everyone knows who is there.

mod draft;
mod step;

use chinwag_proto::rng::Rng;

use self::draft::{Draft, MS, index};
use crate::disk::Pace;
use crate::network::HostId;
use chinwag_simnet::process::Schedule;

pub use self::step::{ClientPlan, Mischief, Step, Theme};

/// A whole run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The plan's seed.
    pub seed: u64,
    /// What kind of a run it is, for people.
    pub theme: Theme,
    /// The clients: client n is host n + 1.
    pub clients: Vec<ClientPlan>,
    /// Number of rooms that anyone may enter and say something in. The one after those is the gallery: some are members there, all
    /// others follow it from outside.
    pub rooms: usize,
    /// The join key that new devices need.
    pub join_key: Option<[u8; 32]>,
    /// The server's disk.
    pub pace: Pace,
    /// How the server gets to run.
    pub schedule: Schedule,
    /// What happens, in order of time in µs.
    pub steps: Vec<(u64, Step)>,
}

impl Plan {
    /// The run of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::from_number(seed);
        let theme = theme(&mut rng);
        let clients = clients(theme, &mut rng.fork("clients"));
        let rooms = 1 + index(&mut rng, 3);
        let mut draft = Draft { rng: rng.fork("steps"), clients: clients.clone(), rooms, steps: Vec::new() };
        let heal_us = draft.faults(theme);
        draft.ending(heal_us);
        let join_key = rng.chance(0.3).then(|| rng.bytes());
        let pace = Pace {
            commit_us: 50 + rng.below(20 * MS),
            load_us: 20 + rng.below(2 * MS),
            hash_us: 60 * MS,
            spread_us: rng.below(10 * MS),
        };
        let schedule = schedule(&mut rng);
        // What came later is drawn last, so that all else is as it was under a seed.
        draft.rng = rng.fork("gallery");
        draft.gallery(theme, heal_us);
        let mut steps = draft.steps;
        let plan = Self { seed, theme, clients, rooms, join_key, pace, schedule, steps: Vec::new() };
        // Drawn last: what came before stays as it was without pins.
        steps.extend(pins(&plan, heal_us, &mut rng.fork("pins")));
        steps.sort_by_key(|(at, _)| *at);
        Self { steps, ..plan }
    }
}

/// Pins, set and taken back while there is talk. Most are refused: only who made a room may.
fn pins(plan: &Plan, until_us: u64, rng: &mut Rng) -> Vec<(u64, Step)> {
    let one = |rng: &mut Rng| {
        let (who, room) = (HostId(1 + index(rng, plan.clients.len())), index(rng, plan.rooms));
        (rng.below(until_us.max(1)), Step::Pin(who, room, rng.below(20), rng.chance(0.75)))
    };
    (0..20 + rng.below(60)).map(|_| one(rng)).collect()
}

fn theme(rng: &mut Rng) -> Theme {
    match rng.below(100) {
        0..35 => Theme::Mixed,
        35..52 => Theme::Storm,
        52..67 => Theme::Restarts,
        67..80 => Theme::Roaming,
        80..91 => Theme::Absence,
        91..94 => Theme::Long,
        94..97 => Theme::Wiped,
        _ => Theme::PutBack,
    }
}

fn clients(theme: Theme, rng: &mut Rng) -> Vec<ClientPlan> {
    let count = if theme == Theme::Long { 2 } else { 2 + index(rng, 7) };
    let mut clients: Vec<ClientPlan> = Vec::new();
    for n in 0..count {
        let device = if n > 0 && rng.chance(0.15) { clients[index(rng, n)].device } else { n };
        let ipv6 = rng.chance(0.4);
        let neighbours = (0..n).filter(|&other| clients[other].ipv6 == ipv6).collect::<Vec<_>>();
        let shares = !neighbours.is_empty() && rng.chance(0.25);
        clients.push(ClientPlan {
            device,
            ipv6,
            shares_address_with: shares.then(|| neighbours[index(rng, neighbours.len())]),
            trusts: rng.chance(0.2),
            from_start: rng.chance(0.5),
            behind_max: [None, None, Some(1_000), Some(100)][index(rng, 4)],
            schedule: schedule(rng),
            record_us: 100 + rng.below(50 * MS),
        });
    }
    clients
}

fn schedule(rng: &mut Rng) -> Schedule {
    let granularity_us = [1, 1, 50, 1_000][index(rng, 4)];
    Schedule { granularity_us, batch: 64, buffer: if rng.chance(0.1) { 32 } else { 1_024 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_plan() {
        let [a, b, c] = [7, 7, 8].map(Plan::new);
        assert_eq!(a.steps, b.steps);
        assert_ne!(a.steps, c.steps);
        assert!(a.steps.is_sorted_by_key(|(at, _)| *at));
        assert!(matches!(a.steps.last(), Some((_, Step::End))));
        assert!((2..=8).contains(&a.clients.len()) && (1..=3).contains(&a.rooms));
    }
}

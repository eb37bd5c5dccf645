//! `chinwag find`: the servers and rooms of this subnet, as they answer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chinwag_proto::wire::datagram::BeaconFlags;
use chinwag_proto::wire::id::PublicKey;
use serde_json::json;

use crate::config::{Home, KnownServer};
use crate::discovery::{Found, Notice};
use crate::drive::Clock;
use crate::render::{counted, render_text};

use super::super::args;
use super::super::entry::json_line;
use super::super::failure::{Exit, Failure};
use super::super::output::say;
use super::{Look, Trust, columns, rows};

/// A server is shown once it has been silent for this long: it answers on every interface, and page by page.
const GATHER: Duration = Duration::from_millis(60);
/// Rooms that are shown of a server.
const ROOMS_SHOWN: usize = 20;

pub(in super::super) fn run(home: &Home, args: &args::Find) -> Result<(), Failure> {
    let pins = home.known_servers().all()?;
    let clock = Clock::start();
    let look = Look::begin(pins.iter().map(|known| known.key).collect())?;
    let until = clock.mono() + args.seconds;
    let mut screen = Screen {
        pins,
        json: args.json,
        found: BTreeMap::new(),
        said: BTreeSet::new(),
        twins: BTreeSet::new(),
        changed: BTreeSet::new(),
    };
    loop {
        let now = clock.mono();
        if now >= until && !args.watch {
            break;
        }
        let left = if args.watch { Duration::from_secs(60) } else { until.since(now) };
        let left = if screen.changed.is_empty() { left } else { left.min(GATHER) };
        match look.next_within(left) {
            Some(Notice::Found(found)) => screen.found(*found),
            Some(Notice::Gone(key)) => screen.gone(&key, args.watch),
            Some(Notice::Asked | Notice::Twin(_) | Notice::Stopped) => {}
            None => screen.settle(args.watch),
        }
    }
    screen.rest();
    if screen.found.is_empty() {
        return Err(Failure::new(
            Exit::NotDelivered,
            format!(
                "no server answers on this subnet (asked for {} s). `chinwag serve` hosts one. If one runs: is it on \
                 the same subnet, and does its firewall let UDP to ports 24469 and 24470 in? \
                 `chinwag doctor` looks",
                args.seconds.as_secs_f64()
            ),
        ));
    }
    Ok(())
}

/// What was found, and what of it was said.
struct Screen {
    pins: Vec<KnownServer>,
    json: bool,
    found: BTreeMap<PublicKey, Found>,
    said: BTreeSet<PublicKey>,
    /// Those of which it was said that they are two.
    twins: BTreeSet<PublicKey>,
    /// Those that said something new a moment ago: more of it may be on its way.
    changed: BTreeSet<PublicKey>,
}

impl Screen {
    /// A server answers.
    fn found(&mut self, found: Found) {
        self.changed.insert(*found.key());
        self.found.insert(*found.key(), found);
    }

    /// Nothing came for a moment: what was found is shown, and shown again when something has changed if someone watches. A
    /// program that does not watch gets it at the end, with all that was said until then.
    fn settle(&mut self, watches: bool) {
        if self.json && !watches {
            self.changed.clear();
            return;
        }
        for key in std::mem::take(&mut self.changed) {
            let is_new_twin = self.found.get(&key).is_some_and(|found| found.has_twin) && !self.twins.contains(&key);
            if watches || is_new_twin || !self.said.contains(&key) {
                self.say(&key);
            }
        }
    }

    fn gone(&mut self, key: &PublicKey, watches: bool) {
        let Some(found) = self.found.remove(key) else { return };
        if self.said.remove(key) && watches {
            match self.json {
                true => say(&json_line(&json!({"gone": true, "key": hex(key), "name": found.name}))),
                false => say(&format!("{} is gone", render_text(&found.name))),
            }
        }
    }

    /// Those of which something came to the end.
    fn rest(&mut self) {
        let is_said =
            |key: &PublicKey, found: &Found| self.said.contains(key) && (!found.has_twin || self.twins.contains(key));
        let rest: Vec<_> = self.found.iter().filter(|(key, found)| !is_said(key, found)).map(|(key, _)| *key).collect();
        rest.iter().for_each(|key| self.say(key));
    }

    fn say(&mut self, key: &PublicKey) {
        let Some(found) = self.found.get(key) else { return };
        self.said.insert(*key);
        if found.has_twin {
            self.twins.insert(*key);
        }
        let trust = Trust::of(found, &self.pins);
        if self.json {
            say(&json_line(&as_json(found, trust)));
            return;
        }
        rows(found, trust, columns()).iter().for_each(|row| say(row));
        let is_namesake = |other: &&Found| other.name == found.name && other.key() != key;
        if self.found.values().any(|other| is_namesake(&other)) {
            say("    another server here has the same name: compare the fingerprints");
        }
        let width = found.rooms.iter().take(ROOMS_SHOWN).map(|room| room.name.chars().count()).max().unwrap_or(0);
        for room in found.rooms.iter().take(ROOMS_SHOWN) {
            let name = render_text(&room.name);
            let shown = format!("    #{name:width$}  {:>3}  {}", room.online, render_text(&room.topic));
            say(shown.trim_end());
        }
        let more = usize_of(found.head.rooms).saturating_sub(found.rooms.len().min(ROOMS_SHOWN));
        if more > 0 {
            say(&format!("    and {} more", counted(more as u64, "room")));
        }
    }
}

fn as_json(found: &Found, trust: Trust) -> serde_json::Value {
    let head = &found.head;
    let rooms: Vec<_> =
        found.rooms.iter().map(|room| json!({"name": room.name, "topic": room.topic, "online": room.online})).collect();
    json!({
        "name": found.name,
        "key": hex(found.key()),
        "fingerprint": found.key().fingerprint(),
        "trust": trust.word(),
        "addresses": found.addrs.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "version": [head.versions.min, head.versions.max],
        "online": head.online,
        "rooms_in_all": head.rooms,
        "rooms": rooms,
        "join_key_needed": head.flags.has(BeaconFlags::JOIN_KEY_NEEDED),
        "casual": head.flags.has(BeaconFlags::CASUAL),
        "has_twin": found.has_twin,
    })
}

fn hex(key: &PublicKey) -> String {
    key.0.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn usize_of(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chinwag_proto::wire::datagram::{BeaconHead, BeaconRoom};

    use super::*;

    #[test]
    fn a_server_is_printed_for_programs_as_documented() {
        let found = Found {
            head: BeaconHead::new(PublicKey([9; 32]), [0; 8], 1),
            name: "lab".to_owned(),
            addrs: Vec::new(),
            rooms: vec![BeaconRoom { name: "lobby".to_owned(), topic: String::new(), online: 1 }],
            has_twin: false,
        };
        let page = include_str!("../../../docs/json.md");
        let (_, rest) = page.split_once("\n## Servers\n").expect("a section");
        let rows = rest.split("\n## ").next().unwrap_or_default().lines().filter_map(|line| line.strip_prefix("| `"));
        let documented: BTreeSet<_> = rows.filter_map(|row| row.split('`').next()).collect();
        let printed = as_json(&found, Trust::New);
        let printed = printed.as_object().expect("an object");
        assert_eq!(printed.keys().map(String::as_str).collect::<BTreeSet<_>>(), documented);
        let rooms = rest.lines().find(|line| line.starts_with("| `rooms` |")).expect("a row");
        let room = printed["rooms"][0].as_object().expect("an object");
        assert!(room.keys().all(|field| rooms.contains(&format!("`{field}`"))), "{rooms}");
    }
}

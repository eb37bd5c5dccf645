//! A found server in a line for people, and whether it is one that this device knows.

use chinwag_proto::wire::datagram::{BeaconFlags, VersionRange};
use chinwag_proto::wire::id::PublicKey;

use crate::client::words;
use crate::config::KnownServer;
use crate::discovery::Found;
use crate::render::render_text;

use super::super::server_name::ServerName;

/// What this device knows of a server that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Trust {
    /// Its key is pinned.
    Known,
    /// Neither its key nor its name is.
    New,
    /// Its name is pinned with another key.
    Impostor(PublicKey),
}

impl Trust {
    /// Of a server, by the pins of this device.
    pub(in super::super) fn of(found: &Found, pins: &[KnownServer]) -> Self {
        if pins.iter().any(|known| known.key == *found.key()) {
            return Self::Known;
        }
        let name = ServerName::on_lan(&found.name);
        match pins.iter().find(|known| known.server == name.as_str()) {
            Some(known) => Self::Impostor(known.key),
            None => Self::New,
        }
    }

    /// For programs.
    pub(in super::super) const fn word(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::New => "new",
            Self::Impostor(_) => "other_key",
        }
    }
}

/// `lab  192.0.2.7:24469  k3v9q-…  3 online`, and what there is to be said beyond.
pub(in super::super) fn line(found: &Found, trust: Trust) -> String {
    let addr = found.addrs.first().map_or_else(String::new, ToString::to_string);
    let mut line = format!("{}  {addr}  {}  {} online", shown_name(found), found.key(), found.head.online);
    let mut say = |what: &str| {
        line.push_str("  ");
        line.push_str(what);
    };
    match trust {
        Trust::Known => say("known"),
        Trust::New => {}
        Trust::Impostor(key) => say(&format!("NOT THE SERVER THAT YOU KNOW BY THIS NAME, WHOSE KEY IS {key}")),
    }
    let flags = found.head.flags;
    if flags.has(BeaconFlags::JOIN_KEY_NEEDED) {
        say("asks new devices for a join key");
    }
    if flags.has(BeaconFlags::CASUAL) {
        say("hosted beside a chat");
    }
    if VersionRange::OURS.common(found.head.versions).is_none() {
        say(&words::wrong_version(VersionRange::OURS, found.head.versions));
    }
    line
}

/// What a server is called, safe to show.
fn shown_name(found: &Found) -> String {
    let name = render_text(&found.name);
    if name.trim().is_empty() { "(no name)".to_owned() } else { name.into_owned() }
}

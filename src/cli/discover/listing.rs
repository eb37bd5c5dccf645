//! A found server in a line for people, and whether it is one that this device knows.

use chinwag_proto::wire::datagram::{BeaconFlags, VersionRange};
use chinwag_proto::wire::id::PublicKey;
use unicode_width::UnicodeWidthStr as _;

use crate::config::KnownServer;
use crate::discovery::Found;
use crate::render::render_text;
use crate::words;

use crate::client::ServerName;

use super::super::whole::columns_of;

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
    parts(found, trust).join("  ")
}

/// The same in rows of so many columns, as far as its parts fit into one; the second and others are indented.
pub(in super::super) fn rows(found: &Found, trust: Trust, columns: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for part in parts(found, trust) {
        match rows.last_mut() {
            Some(row) if row.width() + 2 + part.width() <= columns => {
                row.push_str("  ");
                row.push_str(&part);
            }
            Some(_) => rows.push(format!("      {part}")),
            None => rows.push(part),
        }
    }
    rows
}

/// The columns for a list: a terminal's, or as many as it takes.
pub(in super::super) fn columns() -> usize {
    columns_of(&std::io::stdout()).unwrap_or(usize::MAX)
}

fn parts(found: &Found, trust: Trust) -> Vec<String> {
    let addr = found.addrs.first().map_or_else(String::new, ToString::to_string);
    let online = format!("{} online", found.head.online);
    let mut parts = vec![shown_name(found), addr, found.key().to_string(), online];
    let mut say = |what: &str| parts.push(what.to_owned());
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
    if found.has_twin {
        say("TWO SERVERS ANSWER WITH THIS KEY");
        found.addrs.iter().skip(1).for_each(|addr| say(&format!("also at {addr}")));
    }
    if VersionRange::OURS.common(found.head.versions).is_none() {
        say(&words::wrong_version(VersionRange::OURS, found.head.versions));
    }
    parts
}

/// What a server is called, safe to show.
fn shown_name(found: &Found) -> String {
    let name = render_text(&found.name);
    if name.trim().is_empty() { "(no name)".to_owned() } else { name.into_owned() }
}

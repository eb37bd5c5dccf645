//! What comes back, for programs: docs/json.md says what each object has. Names of rooms begin as people write them, whatever the
//! server keeps, and what a server counts by name is an object.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::admin::{Account, Clock, Near, PeerAddress, Quotas, Room, Status, Token, Verdict};
use crate::words::access_name;

/// What is printed of a row.
pub(super) trait AsJson {
    /// Its object.
    fn as_json(&self) -> Value;
}

impl AsJson for Status {
    fn as_json(&self) -> Value {
        let mut object: Map<_, _> = self.counters.iter().map(|(key, count)| (key.clone(), json!(count))).collect();
        let waiting: Map<_, _> = self.waiting.iter().map(|(queue, length)| (queue.clone(), json!(length))).collect();
        object.insert("full".to_owned(), json!(self.full));
        object.insert("clock".to_owned(), self.clock.as_json());
        object.insert("drops".to_owned(), by_name(&self.drops));
        object.insert("auth".to_owned(), by_name(&self.auth));
        object.insert("waiting".to_owned(), waiting.into());
        object.into()
    }
}

impl AsJson for Room {
    fn as_json(&self) -> Value {
        let Self { name, access, topic, head, members, followers, keep, used_bytes } = self;
        json!({
            "room": format!("#{name}"),
            "access": access_name(*access),
            "topic": topic,
            "last": head,
            "members": members,
            "followers": followers,
            "keep": keep.typed(),
            "used_bytes": used_bytes,
        })
    }
}

impl AsJson for Token {
    fn as_json(&self) -> Value {
        let Self { account, label, read, write, rooms, until_ms } = self;
        // Those of a pair of people have their mark already.
        let shown = |room: &String| if room.starts_with('@') { room.clone() } else { format!("#{room}") };
        let rooms = rooms.as_ref().map(|rooms| rooms.iter().map(shown).collect::<Vec<_>>());
        json!({
            "account": account, "label": label, "read": read, "write": write, "rooms": rooms, "until_ms": until_ms,
        })
    }
}

impl AsJson for PeerAddress {
    fn as_json(&self) -> Value {
        plain(self)
    }
}

impl AsJson for Account {
    fn as_json(&self) -> Value {
        plain(self)
    }
}

impl AsJson for Clock {
    fn as_json(&self) -> Value {
        plain(self)
    }
}

impl AsJson for Verdict {
    fn as_json(&self) -> Value {
        plain(self)
    }
}

impl AsJson for Quotas {
    fn as_json(&self) -> Value {
        plain(self)
    }
}

impl AsJson for Near {
    fn as_json(&self) -> Value {
        plain(self)
    }
}

/// A row whose fields are what is printed.
fn plain(row: &impl Serialize) -> Value {
    serde_json::to_value(row).unwrap_or_default()
}

fn by_name(counts: &[(String, u64)]) -> Value {
    counts.iter().map(|(name, count)| (name.clone(), json!(count))).collect::<Map<_, _>>().into()
}

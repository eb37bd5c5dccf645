//! Who is in a room, by version. Memory: one state per account that is here or was within the last moments.

use std::collections::BTreeMap;

use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{AccountId, PresenceVersion};
use chinwag_proto::wire::message::Presence;
use serde::Serialize;

/// The states of a room's accounts; every change has a larger version.
#[derive(Debug, Default)]
pub(super) struct Roster {
    version: PresenceVersion,
    states: BTreeMap<AccountId, State>,
    by_version: BTreeMap<PresenceVersion, AccountId>,
    /// When the changes since the last batch go out; `None`: there are none.
    pub(super) due: Option<Instant>,
}

#[derive(Debug)]
struct State {
    name: String,
    presence: Presence,
    /// What it says of being away.
    status: String,
    version: PresenceVersion,
}

impl Roster {
    pub(super) const fn version(&self) -> PresenceVersion {
        self.version
    }

    /// Accounts that are heard.
    pub(super) fn online(&self) -> usize {
        let is_heard = |state: &&State| matches!(state.presence, Presence::Online | Presence::Idle | Presence::Away);
        self.states.values().filter(is_heard).count()
    }

    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    /// An account's state.
    #[cfg(test)]
    pub(super) fn presence(&self, account: AccountId) -> Option<Presence> {
        self.states.get(&account).map(|state| state.presence)
    }

    /// Sets an account's state. Gives the version of the change, if it is one.
    pub(super) fn set(
        &mut self,
        account: AccountId,
        name: &str,
        presence: Presence,
        status: &str,
    ) -> Option<PresenceVersion> {
        let version = self.version.next();
        match self.states.get_mut(&account) {
            Some(state) if state.presence == presence && state.status == status => return None,
            Some(state) => {
                self.by_version.remove(&state.version);
                (state.presence, state.version) = (presence, version);
                state.status.replace_range(.., status);
            }
            // Who was never here can't go.
            None if presence == Presence::Left => return None,
            None => {
                self.states
                    .insert(account, State { name: name.to_owned(), presence, status: status.to_owned(), version });
            }
        }
        self.by_version.insert(version, account);
        self.version = version;
        Some(version)
    }

    /// The account's state, if it is still what it was at `version`.
    pub(super) fn unchanged_since(&self, account: AccountId, version: PresenceVersion) -> Option<Presence> {
        self.states.get(&account).filter(|state| state.version == version).map(|state| state.presence)
    }

    /// Forgets an account that left at `version`, if it did not come back.
    pub(super) fn forget(&mut self, account: AccountId, version: PresenceVersion) {
        if self.unchanged_since(account, version) == Some(Presence::Left) {
            self.states.remove(&account);
            self.by_version.remove(&version);
        }
    }

    /// See [`chinwag_proto::link::Source::presence`].
    pub(super) fn encode(
        &self,
        after: PresenceVersion,
        upto: PresenceVersion,
        out: &mut [u8],
    ) -> Option<(usize, PresenceVersion)> {
        if after >= upto {
            return None;
        }
        // The count stands before the entries and is known after them: it gets one octet, so at most 127 go at once.
        let mut len = 1;
        let mut count = 0u8;
        let mut reached = upto;
        let mut last = after;
        for (&version, account) in self.by_version.range(after.next()..=upto) {
            let Some(state) = self.states.get(account) else { continue };
            let entry = EntryRef {
                account: *account,
                name: &state.name,
                presence: state.presence,
                status: &state.status,
                version: state.version,
            };
            let room = out.get_mut(len..).unwrap_or_default();
            match postcard::to_slice(&entry, room) {
                Ok(written) if count < 127 => {
                    len += written.len();
                    count += 1;
                    last = version;
                }
                _ => {
                    reached = last;
                    break;
                }
            }
        }
        if count == 0 {
            return None;
        }
        out[0] = count;
        Some((len, reached))
    }
}

/// [`chinwag_proto::wire::message::PresenceEntry`] without a copy of the name.
#[derive(Serialize)]
struct EntryRef<'a> {
    account: AccountId,
    name: &'a str,
    presence: Presence,
    status: &'a str,
    version: PresenceVersion,
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_proto::wire::message::{PresenceUpdate, Wire as _};

    const ANN: AccountId = AccountId(1);
    const BOB: AccountId = AccountId(2);

    fn read(roster: &Roster, after: u64, room: usize) -> (Vec<String>, u64) {
        let mut out = vec![0; room];
        let upto = roster.version();
        let Some((len, reached)) = roster.encode(PresenceVersion(after), upto, &mut out) else {
            return (Vec::new(), upto.0);
        };
        let update = PresenceUpdate::decode(&out[..len]).expect("an update");
        let lines = update.entries.iter().map(|e| format!("{} {} {:?}", e.version, e.name, e.presence));
        (lines.collect(), reached.0)
    }

    #[test]
    fn only_the_newest_state_of_an_account_is_told() {
        let mut roster = Roster::default();
        assert_eq!(roster.set(ANN, "ann", Presence::Online, ""), Some(PresenceVersion(1)));
        assert_eq!(roster.set(ANN, "ann", Presence::Online, ""), None);
        roster.set(BOB, "bob", Presence::Online, "");
        roster.set(ANN, "ann", Presence::Unreachable, "");
        assert_eq!(read(&roster, 0, 100), (vec!["2 bob Online".into(), "3 ann Unreachable".into()], 3));
        assert_eq!(read(&roster, 2, 100).0, ["3 ann Unreachable"]);
        assert_eq!(read(&roster, 3, 100).0.len(), 0);
    }

    #[test]
    fn what_does_not_fit_is_told_next_time() {
        let mut roster = Roster::default();
        for id in 1..=300 {
            roster.set(AccountId(id), &format!("member-{id}"), Presence::Online, "");
        }
        let mut after = 0;
        let mut told = 0;
        while after < 300 {
            let (lines, reached) = read(&roster, after, 1_100);
            assert!(!lines.is_empty() && reached > after);
            (told, after) = (told + lines.len(), reached);
        }
        assert_eq!(told, 300);
    }

    #[test]
    fn who_left_is_forgotten_unless_they_came_back() {
        let mut roster = Roster::default();
        assert_eq!(roster.set(ANN, "ann", Presence::Left, ""), None, "who was never here can't leave");
        roster.set(ANN, "ann", Presence::Online, "");
        let left = roster.set(ANN, "ann", Presence::Left, "").expect("a change");
        roster.set(BOB, "bob", Presence::Online, "");
        let offline = roster.set(BOB, "bob", Presence::Offline, "").expect("a change");
        roster.set(BOB, "bob", Presence::Online, "");
        assert_eq!(roster.unchanged_since(BOB, offline), None);
        roster.forget(ANN, left);
        roster.forget(BOB, offline);
        assert_eq!(roster.len(), 1);
        assert_eq!(read(&roster, 0, 100).0, ["5 bob Online"]);
    }
}

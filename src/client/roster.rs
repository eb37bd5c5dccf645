//! Who is in a room, as this client has heard. Every entering begins a new roster; what was known before stays until the
//! new one has had time to confirm it, so that a server's restart is no mass departure.

use std::collections::BTreeMap;

use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{AccountId, PresenceVersion};
use chinwag_proto::wire::message::{Presence, PresenceEntry};

use super::limits::{ROSTER_MAX, STALE_AFTER};
use super::news::PresenceChange;
use super::notice::Notice;
use super::present::Present;

/// A room's roster.
#[derive(Debug, Default)]
pub(super) struct Roster {
    members: BTreeMap<AccountId, Member>,
    /// Versions up to this one are the roster as it was on entering.
    baseline: PresenceVersion,
    /// When those not confirmed since the last entering have left; `None`: all are confirmed.
    stale_until: Option<Instant>,
}

#[derive(Debug)]
struct Member {
    name: String,
    presence: Presence,
    status: String,
    version: PresenceVersion,
    /// Known from before the last entering only.
    stale: bool,
}

/// A change of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// It came after the roster as it was on entering.
    pub(super) is_news: bool,
    /// Who had this account's number before, and has none now.
    pub(super) replaced: Option<String>,
    pub(super) account: AccountId,
    pub(super) who: String,
    pub(super) before: Option<Presence>,
    pub(super) now: Presence,
    pub(super) status: String,
}

impl Roster {
    /// The room was entered (again).
    pub(super) fn begin(&mut self, baseline: PresenceVersion, now: Instant) {
        self.baseline = baseline;
        self.members.retain(|_, member| member.presence != Presence::Left);
        for member in self.members.values_mut() {
            member.stale = true;
        }
        self.stale_until = (!self.members.is_empty()).then(|| now + STALE_AFTER);
    }

    /// Takes one entry of an update. Gives the change, if it is one.
    pub(super) fn apply(&mut self, entry: PresenceEntry) -> Option<Change> {
        let PresenceEntry { account, name, presence, status, version } = entry;
        self.recognise(account, &name);
        let known = self.members.get(&account);
        let is_old = known.is_some_and(|member| !member.stale && version <= member.version);
        if is_old || (known.is_none() && self.members.len() >= ROSTER_MAX) {
            return None;
        }
        let before = known.map(|member| member.presence).filter(|&before| before != Presence::Left);
        let says_else = before.is_some() && known.is_some_and(|member| member.status != status);
        let is_news = version > self.baseline && (says_else || before.unwrap_or(Presence::Left) != presence);
        let (who, now, says) = (name.clone(), presence, status.clone());
        let last = self.members.insert(account, Member { name, presence, status, version, stale: false });
        let replaced = last.map(|member| member.name).filter(|last| *last != who);
        Some(Change { is_news, replaced, account, who, before, now, status: says })
    }

    /// A server that has forgotten its accounts numbers them anew: someone from before is the one of the same name.
    fn recognise(&mut self, account: AccountId, name: &str) {
        let is_confirmed = self.members.get(&account).is_some_and(|member| !member.stale);
        if self.stale_until.is_none() || is_confirmed {
            return;
        }
        let namesake = |member: &Member| member.stale && member.name == name;
        let known = self.members.iter().find(|(_, member)| namesake(member)).map(|(&id, _)| id);
        let Some(old) = known.filter(|&id| id != account) else { return };
        // Whoever had this number before is looked for under the other one.
        let (moved, displaced) = (self.members.remove(&old), self.members.remove(&account));
        self.members.extend(moved.map(|member| (account, member)));
        self.members.extend(displaced.map(|member| (old, member)));
    }

    /// The name of an account, if it was ever seen here.
    pub(super) fn name(&self, account: AccountId) -> Option<&str> {
        self.members.get(&account).map(|member| member.name.as_str())
    }

    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.stale_until
    }

    /// Lets those go that were not confirmed in time.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<Change> {
        if self.stale_until.is_none_or(|until| now < until) {
            return Vec::new();
        }
        self.stale_until = None;
        let gone = self.members.extract_if(.., |_, member| member.stale);
        gone.map(|(account, member)| Change {
            is_news: true,
            replaced: None,
            account,
            who: member.name,
            before: Some(member.presence),
            now: Presence::Left,
            status: String::new(),
        })
        .collect()
    }

    /// Who is here, by name.
    pub(super) fn list(&self) -> Vec<Present> {
        let state = |member: &Member| if member.stale { Presence::Offline } else { member.presence };
        let here = self.members.values().map(|member| Present {
            name: member.name.clone(),
            presence: state(member),
            status: member.status.clone(),
        });
        let mut list: Vec<_> = here.filter(|present| present.presence != Presence::Left).collect();
        list.sort();
        list
    }
}

impl Change {
    /// What an interface is told of it: news of others, and, where it shows rosters, whatever else changes one.
    pub(super) fn notices(self, room: &str, own: Option<AccountId>, shows_rosters: bool) -> Vec<Notice> {
        let Self { is_news, replaced, account, who, before, now, status } = self;
        let room = || room.to_owned();
        let mut notices = Vec::new();
        if is_news && Some(account) != own {
            let (who, status) = (who.clone(), status.clone());
            notices.push(Notice::Presence(PresenceChange { room: room(), who, before, now, status }));
        }
        if shows_rosters {
            let gone = replaced.map(|name| Present { name, presence: Presence::Left, status: String::new() });
            let here = Present { name: who, presence: now, status };
            notices.extend(gone.into_iter().chain([here]).map(|who| Notice::Present { room: room(), who }));
        }
        notices
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn entry(account: u64, name: &str, presence: Presence, version: u64) -> PresenceEntry {
        let (account, name, status) = (AccountId(account), name.into(), String::new());
        PresenceEntry { account, name, presence, status, version: PresenceVersion(version) }
    }

    fn present(name: &str, presence: Presence) -> Present {
        Present { name: name.into(), presence, status: String::new() }
    }

    fn show(change: Option<Change>) -> String {
        change
            .filter(|change| change.is_news)
            .map_or(String::from("-"), |c| format!("{} {:?} -> {:?}", c.who, c.before, c.now))
    }

    #[test]
    fn only_what_comes_after_the_roster_is_news() {
        let mut roster = Roster::default();
        roster.begin(PresenceVersion(5), Instant::EPOCH);
        assert_eq!(show(roster.apply(entry(1, "ann", Presence::Online, 3))), "-");
        assert_eq!(show(roster.apply(entry(2, "bob", Presence::Online, 6))), "bob None -> Online");
        assert_eq!(show(roster.apply(entry(2, "bob", Presence::Left, 9))), "bob Some(Online) -> Left");
        assert_eq!(show(roster.apply(entry(2, "bob", Presence::Online, 8))), "-", "it is older than what is known");
        assert_eq!(show(roster.apply(entry(1, "ann", Presence::Unreachable, 10))), "ann Some(Online) -> Unreachable");
        assert_eq!(roster.list(), [present("ann", Presence::Unreachable)]);
        assert_eq!(show(roster.apply(entry(2, "bob", Presence::Online, 11))), "bob None -> Online");
    }

    #[test]
    fn who_does_not_come_back_after_a_restart_has_left() {
        let mut roster = Roster::default();
        roster.begin(PresenceVersion(2), Instant::EPOCH);
        roster.apply(entry(1, "ann", Presence::Online, 1));
        roster.apply(entry(2, "bob", Presence::Online, 2));
        let restart = Instant::EPOCH + Duration::from_secs(100);
        roster.begin(PresenceVersion(0), restart);
        assert_eq!(roster.list().iter().map(|p| p.presence).collect::<Vec<_>>(), [Presence::Offline; 2]);
        assert_eq!(show(roster.apply(entry(1, "ann", Presence::Online, 1))), "-", "she was never gone");
        assert!(roster.expire(restart + Duration::from_secs(29)).is_empty());
        let gone = roster.expire(restart + Duration::from_secs(30));
        assert_eq!(gone.into_iter().map(|c| show(Some(c))).collect::<Vec<_>>(), ["bob Some(Online) -> Left"]);
        assert_eq!((roster.list(), roster.deadline()), (vec![present("ann", Presence::Online)], None));
    }

    #[test]
    fn what_someone_says_of_being_away_is_news_by_itself() {
        let mut roster = Roster::default();
        roster.begin(PresenceVersion(0), Instant::EPOCH);
        let away =
            |status: &str, version| PresenceEntry { status: status.into(), ..entry(1, "ann", Presence::Away, version) };
        assert_eq!(show(roster.apply(away("lunch", 1))), "ann None -> Away");
        assert_eq!(roster.apply(away("a walk", 2)).map(|change| change.status), Some("a walk".into()));
        assert!(!roster.apply(away("a walk", 3)).expect("taken").is_news);
        assert_eq!(roster.list()[0].status, "a walk");
    }

    #[test]
    fn a_server_that_numbers_accounts_anew_makes_nobody_two() {
        let mut roster = Roster::default();
        roster.begin(PresenceVersion(2), Instant::EPOCH);
        roster.apply(entry(1, "ann", Presence::Online, 1));
        roster.apply(entry(2, "bob", Presence::Online, 2));
        roster.begin(PresenceVersion(0), Instant::EPOCH);
        assert_eq!(show(roster.apply(entry(1, "bob", Presence::Online, 1))), "-");
        assert_eq!(show(roster.apply(entry(2, "ann", Presence::Online, 2))), "-");
        let here = [present("ann", Presence::Online), present("bob", Presence::Online)];
        assert_eq!(roster.list(), here);
        assert!(roster.expire(Instant::EPOCH + STALE_AFTER).is_empty());
    }
}

//! What becomes of a room: who comes in and goes out, and what an entry does beside being one. Said once, for servers and for
//! stores in memory; what SQLite does is held against it.

use chinwag_proto::wire::id::{AccountId, PublicKey, RoomSeq};
use chinwag_proto::wire::message::{Access, Role};

use super::state::{Ban, Kind, Member, Mute, Room};
use super::write::Change;

impl Room {
    /// What an account is here, if it is a member.
    #[must_use]
    pub fn member(&self, account: AccountId) -> Option<&Member> {
        self.place_of(account).ok().and_then(|at| self.members.get(at))
    }

    /// What an account is here, to be changed.
    pub fn member_mut(&mut self, account: AccountId) -> Option<&mut Member> {
        self.place_of(account).ok().and_then(|at| self.members.get_mut(at))
    }

    /// Whether an account is a member.
    #[must_use]
    pub fn is_member(&self, account: AccountId) -> bool {
        self.place_of(account).is_ok()
    }

    /// Whether an account may enter by invitation.
    #[must_use]
    pub fn is_invited(&self, account: AccountId) -> bool {
        self.invited.binary_search(&account).is_ok()
    }

    /// What keeps an account from writing, if something does or did.
    #[must_use]
    pub fn mute_of(&self, account: AccountId) -> Option<&Mute> {
        self.mutes.binary_search_by_key(&account, |mute| mute.account).ok().and_then(|at| self.mutes.get(at))
    }

    /// An account is a member from now on. Gives whether that is news; a member stays what it is. An invitation is used up.
    pub fn enter(&mut self, account: AccountId) -> bool {
        self.take_invitation(account);
        let Err(at) = self.place_of(account) else { return false };
        let is_open = self.access == Access::Public || matches!(self.kind, Kind::Direct(..));
        let since = if is_open { RoomSeq(0) } else { self.head };
        self.members.insert(at, Member::new(account, Role::Member, since));
        true
    }

    /// An account is no member any more, and has no invitation. Gives whether it was a member.
    pub fn leave(&mut self, account: AccountId) -> bool {
        self.take_invitation(account);
        self.place_of(account).map(|at| self.members.remove(at)).is_ok()
    }

    /// An account is the member again that it was, unless it has become one anew.
    pub fn restore(&mut self, member: Member) {
        if let Err(at) = self.place_of(member.account) {
            self.members.insert(at, member);
        }
    }

    /// An account may enter. Gives whether that is news: it is neither a member nor invited.
    pub fn invite(&mut self, account: AccountId) -> bool {
        match (self.place_of(account), self.invited.binary_search(&account)) {
            (Err(_), Err(at)) => {
                self.invited.insert(at, account);
                true
            }
            (Ok(_), _) | (_, Ok(_)) => false,
        }
    }

    /// An account may not enter by invitation any more.
    pub fn take_invitation(&mut self, account: AccountId) {
        if let Ok(at) = self.invited.binary_search(&account) {
            self.invited.remove(at);
        }
    }

    /// Does what an entry does to its room, once that is known to be possible. `devices`: those of an account that is banned.
    pub fn apply(&mut self, change: &Change, devices: impl FnOnce(AccountId) -> Vec<PublicKey>) {
        match change {
            // What these do is done to the log.
            Change::None | Change::Edit(_) | Change::Delete { .. } | Change::About(_) => {}
            Change::Topic(topic) => self.topic.clone_from(topic),
            Change::Role(account, role) => {
                if let Some(member) = self.member_mut(*account) {
                    member.role = *role;
                }
            }
            Change::Kick(account) => {
                self.leave(*account);
            }
            Change::Ban(account, until) => {
                self.leave(*account);
                let ban = Ban { account: *account, devices: devices(*account), until: *until };
                put(&mut self.bans, ban, |ban| ban.account);
            }
            Change::Unban(account) => self.bans.retain(|ban| ban.account != *account),
            Change::Mute(account, until) => {
                put(&mut self.mutes, Mute { account: *account, until: *until }, |mute| mute.account);
            }
            Change::Unmute(account) => self.mutes.retain(|mute| mute.account != *account),
            Change::Invite(account) => {
                self.invite(*account);
            }
            Change::Open(access, phc) => {
                self.access = *access;
                self.phc.clone_from(phc);
            }
            Change::Fact(fact) => self.facts.set(fact.clone()),
            Change::Pin { of, is_set } => match (self.facts.pins.binary_search(of), is_set) {
                (Err(at), true) => self.facts.pins.insert(at, *of),
                (Ok(at), false) => drop(self.facts.pins.remove(at)),
                (Ok(_), true) | (Err(_), false) => {}
            },
        }
    }

    fn place_of(&self, account: AccountId) -> Result<usize, usize> {
        self.members.binary_search_by_key(&account, |member| member.account)
    }
}

impl Member {
    /// A member who has seen nothing yet, and may read what comes after `since`.
    #[must_use]
    pub const fn new(account: AccountId, role: Role, since: RoomSeq) -> Self {
        let none = RoomSeq(0);
        Self { account, role, since, delivered: none, read: none, shown_read: none }
    }
}

/// Puts something into a list in order of accounts, in the place of what is there of the same one.
fn put<T>(list: &mut Vec<T>, item: T, account: impl Fn(&T) -> AccountId) {
    match list.binary_search_by_key(&account(&item), account) {
        Ok(at) => list[at] = item,
        Err(at) => list.insert(at, item),
    }
}

//! Rooms and who is in them, in memory.

use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Refusal, Role, name};

use super::log::Log;
use super::{Done, Memory, OVERHEAD_BYTES, Place, len};
use crate::state::fresh_log;
use crate::write::Needs;
use crate::{Ban, Change, Kind, Member, Mute, NewRoom, Outcome, Retention, Room};

impl Memory {
    pub(super) fn room(&mut self, new: &NewRoom) -> Done {
        let place = Place::Named(name::fold(&new.name));
        if let Some(log) = self.by_place.get(&place).and_then(|id| self.rooms.get(id)) {
            return Ok(Outcome::Room(log.state.clone()));
        }
        if let Some(owner) = new.owner {
            self.live(owner)?;
        }
        if !self.room_looks.insert(new.skeleton.clone()) {
            return Err(Refusal::NameConfusable);
        }
        self.bytes += new.name.len() + len(new.phc.as_deref());
        let members = new.owner.map(|owner| member(owner, Role::Owner, RoomSeq(0)));
        let kind = Kind::Named(new.name.clone());
        Ok(self.make(place, kind, new.access, new.phc.clone(), members.into_iter().collect()))
    }

    pub(super) fn direct(&mut self, one: AccountId, other: AccountId) -> Done {
        self.live(one)?;
        self.live(other)?;
        let (small, large) = (one.min(other), one.max(other));
        let place = Place::Between(small, large);
        if let Some(log) = self.by_place.get(&place).and_then(|id| self.rooms.get(id)) {
            return Ok(Outcome::Room(log.state.clone()));
        }
        let mut members = vec![member(small, Role::Member, RoomSeq(0))];
        if small != large {
            members.push(member(large, Role::Member, RoomSeq(0)));
        }
        Ok(self.make(place, Kind::Direct(small, large), Access::Private, None, members))
    }

    fn make(&mut self, place: Place, kind: Kind, access: Access, phc: Option<String>, members: Vec<Member>) -> Outcome {
        let id = RoomId(self.rooms.len() as u64 + 1);
        let state = Room {
            id,
            kind,
            log: fresh_log(self.seed, id),
            head: RoomSeq(0),
            access,
            phc,
            topic: String::new(),
            slow_s: 0,
            retention: Retention::Forever,
            members,
            invited: Vec::new(),
            bans: Vec::new(),
            mutes: Vec::new(),
            used: 0,
        };
        self.bytes += OVERHEAD_BYTES;
        self.by_place.insert(place, id);
        self.rooms.insert(id, Log::new(state.clone()));
        Outcome::Room(state)
    }

    pub(super) fn enter(&mut self, room: RoomId, account: AccountId) -> Done {
        self.live(account)?;
        let state = &mut self.log(room)?.state;
        state.invited.retain(|invited| *invited != account);
        if let Err(at) = place_of(state, account) {
            let is_open = state.access == Access::Public || matches!(state.kind, Kind::Direct(..));
            let since = if is_open { RoomSeq(0) } else { state.head };
            state.members.insert(at, member(account, Role::Member, since));
            self.bytes += OVERHEAD_BYTES;
        }
        Ok(Outcome::Ok)
    }

    pub(super) fn leave(&mut self, room: RoomId, account: AccountId) -> Done {
        let state = &mut self.log(room)?.state;
        state.invited.retain(|invited| *invited != account);
        if let Ok(at) = place_of(state, account) {
            state.members.remove(at);
            self.bytes = self.bytes.saturating_sub(OVERHEAD_BYTES);
        }
        Ok(Outcome::Ok)
    }

    /// `to`: delivered, read, shown as read.
    pub(super) fn mark(&mut self, room: RoomId, account: AccountId, to: [RoomSeq; 3]) -> Done {
        let state = &mut self.log(room)?.state;
        let head = state.head;
        let at = place_of(state, account).map_err(|_| Refusal::NotMember)?;
        let member = &mut state.members[at];
        let [delivered, read, shown_read] = to.map(|number| number.min(head));
        member.delivered = member.delivered.max(delivered);
        member.read = member.read.max(read);
        member.shown_read = member.shown_read.max(shown_read);
        Ok(Outcome::Ok)
    }

    /// Whether a change of a room's state can be made.
    pub(super) fn may_change(&mut self, room: RoomId, change: &Change) -> Result<(), Refusal> {
        match change.needs() {
            Needs::Member(account) => {
                let state = &self.log(room)?.state;
                place_of(state, account).map(drop).map_err(|_| Refusal::NoSuchAccount)
            }
            Needs::Account(account) => self.live(account).map(drop),
            Needs::Nothing | Needs::Body(_) | Needs::Text { .. } => Ok(()),
        }
    }

    /// Makes a change that can be made.
    pub(super) fn change(&mut self, room: RoomId, change: &Change) -> Result<(), Refusal> {
        let devices = if let Change::Ban(account, _) = change {
            self.live(*account)?.devices.iter().map(|device| device.key).collect()
        } else {
            Vec::new()
        };
        let state = &mut self.log(room)?.state;
        match change {
            Change::Topic(text) => state.topic.clone_from(text),
            Change::Role(account, role) => with(state, *account, |member| member.role = *role),
            Change::Mute(account, until) => {
                let mute = Mute { account: *account, until: *until };
                match state.mutes.binary_search_by_key(account, |mute| mute.account) {
                    Ok(at) => state.mutes[at] = mute,
                    Err(at) => state.mutes.insert(at, mute),
                }
            }
            Change::Unmute(account) => state.mutes.retain(|mute| mute.account != *account),
            Change::Kick(account) => state.members.retain(|member| member.account != *account),
            Change::Ban(account, until) => {
                state.members.retain(|member| member.account != *account);
                state.invited.retain(|invited| invited != account);
                state.bans.retain(|ban| ban.account != *account);
                let at = state.bans.partition_point(|ban| ban.account < *account);
                state.bans.insert(at, Ban { account: *account, devices, until: *until });
            }
            Change::Unban(account) => state.bans.retain(|ban| ban.account != *account),
            Change::Invite(account) => {
                if let (Err(_), Err(at)) = (place_of(state, *account), state.invited.binary_search(account)) {
                    state.invited.insert(at, *account);
                }
            }
            Change::Open(access, phc) => {
                state.access = *access;
                state.phc.clone_from(phc);
            }
            Change::Slow(interval_s) => state.slow_s = *interval_s,
            Change::None | Change::Edit(_) | Change::Delete { .. } | Change::About(_) => {}
        }
        Ok(())
    }
}

fn place_of(state: &Room, account: AccountId) -> Result<usize, usize> {
    state.members.binary_search_by_key(&account, |member| member.account)
}

fn with(state: &mut Room, account: AccountId, act: impl FnOnce(&mut Member)) {
    if let Ok(at) = place_of(state, account) {
        act(&mut state.members[at]);
    }
}

const fn member(account: AccountId, role: Role, since: RoomSeq) -> Member {
    let none = RoomSeq(0);
    Member { account, role, since, delivered: none, read: none, shown_read: none }
}

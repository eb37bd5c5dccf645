//! Rooms and who is in them, in memory.

use chinwag_proto::limits::PINS_MAX;
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Facts, Refusal, Role, name};

use super::log::Log;
use super::{Done, Memory, OVERHEAD_BYTES, Place, len};
use crate::state::fresh_log;
use crate::write::Needs;
use crate::{Change, Kind, Member, NewRoom, Outcome, Retention, Room};

impl Memory {
    pub(super) fn room(&mut self, new: &NewRoom) -> Done {
        let place = Place::Named(name::fold(&new.name));
        if let Some(log) = self.by_place.get(&place).and_then(|id| self.rooms.get(id)) {
            return Ok(Outcome::Room(Box::new(log.state.clone())));
        }
        if let Some(owner) = new.owner {
            self.live(owner)?;
        }
        if !self.room_looks.insert(new.skeleton.clone()) {
            return Err(Refusal::NameConfusable);
        }
        self.bytes += new.name.len() + len(new.phc.as_deref());
        let members = new.owner.map(|owner| Member::new(owner, Role::Owner, RoomSeq(0)));
        let kind = Kind::Named(new.name.clone());
        Ok(self.make(place, kind, new.access, new.phc.clone(), members.into_iter().collect()))
    }

    pub(super) fn direct(&mut self, one: AccountId, other: AccountId) -> Done {
        self.live(one)?;
        self.live(other)?;
        let (small, large) = (one.min(other), one.max(other));
        let place = Place::Between(small, large);
        if let Some(log) = self.by_place.get(&place).and_then(|id| self.rooms.get(id)) {
            return Ok(Outcome::Room(Box::new(log.state.clone())));
        }
        let mut members = vec![Member::new(small, Role::Member, RoomSeq(0))];
        if small != large {
            members.push(Member::new(large, Role::Member, RoomSeq(0)));
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
            retention: Retention::Forever,
            members,
            invited: Vec::new(),
            bans: Vec::new(),
            mutes: Vec::new(),
            facts: Facts::default(),
            used: 0,
        };
        self.bytes += OVERHEAD_BYTES;
        self.by_place.insert(place, id);
        self.rooms.insert(id, Log::new(state.clone()));
        Outcome::Room(Box::new(state))
    }

    pub(super) fn enter(&mut self, room: RoomId, account: AccountId) -> Done {
        self.live(account)?;
        if self.log(room)?.state.enter(account) {
            self.bytes += OVERHEAD_BYTES;
        }
        Ok(Outcome::Ok)
    }

    pub(super) fn leave(&mut self, room: RoomId, account: AccountId) -> Done {
        if self.log(room)?.state.leave(account) {
            self.bytes = self.bytes.saturating_sub(OVERHEAD_BYTES);
        }
        Ok(Outcome::Ok)
    }

    /// `to`: delivered, read, shown as read.
    pub(super) fn mark(&mut self, room: RoomId, account: AccountId, to: [RoomSeq; 3]) -> Done {
        let state = &mut self.log(room)?.state;
        let head = state.head;
        let member = state.member_mut(account).ok_or(Refusal::NotMember)?;
        let [delivered, read, shown_read] = to.map(|number| number.min(head));
        member.delivered = member.delivered.max(delivered);
        member.read = member.read.max(read);
        member.shown_read = member.shown_read.max(shown_read);
        Ok(Outcome::Ok)
    }

    /// Whether a change of a room's state can be made.
    pub(super) fn may_change(&mut self, room: RoomId, change: &Change) -> Result<(), Refusal> {
        match change.needs() {
            Needs::Member(account) => self.log(room)?.state.member(account).map(drop).ok_or(Refusal::NoSuchAccount),
            Needs::Account(account) => self.live(account).map(drop),
            Needs::Nothing | Needs::Body(_) | Needs::Text { .. } => Ok(()),
        }?;
        if let Change::Pin { of, is_set: true } = change
            && let pins = &self.log(room)?.state.facts.pins
            && pins.len() >= PINS_MAX
            && !pins.contains(of)
        {
            return Err(Refusal::TooManyPins);
        }
        Ok(())
    }

    /// Makes a change that can be made.
    pub(super) fn change(&mut self, room: RoomId, change: &Change) -> Result<(), Refusal> {
        let Self { accounts, rooms, .. } = self;
        let state = &mut rooms.get_mut(&room).ok_or(Refusal::NoSuchRoom)?.state;
        state.apply(change, |account| {
            let devices = accounts.get(&account).map(|account| account.devices.as_slice()).unwrap_or_default();
            devices.iter().map(|device| device.key).collect()
        });
        Ok(())
    }
}

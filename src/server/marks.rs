//! Marks: how far each member has got in a room, and who is told. They are durable a little later than messages: a mark
//! that a crash takes is given again when its device comes back.

use std::collections::BTreeSet;

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::time::{Instant, Now};
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Answer, Down, Reach, Refusal};

use super::commits::{Asked, Ticket};
use super::effect::Effect;
use super::hall::Hall;
use super::limits::{MARKS_AFTER, MARKS_PER_BATCH, REACH_AFTER, REACH_AFTER_PER_MEMBER_US};
use super::rooms::Room;
use super::rules;
use chinwag_store::Write;

/// Marks that are to be made durable, and rooms whose authors are to be told.
#[derive(Debug, Default)]
pub(super) struct Marks {
    dirty: BTreeSet<(RoomId, AccountId)>,
    /// When the dirty ones are written, if no batch takes them before.
    write_at: Option<Instant>,
    due: BTreeSet<(Instant, RoomId)>,
}

impl Marks {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.due.first().map(|&(at, _)| at).into_iter().chain(self.write_at).min()
    }
}

impl Hall {
    /// A device has a room on record up to here.
    pub(super) fn delivered(&mut self, id: SessionId, room: RoomId, upto: RoomSeq, now: Now) {
        let Some(session) = self.sessions.get(id).filter(|session| session.rooms.contains(&room)) else { return };
        let Some(account) = session.account else { return };
        self.mark(room, account, now, |member, head| {
            let upto = upto.min(head);
            let is_news = upto > member.delivered;
            member.delivered = member.delivered.max(upto);
            is_news
        });
    }

    /// An account has read a room up to here, and lets it be known, or not.
    pub(super) fn read(
        &mut self,
        asked: Asked,
        (room, upto, is_private): (RoomId, RoomSeq, bool),
        now: Now,
    ) -> Result<(), Refusal> {
        let account = self.account_of(asked.session)?;
        self.may_read(asked.session, rules::as_member(&self.rooms, room, account)?, account)?;
        let is_news = self.mark(room, account, now, |member, head| {
            let upto = upto.min(head);
            let shown = if is_private { member.shown_read } else { member.shown_read.max(upto) };
            let is_news = upto > member.read || shown > member.shown_read;
            member.read = member.read.max(upto);
            member.shown_read = shown;
            is_news
        });
        let member = self.rooms.get(room).and_then(|room| room.members.get(&account));
        if let (true, Some(upto)) = (is_news, member.map(|member| member.read)) {
            let sessions = self.accounts.get(account).map(|account| account.sessions.as_slice()).unwrap_or_default();
            let may_read =
                |session| self.rooms.get(room).is_some_and(|room| self.may_read(session, room, account).is_ok());
            let others = sessions.iter().filter(|&&session| session != asked.session && may_read(session));
            let told: Vec<_> = others.map(|&session| Effect::tell(session, &Down::Read { room, upto })).collect();
            self.effects.extend(told);
        }
        self.answer(asked, Ok(Answer::Done));
        Ok(())
    }

    pub(super) fn delivery(&mut self, asked: Asked, room: RoomId, number: RoomSeq) -> Result<(), Refusal> {
        let account = self.account_of(asked.session)?;
        let room = rules::as_member(&self.rooms, room, account)?;
        self.may_read(asked.session, room, account)?;
        if number.0 == 0 || number > room.head {
            return Err(Refusal::NoSuchEntry);
        }
        let reach = reach(room, number, account);
        self.answer(asked, Ok(Answer::Delivery(reach)));
        Ok(())
    }

    /// Changes a member's marks. Gives whether `change` says that it did.
    fn mark(
        &mut self,
        id: RoomId,
        account: AccountId,
        now: Now,
        change: impl FnOnce(&mut chinwag_store::Member, RoomSeq) -> bool,
    ) -> bool {
        let Some(room) = self.rooms.get_mut(id) else { return false };
        let head = room.head;
        let Some(member) = room.members.get_mut(&account) else { return false };
        if !change(member, head) {
            return false;
        }
        if !room.watch.is_empty() && room.watch.due.is_none() {
            let wait_us = REACH_AFTER.as_micros() as u64 + REACH_AFTER_PER_MEMBER_US * room.members.len() as u64;
            let at = now.mono.plus_micros(wait_us);
            room.watch.due = Some(at);
            self.marks.due.insert((at, id));
        }
        self.marks.dirty.insert((id, account));
        self.marks.write_at.get_or_insert(now.mono + MARKS_AFTER);
        true
    }

    /// Tells authors what is news, and writes the marks that have waited long enough.
    pub(super) fn tick_marks(&mut self, now: Instant) {
        while let Some(&(at, id)) = self.marks.due.first()
            && at <= now
        {
            self.marks.due.pop_first();
            self.tell_reach(id);
        }
        if self.marks.write_at.is_some_and(|at| at <= now) {
            self.write_marks();
            self.marks.write_at = (!self.marks.dirty.is_empty()).then(|| now + MARKS_AFTER);
        }
    }

    fn tell_reach(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        let mut watch = std::mem::take(&mut room.watch);
        watch.due = None;
        let news = watch.news(|number, author| reach(room, number, author));
        room.watch = watch;
        let Some(room) = self.rooms.get(id) else { return };
        for (author, number, reach) in news {
            let told = Down::Delivered { room: id, number, reach };
            self.effects.extend(rules::following(&self.accounts, room, author).map(|s| Effect::tell(s, &told)));
        }
    }

    /// Puts dirty marks into the next batch.
    fn write_marks(&mut self) {
        for _ in 0..MARKS_PER_BATCH {
            let Some((room, account)) = self.marks.dirty.pop_first() else { return };
            let Some(member) = self.rooms.get(room).and_then(|room| room.members.get(&account)) else { continue };
            let (delivered, read, shown_read) = (member.delivered, member.read, member.shown_read);
            self.commits.push(Write::Mark { room, account, delivered, read, shown_read }, Ticket::Quiet);
        }
    }
}

/// How far an entry has got among the other members.
fn reach(room: &Room, number: RoomSeq, author: AccountId) -> Reach {
    let mut reach = Reach::default();
    for member in room.members.values().filter(|member| member.account != author) {
        reach.of += 1;
        reach.delivered += u64::from(member.delivered.max(member.shown_read) >= number);
        reach.read += u64::from(member.shown_read >= number);
    }
    reach
}

//! Messages that the server has not answered yet.

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Body, Reach, Refusal};

use super::asides::Refused;
use super::change::Change;
use super::desk::Desk;
use super::pending::{Deed, Pending};
use super::remark::{AboutMessage, Typed, Whence, Why};
use super::room::Key;
use super::row::Row;
use super::state::{ConnectionState, Unsaid};

/// Messages of this program whose numbers are remembered after they have come: a line about one may be typed just then.
const NUMBERED_MAX: usize = 256;

impl Desk {
    /// All of a room that is on its way, in order.
    pub fn pending_in(&self, room: &str) -> impl DoubleEndedIterator<Item = (u64, &Pending)> {
        self.sending
            .pending
            .iter()
            .filter(move |(_, pending)| pending.room == room)
            .map(|(tag, pending)| (*tag, pending))
    }

    /// What is on its way in a room, in order, without the changes and deletions of what is on its way itself: a face shows that
    /// as it will be.
    pub fn waiting_rows_in(&self, room: &str) -> impl DoubleEndedIterator<Item = (u64, &Pending)> {
        self.pending_in(room).filter(move |(_, pending)| self.has_row(pending))
    }

    /// The last of these rows before a tag.
    #[must_use]
    pub fn waiting_row_before(&self, room: &str, tag: u64) -> Option<u64> {
        let mut earlier = self.sending.pending.range(..tag).rev();
        earlier.find(|(_, pending)| pending.room == room && self.has_row(pending)).map(|(tag, _)| *tag)
    }

    /// The first of these rows after a tag.
    #[must_use]
    pub fn waiting_row_after(&self, room: &str, tag: u64) -> Option<u64> {
        let mut later = self.sending.pending.range(tag.saturating_add(1)..);
        later.find(|(_, pending)| pending.room == room && self.has_row(pending)).map(|(tag, _)| *tag)
    }

    /// What is on its way under that tag, where it has a row of its own.
    #[must_use]
    pub fn waiting_row(&self, tag: u64) -> Option<&Pending> {
        self.sending.pending.get(&tag).filter(|pending| self.has_row(pending))
    }

    fn has_row(&self, pending: &Pending) -> bool {
        let is_change = || pending.deed.is_edit() || pending.deed.deletes().is_some();
        let is_waiting = |tag: u64| self.sending.pending.get(&tag).is_some_and(|said| said.deed.is_message());
        !matches!(pending.deed.row, Some(Row::Tag(tag)) if is_waiting(tag) && is_change())
    }

    /// Whether a message on its way is to be deleted as soon as it has come.
    #[must_use]
    pub fn is_being_deleted(&self, tag: u64) -> bool {
        let number = self.sending.pending.get(&tag).and_then(|pending| pending.number).map(Row::Number);
        let is_it = |row: Row| row == Row::Tag(tag) || Some(row) == number;
        self.sending.pending.range(tag..).any(|(_, pending)| pending.deed.deletes().is_some_and(is_it))
    }

    /// What a message on its way will read once the changes of it have come, too.
    #[must_use]
    pub fn reading_of(&self, tag: u64) -> Option<&Deed> {
        let is_it = |pending: &&Pending| pending.deed.is_edit() && pending.deed.row == Some(Row::Tag(tag));
        let last = self.sending.pending.range(tag..).rev().map(|(_, pending)| pending).find(is_it);
        last.or_else(|| self.sending.pending.get(&tag)).map(|pending| &pending.deed)
    }

    /// What is on its way under that tag.
    #[must_use]
    pub fn pending(&self, tag: u64) -> Option<&Pending> {
        self.sending.pending.get(&tag)
    }

    /// The number of what was said under that tag, of the last ones that have one.
    #[must_use]
    pub fn number_of(&self, tag: u64) -> Option<RoomSeq> {
        self.sending.numbered.get(&tag).map(|(_, number)| *number)
    }

    /// The tags of what this program has said and the server has not answered.
    pub fn unanswered_tags(&self) -> impl Iterator<Item = u64> {
        let is_own = |pending: &Pending| pending.number.is_none() && !pending.is_earlier;
        self.sending.pending.iter().filter(move |(_, pending)| is_own(pending)).map(|(tag, _)| *tag)
    }

    /// How many messages the server has not answered.
    #[must_use]
    pub fn pending_len(&self) -> usize {
        self.unanswered().count()
    }

    pub(super) fn unanswered(&self) -> impl Iterator<Item = &Pending> {
        self.sending.pending.values().filter(|pending| pending.number.is_none())
    }

    /// The server has answered everything that this program has said or asked.
    #[must_use]
    pub fn all_is_answered(&self) -> bool {
        self.unanswered_tags().next().is_none() && self.questions.asked.is_empty() && self.standing.entering.is_empty()
    }

    /// How many lines were done with since the last time.
    pub fn take_answered(&mut self) -> usize {
        std::mem::take(&mut self.sending.answered)
    }

    /// Messages and requests that the server refused, and lines that can't be done.
    #[must_use]
    pub const fn failed(&self) -> usize {
        self.sending.failed
    }

    /// A line that can't be a message.
    pub fn not_taken(&mut self, why: Typed) {
        self.last_is_refused(&self.room.clone());
        self.remark(why);
        self.sending.failed += 1;
        self.sending.answered += 1;
    }

    /// What is not stored yet; `None`: everything is.
    #[must_use]
    pub fn unsaid(&self) -> Option<Unsaid> {
        let those = |is: fn(&Pending) -> bool| self.unanswered().filter(|pending| is(pending)).count();
        let [kept, lost] = [those(|pending| pending.is_kept), those(|pending| pending.is_not_kept)];
        let count = self.pending_len();
        (count > 0).then_some(Unsaid { count, kept, lost })
    }

    /// What is lost when this program ends: for which room, and what it says or does.
    pub fn lost(&self) -> impl Iterator<Item = (&str, &Deed)> {
        let lost = self.unanswered().filter(|pending| pending.is_not_kept);
        lost.map(|pending| (pending.room.as_str(), &pending.deed))
    }

    /// Whether it is not known of something that is not stored yet whether this device keeps it.
    #[must_use]
    pub fn is_being_kept(&self) -> bool {
        self.unanswered().any(|pending| !pending.is_kept && !pending.is_not_kept)
    }

    /// A message is on its way from now on, about that row if it is about one. Gives its tag.
    pub(super) fn pends(&mut self, room: &str, body: &Body, row: Option<Row>) -> u64 {
        let tag = self.next_tag();
        let deed = Deed { body: body.clone(), row };
        if let Some(room) = self.rooms.get_mut(room).filter(|_| deed.is_message()) {
            room.refused_after = None;
        }
        let pending = Pending {
            room: room.to_owned(),
            deed,
            is_kept: false,
            is_not_kept: false,
            number: None,
            is_orphan: false,
            is_earlier: false,
        };
        self.sending.pending.insert(tag, pending);
        self.sending.asked_to_go = false;
        tag
    }

    pub(super) fn queued(&mut self, tag: u64, is_offline: bool) {
        let Some(pending) = self.sending.pending.get_mut(&tag) else { return };
        (pending.is_kept, pending.is_not_kept) = (true, false);
        self.changed(Change::Queued { tag, is_offline });
    }

    pub(super) fn not_kept(&mut self, tag: u64) {
        if let Some(pending) = self.sending.pending.get_mut(&tag) {
            pending.is_not_kept = true;
            let what = pending.deed.clone();
            self.remark(AboutMessage::NotKept { tag, what, is_sent: self.standing.connection == ConnectionState::Up });
        }
    }

    /// The server has it. Until it comes as an entry of its room, what was said stands where it stood.
    pub(super) fn stored(&mut self, tag: u64, number: RoomSeq) {
        let Some(pending) = self.sending.pending.get_mut(&tag).filter(|pending| pending.number.is_none()) else {
            return;
        };
        pending.number = Some(number);
        self.sending.numbered.insert(tag, (pending.room.clone(), number));
        let earlier = pending.is_earlier.then(|| (pending.deed.clone(), pending.room.clone()));
        match earlier {
            None => self.sending.answered += 1,
            Some((what, room)) if !self.shows_rooms() => self.remark(AboutMessage::SentFromBefore { what, room }),
            // Its row is seen.
            Some(_) => {}
        }
        if self.sending.numbered.len() > NUMBERED_MAX {
            self.sending.numbered.pop_first();
        }
        let Some(pending) = self.sending.pending.get(&tag) else { return };
        let Some(room) = self.rooms.get_mut(&pending.room) else { return drop(self.sending.pending.remove(&tag)) };
        room.reached(number, Reach { delivered: 0, read: 0, of: 0 });
        if room.own_came.remove(&number) || number <= room.contiguous {
            self.sending.pending.remove(&tag);
        }
    }

    /// An entry of a room has come, and all up to `upto` have, as far as they are to come.
    pub(super) fn came(&mut self, name: &str, number: RoomSeq, upto: RoomSeq, is_own_message: bool) {
        let has_come = |pending: &Pending| pending.number.is_some_and(|own| own == number || own <= upto);
        let is_here = |pending: &Pending| pending.room == name;
        let was_waited_for =
            self.sending.pending.values().any(|pending| is_here(pending) && pending.number == Some(number));
        self.sending.pending.retain(|_, pending| !(is_here(pending) && has_come(pending)));
        let is_awaited = self.unanswered().any(is_here);
        let Some(room) = self.rooms.get_mut(name) else { return };
        if is_own_message && (was_waited_for || is_awaited) {
            // It was said before the one that was refused.
            room.refused_after = room.refused_after.map(|after| after.max(number));
        } else if is_own_message {
            // From another device: that is the last one now.
            room.refused_after = None;
        }
        if is_awaited && number > upto {
            room.own_came.insert(number);
        }
        room.own_came.retain(|own| *own > upto);
    }

    /// What was stored in a room is not waited for any more.
    pub(super) fn nothing_comes(&mut self, name: &str, upto: RoomSeq) {
        let is_over = |pending: &Pending| pending.room == name && pending.number.is_some_and(|own| own <= upto);
        self.sending.pending.retain(|_, pending| !is_over(pending));
    }

    pub(super) fn refused(&mut self, tag: u64, reason: Refusal) {
        let Some(refused) = self.sending.pending.remove(&tag) else { return };
        // It was no line of this program's.
        let count = usize::from(!refused.is_earlier);
        (self.sending.answered, self.sending.failed) = (self.sending.answered + count, self.sending.failed + count);
        let why = if refused.is_orphan { Why::Orphan } else { Why::Refused(reason) };
        let whence = match () {
            () if refused.is_earlier => Whence::Before,
            () if refused.room == self.room => Whence::Here,
            () => Whence::Elsewhere,
        };
        let (what, room) = (refused.deed.clone(), refused.room.clone());
        self.remark(AboutMessage::Refused { what, why, room, whence });
        for pending in self.sending.pending.values_mut().filter(|pending| pending.deed.row == Some(Row::Tag(tag))) {
            pending.is_orphan = true;
        }
        let is_later = |pending: &Pending| pending.deed.is_message() && pending.room == refused.room;
        let is_last = !self.sending.pending.range(tag..).any(|(_, pending)| is_later(pending));
        if refused.deed.is_message() && is_last {
            self.last_is_refused(&refused.room);
            if let Some(room) = self.rooms.get_mut(&refused.room) {
                room.has_refused_row = true;
            }
        }
    }

    /// What an earlier program of this device had said was refused.
    pub fn refused_from_before(&mut self, room: String, body: Body, reason: Refusal) {
        let row = body.about().map(Row::Number);
        let (what, why) = (Deed { body, row }, Why::Refused(reason));
        self.remark(AboutMessage::Refused { what, why, room, whence: Whence::Before });
    }

    /// A message was taken back before it was sent. What was only to be done to it is gone with it; what answers it is
    /// refused next.
    pub(super) fn taken_back(&mut self, tag: u64, about: u64) {
        let is_about = |pending: &Pending| pending.deed.row == Some(Row::Tag(about));
        let gone = |(tag, pending): (&u64, &Pending)| (is_about(pending) && !pending.deed.is_message()).then_some(*tag);
        let mut gone: Vec<u64> = self.sending.pending.iter().filter_map(gone).collect();
        gone.extend([tag, about].into_iter().filter(|tag| self.sending.pending.contains_key(tag)));
        gone.sort_unstable();
        gone.dedup();
        for tag in gone {
            let gone = self.sending.pending.remove(&tag);
            self.sending.answered += usize::from(gone.is_some_and(|gone| !gone.is_earlier));
        }
        self.sending
            .pending
            .values_mut()
            .filter(|pending| is_about(pending))
            .for_each(|pending| pending.is_orphan = true);
        self.remark(AboutMessage::TakenBack);
    }

    /// A message was changed before it was sent: it says that, and the change is done with.
    pub(super) fn reworded(&mut self, tag: u64, about: u64) {
        let Some(change) = self.sending.pending.remove(&tag) else { return };
        self.sending.answered += 1;
        if let (Body::Edit { text, .. }, Some(said)) = (change.deed.body, self.sending.pending.get_mut(&about)) {
            let to = if let Body::Reply { to, .. } = said.deed.body { Some(to) } else { None };
            said.deed.body = to.map_or_else(|| Body::Text(text.clone()), |to| Body::Reply { to, text: text.clone() });
        }
        if !self.shows_rooms() {
            self.remark(AboutMessage::Reworded);
        }
    }

    /// Takes the row in view that tells of something refused away, and gives what was refused.
    pub fn take_refused(&mut self, key: Key) -> Option<Refused> {
        let room = self.rooms.get_mut(&self.room)?;
        room.asides.get(&key)?.refused.as_ref()?;
        let refused = room.asides.remove(&key)?.refused;
        if room.has_refused_row && !room.asides.values().any(|aside| aside.refused.is_some()) {
            // The row that is the last now is the one that is seen.
            room.refused_after = None;
        }
        refused
    }

    /// What the user said last in a room is not there, and nothing older is meant in its place.
    pub(super) fn last_is_refused(&mut self, room: &str) {
        if let Some(room) = self.rooms.get_mut(room) {
            room.refused_after = Some(room.messages.last_number().unwrap_or(RoomSeq(0)));
            room.has_refused_row = false;
        }
    }

    /// A line was dealt with.
    pub(super) fn done(&mut self) {
        self.sending.answered += 1;
    }

    /// A line can't be done here.
    pub(super) fn not_done(&mut self) {
        self.sending.failed += 1;
    }
}

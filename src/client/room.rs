//! One room that this client follows: its cursor, its outbox, its roster, and how it is entered again.

use chinwag_proto::wire::id::{Epoch, LogId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Begin, Facts, From, Mark, Request, RoomInfo};

use super::attempt::Attempt;
use super::command::Start;
use super::entering::Entering;
use super::marks::Marks;
use super::outbox::Outbox;
use super::place::Place;
use super::reading::Reading;
use super::roster::Roster;
use super::save::SavedSent;
use super::seen::Seen;
use super::typing::Typers;

/// One room, wanted until it is left.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) place: Place,
    pub(super) start: Start,
    /// An interface wants it. Otherwise it is there for what an earlier program had said, and nothing of it is handed up.
    pub(super) asked: bool,
    /// How it is entered the first time.
    pub(super) entering: Entering,
    /// The room on the present link, once it is entered there.
    pub(super) id: Option<RoomId>,
    /// What this process has of the log; `None` before it was entered first.
    pub(super) held: Option<Held>,
    /// What this device recorded of it.
    pub(super) recorded: Option<Recorded>,
    /// What this device was told to be stored there: in which log, and how far the server had it in which epochs.
    pub(super) sent: Option<(LogId, Marks)>,
    /// The log went back: what is on disk is more than there is, and is to be recorded anew.
    pub(super) is_put_back: bool,
    pub(super) outbox: Outbox,
    pub(super) roster: Roster,
    pub(super) typers: Typers,
    pub(super) reading: Reading,
    /// What holds there, as far as the server has said on the present link.
    pub(super) facts: Facts,
    pub(super) wish: Wish,
}

/// What is wanted of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// To follow it.
    Follow,
    /// To leave it when all that was said there is answered.
    Leave,
    /// It was left. It stays known: what was under way may still come, and if it is entered again, the numbers of what
    /// was said go on and nothing is shown twice.
    Left,
}

/// What a process has of a log.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) log: LogId,
    pub(super) seen: Seen,
    /// How far it was seen in earlier epochs of the server, and the present one.
    marks: Marks,
    epoch: Epoch,
    /// The interface has shown everything up to here.
    pub(super) shown: RoomSeq,
    /// The last entry that the interface was given to show.
    pub(super) handed: RoomSeq,
    /// Its cursor is the device's: nothing lies between what the device had and what this process has.
    pub(super) is_devices: bool,
}

/// A cursor on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) log: LogId,
    pub(super) upto: RoomSeq,
    /// In which epochs of the server that was seen.
    pub(super) marks: Marks,
}

impl Recorded {
    /// What of it is there still after the log went back to an entry, as was told in this epoch.
    fn back_to(self, upto: RoomSeq, epoch: Epoch) -> Self {
        let back = self.upto.min(upto);
        Self { log: self.log, upto: back, marks: self.marks.back_to(upto).seen(epoch, back) }
    }
}

/// What a server answers to whoever enters a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sending {
    pub(super) log: LogId,
    /// The log is sent from the entry after this one.
    pub(super) after: RoomSeq,
    pub(super) epoch: Epoch,
    /// The log is not the one that was seen: it went back to this entry.
    pub(super) back_to: Option<RoomSeq>,
}

/// What entering a room showed of its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entered {
    /// What comes is after this one: what is there already is not handed up again.
    pub(super) after: RoomSeq,
    /// The log is another one than the one that was known, or went back.
    pub(super) is_reset: bool,
    /// Entries passed over.
    pub(super) skipped: u64,
}

impl Room {
    pub(super) fn new(place: Place, start: Start, recorded: Option<Recorded>) -> Self {
        Self {
            place,
            start,
            asked: true,
            entering: Entering::Open,
            id: None,
            held: None,
            recorded,
            sent: None,
            is_put_back: false,
            outbox: Outbox::new(),
            roster: Roster::default(),
            typers: Typers::default(),
            reading: Reading::default(),
            facts: Facts::default(),
            wish: Wish::Follow,
        }
    }

    /// A room for what an earlier program had said there.
    pub(super) fn unasked(place: Place, recorded: Option<Recorded>) -> Self {
        Self { asked: false, ..Self::new(place, Start::Recent(0), recorded) }
    }

    /// An earlier program was to leave it: to the user, the account is not in it.
    pub(super) const fn is_on_its_way_out(&self) -> bool {
        !self.asked && matches!(self.wish, Wish::Leave)
    }

    /// The account is no member by this, and nothing that it does there counts.
    pub(super) fn is_from_outside(&self) -> bool {
        self.entering == Entering::Outside
    }

    /// Where there is none of its name, to enter it makes it: public, and for whoever comes first.
    pub(super) const fn is_made_by_entering(&self) -> bool {
        matches!(self.entering, Entering::Open | Entering::Made { access: Access::Public, password: None })
    }

    /// What is asked of the server to enter it. `listed` is what it has just said of the room, if it did.
    pub(super) fn request(&self, listed: Option<&RoomInfo>) -> Request {
        let from = self.from(listed);
        match (&self.place, self.entering.clone()) {
            (Place::Direct(name), _) => Request::Direct { to: name.clone(), from },
            (Place::Named(name), Entering::Open | Entering::Existing) => Request::Join { room: name.clone(), from },
            (Place::Named(name), Entering::Made { access, password }) => {
                Request::Create { room: name.clone(), access, password, from }
            }
            (Place::Named(name), Entering::Outside) => Request::Follow { room: name.clone(), from },
            (Place::Named(name), Entering::Locked(password)) => Request::Unlock { room: name.clone(), password, from },
        }
    }

    /// What was asked for.
    pub(super) fn attempt(&self) -> Attempt {
        self.entering.attempt(self.place.to_string())
    }

    /// Where the log is to begin on a new link. `listed` is what the server has just said of the room, if it did.
    pub(super) fn from(&self, listed: Option<&RoomInfo>) -> From {
        let begin = match (self.start, self.known()) {
            // To skip is never to go back.
            (Start::Resume { recent, behind_max: Some(max) }, Some(known))
                if behind(known, listed) > max.max(recent) =>
            {
                Begin::Last(recent)
            }
            (_, Some(known)) => Begin::After(known.upto),
            (Start::Resume { recent, .. }, None) => Begin::Last(recent),
            (Start::Recent(count), None) => Begin::Last(count),
            (Start::All, None) => Begin::After(RoomSeq(0)),
        };
        // What the device recorded is to be there still, also where this process does not go on from it.
        let (log, marks) = self.proved().map_or((LogId(0), Vec::new()), |(log, marks)| {
            // Of what was recorded before there were epochs only the number is known.
            let upto = self.known().or(self.recorded).map_or(RoomSeq(0), |seen| seen.upto);
            let unknown = Some(Mark { epoch: Epoch(0), upto }).filter(|_| marks.iter().next().is_none());
            (log, marks.iter().chain(unknown).collect())
        });
        From::Seen { log, marks, begin }
    }

    /// Which log the server had, and how far in which of its epochs, as this device has seen and was told.
    fn proved(&self) -> Option<(LogId, Marks)> {
        let read = self.known().or(self.recorded).map(|seen| (seen.log, seen.marks));
        match (read, self.sent) {
            (Some((log, read)), Some((of, sent))) if log == of => Some((log, read.or_more(sent))),
            (read, sent) => read.or(sent),
        }
    }

    /// The server has stored an entry of this device. What is to be remembered of that.
    pub(super) fn stored(&mut self, number: RoomSeq) -> Option<SavedSent> {
        let held = self.held.as_ref()?;
        let before = self.proved().filter(|(log, _)| *log == held.log).map_or(Marks::default(), |(_, marks)| marks);
        self.sent = Some((held.log, before.seen(held.epoch, number)));
        self.saved_sent(false)
    }

    /// What is to be recorded of what was sent.
    pub(super) fn saved_sent(&self, is_put_back: bool) -> Option<SavedSent> {
        self.sent.map(|(log, marks)| SavedSent { name: self.place.to_string(), log, marks, is_put_back })
    }

    /// The room was entered.
    pub(super) fn entered(&mut self, Sending { log, after, epoch, back_to }: Sending) -> Entered {
        let known = self.known();
        let had = known.map(|known| known.log).or(self.sent.map(|(of, _)| of));
        let is_reset = back_to.is_some() || had.is_some_and(|had| had != log);
        let mut marks = self.proved().filter(|(of, _)| *of == log).map_or(Marks::default(), |(_, marks)| marks);
        if is_reset {
            marks = back_to.map_or(Marks::default(), |upto| marks.back_to(upto));
            self.sent = self.sent.map(|_| (log, marks));
        }
        if let Some(upto) = back_to {
            self.held = None;
            // Where nobody asked for the room, nobody reads that it went back: a later program finds it as this one did.
            if self.asked {
                self.recorded = self.recorded.map(|recorded| recorded.back_to(upto, epoch));
                self.is_put_back = self.recorded.is_some();
            }
        }
        let skipped = known.filter(|_| !is_reset).map_or(0, |known| after.0.saturating_sub(known.upto.0));
        let recorded = self.recorded.filter(|recorded| recorded.log == log);
        match self.held.as_mut().filter(|held| held.log == log) {
            Some(held) => {
                held.seen.raise(after);
                held.shown = held.shown.max(after);
                (held.marks, held.epoch) = (marks, epoch);
            }
            None => {
                // To look back without having read what lies between does not move the device's cursor.
                let resumes = matches!(self.start, Start::Resume { .. });
                let had = recorded.map_or(RoomSeq(0), |recorded| recorded.upto);
                let is_devices = resumes || after <= had;
                let seen = Seen::after(after);
                self.held = Some(Held { log, seen, marks, epoch, shown: after, handed: after, is_devices });
            }
        }
        let upto = known.filter(|_| !is_reset).map_or(after, |known| known.upto);
        Entered { after: after.max(upto), is_reset, skipped }
    }

    /// What is to be recorded, if it is more than what is.
    pub(super) fn unrecorded(&self, shown_by_face: bool) -> Option<Recorded> {
        self.moved(shown_by_face).or_else(|| self.recorded.filter(|_| self.is_put_back))
    }

    fn moved(&self, shown_by_face: bool) -> Option<Recorded> {
        let held = self.held.as_ref().filter(|held| self.asked && held.is_devices)?;
        let seen = held.seen.upto();
        // After the last one that was given to it, nothing waits to be shown: what came there has no body any more.
        let upto = if shown_by_face && held.shown < held.handed { held.shown.min(seen) } else { seen };
        let is_more = |recorded: Recorded| recorded.log != held.log || recorded.upto < upto;
        self.recorded.is_none_or(is_more).then_some(Recorded { log: held.log, upto, marks: held.marks(upto) })
    }

    /// What is on disk now. Gives whether it is of the log that this process has: that may be another one meanwhile.
    pub(super) fn settle_record(&mut self, recorded: Recorded) -> bool {
        let newest = recorded.marks.iter().next().map_or(Epoch(0), |mark| mark.epoch);
        let is_of = |held: &Held| held.log == recorded.log && held.marks(RoomSeq(0)).knows(newest);
        let was_put_back = self.is_put_back && self.recorded.is_some_and(|now| now.upto < recorded.upto);
        let is_same = self.held.as_ref().is_some_and(is_of);
        if is_same || !was_put_back {
            self.recorded = Some(recorded);
        }
        self.is_put_back &= !is_same;
        is_same
    }

    /// The log that its user knows, as far as there was one.
    pub(super) fn log(&self) -> Option<LogId> {
        self.held.as_ref().map(|held| held.log).or_else(|| self.recorded.map(|recorded| recorded.log))
    }

    /// The cursor that this room goes on from: of this process, or of the device where the room resumes.
    fn known(&self) -> Option<Recorded> {
        match &self.held {
            Some(held) => {
                let upto = held.seen.upto();
                Some(Recorded { log: held.log, upto, marks: held.marks(upto) })
            }
            None => self.recorded.filter(|_| matches!(self.start, Start::Resume { .. })),
        }
    }
}

impl Held {
    /// How far it was seen in which epochs, if it was seen up to here in the present one.
    fn marks(&self, upto: RoomSeq) -> Marks {
        self.marks.seen(self.epoch, upto)
    }
}

/// How far a cursor is behind what the server listed.
fn behind(known: Recorded, listed: Option<&RoomInfo>) -> u64 {
    listed.map_or(0, |info| {
        let upto = if info.log == known.log { known.upto.0 } else { 0 };
        info.head.0.saturating_sub(upto)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_proto::wire::message::{Role, RoomKind, Standing};

    const LOG: LogId = LogId(7);
    const OTHER: LogId = LogId(8);

    fn room(start: Start, recorded: Option<u64>) -> Room {
        let recorded = recorded.map(|upto| recorded_in(EPOCH, upto));
        Room::new(Place::Named("lobby".into()), start, recorded)
    }

    fn listed(log: LogId, head: u64) -> RoomInfo {
        RoomInfo {
            id: RoomId(1),
            kind: RoomKind::Named("lobby".into()),
            log,
            head: RoomSeq(head),
            access: Access::Public,
            topic: String::new(),
            standing: Standing::In(Role::Member),
            since: RoomSeq(0),
            read: RoomSeq(0),
        }
    }

    const EPOCH: Epoch = Epoch(50);

    fn recorded_in(epoch: Epoch, upto: u64) -> Recorded {
        Recorded { log: LOG, upto: RoomSeq(upto), marks: Marks::default().seen(epoch, RoomSeq(upto)) }
    }

    fn after(upto: u64) -> Begin {
        Begin::After(RoomSeq(upto))
    }

    /// Where a room is to begin.
    fn begin(room: &Room, listed: Option<&RoomInfo>) -> Begin {
        let From::Seen { begin, .. } = room.from(listed) else { panic!("it says what it saw") };
        begin
    }

    fn sending(log: LogId, after: u64) -> Sending {
        Sending { log, after: RoomSeq(after), epoch: EPOCH, back_to: None }
    }

    #[test]
    fn a_device_resumes_unless_it_is_too_far_behind() {
        assert_eq!(begin(&room(Start::CHAT, None), None), Begin::Last(200));
        assert_eq!(begin(&room(Start::CHAT, Some(50)), None), after(50));
        assert_eq!(begin(&room(Start::CHAT, Some(50)), Some(&listed(LOG, 1_050))), after(50));
        assert_eq!(begin(&room(Start::CHAT, Some(50)), Some(&listed(LOG, 1_051))), Begin::Last(200));
        assert_eq!(begin(&room(Start::CHAT, Some(50)), Some(&listed(OTHER, 1_001))), Begin::Last(200));
        let short = Start::Resume { recent: 200, behind_max: Some(100) };
        assert_eq!(begin(&room(short, Some(50)), Some(&listed(LOG, 170))), after(50), "not back to the beginning");
        let tail = Start::Resume { recent: 0, behind_max: None };
        assert_eq!(begin(&room(tail, Some(50)), Some(&listed(LOG, 1 << 40))), after(50));
        assert_eq!(begin(&room(tail, None), None), Begin::Last(0));
    }

    #[test]
    fn what_was_asked_for_explicitly_does_not_depend_on_the_device() {
        let mut all = room(Start::All, Some(50));
        assert_eq!(begin(&all, None), after(0));
        all.entered(sending(LOG, 0));
        assert_eq!(all.unrecorded(false), None, "it has read less than the device");
        all.held.as_mut().expect("held").seen.raise(RoomSeq(60));
        assert_eq!(all.unrecorded(false), Some(recorded_in(EPOCH, 60)));

        let mut recent = room(Start::Recent(10), Some(50));
        assert_eq!(begin(&recent, None), Begin::Last(10));
        let entered = recent.entered(sending(LOG, 90));
        assert_eq!(entered, Entered { after: RoomSeq(90), is_reset: false, skipped: 0 });
        recent.held.as_mut().expect("held").seen.raise(RoomSeq(100));
        assert_eq!(recent.unrecorded(false), None, "51 to 90 were not read by this device");
        assert_eq!(begin(&recent, Some(&listed(LOG, 1 << 40))), after(100), "on a new link it goes on without a hole");
    }

    #[test]
    fn a_hole_is_said_and_another_log_too() {
        let mut chat = room(Start::CHAT, Some(50));
        let mut enter = |log, after| {
            let Entered { after, is_reset, skipped } = chat.entered(sending(log, after));
            (after.0, is_reset, skipped)
        };
        assert_eq!(enter(LOG, 50), (50, false, 0));
        assert_eq!(enter(LOG, 2_000), (2_000, false, 1_950));
        assert_eq!(enter(LOG, 1_990), (2_000, false, 0), "what is there already does not come again");
        assert_eq!(enter(OTHER, 0), (0, true, 0));
        assert_eq!(chat.unrecorded(false).map(|recorded| (recorded.log, recorded.upto.0)), Some((OTHER, 0)));
    }

    #[test]
    fn a_cursor_waits_for_the_interface_where_it_asks_for_that() {
        let mut chat = room(Start::CHAT, Some(50));
        chat.entered(sending(LOG, 50));
        let held = chat.held.as_mut().expect("held");
        held.seen.raise(RoomSeq(60));
        held.handed = RoomSeq(58);
        assert_eq!(chat.unrecorded(true), None);
        chat.held.as_mut().expect("held").shown = RoomSeq(55);
        assert_eq!(chat.unrecorded(true).map(|r| r.upto), Some(RoomSeq(55)));
        assert_eq!(chat.unrecorded(false).map(|r| r.upto), Some(RoomSeq(60)));
        chat.held.as_mut().expect("held").shown = RoomSeq(58);
        assert_eq!(chat.unrecorded(true).map(|r| r.upto), Some(RoomSeq(60)), "59 and 60 have nothing to show");
    }

    #[test]
    fn a_room_that_nobody_asked_for_moves_no_cursor() {
        let mut room = Room::unasked(Place::Named("lobby".into()), None);
        assert_eq!(begin(&room, Some(&listed(LOG, 70))), Begin::Last(0));
        room.entered(sending(LOG, 70));
        assert_eq!(room.unrecorded(false), None);
    }

    #[test]
    fn what_was_recorded_is_shown_to_the_server_however_the_room_begins() {
        for start in [Start::CHAT, Start::Recent(5), Start::All] {
            let From::Seen { log, marks, .. } = room(start, Some(50)).from(None) else { panic!("what it saw") };
            assert_eq!((log, marks), (LOG, vec![Mark { epoch: EPOCH, upto: RoomSeq(50) }]), "{start:?}");
        }
        let before = Recorded { marks: Marks::default(), ..recorded_in(EPOCH, 50) };
        let older = Room::new(Place::Named("lobby".into()), Start::CHAT, Some(before));
        let From::Seen { marks, .. } = older.from(None) else { panic!("what it saw") };
        assert_eq!(marks, [Mark { epoch: Epoch(0), upto: RoomSeq(50) }], "it does not know in which epoch");
    }

    #[test]
    fn a_log_that_went_back_is_gone_on_from_where_it_went_to() {
        let mut chat = room(Start::CHAT, Some(50));
        chat.entered(sending(LOG, 50));
        chat.held.as_mut().expect("held").seen.raise(RoomSeq(150));
        let Some(under_way) = chat.unrecorded(false) else { panic!("it has seen more") };
        let new = Epoch(51);
        let entered = chat.entered(Sending { log: LOG, after: RoomSeq(40), epoch: new, back_to: Some(RoomSeq(40)) });
        assert_eq!(entered, Entered { after: RoomSeq(40), is_reset: true, skipped: 0 });
        assert!(chat.is_put_back);
        assert!(!chat.settle_record(under_way), "what was being written is of the log that is gone");
        assert_eq!(chat.unrecorded(false), Some(recorded_in(new, 40)), "all that was seen before was seen beyond");
        assert!(chat.settle_record(recorded_in(new, 40)) && !chat.is_put_back);
        chat.held.as_mut().expect("held").seen.raise(RoomSeq(60));
        assert_eq!(chat.unrecorded(false), Some(recorded_in(new, 60)));
    }

    #[test]
    fn a_program_that_looks_at_the_end_takes_a_cursor_back_too() {
        let mut recent = room(Start::Recent(0), Some(150));
        recent.entered(Sending { log: LOG, after: RoomSeq(120), epoch: Epoch(51), back_to: Some(RoomSeq(100)) });
        assert_eq!(recent.unrecorded(false), Some(recorded_in(Epoch(51), 100)));
        recent.held.as_mut().expect("held").seen.raise(RoomSeq(160));
        assert_eq!(recent.unrecorded(false).map(|back| back.upto), Some(RoomSeq(100)), "101 to 120 were not shown");
    }
}

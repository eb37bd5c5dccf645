//! What comes of an interface's commands.

use chinwag_proto::limits::STATUS_MAX_LEN;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::name::{self, NameError};
use chinwag_proto::wire::message::{Away, Refusal, Request, Standing, Typing, Wire as _, visible};

use super::attempt::Attempt;
use super::command::Start;
use super::config::{Login, Reads};
use super::entering::Entering;
use super::limits::{DRAFT_MAX_LEN, IGNORED_MAX};
use super::notice::Notice;
use super::place::{Key, Place};
use super::requests::Pending;
use super::room::{Room, Wish};
use super::roster::Roster;
use super::save::Draft;
use super::state::{Effect, State};

impl State {
    /// Be this account, by that way.
    pub(super) fn identify(&mut self, name: String, login: Login) {
        if self.is_in {
            let request = Attempt::Identify(name);
            return self.notices.push_back(Notice::Denied { request, reason: Refusal::OtherName });
        }
        self.config.name = name;
        self.config.login = login;
        self.logins = 0;
        if self.session.is_some() {
            self.log_in();
        }
    }

    /// Asks to be the account.
    pub(super) fn log_in(&mut self) {
        self.logins += 1;
        let request = self.config.login_request();
        self.ask(Pending::Login, request);
    }

    /// Follows a room from now on, in the way that an interface asks for.
    pub(super) fn join(&mut self, typed: &str, entering: Entering, start: Start) {
        let attempt = entering.attempt(typed.to_owned());
        let wanted = Place::parse(typed).map_err(refusal_of).and_then(|place| {
            self.may_follow(&place, &entering)?;
            self.want_by(place, start, entering)
        });
        self.deny_unless(attempt, wanted.map(|_| ()));
    }

    /// Refuses what the server would refuse in any case.
    fn may_follow(&self, place: &Place, entering: &Entering) -> Result<(), Refusal> {
        match (place, entering) {
            // There is no outside of what two say to each other.
            (Place::Direct(_), Entering::Outside) => Err(Refusal::NotMember),
            (Place::Direct(_), Entering::Made { .. }) => Err(Refusal::NameInvalid),
            (Place::Named(_), Entering::Made { .. })
                if self.rooms.wanted(&place.key()).is_some_and(|room| room.asked) =>
            {
                Err(Refusal::RoomTaken)
            }
            (Place::Direct(_), Entering::Open | Entering::Existing | Entering::Locked(_)) | (Place::Named(_), _) => {
                Ok(())
            }
        }
    }

    /// Follows a room from now on, if it is not followed already.
    pub(super) fn want(&mut self, place: Place, start: Start) -> Result<Key, Refusal> {
        self.want_by(place, start, Entering::Open)
    }

    fn want_by(&mut self, place: Place, start: Start, entering: Entering) -> Result<Key, Refusal> {
        let key = place.key();
        let (recorded, sent) = (self.cursors.get(&key).copied(), self.sent.get(&key).copied());
        self.set_leaving(&key, false);
        let Some(room) = self.rooms.get_mut(&key) else {
            if !self.rooms.insert(key.clone(), Room { entering, sent, ..Room::new(place, start, recorded) }) {
                return Err(Refusal::TooManyRooms);
            }
            self.enter(&key);
            return Ok(key);
        };
        if !room.asked {
            // It was entered, if it was, without a look at its log: on a new link it begins where it should.
            let is_entered = room.held.take().is_some() || self.requests.is_joining_room(&key);
            let entering = match entering {
                // What was said there is to be said by a member,
                Entering::Outside if room.outbox.len() > 0 => room.entering.clone(),
                // and may have been said to make the room.
                Entering::Existing if room.outbox.len() > 0 && room.entering == Entering::Open => Entering::Open,
                Entering::Open
                | Entering::Existing
                | Entering::Made { .. }
                | Entering::Locked(_)
                | Entering::Outside => entering,
            };
            (room.asked, room.start, room.recorded, room.entering) = (true, start, recorded, entering);
            room.wish = Wish::Follow;
            if is_entered {
                self.effects.push_back(Effect::Reconnect);
            } else {
                self.enter(&key);
            }
        } else if std::mem::replace(&mut room.wish, Wish::Follow) == Wish::Left {
            room.entering = entering;
            self.enter(&key);
        } else if room.is_from_outside() && entering != Entering::Outside {
            self.come_in(&key, entering);
        } else if let (Some(id), Some(held)) = (room.id, &room.held) {
            // Asked for again: it is told again.
            let (name, upto) = (room.place.to_string(), held.seen.upto());
            self.notices.push_back(Notice::Joined { room: id, name, after: upto, head: upto, skipped: 0 });
        }
        Ok(key)
    }

    /// Enters a room that was followed from outside. Until it is entered, nothing is said there.
    pub(super) fn come_in(&mut self, key: &Key, entering: Entering) {
        self.rooms.forget_id(key);
        if let Some(room) = self.rooms.get_mut(key) {
            room.entering = entering;
        }
        if self.requests.is_joining_room(key) {
            // That it is followed from outside is not answered yet: all is asked anew.
            self.effects.push_back(Effect::Reconnect);
        } else {
            self.enter(key);
        }
    }

    /// Asks to enter a room, if this can be asked now.
    pub(super) fn enter(&mut self, key: &Key) {
        if !self.is_in || self.requests.is_joining_room(key) {
            return;
        }
        let Some(room) = self.rooms.wanted(key) else { return };
        if room.entering == Entering::Existing && !self.listed.contains_key(key) && self.looks.id_of(key).is_none() {
            let place = room.place.clone();
            return self.look(&place);
        }
        let request = room.request(self.listed.get(key));
        self.ask(Pending::Join(key.clone()), request);
    }

    /// Leaves a room as soon as all that was said there is answered.
    pub(super) fn leave(&mut self, typed: &str) {
        let place = Place::parse(typed).ok();
        let key = place.as_ref().map(Place::key);
        if let (Some(key), Some(place @ Place::Named(_))) = (&key, place)
            && self.rooms.get(key).is_none()
            && (!self.is_in || self.listed.contains_key(key))
        {
            // One of the account's, maybe, of which this program knows nothing else. Where there are too many, it stays.
            let _ = self.rooms.insert(key.clone(), Room::unasked(place, None));
        }
        let is_invited = |key: &Key| self.listed.get(key).is_some_and(|info| info.standing == Standing::Invited);
        if let Some(key) = key.as_ref().filter(|key| is_invited(key))
            && let Some(room) = self.rooms.get_mut(key).filter(|room| room.wish == Wish::Left)
        {
            // It could not be entered before, and now it could: that is declined.
            room.wish = Wish::Leave;
        }
        match key.filter(|key| self.rooms.wanted(key).is_some()) {
            Some(key) => {
                if let Some(room) = self.rooms.get_mut(&key) {
                    room.wish = Wish::Leave;
                }
                self.leave_if_answered(&key);
                // Before that can be said, this program may have ended. What is followed from outside ends with it.
                if self.rooms.wanted(&key).is_some_and(|room| !room.is_from_outside()) {
                    self.set_leaving(&key, true);
                }
            }
            None => self.deny_unless(Attempt::Leave(typed.to_owned()), Err(Refusal::NotMember)),
        }
    }

    pub(super) fn leave_if_answered(&mut self, key: &Key) {
        let is_joining = self.requests.is_joining_room(key);
        let Some(room) = self.rooms.get_mut(key) else { return };
        if room.wish != Wish::Leave || room.outbox.len() > 0 || is_joining {
            return;
        }
        let id = room.id.or_else(|| self.listed.get(key).map(|info| info.id));
        if id.is_none() && !self.is_in {
            // It is left after the next login.
            return;
        }
        room.wish = Wish::Left;
        room.roster = Roster::default();
        // Without an id, the server does not have this account there.
        match id {
            Some(id) => {
                self.effects.push_back(Effect::Shut(id));
                self.ask(Pending::Leave(key.clone(), id), Request::Leave { room: id });
            }
            None => self.set_leaving(key, false),
        }
    }

    pub(super) fn who(&mut self, typed: &str) {
        let key = Place::parse(typed).ok().map(|place| place.key());
        match key.and_then(|key| self.rooms.wanted(&key)).filter(|room| room.asked && !room.is_from_outside()) {
            Some(room) => {
                let (room, who) = (room.place.to_string(), room.roster.list());
                self.notices.push_back(Notice::Roster { room, who });
            }
            None => self.deny_unless(Attempt::Who(typed.to_owned()), Err(Refusal::NotMember)),
        }
    }

    pub(super) fn shown(&mut self, typed: &str, upto: RoomSeq) {
        let is_read = self.config.reads != Reads::Nobody;
        if let Some(room) = self.held(typed, upto).filter(|room| is_read && !room.is_from_outside()) {
            room.reading.read(upto);
            self.tell_reads(self.clock);
        }
    }

    /// Entries up to here are on this device for its user. Gives the room.
    pub(super) fn held(&mut self, typed: &str, upto: RoomSeq) -> Option<&mut Room> {
        self.keeper.note();
        let key = Place::parse(typed).ok()?.key();
        let room = self.rooms.get_mut(&key)?;
        let held = room.held.as_mut()?;
        held.shown = held.shown.max(upto);
        Some(room)
    }

    pub(super) fn typing(&mut self, typed: &str) {
        let key = Place::parse(typed).ok().map(|place| place.key());
        let Some(account) = self.account else { return };
        let Some(room) = key.and_then(|key| self.rooms.get_mut(&key)) else { return };
        if let Some(id) = room.id.filter(|_| room.wish == Wish::Follow && !room.is_from_outside())
            && room.typers.own(self.clock)
        {
            self.effects.push_back(Effect::Typing(id, Typing { account }.encode()));
        }
    }

    pub(super) fn set_away(&mut self, away: Away) {
        if let Away::Away(status) = &away {
            let may = match visible::check_line(status) {
                Ok(()) if status.len() > STATUS_MAX_LEN => Err(Refusal::TooLarge),
                may => may.map_err(|_| Refusal::TextUnfit),
            };
            if may.is_err() {
                return self.deny_unless(Attempt::Away, may);
            }
        }
        if std::mem::replace(&mut self.away, away.clone()) != away && self.is_in {
            self.ask(Pending::Told, Request::Away(away));
        }
    }

    pub(super) fn ignore(&mut self, name: &str, is_ignored: bool) {
        let folded = name::fold(name);
        let may = match name::check(name) {
            Err(why) => Err(refusal_of(why)),
            Ok(()) if is_ignored && self.config.ignored.len() >= IGNORED_MAX => Err(Refusal::Busy),
            Ok(()) => Ok(()),
        };
        if may.is_ok() {
            let is_news = if is_ignored {
                self.config.ignored.insert(folded.clone())
            } else {
                self.config.ignored.remove(&folded)
            };
            if is_news {
                self.keeper.ignored(folded, is_ignored);
            }
        }
        self.deny_unless(Attempt::Ignore(name.to_owned()), may);
    }

    /// Keeps what is being typed, unless it is longer than anything that can be sent.
    pub(super) fn draft(&mut self, room: &str, draft: Option<Draft>) {
        let draft = draft.filter(|draft| draft.text.len() <= DRAFT_MAX_LEN);
        self.keeper.draft(name::fold(room), draft);
    }

    pub(super) fn is_ignored(&self, name: &str) -> bool {
        !self.config.ignored.is_empty() && self.config.ignored.contains(&name::fold(name))
    }

    fn deny_unless(&mut self, request: Attempt, done: Result<(), Refusal>) {
        if let Err(reason) = done {
            self.notices.push_back(Notice::Denied { request, reason });
        }
    }
}

const fn refusal_of(_: NameError) -> Refusal {
    Refusal::NameInvalid
}

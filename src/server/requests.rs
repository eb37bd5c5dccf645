//! Requests: each is answered once. What has to be durable first waits for its commit as a
//! [`Ticket`] and goes on from there.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::time::Now;
use chinwag_proto::wire::id::{AccountId, RequestId};
use chinwag_proto::wire::message::{Answer, Down, Refusal, Request, Up, Wire as _};

use super::commits::{Asked, By, Ticket};
use super::effect::Effect;
use super::hall::Hall;
use super::limits::REQUESTS_PENDING_MAX;
use super::notice::Notice;
use chinwag_store::Write;

impl Hall {
    /// Takes a control message of a client.
    pub(super) fn request(&mut self, session: SessionId, body: &[u8], now: Now) {
        match Up::decode(body) {
            Ok(Up::Request(request, what)) => {
                let asked = Asked { session, request };
                if let Err(reason) = self.grant(asked, what, now) {
                    self.refuse(asked, reason);
                }
            }
            // A request of a kind that this server does not know, of a client that is newer: it is told so.
            Err(_) => {
                if let Ok((0u32, request)) = postcard::take_from_bytes::<(u32, RequestId)>(body).map(|(head, _)| head) {
                    self.refuse(Asked { session, request }, Refusal::NotUnderstood);
                }
            }
        }
    }

    fn grant(&mut self, asked: Asked, request: Request, now: Now) -> Result<(), Refusal> {
        match request {
            Request::Login { name } => self.login(asked, name, now),
            Request::Join { room, from } => self.join(asked, room, from, now),
            Request::Leave { room } => self.leave(asked, room, now),
            Request::Direct { to, from } => self.direct(asked, &to, from, now),
            Request::Register { name, password, invite, device } => {
                self.register(asked, (name, device), (password, invite), now)
            }
            Request::Enrol { name, password, device } => self.enrol(asked, (name, device), password, now),
            Request::Token(token) => self.token(asked, &token, now),
            Request::SetPassword { old, new } => self.set_password(asked, old, new, now),
            Request::Devices => self.devices(asked),
            Request::Revoke { device } => self.revoke(asked, device),
            Request::Unregister { password } => self.unregister(asked, password, now),
            Request::Create { room, access, password, from } => self.create(asked, (room, access), password, from, now),
            Request::Unlock { room, password, from } => self.unlock(asked, &room, password, from, now),
            Request::Open { room, access, password } => self.open(asked, (room, access), password, now),
            Request::Rooms { after } => self.list_rooms(asked, &after),
            Request::Members { room, after } => self.list_members(asked, room, &after, now),
            Request::Read { room, upto, is_private } => self.read(asked, (room, upto, is_private), now),
            Request::Away(away) => self.away(asked, away, now),
            Request::History { room, position, count } => self.history(asked, room, position, count, now),
            Request::Search { room, words, after, count } => self.search(asked, room, (words, after), count, now),
            Request::Delivery { room, number } => self.delivery(asked, room, number),
            Request::Look(which) => self.look(asked, &which, now),
            Request::Measure => {
                self.effects.push_back(Effect::Measure(asked));
                Ok(())
            }
        }
    }

    /// Waits for a commit before the request goes on.
    pub(super) fn defer(&mut self, asked: Asked, write: Write, ticket: Ticket) -> Result<(), Refusal> {
        if self.sessions.get(asked.session).is_none() {
            return Ok(());
        }
        self.pending(asked)?;
        self.commits.push(write, ticket);
        Ok(())
    }

    /// One more request of a session waits for a commit, if it may have one more.
    pub(super) fn pending(&mut self, asked: Asked) -> Result<(), Refusal> {
        let Some(session) = self.sessions.get_mut(asked.session) else { return Ok(()) };
        if session.requests >= REQUESTS_PENDING_MAX {
            return Err(Refusal::Busy);
        }
        session.requests += 1;
        Ok(())
    }

    /// The same for whoever asked.
    pub(super) fn defer_by(&mut self, by: By, write: Write, ticket: Ticket) {
        match by {
            By::Session(asked) => {
                let deferred = self.defer(asked, write, ticket);
                self.refuse_unless(asked, deferred);
            }
            By::Operator(_) | By::Nobody => self.commits.push(write, ticket),
        }
    }

    pub(super) fn account_of(&self, session: SessionId) -> Result<AccountId, Refusal> {
        self.sessions.get(session).and_then(|session| session.account).ok_or(Refusal::NotLoggedIn)
    }

    pub(super) fn refuse(&mut self, asked: Asked, reason: Refusal) {
        self.answer(asked, Err(reason));
    }

    pub(super) fn answer(&mut self, asked: Asked, answer: Result<Answer, Refusal>) {
        self.effects.push_back(Effect::tell(asked.session, &Down::Answer(asked.request, answer)));
    }

    /// Answers whoever asked.
    pub(super) fn answer_by(&mut self, by: By, answer: Result<Answer, Refusal>) {
        match by {
            By::Session(asked) => self.answer(asked, answer),
            By::Operator(tag) => self.notices.push_back(Notice::Answered(tag, answer.map(|_| ()))),
            By::Nobody => {}
        }
    }
}

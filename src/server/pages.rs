//! Long answers: history, search, lists. They go over the bulk channel and never delay chat.

use std::collections::BTreeSet;

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::limits::{MESSAGE_MAX_LEN, PAGE_MAX, SEARCH_MAX_LEN};
use chinwag_proto::time::Now;
use chinwag_proto::wire::id::{AccountId, RoomId};
use chinwag_proto::wire::message::{
    Answer, Bulk, Hit, Listed, Member, Numbered, Position, Refusal, SearchMark, Which, Wire as _, name,
};

use super::budget::Budgets;
use super::commits::Asked;
use super::effect::Effect;
use super::hall::Hall;
use super::job::WorkId;
use super::limits::{LIST_MAX, PAGE_BYTES, QUERIES_PER_ACCOUNT_MAX, QUERIES_PER_SESSION_MAX, SEARCH_COST_BYTES};
use super::rooms::Room;
use super::rules;
use chinwag_store::{Found, Kind, Located, Pages, Query, Results, Search, StoreError};

/// What waits for a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asking {
    asked: Asked,
    /// For whom it is.
    account: AccountId,
    /// The room whose history it is; `None`: it is a search.
    history_of: Option<RoomId>,
}

impl Hall {
    pub(super) fn history(
        &mut self,
        asked: Asked,
        room: RoomId,
        position: Position,
        count: u16,
        now: Now,
    ) -> Result<(), Refusal> {
        let account = self.account_of(asked.session)?;
        self.may_read(asked.session, self.as_reader(asked.session, room, account, now)?, account)?;
        let count = usize::from(count.clamp(1, PAGE_MAX));
        let pages = Pages { account, room, position, count, bytes: PAGE_BYTES };
        self.ask(Query::Pages(pages), Asking { asked, account, history_of: Some(room) }, now)
    }

    pub(super) fn search(
        &mut self,
        asked: Asked,
        room: Option<RoomId>,
        (words, after): (String, Option<SearchMark>),
        count: u16,
        now: Now,
    ) -> Result<(), Refusal> {
        let account = self.account_of(asked.session)?;
        if words.len() > SEARCH_MAX_LEN {
            return Err(Refusal::TooLarge);
        }
        if let Some(id) = room {
            self.may_read(asked.session, self.as_reader(asked.session, id, account, now)?, account)?;
        }
        let only = self.readable_only(asked, account)?;
        let count = usize::from(count.clamp(1, PAGE_MAX));
        let search = Search { account, room, only, words, after, count, bytes: PAGE_BYTES };
        self.ask(Query::Search(search), Asking { asked, account, history_of: None }, now)
    }

    /// Asks the store: at once, or when the account has a budget for it.
    fn ask(&mut self, query: Query, asking: Asking, now: Now) -> Result<(), Refusal> {
        let Some(session) = self.sessions.get_mut(asking.asked.session) else { return Ok(()) };
        let Some(account) = self.accounts.get_mut(asking.account) else { return Ok(()) };
        if session.queries >= QUERIES_PER_SESSION_MAX || account.queries >= QUERIES_PER_ACCOUNT_MAX {
            return Err(Refusal::Busy);
        }
        match &self.budgets {
            Some(Budgets { read, .. }) if !account.read.leaves_any(now.mono, read) => {
                self.held.hold((query, asking), &account.read, now.mono, read);
            }
            Some(_) | None => self.queries.push(query, asking).map_err(|_| Refusal::Busy)?,
        }
        session.queries += 1;
        account.queries += 1;
        if asking.history_of.is_none() {
            self.spend_read(asking.account, SEARCH_COST_BYTES, now);
        }
        Ok(())
    }

    /// Asks what was held back and is due.
    pub(super) fn ask_held(&mut self, now: Now) {
        while let Some((query, asking)) = self.held.due(now.mono) {
            let refused = match (self.sessions.get(asking.asked.session), self.accounts.get(asking.account)) {
                (None, _) | (_, None) => true,
                (Some(_), Some(account)) => match &self.budgets {
                    // Others of the same account came first.
                    Some(Budgets { read, .. }) if !account.read.leaves_any(now.mono, read) => {
                        self.held.hold((query, asking), &account.read, now.mono, read);
                        false
                    }
                    Some(_) | None => self.queries.push(query, asking).is_err(),
                },
            };
            if refused {
                self.no_longer_asked(asking);
                self.refuse(asking.asked, Refusal::Busy);
            }
        }
    }

    fn no_longer_asked(&mut self, asking: Asking) {
        if let Some(session) = self.sessions.get_mut(asking.asked.session) {
            session.queries = session.queries.saturating_sub(1);
        }
        if let Some(account) = self.accounts.get_mut(asking.account) {
            account.queries = account.queries.saturating_sub(1);
        }
    }

    /// Takes octets into account that are read for an account.
    fn spend_read(&mut self, account: AccountId, octets: u64, now: Now) {
        if let (Some(budgets), Some(account)) = (&self.budgets, self.accounts.get_mut(account)) {
            account.read.spend(now.mono, octets, &budgets.read);
        }
    }

    /// A query is answered.
    pub(super) fn queried(&mut self, id: WorkId, results: Result<Results, StoreError>, now: Now) {
        let Some(asking) = self.queries.done(id) else { return };
        self.no_longer_asked(asking);
        let asked = asking.asked;
        match (asking.history_of, results) {
            (_, Err(StoreError::Damaged(_))) => {
                self.damaged_elsewhere();
                self.refuse(asked, Refusal::Damaged);
            }
            (_, Err(error)) => self.store_failed(error),
            (Some(room), Ok(Results::Pages { entries, is_more, unreadable })) => {
                if let Some(span) = unreadable {
                    self.unreadable(room, span);
                    self.tell_unreadable(asked.session, room);
                }
                self.spend_read(asking.account, octets(&entries), now);
                self.answer_history(asked, room, (entries, is_more), now);
            }
            (None, Ok(Results::Found(found))) => {
                self.spend_read(asking.account, octets(&found.hits), now);
                if found.is_damaged {
                    self.damaged_elsewhere();
                }
                self.answer_search(asked, found, now);
            }
            (Some(_) | None, Ok(_)) => {
                self.store_failed(StoreError::Failed(String::from("it answered another query")));
            }
        }
    }

    fn answer_history(&mut self, asked: Asked, room: RoomId, (entries, is_more): (Vec<Located>, bool), now: Now) {
        // What it may read may have changed while the page was read.
        let account = self.account_of(asked.session);
        let may_read = account.and_then(|account| self.as_reader(asked.session, room, account, now).map(drop));
        if let Err(reason) = may_read {
            return self.refuse(asked, reason);
        }
        let entries = entries.into_iter().map(|at| Numbered { number: at.number, entry: at.entry }).collect();
        self.send_bulk(asked, &Bulk::History { request: asked.request, room, entries, is_more });
    }

    fn answer_search(&mut self, asked: Asked, found: Found, now: Now) {
        if found.is_unfit {
            return self.refuse(asked, Refusal::QueryUnfit);
        }
        let account = self.account_of(asked.session).ok();
        // Who is banned from a room is this machine's to know; the store has told of all that are public.
        let may_read =
            |at: &Located| account.is_some_and(|account| self.as_reader(asked.session, at.room, account, now).is_ok());
        let hits = found.hits.into_iter().filter(may_read);
        let hits = hits.map(|at| Hit { room: at.room, number: at.number, entry: at.entry }).collect();
        self.send_bulk(asked, &Bulk::Found { request: asked.request, hits, next: found.next });
    }

    /// What a room is, for whoever may know of it.
    pub(super) fn look(&mut self, asked: Asked, which: &Which, now: Now) -> Result<(), Refusal> {
        let account = self.account_of(asked.session)?;
        let id = match which {
            Which::Named(wanted) => self.rooms.named(wanted),
            Which::Numbered(id) => Some(*id),
        };
        let known = id.filter(|id| self.rooms.get(*id).is_some_and(|room| rules::may_know(room, account)));
        let id = known.ok_or(Refusal::NoSuchRoom)?;
        let mut info = self.info(asked.session, id, account).ok_or(Refusal::OutOfScope)?;
        if let Ok(room) = self.as_reader(asked.session, id, account, now) {
            info.head = room.head;
            if self.may_read(asked.session, room, account).is_ok() {
                info.topic.clone_from(&room.topic);
            }
        }
        self.answer(asked, Ok(Answer::Room(info)));
        Ok(())
    }

    fn as_reader(&self, session: SessionId, id: RoomId, account: AccountId, now: Now) -> Result<&Room, Refusal> {
        let device = self.sessions.get(session).map(|session| session.device).ok_or(Refusal::NotLoggedIn)?;
        rules::as_reader(&self.rooms, id, account, &device, self.time.best(now))
    }

    pub(super) fn list_rooms(&mut self, asked: Asked, after: &str) -> Result<(), Refusal> {
        let account = self.account_of(asked.session)?;
        let visible = self.rooms.listed_after(after).filter(|(_, _, room)| rules::may_know(room, account));
        let mut listed = visible.filter_map(|(_, _, room)| self.listed(asked, room, account));
        let rooms: Vec<_> = listed.by_ref().take(LIST_MAX).collect();
        let is_more = listed.next().is_some();
        drop(listed);
        self.send_bulk(asked, &Bulk::Rooms { request: asked.request, rooms, is_more });
        Ok(())
    }

    fn listed(&self, asked: Asked, room: &Room, account: AccountId) -> Option<Listed> {
        let Kind::Named(name) = &room.kind else { return None };
        self.may_read(asked.session, room, account).ok()?;
        let is_member = room.members.contains_key(&account);
        let is_open = is_member || room.access == chinwag_proto::wire::message::Access::Public;
        Some(Listed {
            name: name.clone(),
            access: room.access,
            topic: room.topic.clone(),
            members: room.members.len() as u64,
            head: if is_open { room.head } else { chinwag_proto::wire::id::RoomSeq(0) },
            is_member,
        })
    }

    pub(super) fn list_members(&mut self, asked: Asked, id: RoomId, after: &str, now: Now) -> Result<(), Refusal> {
        let account = self.account_of(asked.session)?;
        let room = rules::as_member(&self.rooms, id, account)?;
        self.may_read(asked.session, room, account)?;
        let from = name::fold(after);
        let named = room.members.values().map(|member| (self.accounts.name(member.account), member));
        let mut named: Vec<_> = named
            .map(|(name, member)| (name::fold(name), name, member))
            .filter(|(folded, ..)| *folded > from)
            .collect();
        named.sort_by(|one, other| one.0.cmp(&other.0));
        let is_more = named.len() > LIST_MAX;
        let member = |(_, name, member): (String, &str, &chinwag_store::Member)| Member {
            name: name.to_owned(),
            role: rules::role(&self.accounts, room, member.account).unwrap_or(member.role),
            is_muted: room.is_muted(member.account, self.time.best(now)),
        };
        let members = named.into_iter().take(LIST_MAX).map(member).collect();
        self.send_bulk(asked, &Bulk::Members { request: asked.request, room: id, members, is_more });
        Ok(())
    }

    fn send_bulk(&mut self, asked: Asked, bulk: &Bulk) {
        let body = bulk.encode();
        debug_assert!(body.len() <= MESSAGE_MAX_LEN, "pages are bounded");
        self.effects.push_back(Effect::Bulk(asked, body));
    }

    /// Whether a session's token, if it came by one, lets it read that room.
    pub(super) fn may_read(&self, session: SessionId, room: &Room, account: AccountId) -> Result<(), Refusal> {
        let Some(session) = self.sessions.get(session) else { return Ok(()) };
        if session.scopes.as_ref().is_some_and(|scopes| !scopes.read) {
            return Err(Refusal::OutOfScope);
        }
        rules::in_scope(session, &self.shown(room, account))
    }

    /// The rooms to which a session's token keeps it; `None`: to none.
    fn readable_only(&self, asked: Asked, account: AccountId) -> Result<Option<Vec<RoomId>>, Refusal> {
        let Some(session) = self.sessions.get(asked.session) else { return Ok(None) };
        let Some(scopes) = &session.scopes else { return Ok(None) };
        if !scopes.read {
            return Err(Refusal::OutOfScope);
        }
        if scopes.rooms.is_none() {
            return Ok(None);
        }
        // Its own rooms, and those that it may read from outside: a scope names them.
        let own = self.accounts.get(account).into_iter().flat_map(|account| account.rooms.iter().copied());
        let named = scopes.rooms.iter().flatten().filter_map(|name| self.rooms.named(name));
        let readable: BTreeSet<RoomId> = own
            .chain(named)
            .filter(|&id| {
                self.rooms.get(id).is_some_and(|room| rules::in_scope(session, &self.shown(room, account)).is_ok())
            })
            .collect();
        Ok(Some(readable.into_iter().collect()))
    }

    /// What a token's scope calls a room: `lobby`, `@bob`.
    pub(super) fn shown(&self, room: &Room, account: AccountId) -> String {
        match &room.kind {
            Kind::Named(name) => name.clone(),
            Kind::Direct(one, other) => {
                let other = if *one == account { *other } else { *one };
                format!("@{}", self.accounts.name(other))
            }
        }
    }
}

fn octets(entries: &[Located]) -> u64 {
    entries.iter().map(|at| at.entry.len() as u64).sum()
}

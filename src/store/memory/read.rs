//! Reading from memory: a log, its pages, and a search through all of them.

use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Position, SearchMark};

use super::Memory;
use super::log::Log;
use crate::query::Allowance;
use crate::text::{Terms, words};
use crate::{Found, Located, Page, Pages, Query, Range, Read, Results, Search, StoreError, Texts};

impl Read for Memory {
    fn load(&mut self, range: Range) -> Result<Page, StoreError> {
        let entries = match self.rooms.get(&range.room) {
            Some(log) => {
                let after = usize::try_from(range.after.0).unwrap_or(usize::MAX);
                let bodies = log.slots.iter().skip(after).map(|slot| slot.body.clone().unwrap_or_default());
                let mut allowance = Allowance::new(range.count, range.bytes);
                bodies.take_while(|body| allowance.takes(body.len())).collect()
            }
            None => Vec::new(),
        };
        Ok(Page { range, entries, unreadable: None })
    }

    fn query(&mut self, query: &Query) -> Result<Results, StoreError> {
        Ok(match query {
            Query::Pages(pages) => self.pages(pages),
            Query::Search(search) => Results::Found(self.search(search)),
            Query::Texts(wanted) => Results::Found(self.texts(wanted)),
        })
    }
}

impl Memory {
    /// What an account may read of a room: after this entry. Of a public one everything, if it is no member.
    fn readable(&self, room: RoomId, account: AccountId) -> Option<(&Log, RoomSeq)> {
        let log = self.rooms.get(&room)?;
        let since = match log.state.members.iter().find(|member| member.account == account) {
            Some(member) => member.since,
            None if log.state.access == Access::Public => RoomSeq(0),
            None => return None,
        };
        Some((log, since.max(log.floor)))
    }

    fn pages(&self, pages: &Pages) -> Results {
        let Some((log, since)) = self.readable(pages.room, pages.account) else {
            return Results::Pages { entries: Vec::new(), is_more: false, unreadable: None };
        };
        let (mut before, mut after) = (Allowance::new(0, 0), Allowance::new(pages.count, pages.bytes));
        let from = match pages.position {
            Position::Before(number) => {
                std::mem::swap(&mut before, &mut after);
                number.0
            }
            Position::After(number) => number.0.saturating_add(1),
            Position::Since(at) => log.slots.partition_point(|slot| slot.at < at) as u64 + 1,
            Position::Around(number) => {
                (before, after) = after.halves();
                number.0
            }
        };
        let located = |number: u64| {
            let entry = log.slot(RoomSeq(number))?.body.clone()?;
            Some(Located { room: pages.room, number: RoomSeq(number), entry })
        };
        let older = (since.0 + 1..from.min(log.state.head.0 + 1)).rev().filter_map(located);
        let newer = (from.max(since.0 + 1)..=log.state.head.0).filter_map(located);
        let (mut entries, is_more_before) = before.fill(older);
        entries.reverse();
        let (newer, is_more_after) = after.fill(newer);
        entries.extend(newer);
        let is_more = if matches!(pages.position, Position::Before(_)) { is_more_before } else { is_more_after };
        Results::Pages { entries, is_more, unreadable: None }
    }

    fn texts(&self, wanted: &Texts) -> Found {
        let Some((log, since)) = self.readable(wanted.room, wanted.account) else { return Found::default() };
        wanted.found(wanted.numbers.iter().filter(|number| **number > since).filter_map(|&number| {
            let (entry, _) = log.slot(number)?.found(log)?;
            Some(Located { room: wanted.room, number, entry: entry.to_vec() })
        }))
    }

    fn search(&self, search: &Search) -> Found {
        let Some(terms) = Terms::parse(&search.words) else {
            return Found { is_unfit: true, ..Found::default() };
        };
        let is_wanted = |room: &RoomId| {
            search.room.is_none_or(|wanted| wanted == *room)
                && search.only.as_ref().is_none_or(|only| only.contains(room))
        };
        let mut hits: Vec<(u64, Located)> = Vec::new();
        for &room in self.rooms.keys().filter(|room| is_wanted(room)) {
            let Some((log, since)) = self.readable(room, search.account) else { continue };
            for (number, slot) in (1..).map(RoomSeq).zip(&log.slots).filter(|(number, _)| *number > since) {
                if let Some((entry, text)) = slot.found(log)
                    && search.after.is_none_or(|after| slot.mark < after.0)
                    && terms.are_in(&words(&text))
                {
                    hits.push((slot.mark, Located { room, number, entry: entry.to_vec() }));
                }
            }
        }
        hits.sort_by_key(|(mark, _)| std::cmp::Reverse(*mark));
        let mut allowance = Allowance::new(search.count, search.bytes);
        let given = hits.iter().take_while(|(_, hit)| allowance.takes(hit.entry.len())).count();
        let next = if given < hits.len() { given.checked_sub(1).map(|last| SearchMark(hits[last].0)) } else { None };
        hits.truncate(given);
        Found { hits: hits.into_iter().map(|(_, hit)| hit).collect(), next, ..Found::default() }
    }
}

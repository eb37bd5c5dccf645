//! What of the store can't be read any more, and who was told. The rest goes on.

use std::collections::BTreeMap;

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::wire::id::RoomId;
use chinwag_proto::wire::message::Down;

use super::effect::Effect;
use super::hall::Hall;
use super::notice::{Damage, Notice};
use chinwag_store::{Kind, Span};

/// What was found to be damaged since the start.
#[derive(Debug, Default)]
pub(super) struct Damages {
    /// Of each room one span, which covers all that can't be read there.
    rooms: BTreeMap<RoomId, Span>,
    /// Something else is.
    is_elsewhere: bool,
}

impl Damages {
    /// Parts that are damaged.
    pub(super) fn len(&self) -> usize {
        self.rooms.len() + usize::from(self.is_elsewhere)
    }

    /// Takes what can't be read. Gives what is to be said of it: nothing while it grows entry by entry.
    fn found(&mut self, id: RoomId, span: Span) -> Option<Span> {
        let Some(known) = self.rooms.get_mut(&id) else {
            self.rooms.insert(id, span);
            return Some(span);
        };
        let all = known.and(span);
        let is_news = len(all) >= 2 * len(*known);
        if is_news {
            *known = all;
        }
        is_news.then_some(all)
    }
}

fn len(span: Span) -> u64 {
    span.last.0.saturating_sub(span.first.0).saturating_add(1)
}

impl Hall {
    /// Entries of a room can't be read: everyone who follows it is told, and the operator.
    pub(super) fn unreadable(&mut self, id: RoomId, span: Span) {
        let Some(span) = self.damages.found(id, span) else { return };
        let Some(room) = self.rooms.get(id) else { return };
        let down = Down::Unreadable { room: id, first: span.first, last: span.last };
        self.effects.extend(room.followers().iter().map(|&session| Effect::tell(session, &down)));
        let room = self.called(&room.kind);
        self.notices.push_back(Notice::StoreDamaged(Damage::Entries { room, first: span.first, last: span.last }));
    }

    /// A room, as an operator would say it.
    pub(super) fn called(&self, kind: &Kind) -> String {
        match kind {
            Kind::Named(name) => format!("#{name}"),
            Kind::Direct(one, other) => format!("@{} and @{}", self.accounts.name(*one), self.accounts.name(*other)),
        }
    }

    /// Something can't be read or written that is no part of a log.
    pub(super) fn damaged_elsewhere(&mut self) {
        if !std::mem::replace(&mut self.damages.is_elsewhere, true) {
            self.notices.push_back(Notice::StoreDamaged(Damage::Elsewhere));
        }
    }

    /// Tells a session of a room what is known not to be readable there.
    pub(super) fn tell_unreadable(&mut self, session: SessionId, id: RoomId) {
        if let Some(&Span { first, last }) = self.damages.rooms.get(&id) {
            self.effects.push_back(Effect::tell(session, &Down::Unreadable { room: id, first, last }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_proto::wire::id::RoomSeq;

    #[test]
    fn damage_that_grows_is_said_ever_more_rarely() {
        let span = |first, last| Span { first: RoomSeq(first), last: RoomSeq(last) };
        let mut damages = Damages::default();
        assert_eq!(damages.found(RoomId(1), span(10, 10)), Some(span(10, 10)));
        assert_eq!(damages.found(RoomId(1), span(10, 10)), None);
        let said = (11..=10_000).filter(|&n| damages.found(RoomId(1), span(n, n)).is_some()).count();
        assert!((10..=15).contains(&said), "{said}");
        assert_eq!(damages.found(RoomId(2), span(3, 4)), Some(span(3, 4)));
        assert_eq!(damages.len(), 2);
    }
}

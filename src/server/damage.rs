//! What of the store can't be read any more, and who was told. The rest goes on.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::RoomId;

use chinwag_store::{Loss, Span};

/// What is known to be damaged.
#[derive(Debug, Default)]
pub(super) struct Damages {
    /// Of each room one span, which covers all that can't be read there.
    rooms: BTreeMap<RoomId, Span>,
    /// What is lost, and an operator goes on without: whoever reads there is told, and nobody else.
    accepted: BTreeMap<RoomId, Vec<Span>>,
    /// Something else is.
    pub(super) is_elsewhere: bool,
}

impl Damages {
    /// What a server knows of at its start.
    pub(super) fn of(loss: Loss) -> Self {
        let Loss { spans, is_accepted } = loss;
        if is_accepted {
            return Self { accepted: spans, ..Self::default() };
        }
        let whole = |(room, spans): (RoomId, Vec<Span>)| Some((room, spans.into_iter().reduce(Span::and)?));
        Self { rooms: spans.into_iter().filter_map(whole).collect(), ..Self::default() }
    }

    /// Rooms of which something can't be read that the operator should know of, and where.
    pub(super) fn rooms(&self) -> impl Iterator<Item = (RoomId, Span)> {
        self.rooms.iter().map(|(&id, &span)| (id, span))
    }

    /// All that can't be read in a room.
    pub(super) fn in_room(&self, id: RoomId) -> Option<Span> {
        self.rooms.get(&id).into_iter().chain(self.accepted.get(&id).into_iter().flatten()).copied().reduce(Span::and)
    }

    /// Parts that are damaged.
    pub(super) fn len(&self) -> usize {
        self.rooms.len() + usize::from(self.is_elsewhere)
    }

    /// Takes what can't be read. Gives what is to be said of it: nothing while it grows entry by entry.
    pub(super) fn found(&mut self, id: RoomId, span: Span) -> Option<Span> {
        let is_accepted =
            |number| self.accepted.get(&id).is_some_and(|spans| spans.iter().any(|span| span.has(number)));
        if is_accepted(span.first) && is_accepted(span.last) {
            return None;
        }
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

    #[test]
    fn what_an_operator_goes_on_without_is_told_to_whoever_reads_there_and_counted_no_more() {
        let span = |first, last| Span { first: RoomSeq(first), last: RoomSeq(last) };
        let spans = BTreeMap::from([(RoomId(1), vec![span(5, 10), span(100, 110)])]);
        let open = Damages::of(Loss { spans: spans.clone(), is_accepted: false });
        assert_eq!((open.len(), open.in_room(RoomId(1))), (1, Some(span(5, 110))));
        let mut damages = Damages::of(Loss { spans, is_accepted: true });
        assert_eq!((damages.len(), damages.in_room(RoomId(1))), (0, Some(span(5, 110))));
        assert_eq!(damages.found(RoomId(1), span(6, 105)), None);
        assert_eq!(damages.found(RoomId(1), span(50, 50)), Some(span(50, 50)), "that is something else");
        assert_eq!(damages.len(), 1);
    }
}

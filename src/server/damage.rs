//! What of the store can't be read any more, and who was told. The rest goes on.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::RoomId;

use chinwag_store::Span;

/// What was found to be damaged since the start.
#[derive(Debug, Default)]
pub(super) struct Damages {
    /// Of each room one span, which covers all that can't be read there.
    pub(super) rooms: BTreeMap<RoomId, Span>,
    /// Something else is.
    pub(super) is_elsewhere: bool,
}

impl Damages {
    /// Parts that are damaged.
    pub(super) fn len(&self) -> usize {
        self.rooms.len() + usize::from(self.is_elsewhere)
    }

    /// Takes what can't be read. Gives what is to be said of it: nothing while it grows entry by entry.
    pub(super) fn found(&mut self, id: RoomId, span: Span) -> Option<Span> {
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
}

//! Where the next page of what was shown begins.

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Entry, Position, SearchMark};

/// Where the next pages begin.
#[derive(Debug, Default)]
pub(super) struct NextPage {
    /// Of the history that was shown last: its room, and which part.
    pub(super) history: Option<(String, Position)>,
    /// Of the last search: its words, and from where.
    pub(super) search: Option<(String, SearchMark)>,
}

/// The page that comes after this one, in the direction of what was asked for.
pub(super) fn next_page(position: Position, entries: &[(RoomSeq, Entry)]) -> Option<Position> {
    match position {
        Position::Before(_) => entries.first().map(|(number, _)| Position::Before(*number)),
        Position::After(_) | Position::Since(_) | Position::Around(_) => {
            entries.last().map(|(number, _)| Position::After(*number))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_lies_where_the_first_was_going() {
        let entry = |n| {
            let body = chinwag_proto::wire::message::Body::Text("x".into());
            let (at, author) = (chinwag_proto::time::WallTime::default(), chinwag_proto::wire::id::AccountId(1));
            (RoomSeq(n), Entry { at, author, name: "ann".into(), body })
        };
        let page = [entry(5), entry(7)];
        assert_eq!(next_page(Position::Before(RoomSeq(99)), &page), Some(Position::Before(RoomSeq(5))));
        assert_eq!(next_page(Position::Since(Default::default()), &page), Some(Position::After(RoomSeq(7))));
        assert_eq!(next_page(Position::Before(RoomSeq(99)), &[]), None);
    }
}

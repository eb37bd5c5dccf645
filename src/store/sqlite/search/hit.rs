//! What a hit is, and what is asked for it, whether all pages can be read or not.

use chinwag_proto::wire::id::RoomId;

use crate::entry::{is_text, said};
use crate::text::{Terms, words};
use crate::{Located, Search};

/// In so many rooms a search names them to the index. In more it looks at what the index finds in all.
const ROOMS_NAMED_MAX: usize = 64;

/// A hit, with its place among the entries of all rooms.
pub(super) type Hit = (u64, Located);

/// What the index is asked.
pub(super) fn matching(terms: &Terms, rooms: &[RoomId]) -> String {
    let matching = format!("text : ({})", terms.fts());
    if rooms.len() > ROOMS_NAMED_MAX {
        return matching;
    }
    let named: Vec<_> = rooms.iter().map(|room| format!("\"{room}\"")).collect();
    format!("room : ({}) AND {matching}", named.join(" OR "))
}

/// The newest of a text and its edit, if that is a hit.
pub(super) fn fits<'a>(own: &'a [u8], edit: Option<&'a [u8]>, terms: &Terms) -> Option<&'a [u8]> {
    let newest = edit.unwrap_or(own);
    (is_text(own) && said(newest).is_some_and(|text| terms.are_in(&words(&text)))).then_some(newest)
}

pub(super) fn before(search: &Search) -> i64 {
    search.after.map_or(i64::MAX, |after| i64::try_from(after.0).unwrap_or(i64::MAX))
}

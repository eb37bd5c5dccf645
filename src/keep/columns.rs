//! How things stand in the database's columns. Numbers of 64 bits without a sign are stored by their bits.

use chinwag_proto::wire::id::{ClientMsgId, Epoch, LogId, RoomSeq};
use chinwag_proto::wire::message::Mark;

use chinwag_client_core::{Marks, Reference, SavedSent};

/// A reference in columns: the log, and the two parts of an id.
pub(crate) type Columns = (Option<i64>, Option<i64>, Option<i64>);

pub(crate) const fn columns(reference: Reference) -> Columns {
    match reference {
        Reference::Open => (None, None, None),
        Reference::In(log) => (Some(signed(log.0)), None, None),
        Reference::Said(id) => (None, Some(signed(id.start)), Some(signed(id.counter))),
    }
}

pub(crate) fn reference(columns: Columns) -> Reference {
    match columns {
        (_, Some(start), Some(counter)) => {
            Reference::Said(ClientMsgId { start: unsigned(start), counter: unsigned(counter) })
        }
        (Some(log), ..) => Reference::In(LogId(unsigned(log))),
        (None, ..) => Reference::Open,
    }
}

pub(crate) fn octets(marks: Marks) -> Vec<u8> {
    marks.iter().flat_map(|mark| [mark.epoch.0, mark.upto.0]).flat_map(u64::to_le_bytes).collect()
}

/// A room's name, its log, and marks.
pub(crate) fn sent_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<SavedSent> {
    let (log, marks) = (LogId(unsigned(row.get(1)?)), marks_of(row.get_ref(2)?.as_blob()?));
    Ok(SavedSent { name: row.get(0)?, log, marks, is_put_back: false })
}

pub(crate) fn marks_of(octets: &[u8]) -> Marks {
    let (pairs, _) = octets.as_chunks::<16>();
    let number = |octets: &[u8]| octets.iter().rev().fold(0, |number, octet| number << 8 | u64::from(*octet));
    let mark = |pair: &[u8; 16]| Mark { epoch: Epoch(number(&pair[..8])), upto: RoomSeq(number(&pair[8..])) };
    Marks::of(pairs.iter().map(mark))
}

pub(crate) const fn signed(number: u64) -> i64 {
    number.cast_signed()
}

pub(crate) const fn unsigned(number: i64) -> u64 {
    number.cast_unsigned()
}

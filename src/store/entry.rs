//! What a store reads of an entry's body.

use chinwag_proto::wire::message::{Body, Entry, Wire as _};

/// The text that a person finds in an entry. `None` if it has none, or is no entry.
pub(super) fn said(entry: &[u8]) -> Option<String> {
    match Entry::decode(entry).ok()?.body {
        Body::Text(text) | Body::Reply { text, .. } | Body::Edit { text, .. } => Some(text),
        Body::Delete { .. } | Body::React { .. } | Body::Topic(_) | Body::Act(_) => None,
    }
}

/// Whether an entry is a text by itself: not another's edit, and nothing but text.
pub(super) fn is_text(entry: &[u8]) -> bool {
    Entry::decode(entry).is_ok_and(|entry| match entry.body {
        Body::Text(_) | Body::Reply { .. } => true,
        Body::Edit { .. } | Body::Delete { .. } | Body::React { .. } | Body::Topic(_) | Body::Act(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use chinwag_proto::limits::NAME_MAX_LEN;
    use chinwag_proto::time::WallTime;
    use chinwag_proto::wire::id::{AccountId, RoomSeq};

    use super::*;
    use crate::{DELETION_USES_BYTES, ENTRY_USES_BYTES};

    #[test]
    fn what_is_counted_for_a_deletion_is_what_the_longest_one_uses() {
        let (author, of) = (AccountId(u64::MAX), RoomSeq(u64::MAX));
        let name = "n".repeat(NAME_MAX_LEN);
        let longest =
            Entry { at: WallTime::from_unix_millis(u64::MAX), author, name, body: Body::Delete { of } }.encode();
        assert_eq!(ENTRY_USES_BYTES + longest.len() as u64, DELETION_USES_BYTES);
    }
}

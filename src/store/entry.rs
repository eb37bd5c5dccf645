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

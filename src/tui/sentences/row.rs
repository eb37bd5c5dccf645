//! What the timeline says beside what was said.

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::Reach;

use crate::desk::{Calendar, DeliveryState};
use crate::render::render_text;
use crate::words::dates;

/// Behind a message that was changed.
pub(in crate::tui) const EDITED: &str = " (edited)";
/// Behind a message that is pinned.
pub(in crate::tui) const PINNED: &str = " (pinned)";
/// In the place of a message that was deleted.
pub(in crate::tui) const DELETED: &str = "(deleted)";
/// Above the first message that the user has not seen.
pub(in crate::tui) const NEW: &str = "new";
/// Where messages are not at hand.
pub(in crate::tui) const EARLIER: &str = "earlier messages are on their way …";

/// How far a message got, to stand behind it.
pub(in crate::tui) fn mark(mark: DeliveryState) -> String {
    match mark {
        DeliveryState::Sent => " …".to_owned(),
        DeliveryState::Queued => " (queued)".to_owned(),
        DeliveryState::Deleting => " (being deleted)".to_owned(),
        DeliveryState::Stored => " ✓".to_owned(),
        DeliveryState::Reached(Reach { read: 1.., of: ..=1, .. }) => " ✓✓ read".to_owned(),
        DeliveryState::Reached(Reach { delivered: 1.., of: ..=1, .. }) => " ✓✓".to_owned(),
        DeliveryState::Reached(Reach { of: ..=1, .. }) => " ✓".to_owned(),
        DeliveryState::Reached(Reach { delivered, read: 0, of }) => format!(" ✓{delivered}/{of}"),
        DeliveryState::Reached(Reach { read, of, .. }) => format!(" ✓✓{read}/{of} read"),
    }
}

/// A message that another one answers, and that is not at hand.
pub(in crate::tui) fn absent(number: RoomSeq) -> String {
    format!("message {number}")
}

/// A message that is chosen: which, of whom, of when.
pub(in crate::tui) fn moment(number: RoomSeq, name: &str, at: WallTime, calendar: Calendar) -> String {
    format!("message {number} of {}, {}", render_text(name), dates::date_time(at, calendar))
}

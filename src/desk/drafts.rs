//! What is typed in all rooms.

use std::collections::BTreeMap;

use chinwag_proto::time::Instant;

use crate::compose::Composer;
use chinwag_client_core::Draft;

/// What is typed in all rooms.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    /// In the room in view.
    pub(super) here: Composer,
    /// In others, by their folded names.
    pub(super) elsewhere: BTreeMap<String, Composer>,
    /// What is on disk, by room.
    pub(super) kept: BTreeMap<String, Draft>,
    /// The first key that may have changed something since that.
    pub(super) changed: Option<Instant>,
    /// The room in view became another one, by nothing that the user did, while something was typed.
    pub(super) is_elsewhere: bool,
}

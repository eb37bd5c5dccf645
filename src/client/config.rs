//! How a client is set up.

use super::SavedCursor;

/// How a client is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The name of the account.
    pub name: String,
    /// Make speculative copies where the path deserves them.
    pub speculative: bool,
    /// What this device held when it was saved last.
    pub cursors: Vec<SavedCursor>,
    /// Follow every direct message of the account, not only those that were asked for.
    pub follow_direct: bool,
    /// Cursors wait for [`super::Command::Shown`]. Otherwise what was handed to the interface counts as shown.
    pub shown_by_face: bool,
}

impl Config {
    /// A client for the account of this name on a device that holds nothing yet.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self { name: String::new(), speculative: true, cursors: Vec::new(), follow_direct: true, shown_by_face: false }
    }
}

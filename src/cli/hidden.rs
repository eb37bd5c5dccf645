//! A while in which the terminal shows nothing of what is typed, whatever ends it.

use super::echo;
use super::output::tell_plain;
use super::signals::give_back_at_the_end;

/// The terminal shows nothing of what is typed, until this is dropped.
pub(super) struct Hidden(());

impl Hidden {
    /// From now on, or as it is since `before`. What was typed and not read before is discarded. What the terminal can't do is
    /// said.
    pub(super) fn from_now(before: Option<Self>) -> Self {
        give_back_at_the_end();
        let hidden = before.unwrap_or(Self(()));
        if !echo::hide() {
            tell_plain("(this terminal shows what you type)");
        }
        hidden
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        echo::show();
    }
}

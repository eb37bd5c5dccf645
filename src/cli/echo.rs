//! What a terminal shows of what is typed: all, but for passwords; and how it marks pastes.

use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::{execute, terminal};

/// The terminal shows nothing of what is typed, until [`show`], and discards what was typed and not read. Whether it can.
pub(super) fn hide() -> bool {
    modes::hide()
}

/// The terminal shows again what is typed, if it was kept from that; from whatever thread.
pub(super) fn show() {
    modes::show();
}

/// Ends raw mode, if it is on.
pub(super) fn end_raw() {
    if terminal::is_raw_mode_enabled().unwrap_or(false) {
        let _ = terminal::disable_raw_mode();
    }
}

/// The terminal marks what is pasted, while the lines that are typed are ours.
static BRACKETS: AtomicBool = AtomicBool::new(false);

/// Whether pastes are to be marked from now on. A terminal that is gone marks nothing.
pub(super) fn bracket_pastes(are_marked: bool) {
    let were_marked = BRACKETS.swap(are_marked, Ordering::AcqRel);
    let _ = match (were_marked, are_marked) {
        (_, true) => execute!(std::io::stdout(), EnableBracketedPaste),
        (true, false) => execute!(std::io::stdout(), DisableBracketedPaste),
        (false, false) => Ok(()),
    };
}

/// What was typed and not read yet is nothing.
pub(super) fn discard_typed() {
    modes::discard_typed();
}

#[cfg(target_os = "linux")]
mod modes {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use rustix::termios::{LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};

    /// The modes from before, while nothing is shown.
    static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

    fn before() -> MutexGuard<'static, Option<Termios>> {
        BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it could be done. Also after somebody else has set the modes, as a shell does while this program is stopped.
    pub(super) fn hide() -> bool {
        let mut before = before();
        let stdin = std::io::stdin();
        let Ok(now) = tcgetattr(&stdin) else { return false };
        let mut hidden = now.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        // Not to be put off until all output is written, which a stopped terminal would put off for ever.
        if tcsetattr(&stdin, OptionalActions::Now, &hidden).is_err() {
            return false;
        }
        before.get_or_insert(now);
        discard_typed();
        true
    }

    pub(super) fn show() {
        if let Some(modes) = before().take() {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &modes);
        }
    }

    pub(super) fn discard_typed() {
        let _ = tcflush(std::io::stdin(), QueueSelector::IFlush);
    }
}

#[cfg(not(target_os = "linux"))]
mod modes {
    pub(super) const fn hide() -> bool {
        false
    }

    pub(super) const fn show() {}

    pub(super) const fn discard_typed() {}
}

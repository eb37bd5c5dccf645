//! What a terminal that only prints shows of what is typed: all, but for passwords.

/// The terminal shows nothing of what is typed, until this is dropped.
pub(super) struct Hidden {
    #[cfg(target_os = "linux")]
    before: Option<rustix::termios::Termios>,
}

impl Hidden {
    /// From now on. What the terminal can't do is said.
    pub(super) fn begin() -> Self {
        let begun = Self::try_begin();
        if !begun.works() {
            super::super::tell_plain("(this terminal shows what you type)");
        }
        begun
    }

    #[cfg(target_os = "linux")]
    fn try_begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

        let stdin = std::io::stdin();
        let Ok(before) = tcgetattr(&stdin) else { return Self { before: None } };
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        Self { before: tcsetattr(&stdin, OptionalActions::Now, &hidden).is_ok().then_some(before) }
    }

    #[cfg(target_os = "linux")]
    const fn works(&self) -> bool {
        self.before.is_some()
    }

    #[cfg(not(target_os = "linux"))]
    const fn try_begin() -> Self {
        Self {}
    }

    #[cfg(not(target_os = "linux"))]
    const fn works(&self) -> bool {
        false
    }
}

#[cfg(target_os = "linux")]
impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, before);
        }
    }
}

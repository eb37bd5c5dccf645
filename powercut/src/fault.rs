//! Which call fails, and how.

use std::ffi::{CString, c_int};

use crate::next;

/// From errno(3).
const EIO: c_int = 5;
const ENOSPC: c_int = 28;

/// What may fail. All three are counted together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Write,
    Truncate,
    Sync,
}

/// What is to go wrong in this process.
#[derive(Default)]
pub(crate) struct Fault {
    /// The number of the first call that fails; 0: none does.
    at: u64,
    then: Then,
    /// Calls so far.
    calls: u64,
    /// While this is there, writes fail.
    full: Option<CString>,
    /// While this is there, syncs fail.
    broken: Option<CString>,
}

#[derive(Default)]
enum Then {
    Once(c_int),
    Ever(c_int),
    #[default]
    End,
}

impl Fault {
    pub(crate) fn of_environment() -> Self {
        let mut fault = std::env::var("POWERCUT_FAIL").map_or_else(|_| Self::default(), |text| Self::parse(&text));
        let path = |name| std::env::var(name).ok().and_then(|path| CString::new(path).ok());
        (fault.full, fault.broken) = (path("POWERCUT_FULL"), path("POWERCUT_BROKEN"));
        fault
    }

    fn parse(text: &str) -> Self {
        let parts: Vec<_> = text.split(':').collect();
        let at = parts[0].parse().expect("POWERCUT_FAIL begins with a number");
        let then = match parts[1..] {
            ["end"] => Then::End,
            ["once", error] => Then::Once(number(error)),
            ["ever", error] => Then::Ever(number(error)),
            _ => panic!("POWERCUT_FAIL={text}"),
        };
        Self { at, then, ..Self::default() }
    }

    /// Counts a call. The number of the error that it fails with.
    pub(crate) fn next(&mut self, call: Call) -> Option<c_int> {
        self.calls += 1;
        if call == Call::Write && self.full.as_deref().is_some_and(next::is_there) {
            return Some(ENOSPC);
        }
        if call == Call::Sync && self.broken.as_deref().is_some_and(next::is_there) {
            return Some(EIO);
        }
        if self.at == 0 || self.calls < self.at {
            return None;
        }
        match self.then {
            Then::Once(error) => (self.calls == self.at).then_some(error),
            Then::Ever(error) => Some(error),
            Then::End => next::end(),
        }
    }
}

fn number(error: &str) -> c_int {
    match error {
        "EIO" => EIO,
        "ENOSPC" => ENOSPC,
        _ => panic!("POWERCUT_FAIL knows EIO and ENOSPC, and not {error}"),
    }
}

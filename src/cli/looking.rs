//! A word to whoever waits while a name is looked for: a resolver that nobody answers takes many seconds.

use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::client::ServerName;

use super::hidden::Hidden;
use super::output::tell;

/// How long a name may be looked for until that is said.
pub(super) const LOOKING_WORD: Duration = Duration::from_secs(1);

/// The name of which that was said last.
static TOLD: Mutex<Option<String>> = Mutex::new(None);

/// What is said then.
pub(super) fn looking(called: &str) -> String {
    format!("looking for {called} …")
}

/// Whether a terminal shows what is typed while a name is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Echo {
    /// It does: what is typed is nothing to this program.
    On,
    /// A question comes next, or a screen: what is typed before is not shown, and answers nothing. Whoever wants this watches signals,
    /// or one of them would leave the terminal so.
    Off,
}

/// Does what may have to look for a server, and says so if that takes its time.
pub(super) fn while_looking<T>(server: &ServerName, echo: Echo, find: impl FnOnce() -> T) -> T {
    if server.literal().is_some() {
        return find();
    }
    while_looking_for(server.called(), echo, find)
}

/// The same for a name that is no server's.
pub(super) fn while_looking_for<T>(called: &str, echo: Echo, find: impl FnOnce() -> T) -> T {
    let (found, is_found) = sync_channel::<()>(0);
    thread::scope(|scope| {
        let say = move || say_after(&is_found, called, echo);
        // Without a thread nothing is said, and all the same found.
        let _ = thread::Builder::new().name("looking".to_owned()).spawn_scoped(scope, say);
        let result = find();
        drop(found);
        result
    })
}

fn say_after(is_found: &Receiver<()>, called: &str, echo: Echo) {
    if is_found.recv_timeout(LOOKING_WORD) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let hides = echo == Echo::Off && io::stdin().is_terminal();
    let _hidden = hides.then(|| Hidden::from_now(None));
    // Whoever looks twice for one name, as a host and on the subnet, waits once.
    let told = TOLD.lock().unwrap_or_else(PoisonError::into_inner).replace(called.to_owned());
    if told.as_deref() != Some(called) {
        tell(&looking(called));
    }
    let _ = is_found.recv();
}

//! What the system signals: that the process is to end, to reload, or was stopped and goes on.

use std::io;
use std::sync::Once;
#[cfg(unix)]
use std::sync::atomic::{AtomicUsize, Ordering};
#[cfg(unix)]
use std::sync::{Arc, LazyLock};
#[cfg(unix)]
use std::thread;

/// The exit code of a command that was stopped by a key, as that of SIGINT.
pub(super) const STOPPED: u8 = 130;

/// Signals are watched while this is here. Afterwards they do nothing, until somebody watches again.
#[must_use]
pub(super) struct SignalWatch {
    #[cfg(unix)]
    ids: Vec<signal_hook::SigId>,
}

#[cfg(unix)]
impl SignalWatch {
    /// Watches what another one does, too.
    pub(super) fn and(mut self, mut other: Self) -> Self {
        self.ids.append(&mut other.ids);
        self
    }
}

#[cfg(unix)]
impl Drop for SignalWatch {
    fn drop(&mut self) {
        for id in self.ids.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}

/// The signal that the process is to end by, if one came.
#[cfg(unix)]
static ENDING: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// The exit code of a command that was stopped: 128 and the signal's number, as shells have it.
#[cfg(unix)]
pub(super) fn stopped_code() -> u8 {
    match ENDING.load(Ordering::Relaxed) {
        // By a key that is no signal while the terminal is ours.
        0 => STOPPED,
        signal => u8::try_from(128 + signal).unwrap_or(STOPPED),
    }
}

/// The exit code of a command that was stopped.
#[cfg(not(unix))]
pub(super) fn stopped_code() -> u8 {
    STOPPED
}

/// Calls `interrupt` on SIGINT, SIGTERM and SIGHUP. A second signal, or one that nobody heeds (`interrupt` says so by
/// `false`), ends the process at once.
#[cfg(unix)]
pub(super) fn watch_signals(interrupt: impl Fn() -> bool + Send + 'static) -> io::Result<SignalWatch> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    on_end_signals(&[SIGINT, SIGTERM, SIGHUP], interrupt)
}

/// The same, but SIGHUP only asks to `reload`.
#[cfg(unix)]
pub(super) fn watch_server_signals(
    interrupt: impl Fn() -> bool + Send + 'static,
    reload: impl Fn() + Send + 'static,
) -> io::Result<SignalWatch> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    let mut watch = on_end_signals(&[SIGINT, SIGTERM], interrupt)?;
    watch.ids.append(&mut on_signals(&[SIGHUP], reload)?.ids);
    Ok(watch)
}

/// The same for these signals; which one came is remembered.
#[cfg(unix)]
fn on_end_signals(signals: &[i32], interrupt: impl Fn() -> bool + Send + 'static) -> io::Result<SignalWatch> {
    let mut watch = SignalWatch { ids: Vec::new() };
    for &signal in signals {
        let number = usize::try_from(signal).unwrap_or_default();
        watch.ids.push(signal_hook::flag::register_usize(signal, Arc::clone(&ENDING), number)?);
    }
    watch.ids.append(&mut on_signals(signals, end_on(interrupt))?.ids);
    Ok(watch)
}

#[cfg(unix)]
fn end_on(interrupt: impl Fn() -> bool + Send + 'static) -> impl FnMut() + Send + 'static {
    let mut asked = false;
    move || {
        if std::mem::replace(&mut asked, true) || !interrupt() {
            give_back();
            std::process::exit(stopped_code().into());
        }
    }
}

/// The terminal as it was before, whoever has changed it; from whatever thread.
fn give_back() {
    super::echo::end_raw();
    super::echo::show();
    super::echo::bracket_pastes(false);
    crate::tui::leave();
}

/// Signals that end a process at once, and are no request to end in order: somebody wants a core, or a limit is reached.
#[cfg(unix)]
const FATAL: [i32; 6] = {
    use signal_hook::consts::{SIGABRT, SIGALRM, SIGQUIT, SIGUSR1, SIGUSR2, SIGXCPU};
    [SIGQUIT, SIGABRT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU]
};

/// From now on the terminal is given back by a panic, and by signals that end the process at once, which then do so as they would
/// have. To be called before the terminal is changed. What can't be heeded (SIGKILL, SIGSEGV, an `abort` of this process itself)
/// leaves it as it is.
pub(super) fn give_back_at_the_end() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
        #[cfg(unix)]
        match on_fatal_signals() {
            // For as long as there is a process: signals that nobody watches any more would do nothing.
            Ok(watch) => std::mem::forget(watch),
            Err(error) => log::warn!("can't watch for signals: {error}"),
        }
    });
}

#[cfg(unix)]
fn on_fatal_signals() -> io::Result<SignalWatch> {
    let came = Arc::new(AtomicUsize::new(0));
    let mut watch = SignalWatch { ids: Vec::new() };
    for signal in FATAL {
        let number = usize::try_from(signal).unwrap_or_default();
        watch.ids.push(signal_hook::flag::register_usize(signal, Arc::clone(&came), number)?);
    }
    let then = move || {
        give_back();
        let signal = i32::try_from(came.load(Ordering::Relaxed)).unwrap_or_default();
        if let Err(error) = signal_hook::low_level::emulate_default_handler(signal) {
            log::warn!("signal {signal} is not passed on: {error}");
        }
    };
    watch.ids.append(&mut on_signals(&FATAL, then)?.ids);
    Ok(watch)
}

/// Calls `then` whenever the process goes on after it was stopped.
#[cfg(unix)]
pub(super) fn on_continued(then: impl FnMut() + Send + 'static) -> io::Result<SignalWatch> {
    on_signals(&[signal_hook::consts::SIGCONT], then)
}

/// Calls `before` when the user stops the process by Ctrl-Z, and then lets it be stopped.
#[cfg(unix)]
pub(super) fn on_stopped(before: impl Fn() + Send + 'static) -> io::Result<SignalWatch> {
    use signal_hook::consts::SIGTSTP;

    on_signals(&[SIGTSTP], move || {
        before();
        if let Err(error) = signal_hook::low_level::emulate_default_handler(SIGTSTP) {
            log::warn!("can't suspend: {error}");
        }
    })
}

/// Calls `then` on a thread of its own whenever one of these comes.
#[cfg(unix)]
fn on_signals(signals: &[i32], mut then: impl FnMut() + Send + 'static) -> io::Result<SignalWatch> {
    use std::io::Read as _;
    use std::os::unix::net::UnixStream;

    let (mut came, write) = UnixStream::pair()?;
    let mut watch = SignalWatch { ids: Vec::new() };
    for &signal in signals {
        watch.ids.push(signal_hook::low_level::pipe::register(signal, write.try_clone()?)?);
    }
    thread::spawn(move || {
        let mut octet = [0];
        while came.read_exact(&mut octet).is_ok() {
            then();
        }
    });
    Ok(watch)
}

/// Elsewhere the system ends the process.
#[cfg(not(unix))]
pub(super) fn watch_signals(_: impl Fn() -> bool + Send + 'static) -> io::Result<SignalWatch> {
    Ok(SignalWatch {})
}

/// Elsewhere the system ends the process.
#[cfg(not(unix))]
pub(super) fn watch_server_signals(
    _: impl Fn() -> bool + Send + 'static,
    _: impl Fn() + Send + 'static,
) -> io::Result<SignalWatch> {
    Ok(SignalWatch {})
}

/// Elsewhere nothing is stopped.
#[cfg(not(unix))]
pub(super) fn on_continued(_: impl FnMut() + Send + 'static) -> io::Result<SignalWatch> {
    Ok(SignalWatch {})
}

#[cfg(all(test, target_os = "linux"))]
#[expect(dead_code, reason = "nobody here types, resizes or waits for a bell")]
#[path = "../../tests/support/pty.rs"]
mod pty;

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use super::*;

    /// Set for the process that is to panic.
    const PANICS: &str = "CHINWAG_TEST_PANICS";

    #[test]
    fn a_panic_gives_the_terminal_back() {
        if std::env::var_os(PANICS).is_some() {
            give_back_at_the_end();
            crossterm::terminal::enable_raw_mode().expect("a terminal");
            panic!("on purpose");
        }
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command
            .args(["--exact", "cli::signals::tests::a_panic_gives_the_terminal_back", "--nocapture"])
            .env(PANICS, "1");
        let mut terminal = pty::Terminal::start(command, (200, 24));
        terminal.until(pty::has("on purpose"));
        assert_eq!(terminal.end(), Some(101));
        assert_eq!(terminal.echoes(), (true, true));
    }
}

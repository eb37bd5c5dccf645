//! All that happens to a client command, in one queue: what its client tells, what is typed, what the system signals.

use std::io;
#[cfg(unix)]
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
#[cfg(unix)]
use std::sync::{Arc, LazyLock};
use std::thread;

use chinwag_proto::limits::TEXT_MAX_LEN;
use chinwag_proto::wire::message::visible;

use crate::client_core::Notice;

use super::failure::Exit;
use super::roaming::News;

/// Something happened.
#[derive(Debug)]
pub(super) enum Event {
    /// The client tells something.
    Notice(Notice),
    /// The client's loop has ended; the reason if it was no good one.
    LoopEnded(Option<String>),
    /// A line of stdin.
    Line(Line),
    /// Stdin is at its end, or can't be read.
    InputEnded(Option<io::Error>),
    /// A key, a paste or a new size of the terminal.
    Terminal(crossterm::event::Event),
    /// A line for the log, kept off the terminal while a line is being typed there.
    Log(String),
    /// There is something to say of other servers, or a session with one.
    Roaming(News),
    /// Ctrl-C, or a polite request to end.
    Interrupt,
    /// The process goes on after it was stopped: the terminal may have other modes.
    Continued,
}

/// A line of stdin, without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// As it is to be sent.
    Text(String),
    /// Not UTF-8.
    NotText,
    /// Longer than a message may be: so many octets.
    TooLong(usize),
}

/// Lets a reader of stdin run only so far ahead.
#[derive(Debug)]
pub(super) struct Permits {
    give: SyncSender<()>,
}

impl Permits {
    /// One line more may be read.
    pub(super) fn give(&self) {
        // Full or closed: the reader is ahead of us, or done.
        let _ = self.give.try_send(());
    }
}

/// Reads stdin line by line on a thread of its own, `ahead` lines at most before the first of them is done with.
pub(super) fn read_stdin(events: SyncSender<Event>, ahead: usize) -> Permits {
    let (give, take) = sync_channel(ahead);
    let permits = Permits { give };
    for _ in 0..ahead {
        permits.give();
    }
    thread::spawn(move || stdin_lines(&events, &take));
    permits
}

fn stdin_lines(events: &SyncSender<Event>, permits: &Receiver<()>) {
    let mut stdin = io::stdin().lock();
    while permits.recv().is_ok() {
        let event = match next_line(&mut stdin) {
            Ok(Some(line)) => Event::Line(line),
            Ok(None) => Event::InputEnded(None),
            Err(error) => Event::InputEnded(Some(error)),
        };
        let last = matches!(event, Event::InputEnded(_));
        if events.send(event).is_err() || last {
            return;
        }
    }
}

/// The next line as a terminal would leave it: what a carriage return took back is not part of it, so that of a progress bar the last
/// state is left. Of one that is too long no more than a message is held.
fn next_line(input: &mut impl io::BufRead) -> io::Result<Option<Line>> {
    let (mut shown, mut part) = (Part::default(), Part::default());
    let mut is_any = false;
    loop {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            break;
        }
        is_any = true;
        let end = chunk.iter().position(|octet| matches!(octet, b'\n' | b'\r'));
        part.push(&chunk[..end.unwrap_or(chunk.len())]);
        let ends_with = end.map(|at| chunk[at]);
        let taken = end.map_or(chunk.len(), |at| at + 1);
        input.consume(taken);
        match ends_with {
            Some(b'\n') => break,
            Some(_) if !part.is_blank() => shown = std::mem::take(&mut part),
            Some(_) => part = Part::default(),
            None => {}
        }
    }
    // Nothing is taken back by the end of a line of Windows, or by a bar that clears itself.
    let line = if part.is_blank() && !shown.is_blank() { shown } else { part };
    Ok(is_any.then(|| line.into_line()))
}

/// The octets between two ends.
#[derive(Default)]
struct Part {
    /// The first of them, one more than a message may have.
    kept: Vec<u8>,
    len: usize,
}

impl Part {
    fn push(&mut self, octets: &[u8]) {
        let room = (TEXT_MAX_LEN + 1).saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&octets[..octets.len().min(room)]);
        self.len += octets.len();
    }

    fn is_blank(&self) -> bool {
        self.len <= TEXT_MAX_LEN && std::str::from_utf8(&self.kept).is_ok_and(visible::is_blank)
    }

    fn into_line(self) -> Line {
        if self.len > TEXT_MAX_LEN {
            return Line::TooLong(self.len);
        }
        match String::from_utf8(self.kept) {
            // A mark of the order of octets is no part of a text.
            Ok(text) => Line::Text(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned)),
            Err(_) => Line::NotText,
        }
    }
}

/// Signals are watched while this is here. Afterwards they do nothing, until somebody watches again.
#[must_use]
pub(super) struct Watch {
    #[cfg(unix)]
    ids: Vec<signal_hook::SigId>,
}

#[cfg(unix)]
impl Drop for Watch {
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
        0 => Exit::Interrupted as u8,
        signal => u8::try_from(128 + signal).unwrap_or(Exit::Interrupted as u8),
    }
}

/// The exit code of a command that was stopped.
#[cfg(not(unix))]
pub(super) fn stopped_code() -> u8 {
    Exit::Interrupted as u8
}

/// Calls `interrupt` on SIGINT, SIGTERM and SIGHUP. A second signal, or one that nobody heeds (`interrupt` says so by
/// `false`), ends the process at once.
#[cfg(unix)]
pub(super) fn watch_signals(interrupt: impl Fn() -> bool + Send + 'static) -> io::Result<Watch> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    on_end_signals(&[SIGINT, SIGTERM, SIGHUP], interrupt)
}

/// The same, but SIGHUP only asks to `reload`.
#[cfg(unix)]
pub(super) fn watch_server_signals(
    interrupt: impl Fn() -> bool + Send + 'static,
    reload: impl Fn() + Send + 'static,
) -> io::Result<Watch> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    let mut watch = on_end_signals(&[SIGINT, SIGTERM], interrupt)?;
    watch.ids.append(&mut on_signals(&[SIGHUP], reload)?.ids);
    Ok(watch)
}

/// The same for these signals; which one came is remembered.
#[cfg(unix)]
fn on_end_signals(signals: &[i32], interrupt: impl Fn() -> bool + Send + 'static) -> io::Result<Watch> {
    let mut watch = Watch { ids: Vec::new() };
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
            super::chat::restore_terminal();
            crate::tui::leave();
            std::process::exit(stopped_code().into());
        }
    }
}

/// Sends [`Event::Continued`] whenever the process goes on after it was stopped.
#[cfg(unix)]
pub(super) fn watch_continued(events: SyncSender<Event>) -> io::Result<Watch> {
    // It waits until there is room: that is not to be missed.
    on_continued(move || drop(events.send(Event::Continued)))
}

/// Calls `then` whenever the process goes on after it was stopped.
#[cfg(unix)]
pub(super) fn on_continued(then: impl FnMut() + Send + 'static) -> io::Result<Watch> {
    on_signals(&[signal_hook::consts::SIGCONT], then)
}

/// The same as [`watch_continued`], and calls `before` when the user stops it by Ctrl-Z; for the rest of the program.
#[cfg(unix)]
pub(super) fn watch_stops(events: SyncSender<Event>, before: impl Fn() + Send + 'static) -> io::Result<Watch> {
    let mut watch = on_signals(&[signal_hook::consts::SIGTSTP], move || {
        before();
        if let Err(error) = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP) {
            log::warn!("can't suspend: {error}");
        }
    })?;
    watch.ids.append(&mut watch_continued(events)?.ids);
    Ok(watch)
}

/// Calls `then` on a thread of its own whenever one of these comes.
#[cfg(unix)]
fn on_signals(signals: &[i32], mut then: impl FnMut() + Send + 'static) -> io::Result<Watch> {
    use std::io::Read as _;
    use std::os::unix::net::UnixStream;

    let (mut came, write) = UnixStream::pair()?;
    let mut watch = Watch { ids: Vec::new() };
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
pub(super) fn watch_signals(_: impl Fn() -> bool + Send + 'static) -> io::Result<Watch> {
    Ok(Watch {})
}

/// Elsewhere the system ends the process.
#[cfg(not(unix))]
pub(super) fn watch_server_signals(
    _: impl Fn() -> bool + Send + 'static,
    _: impl Fn() + Send + 'static,
) -> io::Result<Watch> {
    Ok(Watch {})
}

/// Elsewhere nothing is stopped.
#[cfg(not(unix))]
pub(super) fn watch_continued(_: SyncSender<Event>) -> io::Result<Watch> {
    Ok(Watch {})
}

/// Elsewhere nothing is stopped.
#[cfg(not(unix))]
pub(super) fn on_continued(_: impl FnMut() + Send + 'static) -> io::Result<Watch> {
    Ok(Watch {})
}

/// Elsewhere nothing is stopped.
#[cfg(not(unix))]
pub(super) fn watch_stops(_: SyncSender<Event>, _: impl Fn() + Send + 'static) -> io::Result<Watch> {
    Ok(Watch {})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(mut input: &[u8]) -> Vec<Line> {
        std::iter::from_fn(|| next_line(&mut input).expect("memory can be read")).collect()
    }

    fn text(line: &str) -> Line {
        Line::Text(line.to_owned())
    }

    #[test]
    fn lines_lose_their_ends_and_nothing_else() {
        assert_eq!(lines(b"one\ntwo\r\n\n  three"), [text("one"), text("two"), text(""), text("  three")]);
        assert_eq!(lines(b""), []);
    }

    #[test]
    fn a_line_that_is_no_message_is_told_apart_and_the_next_one_is_read() {
        let longest = "x".repeat(TEXT_MAX_LEN);
        let input = format!("{longest}\r\n{longest}y\n{longest}{longest}\nok\n");
        let told = [text(&longest), Line::TooLong(TEXT_MAX_LEN + 1), Line::TooLong(2 * TEXT_MAX_LEN), text("ok")];
        assert_eq!(lines(input.as_bytes()), told);
        assert_eq!(lines(b"\xff\nok"), [Line::NotText, text("ok")]);
    }

    #[test]
    fn of_what_was_taken_back_the_last_is_left() {
        assert_eq!(lines(b" 10 %\r 50 %\r100 %\ndone\r\n"), [text("100 %"), text("done")]);
        assert_eq!(lines(b"50 %\r100 %\r     \r\nend\r"), [text("100 %"), text("end")]);
        let bar: String = (0..TEXT_MAX_LEN).map(|n| format!("{n} octets\r")).collect();
        let last = format!("{} octets", TEXT_MAX_LEN - 1);
        assert_eq!(lines(bar.as_bytes()), [text(&last)]);
        assert_eq!(lines("\u{feff}first\nnext".as_bytes()), [text("first"), text("next")]);
        assert_eq!(lines(b"\r\n\n \n"), [text(""), text(""), text(" ")]);
    }
}

//! All that happens to a client command, in one queue: what its client tells, what is typed, what the system signals.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use chinwag_proto::limits::TEXT_MAX_LEN;
use chinwag_proto::wire::message::visible;

use crate::client_core::Notice;

use super::roaming::News;
use super::signals::SignalWatch;
#[cfg(unix)]
use super::signals::{on_continued, on_stopped};

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
    /// What was typed before this was given, or is discarded.
    Discarded,
    /// A line for the log, kept off the terminal while a line is being typed there.
    Log(String),
    /// There is something to say of other servers, or a session with one.
    Roaming(News),
    /// Ctrl-C, or a polite request to end.
    Interrupt,
    /// The process goes on after it was stopped: the terminal may have other modes.
    Continued,
}

/// What comes of stdin.
#[derive(Debug)]
pub(super) enum Input {
    /// A line of it.
    Line(Line),
    /// It is at its end, or can't be read.
    Ended(Option<io::Error>),
}

impl From<Input> for Event {
    fn from(input: Input) -> Self {
        match input {
            Input::Line(line) => Self::Line(line),
            Input::Ended(error) => Self::InputEnded(error),
        }
    }
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
pub(super) fn read_stdin<E: From<Input> + Send + 'static>(events: SyncSender<E>, ahead: usize) -> Permits {
    let (give, take) = sync_channel(ahead);
    let permits = Permits { give };
    for _ in 0..ahead {
        permits.give();
    }
    thread::spawn(move || stdin_lines(&events, &take));
    permits
}

fn stdin_lines<E: From<Input>>(events: &SyncSender<E>, permits: &Receiver<()>) {
    let mut stdin = io::stdin().lock();
    while permits.recv().is_ok() {
        let event = match next_line(&mut stdin) {
            Ok(Some(line)) => Input::Line(line),
            Ok(None) => Input::Ended(None),
            Err(error) => Input::Ended(Some(error)),
        };
        let last = matches!(event, Input::Ended(_));
        if events.send(event.into()).is_err() || last {
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

/// Sends [`Event::Continued`] whenever the process goes on after it was stopped.
#[cfg(unix)]
pub(super) fn watch_continued(events: SyncSender<Event>) -> io::Result<SignalWatch> {
    // It waits until there is room: that is not to be missed.
    on_continued(move || drop(events.send(Event::Continued)))
}

/// The same as [`watch_continued`], and calls `before` when the user stops it by Ctrl-Z; for the rest of the program.
#[cfg(unix)]
pub(super) fn watch_stops(events: SyncSender<Event>, before: impl Fn() + Send + 'static) -> io::Result<SignalWatch> {
    Ok(on_stopped(before)?.and(watch_continued(events)?))
}

/// Elsewhere nothing is stopped.
#[cfg(not(unix))]
pub(super) fn watch_continued(_: SyncSender<Event>) -> io::Result<SignalWatch> {
    Ok(SignalWatch {})
}

/// Elsewhere nothing is stopped.
#[cfg(not(unix))]
pub(super) fn watch_stops(_: SyncSender<Event>, _: impl Fn() + Send + 'static) -> io::Result<SignalWatch> {
    Ok(SignalWatch {})
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

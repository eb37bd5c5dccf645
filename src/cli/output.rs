//! What the command says, and where: data to stdout, everything else to stderr; and what a terminal is able to show of it.

use std::borrow::Cow;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use super::whole::{columns_of, whole};

/// Some data could not be written: the command has not done what it was asked.
static UNSAID: AtomicBool = AtomicBool::new(false);

/// Whether some data could not be written.
pub(super) fn is_unsaid() -> bool {
    UNSAID.load(Ordering::Relaxed)
}

/// A line of data. At a terminal no fingerprint in it is broken over two rows; an object stays one line, for programs.
pub(super) fn say(line: &str) {
    let columns = columns_of(&std::io::stdout()).filter(|_| !line.starts_with('{'));
    let line = columns.map_or(Cow::Borrowed(line), |columns| whole(line, 0, columns));
    written(writeln!(std::io::stdout().lock(), "{line}"));
}

/// Says once that data could not be written. A reader that has gone away is no reason to complain.
pub(super) fn written(done: std::io::Result<()>) {
    if let Err(error) = done
        && error.kind() != std::io::ErrorKind::BrokenPipe
        && !UNSAID.swap(true, Ordering::Relaxed)
    {
        tell(&format!("can't write to stdout: {error}"));
    }
}

/// A line for people. At a terminal no fingerprint in it is broken over two rows.
pub(super) fn tell(line: &str) {
    tell_plain(&format!("chinwag: {line}"));
}

/// A line for people who were asked something.
pub(super) fn tell_plain(line: &str) {
    let line = columns_of(&std::io::stderr()).map_or(Cow::Borrowed(line), |columns| whole(line, 0, columns));
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A question for people.
pub(super) fn ask(question: &str) {
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "{question}").and_then(|()| err.flush());
}

/// Whether the user did not ask for plain text (<https://no-color.org>), and the terminal can show another.
pub(super) fn colours_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && can_draw()
}

/// Whether the terminal does more than print lines. One that can do nothing is called "dumb", or nothing at all (Windows names
/// none of its own).
pub(super) fn can_draw() -> bool {
    match std::env::var("TERM") {
        Ok(term) => !term.is_empty() && term != "dumb",
        Err(_) => cfg!(windows),
    }
}

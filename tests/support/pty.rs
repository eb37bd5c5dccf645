//! A terminal with a program in it, and what a person sees there.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, WaitOptions, waitpid};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize};

/// Longest that any step of a test waits, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is left of it.
struct Patience(Instant);

#[expect(clippy::disallowed_methods, reason = "a test that hangs must end")]
impl Patience {
    fn begins() -> Self {
        Self(Instant::now() + PATIENCE)
    }

    fn left(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// A terminal with a program in it, which is killed with the test.
pub(crate) struct Terminal {
    pub(crate) child: Child,
    keyboard: File,
    output: Receiver<Vec<u8>>,
    /// Octets that came and are not on the screen yet.
    pending: Vec<u8>,
    pub(crate) screen: vt100::Parser,
    rung: usize,
    /// Sequences that it was sent.
    pub(crate) escapes: usize,
    columns: u16,
}

impl Terminal {
    /// Starts the command at a terminal of so many columns and rows, which shows no colours. Of which kind it is the command may
    /// say.
    pub(crate) fn start(mut command: Command, size: (u16, u16)) -> Self {
        if !command.get_envs().any(|(name, _)| name == "TERM") {
            command.env("TERM", "xterm-256color");
        }
        let (columns, rows) = size;
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&controller).expect("granted");
        unlockpt(&controller).expect("unlocked");
        let name = ptsname(&controller, Vec::new()).expect("its name");
        tcsetwinsize(&controller, winsize(size)).expect("its size");
        let end = || -> Stdio {
            rustix::fs::open(&*name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("its other end").into()
        };
        let child =
            command.env("NO_COLOR", "1").stdin(end()).stdout(end()).stderr(end()).spawn().expect("the command starts");
        let keyboard = File::from(controller);
        let mut output = keyboard.try_clone().expect("a second handle");
        let (send, receive) = channel();
        thread::spawn(move || {
            let mut octets = [0; 4_096];
            while let Ok(len @ 1..) = output.read(&mut octets) {
                if send.send(octets[..len].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(some(rows), some(columns), 0);
        Self { child, keyboard, output: receive, pending: Vec::new(), screen, rung: 0, escapes: 0, columns }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("it reads");
    }

    /// Waits until the screen shows this, and gives its rows.
    #[track_caller]
    pub(crate) fn until(&mut self, wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
        self.until_at(|rows, _| wanted(rows))
    }

    /// Waits until the screen shows this, with the caret in such a column. What is drawn at once may come in parts, and the
    /// caret comes last.
    #[track_caller]
    fn until_at(&mut self, wanted: impl Fn(&[String], u16) -> bool) -> Vec<String> {
        let patience = Patience::begins();
        loop {
            let rows: Vec<String> = self
                .screen
                .screen()
                .rows(0, self.columns)
                .map(|row| row.trim_end().to_owned())
                .filter(|row| !row.is_empty())
                .collect();
            let (_, column) = self.screen.screen().cursor_position();
            if wanted(&rows, column) {
                return rows;
            }
            if !self.take_next(patience.left()) {
                panic!("the caret is in column {column}, and the screen shows only\n{}", rows.join("\n"));
            }
        }
    }

    /// Waits until it has rung.
    #[track_caller]
    pub(crate) fn until_bell(&mut self) {
        let patience = Patience::begins();
        while self.rung == 0 {
            assert!(self.take_next(patience.left()), "it does not ring");
        }
    }

    /// The window has another size from now on.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        tcsetwinsize(&self.keyboard, winsize((columns, rows))).expect("its size");
        self.columns = columns;
        self.screen.screen_mut().set_size(some(rows), some(columns));
        self.signal(Signal::WINCH);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.pid(), signal).expect("it runs");
    }

    fn pid(&self) -> Pid {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("an id")
    }

    /// The program is stopped by this signal, and a shell sets its own modes and writes on the screen; then the user continues it.
    pub(crate) fn stop_and_continue(&mut self, signal: Signal) {
        self.signal(signal);
        let (_, status) = waitpid(Some(self.pid()), WaitOptions::UNTRACED).expect("a child").expect("it has stopped");
        assert!(status.stopped(), "{status:?}");
        while self.take_next(Duration::ZERO) {}
        let mut modes = tcgetattr(&self.keyboard).expect("its modes");
        modes.local_modes.insert(LocalModes::ECHO | LocalModes::ICANON);
        tcsetattr(&self.keyboard, OptionalActions::Now, &modes).expect("a shell sets them");
        self.screen.process(b"\x1b[?1049l\x1b[2J\x1b[H$ fg\r\n");
        self.signal(Signal::CONT);
    }

    /// Whether the terminal shows what is typed, and whether it gives it by whole lines.
    pub(crate) fn echoes(&self) -> (bool, bool) {
        let modes = tcgetattr(&self.keyboard).expect("its modes").local_modes;
        (modes.contains(LocalModes::ECHO), modes.contains(LocalModes::ICANON))
    }

    /// Waits for its end, with all that it still writes. Its exit code.
    pub(crate) fn end(&mut self) -> Option<i32> {
        let code = self.child.wait().expect("a child can be waited for").code();
        while self.take_next(Duration::from_millis(200)) {}
        code
    }

    /// Waits for its end. The signal that has ended it.
    pub(crate) fn ended_by(&mut self) -> Option<i32> {
        let status = self.child.wait().expect("a child can be waited for");
        while self.take_next(Duration::from_millis(200)) {}
        std::os::unix::process::ExitStatusExt::signal(&status)
    }

    /// Shows the next octets; false if none come. A whole screen that is taken or left begins new ones, so that what was said
    /// before it is seen.
    fn take_next(&mut self, patience: Duration) -> bool {
        const SWITCH: &[u8] = b"\x1b[?1049";
        if self.pending.is_empty() {
            let Ok(octets) = self.output.recv_timeout(patience) else { return false };
            self.pending = octets;
        }
        let later = self.pending.windows(SWITCH.len()).skip(1).position(|octets| octets == SWITCH);
        let rest = later.map_or_else(Vec::new, |at| self.pending.split_off(at + 1));
        let octets = std::mem::replace(&mut self.pending, rest);
        self.rung += octets.iter().filter(|octet| **octet == 7).count();
        self.escapes += octets.iter().filter(|octet| **octet == 0x1b).count();
        self.screen.process(&octets);
        true
    }

    /// Waits until the row where the user types shows this, and the caret is in that column.
    #[track_caller]
    pub(crate) fn until_typed(&mut self, row: &str, column: u16) {
        self.until_at(|rows, at| at == column && rows.last().is_some_and(|last| last == row));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn some(size: u16) -> NonZero<u16> {
    NonZero::new(size).expect("a terminal has rows and columns")
}

fn winsize((columns, rows): (u16, u16)) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

/// A screen that has this in one of its rows.
pub(crate) fn has(what: &str) -> impl Fn(&[String]) -> bool {
    move |rows| rows.iter().any(|row| row.contains(what))
}

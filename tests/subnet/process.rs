//! Processes on hosts: behind pipes, or at a terminal of their own.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Longest that any step of a test waits, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);
const COLUMNS: u16 = 200;
const ROWS: u16 = 24;

/// A process behind pipes; killed with the test.
pub(crate) struct Piped {
    child: Child,
    lines: Receiver<String>,
}

impl Piped {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        let (send, lines) = channel();
        let (out, err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let to = send.clone();
        thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| to.send(line)));
        thread::spawn(move || BufReader::new(err).lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { child, lines }
    }

    /// Waits for a line that has this in it.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str) -> String {
        let mut said = Vec::new();
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("nothing of {what:?} in\n{}", said.join("\n"))
            };
            if line.contains(what) {
                return line;
            }
            said.push(line);
        }
    }

    pub(crate) fn write(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().expect("open"), "{line}").expect("it reads");
    }

    /// Asks it to end, and gives what it still said.
    pub(crate) fn stop(mut self) -> String {
        interrupt(&self.child);
        self.rest()
    }

    /// Ends its input, and waits for its end: the exit code, and what it still said.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        drop(self.child.stdin.take());
        let said = self.rest();
        (self.child.wait().expect("it can be waited for").code(), said)
    }

    fn rest(&mut self) -> String {
        let said: Vec<String> = std::iter::from_fn(|| self.lines.recv_timeout(PATIENCE).ok()).collect();
        said.join("\n")
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn interrupt(child: &Child) {
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("an id");
    rustix::process::kill_process(id, Signal::INT).expect("it runs");
}

/// A process at a terminal; killed with the test.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    output: Receiver<Vec<u8>>,
    /// Octets that came and are not on the screen yet.
    pending: Vec<u8>,
    screen: vt100::Parser,
}

impl Terminal {
    pub(crate) fn start(mut command: Command) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&controller).expect("granted");
        unlockpt(&controller).expect("unlocked");
        let name = ptsname(&controller, Vec::new()).expect("its name");
        tcsetwinsize(&controller, Winsize { ws_row: ROWS, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 })
            .expect("its size");
        let end = || -> Stdio {
            rustix::fs::open(&*name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("its other end").into()
        };
        let child = command
            .env("NO_COLOR", "1")
            .env("TERM", "xterm-256color")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("it starts");
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
        Self { child, keyboard, output: receive, pending: Vec::new(), screen: vt100::Parser::new(ROWS, COLUMNS, 0) }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("it reads");
    }

    /// The next octets; a whole screen that is taken or left begins new ones, so that what was said before it is seen.
    fn next(&mut self) -> Option<Vec<u8>> {
        const SWITCH: &[u8] = b"\x1b[?1049";
        if self.pending.is_empty() {
            self.pending = self.output.recv_timeout(PATIENCE).ok()?;
        }
        let later = self.pending.windows(SWITCH.len()).skip(1).position(|octets| octets == SWITCH);
        let rest = later.map_or_else(Vec::new, |at| self.pending.split_off(at + 1));
        Some(std::mem::replace(&mut self.pending, rest))
    }

    /// As Ctrl-C does it.
    pub(crate) fn interrupt(&self) {
        interrupt(&self.child);
    }

    /// Waits for its end: the exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        while self.next().is_some() {}
        self.child.wait().expect("it can be waited for").code()
    }

    /// Waits until this is on the screen: all of it.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str) -> String {
        loop {
            let shown = self.screen.screen().contents();
            if shown.contains(what) {
                return shown;
            }
            match self.next() {
                Some(octets) => self.screen.process(&octets),
                None => panic!("nothing of {what:?} on\n{shown}"),
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

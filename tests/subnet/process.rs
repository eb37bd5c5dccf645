//! Processes on hosts, behind pipes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal};

/// Longest that any step of a test waits, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

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

    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("an id");
        rustix::process::kill_process(id, signal).expect("it runs");
    }

    /// Asks it to end, and gives what it still said.
    pub(crate) fn stop(mut self) -> String {
        self.signal(Signal::INT);
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

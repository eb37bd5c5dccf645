//! The command as a process: a home of its own, lines in and out, an exit code; ended with the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Longest that any step of a test waits, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A folder for one test.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a scratch folder"))
    }

    /// Someone's home.
    pub(crate) fn home(&self, whose: &str) -> PathBuf {
        self.0.path().join(whose)
    }

    /// The command, as that person would type it.
    pub(crate) fn chinwag(&self, whose: &str, args: &[&str]) -> Process {
        self.chinwag_with(whose, args, &[])
    }

    /// The command, with something in its environment.
    pub(crate) fn chinwag_with(&self, whose: &str, args: &[&str], env: &[(&str, &str)]) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
        command.args(args).env("CHINWAG_HOME", self.home(whose)).env("USER", whose).env_remove("RUST_LOG");
        command.envs(env.iter().copied());
        Process::start(command)
    }

    /// A server on a free port of this machine.
    pub(crate) fn server(&self, args: &[&str]) -> Server {
        self.server_at("127.0.0.1:0", args)
    }

    /// The same server, at an address that it had before.
    pub(crate) fn server_at(&self, addr: &str, args: &[&str]) -> Server {
        let listen = ["serve", "--listen", addr];
        Server::of(self.chinwag("server", &[&listen, args].concat()))
    }
}

/// A port that nobody has now.
pub(crate) fn free_port() -> u16 {
    #[expect(clippy::disallowed_methods, reason = "some programs are told a port, and pick none")]
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.local_addr().expect("an address").port()
}

/// A server that runs.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) addr: String,
    pub(crate) fingerprint: String,
}

impl Server {
    /// That of a process that has just started.
    pub(crate) fn of(mut process: Process) -> Self {
        let told = |line: String, what: &str| line.strip_prefix(what).map(ToOwned::to_owned).expect(what);
        let addr = told(process.line(), "listening on ");
        let fingerprint = told(process.line(), "fingerprint ");
        Self { process, addr, fingerprint }
    }
}

/// A process that runs; killed with the test.
pub(crate) struct Process {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

/// How a process ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Process {
    pub(crate) fn start(mut command: Command) -> Self {
        let (send_out, out) = channel();
        let (send_err, err) = channel();
        Self { child: spawn(&mut command, send_out, send_err), out, err }
    }

    /// The same; what it says on stderr comes with the lines of stdout.
    pub(crate) fn merged(mut command: Command) -> Self {
        let (send, out) = channel();
        Self { child: spawn(&mut command, send.clone(), send), out, err: channel().1 }
    }

    /// The next line of stdout.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        self.next_line().unwrap_or_else(|| panic!("no line; on stderr: {}", self.errors()))
    }

    /// The same; `None` when it has closed that.
    #[track_caller]
    pub(crate) fn next_line(&mut self) -> Option<String> {
        match self.out.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("it is silent; on stderr: {}", self.errors()),
        }
    }

    /// Waits for a line on stdout that has this in it.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str) -> String {
        let mut said = Vec::new();
        loop {
            let Ok(line) = self.out.recv_timeout(PATIENCE) else {
                panic!("nothing of {what:?} in\n{}\non stderr: {}", said.join("\n"), self.errors())
            };
            if line.contains(what) {
                return line;
            }
            said.push(line);
        }
    }

    /// Waits for a line on stderr that has this in it.
    pub(crate) fn until_error(&mut self, what: &str) -> String {
        loop {
            let line = self.err.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("nothing of {what:?} on stderr"));
            if line.contains(what) {
                return line;
            }
        }
    }

    /// Types a line.
    pub(crate) fn write(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("open");
        writeln!(stdin, "{line}").expect("it reads");
    }

    /// Writes octets.
    pub(crate) fn write_raw(&mut self, octets: &[u8]) {
        self.child.stdin.as_mut().expect("open").write_all(octets).expect("it reads");
    }

    /// Its input, for a thread that types.
    pub(crate) fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("taken once")
    }

    /// Nobody reads its stdout any more, from the next line on.
    pub(crate) fn stop_reading(&mut self) {
        self.out = channel().1;
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw).expect("an id");
        rustix::process::kill_process(id, signal).expect("it runs");
    }

    /// Asks it to end, and gives what it still said.
    pub(crate) fn stop(self) -> String {
        self.signal(rustix::process::Signal::INT);
        rest(&self.out)
    }

    /// Ends its input, and waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        drop(self.child.stdin.take());
        let (out, err) = (rest(&self.out), rest(&self.err));
        let code = self.child.wait().expect("a child can be waited for").code();
        Ended { code, out, err }
    }

    /// The same of one whose streams come together: its exit code, and all that it still said.
    pub(crate) fn finish(self) -> (Option<i32>, String) {
        let Ended { code, out, .. } = self.end();
        (code, out)
    }

    fn errors(&self) -> String {
        let lines: Vec<String> =
            std::iter::from_fn(|| self.err.recv_timeout(Duration::from_millis(500)).ok()).collect();
        lines.join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// The exit code was this one, and stderr says all of these.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, said: &[&str]) {
        assert_eq!(self.code, Some(code), "stderr: {}\nstdout: {}", self.err, self.out);
        for what in said {
            assert!(self.err.contains(what), "{what:?} is not in: {}", self.err);
        }
    }
}

fn spawn(command: &mut Command, out: Sender<String>, err: Sender<String>) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    read(child.stdout.take().expect("piped"), out);
    read(child.stderr.take().expect("piped"), err);
    child
}

/// Sends the lines of a stream, as they come.
fn read(stream: impl std::io::Read + Send + 'static, send: Sender<String>) {
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        while let Some(Ok(line)) = (&mut stream).lines().next() {
            if send.send(line).is_err() {
                return;
            }
        }
        let _ = stream.read(&mut []);
    });
}

/// All lines until there are no more.
fn rest(lines: &Receiver<String>) -> String {
    std::iter::from_fn(|| lines.recv_timeout(PATIENCE).ok()).collect::<Vec<_>>().join("\n")
}

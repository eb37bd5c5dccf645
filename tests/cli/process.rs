//! The command as a process: a home of its own, lines in and out, an exit code; ended with the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

#[cfg(target_os = "linux")]
use crate::pty::Terminal;

/// Longest that any step of a test waits, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

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

    /// Somebody's chat on a server, at a terminal of so many columns and rows.
    #[cfg(target_os = "linux")]
    pub(crate) fn chat(&self, server: &Server, whose: &str, size: (u16, u16), args: &[&str]) -> Terminal {
        self.chat_on("xterm-256color", server, whose, size, args)
    }

    /// The same, at a terminal of that kind.
    #[cfg(target_os = "linux")]
    pub(crate) fn chat_on(
        &self,
        term: &str,
        server: &Server,
        whose: &str,
        size: (u16, u16),
        args: &[&str],
    ) -> Terminal {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
        command.args(["chat", "--server", &server.addr, "--name", whose]).args(args);
        command.env("CHINWAG_HOME", self.home(whose)).env("TERM", term).env_remove("RUST_LOG");
        Terminal::start(command, size)
    }

    /// A server on a free port of this machine.
    pub(crate) fn server(&self, args: &[&str]) -> Server {
        self.server_at("127.0.0.1:0", args)
    }

    /// The same server, at an address that it had before.
    pub(crate) fn server_at(&self, addr: &str, args: &[&str]) -> Server {
        let listen = ["serve", "--listen", addr];
        let mut process = self.chinwag("server", &[&listen, args].concat());
        let told = |line: String, what: &str| line.strip_prefix(what).map(ToOwned::to_owned).expect(what);
        let addr = told(process.line(), "listening on ");
        let fingerprint = told(process.line(), "fingerprint ");
        Server { process, addr, fingerprint }
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
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        let out = lines(child.stdout.take().expect("piped"));
        let err = lines(child.stderr.take().expect("piped"));
        Self { child, out, err }
    }

    /// The next line of stdout.
    pub(crate) fn line(&mut self) -> String {
        self.out.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no line; on stderr: {}", self.errors()))
    }

    /// Waits for a line on stdout that has this in it.
    pub(crate) fn until(&mut self, what: &str) -> String {
        loop {
            let line = self.line();
            if line.contains(what) {
                return line;
            }
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

    /// Nobody reads its stdout any more, from the next line on.
    pub(crate) fn stop_reading(&mut self) {
        self.out = channel().1;
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw).expect("an id");
        rustix::process::kill_process(id, signal).expect("it runs");
    }

    /// Ends its input, and waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        drop(self.child.stdin.take());
        let out: Vec<String> = std::iter::from_fn(|| self.out.recv_timeout(PATIENCE).ok()).collect();
        let err = self.errors();
        let code = self.child.wait().expect("a child can be waited for").code();
        Ended { code, out: out.join("\n"), err }
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

/// The lines of a stream, as they come.
fn lines(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        while let Some(Ok(line)) = (&mut stream).lines().next() {
            if send.send(line).is_err() {
                return;
            }
        }
        let _ = stream.read(&mut []);
    });
    receive
}

//! The command's own processes: started with a home of their own, read line by line, ended with the test.

use std::io::{BufRead, BufReader, Read as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use chinwag::host::Listening;

/// How long a process may take to say something that it must say.
const PROMPT: Duration = Duration::from_secs(30);

/// A scratch folder for the homes of one test.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a scratch folder"))
    }

    /// The home of one person or server.
    pub(crate) fn of(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// What stands before a command so that it runs on a host: nothing, or `ip netns exec NAME`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host(pub(crate) Vec<String>);

impl Host {
    pub(crate) fn chinwag(&self, home: &Path) -> Command {
        let binary = env!("CARGO_BIN_EXE_chinwag");
        let mut command = match self.0.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(binary);
                command
            }
            None => Command::new(binary),
        };
        command.env("CHINWAG_HOME", home).env("RUST_LOG", "warn").env_remove("RUST_BACKTRACE");
        command
    }
}

/// A process whose output is read as it comes; killed when dropped.
pub(crate) struct Process {
    what: String,
    child: Child,
    out: Receiver<String>,
    err: Option<thread::JoinHandle<String>>,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let what = format!("{command:?}");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{what}: {e}"));
        let stdout = child.stdout.take().expect("piped");
        let mut stderr = child.stderr.take().expect("piped");
        let (lines, out) = channel();
        thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|l| lines.send(l)));
        let err = thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Self { what, child, out, err: Some(err) }
    }

    pub(crate) fn stdin(&mut self) -> std::process::ChildStdin {
        self.child.stdin.take().expect("taken once")
    }

    /// The next line of standard output.
    pub(crate) fn line(&mut self, patience: Duration) -> Option<String> {
        match self.out.recv_timeout(patience) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                let _ = self.child.kill();
                let said = self.errors();
                panic!("{}: silent for {patience:?}; it said:\n{said}", self.what)
            }
        }
    }

    /// Waits for the end, which its closed output announces; gives what it said on standard error.
    pub(crate) fn finish(mut self, patience: Duration) -> (ExitStatus, String) {
        while self.line(patience).is_some() {}
        let status = self.child.wait().expect("a child can be waited for");
        (status, self.errors())
    }

    fn errors(&mut self) -> String {
        self.err.take().and_then(|err| err.join().ok()).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server on a free port.
pub(crate) struct Server {
    addr: SocketAddr,
    _process: Process,
}

impl Server {
    pub(crate) fn start(home: &Home, args: &[&str]) -> Self {
        Self::start_at(home, &Host::default(), IpAddr::V4(Ipv4Addr::LOCALHOST), args)
    }

    pub(crate) fn start_at(home: &Home, host: &Host, at: IpAddr, args: &[&str]) -> Self {
        let listen = SocketAddr::new(at, 0).to_string();
        let mut process =
            Process::start(host.chinwag(&home.of("server")).args(["serve", "--listen", &listen]).args(args));
        let first = process.line(PROMPT).expect("a server says where it listens");
        let addr = first.parse().ok().map(|Listening(addr)| addr);
        Self { addr: addr.unwrap_or_else(|| panic!("not an address: {first}")), _process: process }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

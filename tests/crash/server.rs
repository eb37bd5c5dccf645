//! A real `chinwag serve`, which is killed, and started again on what it has left behind.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use chinwag::config::Home;
use chinwag::host::Listening;
use chinwag_proto::endpoint::KeyPair;
use chinwag_proto::wire::id::PublicKey;
use rustix::process::Signal;

/// A folder that a server lives in, and who it is.
pub(crate) struct Site {
    dir: PathBuf,
    pub(crate) key: PublicKey,
    /// The port is the same in all its lives, or whoever is connected would never find it again.
    pub(crate) addr: Option<SocketAddr>,
    /// What stands on its command line, beside where it listens.
    pub(crate) args: Vec<String>,
    /// The key that it asks of new devices.
    pub(crate) join_key: Option<[u8; 32]>,
    /// What is set in its environment, beside where it lives.
    pub(crate) env: Vec<(String, String)>,
    /// The process in whose mount namespace it lives, if it is another's.
    pub(crate) inside: Option<u32>,
}

impl Site {
    pub(crate) fn new(dir: &Path, secret: [u8; 32]) -> Self {
        let secret = Home::at(dir).server_key().secret(|| secret).expect("a key can be made");
        let (dir, key) = (dir.to_owned(), KeyPair::from_secret(secret).public());
        Self { dir, key, addr: None, args: Vec::new(), join_key: None, env: Vec::new(), inside: None }
    }

    /// Where its store is.
    pub(crate) fn data(&self) -> PathBuf {
        Home::at(&self.dir).server_data()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_chinwag");
        let mut command = Command::new(if self.inside.is_some() { "nsenter" } else { program });
        if let Some(holder) = self.inside {
            command.args(["--mount", "--target", &holder.to_string(), program]);
        }
        command.args(args).env("CHINWAG_HOME", &self.dir).env("RUST_LOG", "warn").env_remove("RUST_BACKTRACE");
        command.envs(self.env.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Starts it, and waits for nothing.
    pub(crate) fn launch(&self) -> Server {
        let listen = self.addr.map_or_else(|| "127.0.0.1:0".to_owned(), |addr| addr.to_string());
        // Whoever is killed in this test writes as fast as it can.
        let mut command = self.command(&["serve", "--listen", &listen, "--message-rate", "0", "--octet-rate", "0"]);
        command.args(&self.args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let mut err = child.stderr.take().expect("piped");
        let said = std::thread::spawn(move || {
            let mut said = Vec::new();
            let _ = err.read_to_end(&mut said);
            String::from_utf8_lossy(&said).into_owned()
        });
        Server { child, out, said: Some(said) }
    }

    /// Starts it, and waits until it listens.
    pub(crate) fn start(&mut self) -> Server {
        let mut server = self.launch();
        let mut line = String::new();
        server.out.read_line(&mut line).expect("readable");
        let addr = line.parse().ok().map(|Listening(addr)| addr);
        let Some(addr) = addr else { panic!("{line:?}; it said: {}", server.kill()) };
        self.addr = Some(addr);
        server
    }
}

/// A server's process; killed when dropped.
pub(crate) struct Server {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    said: Option<JoinHandle<String>>,
}

impl Server {
    /// SIGKILL. What it had said on stderr.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it can be waited for");
        self.said()
    }

    /// Waits until it ends by itself. How, and what it had said on stderr.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("it can be waited for");
        (status, self.said())
    }

    /// Asks it to stop, and waits.
    pub(crate) fn stop(self) -> (ExitStatus, String) {
        self.signal(Signal::TERM);
        self.end()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw).expect("an id");
        rustix::process::kill_process(id, signal).expect("it runs");
    }

    fn said(&mut self) -> String {
        self.said.take().and_then(|said| said.join().ok()).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

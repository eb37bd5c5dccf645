//! The server under test: a process of this same program.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use chinwag_proto::endpoint::KeyPair;
use chinwag_proto::wire::id::PublicKey;
use serde::Deserialize;

use super::BenchError;
use crate::config::Home;
use crate::drive::entropy;
use crate::host::{Listening, NotListening};

/// A server process with a home of its own; both are gone when this is dropped.
pub(super) struct ServerProcess {
    child: Child,
    dir: PathBuf,
    pub(super) addr: SocketAddr,
    pub(super) key: PublicKey,
}

/// Options of a server that limits nobody's rate.
const UNLIMITED: &[&str] = &["--message-rate", "0", "--octet-rate", "0"];

/// From where it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exposure {
    /// From this machine; nobody is told of it.
    Loopback,
    /// From everywhere, and it is announced on the subnet.
    Subnet,
}

impl Exposure {
    const fn address(self) -> Ipv4Addr {
        match self {
            Self::Loopback => Ipv4Addr::LOCALHOST,
            Self::Subnet => Ipv4Addr::UNSPECIFIED,
        }
    }
}

/// What the server counted from its start to its end.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Counted {
    pub(super) datagrams_sent: u64,
    pub(super) bytes_sent: u64,
    pub(super) retransmitted: u64,
}

/// What the system says of a process.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    /// CPU time, in user and kernel mode.
    pub(super) cpu_s: f64,
    /// Resident memory.
    pub(super) rss_bytes: u64,
}

impl ServerProcess {
    /// Starts `program serve` on a free port, and waits until it listens. Nobody's rate is limited there: what is measured is
    /// how fast the server can be, not how fast it lets anyone be.
    pub(super) fn start(program: &Path, reach: Exposure) -> Result<Self, BenchError> {
        Self::start_in(program, reach, scratch()?)
    }

    /// The same with a home that may have something in it already, and is gone in the end, too.
    pub(super) fn start_in(program: &Path, reach: Exposure, dir: PathBuf) -> Result<Self, BenchError> {
        Self::start_by(program, reach, dir, UNLIMITED)
    }

    /// The same as it is for whoever starts it without options, so that each account has its budgets. Its home is prepared before.
    pub(super) fn start_as_shipped(
        program: &Path,
        prepare: impl FnOnce(&Path) -> Result<(), BenchError>,
    ) -> Result<Self, BenchError> {
        let dir = scratch()?;
        if let Err(error) = prepare(&dir) {
            let _ = std::fs::remove_dir_all(&dir);
            return Err(error);
        }
        Self::start_by(program, Exposure::Loopback, dir, &[])
    }

    fn start_by(program: &Path, reach: Exposure, dir: PathBuf, options: &[&str]) -> Result<Self, BenchError> {
        let mut rng = entropy::rng().map_err(BenchError::system("no entropy"))?;
        // The key is made here, so that the clients know whom to trust.
        let secret = Home::at(&dir).server_key().secret(|| rng.bytes())?;
        let child = Command::new(program)
            .arg("serve")
            .args(options)
            .arg("--listen")
            .arg(SocketAddr::from((reach.address(), 0)).to_string())
            .arg("--stats-json")
            .arg(dir.join("stats.json"))
            .env("CHINWAG_HOME", &dir)
            // A line for every login would be part of what is measured.
            .env("RUST_LOG", std::env::var_os("RUST_LOG").unwrap_or_else(|| "warn".into()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(BenchError::system("can't start the server"))?;
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut server = Self { child, dir, addr: nowhere, key: KeyPair::from_secret(secret).public() };
        let mut line = String::new();
        let stdout = server.child.stdout.as_mut().expect("piped");
        BufReader::new(stdout).read_line(&mut line).map_err(BenchError::system("can't read from the server"))?;
        let addr = line.parse::<Listening>();
        let port = addr.map_err(|NotListening| BenchError::NoServer(line))?.0.port();
        server.addr = (Ipv4Addr::LOCALHOST, port).into();
        Ok(server)
    }

    /// What it has used until now; zeros where the system does not tell.
    pub(super) fn usage(&self) -> Usage {
        usage(self.child.id()).unwrap_or_default()
    }

    /// Ends it in peace, and gives what it counted.
    pub(super) fn stop(mut self) -> Result<Counted, BenchError> {
        self.ask_to_stop();
        self.child.wait().map_err(BenchError::system("can't wait for the server"))?;
        let stats = std::fs::read(self.dir.join("stats.json")).unwrap_or_default();
        Ok(serde_json::from_slice(&stats).unwrap_or_default())
    }

    #[cfg(target_os = "linux")]
    fn ask_to_stop(&mut self) {
        use rustix::process::{Pid, Signal, kill_process};

        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn ask_to_stop(&mut self) {
        let _ = self.child.kill();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// A folder for a server's home.
fn scratch() -> Result<PathBuf, BenchError> {
    let mut rng = entropy::rng().map_err(BenchError::system("no entropy"))?;
    Ok(std::env::temp_dir().join(format!("chinwag-bench-{:016x}", rng.u64())))
}

/// Reads proc(5).
#[cfg(target_os = "linux")]
fn usage(pid: u32) -> Option<Usage> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in the second field may hold anything; fields count from after its closing parenthesis.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    let (user, system) = (ticks()?, ticks()?);
    let per_second = u32::try_from(rustix::param::clock_ticks_per_second()).ok()?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let rss_kib: u64 = rss.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(Usage { cpu_s: (f64::from(user) + f64::from(system)) / f64::from(per_second), rss_bytes: rss_kib * 1_024 })
}

/// Elsewhere there is no proc(5).
#[cfg(not(target_os = "linux"))]
fn usage(_: u32) -> Option<Usage> {
    None
}

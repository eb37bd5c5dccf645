//! The way to a server: who answers there, with which key, and how datagrams fare.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::limits::HELLO_LEN;
use chinwag_proto::weather::Spec;
use chinwag_proto::wire::datagram::{Hello, VersionRange};
use chinwag_proto::wire::id::PublicKey;

use crate::cli::failure::Failure;
use crate::cli::looking::Echo;
use crate::cli::{session, start};
use crate::client::ServerName;
use crate::config::{Home, read_join_key};
use crate::drive::{self, Clock, Handle, Inline, Options, entropy};
use crate::measure::{Command, Measurement, Notice};
use crate::net::{self, Refusals};
use crate::words;

use super::args::Doctor;
use super::firewall::{Firewall, Need};
use super::lengths::Lengths;
use super::measured::{self, Here};
use super::refusal::{Refusal, What};
use super::report::Report;

/// How long a measurement may take, on the slowest path.
const MEASURED_WITHIN: Duration = Duration::from_secs(15);

/// How long a server on this very machine may take to answer.
const AT_HOME: Duration = Duration::from_secs(1);

/// Looks at the way to a server. Gives its key, if it has proved one, and where.
pub(super) fn look(
    report: &mut Report,
    home: &Home,
    server: &ServerName,
    firewall: &Firewall,
    args: &Doctor,
) -> Result<Option<(PublicKey, SocketAddr)>, Failure> {
    let server = &session::settled(home, server.clone(), false, Echo::On)?;
    let pinned = home.known_servers().key_of(server.as_str())?;
    let addrs = match session::where_is(home, server, pinned) {
        Ok(addrs) => addrs,
        Err(failure) => {
            report.problem("address", &failure.to_string(), "chinwag find    # who answers here, and where");
            return Ok(None);
        }
    };
    let shown: Vec<_> = addrs.iter().map(ToString::to_string).collect();
    let shown = shown.join(", ");
    let is_one = shown == server.as_str();
    report.ok("address", &if is_one { format!("{shown}, as it was given") } else { format!("{server} is {shown}") });
    let join_key = args.join_key_file.as_deref().map(read_join_key).transpose()?;
    let enrolled = home.recent().name_on(server.as_str())?.is_some();
    let target = Target { addrs, pin: pinned, join_key, enrolled };
    let (measurement, refusals) = start_measurement(home, args.weather.spec.as_ref())?;
    let mut visit = Visit { report, home, server, firewall, target, pinned, refusals, refused_before: 0, proved: None };
    visit.go(&measurement, args.timeout);
    let proved = visit.proved;
    let _ = measurement.stop();
    Ok(proved)
}

/// One way that is being tried.
struct Visit<'a> {
    report: &'a mut Report,
    home: &'a Home,
    server: &'a ServerName,
    firewall: &'a Firewall,
    /// Where, and which key must answer: the one that is trusted, or else the one that was seen there.
    target: Target,
    pinned: Option<PublicKey>,
    /// What the system does not send of it,
    refusals: Refusals,
    /// and how many datagrams it had refused when the session began.
    refused_before: u64,
    /// The key that was proved, and where.
    proved: Option<(PublicKey, SocketAddr)>,
}

/// What is to be done after a notice.
enum Next {
    Listen,
    /// The key that answered is the one to expect.
    TryAgain,
    Enough,
}

impl<'a> Visit<'a> {
    /// Tries it, until it is measured or there is nothing to measure.
    fn go(&mut self, measurement: &Handle<Measurement>, timeout: Duration) {
        // A loop that has ended gives no notice, either.
        let _ = measurement.send(Command::Try(self.target.clone()));
        loop {
            let patience = if self.proved.is_some() { MEASURED_WITHIN } else { timeout };
            let Ok(Some(notice)) = measurement.recv_timeout(patience) else {
                return if self.proved.is_some() { self.ended() } else { self.silent() };
            };
            match self.hear(notice, timeout) {
                Next::Listen => {}
                Next::TryAgain => drop(measurement.send(Command::Try(self.target.clone()))),
                Next::Enough => return,
            }
        }
    }

    fn hear(&mut self, notice: Notice, timeout: Duration) -> Next {
        match notice {
            Notice::Unanswered { elapsed, .. } if elapsed < timeout => return Next::Listen,
            Notice::Unanswered { .. } => self.silent(),
            Notice::Key { key, .. } => {
                self.new_key(key);
                return Next::TryAgain;
            }
            Notice::Up { addr } => {
                self.proved_at(addr);
                return Next::Listen;
            }
            Notice::WrongKey { seen } => self.wrong_key(seen),
            Notice::WrongVersion { theirs } => {
                let finding = words::wrong_version(VersionRange::OURS, theirs);
                self.report.problem("version", &finding, "chinwag --version    # here and there");
            }
            Notice::JoinKeyRefused => {
                let finding = "the server asks new devices for a join key: the way can't be measured without";
                let fix = format!("chinwag doctor {} --join-key-file FILE", self.server);
                self.report.problem("join key", finding, &fix);
            }
            Notice::Ended => self.ended(),
            Notice::Measured(measured) => {
                if let Some(here) = self.here() {
                    measured::judge(self.report, &here, &measured);
                }
            }
            Notice::Stopped => {}
        }
        Next::Enough
    }

    fn new_key(&mut self, seen: PublicKey) {
        self.target.pin = Some(seen);
        let fix = format!("chinwag{} trust {} {seen}    # if its owner says so", self.home.flag(), self.server);
        let finding = format!("{seen} is new to this device: compare it with the server's");
        self.report.warning("key", &finding, &fix);
    }

    fn wrong_key(&mut self, seen: PublicKey) {
        let trusted = self.pinned.map_or_else(String::new, |key| format!("; trusted is {key}"));
        let fix = format!("chinwag{} trust {} {seen}    # only if its owner says so", self.home.flag(), self.server);
        self.report.problem("key", &format!("the key HAS CHANGED: {seen} answers{trusted}"), &fix);
    }

    fn proved_at(&mut self, addr: SocketAddr) {
        if let Some(known) = self.pinned {
            self.report.ok("key", &format!("{known} is the one that is trusted"));
        }
        self.report.ok("handshake", &format!("{addr} has proved its key"));
        self.refused_before = self.refusals.counted(addr).map_or(0, |(count, _)| count);
        self.proved = self.target.pin.map(|key| (key, addr));
    }

    /// What this machine did with what was to be measured.
    fn here(&self) -> Option<Here<'a>> {
        let (_, addr) = self.proved?;
        let counted = self.refusals.counted(addr).filter(|(count, _)| *count > self.refused_before);
        let refused = counted.map(|(count, why)| (count - self.refused_before, why));
        Some(Here { addr, refused, lengths: Lengths::to(addr), firewall: self.firewall })
    }

    /// It ended too early.
    fn ended(&mut self) {
        let finding = "the session ended while it was measured";
        if let Some(here) = self.here()
            && let Lengths::None(error) = &here.lengths
        {
            let Refusal { cause, fix } = here.refusal(error);
            let finding = format!("{finding}: this machine sends nothing more to {}: {cause}", here.addr);
            return self.report.problem("session", &finding, &fix);
        }
        self.report.problem("session", finding, "chinwag admin status    # there: is this network allowed?");
    }

    fn silent(&mut self) {
        silent(self.report, self.server, &self.target.addrs, self.firewall);
    }
}

/// Whether it is a server of chinwag that has a port of this machine, and with which key if it says so.
pub(super) fn at_home(home: &Home, addrs: Vec<SocketAddr>) -> Result<Option<Option<PublicKey>>, Failure> {
    let (measurement, _) = start_measurement(home, None)?;
    let _ = measurement.send(Command::Try(Target { addrs, pin: None, join_key: None, enrolled: false }));
    let who = loop {
        match measurement.recv_timeout(AT_HOME) {
            Ok(Some(Notice::Key { key, .. })) => break Some(Some(key)),
            Ok(Some(Notice::WrongVersion { .. } | Notice::JoinKeyRefused)) => break Some(None),
            Ok(Some(Notice::Unanswered { elapsed, .. })) if elapsed < AT_HOME => {}
            Ok(_) | Err(_) => break None,
        }
    };
    let _ = measurement.stop();
    Ok(who)
}

/// As this device, if it has an identity; a visit to the doctor makes none.
fn start_measurement(home: &Home, weather: Option<&Spec>) -> Result<(Handle<Measurement>, Refusals), Failure> {
    let mut rng = entropy::rng().map_err(Failure::system)?;
    let file = home.device_key();
    let secret = if file.path().exists() { file.secret(|| rng.bytes())? } else { rng.bytes() };
    let socket = net::bind((std::net::Ipv6Addr::UNSPECIFIED, 0).into())?;
    let refusals = socket.refusals();
    let options = Options { weather: start::with_seed(weather)?, ..Options::new(Clock::start()) };
    let worker = Box::new(Inline(|never: std::convert::Infallible| match never {}));
    let measurement =
        drive::spawn(Measurement::new(KeyPair::from_secret(secret), rng.bytes()), socket, worker, options);
    Ok((measurement.map_err(Failure::system)?, refusals))
}

fn silent(report: &mut Report, server: &ServerName, addrs: &[SocketAddr], firewall: &Firewall) {
    if let Some((addr, error)) = refused(addrs) {
        let Refusal { cause, fix } = Refusal::of(What::Send, &error, addr.ip(), firewall, Need::Calling(addr.port()));
        let finding = format!("this machine sends nothing to {addr}: {cause}");
        return report.problem("answer", &finding, &fix);
    }
    let ports: BTreeSet<_> = addrs.iter().map(SocketAddr::port).collect();
    let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
    // What comes back to a question passes nearly every firewall: it is the other machine's that matters.
    let fix = match addrs.iter().find(|addr| addr.ip().to_canonical().is_loopback()) {
        Some(addr) => format!("chinwag serve; {}", firewall.opens(Need::Calls(addr.port()))),
        None => format!(
            "chinwag serve    # there; if it runs: does a firewall there let UDP to port {} in?",
            ports.join(" or ")
        ),
    };
    let finding = format!("nothing answers at {server}: no server runs there, or a firewall drops UDP to its port");
    report.problem("answer", &finding, &fix);
}

/// The last of these addresses to which the system sends nothing, and why, if it is so with all of them.
fn refused(addrs: &[SocketAddr]) -> Option<(SocketAddr, std::io::Error)> {
    let socket = net::bind((std::net::Ipv6Addr::UNSPECIFIED, 0).into()).ok()?;
    let mut last = None;
    for addr in addrs {
        let mut hello = [0; HELLO_LEN];
        Hello { versions: VersionRange::OURS, nonce: [0; 16], capabilities: 0 }.encode(&mut hello);
        last = Some((*addr, socket.send(*addr, None, &hello).err()?));
    }
    last
}

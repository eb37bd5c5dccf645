//! The way to a server: who answers there, with which key, and how datagrams fare.

use std::net::SocketAddr;
use std::time::Duration;

use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::limits::{DATAGRAM_MAX_LEN, HELLO_LEN};
use chinwag_proto::weather::Spec;
use chinwag_proto::wire::datagram::{Hello, VersionRange};
use chinwag_proto::wire::id::PublicKey;

use crate::cli::failure::Failure;
use crate::cli::{session, start};
use crate::client::ServerName;
use crate::client_core::words;
use crate::config::{Home, read_join_key};
use crate::drive::{self, Clock, Handle, Inline, Options, entropy};
use crate::measure::{Command, Measured, Meter, Notice};
use crate::net;

use super::args::Doctor;
use super::firewall::{Firewall, Need};
use super::refusal::{Refusal, What};
use super::report::{Report, Verdict};
use super::there;

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
    let server = &session::settled(home, server.clone(), false)?;
    let pinned = home.known_servers().key_of(server.as_str())?;
    let addrs = match session::where_is(home, server, pinned) {
        Ok(addrs) => addrs,
        Err(failure) => {
            report.problem("address", &failure.to_string(), "chinwag find    # who answers here, and where");
            return Ok(None);
        }
    };
    let shown: Vec<_> = addrs.iter().map(ToString::to_string).collect();
    report.ok("address", &format!("{server} is {}", shown.join(", ")));
    let join_key = args.join_key_file.as_deref().map(read_join_key).transpose()?;
    let enrolled = home.recent().name_on(server.as_str())?.is_some();
    let target = Target { addrs, pin: pinned, join_key, enrolled };
    let meter = start_meter(home, args.weather.spec.as_ref())?;
    let mut visit = Visit { report, home, server, firewall, target, pinned, proved: None };
    visit.go(&meter, args.timeout);
    let proved = visit.proved;
    let _ = meter.stop();
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

impl Visit<'_> {
    /// Tries it, until it is measured or there is nothing to measure.
    fn go(&mut self, meter: &Handle<Meter>, timeout: Duration) {
        // A loop that has ended gives no notice, either.
        let _ = meter.send(Command::Try(self.target.clone()));
        loop {
            let patience = if self.proved.is_some() { MEASURED_WITHIN } else { timeout };
            let Ok(Some(notice)) = meter.recv_timeout(patience) else { return self.silent() };
            match self.hear(notice, timeout) {
                Next::Listen => {}
                Next::TryAgain => drop(meter.send(Command::Try(self.target.clone()))),
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
            Notice::Ended => {
                let finding = "the session ended while it was measured";
                let fix = "chinwag admin status    # there: is this network allowed?";
                self.report.problem("session", finding, fix);
            }
            Notice::Measured(measured) => judge(self.report, self.server, &measured),
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
        self.proved = self.target.pin.map(|key| (key, addr));
    }

    fn silent(&mut self) {
        silent(self.report, self.server, &self.target.addrs, self.firewall);
    }
}

/// Whether it is a server of chinwag that has a port of this machine, and with which key if it says so.
pub(super) fn at_home(home: &Home, addrs: Vec<SocketAddr>) -> Result<Option<Option<PublicKey>>, Failure> {
    let meter = start_meter(home, None)?;
    let _ = meter.send(Command::Try(Target { addrs, pin: None, join_key: None, enrolled: false }));
    let who = loop {
        match meter.recv_timeout(AT_HOME) {
            Ok(Some(Notice::Key { key, .. })) => break Some(Some(key)),
            Ok(Some(Notice::WrongVersion { .. } | Notice::JoinKeyRefused)) => break Some(None),
            Ok(Some(Notice::Unanswered { elapsed, .. })) if elapsed < AT_HOME => {}
            Ok(_) | Err(_) => break None,
        }
    };
    let _ = meter.stop();
    Ok(who)
}

/// As this device, if it has an identity; a visit to the doctor makes none.
fn start_meter(home: &Home, weather: Option<&Spec>) -> Result<Handle<Meter>, Failure> {
    let mut rng = entropy::rng().map_err(Failure::system)?;
    let file = home.device_key();
    let secret = if file.path().exists() { file.secret(|| rng.bytes())? } else { rng.bytes() };
    let socket = net::bind((std::net::Ipv6Addr::UNSPECIFIED, 0).into())?;
    let options = Options { weather: start::with_seed(weather)?, ..Options::new(Clock::start()) };
    let worker = Box::new(Inline(|never: std::convert::Infallible| match never {}));
    drive::spawn(Meter::new(KeyPair::from_secret(secret), rng.bytes()), socket, worker, options)
        .map_err(Failure::system)
}

fn silent(report: &mut Report, server: &ServerName, addrs: &[SocketAddr], firewall: &Firewall) {
    if let Some((addr, error)) = refused(addrs) {
        let Refusal { cause, fix } = Refusal::of(What::Send, &error, addr.ip(), firewall, Need::Calling);
        let finding = format!("this machine sends nothing to {addr}: {cause}");
        return report.problem("answer", &finding, &fix);
    }
    report.problem(
        "answer",
        &format!("nothing answers at {server}: no server runs there, or a firewall drops UDP to its port"),
        &format!("chinwag serve    # there; and if it is this machine's firewall: {}", firewall.opens(Need::Calls)),
    );
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

/// What was measured, by what a conversation needs.
fn judge(report: &mut Report, server: &ServerName, measured: &Measured) {
    let Measured { link, full_sent, full_answered, there } = measured;
    let ms = |us: u64| format!("{}.{:02} ms", us / 1_000, us % 1_000 / 10);
    let by = |is_ok: bool, is_warning: bool| match (is_ok, is_warning) {
        (true, _) => Verdict::Ok,
        (false, true) => Verdict::Warning,
        (false, false) => Verdict::Problem,
    };
    // A datagram whose acknowledgement was lost counts, too: it is the loss of the whole round.
    let (sent, lost) = (link.datagrams_sent.max(1), link.lost.saturating_sub(link.spurious));
    let per_mille = lost * 1_000 / sent;
    let finding =
        format!("{lost} of {sent} datagrams, or their acknowledgements ({}.{} %)", per_mille / 10, per_mille % 10);
    report.judge(
        "loss",
        by(per_mille <= 10, per_mille <= 150),
        &finding,
        &format!("mtr -u {}    # where they are lost", host(server)),
    );
    let (srtt, min, jitter) = (link.srtt_us, link.min_rtt_us, link.rttvar_us);
    let finding = format!("{} smoothed, {} at least", ms(srtt), ms(min));
    report.judge("rtt", by(srtt <= 100_000, srtt <= 1_000_000), &finding, &format!("ping -c 20 {}", host(server)));
    report.judge(
        "jitter",
        by(jitter <= 30_000, true),
        &ms(jitter),
        "iw dev    # on Wi-Fi: another channel, or a cable",
    );
    let (verdict, finding) = mtu(link.path_mtu, *full_sent, *full_answered);
    let fix = "ip link set dev IFACE mtu 1280    # of the tunnel or bridge that drops longer ones, at least";
    report.judge("mtu", verdict, &finding, fix);
    there::judge(report, link, there.as_ref());
}

/// Whether the way carries the longest datagrams. Where it does not, chat passes all the same, in more of them.
fn mtu(path_mtu: u32, sent: u32, answered: u32) -> (Verdict, String) {
    let full = u32::try_from(DATAGRAM_MAX_LEN).unwrap_or(u32::MAX);
    let verdict = match (path_mtu >= full, answered) {
        (true, answered) if answered == sent => Verdict::Ok,
        (false, answered) if answered == sent => Verdict::Warning,
        (_, 0) => Verdict::Problem,
        (..) => Verdict::Warning,
    };
    let finding = if path_mtu >= full {
        format!("{answered} of {sent} datagrams of {full} octets were answered, none was split")
    } else {
        let refused = format!("datagrams of {full} octets do not get through, those of up to {path_mtu} do");
        format!("{refused}; {answered} of {sent} long messages were answered, in shorter ones")
    };
    (verdict, finding)
}

fn host(server: &ServerName) -> &str {
    let name = server.as_str();
    name.rsplit_once(':').map_or(name, |(host, _)| host).trim_matches(['[', ']'])
}

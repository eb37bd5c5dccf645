//! Servers on the subnet, as whoever looks for one sees them; and where the server is that is called `lan:NAME`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use chinwag_discovery::{Command, Found, Notice};
use chinwag_drive::{Clock, Scout};
use chinwag_net::ResolveError;
use chinwag_proto::wire::id::PublicKey;

use super::error::ConnectError;
use super::server_name::ServerName;

/// Notices that wait for a slow reader; what comes then is heard with the next answer.
const NOTICES_MAX: usize = 1_024;
/// How long a name is asked for.
const ASK_FOR: Duration = Duration::from_secs(3);
/// Once the pinned one has spoken by itself, its answer has this long.
const ANSWER: Duration = Duration::from_millis(1_000);
/// Once one has answered to a name that is not pinned, another of that name has this long.
const OTHERS: Duration = Duration::from_millis(300);
/// Once the pinned one has answered, a copy of it has this long to do so, too.
const TWINS: Duration = Duration::from_millis(60);

/// Looks for servers, until this is dropped.
///
/// ```no_run
/// # fn main() -> Result<(), chinwag_client::ConnectError> {
/// use std::time::Duration;
///
/// use chinwag_client::{Heard, Look};
///
/// let look = Look::begin(Vec::new())?;
/// while let Some(heard) = look.next_within(Duration::from_secs(2)) {
///     if let Heard::Found(server) = heard {
///         println!("{} at {:?}, key {}", server.name, server.addrs, server.key());
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Look {
    /// Dropped before the discovery, which may wait for room here.
    notices: Receiver<Notice>,
    scout: Scout,
    /// While this is here, a discovery that has ended is one of which nothing comes.
    sender: SyncSender<Notice>,
}

impl Look {
    /// Begins to look. Servers with these keys, the most important first, are heard in any crowd of others.
    ///
    /// # Errors
    /// [`ConnectError::System`] where the system refuses a thread, a readiness queue, a timer or entropy.
    pub fn begin(expected: Vec<PublicKey>) -> Result<Self, ConnectError> {
        let (sender, notices) = sync_channel(NOTICES_MAX);
        let (to, keys) = (sender.clone(), expected.clone());
        let face = move |notice| match &notice {
            Notice::Found(found) if keys.contains(found.key()) => drop(to.send(notice)),
            Notice::Found(_) | Notice::Gone(_) | Notice::Asked | Notice::Twin(_) | Notice::Stopped => {
                drop(to.try_send(notice))
            }
        };
        let scout = Scout::start(face).map_err(ConnectError::System)?;
        scout.send(Command::Expect(expected));
        scout.send(Command::Seek);
        Ok(Self { notices, scout, sender })
    }

    /// Asks once more, now.
    pub fn again(&self) {
        self.scout.send(Command::Seek);
    }

    /// What ends a wait of another thread.
    #[must_use]
    pub fn waker(&self) -> Waker {
        Waker(self.sender.clone())
    }

    /// What comes within that time.
    #[must_use]
    pub fn next_within(&self, time: Duration) -> Option<Notice> {
        self.notices.recv_timeout(time).ok()
    }
}

/// Ends a wait for the next notice.
///
/// ```no_run
/// # fn main() -> Result<(), chinwag_client::ConnectError> {
/// use std::io::stdin;
/// use std::sync::mpsc::channel;
/// use std::thread;
/// use std::time::Duration;
///
/// use chinwag_client::{Heard, Look};
///
/// let look = Look::begin(Vec::new())?;
/// let (waker, (pressed, enter)) = (look.waker(), channel());
/// // Until somebody presses Enter.
/// thread::spawn(move || {
///     let read = stdin().read_line(&mut String::new());
///     if pressed.send(read).is_ok() {
///         waker.wake();
///     }
/// });
/// while enter.try_recv().is_err() {
///     if let Some(Heard::Found(server)) = look.next_within(Duration::from_secs(3_600)) {
///         println!("{}", server.name);
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Waker(SyncSender<Notice>);

impl Waker {
    /// Whoever waits gets a notice that says nothing.
    pub fn wake(&self) {
        // If there is no room, there is a notice.
        let _ = self.0.try_send(Notice::Asked);
    }
}

/// The addresses of a server: of the one whose key is trusted, if one is. Blocks while the system, or the subnet, is asked.
///
/// A bare name may be a host's or a server's on the subnet. Where a key is trusted, both are asked at once, since a resolver that
/// nobody answers takes its time: an address counts as soon as it is there where the name is known as a host's; the server with
/// that key counts as soon as it has answered for itself. Where no key is trusted, a host of that name wins.
///
/// ```no_run
/// # fn main() -> Result<(), chinwag_client::ConnectError> {
/// use chinwag_client::{ServerName, locate};
///
/// for addr in locate(&ServerName::of("lan:lab"), None)? {
///     println!("{addr}");
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
/// It is not found, or another one is: [`ConnectError::Server`], [`ConnectError::NotFound`], [`ConnectError::NoHost`],
/// [`ConnectError::Ambiguous`], [`ConnectError::Twins`], [`ConnectError::KeyChanged`].
pub fn locate(server: &ServerName, trusted: Option<PublicKey>) -> Result<Vec<SocketAddr>, ConnectError> {
    server.check()?;
    let on_subnet = |on_lan: &ServerName| search(&look_for(trusted)?, on_lan, trusted, || false);
    let bare = server.called();
    match (server.namesake(), server.host(), trusted) {
        // A stranger of that name on the subnet is not the host that this device knows.
        (Some(on_lan), _, Some(key)) => either(server, &on_lan, key, Counts::AtOnce),
        (_, Some(host), Some(key)) => either(&host, server, key, Counts::WithoutTheOther),
        (Some(on_lan), _, None) => match server.resolve() {
            Err(ResolveError::Unknown { .. }) => on_subnet(&on_lan).map_err(|error| nobody(bare, error)),
            resolved => Ok(resolved?),
        },
        (None, Some(_), None) => on_subnet(server).map_err(|error| nobody(bare, error)),
        (None, None, _) if server.is_on_lan() => on_subnet(server),
        (None, None, _) => Ok(server.resolve()?),
    }
}

/// Nobody has that bare name, as host or on the subnet.
fn nobody(bare: &str, error: ConnectError) -> ConnectError {
    let is_nobody = matches!(error, ConnectError::NotFound { .. } | ConnectError::KeyChanged { .. });
    if is_nobody { ConnectError::NoHost { called: bare.to_owned() } } else { error }
}

fn look_for(trusted: Option<PublicKey>) -> Result<Look, ConnectError> {
    Look::begin(trusted.into_iter().collect())
}

/// When the address of a host counts whose name may be that of a server on the subnet, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    /// The name is known as that of a host.
    AtOnce,
    /// It is known as that of a server on the subnet, and only where that is not there may the host be the same server.
    WithoutTheOther,
}

/// Asks the system for a host, and the subnet for the server with that key, at the same time.
fn either(
    host: &ServerName,
    on_lan: &ServerName,
    key: PublicKey,
    counts: Counts,
) -> Result<Vec<SocketAddr>, ConnectError> {
    let look = look_for(Some(key))?;
    let (resolved, answer) = sync_channel(1);
    let (asked, waker) = (host.clone(), look.waker());
    let resolve = move || {
        let _ = resolved.send(asked.resolve());
        waker.wake();
    };
    thread::Builder::new().name("resolve".to_owned()).spawn(resolve).map_err(ConnectError::System)?;
    let mut looked_up = None;
    let found = search(&look, on_lan, Some(key), || {
        looked_up = looked_up.take().or_else(|| answer.try_recv().ok());
        counts == Counts::AtOnce && looked_up.as_ref().is_some_and(Result::is_ok)
    });
    let error = match found {
        Ok(addrs) => return Ok(addrs),
        Err(error) => error,
    };
    if counts == Counts::AtOnce {
        // It is a host, whoever is not on the subnet.
        looked_up = looked_up.or_else(|| answer.recv().ok());
    }
    match looked_up {
        Some(Err(ResolveError::Unknown { .. })) => Err(nobody(host.called(), error)),
        Some(resolved) => Ok(resolved?),
        None => Err(error),
    }
}

/// Finds a server on the subnet, unless it `is_over` before that. Where two answer with one key, nobody who is new here is led to either;
/// who knows the key goes on, since it is the right one, and the log says so.
fn search(
    look: &Look,
    server: &ServerName,
    trusted: Option<PublicKey>,
    mut is_over: impl FnMut() -> bool,
) -> Result<Vec<SocketAddr>, ConnectError> {
    let clock = Clock::start();
    let mut until = clock.mono() + ASK_FOR;
    let mut named: BTreeMap<PublicKey, Found> = BTreeMap::new();
    let mut spoken: Option<Found> = None;
    while !is_over() && clock.mono() < until {
        let Some(Notice::Found(found)) = look.next_within(until.since(clock.mono())) else { continue };
        if trusted == Some(*found.key()) {
            let has_answered = found.has_answered();
            if has_answered && !spoken.as_ref().is_some_and(Found::has_answered) {
                until = until.min(clock.mono() + TWINS);
                look.again();
            } else if !has_answered {
                // Anybody can say where it is: it is asked itself.
                until = until.min(clock.mono() + ANSWER);
            }
            let has_twin = found.has_twin;
            spoken = Some(*found);
            if has_twin {
                break;
            }
            continue;
        }
        if ServerName::on_lan(&found.name) == *server {
            if trusted.is_none() && named.is_empty() {
                until = clock.mono() + OTHERS;
                look.again();
            }
            named.insert(*found.key(), *found);
        }
    }
    if let Some(found) = spoken {
        if found.has_twin {
            log::warn!("{}", ConnectError::Twins { server: server.to_string(), addrs: found.addrs.clone() });
        }
        return Ok(found.addrs);
    }
    let mut all = named.into_values();
    let server = || server.to_string();
    match (all.next(), all.next(), trusted) {
        (Some(found), _, Some(expected)) => {
            Err(ConnectError::KeyChanged { server: server(), expected, seen: *found.key() })
        }
        (Some(found), None, None) if found.has_twin => {
            Err(ConnectError::Twins { server: server(), addrs: found.addrs })
        }
        (Some(found), None, None) => Ok(found.addrs),
        (Some(one), Some(other), None) => {
            Err(ConnectError::Ambiguous { server: server(), keys: Box::new([*one.key(), *other.key()]) })
        }
        (None, _, _) => Err(ConnectError::NotFound { server: server(), asked_for: ASK_FOR }),
    }
}

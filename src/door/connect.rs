//! Connecting: who to be, whom to trust, how long to wait.

use std::fmt;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use chinwag_client_core::{self as core, Command, Connection, Login, Notice, Reads};
use chinwag_drive::{self as drive, Clock, Handle, Options, Worker, entropy};
use chinwag_home::Invite;
use chinwag_net as net;
use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::weather::Spec;
use chinwag_proto::wire::id::PublicKey;
use chinwag_proto::wire::message::{Away, Secret, hash, name};

use super::attendant::Attendant;
use super::client::{Client, Events};
use super::device::Device;
use super::error::ConnectError;
use super::find::locate;
use super::keeper::{Keeper, nothing};
use super::search::{Resolver, Search};
use super::server_name::ServerName;

/// How long an attempt waits for the first login, if nothing else is said.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whom to take for the server where this device does not know its key.
#[derive(Default)]
pub enum Trust {
    /// Nobody: its key must be known to this device, or stand in the invitation.
    #[default]
    Known,
    /// Whoever answers the first time, as SSH does if told so: from then on it is that one.
    New,
    /// Whoever this says yes to, once, and from then on that one. It is given the key, which says its fingerprint when it is
    /// displayed: a person can compare it with the one that the server shows.
    Ask(Box<dyn FnOnce(&PublicKey) -> bool + Send>),
}

/// A connection that is to be: made by [`Device::server`], begun by [`Self::connect`].
///
/// ```no_run
/// # fn main() -> Result<(), chinwag_client::ConnectError> {
/// use std::time::Duration;
///
/// use chinwag_client::{Device, Trust};
///
/// let device = Device::in_memory()?;
/// let ask = |key: &_| { println!("its fingerprint is {key}"); true };
/// let (client, events) = device.server("192.168.1.7")?.name("ann").trust(Trust::Ask(Box::new(ask))).connect()?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Connect {
    device: Device,
    server: ServerName,
    /// The key that an invitation says it has.
    invited: Option<PublicKey>,
    join_key: Option<[u8; 32]>,
    code: Option<Secret>,
    name: Option<String>,
    how: How,
    trust: Trust,
    patience: Option<Duration>,
    reads: Reads,
    follows_direct: bool,
    passes: bool,
    weather: Option<Spec>,
}

impl Device {
    /// Chooses a server: `HOST[:PORT]`, `lan:NAME` for one that is called so on this subnet, or an invitation
    /// (`chinwag://…`). Nothing is looked up yet.
    ///
    /// # Errors
    /// [`ConnectError::Server`] or [`ConnectError::Invitation`]: it can't be a server.
    pub fn server(&self, server: &str) -> Result<Connect, ConnectError> {
        Connect::new(self.clone(), server)
    }
}

/// How to become the account.
#[derive(Debug)]
enum How {
    /// By the device's key; a name that nobody has is taken.
    Device,
    Register(Option<Secret>),
    Enrol(Secret),
    Token(Secret),
}

impl Connect {
    pub(super) fn new(device: Device, server: &str) -> Result<Self, ConnectError> {
        let given = server.trim();
        let (server, invite) = if given.starts_with("chinwag:") {
            let invite: Invite = given.parse().map_err(|_| ConnectError::Invitation)?;
            (ServerName::of(&invite.host), Some(invite))
        } else {
            (ServerName::of(given), None)
        };
        server.check()?;
        let (invited, join_key, code) = match invite {
            Some(Invite { host: _, key, join, code }) => (Some(key), join, code),
            None => (None, None, None),
        };
        Ok(Self {
            device,
            server,
            invited,
            join_key,
            code,
            name: None,
            how: How::Device,
            trust: Trust::Known,
            patience: Some(PATIENCE),
            reads: Reads::Nobody,
            follows_direct: true,
            passes: false,
            weather: None,
        })
    }

    /// The account's name. Without it: the one that was used there last.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// Makes the account, with a password by which further devices may be enrolled. On a device that is enrolled already this
    /// says nothing.
    #[must_use]
    pub fn register(self, password: Option<Secret>) -> Self {
        Self { how: How::Register(password), ..self }
    }

    /// Enrols this device for an account by its password.
    #[must_use]
    pub fn password(self, password: Secret) -> Self {
        Self { how: How::Enrol(password), ..self }
    }

    /// Logs in by a token, as the account that it was made for.
    #[must_use]
    pub fn token(self, token: Secret) -> Self {
        Self { how: How::Token(token), ..self }
    }

    /// The key that the server asks new devices for.
    #[must_use]
    pub fn join_key(self, key: [u8; 32]) -> Self {
        Self { join_key: Some(key), ..self }
    }

    /// Whom to trust where the key is not known: nobody, unless this says otherwise.
    #[must_use]
    pub fn trust(self, trust: Trust) -> Self {
        Self { trust, ..self }
    }

    /// How long [`Self::connect`] waits for the first login: 10 s, unless this says otherwise. `None`: for ever.
    #[must_use]
    pub fn patience(self, patience: Option<Duration>) -> Self {
        Self { patience, ..self }
    }

    /// A person sees each message before the next event is asked for; and who may know.
    #[must_use]
    pub fn reads(self, reads: Reads) -> Self {
        Self { reads, ..self }
    }

    /// Whether to follow every direct message to the account, as it does unless this says otherwise, or only those of people
    /// that are asked for.
    #[must_use]
    pub fn follow_direct(self, follows_direct: bool) -> Self {
        Self { follows_direct, ..self }
    }

    /// Does one thing and goes: nobody is shown that this device is here.
    #[must_use]
    pub fn passing(self) -> Self {
        Self { passes: true, ..self }
    }

    /// Spoils this client's own datagrams, for tests.
    #[must_use]
    pub fn weather(self, weather: Spec) -> Self {
        Self { weather: Some(weather), ..self }
    }

    /// Connects, and waits until this device is logged in. From then on the client reconnects by itself, whatever happens to the
    /// network or the server.
    ///
    /// # Errors
    /// [`ConnectError`]. Nothing was sent to a server that is not trusted.
    pub fn connect(self) -> Result<(Client, Events), ConnectError> {
        let patience = self.patience;
        let (client, mut events) = self.begin(patience)?;
        events.wait_for_login()?;
        Ok((client, events))
    }

    /// As [`Self::connect`], without waiting for the login where the server's key is known: what is said before there is a
    /// connection is kept, and sent then. [`Event::Connected`](super::Event::Connected) tells of the login, and
    /// [`Event::Ended`](super::Event::Ended) of one that was refused.
    ///
    /// # Errors
    /// [`ConnectError`], as far as it is known at once.
    pub fn start(self) -> Result<(Client, Events), ConnectError> {
        self.begin(None)
    }

    fn begin(mut self, first_login: Option<Duration>) -> Result<(Client, Events), ConnectError> {
        let known = self.device.key_of(self.server.as_str())?;
        let key = match (known, self.invited) {
            (Some(expected), Some(seen)) if expected != seen => {
                return Err(ConnectError::KeyChanged { server: self.server.to_string(), expected, seen });
            }
            (known, invited) => known.or(invited),
        };
        let last = self.device.name_on(self.server.as_str())?;
        let enrolled = last.is_some();
        let name = self.account_name(last)?;
        let (key, addrs) = match key {
            // Where a known server is may be found out later: what is said to it is kept meanwhile.
            Some(key) => (key, self.server.literal().into_iter().collect()),
            None => self.meet()?,
        };
        let is_by_token = matches!(self.how, How::Token(_));
        let (account, login) = self.how.login(&name, enrolled, self.code.take());
        let config = core::Config {
            login,
            device: machine_name(),
            follow_direct: self.follows_direct,
            shown_by_face: true,
            reads: self.reads,
            ..core::Config::new(name)
        };
        let Self { device, server, join_key, passes, weather, .. } = self;
        let mut keeper = Keeper::open(&device, &key, &account)?;
        let config = keeper.fill(config)?;
        let (handle, refusals) = spawn(&device, config, weather.as_ref(), keeper.worker()?)?;
        if passes {
            // A loop that has ended says so to the attendant.
            let _ = handle.send(Command::Away(Away::Passing));
        }
        let target = Target { addrs: addrs.clone(), pin: Some(key), join_key, enrolled };
        let search = Search::new(addrs, resolver(&server, key));
        let (is_new, patience) = (known.is_none(), first_login);
        let attendant = Attendant { device, server, target, is_new, is_by_token, patience, search, refusals, keeper };
        attendant.begin(handle).map_err(ConnectError::System)
    }

    /// The name that was asked for, or the last one used there; a token has its own.
    fn account_name(&mut self, last: Option<String>) -> Result<String, ConnectError> {
        if matches!(self.how, How::Token(_)) {
            return Ok(String::new());
        }
        let name = self.name.take().or(last).ok_or_else(|| ConnectError::Name("under which name?".to_owned()))?;
        Ok(name::composed(&name).map_err(|error| ConnectError::Name(error.to_string()))?.into_owned())
    }

    /// The key and the addresses of a server that this device does not know, once it is trusted.
    fn meet(&mut self) -> Result<(PublicKey, Vec<SocketAddr>), ConnectError> {
        let addrs = locate(&self.server, None)?;
        let key = key_at(&self.device, &self.server, &addrs, self.weather.as_ref(), self.patience)?;
        let is_trusted = match std::mem::take(&mut self.trust) {
            Trust::Known => false,
            Trust::New => true,
            Trust::Ask(ask) => ask(&key),
        };
        if is_trusted {
            Ok((key, addrs))
        } else {
            Err(ConnectError::Untrusted { server: self.server.to_string(), key })
        }
    }
}

impl How {
    /// Under which account things are kept, and how to become it. A device that is enrolled already needs no password.
    fn login(self, name: &str, enrolled: bool, code: Option<Secret>) -> (String, Login) {
        let login = match self {
            Self::Token(token) => return (token_account(token.reveal()), Login::Token(token)),
            Self::Enrol(password) if !enrolled => Login::Enrol { password },
            Self::Register(password) if !enrolled => Login::Register { password, invite: code },
            Self::Device if !enrolled && code.is_some() => Login::Register { password: None, invite: code },
            Self::Device | Self::Register(_) | Self::Enrol(_) => Login::Device,
        };
        (name::fold(name), login)
    }
}

/// Asks a server that nobody trusts yet for its key. It proves to have it by the handshake; nothing else is said to it.
fn key_at(
    device: &Device,
    server: &ServerName,
    addrs: &[SocketAddr],
    weather: Option<&Spec>,
    patience: Option<Duration>,
) -> Result<PublicKey, ConnectError> {
    let (handle, refusals) = spawn(device, core::Config::new(""), weather, nothing())?;
    let target = Target { addrs: addrs.to_vec(), pin: None, join_key: None, enrolled: false };
    let stopped = |_| ConnectError::Stopped(None);
    handle.send(Command::Connect(target)).map_err(stopped)?;
    loop {
        let Notice::Connection(connection) = handle.recv().map_err(stopped)? else { continue };
        match connection {
            Connection::Unpinned { key, .. } => return Ok(key),
            Connection::WrongVersion { theirs } => return Err(ConnectError::Version(theirs)),
            Connection::Trying { attempts, elapsed } if patience.is_some_and(|patience| elapsed >= patience) => {
                return Err(ConnectError::NoAnswer {
                    server: server.to_string(),
                    addrs: addrs.to_vec(),
                    attempts,
                    elapsed,
                    refused: refusals.all(),
                    why: None,
                });
            }
            // Nothing else comes of a server that is only asked for its key.
            Connection::Trying { .. }
            | Connection::WrongKey { .. }
            | Connection::JoinKeyRefused
            | Connection::Up { .. }
            | Connection::LoggedIn { .. }
            | Connection::LoginRefused(_)
            | Connection::Suspect
            | Connection::Alive
            | Connection::Lost { .. }
            | Connection::Ended { .. } => {}
        }
    }
}

type Saver = Box<dyn Worker<core::Save, core::Saved>>;

fn spawn(
    device: &Device,
    config: core::Config,
    weather: Option<&Spec>,
    saver: Saver,
) -> Result<(Handle<core::Client>, net::Refusals), ConnectError> {
    let mut rng = entropy::rng().map_err(ConnectError::System)?;
    let node = core::Client::new(config, KeyPair::from_secret(device.secret), rng.bytes());
    let socket = net::bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)))?;
    let refusals = socket.refusals();
    let options = Options { weather: weather.cloned(), ..Options::new(Clock::start()) };
    let handle = drive::spawn(node, socket, saver, options).map_err(ConnectError::System)?;
    Ok((handle, refusals))
}

/// How to find out where a server is, unless it is named by an address.
fn resolver(server: &ServerName, key: PublicKey) -> Option<Resolver<Arc<ConnectError>>> {
    if server.literal().is_some() {
        return None;
    }
    let server = server.clone();
    Some(Arc::new(move || locate(&server, Some(key)).map_err(Arc::new)))
}

/// Whose the things are that are kept for a token: its hash says nothing of it.
#[must_use]
pub fn token_account(token: &str) -> String {
    let hex: String = hash(token.as_bytes())[..16].iter().map(|octet| format!("{octet:02x}")).collect();
    format!("token {hex}")
}

/// What this machine is called: by its system, or else `chinwag`. Safe to show.
#[must_use]
pub fn machine_name() -> String {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let told = told.or_else(|| std::env::var("COMPUTERNAME").ok()).or_else(|| std::env::var("HOSTNAME").ok());
    told.map(|name| chinwag_proto::wire::message::visible::to_line(name.trim()))
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "chinwag".to_owned())
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known => "Known",
            Self::New => "New",
            Self::Ask(_) => "Ask(..)",
        })
    }
}

//! Connecting: who to be, whom to trust, how long to wait.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chinwag_client_core::{self as core, Command, Login, Reads};
use chinwag_home::Invite;
use chinwag_proto::endpoint::Target;
use chinwag_proto::weather::Spec;
use chinwag_proto::wire::id::PublicKey;
use chinwag_proto::wire::message::{Away, Secret, name};

use super::ask_key::{Unanswered, key_at, spawn};
use super::attendant;
use super::client::Client;
use super::device::Device;
use super::error::{ConnectError, Silence};
use super::events::Events;
use super::find::locate;
use super::how::How;
use super::keeper::Keeper;
use super::search::{Resolver, Search};
use super::server_name::ServerName;
use super::session::{Notices, Session, is_same};
use super::trust::Trust;

/// How long an attempt waits for the first login, if nothing else is said.
const PATIENCE: Duration = Duration::from_secs(10);

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
    /// The key that it must have: an invitation says so, or whoever has been asked.
    expected: Option<PublicKey>,
    /// Where it is, if that was found out already.
    addrs: Option<Vec<SocketAddr>>,
    join_key: Option<[u8; 32]>,
    code: Option<Secret>,
    name: Option<String>,
    how: How,
    trust: Trust,
    /// `None`: nothing was said of it.
    patience: Option<Option<Duration>>,
    reads: Reads,
    follows_direct: bool,
    whole_screen: bool,
    shows_outbox: bool,
    passes: bool,
    weather: Option<Spec>,
    unanswered: Unanswered,
}

impl Device {
    /// Chooses a server: `HOST[:PORT]`, `lan:NAME` for one that is called so on this subnet, a bare `NAME` that is what this device knows it
    /// as, or else a host's, or else such a server's, or an invitation (`chinwag://…`). Nothing is looked up yet.
    ///
    /// # Errors
    /// [`ConnectError::Server`] or [`ConnectError::Invitation`]: it can't be a server.
    pub fn server(&self, server: &str) -> Result<Connect, ConnectError> {
        let given = server.trim();
        if !given.starts_with("chinwag:") {
            return self.server_named(ServerName::of(given));
        }
        let Invite { host, key, join, code } = given.parse().map_err(|_| ConnectError::Invitation)?;
        let connect = self.server_named(ServerName::of(&host))?;
        Ok(Connect { expected: Some(key), join_key: join, code, ..connect })
    }

    /// Chooses a server by a name that was read before.
    ///
    /// # Errors
    /// [`ConnectError::Server`]: it can't be a server.
    pub fn server_named(&self, server: ServerName) -> Result<Connect, ConnectError> {
        Connect::new(self.clone(), server)
    }
}

impl Connect {
    fn new(device: Device, server: ServerName) -> Result<Self, ConnectError> {
        server.check()?;
        Ok(Self {
            device,
            server,
            expected: None,
            addrs: None,
            join_key: None,
            code: None,
            name: None,
            how: How::Device,
            trust: Trust::Known,
            patience: None,
            reads: Reads::Nobody,
            follows_direct: true,
            whole_screen: false,
            shows_outbox: false,
            passes: false,
            weather: None,
            unanswered: Unanswered(Box::new(|_| {})),
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

    /// Logs in in this way, whatever the device is: one that was enrolled is enrolled once more.
    #[must_use]
    pub fn login(self, login: Login) -> Self {
        Self { how: How::So(login), ..self }
    }

    /// The code of an invitation, where the server registers only those who were invited.
    #[must_use]
    pub fn invite(self, code: Secret) -> Self {
        Self { code: Some(code), ..self }
    }

    /// The key that the server must have; it is trusted once it is proved.
    #[must_use]
    pub fn key(self, key: PublicKey) -> Self {
        Self { expected: Some(key), ..self }
    }

    /// Where the server is, if that is known already.
    #[must_use]
    pub fn at(self, addrs: Vec<SocketAddr>) -> Self {
        Self { addrs: Some(addrs), ..self }
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

    /// How long nobody may answer before the first login, until it is no use to go on. `None`: for ever. Unless this says
    /// otherwise, 10 s where somebody waits for the login or for a key, and for ever where nobody does ([`Self::start`]).
    #[must_use]
    pub fn patience(self, patience: Option<Duration>) -> Self {
        Self { patience: Some(patience), ..self }
    }

    /// Tells this, from whatever thread, each time that a server that is asked for its key has not answered.
    #[must_use]
    pub fn while_unanswered(self, tell: impl FnMut(&Silence) + Send + 'static) -> Self {
        Self { unanswered: Unanswered(Box::new(tell)), ..self }
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

    /// Everything is shown at once: who is in each room is told whenever that changes, and how good the link is.
    #[must_use]
    pub fn whole_screen(self, whole_screen: bool) -> Self {
        Self { whole_screen, ..self }
    }

    /// The face of a [`Session`] shows what earlier programs of this device had said and nobody has answered
    /// ([`Session::take_outbox`]), and learns what becomes of it as of what it says itself.
    #[must_use]
    pub fn shows_outbox(self, shows_outbox: bool) -> Self {
        Self { shows_outbox, ..self }
    }

    /// Says or asks one thing and goes: nobody is shown that this device is here, what is said in rooms is not given to it and
    /// counts as unread, and what it has said is given up where it is not let in ([`Client::withdraw`]), rather than kept for the
    /// next program.
    #[must_use]
    pub fn passing(self) -> Self {
        Self { passes: true, ..self }
    }

    /// Spoils this client's own datagrams, for tests.
    #[must_use]
    pub fn weather(self, weather: Spec) -> Self {
        Self { weather: Some(weather), ..self }
    }

    /// Finds out the server's key, unless it is known, and whether it is to be trusted. What was found out is not asked for
    /// again: so a person need not type a password before it is known for whom.
    ///
    /// ```no_run
    /// # #[cfg(feature = "sqlite")]
    /// # fn run() -> Result<(), chinwag_client::ConnectError> {
    /// use chinwag_client::{ConnectError, Device, Secret};
    ///
    /// let device = Device::open("ann.home")?;
    /// let mut connect = device.server("lab")?.name("ann");
    /// if let Err(ConnectError::Untrusted { key, .. }) = connect.identify() {
    ///     println!("new here; does this server show {key}?");
    ///     connect = connect.key(key);
    /// }
    /// let (client, events) = connect.password(Secret::from("correct horse".to_owned())).connect()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ConnectError::Untrusted`] where nobody says that the key is to be trusted, [`ConnectError::KeyChanged`] where another one
    /// is; or there is no answer.
    pub fn identify(&mut self) -> Result<PublicKey, ConnectError> {
        self.settle()?;
        let known = self.device.key_of(self.server.as_str())?;
        match (known, self.expected) {
            (Some(expected), Some(seen)) if expected != seen => {
                return Err(ConnectError::KeyChanged { server: self.server.to_string(), expected, seen });
            }
            (known, expected) => {
                if let Some(key) = known.or(expected) {
                    return Ok(key);
                }
            }
        }
        let key = self.ask_key()?;
        let is_trusted = match std::mem::take(&mut self.trust) {
            Trust::Known => false,
            Trust::New => true,
            Trust::Ask(ask) => ask(&key),
        };
        if !is_trusted {
            return Err(ConnectError::Untrusted { server: self.server.to_string(), key });
        }
        self.expected = Some(key);
        Ok(key)
    }

    /// Asks whoever answers for its key, whether one is known or not. It proves to have it by the handshake; nothing else is said
    /// to it.
    ///
    /// # Errors
    /// It is not found, or does not answer.
    pub fn ask_key(&mut self) -> Result<PublicKey, ConnectError> {
        self.settle()?;
        let addrs = match self.addrs.take() {
            Some(addrs) => addrs,
            None => locate(&self.server, None)?,
        };
        let addrs = self.addrs.insert(addrs);
        key_at(
            &self.device,
            &self.server,
            addrs,
            self.weather.as_ref(),
            self.patience.unwrap_or(Some(PATIENCE)),
            &mut self.unanswered,
        )
    }

    /// Connects, and waits until this device is logged in. From then on the client reconnects by itself, whatever happens to the
    /// network or the server.
    ///
    /// # Errors
    /// [`ConnectError`]. Nothing was sent to a server that is not trusted.
    pub fn connect(self) -> Result<(Client, Events), ConnectError> {
        let (session, notices) = self.session()?;
        let (client, mut events) = attendant::begin(session, notices).map_err(ConnectError::System)?;
        events.wait_for_login()?;
        Ok((client, events))
    }

    /// As [`Self::connect`], without waiting for the login where the server's key is known: what is said before there is a
    /// connection is kept, and sent then. [`Change::Connected`](super::Change::Connected) tells of the login, and
    /// [`Event::Ended`](super::Event::Ended) of one that was refused.
    ///
    /// ```no_run
    /// # #[cfg(feature = "sqlite")]
    /// # fn run() -> Result<(), chinwag_client::ConnectError> {
    /// use chinwag_client::{Change, Device, Event};
    ///
    /// let (client, events) = Device::open("bot.home")?.server("lab")?.name("bot").start()?;
    /// client.join("builds");
    /// drop(client.say("builds", "I am back as soon as the server is"));
    /// for event in events {
    ///     match event {
    ///         Event::Connection(Change::Unanswered(silence)) => eprintln!("{} attempts", silence.attempts),
    ///         Event::Ended(error) => return Err(error),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ConnectError`], as far as it is known at once.
    pub fn start(self) -> Result<(Client, Events), ConnectError> {
        let patience = self.patience.unwrap_or(None);
        let (session, notices) = self.patience(patience).session()?;
        attendant::begin(session, notices).map_err(ConnectError::System)
    }

    /// As [`Self::start`], for a program that takes what the machine below tells as it comes. Where nobody answers within
    /// [`Self::patience`], it is no use to go on.
    ///
    /// # Errors
    /// [`ConnectError`], as far as it is known at once.
    pub fn session(mut self) -> Result<(Session, Notices), ConnectError> {
        self.settle()?;
        let is_new = self.device.key_of(self.server.as_str())?.is_none();
        let last = self.device.name_on(self.server.as_str())?;
        let name = self.account_name(last.as_deref())?;
        let key = self.identify()?;
        let is_by_token = matches!(self.how, How::Token(_) | How::So(Login::Token(_)));
        let last = last.filter(|_| !is_by_token);
        let (was_let_in, enrolled) = (is_same(last.as_deref(), &name), last.is_some());
        let (account, login) = self.how.login(&name, enrolled, self.code.take());
        let config = core::Config {
            login,
            device: machine_name(),
            follow_direct: self.follows_direct,
            shown_by_face: true,
            whole_screen: self.whole_screen,
            shows_outbox: self.shows_outbox,
            reads: self.reads,
            ..core::Config::new(name)
        };
        let Self { device, server, join_key, passes, patience, weather, addrs, .. } = self;
        // Where a known server is may be found out later: what is said to it is kept meanwhile.
        let patience = patience.unwrap_or(Some(PATIENCE));
        let addrs = addrs.unwrap_or_else(|| server.literal().into_iter().collect());
        let mut keeper = Keeper::open(&device, &key, &account)?;
        let (config, kept) = keeper.fill(config)?;
        let outbox = if config.shows_outbox { config.outbox.clone() } else { Vec::new() };
        let (notices, refusals) = spawn(&device, config, weather.as_ref(), keeper.worker()?)?;
        let commands = notices.commands();
        let target = Target { addrs: addrs.clone(), pin: Some(key), join_key, enrolled };
        let search = Search::new(addrs, resolver(&server, key));
        let (was_up, goes_on_refused) = (false, false);
        let session = Session {
            device,
            server,
            target,
            is_new,
            is_by_token,
            was_let_in,
            was_up,
            passes,
            goes_on_refused,
            patience,
            search,
            refusals,
            keeper,
            kept,
            outbox,
            commands,
        };
        if passes {
            session.command(Command::Away(Away::Passing));
        }
        session.begin();
        Ok((session, notices))
    }

    /// Finds out whether a bare name is that of a host or of a server on the subnet.
    fn settle(&mut self) -> Result<(), ConnectError> {
        let is_known = |spelling: &str| Ok::<_, ConnectError>(self.device.key_of(spelling)?.is_some());
        if self.addrs.is_none() {
            self.server = self.server.clone().settle(self.expected.is_some(), is_known)?;
        }
        Ok(())
    }

    /// The name that was asked for, or the last one used there; a token has its own.
    fn account_name(&self, last: Option<&str>) -> Result<String, ConnectError> {
        if matches!(self.how, How::Token(_) | How::So(Login::Token(_))) {
            return Ok(String::new());
        }
        let name = self.name.as_deref().or(last);
        Ok(name::composed(name.ok_or(ConnectError::NoName)?)?.into_owned())
    }
}

/// How to find out where a server is, unless it is named by an address.
fn resolver(server: &ServerName, key: PublicKey) -> Option<Resolver<Arc<ConnectError>>> {
    if server.literal().is_some() {
        return None;
    }
    let server = server.clone();
    Some(Arc::new(move || locate(&server, Some(key)).map_err(Arc::new)))
}

/// What this machine is called: by its system, or else `chinwag`. Safe to show.
///
/// ```
/// assert!(!chinwag_client::machine_name().is_empty());
/// ```
#[must_use]
pub fn machine_name() -> String {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let told = told.or_else(|| std::env::var("COMPUTERNAME").ok()).or_else(|| std::env::var("HOSTNAME").ok());
    told.map(|name| chinwag_proto::wire::message::visible::to_line(name.trim()))
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "chinwag".to_owned())
}

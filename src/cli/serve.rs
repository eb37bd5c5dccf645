//! `chinwag serve`: a server on a socket, until someone stops it.

mod admission;
mod auth;
mod clock;
mod descriptors;
pub(super) mod lost;
mod reload;
mod service;
mod socket;

use std::collections::BTreeMap;
use std::net::{Ipv6Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use chinwag_proto::endpoint::KeyPair;
use chinwag_proto::limits::CHAT_PORT;
use chinwag_proto::rng::Rng;
use chinwag_proto::weather::Spec;
use chinwag_proto::wire::datagram::BeaconFlags;
use chinwag_proto::wire::id::PublicKey;
use chinwag_proto::wire::message::{Role, name};

use crate::admin::{ContactInfo, StatusSource, serve_metrics};
use crate::auth::Program;
use crate::config::{Home, join_key};
use crate::discovery;
use crate::drive::{self, Clock, Commands, Handle, Options, entropy};
use crate::host::{Listening, Workers};
use crate::net;
use crate::render::render_text;
use crate::server::{Command, Config, Damage, Full, Notice, Quotas, Server, Status};
use crate::store::memory::Memory;
use crate::store::sqlite::{Reader, Sqlite};
use crate::store::{Store as _, StoreError};

use self::admission::Lists;
use self::reload::Reload;
use self::socket::Socket;
use super::announce::{self, Announced, Announcement};
use super::config::{SERVE, Typed};
use super::failure::{Exit, Failure};
use super::looking::{Echo, while_looking_for};
use super::output::say;
use super::size::Size;
use super::{args, start};

/// Whether a server could be set up so; whatever is wrong is said of the place where it was set.
pub(super) fn check(typed: &Typed, args: &args::Serve) -> Result<(), Failure> {
    let of = |key| move |failure| typed.blame(SERVE, key, failure);
    where_to_listen(args.listen.as_deref()).map_err(of("listen"))?;
    auth::program(args).map_err(of("auth-command"))?;
    // A network that is none is of the command line itself: those of the file and of the environment were looked over.
    let is_of_file = |failure: &Failure| failure.exit == Exit::Configuration;
    let of_file = of("admission-file");
    Lists::new(args).read().map_err(|failure| if is_of_file(&failure) { of_file(failure) } else { failure })?;
    match args.metrics {
        Some(addr) => check_metrics(addr, args.metrics_public).map_err(of("metrics")),
        None => Ok(()),
    }
}

pub(super) fn run(typed: &Typed, args: &args::Serve) -> Result<(), Failure> {
    let home = &typed.home;
    check(typed, args)?;
    let mut rng = entropy::rng().map_err(Failure::system)?;
    let listen = where_to_listen(args.listen.as_deref())?;
    let lists = Lists::new(args);
    let config = Config {
        name: args.name.clone().unwrap_or_else(crate::client::machine_name),
        join_key: args.join_key_file.as_deref().map(|path| join_key(path, || rng.bytes())).transpose()?,
        registration: crate::admin::Registering::from(args.register).into(),
        auth_grace: auth::grace(args),
        admission: lists.read()?,
        banned: home.banned().all()?,
        messages_per_s: (args.message_rate > 0).then_some(args.message_rate),
        quotas: quotas(args),
        octets_per_s: (args.octet_rate > 0).then_some(args.octet_rate),
        ..Config::default()
    };
    let (durability, is_new) = (args.durability, args.new_store);
    let (weather, program) = (args.weather.spec.clone(), auth::program(args)?);
    let wanted = Wanted { listen, config, durability, is_new, program, weather };
    let metrics = args.metrics.map(metrics).transpose()?;
    let mut hosted = Hosted::start(home, wanted, &mut rng)?;
    if let Some(listener) = metrics {
        serve_metrics(listener, hosted.statuses.clone()).map_err(Failure::system)?;
    }
    if !args.hidden {
        hosted.announce(BeaconFlags::default(), |heard| {
            if let discovery::Notice::Twin(addr) = heard {
                log::warn!("{}", announce::twin(addr));
            }
        });
    }
    let _signals = watch(&hosted.commands(), hosted.reloads_by(typed)).map_err(Failure::system)?;
    say(&Listening(hosted.addr()).to_string());
    say(&format!("fingerprint {}", hosted.key));
    start::tell_weather(hosted.handle.weather_seed());
    service::ready(hosted.addr());
    if !hosted.is_kept {
        log::info!("rooms are in memory: they are gone when this server stops");
    }
    hosted.serve(args.stats_json.as_deref())
}

/// How much is kept.
fn quotas(args: &args::Serve) -> Quotas {
    let any = |bytes: u64| (bytes > 0).then_some(bytes);
    Quotas {
        account_bytes: any(args.account_quota.0),
        room_bytes: any(args.room_quota.0),
        server_bytes: any(args.server_quota.0),
    }
}

/// That a quota is nearly used up, and what helps.
fn near(what: &Full, used_bytes: u64, quota_bytes: u64) -> String {
    let (what, quota) = match what {
        Full::Account(name) => (format!("what {} wrote", render_text(name)), "account-quota"),
        Full::Room(name) => (format!("the room {}", render_text(name)), "room-quota"),
        Full::Server => ("everything that was said".to_owned(), "server-quota"),
    };
    format!(
        "{what} takes {} of {}; what is more will be refused: delete messages, let rooms forget (`chinwag admin retain`), or \
         raise {quota}",
        Size(used_bytes),
        Size(quota_bytes)
    )
}

/// Whether counters may be shown there.
fn check_metrics(addr: SocketAddr, is_public: bool) -> Result<(), Failure> {
    if addr.ip().to_canonical().is_loopback() || is_public {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{addr}: others could read there who talks how much; take 127.0.0.1:{}, or add --metrics-public (metrics-public = \
         true) if that is meant",
        addr.port()
    )))
}

/// The socket at which counters are asked for.
fn metrics(addr: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = net::listen(addr)?;
    log::info!("metrics at http://{}/metrics", listener.local_addr().map_err(Failure::system)?);
    Ok(listener)
}

/// How a server is wanted.
pub(super) struct Wanted {
    pub(super) listen: SocketAddr,
    pub(super) config: Config,
    pub(super) durability: args::Durability,
    /// Without a store, although there was one.
    pub(super) is_new: bool,
    /// Who vouches for accounts.
    pub(super) program: Option<Program>,
    pub(super) weather: Option<Spec>,
}

/// A server that runs in this process.
pub(super) struct Hosted {
    handle: Handle<Server>,
    statuses: StatusSource,
    reload: Arc<OnceLock<Reload>>,
    socket: Socket,
    lost: Option<lost::StoreWatch>,
    announced: Option<Announced>,
    company: Company,
    name: String,
    key: PublicKey,
    needs_join_key: bool,
    is_kept: bool,
    home: Home,
}

/// Who is there, for others who look on.
#[derive(Clone, Default)]
pub(super) struct Company(Arc<Mutex<BTreeMap<String, usize>>>);

impl Company {
    /// How many people are there beside that one.
    pub(super) fn others(&self, name: &str) -> usize {
        let folded = name::fold(name);
        self.people().keys().filter(|there| name::fold(there) != folded).count()
    }

    /// How many people are there.
    pub(super) fn len(&self) -> usize {
        self.people().len()
    }

    fn people(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn comes(&self, name: &str) {
        *self.people().entry(name.to_owned()).or_default() += 1;
    }

    fn goes(&self, name: &str) {
        let mut people = self.people();
        if let Some(sessions) = people.get_mut(name) {
            *sessions -= 1;
            if *sessions == 0 {
                people.remove(name);
            }
        }
    }
}

impl Hosted {
    /// Starts a server, of which nobody is told yet.
    pub(super) fn start(home: &Home, wanted: Wanted, rng: &mut Rng) -> Result<Self, Failure> {
        descriptors::check()?;
        let Wanted { listen, config, durability, is_new, program, weather } = wanted;
        let identity = KeyPair::from_secret(home.server_key().secret(|| rng.bytes())?);
        let (key, name) = (identity.public(), config.name.clone());
        let join_key = config.join_key;
        let socket = net::bind(listen)?;
        let Made { node, workers, reader, lost } = make(home, (durability, is_new), config, identity, rng)?;
        let options = Options { weather, ..Options::new(Clock::start()) };
        let workers = workers.asking(program.clone());
        let handle = drive::spawn(node, socket, Box::new(workers), options).map_err(Failure::system)?;
        let is_kept = reader.is_some();
        let (statuses, reload) = (StatusSource::new(handle.commands()), Arc::new(OnceLock::new()));
        let contact = ContactInfo { listens_on: handle.local_addr(), join_key };
        let socket = match reader {
            Some(reader) => {
                let local = socket::Local { reader, reload: Arc::clone(&reload), contact, program };
                Socket::open(home, &handle.commands(), &statuses, local)
            }
            None => Socket::closed(),
        };
        let (company, needs_join_key) = (Company::default(), join_key.is_some());
        Ok(Self {
            handle,
            statuses,
            reload,
            socket,
            lost,
            announced: None,
            company,
            name,
            key,
            needs_join_key,
            is_kept,
            home: home.clone(),
        })
    }

    /// Says on the subnet that it is here. Other servers that are heard of go to `heard`, from another thread.
    pub(super) fn announce(&mut self, flags: BeaconFlags, heard: impl Fn(discovery::Notice) + Send + 'static) {
        let flags = flags.with(BeaconFlags::JOIN_KEY_NEEDED, self.needs_join_key);
        let listens_on = self.handle.local_addr();
        // Nobody else can reach what listens on this machine only.
        if !listens_on.ip().is_loopback() {
            let announcement = Announcement { name: &self.name, key: self.key, listens_on, flags };
            self.announced = Some(Announced::start(&announcement, self.handle.commands(), heard));
        }
    }

    /// Where it listens.
    pub(super) fn addr(&self) -> SocketAddr {
        self.handle.local_addr()
    }

    /// Its key.
    pub(super) fn key(&self) -> PublicKey {
        self.key
    }

    /// What it is asked by.
    pub(super) fn commands(&self) -> Commands<Command> {
        self.handle.commands()
    }

    /// Who is there.
    pub(super) fn company(&self) -> Company {
        self.company.clone()
    }

    /// Its settings are those that were typed, and are read again when that is asked for.
    fn reloads_by(&self, typed: &Typed) -> Arc<OnceLock<Reload>> {
        let _ = self.reload.set(Reload::new(typed, self.handle.commands()));
        Arc::clone(&self.reload)
    }

    /// Looks for other servers as well.
    pub(super) fn seek(&self, expected: &[PublicKey]) {
        self.announced.iter().for_each(|announced| announced.seek(expected));
    }

    /// Logs what the server tells, until it has said goodbye.
    pub(super) fn serve(mut self, stats: Option<&Path>) -> Result<(), Failure> {
        let mut last = Status::default();
        let served = loop {
            let Ok(notice) = self.handle.recv() else {
                let why = self.handle.stop().err().map(|error| error.to_string());
                return Err(Failure::loop_ended(why));
            };
            match self.notice(notice, &mut last) {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(failure) => break Err(failure),
            }
        };
        drop(self.announced);
        // The last commits are done and the store is closed before the process ends.
        let stopped = self.handle.stop().map_err(Failure::system);
        self.socket.close();
        served.and(stopped)?;
        if let Some(path) = stats {
            write_stats(path, &last)?;
        }
        log::info!("stopped");
        Ok(())
    }

    /// Takes a notice. False if it was the last.
    fn notice(&mut self, notice: Notice, last: &mut Status) -> Result<bool, Failure> {
        self.statuses.notice(&notice);
        self.lost.iter_mut().for_each(|lost| lost.notice(&notice));
        match self.socket.notice(notice) {
            None
            | Some(
                Notice::Answered(..)
                | Notice::Peers(..)
                | Notice::Accounts(..)
                | Notice::Rooms(..)
                | Notice::Tokens(..)
                | Notice::Clock(..)
                | Notice::Quotas(..)
                | Notice::AgeUnsure(_)
                | Notice::OverAlready(..),
            ) => {}
            Some(Notice::LoggedIn { name, addr, device }) => {
                self.company.comes(&name);
                log::info!("{} logged in from {addr}, device {device}", render_text(&name));
            }
            Some(Notice::Left { name, addr, why }) => {
                name.iter().for_each(|name| self.company.goes(name));
                let why = render_text(&why);
                match name.as_deref().map(render_text) {
                    Some(name) => log::info!("{name} at {addr} is gone: {why}"),
                    // Whoever never logged in has only looked.
                    None => log::debug!("someone without a name at {addr} is gone: {why}"),
                }
            }
            Some(Notice::Status(status)) => *last = *status,
            Some(Notice::Beacon(beacon)) => {
                self.announced.iter_mut().for_each(|announced| announced.tell(beacon.clone()));
            }
            Some(Notice::QuotaNear { what, used_bytes, quota_bytes }) => {
                log::warn!("{}", near(&what, used_bytes, quota_bytes));
            }
            Some(Notice::StoreFull(true)) => {
                log::warn!("the store's disk is full: what is said is refused until there is room");
            }
            Some(Notice::StoreFull(false)) => log::info!("the store has room again: what is said is taken"),
            Some(Notice::WentBack { name, saw, back_to }) => log::warn!(
                "a device of {} saw message {saw} of a room whose log here is the same only up to {back_to}: the store was put \
                 back to an earlier state. Who was banned, which devices and tokens were revoked or added after that state has \
                 to be done again; clients go on with what is here, and say so",
                render_text(&name)
            ),
            Some(Notice::ClockTurned(turn)) => clock::say(turn),
            Some(Notice::RoleChanged { room, by, whom, role }) => self.role_changed((&by, &room), &whom, role),
            Some(Notice::Auth(news)) => auth::log(&news),
            Some(Notice::StoreDamaged(damage)) => log::error!("{}", damaged(&damage)),
            Some(Notice::StoreFailed(error @ StoreError::Damaged(_))) => {
                return Err(Failure::new(
                    Exit::Configuration,
                    format!(
                        "{error}; nothing can be stored any more, and the server ends: `chinwag admin repair` keeps what can be read, or \
                         go back to a backup"
                    ),
                ));
            }
            Some(Notice::StoreFailed(error)) => {
                return Err(Failure::new(
                    Exit::General,
                    format!("{error}; the server ends, what was acknowledged is safe"),
                ));
            }
            Some(Notice::Stopped) => return Ok(false),
        }
        Ok(true)
    }

    /// Somebody has another role in a room: that is on record, where anything outlives this process.
    fn role_changed(&self, by_in: (&str, &str), whom: &str, role: Role) {
        let role = match role {
            Role::Member => "a member",
            Role::Moderator => "a moderator",
            Role::Owner => "an owner",
        };
        if self.is_kept {
            super::admin::record_role(&self.home, by_in, &format!("made {whom} {role}"));
        }
    }
}

/// What can't be read any more, for the operator.
fn damaged(damage: &Damage) -> String {
    let what = match damage {
        Damage::Entries { room, first, last } => {
            format!("messages between {first} and {last} of {} can't be read", render_text(room))
        }
        Damage::Elsewhere => "something that was searched for or was to be changed can't be read".to_owned(),
    };
    format!(
        "the store is damaged: {what}; the rest goes on. `chinwag admin verify` says more, a backup or `chinwag admin repair` mends it"
    )
}

/// A server and the store that it goes on from.
struct Made {
    node: Server,
    workers: Workers,
    /// For the admin socket; `None` where nothing outlives the process.
    reader: Option<Reader>,
    lost: Option<lost::StoreWatch>,
}

fn make(
    home: &Home,
    (durability, is_new): (args::Durability, bool),
    config: Config,
    identity: KeyPair,
    rng: &mut Rng,
) -> Result<Made, Failure> {
    let failed = |error: StoreError| {
        let exit = if matches!(error, StoreError::Damaged(_)) { Exit::Configuration } else { Exit::General };
        Failure::new(exit, error.to_string())
    };
    let durability = match durability {
        args::Durability::Memory => {
            let mut store = Memory::new(rng.bytes());
            let node = Server::new(config, identity, store.snapshot().map_err(failed)?, rng.bytes());
            return Ok(Made { node, workers: Workers::in_memory(store), reader: None, lost: None });
        }
        args::Durability::Fsync => crate::store::sqlite::Durability::Fsync,
        args::Durability::Os => crate::store::sqlite::Durability::Os,
    };
    let mut lost = lost::StoreWatch::begin(home, is_new)?;
    let mut store =
        Sqlite::open(&home.server_data(), durability, rng.bytes()).map_err(|error| Failure::from(&error))?;
    let snapshot = store.snapshot().map_err(failed)?;
    lost.opened(home, !snapshot.accounts.is_empty())?;
    let node = Server::new(config, identity, snapshot, rng.bytes());
    let readers = [store.reader().map_err(failed)?, store.reader().map_err(failed)?];
    let (checker, reader) = (store.reader().map_err(failed)?, Some(store.reader().map_err(failed)?));
    Ok(Made { node, workers: Workers::on_disk(store, readers).checked_by(checker), reader, lost: Some(lost) })
}

/// Signals: the first to end says goodbye, SIGHUP reads the settings again.
fn watch(commands: &Commands<Command>, reload: Arc<OnceLock<Reload>>) -> std::io::Result<super::signals::SignalWatch> {
    let ending = commands.clone();
    let goodbye = || Command::Stop { reason: "the server stops".to_owned() };
    super::signals::watch_server_signals(
        move || {
            service::stopping();
            ending.send(Command::Status).and_then(|()| ending.send(goodbye())).is_ok()
        },
        move || drop(reload.get().map(|reload| service::reloading(|| reload.run()))),
    )
}

/// Counters for programs that measure.
fn write_stats(path: &Path, status: &Status) -> Result<(), Failure> {
    let drops: serde_json::Map<_, _> = status.drops.iter().map(|(why, count)| (why.clone(), (*count).into())).collect();
    let counters = status.counters.iter().map(|counter| (counter.key.to_owned(), counter.value.into()));
    let mut stats: serde_json::Map<String, serde_json::Value> = counters.collect();
    stats.insert("drops".to_owned(), drops.into());
    let stats = serde_json::Value::from(stats);
    std::fs::write(path, format!("{stats}\n"))
        .map_err(|error| Failure::new(Exit::General, format!("can't write {}: {error}", path.display())))
}

/// The address that was asked for, or the usual one.
fn where_to_listen(given: Option<&str>) -> Result<SocketAddr, Failure> {
    match given {
        None => Ok(SocketAddr::from((Ipv6Addr::UNSPECIFIED, CHAT_PORT))),
        Some(given) => Ok(while_looking_for(given, Echo::On, || net::resolve(given, CHAT_PORT))?[0]),
    }
}

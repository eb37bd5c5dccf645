//! `chinwag serve`: a server on a socket, until someone stops it.

use std::net::{Ipv6Addr, SocketAddr};
use std::path::Path;

use chinwag_proto::endpoint::KeyPair;
use chinwag_proto::limits::CHAT_PORT;
use chinwag_proto::rng::Rng;

use crate::config::{Home, join_key};
use crate::drive::{self, Clock, Handle, Inline, Options, entropy, with_store};
use crate::net;
use crate::render::render_text;
use crate::server::{Command, Config, Notice, Server, Status};
use crate::store::Store as _;
use crate::store::memory::Memory;

use super::event::watch_signals;
use super::failure::{Exit, Failure};
use super::{args, say, start};

pub(super) fn run(home: &Home, args: &args::Serve) -> Result<(), Failure> {
    let mut rng = entropy::rng().map_err(start::system)?;
    let listen = where_to_listen(args.listen.as_deref())?;
    let identity = KeyPair::from_secret(home.server_key().secret(|| rng.bytes())?);
    let key = identity.public();
    let config = Config {
        name: args.name.clone().unwrap_or_else(machine_name),
        join_key: args.join_key_file.as_deref().map(|path| join_key(path, || rng.bytes())).transpose()?,
        messages_per_s: (args.message_rate > 0).then_some(args.message_rate),
        ..Config::default()
    };
    let socket = net::bind(listen)?;
    let server = make(config, identity, &mut rng)?;
    let options = Options { weather: args.weather.spec.clone(), ..Options::new(Clock::start()) };
    let handle = drive::spawn(server.node, socket, Box::new(Inline(with_store(server.store))), options)
        .map_err(start::system)?;
    let commands = handle.commands();
    let goodbye = || Command::Stop { reason: "the server stops".to_owned() };
    watch_signals(move || commands.send(Command::Status).and_then(|()| commands.send(goodbye())).is_ok())
        .map_err(start::system)?;
    say(&format!("listening on {}", handle.local_addr()));
    say(&format!("fingerprint {key}"));
    start::tell_weather(handle.weather_seed());
    log::info!("rooms are in memory: they are gone when this server stops");
    serve(handle, args.stats_json.as_deref())
}

/// A server and the store that it goes on from.
struct Made {
    node: Server,
    store: Memory,
}

fn make(config: Config, identity: KeyPair, rng: &mut Rng) -> Result<Made, Failure> {
    let mut store = Memory::new(rng.bytes());
    let snapshot = store.snapshot().map_err(|error| Failure::new(Exit::General, error.to_string()))?;
    Ok(Made { node: Server::new(config, identity, snapshot, rng.bytes()), store })
}

/// Logs what the server tells, until it has said goodbye.
fn serve(handle: Handle<Server>, stats: Option<&Path>) -> Result<(), Failure> {
    let mut last = Status::default();
    loop {
        match handle.recv() {
            Ok(Notice::LoggedIn { name, addr, device }) => {
                log::info!("{} logged in from {addr}, device {device}", render_text(&name));
            }
            Ok(Notice::Left { name, addr, why }) => {
                let name = name.as_deref().map_or("someone without a name".into(), render_text);
                log::info!("{name} at {addr} is gone: {}", render_text(&why));
            }
            Ok(Notice::Status(status)) => last = *status,
            Ok(Notice::StoreFailed(error)) => {
                return Err(Failure::new(
                    Exit::General,
                    format!("{error}; the server ends, what was acknowledged is safe"),
                ));
            }
            Ok(Notice::Stopped) => break,
            Err(_) => {
                let why = handle.stop().err().map(|error| error.to_string());
                return Err(super::session::loop_ended(why));
            }
        }
    }
    if let Some(path) = stats {
        write_stats(path, &last)?;
    }
    log::info!("stopped");
    Ok(())
}

/// Counters for programs that measure.
fn write_stats(path: &Path, status: &Status) -> Result<(), Failure> {
    let drops: serde_json::Map<_, _> = status.drops.iter().map(|(why, count)| (why.clone(), (*count).into())).collect();
    let stats = serde_json::json!({
        "sessions": status.sessions,
        "rooms": status.rooms,
        "entries": status.entries,
        "datagrams_sent": status.datagrams_sent,
        "bytes_sent": status.bytes_sent,
        "datagrams_received": status.datagrams_received,
        "retransmitted": status.retransmitted,
        "drops": drops,
    });
    std::fs::write(path, format!("{stats}\n"))
        .map_err(|error| Failure::new(Exit::Configuration, format!("can't write {}: {error}", path.display())))
}

/// The address that was asked for, or the usual one.
fn where_to_listen(given: Option<&str>) -> Result<SocketAddr, Failure> {
    match given {
        None => Ok(SocketAddr::from((Ipv6Addr::UNSPECIFIED, CHAT_PORT))),
        Some(given) => Ok(net::resolve(given, CHAT_PORT)?[0]),
    }
}

/// What people call this machine.
fn machine_name() -> String {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let told = told.or_else(|| std::env::var("COMPUTERNAME").ok()).or_else(|| std::env::var("HOSTNAME").ok());
    told.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "chinwag".to_owned())
}

//! Machines on their threads: identity, socket, weather, and where their jobs go.

use std::net::{Ipv6Addr, SocketAddr};
use std::sync::mpsc::SyncSender;
use std::thread;

use chinwag_proto::endpoint::KeyPair;
use chinwag_proto::weather::Spec;
use chinwag_proto::wire::id::PublicKey;

use crate::client_core::{Client, Command, Config, Save, Saved};
use crate::config::Home;
use crate::drive::{self, Clock, Commands, Handle, Inline, Options, Threaded, Worker, entropy};
use crate::keep::{Database, saving};
use crate::net;

use super::event::Event;
use super::failure::Failure;
use super::output::tell;

/// Starts a client whose notices go to `events`. What it wants kept goes to `keep`; `None`: nowhere.
pub(super) fn client(
    home: &Home,
    config: Config,
    keep: Option<Database>,
    weather: Option<&Spec>,
    events: SyncSender<Event>,
) -> Result<(Commands<Command>, net::Refusals), Failure> {
    let mut rng = entropy::rng().map_err(Failure::system)?;
    let secret = home.device_key().secret(|| rng.bytes())?;
    let node = Client::new(config, KeyPair::from_secret(secret), rng.bytes());
    let socket = net::bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)))?;
    let refusals = socket.refusals();
    let worker: Box<dyn Worker<Save, Saved>> = match keep {
        None => Box::new(Inline(|_| Saved::Kept)),
        Some(keep) => Box::new(Threaded::new(saving(keep))),
    };
    let options = Options { weather: weather.cloned(), ..Options::new(Clock::start()) };
    let handle = drive::spawn(node, socket, worker, options).map_err(Failure::system)?;
    let commands = handle.commands();
    thread::spawn(move || forward(handle, &events));
    Ok((commands, refusals))
}

/// What this device keeps of an account on the server with that key.
pub(super) fn keep(home: &Home, server: &PublicKey, account: &str) -> Result<Database, Failure> {
    let program = entropy::rng().map_err(Failure::system)?.u64();
    Ok(Database::open(&home.kept(server), account, program)?)
}

/// The weather, its seed drawn and told: one for all clients of a command.
pub(super) fn with_seed(weather: Option<&Spec>) -> Result<Option<Spec>, Failure> {
    let Some(spec) = weather else { return Ok(None) };
    let seed = match spec.seed {
        Some(seed) => seed,
        None => entropy::rng().map_err(Failure::system)?.u64(),
    };
    tell_weather(Some(seed));
    Ok(Some(Spec { seed: Some(seed), ..spec.clone() }))
}

/// Says what makes the weather come again.
pub(super) fn tell_weather(seed: Option<u64>) {
    seed.iter().for_each(|seed| tell(&format!("weather seed {seed}")));
}

/// Passes notices on, until there are no more.
fn forward(handle: Handle<Client>, events: &SyncSender<Event>) {
    while let Ok(notice) = handle.recv() {
        if events.send(Event::Notice(notice)).is_err() {
            break;
        }
    }
    let why = handle.stop().err().map(|error| error.to_string());
    let _ = events.send(Event::LoopEnded(why));
}

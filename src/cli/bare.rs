//! `chinwag`, and nothing else: find the servers of this subnet and talk there; host one if there is none.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, IsTerminal as _};
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use chinwag_proto::limits::CHAT_PORT;
use chinwag_proto::rng::Rng;
use chinwag_proto::wire::datagram::BeaconFlags;
use chinwag_proto::wire::id::PublicKey;
use chinwag_proto::wire::message::name;
use clap::Parser as _;

use crate::config::Home;
use crate::discovery::host::{Start, Step, gives_way};
use crate::discovery::{Found, Notice};
use crate::drive::{Clock, Commands, entropy};
use crate::render::render_text;
use crate::server;

use super::args::{self, Cli, Command};
use super::discover::{Look, Trust, line};
use super::event::Event;
use super::failure::{Exit, Failure};
use super::serve::{Company, Hosted, Wanted};
use super::server_name::ServerName;
use super::session::changed_key;
use super::{ask, chat, start, tell};

pub(super) fn run(home: &Home) -> Result<(), Failure> {
    let mut rng = entropy::rng().map_err(start::system)?;
    let person = Person::ask(home)?;
    let mut next = look(home, &mut rng)?;
    // Servers that were there when its user chose to host.
    let mut declined = BTreeSet::new();
    loop {
        next = match next {
            Step::Join(found) => return join(home, &person, &found),
            Step::Choose(all) => match choose(home, &all)? {
                Choice::Join(found) => return join(home, &person, &found),
                Choice::Host => {
                    declined.extend(all.iter().map(|found| *found.key()));
                    Step::Host
                }
                Choice::Quit => return Ok(()),
            },
            Step::Host => match host(home, &person, declined.clone(), &mut rng)? {
                Some(found) => Step::Join(found),
                None => return Ok(()),
            },
            Step::Wait(_) | Step::AskAgain => look(home, &mut rng)?,
        };
    }
}

/// Under which name; asked the first time.
struct Person {
    name: String,
}

impl Person {
    fn ask(home: &Home) -> Result<Self, Failure> {
        if let Some(used) = home.recent().all()?.into_iter().next() {
            return Ok(Self { name: used.name });
        }
        let login = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|variable| std::env::var(variable).ok());
        let login = login.filter(|login| name::check(login).is_ok());
        if !is_at_terminal() {
            return login
                .map(|name| Self { name })
                .ok_or_else(|| Failure::usage("under which name? `chinwag chat --name NAME` says it"));
        }
        loop {
            match &login {
                Some(login) => ask(&format!("Your name here [{login}]: ")),
                None => ask("Your name here: "),
            }
            let typed = answer()?.ok_or_else(|| Failure::usage("no name was typed"))?;
            let name = if typed.is_empty() { login.clone().unwrap_or_default() } else { typed };
            match name::check(&name) {
                Ok(()) => return Ok(Self { name }),
                Err(error) => tell(&format!("{}: {error}", render_text(&name))),
            }
        }
    }
}

/// Looks for servers, until it is clear what to do.
fn look(home: &Home, rng: &mut Rng) -> Result<Step, Failure> {
    let clock = Clock::start();
    let look = Look::begin()?;
    let mut decision = Start::new(clock.mono(), pinned(home)?, rng);
    loop {
        match decision.step(clock.mono()) {
            Step::Wait(until) => match look.next_within(until.since(clock.mono())) {
                Some(Notice::Found(found)) => decision.found(clock.mono(), *found),
                Some(Notice::Gone(key)) => decision.gone(&key),
                Some(Notice::Asked | Notice::Stopped) | None => {}
            },
            Step::AskAgain => look.again(),
            step => return Ok(step),
        }
    }
}

/// The keys that this device knows, that of the server used last first.
fn pinned(home: &Home) -> Result<Vec<PublicKey>, Failure> {
    let pins = home.known_servers().all()?;
    let used = home.recent().all()?;
    let key_of = |server: &str| pins.iter().find(|known| known.server == server).map(|known| known.key);
    let mut keys: Vec<_> = used.iter().filter_map(|used| key_of(&used.server)).collect();
    keys.extend(pins.iter().map(|known| known.key));
    Ok(keys)
}

enum Choice {
    Join(Box<Found>),
    Host,
    Quit,
}

/// Lets a person say which server.
fn choose(home: &Home, all: &[Found]) -> Result<Choice, Failure> {
    let pins = home.known_servers().all()?;
    let trusts: Vec<_> = all.iter().map(|found| Trust::of(found, &pins)).collect();
    let first = trusts.iter().position(|trust| !matches!(trust, Trust::Impostor(_)));
    if !is_at_terminal() {
        let Some(found) = first.map(|n| &all[n]) else { return Ok(Choice::Host) };
        return Err(Failure::new(
            Exit::ServerIdentity,
            format!(
                "{} is new to this device, and there is no terminal to ask at. If its fingerprint is {}: \
                 chinwag{} chat --server {} --accept-new",
                render_text(&found.name),
                found.key(),
                home.flag(),
                ServerName::on_lan(&found.name)
            ),
        ));
    }
    tell(if all.len() == 1 { "a server is here:" } else { "servers are here:" });
    for (n, (found, trust)) in all.iter().zip(&trusts).enumerate() {
        tell(&format!("  {}  {}", n + 1, line(found, *trust)));
    }
    tell("compare the fingerprint with the one that the server shows, if you can");
    loop {
        match first {
            Some(n) => ask(&format!("Enter joins {}, a number another one, h hosts here, q quits: ", n + 1)),
            None => ask("h hosts here, q quits: "),
        }
        let Some(typed) = answer()? else { return Ok(Choice::Quit) };
        let chosen = match (typed.to_lowercase().as_str(), first) {
            ("h", _) => return Ok(Choice::Host),
            ("q", _) => return Ok(Choice::Quit),
            ("", Some(n)) => n,
            (number, _) => match number.parse::<usize>().ok().and_then(|n| n.checked_sub(1)) {
                Some(n) if n < all.len() => n,
                _ => continue,
            },
        };
        let found = &all[chosen];
        match trusts[chosen] {
            Trust::Impostor(expected) => {
                tell(&changed_key(home, &ServerName::on_lan(&found.name), &expected, found.key()).to_string());
            }
            Trust::Known | Trust::New => return Ok(Choice::Join(Box::new(found.clone()))),
        }
    }
}

/// Talks on a server that was found; whoever came here has said that it is trusted.
fn join(home: &Home, person: &Person, found: &Found) -> Result<(), Failure> {
    let server = name_of(home, found.key(), &found.name)?;
    talk(home, person, &server, found.addrs.clone(), None)
}

/// What the server is called on this device: as it was before, or by its name on the subnet. It is pinned from now on.
fn name_of(home: &Home, key: &PublicKey, called: &str) -> Result<ServerName, Failure> {
    let known = home.known_servers();
    let pins = known.all()?;
    let on_lan = ServerName::on_lan(called);
    let of_key = |wanted: Option<&str>| {
        pins.iter().find(|pin| pin.key == *key && wanted.is_none_or(|wanted| pin.server == wanted))
    };
    if let Some(pin) = of_key(Some(on_lan.as_str())).or_else(|| of_key(None)) {
        return Ok(ServerName::of(&pin.server));
    }
    known.pin(on_lan.as_str(), *key)?;
    Ok(on_lan)
}

fn talk(
    home: &Home,
    person: &Person,
    server: &ServerName,
    addrs: Vec<SocketAddr>,
    leave: Option<&Leave>,
) -> Result<(), Failure> {
    let used = home.recent().name_on(server.as_str())?;
    let name = used.as_deref().unwrap_or(&person.name);
    let args = Cli::parse_from(["chinwag", "chat", "--server", server.as_str(), "--name", name]);
    let Some(Command::Chat(args)) = args.command else { unreachable!("it says chat") };
    chat::run_at(home, &args, addrs, |events| {
        if let Some(leave) = leave {
            leave.tell(events);
        }
    })
}

/// Ends a chat from elsewhere, because its user goes to another server.
#[derive(Clone, Default)]
struct Leave(Arc<Mutex<Leaving>>);

#[derive(Default)]
struct Leaving {
    events: Option<SyncSender<Event>>,
    to: Option<Box<Found>>,
    /// Where its user does not want to go.
    declined: BTreeSet<PublicKey>,
}

impl Leave {
    fn with<T>(&self, act: impl FnOnce(&mut Leaving) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn tell(&self, events: SyncSender<Event>) {
        self.with(|leaving| leaving.events = Some(events));
    }

    /// There is another server.
    fn go(&self, found: Found) {
        self.with(|leaving| {
            if leaving.to.is_none() && !leaving.declined.contains(found.key()) {
                leaving.to = Some(Box::new(found));
                // A queue that is full is worth another try with the next beacon.
                if leaving.events.as_ref().is_none_or(|events| events.try_send(Event::Leave).is_err()) {
                    leaving.to = None;
                }
            }
        });
    }
}

/// Hosts a server and talks on it, until its user ends that. The other server that its user goes to instead, if there is one.
fn host(
    home: &Home,
    person: &Person,
    declined: BTreeSet<PublicKey>,
    rng: &mut Rng,
) -> Result<Option<Box<Found>>, Failure> {
    let why = if declined.is_empty() {
        "no server answers here, so this machine hosts one"
    } else {
        "this machine hosts a server"
    };
    let leave = Leave::default();
    leave.with(|leaving| leaving.declined = declined);
    let own = Own::start(home, &leave, rng)?;
    tell(&format!("{why}: {}, fingerprint {}", own.called, own.key));
    loop {
        let talked = talk(home, person, &own.server, vec![own.addr], Some(&leave));
        let elsewhere = leave.with(|leaving| (leaving.events = None, leaving.to.take()).1);
        match (talked, elsewhere) {
            (Err(failure), _) => {
                own.stop()?;
                return Err(failure);
            }
            (Ok(()), Some(found)) => match choose_or_known(home, &found)? {
                Choice::Join(found) => {
                    own.stop()?;
                    return Ok(Some(found));
                }
                Choice::Host => leave.with(|leaving| drop(leaving.declined.insert(*found.key()))),
                Choice::Quit => return own.end(&person.name).map(|()| None),
            },
            (Ok(()), None) => return own.end(&person.name).map(|()| None),
        }
    }
}

/// A server that is known is joined without a question.
fn choose_or_known(home: &Home, found: &Found) -> Result<Choice, Failure> {
    match Trust::of(found, &home.known_servers().all()?) {
        Trust::Known => Ok(Choice::Join(Box::new(found.clone()))),
        Trust::New | Trust::Impostor(_) => choose(home, std::slice::from_ref(found)),
    }
}

/// The server in this process.
struct Own {
    server: ServerName,
    called: String,
    key: PublicKey,
    addr: SocketAddr,
    commands: Commands<server::Command>,
    company: Company,
    thread: JoinHandle<Result<(), Failure>>,
}

impl Own {
    fn start(home: &Home, leave: &Leave, rng: &mut Rng) -> Result<Self, Failure> {
        let called = super::machine_name();
        let wanted = |port| Wanted {
            listen: SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)),
            config: server::Config { name: called.clone(), ..server::Config::default() },
            durability: args::Durability::Fsync,
            weather: None,
            announce: Some(BeaconFlags::CASUAL),
        };
        // Set once the server is there: until then nobody is heard.
        let alone: Arc<Mutex<Option<(PublicKey, Company)>>> = Arc::default();
        let heard = || {
            let (leave, alone) = (leave.clone(), Arc::clone(&alone));
            move |found: Found| {
                let alone = alone.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some((key, company)) = alone.as_ref()
                    && company.len() <= 1
                    && gives_way(key, &found)
                {
                    leave.go(found);
                }
            }
        };
        let hosted = match Hosted::start(home, wanted(CHAT_PORT), rng, heard()) {
            Err(failure) if failure.exit == Exit::Connect => Hosted::start(home, wanted(0), rng, heard())?,
            hosted => hosted?,
        };
        let (key, company) = (hosted.key(), hosted.company());
        *alone.lock().unwrap_or_else(PoisonError::into_inner) = Some((key, company.clone()));
        hosted.seek();
        let port = hosted.addr().port();
        let local = if hosted.addr().is_ipv6() { "[::1]" } else { "127.0.0.1" };
        let addr = format!("{local}:{port}").parse().map_err(|_| Failure::new(Exit::General, "no loopback address"))?;
        let server = name_of(home, &key, &called)?;
        let commands = hosted.commands();
        let thread = std::thread::Builder::new()
            .name("server".to_owned())
            .spawn(move || hosted.serve(None))
            .map_err(start::system)?;
        Ok(Self { server, called, key, addr, commands, company, thread })
    }

    /// The chat has ended: goes on serving, if others are here and the person wants that.
    fn end(self, name: &str) -> Result<(), Failure> {
        let others = self.company.others(name);
        if others > 0 && is_at_terminal() {
            let who = if others == 1 { "somebody else is".to_owned() } else { format!("{others} others are") };
            ask(&format!("{who} here. Go on serving without the chat? [Y/n] "));
            let typed = answer()?.unwrap_or_else(|| "n".to_owned()).to_lowercase();
            if !typed.starts_with('n') {
                return self.serve_on();
            }
        }
        self.stop()
    }

    /// Serves until it is interrupted.
    fn serve_on(self) -> Result<(), Failure> {
        tell("serving; Ctrl-C ends it");
        let (interrupt, interrupted) = sync_channel(1);
        super::event::watch_signals(move || interrupt.try_send(()).is_ok()).map_err(start::system)?;
        let _ = interrupted.recv();
        self.stop()
    }

    fn stop(self) -> Result<(), Failure> {
        let _ = self.commands.send(server::Command::Stop { reason: "its host has left".to_owned() });
        self.thread.join().unwrap_or_else(|_| Err(Failure::new(Exit::General, "the server has ended by a panic")))
    }
}

fn is_at_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// A line that a person types; `None` at the end of the input.
fn answer() -> Result<Option<String>, Failure> {
    let mut typed = String::new();
    let len =
        io::stdin().lock().read_line(&mut typed).map_err(|error| Failure::new(Exit::General, error.to_string()))?;
    Ok((len > 0).then(|| typed.trim().to_owned()))
}

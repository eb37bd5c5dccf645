//! `chinwag`, and nothing else: find the servers of this subnet and talk there; host one if there is none.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, IsTerminal as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use chinwag_proto::endpoint::KeyPair;
use chinwag_proto::limits::CHAT_PORT;
use chinwag_proto::rng::Rng;
use chinwag_proto::wire::datagram::BeaconFlags;
use chinwag_proto::wire::id::PublicKey;
use chinwag_proto::wire::message::name;

use crate::config::Home;
use crate::discovery::host::{Start, Step, gives_way};
use crate::discovery::{Found, Notice};
use crate::drive::{Clock, Commands, entropy};
use crate::render::render_text;
use crate::server;

use super::args;
use super::config::Typed;
use super::discover::{Look, Trust, line};
use super::event::Event;
use super::failure::{Exit, Failure};
use super::serve::{Company, Hosted, Wanted};
use super::server_name::ServerName;
use super::session::changed_key;
use super::{ask, chat, start, tell, tell_plain};

pub(super) fn run(typed: &Typed, name: Option<String>, is_plain: bool) -> Result<(), Failure> {
    let home = &typed.home;
    let mut rng = entropy::rng().map_err(start::system)?;
    let person = match name {
        Some(name) => Person { name, is_plain },
        None => Person { is_plain, ..Person::ask(home)? },
    };
    let mut next = look(home, &person, &mut rng)?;
    loop {
        next = match next {
            Next::Join(found) => return join(typed, &person, &found),
            Next::Choose(all) => match choose(home, &all)? {
                Choice::Join(found) => return join(typed, &person, &found),
                Choice::Host => {
                    // Those that are there now are no reason to leave it again.
                    let declined = all.iter().map(|found| *found.key()).collect();
                    Next::Host(Own::start(home, &person, &mut rng)?, declined)
                }
                Choice::Quit => return Ok(()),
            },
            Next::Host(own, declined) => match host(typed, &person, own, declined)? {
                Some(found) => Next::Join(found),
                None => return Ok(()),
            },
        };
    }
}

/// What is to be done next.
enum Next {
    Join(Box<Found>),
    Choose(Vec<Found>),
    /// On a server that is ready, although those servers are there.
    Host(Box<Own>, BTreeSet<PublicKey>),
}

/// Under which name; asked the first time.
struct Person {
    name: String,
    /// Lines are wanted, no screen.
    is_plain: bool,
}

impl Person {
    fn ask(home: &Home) -> Result<Self, Failure> {
        if let Some(used) = home.recent().all()?.into_iter().next() {
            return Ok(Self { name: used.name, is_plain: false });
        }
        let login = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|variable| std::env::var(variable).ok());
        let login = login.filter(|login| name::check(login).is_ok());
        if !is_at_terminal() {
            return login
                .map(|name| Self { name, is_plain: false })
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
                Ok(()) => return Ok(Self { name, is_plain: false }),
                Err(error) => tell(&format!("{}: {error}", render_text(&name))),
            }
        }
    }
}

/// Looks for servers, until it is clear what to do. Where a server of our own seems to be needed it is made ready before the
/// others are asked for the last time: once they have not answered it is there, and answers others.
fn look(home: &Home, person: &Person, rng: &mut Rng) -> Result<Next, Failure> {
    let clock = Clock::start();
    let pinned = pinned(home)?;
    let look = Look::begin(pinned.clone())?;
    let mut decision = Start::new(clock.mono(), pinned, rng);
    let mut own = None;
    let next = loop {
        match decision.step(clock.mono()) {
            Step::Wait(until) => match look.next_within(until.since(clock.mono())) {
                Some(Notice::Found(found)) => decision.found(clock.mono(), *found),
                Some(Notice::Gone(key)) => decision.gone(&key),
                Some(Notice::Asked | Notice::Stopped) | None => {}
            },
            Step::AskAgain => {
                own = Some(Own::start(home, person, rng)?);
                decision.asked_again(clock.mono());
                look.again();
            }
            Step::Host => {
                let own = match own.take() {
                    Some(own) => own,
                    None => Own::start(home, person, rng)?,
                };
                return Ok(Next::Host(own, BTreeSet::new()));
            }
            Step::Join(found) => break Next::Join(found),
            Step::Choose(all) => break Next::Choose(all),
        }
    };
    own.map_or(Ok(()), |own| own.stop())?;
    Ok(next)
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
    tell_plain(if all.len() == 1 { "A server is here:" } else { "Servers are here:" });
    for (n, (found, trust)) in all.iter().zip(&trusts).enumerate() {
        tell_plain(&format!("  {}  {}", n + 1, line(found, *trust)));
    }
    tell_plain("Compare the fingerprint with the one that the server shows, if you can.");
    loop {
        match first {
            Some(_) if all.len() == 1 => ask("Enter joins it, h hosts one here, q quits: "),
            Some(n) => ask(&format!("Enter joins {}, a number another one, h hosts one here, q quits: ", n + 1)),
            None => ask("h hosts one here, q quits: "),
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
fn join(typed: &Typed, person: &Person, found: &Found) -> Result<(), Failure> {
    let server = name_of(&typed.home, found.key(), &found.name)?;
    talk(typed, person, &server, found.addrs.clone(), None)
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
    typed: &Typed,
    person: &Person,
    server: &ServerName,
    addrs: Vec<SocketAddr>,
    leave: Option<&Leave>,
) -> Result<(), Failure> {
    let used = typed.home.recent().name_on(server.as_str())?;
    let name = used.as_deref().unwrap_or(&person.name);
    let plain: &[&str] = if person.is_plain { &["--plain"] } else { &[] };
    let args = typed.chat(&[&["--server", server.as_str(), "--name", name], plain].concat())?;
    chat::run_at(&typed.home, &args, addrs, |events| {
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

    /// The chat has begun; it may have to end at once.
    fn tell(&self, events: SyncSender<Event>) {
        self.with(|leaving| {
            if leaving.to.is_some() {
                let _ = events.try_send(Event::Leave);
            }
            leaving.events = Some(events);
        });
    }

    /// There is another server.
    fn go(&self, found: Found) {
        self.with(|leaving| {
            if leaving.to.is_none() && !leaving.declined.contains(found.key()) {
                leaving.to = Some(Box::new(found));
                // A queue that is full is worth another try when that server says something new.
                if leaving.events.as_ref().is_some_and(|events| events.try_send(Event::Leave).is_err()) {
                    leaving.to = None;
                }
            }
        });
    }
}

/// What a server of our own is called. Machines are often called alike: whose it is tells them apart, and where that does not
/// either, a number. No pin of another server is replaced.
fn own_name(home: &Home, person: &Person, rng: &mut Rng) -> Result<String, Failure> {
    let key = KeyPair::from_secret(home.server_key().secret(|| rng.bytes())?).public();
    let pins = home.known_servers().all()?;
    let is_free = |called: &String| {
        let name = ServerName::on_lan(called);
        pins.iter().all(|pin| pin.server != name.as_str() || pin.key == key)
    };
    let plain = format!("{}@{}", person.name, super::machine_name());
    if is_free(&plain) {
        return Ok(plain);
    }
    let numbered = (2_u32..).map(|n| format!("{plain}-{n}")).find(is_free);
    Ok(numbered.unwrap_or(plain))
}

/// Talks on a server of our own, until its user ends that. The other server that its user goes to instead, if there is one.
fn host(
    typed: &Typed,
    person: &Person,
    mut own: Box<Own>,
    declined: BTreeSet<PublicKey>,
) -> Result<Option<Box<Found>>, Failure> {
    let why =
        if declined.is_empty() { "no server answers here, so this machine hosts one" } else { "hosting a server" };
    tell(&format!("{why}: {}, fingerprint {}", own.called, own.key));
    let leave = Leave::default();
    leave.with(|leaving| leaving.declined = declined);
    let home = &typed.home;
    own.announce(home, &leave)?;
    loop {
        let talked = talk(typed, person, &own.server, vec![own.addr], Some(&leave));
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
                Choice::Host => leave.with(|leaving| {
                    leaving.declined.insert(*found.key());
                }),
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
    ready: Option<Hosted>,
    thread: Option<JoinHandle<Result<(), Failure>>>,
}

impl Own {
    /// A server that is ready, and that nobody is told of yet.
    fn start(home: &Home, person: &Person, rng: &mut Rng) -> Result<Box<Self>, Failure> {
        let called = own_name(home, person, rng)?;
        let wanted = |port| Wanted {
            listen: SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)),
            config: server::Config { name: called.clone(), ..server::Config::default() },
            durability: args::Durability::Fsync,
            weather: None,
        };
        let hosted = match Hosted::start(home, wanted(CHAT_PORT), rng) {
            Err(failure) if failure.exit == Exit::Connect => Hosted::start(home, wanted(0), rng)?,
            hosted => hosted?,
        };
        let ip = if hosted.addr().is_ipv6() { Ipv6Addr::LOCALHOST.into() } else { IpAddr::V4(Ipv4Addr::LOCALHOST) };
        let key = hosted.key();
        Ok(Box::new(Self {
            server: name_of(home, &key, &called)?,
            called,
            key,
            addr: SocketAddr::new(ip, hosted.addr().port()),
            commands: hosted.commands(),
            company: hosted.company(),
            ready: Some(hosted),
            thread: None,
        }))
    }

    /// Says on the subnet that it is here, and serves. Its user goes elsewhere if nobody else is here and another server is
    /// the one to stay.
    fn announce(&mut self, home: &Home, leave: &Leave) -> Result<(), Failure> {
        let Some(mut hosted) = self.ready.take() else { return Ok(()) };
        let (key, company, leave) = (self.key, self.company.clone(), leave.clone());
        let pins = home.known_servers().all()?;
        hosted.announce(BeaconFlags::CASUAL, move |found| {
            let is_impostor = matches!(Trust::of(&found, &pins), Trust::Impostor(_));
            if !is_impostor && company.len() <= 1 && gives_way(&key, &found) {
                leave.go(found);
            }
        });
        hosted.seek();
        let thread = std::thread::Builder::new().name("server".to_owned()).spawn(move || hosted.serve(None));
        self.thread = Some(thread.map_err(start::system)?);
        Ok(())
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
        let _signals = super::event::watch_signals(move || interrupt.try_send(()).is_ok()).map_err(start::system)?;
        let _ = interrupted.recv();
        self.stop()
    }

    fn stop(self) -> Result<(), Failure> {
        let _ = self.commands.send(server::Command::Stop { reason: "its host has left".to_owned() });
        match (self.thread, self.ready) {
            (Some(thread), _) => {
                let panicked = |_| Err(Failure::new(Exit::General, "the server has ended by a panic"));
                thread.join().unwrap_or_else(panicked)
            }
            (None, Some(hosted)) => hosted.serve(None),
            (None, None) => Ok(()),
        }
    }
}

fn is_at_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// A line that a person types; `None` at the end of the input. Ctrl-C ends the program, also after a chat that had its own use
/// for it.
fn answer() -> Result<Option<String>, Failure> {
    let _signals = super::event::watch_signals(|| false).map_err(start::system)?;
    let mut typed = String::new();
    let len =
        io::stdin().lock().read_line(&mut typed).map_err(|error| Failure::new(Exit::General, error.to_string()))?;
    Ok((len > 0).then(|| typed.trim().to_owned()))
}

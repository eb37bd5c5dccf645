//! `chinwag`, and nothing else: find the servers of this subnet and talk there; host one if there is none.

mod own;
mod person;
mod picker;
mod usual;

use std::collections::BTreeSet;

use chinwag_proto::rng::Rng;
use chinwag_proto::wire::id::PublicKey;

use crate::config::Home;
use crate::discovery::host::{Start, Step};
use crate::discovery::{Found, Notice};
use crate::drive::{Clock, entropy};
use crate::roaming::Command;

use super::args;
use super::chat::{self, There};
use super::config::Typed;
use super::discover::Look;
use super::failure::Failure;
use super::roaming::{Place, Roamer};
use crate::client::{ServerName, name_of};

use own::Own;
use person::Person;
use picker::{Choice, choose};
use usual::{Away, Past, is_missed, usual, wait};

pub(super) fn run(typed: &Typed, name: Option<String>, is_plain: bool) -> Result<(), Failure> {
    let home = &typed.home;
    let mut rng = entropy::rng().map_err(Failure::system)?;
    let person = match name {
        Some(name) => Person { name, is_plain },
        None => Person { is_plain, ..Person::ask(home)? },
    };
    match look(home, &person, &mut rng)? {
        Next::Join(found, own) => join(typed, &person, &found, own),
        Next::Choose(all, look, own) => match choose(home, all, look)? {
            Choice::Join(found) => join(typed, &person, &found, own),
            Choice::Host(declined) => {
                let own = own.map_or_else(|| Own::start(home, &person, &mut rng), Ok)?;
                host(typed, &person, own, declined)
            }
            Choice::Wait(usual) => {
                let found = wait(&Look::begin(vec![usual.key])?, &usual);
                join(typed, &person, &found, own)
            }
            Choice::Quit => own.map_or(Ok(()), |own| own.stop()),
        },
        Next::Host(own, look) => match is_missed(home, &look)? {
            Away::Host => host(typed, &person, own, BTreeSet::new()),
            Away::Back(found) => join(typed, &person, &found, Some(own)),
            Away::Quit => own.stop(),
        },
    }
}

/// What is to be done next; a server of our own may be ready.
enum Next {
    Join(Box<Found>, Option<Box<Own>>),
    Choose(Vec<Found>, Look, Option<Box<Own>>),
    Host(Box<Own>, Look),
}

/// Looks for servers, until it is clear what to do. Where a server of our own seems to be needed it is made ready before the
/// others are asked for the last time: once they have not answered it is there, and answers others.
fn look(home: &Home, person: &Person, rng: &mut Rng) -> Result<Next, Failure> {
    let clock = Clock::start();
    let pinned = pinned(home)?;
    let look = Look::begin(pinned.clone())?;
    let mut decision = Start::new(clock.mono(), pinned, rng);
    let mut own = None;
    loop {
        match decision.step(clock.mono()) {
            Step::Wait(until) => match look.next_within(until.since(clock.mono())) {
                Some(Notice::Found(found)) => {
                    log::debug!("{} answers from {:?}", found.name, found.addrs);
                    decision.found(clock.mono(), *found);
                }
                Some(Notice::Gone(key)) => decision.gone(&key),
                Some(Notice::Asked | Notice::Twin(_) | Notice::Stopped) | None => {}
            },
            Step::AskAgain => {
                own = Some(Own::start(home, person, rng)?);
                decision.asked_again(clock.mono());
                look.again();
            }
            Step::Host => {
                let own = own.map_or_else(|| Own::start(home, person, rng), Ok)?;
                return Ok(Next::Host(own, look));
            }
            Step::Join(found) => return Ok(Next::Join(found, own)),
            Step::Choose(all) => return Ok(Next::Choose(all, look, own)),
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

/// Talks on a server that was found; whoever came here has said that it is trusted. A server of our own is not needed.
fn join(typed: &Typed, person: &Person, found: &Found, own: Option<Box<Own>>) -> Result<(), Failure> {
    own.map_or(Ok(()), |own| own.stop())?;
    let (home, key) = (&typed.home, *found.key());
    let server = name_of(home, &key, &found.name)?;
    // One that is known is joined without a question; that it is not the usual one is said.
    let greeting = match usual(home)? {
        Some(usual) if usual.key != key => format!("{} does not answer; this is {server}", usual.name),
        Some(_) | None => String::new(),
    };
    let roamer = Roamer::new(home, Place::Guest(key), BTreeSet::new())?;
    // It may have been heard already that it is two.
    roamer.command(Command::Heard(Box::new(found.clone())));
    let there = There { addrs: found.addrs.clone(), key, roamer, greeting };
    chat::run_at(home, &chat_args(typed, person, &server)?, there)
}

/// Talks on a server of our own, until its user ends that. Those that were declined are no reason to leave it again.
fn host(typed: &Typed, person: &Person, mut own: Box<Own>, declined: BTreeSet<PublicKey>) -> Result<(), Failure> {
    let home = &typed.home;
    let past = Past::of(home);
    let what = past.map_or_else(|| "one".to_owned(), |past| format!("yours ({})", past.size()));
    let why = match declined.is_empty() {
        true => format!("no server answers here, so this machine hosts {what}"),
        false if past.is_some() => format!("hosting {what}"),
        false => "hosting a server".to_owned(),
    };
    let greeting = format!("{why}: {}, fingerprint {}", own.called, own.key);
    let roamer = Roamer::new(home, Place::Host(own.hosting(past.is_some())), declined)?;
    own.announce(&pinned(home)?, roamer.hears())?;
    let there = There { addrs: vec![own.addr], key: own.key, roamer, greeting };
    match chat::run_at(home, &chat_args(typed, person, &own.server)?, there) {
        Ok(()) => own.end(&person.name),
        Err(failure) => {
            own.stop()?;
            Err(failure)
        }
    }
}

fn chat_args(typed: &Typed, person: &Person, server: &ServerName) -> Result<args::Chat, Failure> {
    let used = typed.home.recent().name_on(server.as_str())?;
    let name = used.as_deref().unwrap_or(&person.name);
    let plain: &[&str] = if person.is_plain { &["--plain"] } else { &[] };
    typed.chat(&[&["--server", server.as_str(), "--name", name], plain].concat())
}

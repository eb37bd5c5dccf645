//! Lets a person say which server. The list grows while they look at it: an answer may be late, and nobody is to wait for it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use chinwag_proto::wire::id::PublicKey;

use crate::config::{Home, KnownServer};
use crate::discovery::{Found, Notice};
use crate::render::render_text;

use super::super::discover::{Look, Trust, columns, rows};
use super::super::failure::{Exit, Failure};
use super::super::output::{ask, tell, tell_plain};
use super::super::session::changed_key;
use super::person::{answer, is_at_terminal};
use super::usual::{Past, Usual, usual};
use crate::client::ServerName;

/// Servers that are listed at most; known ones beyond that, too.
const LISTED_MAX: usize = 20;
/// The next look at whether it is over; it is told at once.
const MOMENT: Duration = Duration::from_secs(1);

pub(super) enum Choice {
    Join(Box<Found>),
    /// Although these servers are there.
    Host(BTreeSet<PublicKey>),
    /// The one that is used here and does not answer is waited for.
    Wait(Usual),
    Quit,
}

/// Asks which of those, or of those that `look` still finds.
pub(super) fn choose(home: &Home, all: Vec<Found>, look: Look) -> Result<Choice, Failure> {
    let pins = home.known_servers().all()?;
    let list = List { all: Vec::new(), gone: BTreeSet::new(), pins, past: Past::of(home), usual: usual(home)? };
    if !is_at_terminal() {
        return without_terminal(home, &list, &all);
    }
    let waker = look.waker();
    let (list, is_over) = (Mutex::new(list), AtomicBool::new(false));
    let lock = || list.lock().unwrap_or_else(PoisonError::into_inner);
    {
        let mut list = lock();
        tell_plain(if all.len() == 1 { "A server is here:" } else { "Servers are here:" });
        for found in all {
            list.add(found);
        }
        tell_plain("Compare the fingerprint with the one that the server shows, if you can.");
        list.ask();
    }
    let is_over = &is_over;
    let grow = move || {
        while !is_over.load(Ordering::Acquire) {
            let notice = look.next_within(MOMENT);
            let mut list = lock();
            let is_changed = match notice {
                Some(Notice::Found(found)) => list.all.len() < LISTED_MAX && list.add_above(*found),
                Some(Notice::Gone(key)) => list.remove(&key),
                Some(Notice::Asked | Notice::Twin(_) | Notice::Stopped) | None => false,
            };
            if is_changed {
                list.ask();
            }
        }
    };
    thread::scope(|scope| {
        // Without a thread the list stays as it is.
        let _ = thread::Builder::new().name("picker".to_owned()).spawn_scoped(scope, grow);
        let choice = listen(home, &lock);
        is_over.store(true, Ordering::Release);
        waker.wake();
        choice
    })
}

/// Reads what the person types until it says something.
fn listen<'a>(home: &Home, lock: &impl Fn() -> MutexGuard<'a, List>) -> Result<Choice, Failure> {
    loop {
        let Some(typed) = answer()? else { return Ok(Choice::Quit) };
        let list = lock();
        let chosen = match (typed.to_lowercase().as_str(), list.first()) {
            ("", _) if list.past.is_some() && list.missed().is_none() => {
                return Ok(Choice::Host(list.all.iter().map(|(found, _)| *found.key()).collect()));
            }
            ("h", _) => return Ok(Choice::Host(list.all.iter().map(|(found, _)| *found.key()).collect())),
            ("q", _) => return Ok(Choice::Quit),
            // It may have come back while the question stood there.
            ("w", _) => match &list.usual {
                Some(usual) if list.missed().is_some() => return Ok(Choice::Wait(usual.clone())),
                Some(usual) => list.all.iter().position(|(found, _)| *found.key() == usual.key),
                None => None,
            },
            ("", Some(n)) if list.missed().is_none() => Some(n),
            (number, _) => number.parse::<usize>().ok().and_then(|n| n.checked_sub(1)),
        };
        match chosen.and_then(|n| list.all.get(n)) {
            Some((found, Trust::Impostor(expected))) => {
                tell(&changed_key(home, &ServerName::on_lan(&found.name), expected, found.key()).to_string());
            }
            Some((found, Trust::Known | Trust::New)) => return Ok(Choice::Join(Box::new(found.clone()))),
            None => {}
        }
        list.ask();
    }
}

fn without_terminal(home: &Home, list: &List, all: &[Found]) -> Result<Choice, Failure> {
    let is_fit = |found: &&Found| !matches!(Trust::of(found, &list.pins), Trust::Impostor(_));
    let Some(found) = all.iter().find(is_fit) else {
        return Ok(Choice::Host(all.iter().map(|found| *found.key()).collect()));
    };
    let missed = list.missed().map(|usual| format!("{} does not answer. ", usual.name)).unwrap_or_default();
    Err(Failure::new(
        Exit::ServerIdentity,
        format!(
            "{missed}{} is new to this device, and there is no terminal to ask at. If its fingerprint is {}: \
             chinwag{} chat --server {} --accept-new",
            render_text(&found.name),
            found.key(),
            home.flag(),
            ServerName::on_lan(&found.name)
        ),
    ))
}

/// What is listed, in this order.
struct List {
    all: Vec<(Found, Trust)>,
    /// Those that have said goodbye since.
    gone: BTreeSet<PublicKey>,
    pins: Vec<KnownServer>,
    /// The person has a server of their own, with a history.
    past: Option<Past>,
    /// The server that the person used last.
    usual: Option<Usual>,
}

impl List {
    /// The first that can be joined.
    fn first(&self) -> Option<usize> {
        let is_there = |found: &Found| !self.gone.contains(found.key());
        self.all.iter().position(|(found, trust)| is_there(found) && !matches!(trust, Trust::Impostor(_)))
    }

    /// Lists a server below the others. False if it is there.
    fn add(&mut self, found: Found) -> bool {
        if let Some((there, _)) = self.all.iter_mut().find(|(there, _)| there.key() == found.key()) {
            let is_back = self.gone.remove(found.key());
            *there = found;
            return is_back;
        }
        let trust = Trust::of(&found, &self.pins);
        let number = format!("  {}  ", self.all.len() + 1);
        for (n, row) in rows(&found, trust, columns().saturating_sub(number.len())).iter().enumerate() {
            tell_plain(&format!("{}{row}", if n == 0 { &*number } else { "" }));
        }
        self.all.push((found, trust));
        true
    }

    /// The same while the person is being asked: the row of the question is used.
    fn add_above(&mut self, found: Found) -> bool {
        if self.gone.contains(found.key()) || self.all.iter().all(|(there, _)| there.key() != found.key()) {
            ask("\r\x1b[K");
        }
        self.add(found)
    }

    /// One has said goodbye. It keeps its number.
    fn remove(&mut self, key: &PublicKey) -> bool {
        let Some(at) = self.all.iter().position(|(there, _)| there.key() == key) else { return false };
        ask("\r\x1b[K");
        tell_plain(&format!("  {}  is gone", at + 1));
        self.gone.insert(*key)
    }

    /// The server that the person used last, if it is not here.
    fn missed(&self) -> Option<&Usual> {
        let is_here =
            |key: &PublicKey| !self.gone.contains(key) && self.all.iter().any(|(found, _)| found.key() == key);
        self.usual.as_ref().filter(|usual| !is_here(&usual.key))
    }

    fn ask(&self) {
        const HOSTS: &str = "h hosts a new, empty place";
        let question = match (self.missed(), self.past, self.first()) {
            (Some(missed), past, first) => {
                let hosts = past.map_or_else(|| HOSTS.to_owned(), |past| format!("h hosts yours ({})", past.size()));
                let joins = match first {
                    Some(n) if self.all.len() == 1 => format!("{} joins the one above, ", n + 1),
                    Some(_) => "a number joins that one, ".to_owned(),
                    None => String::new(),
                };
                format!("{} does not answer: w waits for it, {joins}{hosts}, q quits: ", missed.name)
            }
            (None, Some(past), _) => {
                format!("Enter goes on with yours ({}), a number joins that one, q quits: ", past.size())
            }
            (None, None, Some(_)) if self.all.len() == 1 => format!("Enter joins it, {HOSTS}, q quits: "),
            (None, None, Some(n)) => format!("Enter joins {}, a number another one, {HOSTS}, q quits: ", n + 1),
            (None, None, None) => format!("{HOSTS}, q quits: "),
        };
        ask(&question);
    }
}

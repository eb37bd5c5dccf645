//! Other servers of the subnet while a chat is up, and how a chat goes there: the command's side of [`Roaming`], which decides.
//!
//! A thread runs the machine, and another one each job of its; what is for the chat is an [`Event`] like any other.

mod jobs;
mod runner;
mod words;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};

use chinwag_proto::wire::id::PublicKey;

use crate::client::ServerName;
use crate::config::{Home, KnownServer};
use crate::discovery;
use crate::roaming::{Command, Config, Pin, Roaming, Role};

use super::args;
use super::event::Event;
use super::failure::Failure;
use super::serve::Company;
use super::session::Session;

use jobs::Caller;
use runner::{Mail, Runner};

/// What is heard of others and not yet taken in: at most so many.
const HEARD_MAX: usize = 64;

/// What a chat is to its server.
pub(super) enum Place {
    /// The server is in this process.
    Host(Hosting),
    /// It is another's, with this key.
    Guest(PublicKey),
}

/// The server of this process, as a chat beside it sees it.
pub(super) struct Hosting {
    pub(super) key: PublicKey,
    /// Something was said there before this run.
    pub(super) has_history: bool,
    pub(super) company: Company,
    /// Ends it, for that reason.
    pub(super) stop: Box<dyn Fn(String) + Send>,
}

/// What the thread has for the chat.
pub(super) enum News {
    /// For the user.
    Word(String),
    /// For the user, who asked for it.
    Line(String),
    /// For the user: it was not done.
    Trouble(String),
    /// There is a session with another server, to go on with.
    Arrived(Box<Arrival>),
}

impl fmt::Debug for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(said) | Self::Line(said) | Self::Trouble(said) => f.write_str(said),
            Self::Arrived(arrival) => write!(f, "at {}", arrival.key),
        }
    }
}

/// A session with another server.
pub(super) struct Arrival {
    pub(super) session: Session,
    /// What it has told until now.
    pub(super) came: Vec<Event>,
    pub(super) key: PublicKey,
    /// Nobody asked for it.
    pub(super) is_by_itself: bool,
}

/// The chat's side of it.
pub(super) struct Roamer {
    mails: Sender<Mail>,
    heard: SyncSender<()>,
    /// Who is at the server of this process.
    company: Option<Company>,
    is_at_home: bool,
    is_settled: bool,
    ready: Option<Ready>,
}

/// What the thread begins with.
struct Ready {
    machine: Roaming,
    hosting: Option<Hosting>,
    mailbox: runner::Mailbox,
    home: Home,
}

impl Roamer {
    /// Of a chat. Its user does not want to be told of, or taken to, those that were declined.
    pub(super) fn new(home: &Home, place: Place, declined: BTreeSet<PublicKey>) -> Result<Self, Failure> {
        let (role, here, hosting) = match place {
            Place::Host(hosting) => (Role::Host { has_history: hosting.has_history }, hosting.key, Some(hosting)),
            Place::Guest(key) => (Role::Guest { came_by_itself: false }, key, None),
        };
        let spelling = |called: &str| ServerName::on_lan(called).as_str().to_owned();
        let pins = pins(home.known_servers().all()?);
        let machine = Roaming::new(Config { role, here, pins, declined, spelling });
        let (mails, mailbox) = channel();
        let (heard, permits) = sync_channel(HEARD_MAX);
        let company = hosting.as_ref().map(|hosting| hosting.company.clone());
        let mailbox = runner::Mailbox { mails: mailbox, permits };
        let ready = Some(Ready { machine, hosting, mailbox, home: home.clone() });
        Ok(Self { mails, heard, company, is_at_home: true, is_settled: false, ready })
    }

    /// Takes what a discovery tells, from its thread; which waits while too much of it is not taken in.
    pub(super) fn hears(&self) -> impl Fn(discovery::Notice) + Send + 'static {
        runner::hears(self.mails.clone(), self.heard.clone())
    }

    /// The chat has begun, with these arguments.
    pub(super) fn begin(
        &mut self,
        args: &args::Chat,
        whole_screen: bool,
        events: SyncSender<Event>,
    ) -> Result<(), Failure> {
        let Some(Ready { machine, hosting, mailbox, home }) = self.ready.take() else { return Ok(()) };
        let caller = Caller { home, args: args.clone(), whole_screen };
        let mails = (self.mails.clone(), self.heard.clone());
        let runner = Runner::new(machine, hosting, caller, mails, events);
        let run = move || runner.run(mailbox);
        std::thread::Builder::new().name("roaming".to_owned()).spawn(run).map_err(Failure::system)?;
        Ok(())
    }

    /// Whether others are at the server of this process, which stands still when it does.
    pub(super) fn serves_others(&self) -> bool {
        let own = usize::from(self.is_at_home);
        self.company.as_ref().is_some_and(|company| company.len() > own)
    }

    /// Says what happens to the chat, or what its user wants.
    pub(super) fn command(&self, command: Command) {
        // A thread that has ended by a panic is none that could be asked.
        let _ = self.mails.send(Mail::Command(command));
    }

    /// Whether nothing of the user is on its way.
    pub(super) fn settle(&mut self, is_settled: bool) {
        if std::mem::replace(&mut self.is_settled, is_settled) != is_settled {
            self.command(Command::Settled(is_settled));
        }
    }

    /// The chat can't go yet.
    pub(super) fn not_yet(&mut self, arrival: Box<Arrival>) {
        self.is_settled = false;
        let _ = self.mails.send(Mail::NotYet(arrival));
    }

    /// The chat goes on there.
    pub(super) fn taken_over(&mut self) {
        (self.is_at_home, self.is_settled) = (false, false);
        self.command(Command::TakenOver);
    }
}

impl Drop for Roamer {
    fn drop(&mut self) {
        let _ = self.mails.send(Mail::End);
    }
}

/// As the machine takes them.
fn pins(known: Vec<KnownServer>) -> Vec<Pin> {
    known.into_iter().map(|known| Pin { called: known.server, key: known.key }).collect()
}

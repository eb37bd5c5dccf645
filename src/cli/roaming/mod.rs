//! Other servers of the subnet while a chat is up, and how a chat goes there: the command's side of [`Roaming`], which decides.
//!
//! A thread runs the machine, and another one each job of its; what is for the chat is an [`Event`] like any other.

mod hosting;
mod jobs;
mod mail;
mod news;
mod runner;
mod words;

use std::collections::BTreeSet;
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};

use chinwag_proto::wire::id::PublicKey;

use crate::client::ServerName;
use crate::config::Home;
use crate::discovery;
use crate::roaming::{Command, Config, Roaming, Role};

use super::args;
use super::event::Event;
use super::failure::Failure;
use super::serve::Company;

use hosting::pins;
use jobs::Caller;
use mail::{Mail, Mailbox, hears};
use runner::Runner;

pub(super) use hosting::Hosting;
pub(super) use news::{Arrival, News};

/// What is heard of others and not yet taken in: at most so many.
const HEARD_MAX: usize = 64;

/// What a chat is to its server.
pub(super) enum Place {
    /// The server is in this process.
    Host(Hosting),
    /// It is another's, with this key.
    Guest(PublicKey),
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
    mailbox: Mailbox,
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
        let mailbox = Mailbox { mails: mailbox, permits };
        let ready = Some(Ready { machine, hosting, mailbox, home: home.clone() });
        Ok(Self { mails, heard, company, is_at_home: true, is_settled: false, ready })
    }

    /// Takes what a discovery tells, from its thread; which waits while too much of it is not taken in.
    pub(super) fn hears(&self) -> impl Fn(discovery::Notice) + Send + 'static {
        hears(self.mails.clone(), self.heard.clone())
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

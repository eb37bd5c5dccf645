//! The thread that runs the machine: feeds it what happens, drains it until it waits, and carries out what it wants.

use std::sync::mpsc::{RecvTimeoutError, Sender, SyncSender};
use std::time::Duration;

use chinwag_proto::time::Instant;

use crate::discovery;
use crate::drive::{Clock, Scout};
use crate::node::{Input, Node as _, Output};
use crate::roaming::{Begun, Command, Done, Notice, Roaming};

use super::super::event::Event;
use super::super::failure::{Exit, Failure};
use super::hosting::{Hosting, pins};
use super::jobs::Caller;
use super::mail::{Mail, Mailbox, hears};
use super::news::{Arrival, News};
use super::words;

pub(super) struct Runner {
    machine: Roaming,
    hosting: Option<Hosting>,
    caller: Caller,
    /// For jobs and discoveries to write to.
    mails: (Sender<Mail>, SyncSender<()>),
    events: SyncSender<Event>,
    clock: Clock,
    scout: Option<Scout>,
    /// The session that stands beside the old one.
    arrival: Option<Box<Arrival>>,
    /// What its server is called.
    called: String,
    /// Why there is none.
    failure: Option<Failure>,
}

impl Runner {
    pub(super) fn new(
        machine: Roaming,
        hosting: Option<Hosting>,
        caller: Caller,
        mails: (Sender<Mail>, SyncSender<()>),
        events: SyncSender<Event>,
    ) -> Self {
        let clock = Clock::start();
        Self {
            machine,
            hosting,
            caller,
            mails,
            events,
            clock,
            scout: None,
            arrival: None,
            called: String::new(),
            failure: None,
        }
    }

    pub(super) fn run(mut self, mailbox: Mailbox) {
        loop {
            let until = self.drain();
            match wait(&mailbox, until.map(|until| until.since(self.clock.mono()))) {
                Some(Mail::End) => return,
                Some(mail) => self.take(mail, &mailbox),
                None => self.feed(Input::Timeout),
            }
        }
    }

    fn take(&mut self, mail: Mail, mailbox: &Mailbox) {
        self.look_at_company();
        match mail {
            Mail::Command(command) => {
                if let Command::List | Command::Go(_) | Command::Lost = command {
                    self.read_pins();
                }
                self.feed(Input::Command(command));
            }
            Mail::Heard(command) => {
                let _ = mailbox.permits.try_recv();
                self.feed(Input::Command(command));
            }
            Mail::NotYet(arrival) => {
                self.arrival = Some(arrival);
                self.feed(Input::Command(Command::NotYet));
            }
            Mail::Proved(done) => self.feed(Input::Done(done)),
            Mail::Begun(begun) => {
                let done = match begun {
                    Ok(arrival) => {
                        self.arrival = Some(arrival);
                        Begun::Stands
                    }
                    Err(failure) => {
                        log::info!("roaming: {failure}");
                        let not_let_in = failure.exit == Exit::Authentication;
                        self.failure = Some(failure);
                        if not_let_in { Begun::NotLetIn } else { Begun::Failed }
                    }
                };
                self.read_pins();
                self.feed(Input::Done(Done::Begun(done)));
            }
            Mail::End => {}
        }
    }

    fn feed(&mut self, input: Input<'_, Command, Done>) {
        self.machine.handle(self.clock.now(), input);
    }

    /// How many are at the server of this process.
    fn look_at_company(&mut self) {
        if let Some(hosting) = &self.hosting {
            let people = hosting.company.len();
            self.feed(Input::Command(Command::Company(people)));
        }
    }

    /// Which servers this device knows: a session has pinned one, perhaps, or another program.
    fn read_pins(&mut self) {
        match self.caller.home.known_servers().all() {
            Ok(known) => self.feed(Input::Command(Command::Pins(pins(known)))),
            Err(error) => log::warn!("roaming: {error}"),
        }
    }

    /// Carries out what the machine wants, until it waits. Until when, if something is due then.
    fn drain(&mut self) -> Option<Instant> {
        loop {
            match self.machine.poll(self.clock.now(), &mut []) {
                Output::Notice(notice) => self.notice(notice),
                Output::Job(job) => self.caller.start(job, self.mails.0.clone()),
                // It has no socket.
                Output::Transmit(_) => {}
                Output::Wait(until) => return until,
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is put into words as it is")]
    fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Look(looks) => {
                if let Err(failure) = self.look(looks) {
                    log::info!("roaming: {failure}");
                }
            }
            Notice::TakeOver { is_by_itself, .. } => {
                if let Some(arrival) = self.arrival.take() {
                    self.called = arrival.opened.library.wording.server.to_string();
                    self.say(News::Arrived(Box::new(Arrival { is_by_itself, ..*arrival })));
                }
            }
            Notice::GiveUp(_) => {
                if let Some(arrival) = self.arrival.take() {
                    // The goodbye may take a while.
                    std::thread::spawn(move || arrival.opened.close());
                }
            }
            Notice::StopServing => {
                if let Some(hosting) = self.hosting.take() {
                    (hosting.stop)(format!("its host has gone to {}", self.called));
                }
            }
            notice => {
                let said = words::of(notice, &self.caller.home, self.failure.as_ref());
                said.into_iter().for_each(|said| self.say(said));
            }
        }
    }

    /// Looks for others, or does so no more.
    fn look(&mut self, looks: bool) -> Result<(), Failure> {
        if let Some(scout) = self.scout.take() {
            // What it tells meanwhile is taken in here.
            std::thread::spawn(move || drop(scout));
        }
        if looks {
            let known = self.caller.home.known_servers().all()?.into_iter().map(|known| known.key).collect();
            let (mails, heard) = self.mails.clone();
            let scout = Scout::start(hears(mails, heard)).map_err(Failure::system)?;
            scout.send(discovery::Command::Expect(known));
            scout.send(discovery::Command::Seek);
            self.scout = Some(scout);
        }
        Ok(())
    }

    fn say(&self, news: News) {
        // A chat that has ended wants to hear of nothing; a session that it gets no more ends by being dropped.
        let _ = self.events.send(Event::Roaming(news));
    }
}

/// The next thing that comes, or `None` if nothing does within that time.
fn wait(mailbox: &Mailbox, time: Option<Duration>) -> Option<Mail> {
    let Some(time) = time else { return Some(mailbox.mails.recv().unwrap_or(Mail::End)) };
    match mailbox.mails.recv_timeout(time) {
        Ok(mail) => Some(mail),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => Some(Mail::End),
    }
}

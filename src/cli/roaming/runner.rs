//! The thread that acts on what is heard of other servers: it asks them, speaks of them, and goes there.

use std::sync::mpsc::SyncSender;
use std::time::Duration;

use chinwag_proto::time::Instant;

use crate::client_core::Reads;
use crate::config::Home;
use crate::discovery::{Command, Found};
use crate::drive::{Clock, Scout};
use crate::render::render_text;

use super::super::args;
use super::super::discover::{Trust, line};
use super::super::event::Event;
use super::super::failure::{Exit, Failure};
use super::super::session::{Kind, Session, Wants};
use super::board::{Around, Next};
use super::{Arrival, News, prove};
use crate::client::{ServerName, Whom, name_of};

/// Strangers that a person is told of unasked; the others are in the list.
const TOLD_MAX: usize = 8;
/// Once there is a server to go to unasked, a better one may be heard of for so long.
const SETTLE: Duration = Duration::from_millis(200);
/// Others have this long to answer before it is said that there are none.
const NOBODY: Duration = Duration::from_secs(3);

pub(super) struct Runner {
    around: Around,
    home: Home,
    args: args::Chat,
    whole_screen: bool,
    events: SyncSender<Event>,
    clock: Clock,
    scout: Option<Scout>,
    /// When it is said that nobody is there.
    nobody_at: Option<Instant>,
    told: usize,
}

impl Runner {
    pub(super) fn new(
        around: Around,
        home: &Home,
        args: args::Chat,
        whole_screen: bool,
        events: SyncSender<Event>,
    ) -> Self {
        let (home, clock) = (home.clone(), Clock::start());
        Self { around, home, args, whole_screen, events, clock, scout: None, nobody_at: None, told: 0 }
    }

    pub(super) fn run(mut self) {
        loop {
            let now = self.clock.mono();
            let done = match self.around.next(now) {
                Next::End => return,
                Next::Look(looks) => self.look(looks),
                Next::Go(found) => self.goes(&found),
                Next::Examine(found) => self.examine(&found),
                Next::Wait(until) => {
                    self.wait(now, until);
                    Ok(())
                }
            };
            if let Err(failure) = done {
                log::info!("elsewhere: {failure}");
            }
        }
    }

    fn wait(&mut self, now: Instant, until: Option<Instant>) {
        if self.nobody_at.is_some_and(|at| at <= now) {
            self.nobody_at = None;
            if self.around.all().is_empty() {
                self.say(News::Word(
                    "no other server answers here; /quit, and then `chinwag` again, hosts one".to_owned(),
                ));
            }
        }
        let until = until.into_iter().chain(self.nobody_at).min();
        self.around.wait(until.map(|until| until.since(now)), now);
    }

    /// Looks for others, or does so no more.
    fn look(&mut self, looks: bool) -> Result<(), Failure> {
        (self.scout, self.nobody_at) = (None, None);
        if looks {
            let around = self.around.clone();
            let known = self.home.known_servers().all()?.into_iter().map(|known| known.key).collect();
            let scout = Scout::start(move |notice| around.hears(notice)).map_err(super::start::system)?;
            scout.send(Command::Expect(known));
            scout.send(Command::Seek);
            self.scout = Some(scout);
            self.nobody_at = Some(self.clock.mono() + NOBODY);
        }
        Ok(())
    }

    /// Finds out what there is to say of a server, or goes there if that needs no question.
    fn examine(&mut self, found: &Found) -> Result<(), Failure> {
        let trust = Trust::of(found, &self.home.known_servers().all()?);
        if matches!(trust, Trust::Impostor(_)) {
            return Ok(());
        }
        if self.around.goes_by_itself(found) {
            // Where several have just heard of each other, all are to go to the same one.
            std::thread::park_timeout(SETTLE);
            let Some(found) = &self.around.best() else { return Ok(()) };
            match self.arrive(found, true) {
                Ok(()) => return Ok(()),
                Err(failure) if failure.exit == Exit::Authentication => {
                    let name = render_text(&found.name);
                    self.tell(
                        found,
                        trust,
                        &format!("; not gone there by itself: {failure}; /server {name} tries again"),
                    );
                    return Ok(());
                }
                Err(failure) => {
                    self.around.is_silent(found.key(), self.clock.mono());
                    return Err(failure);
                }
            }
        }
        if self.told >= TOLD_MAX || !self.around.is_worth_a_word(found) {
            return Ok(());
        }
        match prove::answers(&found.addrs, *found.key())? {
            true => self.tell(found, trust, &format!("; /server {} goes there", what_to_type(found))),
            false => self.around.is_silent(found.key(), self.clock.mono()),
        }
        Ok(())
    }

    fn tell(&mut self, found: &Found, trust: Trust, then: &str) {
        if self.around.is_worth_a_word(found) {
            self.told += 1;
            self.around.mark_told(found.key());
            self.say(News::Word(format!("another server is here: {}{then}", line(found, trust))));
        }
    }

    /// The user wants to go there.
    fn goes(&mut self, found: &Found) -> Result<(), Failure> {
        if let Err(failure) = self.arrive(found, false) {
            self.say(News::Trouble(format!("not gone to {}: {failure}", render_text(&found.name))));
        }
        Ok(())
    }

    /// Begins a session there. Nothing of the old one is given up before it stands.
    fn arrive(&self, found: &Found, is_by_itself: bool) -> Result<(), Failure> {
        let (home, key) = (&self.home, *found.key());
        let server = name_of(home, &key, &found.name)?;
        let mut args = self.args.clone();
        let used = home.recent().name_on(server.as_str())?;
        args.client = args::Client {
            server: Some(Whom::Named(server)),
            name: used.or(args.client.name),
            invite_file: None,
            token_file: None,
            ..args.client
        };
        let reads = if args.read_privately { Reads::Private } else { Reads::Told };
        let wants =
            Wants::new(Kind::Chat).reads(reads).whole_screen(self.whole_screen).at(found.addrs.clone(), Some(key));
        let mut session = Session::open(home, &args.client, wants)?;
        match session.until_let_in() {
            Ok(came) => {
                self.around.is_going(true);
                self.say(News::Arrived(Box::new(Arrival { session, came, key, is_by_itself })));
                Ok(())
            }
            Err(failure) => {
                session.close();
                Err(failure)
            }
        }
    }

    fn say(&self, news: News) {
        // A chat that has ended wants to hear of nothing; a session that it gets no more ends by being dropped.
        let _ = self.events.send(Event::Elsewhere(news));
    }
}

/// What a person types to mean it.
fn what_to_type(found: &Found) -> String {
    let called = ServerName::on_lan(&found.name);
    let bare = called.as_str().trim_start_matches("lan:");
    if bare.is_empty() { found.key().fingerprint() } else { bare.to_owned() }
}

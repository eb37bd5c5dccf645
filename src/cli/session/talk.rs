//! A client of the library for a command that does one thing: what becomes of the connection is told on stderr while that is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::client::{Client, ConnectError, Event, Events, ServerName, Silence};
use crate::config::Home;
use crate::words;

use super::super::args;
use super::super::failure::{Exit, Failure};
use super::super::output::tell;
use super::super::signals::{SignalWatch, watch_signals};
use super::prepare::Prepared;
use super::reasons::failure;
use super::wants::{GOODBYE, Kind, Wants};
use super::wording::{Word, Wording};

/// A client, and what is said of it.
pub(in super::super) struct Talk {
    pub(in super::super) client: Client,
    wording: Wording,
    is_interrupted: Arc<AtomicBool>,
    _signals: SignalWatch,
}

impl Talk {
    /// Finds out whom to call, under which name, and that it is the right one; then begins to connect. A signal stops the client, and
    /// so whatever waits for it.
    pub(in super::super) fn open(home: &Home, args: &args::Client, kind: Kind) -> Result<(Self, Events), Failure> {
        let Prepared { connect, server, name, is_by_token } = Prepared::new(home, args, Wants::new(kind))?;
        let (client, events) = connect.start().map_err(|error| failure(home, &server, error))?;
        let wording = Wording::new(home, server, name, is_by_token, client.was_let_in());
        let is_interrupted = Arc::new(AtomicBool::new(false));
        let (stopped, flag) = (client.clone(), Arc::clone(&is_interrupted));
        let interrupt = move || {
            flag.store(true, Ordering::Relaxed);
            stopped.stop();
            true
        };
        let signals = watch_signals(interrupt)
            .map_err(|error| Failure::new(Exit::General, format!("can't watch for signals: {error}")))?;
        Ok((Self { client, wording, is_interrupted, _signals: signals }, events))
    }

    /// The server, as its user names it.
    pub(in super::super) const fn server(&self) -> &ServerName {
        &self.wording.server
    }

    /// Whether there was a login.
    pub(in super::super) const fn was_up(&self) -> bool {
        self.wording.was_up
    }

    /// Whether the account is that of a token.
    pub(in super::super) const fn is_by_token(&self) -> bool {
        self.wording.is_by_token
    }

    /// What happens next, once it is told, as far as all commands tell it in the same words; or why it is no use to go on.
    pub(in super::super) fn next(&mut self, events: &mut Events) -> Result<Event, Failure> {
        let event = events.next().unwrap_or(Event::Ended(ConnectError::Stopped(None)));
        self.take(event)
    }

    /// The same, if there is something within that time.
    pub(in super::super) fn next_within(
        &mut self,
        events: &mut Events,
        time: Duration,
    ) -> Result<Option<Event>, Failure> {
        events.next_within(time).map(|event| self.take(event)).transpose()
    }

    /// The same for an event that somebody has waited for.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is for the command")]
    pub(in super::super) fn take(&mut self, event: Event) -> Result<Event, Failure> {
        match &event {
            Event::Connection(change) => self.wording.word(change).into_iter().for_each(Word::tell_trouble),
            Event::Kept { room, body, answer } => Wording::kept_answered(room, body, *answer).tell_trouble(),
            Event::QuotaNear(near) => tell(&words::quota_near(near)),
            _ => {}
        }
        match event {
            Event::Ended(_) if self.is_interrupted.load(Ordering::Relaxed) => Err(Failure::interrupted("interrupted")),
            Event::Ended(error) => Err(self.wording.failure(error)),
            event => Ok(event),
        }
    }

    /// Why it is no use to go on where nobody has answered for long enough.
    pub(in super::super) fn no_answer(&self, silence: &Silence) -> Failure {
        let (server, silence) = (self.wording.server.to_string(), silence.clone());
        self.wording.failure(ConnectError::NoAnswer { server, silence })
    }

    /// Says goodbye. What earlier programs had said gets a moment to be answered; otherwise a later program sends it again. `next` gives
    /// the next event, if there is one within a time.
    pub(in super::super) fn close(mut self, mut next: impl FnMut(Duration) -> Option<Event>) {
        let mut is_waited_for = self.was_up();
        while is_waited_for && self.client.outbox().earlier > 0 {
            is_waited_for = next(GOODBYE).is_some_and(|event| self.tell_kept(event));
        }
        self.client.stop();
        while next(GOODBYE).is_some_and(|event| self.tell_kept(event)) {}
    }

    /// Whether that was not the end.
    fn tell_kept(&mut self, event: Event) -> bool {
        if matches!(event, Event::Kept { .. }) {
            return self.take(event).is_ok();
        }
        !matches!(event, Event::Ended(_))
    }
}

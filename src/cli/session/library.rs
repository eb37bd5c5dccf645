//! A session of the library for a command: what is asked for it, and what becomes of it in words.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::wire::id::{PublicKey, RoomSeq};
use chinwag_proto::wire::message::{Body, Post, Refusal, Wire as _};

use crate::client::{self, Change, Notices};
use crate::client_core::{Command, Connection, Draft, Notice, SavedPost};
use crate::config::Home;

use super::super::args;
use super::super::failure::{Exit, Failure};
use super::prepare::Prepared;
use super::reasons::failure;
use super::wants::{GOODBYE, Kind, TIMEOUT, Wants};
use super::wording::{Word, Wording};

/// A client that is connected, or trying.
pub(in super::super) struct LibrarySession {
    /// What is said of it.
    pub(in super::super) wording: Wording,
    session: client::Session,
    may_try_again: bool,
    /// Messages of programs that are gone that were found, and are not answered yet.
    kept: usize,
    drafts: BTreeMap<String, Draft>,
    /// What these are, by their tags, where they are shown: until they are answered.
    earlier: BTreeMap<u64, SavedPost>,
}

/// One that has begun, and what it tells.
pub(in super::super) struct Opened {
    pub(in super::super) library: LibrarySession,
    pub(in super::super) notices: Notices,
}

impl Opened {
    /// Finds out whom to call, under which name, and that it is the right one; then begins to connect.
    pub(in super::super) fn open(home: &Home, args: &args::Client, wants: Wants<'_>) -> Result<Self, Failure> {
        let kind = wants.kind;
        let Prepared { connect, server, name, is_by_token } = Prepared::new(home, args, wants)?;
        let wrong = |error| failure(home, &server, error);
        let (mut session, notices) = connect.session().map_err(wrong)?;
        let drafts = if kind == Kind::Chat { session.drafts().map_err(wrong)? } else { BTreeMap::new() };
        let kept = session.kept().outbox;
        let earlier = (1..).zip(session.take_outbox()).collect();
        let wording = Wording::new(home, server, name, is_by_token, session.was_let_in());
        Ok(Self { library: LibrarySession { wording, session, may_try_again: false, kept, drafts, earlier }, notices })
    }

    /// Waits until the server has let it in. What came meanwhile, that included, is to be taken by whoever goes on with it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is for whoever goes on with it")]
    pub(in super::super) fn until_let_in(&mut self) -> Result<Vec<Notice>, Failure> {
        let mut came = Vec::new();
        loop {
            let notice = match self.notices.recv_timeout(TIMEOUT) {
                Ok(Some(notice)) => notice,
                Ok(None) => {
                    return Err(Failure::new(Exit::Connect, format!("no answer from {}", self.library.wording.server)));
                }
                Err(_) => return Err(Failure::loop_ended(None)),
            };
            match notice {
                Notice::Connection(Connection::LoggedIn { .. }) => {
                    came.push(notice);
                    return Ok(came);
                }
                Notice::Connection(connection) => {
                    if let Some(Word::Trouble(said)) = self.library.connection(&connection)? {
                        return Err(Failure::new(Exit::Connect, said));
                    }
                }
                Notice::Stopped => return Err(Failure::loop_ended(None)),
                other => came.push(other),
            }
        }
    }

    /// Says goodbye.
    pub(in super::super) fn close(self) {
        self.library.command(Command::Quit);
        while let Ok(Some(notice)) = self.notices.recv_timeout(GOODBYE) {
            if notice == Notice::Stopped {
                return;
            }
        }
    }
}

impl LibrarySession {
    /// The key that the server must prove.
    pub(in super::super) const fn key(&self) -> Option<PublicKey> {
        self.session.key()
    }

    /// Whether there was a login.
    pub(in super::super) const fn was_up(&self) -> bool {
        self.session.was_up()
    }

    /// Names (folded) of accounts that were ignored when it began.
    pub(in super::super) fn ignored(&self) -> BTreeSet<String> {
        self.session.kept().ignored.clone()
    }

    /// Rooms (folded) that were muted when it began.
    pub(in super::super) fn muted(&self) -> BTreeSet<String> {
        self.session.kept().muted.clone()
    }

    /// What the user had set when it began.
    pub(in super::super) const fn settings(&self) -> &BTreeMap<String, String> {
        &self.session.kept().settings
    }

    /// What was half typed in rooms (folded) when it began.
    pub(in super::super) fn drafts(&self) -> BTreeMap<String, Draft> {
        self.drafts.clone()
    }

    /// What earlier programs had said and was not answered when it began, in order; it is shown.
    pub(in super::super) fn earlier(&self) -> Vec<SavedPost> {
        self.earlier.values().cloned().collect()
    }

    /// What the client tells may be what became of something that earlier programs had said and that is shown. What to tell the
    /// user of that where it is shown no more.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is about something else")]
    pub(in super::super) fn take(&mut self, notice: &Notice) -> Option<Word> {
        let (tag, answer) = match notice {
            Notice::Stored { tag, number, .. } => (tag, Ok(*number)),
            Notice::Refused { tag, reason } => (tag, Err(*reason)),
            Notice::Kept { room, body, answer } => return Some(self.kept_answered(room, body, *answer)),
            _ => return None,
        };
        let SavedPost { room, post, .. } = self.earlier.remove(tag)?;
        let Post { body, .. } = Post::decode(&post).ok()?;
        Some(self.kept_answered(&room, &body, answer))
    }

    /// A person is there, who can try another name or password where one is refused.
    pub(in super::super) const fn let_try_again(&mut self) {
        self.may_try_again = true;
        self.session.go_on_where_refused();
    }

    /// Whether a person is there.
    pub(super) const fn tries_again(&self) -> bool {
        self.may_try_again
    }

    /// Messages of earlier programs that are not answered yet.
    pub(super) const fn kept(&self) -> usize {
        self.kept
    }

    /// What became of a message of an earlier program.
    pub(in super::super) fn kept_answered(
        &mut self,
        room: &str,
        body: &Body,
        answer: Result<RoomSeq, Refusal>,
    ) -> Word {
        self.kept = self.kept.saturating_sub(1);
        Wording::kept_answered(room, body, answer)
    }

    /// Has done what is to be done about a change of the connection. What to tell the user of it, if anything; or why it is no use to
    /// go on.
    pub(in super::super) fn connection(&mut self, connection: &Connection) -> Result<Option<Word>, Failure> {
        let change = self.session.take(connection).map_err(|error| self.wording.failure(error))?;
        if let Some(Change::Connected { adopted, .. }) = &change {
            self.kept += adopted;
        }
        Ok(change.and_then(|change| self.wording.word(&change)))
    }

    /// Asks the client for something.
    pub(in super::super) fn command(&self, command: Command) {
        self.session.command(command);
    }
}

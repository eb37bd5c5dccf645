//! A session of the library for a command: what is asked for it, and what becomes of it in words.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chinwag_proto::wire::id::{PublicKey, RoomSeq};
use chinwag_proto::wire::message::{Body, Refusal};

use crate::client::{self, Change, Connect, ConnectError, Device, Notices, ServerName};
use crate::client_core::{Command, Connection, Draft, Notice, words};
use crate::config::Home;
use crate::render::{render_lines, render_text};
use crate::words::beginning;

use super::super::args;
use super::super::failure::{Exit, Failure};
use super::super::output::tell;
use super::super::start::with_seed;
use super::identity::trust_or_not;
use super::patience::Patience;
use super::reasons::{failure, not_found_yet};
use super::wants::{GOODBYE, Kind, TIMEOUT, Wants};
use super::whom::Asked;

/// Something to tell the user about the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Word {
    /// All is well: for a person who looks on.
    News(String),
    /// For everyone.
    Trouble(String),
}

impl Word {
    /// Tells trouble on stderr, and news only in the log: for commands that nobody looks at while all is well.
    pub(in super::super) fn tell_trouble(self) {
        match self {
            Self::News(said) => log::info!("{said}"),
            Self::Trouble(said) => tell(&said),
        }
    }
}

/// A client that is connected, or trying.
pub(in super::super) struct Link {
    /// Its server.
    pub(in super::super) server: ServerName,
    /// Its account's name.
    pub(in super::super) name: String,
    home: Home,
    session: client::Session,
    patience: Patience,
    /// Nobody has answered the last attempt.
    is_looking: bool,
    may_try_again: bool,
    /// Messages of programs that are gone that were found, and are not answered yet.
    kept: usize,
    drafts: BTreeMap<String, Draft>,
}

/// One that has begun, and what it tells.
pub(in super::super) struct Opened {
    pub(in super::super) link: Link,
    pub(in super::super) notices: Notices,
}

impl Opened {
    /// Finds out whom to call, under which name, and that it is the right one; then begins to connect.
    pub(in super::super) fn open(home: &Home, args: &args::Client, mut wants: Wants<'_>) -> Result<Self, Failure> {
        let mut asked = Asked::of(home, args, wants.login.is_some())?;
        let (server, name) = (asked.server.clone(), asked.name.clone());
        let wrong = |error| failure(home, &server, error);
        let login = wants.login.take();
        let kind = wants.kind;
        let mut connect = connect(home, args, &asked, wants)?;
        match connect.identify() {
            Err(ConnectError::Untrusted { key, .. }) => {
                trust_or_not(home, &server, &key, args.accept_new)?;
                connect = connect.key(key);
            }
            Err(error) => return Err(wrong(error)),
            Ok(_) => {}
        }
        connect = match (login, asked.token.take(), asked.code.take()) {
            (Some(login), _, code) => connect.login(login(code)?),
            (None, Some(token), _) => connect.token(token),
            (None, None, Some(code)) => connect.invite(code),
            (None, None, None) => connect,
        };
        let (mut session, notices) = connect.session().map_err(wrong)?;
        let drafts = if kind == Kind::Chat { session.drafts().map_err(wrong)? } else { BTreeMap::new() };
        let link = Link {
            patience: Patience::new(&server),
            kept: session.kept().outbox,
            home: home.clone(),
            server,
            name,
            session,
            is_looking: true,
            may_try_again: false,
            drafts,
        };
        Ok(Self { link, notices })
    }

    /// Waits until the server has let it in. What came meanwhile, that included, is to be taken by whoever goes on with it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is for whoever goes on with it")]
    pub(in super::super) fn until_let_in(&mut self) -> Result<Vec<Notice>, Failure> {
        let mut came = Vec::new();
        loop {
            let notice = match self.notices.recv_timeout(TIMEOUT) {
                Ok(Some(notice)) => notice,
                Ok(None) => {
                    return Err(Failure::new(Exit::Connect, format!("no answer from {}", self.link.server)));
                }
                Err(_) => return Err(Failure::loop_ended(None)),
            };
            match notice {
                Notice::Connection(Connection::LoggedIn { .. }) => {
                    came.push(notice);
                    return Ok(came);
                }
                Notice::Connection(connection) => {
                    if let Some(Word::Trouble(said)) = self.link.connection(&connection)? {
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
        self.link.command(Command::Quit);
        while let Ok(Some(notice)) = self.notices.recv_timeout(GOODBYE) {
            if notice == Notice::Stopped {
                return;
            }
        }
    }
}

/// Asks whoever answers for a server for its key, whether one is known or not.
pub(in super::super) fn ask_key(home: &Home, server: &ServerName, timeout: Duration) -> Result<PublicKey, Failure> {
    let wrong = |error| failure(home, server, error);
    let device = Device::of(home.clone()).map_err(wrong)?;
    let connect = device.server_named(server.clone()).map_err(wrong)?.patience(Some(timeout));
    telling(connect, server).ask_key().map_err(wrong)
}

/// While nobody answers who is asked for a key, that is said.
fn telling(connect: Connect, server: &ServerName) -> Connect {
    let mut patience = Patience::new(server);
    connect.while_unanswered(move |silence| {
        patience.trying(silence, false, None).into_iter().for_each(|said| tell(&said));
    })
}

/// What is asked of the library.
fn connect(home: &Home, args: &args::Client, asked: &Asked, wants: Wants<'_>) -> Result<Connect, Failure> {
    let Wants { kind, reads, whole_screen, addrs, key, login: _ } = wants;
    let wrong = |error| failure(home, &asked.server, error);
    let device = Device::of(home.clone()).map_err(wrong)?;
    let connect = telling(device.server_named(asked.server.clone()).map_err(wrong)?, &asked.server);
    let mut connect = connect
        .name(&asked.name)
        .reads(reads)
        .follow_direct(kind == Kind::Chat)
        .whole_screen(whole_screen)
        .patience(args.timeout.or((kind != Kind::Chat).then_some(TIMEOUT)));
    if matches!(kind, Kind::Send | Kind::Ask) {
        // Whoever does one thing and goes has nobody who could be spoken to.
        connect = connect.passing();
    }
    if let Some(key) = asked.key.or(key) {
        connect = connect.key(key);
    }
    if let Some(addrs) = addrs {
        connect = connect.at(addrs);
    }
    if let Some(join_key) = asked.join_key {
        connect = connect.join_key(join_key);
    }
    if let Some(weather) = with_seed(args.weather.spec.as_ref())? {
        connect = connect.weather(weather);
    }
    Ok(connect)
}

impl Link {
    /// The key that the server must prove.
    pub(in super::super) const fn key(&self) -> Option<PublicKey> {
        self.session.key()
    }

    /// It came by a token.
    pub(in super::super) const fn is_by_token(&self) -> bool {
        self.session.is_by_token()
    }

    /// Whether the server is still being looked for, whatever else was said of it.
    pub(in super::super) const fn is_looking(&self) -> bool {
        self.is_looking
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

    /// A person is there, who can try another name or password where one is refused.
    pub(in super::super) const fn may_try_again(&mut self) {
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

    /// Asks the client for something.
    pub(in super::super) fn command(&self, command: Command) {
        self.session.command(command);
    }

    /// What became of a message of an earlier program.
    pub(in super::super) fn kept_answered(
        &mut self,
        room: &str,
        body: &Body,
        answer: Result<RoomSeq, Refusal>,
    ) -> Word {
        self.kept = self.kept.saturating_sub(1);
        let (room, text) = (render_text(room), body.text().unwrap_or("(no text)"));
        match answer {
            Ok(_) => Word::News(format!("sent from before, to {room}: {}", beginning(text, 60))),
            // It is kept nowhere else any more, so all of it is said.
            Err(reason) => Word::Trouble(format!(
                "NOT DELIVERED, from before ({}), to {room}: {}",
                words::refusal(reason),
                render_lines(text, "   ")
            )),
        }
    }

    /// Has done what is to be done about a change of the connection. What to tell the user of it, if anything; or why it is no use to
    /// go on.
    pub(in super::super) fn connection(&mut self, connection: &Connection) -> Result<Option<Word>, Failure> {
        self.is_looking = matches!(connection, Connection::Trying { .. });
        match self.session.take(connection) {
            Ok(change) => Ok(change.and_then(|change| self.word(change))),
            Err(ConnectError::Login(reason)) => Err(self.refused(reason)),
            Err(error) => Err(failure(&self.home, &self.server, error)),
        }
    }

    fn word(&mut self, change: Change) -> Option<Word> {
        let server = &self.server;
        Some(Word::Trouble(match change {
            Change::Unanswered(silence) => {
                let why = silence.why.as_deref().map(|why| not_found_yet(&self.home, server, why));
                return self.patience.trying(&silence, self.session.was_up(), why.as_deref()).map(Word::Trouble);
            }
            Change::Connected { name, server: called, is_again, made_anew, adopted, not_kept } => {
                self.kept += adopted;
                self.patience.reset();
                let (called, shown) = (render_text(&called), render_text(&name));
                let connected = if is_again {
                    format!("connected again to {called} ({server})")
                } else {
                    format!("connected to {called} ({server}) as {shown}")
                };
                self.name.clone_from(&name);
                let lost = made_anew.then(|| words::made_anew(&called, &name));
                match (lost, not_kept) {
                    (None, None) => return Some(Word::News(connected)),
                    (None, Some(why)) => format!("{connected}, but {why}"),
                    (Some(lost), None) => lost,
                    (Some(lost), Some(why)) => format!("{lost}; {why}"),
                }
            }
            Change::NotPinned(why) => format!("{why}; the next program has to trust {server} anew"),
            Change::Silent => format!("no sign of {server} for some seconds; what you write is kept"),
            Change::Heard => format!("{server} is heard again"),
            Change::Lost { why } => format!("connection to {server} lost ({}); trying again", render_text(&why)),
            Change::GoingDown { why } => {
                format!("{server} is going down ({}); waiting for it to come back", render_text(&why))
            }
            Change::Moved => format!("another server answers where {server} was; looking for {server} again"),
            Change::Refused(reason) => self.another_login(reason),
        }))
    }

    /// The server takes this device, which it let in before, for one that would make an account, and lets nobody do so who is
    /// not invited.
    const fn is_unknown_now(&self, reason: Refusal) -> bool {
        let is_shut = matches!(reason, Refusal::RegistrationClosed | Refusal::InviteNeeded | Refusal::InviteInvalid);
        is_shut && self.session.was_let_in()
    }

    /// What a person can do whose login was refused.
    fn another_login(&self, reason: Refusal) -> String {
        let name = render_text(&self.name);
        if reason == Refusal::NameTaken && self.session.was_let_in() {
            return format!("{UNKNOWN_DEVICE} as {name}: {BECAUSE}. /login {name} lets it in again");
        }
        if self.is_unknown_now(reason) {
            return format!(
                "{UNKNOWN_DEVICE} as {name}: {BECAUSE}. /login {name} lets it in again if the account is there still; if not: {}",
                words::refusal(reason)
            );
        }
        if reason == Refusal::NameTaken {
            return format!(
                "{name} is taken on this server: another name is /nick NAME; if it is yours, /login {name} lets this device in"
            );
        }
        if reason == Refusal::PasswordNeeded {
            return format!("this server wants a password of a new device: /login {name} asks for it");
        }
        format!(
            "name {}: {}\n   /login NAME to be an account that you have, /register NAME to make one",
            self.name,
            words::refusal(reason)
        )
    }

    /// The login was refused, and nobody is there who could try another.
    fn refused(&self, reason: Refusal) -> Failure {
        let (server, name) = (&self.server, render_text(&self.name));
        if reason == Refusal::NameTaken && self.session.was_let_in() {
            let sentence = format!("{UNKNOWN_DEVICE} as {name}: {BECAUSE}; `chinwag login` lets it in again");
            return Failure::new(Exit::Authentication, sentence);
        }
        if self.is_unknown_now(reason) {
            let sentence = format!(
                "{UNKNOWN_DEVICE} as {name}: {BECAUSE}; `chinwag login` lets it in again if the account is there still; if not: {}",
                words::refusal(reason)
            );
            return Failure::new(Exit::Authentication, sentence);
        }
        if reason == Refusal::PasswordNeeded {
            let sentence = format!(
                "{server} wants a password of a new device; let this one in by `chinwag login --server {server} --name {name}`"
            );
            return Failure::new(Exit::Authentication, sentence);
        }
        let request = if self.is_by_token() { "token".to_owned() } else { format!("name {}", self.name) };
        Failure::refused(request, reason)
    }
}

/// What a server says of a device that it let in before.
const UNKNOWN_DEVICE: &str = "the server does not know this device any more";
/// Why that may be.
const BECAUSE: &str = "it was removed from the account, or the server's store was put back to before it was added";

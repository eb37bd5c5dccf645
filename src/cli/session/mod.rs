//! One connection to a server, as every client command has it: find the server, know its key, be someone, stay connected.

mod identity;
mod onward;
mod patience;
mod running;
mod wants;
mod whom;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender};
use std::time::Duration;

use chinwag_proto::endpoint::Target;
use chinwag_proto::wire::datagram::VersionRange;
use chinwag_proto::wire::frame::CloseCode;
use chinwag_proto::wire::id::{PublicKey, RoomSeq};
use chinwag_proto::wire::message::{Away, Body, Refusal, name};

use crate::client_core::{self as client, Command, Connection, Draft, Login, Notice, words};
use crate::config::{ConfigError, Home, read_join_key};
use crate::desk::tell::beginning;
use crate::keep::{Database, Keep as _};
use crate::render::render_text;

use super::discover;
use super::event::Event;
use super::failure::{Exit, Failure};
use super::output::tell;
use super::signals::{Watch, watch_signals};
use super::{args, secret, start};
use crate::client::ServerName;

use crate::client::{Resolver, Search, token_account};
use identity::{join_key_sentence, trust_or_not, unknown_key};
use running::Running;
use whom::{Invitation, which_name, which_server};

pub(super) use identity::changed_key;
pub(super) use patience::Patience;
use patience::Silence;
pub(super) use running::key_of;
pub(super) use wants::{Kind, Wants};

/// How long a command without a person waits for the first answer.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);
/// Events that wait for a slow screen; then whoever brings more waits, too.
const EVENTS_MAX: usize = 1_024;
/// How long a goodbye may take before the command ends without.
const GOODBYE: Duration = Duration::from_secs(2);

/// Something to tell the user about the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// All is well: for a person who looks on.
    News(String),
    /// For everyone.
    Trouble(String),
}

impl Word {
    /// Tells trouble on stderr, and news only in the log: for commands that nobody looks at while all is well.
    pub(super) fn tell_trouble(self) {
        match self {
            Self::News(said) => log::info!("{said}"),
            Self::Trouble(said) => tell(&said),
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "an arm of a match")]
fn trouble(said: String) -> Result<Option<Word>, Failure> {
    Ok(Some(Word::Trouble(said)))
}

/// A client that is connected, or trying.
pub(super) struct Session {
    /// Its server.
    pub(super) server: ServerName,
    /// Its account's name.
    pub(super) name: String,
    home: Home,
    target: Target,
    /// The key is to be pinned once it is proved.
    pin_is_new: bool,
    patience: Patience,
    was_up: bool,
    /// Nobody has answered the last attempt.
    is_looking: bool,
    /// A refused login is no reason to end: a person may try another one.
    may_try_again: bool,
    /// This device was let in under that name before.
    was_let_in: bool,
    /// The account is a token's; this device is not enrolled for it.
    is_by_token: bool,
    /// Where messages of programs that are gone are found.
    keep: Database,
    /// Those that were found, and not answered yet.
    kept: usize,
    ignored: BTreeSet<String>,
    muted: BTreeSet<String>,
    drafts: BTreeMap<String, Draft>,
    settings: BTreeMap<String, String>,
    search: Search<Failure>,
    running: Running,
    /// Events that are taken before those of the queue.
    waiting: VecDeque<Event>,
    _signals: Watch,
}

impl Session {
    /// Finds out whom to call, under which name, and that it is the right one; then begins to connect.
    pub(super) fn open(home: &Home, args: &args::Client, wants: Wants<'_>) -> Result<Self, Failure> {
        let Wants { kind, reads, login, whole_screen, addrs, key } = wants;
        let token = match login {
            Some(_) => None,
            None => secret::token(args.token_file.as_deref(), args.token_command.as_deref())?,
        };
        let (invitation, token) = Invitation::of(args)?.of_token(args, token)?;
        let expected = invitation.key.or(key);
        let server = match &invitation.server {
            Some(server) => server.clone(),
            None => which_server(home, args)?,
        };
        let name = if token.is_some() { String::new() } else { which_name(home, args, &server)? };
        let known = home.known_servers().key_of(server.as_str())?;
        server.check()?;
        let addrs = match (addrs, known.or(expected)) {
            (Some(addrs), _) => addrs,
            // Where a known server is may be found out later: what is said to it is kept meanwhile.
            (None, Some(_)) => server.literal().into_iter().collect(),
            (None, None) => where_is(home, &server, None)?,
        };
        let join_key = args.join_key_file.as_deref().map(read_join_key).transpose()?.or(invitation.join);
        let used = home.recent().name_on(server.as_str())?.filter(|_| token.is_none());
        let was_let_in = used.as_ref().is_some_and(|used| name::fold(used) == name::fold(&name));
        let enrolled = used.is_some();
        let timeout = args.timeout.or((kind != Kind::Chat).then_some(TIMEOUT));
        let patience = Patience::new(&server, timeout);
        let weather = start::with_seed(args.weather.spec.as_ref())?;
        let weather = weather.as_ref();
        let key = match (known, expected) {
            (Some(known), Some(expected)) if known != expected => {
                return Err(changed_key(home, &server, &known, &expected));
            }
            (Some(key), _) | (None, Some(key)) => key,
            (None, None) => {
                let key = key_of(home, &addrs, weather, patience.clone())?;
                trust_or_not(home, &server, &key, args.accept_new)?;
                key
            }
        };
        let is_by_token = token.is_some();
        let account = token.as_ref().map_or_else(|| name::fold(&name), |token| token_account(token.reveal()));
        let login = match (login, token) {
            (Some(login), _) => login(invitation.code)?,
            (None, Some(token)) => Login::Token(token),
            (None, None) if invitation.code.is_some() && !enrolled => {
                Login::Register { password: None, invite: invitation.code }
            }
            (None, None) => Login::Device,
        };
        let mut keep = start::keep(home, &key, &account)?;
        let kept = keep.load()?;
        let outbox = match keep.adopt() {
            // Tried again after the login, and told then.
            Err(error) if !error.is_damage() => Vec::new(),
            adopted => adopted?,
        };
        let drafts = match kind {
            // It can't be taken over on a full disk, and is no less kept for that.
            Kind::Chat => {
                keep.drafts().or_else(|error| if error.is_damage() { Err(error) } else { Ok(BTreeMap::new()) })?
            }
            Kind::Send | Kind::Tail | Kind::Ask => BTreeMap::new(),
        };
        let config = client::Config {
            login,
            device: crate::client::machine_name(),
            cursors: kept.cursors,
            sent: kept.sent,
            ignored: kept.ignored.clone(),
            leaving: kept.leaving,
            keeps_outbox: true,
            follow_direct: kind == Kind::Chat,
            // What arrives while something is sent was shown to nobody: it stays unread.
            shown_by_face: true,
            whole_screen,
            reads,
            outbox: outbox.clone(),
            ..client::Config::new(&*name)
        };
        let running = Running::start(home, config, Some(keep.second()?), weather)?;
        let interrupts = running.sender.clone();
        let signals = watch_signals(move || interrupts.send(Event::Interrupt).is_ok())
            .map_err(|error| Failure::new(Exit::General, format!("can't watch for signals: {error}")))?;
        let target = Target { addrs, pin: Some(key), join_key, enrolled };
        if matches!(kind, Kind::Send | Kind::Ask) {
            // Whoever does one thing and goes has nobody who could be spoken to.
            running.command(Command::Away(Away::Passing));
        }
        running.command(Command::Connect(target.clone()));
        let search = Search::new(target.addrs.clone(), resolver(home, &server, key));
        running.search(&search, 0);
        Ok(Self {
            server,
            name,
            home: home.clone(),
            target,
            pin_is_new: known.is_none(),
            patience,
            was_up: false,
            is_looking: true,
            may_try_again: false,
            was_let_in,
            is_by_token,
            keep,
            kept: outbox.len(),
            ignored: kept.ignored,
            muted: kept.muted,
            drafts,
            settings: kept.settings,
            search,
            running,
            waiting: VecDeque::new(),
            _signals: signals,
        })
    }

    /// The key that the server must prove.
    pub(super) const fn key(&self) -> Option<PublicKey> {
        self.target.pin
    }

    /// A person is there, who can try another name or password where one is refused.
    pub(super) fn may_try_again(&mut self) {
        self.may_try_again = true;
    }

    /// It came by a token.
    pub(super) const fn is_by_token(&self) -> bool {
        self.is_by_token
    }

    /// Whether the server is still being looked for, whatever else was said of it.
    pub(super) fn is_looking(&self) -> bool {
        self.is_looking
    }

    /// Whether there was a login.
    pub(super) fn was_up(&self) -> bool {
        self.was_up
    }

    /// Names (folded) of accounts that were ignored when it began.
    pub(super) fn ignored(&self) -> BTreeSet<String> {
        self.ignored.clone()
    }

    /// Rooms (folded) that were muted when it began.
    pub(super) fn muted(&self) -> BTreeSet<String> {
        self.muted.clone()
    }

    /// What the user had set when it began.
    pub(super) const fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    /// What was half typed in rooms (folded) when it began.
    pub(super) fn drafts(&self) -> BTreeMap<String, Draft> {
        self.drafts.clone()
    }

    /// What became of a message of an earlier program.
    pub(super) fn kept_answered(&mut self, room: &str, body: &Body, answer: Result<RoomSeq, Refusal>) -> Word {
        self.kept = self.kept.saturating_sub(1);
        let what = format!("{}: {}", render_text(room), beginning(body.text().unwrap_or("(no text)"), 60));
        match answer {
            Ok(_) => Word::News(format!("sent from before, to {what}")),
            Err(reason) => Word::Trouble(format!("NOT DELIVERED, from before ({}), to {what}", words::refusal(reason))),
        }
    }

    /// Takes over what programs have left behind that ended since this one began. Gives why it can't now, where it is no less
    /// kept for that.
    fn adopt(&mut self) -> Result<Option<String>, Failure> {
        let posts = match self.keep.adopt() {
            Ok(posts) => posts,
            Err(error) if !error.is_damage() => return Ok(Some(error.to_string())),
            Err(error) => return Err(error.into()),
        };
        if !posts.is_empty() {
            self.kept += posts.len();
            self.command(Command::Adopt(posts));
        }
        Ok(None)
    }

    /// Asks the client for something.
    pub(super) fn command(&self, command: Command) {
        self.running.command(command);
    }

    /// Where others put their events.
    pub(super) fn sender(&self) -> SyncSender<Event> {
        self.running.sender.clone()
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Event {
        self.waiting.pop_front().unwrap_or_else(|| self.running.events.recv().unwrap_or(Event::LoopEnded(None)))
    }

    /// The next event, if there is one within that time.
    pub(super) fn next_within(&mut self, time: Duration) -> Option<Event> {
        if let Some(event) = self.waiting.pop_front() {
            return Some(event);
        }
        match self.running.events.recv_timeout(time) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Event::LoopEnded(None)),
        }
    }

    /// Lines that were read and wait to be taken are nothing any more: how many.
    pub(super) fn discard_lines(&mut self) -> usize {
        let waiting = self.waiting.drain(..).chain(self.running.events.try_iter().take(EVENTS_MAX));
        let (lines, kept): (VecDeque<_>, _) = waiting.partition(|event| matches!(event, Event::Line(_)));
        self.waiting = kept;
        lines.len()
    }

    /// Remembers what is to be remembered of a change of the connection. What to tell the user of it, if anything; or why
    /// it is no use to go on.
    pub(super) fn connection(&mut self, connection: &Connection) -> Result<Option<Word>, Failure> {
        let server = &self.server;
        self.is_looking = matches!(connection, Connection::Trying { .. });
        match connection {
            Connection::Trying { attempts, elapsed } => {
                self.running.search(&self.search, *attempts);
                let failure = self.search.failure();
                if let Some(failure) = failure.as_ref().filter(|why| !self.was_up && why.exit == Exit::ServerIdentity) {
                    return Err(failure.clone());
                }
                let silence = Silence {
                    attempts: *attempts,
                    elapsed: *elapsed,
                    was_up: self.was_up,
                    addrs: &self.search.addrs(),
                    failure: failure.as_ref(),
                    refused: &self.running.refusals.all(),
                };
                Ok(self.patience.trying(&silence)?.map(Word::Trouble))
            }
            Connection::Up { key, addr } => {
                self.search.proved(*addr);
                if !std::mem::take(&mut self.pin_is_new) {
                    return Ok(None);
                }
                let unwritten = unwritten(self.home.known_servers().pin(server.as_str(), *key))?;
                Ok(unwritten.map(|why| Word::Trouble(format!("{why}; the next program has to trust {server} anew"))))
            }
            Connection::LoggedIn { name, server: called } => {
                let remembered = match self.is_by_token {
                    true => Ok(()),
                    false => self.home.recent().remember(server.as_str(), name),
                };
                let unwritten = unwritten(remembered)?;
                self.name.clone_from(name);
                self.patience.reset();
                let not_adopted = self.adopt()?;
                let again = std::mem::replace(&mut self.was_up, true);
                let (called, server) = (render_text(called), &self.server);
                let connected = if again {
                    format!("connected again to {called} ({server})")
                } else {
                    format!("connected to {called} ({server}) as {}", render_text(name))
                };
                Ok(Some(match unwritten.or(not_adopted) {
                    None => Word::News(connected),
                    Some(why) => Word::Trouble(format!("{connected}, but {why}")),
                }))
            }
            Connection::Suspect => trouble(format!("no sign of {server} for some seconds; what you write is kept")),
            Connection::Alive => trouble(format!("{server} is heard again")),
            Connection::Lost { why } => {
                trouble(format!("connection to {server} lost ({}); trying again", render_text(why)))
            }
            Connection::Ended { code: CloseCode::Shutdown, reason } => {
                trouble(format!("{server} is going down ({}); waiting for it to come back", render_text(reason)))
            }
            Connection::Ended { code, reason } => Err(ended(server, *code, reason)),
            Connection::WrongKey { .. } if self.search.forget() => {
                // Names move: another server may have the address that this one had. Nothing was said to it.
                self.command(Command::Connect(Target { addrs: Vec::new(), ..self.target.clone() }));
                self.running.search(&self.search, 0);
                trouble(format!("another server answers where {server} was; looking for {server} again"))
            }
            Connection::WrongKey { expected, seen } => Err(changed_key(&self.home, server, expected, seen)),
            Connection::Unpinned { key, .. } => Err(unknown_key(&self.home, server, key)),
            Connection::WrongVersion { theirs } => Err(Failure::new(
                Exit::Connect,
                format!("{server}: {}", words::wrong_version(VersionRange::OURS, *theirs)),
            )),
            Connection::JoinKeyRefused if self.target.enrolled && self.target.join_key.is_some() => {
                // The server has forgotten this device; as a new one it may still come in.
                self.target.enrolled = false;
                let target = Target { addrs: self.search.addrs(), ..self.target.clone() };
                self.command(Command::Connect(target));
                Ok(None)
            }
            Connection::JoinKeyRefused => {
                Err(Failure::new(Exit::Authentication, join_key_sentence(server, &self.target)))
            }
            Connection::LoginRefused(Refusal::NameTaken) if self.was_let_in => {
                let (name, why) = (render_text(&self.name), "the server does not know this device any more");
                let because =
                    "it was removed from the account, or the server's store was put back to before it was added";
                if self.may_try_again {
                    trouble(format!("{why} as {name}: {because}. /login {name} lets it in again"))
                } else {
                    let again = "`chinwag login` lets it in again";
                    Err(Failure::new(Exit::Authentication, format!("{why} as {name}: {because}; {again}")))
                }
            }
            Connection::LoginRefused(Refusal::NameTaken) if self.may_try_again => {
                let name = render_text(&self.name);
                trouble(format!(
                    "{name} is taken on this server: another name is /nick NAME; if it is yours, /login {name} lets this device in"
                ))
            }
            Connection::LoginRefused(Refusal::PasswordNeeded) if self.may_try_again => {
                let name = render_text(&self.name);
                trouble(format!("this server wants a password of a new device: /login {name} asks for it"))
            }
            Connection::LoginRefused(Refusal::PasswordNeeded) => Err(Failure::new(
                Exit::Authentication,
                format!(
                    "{server} wants a password of a new device; let this one in by `chinwag login --server {server} --name {}`",
                    render_text(&self.name)
                ),
            )),
            Connection::LoginRefused(reason) if self.may_try_again => trouble(format!(
                "name {}: {}\n   /login NAME to be an account that you have, /register NAME to make one",
                self.name,
                words::refusal(*reason)
            )),
            Connection::LoginRefused(reason) if self.is_by_token => Err(Failure::refused("token", *reason)),
            Connection::LoginRefused(reason) => Err(Failure::refused(format!("name {}", self.name), *reason)),
        }
    }

    /// Says goodbye. What is still shown on the way is lost to nobody: the record follows what was shown. What earlier programs
    /// had said gets a moment to be answered; otherwise a later program sends it again.
    pub(super) fn close(mut self) {
        while self.was_up && self.kept > 0 {
            match self.next_within(GOODBYE) {
                Some(Event::Notice(Notice::Kept { room, body, answer })) => {
                    self.kept_answered(&room, &body, answer).tell_trouble();
                }
                Some(Event::LoopEnded(_) | Event::Interrupt) | None => break,
                Some(_) => {}
            }
        }
        self.running.close();
    }
}

/// What could not be written: a session goes on without, as nothing else is lost by it. Whatever else is wrong with the file is given
/// as it is.
fn unwritten(written: Result<(), ConfigError>) -> Result<Option<String>, ConfigError> {
    match written {
        Ok(()) => Ok(None),
        Err(error @ ConfigError::Write { .. }) => Ok(Some(error.to_string())),
        Err(error) => Err(error),
    }
}

/// The addresses of a server. Blocks while the system, or the subnet, is asked.
pub(super) fn where_is(home: &Home, server: &ServerName, key: Option<PublicKey>) -> Result<Vec<SocketAddr>, Failure> {
    match server.is_on_lan() {
        true => discover::resolve(home, server, key),
        false => Ok(server.resolve()?),
    }
}

/// How to find out where a server is, unless it is named by an address.
fn resolver(home: &Home, server: &ServerName, key: PublicKey) -> Option<Resolver<Failure>> {
    if server.literal().is_some() {
        return None;
    }
    let (home, server) = (home.clone(), server.clone());
    Some(Arc::new(move || where_is(&home, &server, Some(key))))
}

fn ended(server: &ServerName, code: CloseCode, reason: &str) -> Failure {
    let reason = render_text(reason);
    let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let (exit, what) = match code {
        CloseCode::Denied => (Exit::Denied, "does not let this device in"),
        CloseCode::Displaced => (Exit::General, "has another session in the place of this one"),
        CloseCode::Protocol => (Exit::General, "ended the session for a breach of the protocol"),
        CloseCode::Done | CloseCode::Shutdown | CloseCode::Expired => (Exit::General, "ended the session"),
    };
    Failure::new(exit, format!("{server} {what}{because}"))
}

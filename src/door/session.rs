//! A connection that is minded: what becomes of it, what this device remembers of it, and where the server is looked for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chinwag_client_core::{self as core, Command, Connection, Draft, Lost, SavedPost};
use chinwag_drive::{Commands, Handle};
use chinwag_home::ConfigError;
use chinwag_net::Refusals;
use chinwag_proto::endpoint::Target;
use chinwag_proto::wire::id::PublicKey;
use chinwag_proto::wire::message::{Refusal, name};

use super::device::Device;
use super::error::{ConnectError, Silence};
use super::keeper::{Keeper, Kept, passing};
use super::search::Search;
use super::server_name::ServerName;

/// What the machine below tells, for whoever takes it as it comes: see [`Session`].
pub type Notices = Handle<core::Client>;

/// A connection for a program that takes what the machine below tells as it comes, rather than by
/// [`Events`](super::Events): a face that draws a whole screen does. Made by [`Connect::session`](super::Connect::session).
/// Each [`Notice::Connection`](core::Notice::Connection) is to be given to [`Self::take`], which does what is to be done about it.
///
/// ```no_run
/// # #[cfg(feature = "sqlite")]
/// # fn run() -> Result<(), chinwag_client::ConnectError> {
/// use chinwag_client::{Change, Device, Lost, Notice};
///
/// let device = Device::open("window.home")?;
/// let (mut session, notices) = device.server("lab")?.name("ann").session()?;
/// while let Ok(notice) = notices.recv() {
///     if let Notice::Connection(connection) = &notice {
///         match session.take(connection)? {
///             Some(Change::Lost { why: Lost::Shutdown { .. } }) => println!("the server is down for a while"),
///             Some(Change::Lost { why }) => println!("connection lost ({why}); trying again"),
///             _ => {}
///         }
///     }
/// }
/// # Ok(()) }
/// ```
pub struct Session {
    pub(super) device: Device,
    pub(super) server: ServerName,
    pub(super) target: Target,
    /// The key is to be trusted once it is proved.
    pub(super) is_new: bool,
    pub(super) is_by_token: bool,
    /// This device was let in under that name before.
    pub(super) was_let_in: bool,
    pub(super) was_up: bool,
    /// It does one thing and goes.
    pub(super) passes: bool,
    /// A refused login is no end.
    pub(super) goes_on_refused: bool,
    /// How long the first login may take.
    pub(super) patience: Option<Duration>,
    pub(super) search: Search<Arc<ConnectError>>,
    pub(super) refusals: Refusals,
    pub(super) keeper: Keeper,
    pub(super) kept: Kept,
    /// What earlier programs of this device had said, where its face shows that.
    pub(super) outbox: Vec<SavedPost>,
    pub(super) commands: Commands<Command>,
}

/// What has become of a connection: told by [`Event::Connection`](super::Event::Connection), and by [`Session::take`].
///
/// ```no_run
/// # fn watch(events: chinwag_client::Events) {
/// use chinwag_client::{Change, Event, Lost};
///
/// for event in events {
///     let Event::Connection(change) = event else { continue };
///     match change {
///         Change::Connected { server, is_again, .. } => println!("at {server}, again: {is_again}"),
///         Change::NotPinned(error) => println!("whoever answers next time is trusted, too: {error}"),
///         Change::Lost { why: Lost::Shutdown { .. } } => println!("the server is down for a while"),
///         Change::Lost { why } => println!("{why}; trying again"),
///         other => println!("{other:?}"),
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
pub enum Change {
    /// Nobody has answered yet; the client goes on trying.
    Unanswered(Silence),
    /// The server has proved its key, which could not be written down as one that is trusted.
    NotPinned(ConnectError),
    /// The device is logged in.
    Connected {
        /// The account's name.
        name: String,
        /// What the server calls itself.
        server: String,
        /// The device was logged in before.
        is_again: bool,
        /// The device was let in under that name before, and the server knew no such account any more: it was made anew, and
        /// memberships, rooms and messages of the old one are gone there.
        made_anew: bool,
        /// Messages of earlier programs of this device that are sent from now on.
        adopted: usize,
        /// What could not be remembered or taken over, as there is no room on the disk. Nothing is lost by it.
        not_kept: Option<ConnectError>,
    },
    /// The server has been silent for some seconds.
    Silent,
    /// A server that was silent is heard again.
    Heard,
    /// The connection is lost; the client goes on trying.
    Lost {
        /// Why: of [`Lost::Shutdown`], the server is to come back.
        why: Lost,
    },
    /// Another server answers where this one was. Nothing was said to it; the right one is looked for.
    Moved,
    /// The login was refused, and another may be tried ([`Session::go_on_where_refused`]). No event tells this: a client without a
    /// person ends by it.
    Refused(Refusal),
}

impl Session {
    /// The server, as it was given.
    #[must_use]
    pub const fn server(&self) -> &ServerName {
        &self.server
    }

    /// The key that the server must prove.
    #[must_use]
    pub const fn key(&self) -> Option<PublicKey> {
        self.target.pin
    }

    /// Whether there was a login.
    #[must_use]
    pub const fn was_up(&self) -> bool {
        self.was_up
    }

    /// Whether this device was let in under this name before.
    #[must_use]
    pub const fn was_let_in(&self) -> bool {
        self.was_let_in
    }

    /// Whether the account is that of a token.
    #[must_use]
    pub const fn is_by_token(&self) -> bool {
        self.is_by_token
    }

    /// What this device remembers of the account.
    #[must_use]
    pub const fn kept(&self) -> &Kept {
        &self.kept
    }

    /// What earlier programs of this device had said and nobody has answered, in order, where the face shows it
    /// ([`Connect::shows_outbox`](super::Connect::shows_outbox)); given once. [`Notice::Stored`](core::Notice::Stored) and
    /// [`Notice::Refused`](core::Notice::Refused) tell of each by its place there, counted from 1, as its tag.
    pub fn take_outbox(&mut self) -> Vec<SavedPost> {
        std::mem::take(&mut self.outbox)
    }

    /// What was half typed, by room (folded).
    ///
    /// # Errors
    /// [`ConnectError::Keep`]: what the device keeps is damaged.
    pub fn drafts(&mut self) -> Result<BTreeMap<String, Draft>, ConnectError> {
        self.keeper.drafts()
    }

    /// A refused login is no end from now on, but [`Change::Refused`]: somebody is there who can try another.
    pub const fn go_on_where_refused(&mut self) {
        self.goes_on_refused = true;
    }

    /// Asks the machine for something.
    pub fn command(&self, command: Command) {
        // A loop that has ended says so by its last notice.
        let _ = self.commands.send(command);
    }

    /// Begins to connect.
    pub(super) fn begin(&self) {
        self.command(Command::Connect(self.target.clone()));
        self.look(0);
    }

    /// Nobody has answered for so many attempts: the server may be elsewhere.
    fn look(&self, attempts: u32) {
        let commands = self.commands.clone();
        self.search.trying(attempts, move |addrs| {
            // A loop that has ended needs no address.
            let _ = commands.send(Command::Reach(addrs));
        });
    }

    /// Does what is to be done about a change of the connection: looks for the server again, remembers its key and the name, takes
    /// over what other programs of this device have left. Gives what there is to say of it.
    ///
    /// # Errors
    /// [`ConnectError`]: it is no use to go on.
    pub fn take(&mut self, connection: &Connection) -> Result<Option<Change>, ConnectError> {
        match connection {
            Connection::Trying { attempts, elapsed } => self.trying(*attempts, *elapsed).map(Some),
            Connection::Up { key, addr } => {
                self.search.proved(*addr);
                if !std::mem::take(&mut self.is_new) {
                    return Ok(None);
                }
                Ok(unwritten(self.device.trust(self.server.as_str(), *key))?.map(Change::NotPinned))
            }
            Connection::LoggedIn { name, server, is_made } => self.logged_in(name, server, *is_made).map(Some),
            Connection::Suspect => Ok(Some(Change::Silent)),
            Connection::Alive => Ok(Some(Change::Heard)),
            Connection::Lost { why } => Ok(Some(Change::Lost { why: why.clone() })),
            Connection::Ended { code, reason } => Err(ConnectError::Ended { code: *code, reason: reason.clone() }),
            Connection::WrongKey { .. } if self.search.forget() => {
                // Names move: another server may have the address that this one had. Nothing was said to it.
                self.command(Command::Connect(Target { addrs: Vec::new(), ..self.target.clone() }));
                self.look(0);
                Ok(Some(Change::Moved))
            }
            Connection::WrongKey { expected, seen } => {
                Err(ConnectError::KeyChanged { server: self.server.to_string(), expected: *expected, seen: *seen })
            }
            Connection::Unpinned { key, .. } => {
                Err(ConnectError::Untrusted { server: self.server.to_string(), key: *key })
            }
            Connection::WrongVersion { theirs } => Err(ConnectError::Version(*theirs)),
            Connection::JoinKeyRefused if self.target.enrolled && self.target.join_key.is_some() => {
                // The server has forgotten this device; as a new one it may still come in.
                self.target.enrolled = false;
                self.command(Command::Connect(Target { addrs: self.search.addrs(), ..self.target.clone() }));
                Ok(None)
            }
            Connection::JoinKeyRefused => Err(ConnectError::JoinKey { given: self.target.join_key.is_some() }),
            Connection::LoginRefused(reason) if self.goes_on_refused => Ok(Some(Change::Refused(*reason))),
            Connection::LoginRefused(reason) => Err(ConnectError::Login(*reason)),
        }
    }

    fn trying(&self, attempts: u32, elapsed: Duration) -> Result<Change, ConnectError> {
        self.look(attempts);
        let why = self.search.failure();
        if !self.was_up
            && let Some(other) = why.as_deref().and_then(ConnectError::of_another)
        {
            return Err(other);
        }
        let (addrs, refused) = (self.search.addrs(), self.refusals.all());
        let silence = Silence { attempts, elapsed, addrs, refused, why };
        if !self.was_up && self.patience.is_some_and(|patience| elapsed >= patience) {
            return Err(ConnectError::NoAnswer { server: self.server.to_string(), silence });
        }
        Ok(Change::Unanswered(silence))
    }

    fn logged_in(&mut self, name: &str, server: &str, is_made: bool) -> Result<Change, ConnectError> {
        let remembered = match self.is_by_token {
            true => Ok(()),
            false => self.device.remember(self.server.as_str(), name),
        };
        let unwritten = unwritten(remembered)?;
        self.target.enrolled |= !self.is_by_token;
        let (left, not_adopted) = passing(self.keeper.adopt())?;
        let adopted = left.len();
        if adopted > 0 {
            self.command(Command::Adopt(left));
        }
        let is_again = std::mem::replace(&mut self.was_up, true);
        let made_anew = is_made && (is_again || self.was_let_in);
        let not_kept = unwritten.or(not_adopted);
        Ok(Change::Connected {
            name: name.to_owned(),
            server: server.to_owned(),
            is_again,
            made_anew,
            adopted,
            not_kept,
        })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("server", &self.server).field("was_up", &self.was_up).finish_non_exhaustive()
    }
}

/// Whether a name is that of an account that was used before.
pub(super) fn is_same(used: Option<&str>, wanted: &str) -> bool {
    used.is_some_and(|used| name::fold(used) == name::fold(wanted))
}

/// What could not be written: a session goes on without, as nothing else is lost by it. Whatever else is wrong with the file is
/// given as it is.
fn unwritten(written: Result<(), ConnectError>) -> Result<Option<ConnectError>, ConnectError> {
    match written {
        Ok(()) => Ok(None),
        Err(error @ ConnectError::Home(ConfigError::Write { .. })) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

//! Why there is no connection: who is to blame, and what helps.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chinwag_client_core::{Denial, words};
use chinwag_home::ConfigError;
use chinwag_keep::KeepError;
use chinwag_net::{BindError, Refused, ResolveError};
use chinwag_node::render::render_text;
use chinwag_proto::wire::datagram::VersionRange;
use chinwag_proto::wire::frame::CloseCode;
use chinwag_proto::wire::id::PublicKey;
use chinwag_proto::wire::message::Refusal;
use chinwag_proto::wire::message::name::NameError;
use thiserror::Error;

/// Why there is no connection, or none any more. Its text is a sentence for people, safe to show; [`Self::blame`] says where to
/// look, and the variants say the rest.
///
/// ```no_run
/// use chinwag_client::{Blame, ConnectError, Device};
///
/// # #[cfg(feature = "sqlite")]
/// # fn run() -> Result<(), ConnectError> {
/// let device = Device::open("bot.home")?;
/// match device.server("lab")?.name("bot").connect() {
///     Ok((client, events)) => { /* talk */ }
///     Err(ConnectError::Untrusted { key, .. }) => println!("compare {key} with what the server shows"),
///     Err(error) if error.may_pass() => println!("{error}; try later"),
///     Err(error) if error.blame() == Blame::Machine => println!("look at this machine: {error}"),
///     Err(error) => return Err(error),
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Error)]
pub enum ConnectError {
    /// What was given for a server is none.
    #[error(transparent)]
    Server(#[from] ResolveError),
    /// What was given is no invitation.
    #[error("that is no invitation; one begins with chinwag:// and has the server's key after #")]
    Invitation,
    /// No name was given, and none was used there before.
    #[error("no name was given, and this device has used none on this server")]
    NoName,
    /// What was given for a name is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A file of the device's own can't be used.
    #[error(transparent)]
    Home(#[from] ConfigError),
    /// What the device keeps of the server can't be used.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// There is no socket.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The system refuses what a network program needs.
    #[error("this system refuses what a network program needs: {0}")]
    System(io::Error),
    /// No server of that name is on this subnet.
    #[error("no server called {server} answers on this subnet (asked for {} s)", asked_for.as_secs())]
    NotFound {
        /// `lan:NAME`.
        server: String,
        /// How long it was asked for.
        asked_for: Duration,
    },
    /// A bare name is neither a host's nor that of a server on this subnet.
    #[error("no host is called {}, and no server of that name answers on this network", render_text(called))]
    NoHost {
        /// The name.
        called: String,
    },
    /// Two servers of that name are on this subnet, and neither is known: the address of the right one tells them apart.
    #[error("two servers are called {server}: {} and {}", .keys[0], .keys[1])]
    Ambiguous {
        /// `lan:NAME`.
        server: String,
        /// The keys of the servers.
        keys: Box<[PublicKey; 2]>,
    },
    /// Two servers with one key answer to that name, and it is not known: a copy runs beside what it was copied from, or somebody
    /// forges it.
    #[error("two servers answer as {server} with one key, at {}: what is said is split between them", listed(addrs))]
    Twins {
        /// `lan:NAME`.
        server: String,
        /// Where they are; some of these may be further addresses of one of them.
        addrs: Vec<SocketAddr>,
    },
    /// Nobody has answered.
    #[error("{server} has not answered {} attempts in {:.1} s{}", silence.attempts, silence.elapsed.as_secs_f64(), silence.because())]
    NoAnswer {
        /// The server, as it was given.
        server: String,
        /// What is known of the attempts.
        silence: Silence,
    },
    /// The server's key was never seen by this device, and nobody says that it may be trusted.
    #[error("{server} is new to this device; its key has the fingerprint {key}")]
    Untrusted {
        /// The server, as it was given.
        server: String,
        /// The key that it has. Proved by a handshake.
        key: PublicKey,
    },
    /// Another key than the trusted one answers: the server was set up anew, or someone else answers in its place. Nothing was
    /// sent.
    #[error("the key of {server} has changed: {expected} is trusted, and {seen} answers; nothing was sent")]
    KeyChanged {
        /// The server, as it was given.
        server: String,
        /// The trusted key.
        expected: PublicKey,
        /// The one that answers.
        seen: PublicKey,
    },
    /// There is no version of the protocol in common.
    #[error("{}", words::wrong_version(VersionRange::OURS, *.0))]
    Version(VersionRange),
    /// New devices need a join key there: none was given, or another one.
    #[error("{}", if *given { "the server refused the join key" } else { "the server asks new devices for a join key" })]
    JoinKey {
        /// One was given.
        given: bool,
    },
    /// The login was refused.
    #[error("{}", words::refusal(*.0))]
    Login(Refusal),
    /// The server ended the session for good.
    #[error("the server ended the session: {}", render_text(reason))]
    Ended {
        /// Why, for programs.
        code: CloseCode,
        /// Why, in the server's words.
        reason: String,
    },
    /// The client has stopped, by a fault of this machine or of ours; or it was told to.
    #[error("the client has stopped{}", .0.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    Stopped(Option<io::Error>),
}

fn listed(addrs: &[SocketAddr]) -> String {
    addrs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

/// What is known of attempts that nobody has answered.
///
/// ```no_run
/// # fn main() -> Result<(), chinwag_client::ConnectError> {
/// use chinwag_client::{Device, Silence};
///
/// let tell = |silence: &Silence| match silence.unsent() {
///     Some(why) => eprintln!("nothing leaves this machine: {why}"),
///     None => eprintln!("{} attempts at {:?} without an answer", silence.attempts, silence.addrs),
/// };
/// let key = Device::in_memory()?.server("192.168.1.7")?.while_unanswered(tell).ask_key()?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Silence {
    /// Attempts.
    pub attempts: u32,
    /// Time since the first.
    pub elapsed: Duration,
    /// Where the server is looked for.
    pub addrs: Vec<SocketAddr>,
    /// Where this machine sends nothing at all, and why.
    pub refused: Vec<Refused>,
    /// Why the last search for the server found nothing.
    pub why: Option<Arc<ConnectError>>,
}

impl Silence {
    /// Why nobody can answer, where nothing leaves this machine for any of the addresses.
    #[must_use]
    pub fn unsent(&self) -> Option<String> {
        let refused: Vec<_> = self.refused.iter().filter(|refused| self.addrs.contains(&refused.to)).collect();
        let is_refused = |addr: &SocketAddr| refused.iter().any(|refused| refused.to == *addr);
        let is_certain = !self.addrs.is_empty() && self.addrs.iter().all(is_refused);
        is_certain.then(|| refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }

    /// What the system said of the first of these, without what helps.
    #[must_use]
    pub fn unsent_because(&self) -> Option<String> {
        self.unsent()?;
        self.refused.iter().find(|refused| self.addrs.contains(&refused.to)).map(|refused| refused.error.to_string())
    }

    fn because(&self) -> String {
        let why = self.unsent().or_else(|| self.why.as_ref().map(ToString::to_string));
        why.map(|why| format!("; {why}")).unwrap_or_default()
    }
}

/// Where to look for what went wrong.
///
/// ```
/// use chinwag_client::{Blame, ConnectError};
///
/// fn tell(error: &ConnectError) {
///     let whom = match error.blame() {
///         Blame::Request => "mend the settings of this program",
///         Blame::Machine => "look at this machine",
///         Blame::Network => "is the server up, and the way to it?",
///         Blame::Identity => "a person must compare the key",
///         Blame::Server => "ask whoever runs the server",
///     };
///     eprintln!("{error}; {whom}");
/// }
/// tell(&ConnectError::NoName);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// What was asked for makes no sense: the program, or whoever configured it.
    Request,
    /// The program's own machine: its files, its sockets.
    Machine,
    /// The way to the server, or the server is not running.
    Network,
    /// Whoever answers is not the one that is trusted. Only a person can say whether that is right.
    Identity,
    /// The server refuses.
    Server,
}

impl ConnectError {
    /// Where to look.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match self {
            Self::Server(ResolveError::Unknown { .. } | ResolveError::WrongInterface { .. }) => Blame::Network,
            Self::Server(_) | Self::Invitation | Self::NoName | Self::Name(_) => Blame::Request,
            Self::Home(_) | Self::Keep(_) | Self::Bind(_) | Self::System(_) | Self::Stopped(_) => Blame::Machine,
            Self::NotFound { .. } | Self::NoHost { .. } | Self::NoAnswer { .. } => Blame::Network,
            Self::Ambiguous { .. } | Self::Twins { .. } | Self::Untrusted { .. } | Self::KeyChanged { .. } => {
                Blame::Identity
            }
            Self::Version(_) | Self::JoinKey { .. } | Self::Login(_) | Self::Ended { .. } => Blame::Server,
        }
    }

    /// Whether the same may go well later without the program, or whoever configured it, doing anything: it is enough to wait, and to
    /// try again.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        if let Self::Login(reason) = self { is_for_now(*reason) } else { matches!(self.blame(), Blame::Network) }
    }

    /// The same, where it says that whoever answers is not the one that is trusted: that will not pass by waiting.
    pub(super) fn of_another(&self) -> Option<Self> {
        match self {
            Self::Ambiguous { server, keys } => Some(Self::Ambiguous { server: server.clone(), keys: keys.clone() }),
            Self::Twins { server, addrs } => Some(Self::Twins { server: server.clone(), addrs: addrs.clone() }),
            Self::Untrusted { server, key } => Some(Self::Untrusted { server: server.clone(), key: *key }),
            Self::KeyChanged { server, expected, seen } => {
                Some(Self::KeyChanged { server: server.clone(), expected: *expected, seen: *seen })
            }
            Self::Server(_)
            | Self::Invitation
            | Self::NoName
            | Self::Name(_)
            | Self::Home(_)
            | Self::Keep(_)
            | Self::Bind(_)
            | Self::System(_)
            | Self::NotFound { .. }
            | Self::NoHost { .. }
            | Self::NoAnswer { .. }
            | Self::Version(_)
            | Self::JoinKey { .. }
            | Self::Login(_)
            | Self::Ended { .. }
            | Self::Stopped(_) => None,
        }
    }

    /// What is kept is damaged, and not merely without room.
    pub(super) fn is_damage(&self) -> bool {
        matches!(self, Self::Keep(error) if error.is_damage())
    }
}

/// Whether a refusal says no more than that the server can't do it now.
const fn is_for_now(reason: Refusal) -> bool {
    matches!(
        reason,
        Refusal::AuthUnavailable | Refusal::Busy | Refusal::SlowMode | Refusal::StoreFull | Refusal::TooManyTries
    )
}

/// Why a question got no answer.
///
/// ```no_run
/// # fn read(client: &chinwag_client::Client) {
/// use chinwag_client::{AskError, Denial, Refusal};
///
/// match client.members("#vault", "") {
///     Ok((members, _)) => println!("{} are in there", members.len()),
///     Err(AskError::Denied(Denial::Refused(Refusal::NotMember))) => println!("only members may know"),
///     Err(error) => println!("{error}"),
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AskError {
    /// The server refused it, or the connection was lost before the answer came.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// There was no answer in time.
    #[error("there was no answer in time")]
    TimedOut,
    /// The answer is of another kind than what was asked for: a fault of the server's, or of ours.
    #[error("the server answered something else than it was asked for")]
    Unexpected,
    /// The client has stopped.
    #[error("the client has stopped")]
    Stopped,
}

/// Why a message is not stored.
///
/// ```no_run
/// # fn warn(client: &chinwag_client::Client) {
/// use std::time::Duration;
///
/// use chinwag_client::{PostError, Refusal};
///
/// match client.say("alarms", "the door is open").wait(Duration::from_secs(5)) {
///     Ok(number) => println!("message {}", number.0),
///     Err(PostError::Refused(Refusal::NotMember)) => client.join("alarms"),
///     Err(error) => println!("{error}"),
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PostError {
    /// The server refused it, and always will.
    #[error("{}", words::refusal(*.0))]
    Refused(Refusal),
    /// The message is not stored yet. It is in the device's outbox, and goes out when it can.
    #[error("it is not stored yet")]
    TimedOut,
    /// The client has stopped first. Where the device is a folder, the next client of it sends the message.
    #[error("the client has stopped")]
    Stopped,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_may_pass_where_its_sentence_says_to_wait_or_to_try_again() {
        let (mut passing, mut lasting) = (0, 0);
        for reason in Refusal::all() {
            let error = ConnectError::Login(reason);
            let said = error.to_string();
            let waits = said.contains("try again") || said.contains("wait a");
            assert_eq!(error.may_pass(), waits, "{reason:?}: {said}");
            assert_eq!(error.blame(), Blame::Server);
            *(if waits { &mut passing } else { &mut lasting }) += 1;
        }
        assert!(passing > 3 && lasting > 30, "{passing}, {lasting}");
    }

    #[test]
    fn a_refused_question_and_a_refused_message_are_told_in_the_same_sentence() {
        for reason in Refusal::all() {
            let (asked, posted) = (AskError::Denied(Denial::Refused(reason)), PostError::Refused(reason));
            assert_eq!(asked.to_string(), posted.to_string());
        }
    }
}

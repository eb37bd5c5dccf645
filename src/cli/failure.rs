//! How a command ends: its exit code (README, "Exit codes") and one sentence for people.

use std::fmt;
use std::process::ExitCode;

use chinwag_proto::wire::frame::CloseCode;
use chinwag_proto::wire::message::Refusal;

use crate::client::ConnectError;
use crate::client_core::Denial;
use crate::config::ConfigError;
use crate::keep::KeepError;
use crate::net::{BindError, ResolveError};
use crate::render::render_text;
use crate::store::sqlite::OpenError;
use crate::words;

use super::signals::stopped_code;

/// The exit codes, one meaning each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// All went well.
    Ok = 0,
    /// Anything that has no code of its own.
    General = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// A file of the user's own is unreadable or damaged.
    Configuration = 3,
    /// No socket, no such host, or nobody answers.
    Connect = 4,
    /// The name is another's, or the join key is wrong.
    Authentication = 5,
    /// The server's key is unknown or not the one that is trusted.
    ServerIdentity = 6,
    /// The server does not allow it.
    Denied = 7,
    /// A message was refused and will never be delivered as it is.
    NotDelivered = 8,
    /// A message is safe, but not yet where it was to be: in this device's outbox, or stored and not delivered to everyone.
    Queued = 9,
    /// The user stopped it before it was done; the code of a signal is that of the signal.
    Interrupted = super::signals::STOPPED as isize,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(if exit == Exit::Interrupted { stopped_code() } else { exit as u8 })
    }
}

/// Why a command could not do what it was asked: a code for programs, a sentence for people, what to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    sentence: String,
}

impl Failure {
    /// A failure in these words. Remote text in them must have passed [`render_text`].
    pub(super) fn new(exit: Exit, sentence: impl Into<String>) -> Self {
        Self { exit, sentence: sentence.into() }
    }

    /// What the user asked for makes no sense.
    pub(super) fn usage(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Usage, sentence)
    }

    /// The server refused a request.
    pub(super) fn refused(request: impl fmt::Display, reason: Refusal) -> Self {
        let exit = match reason {
            Refusal::NameInvalid | Refusal::QueryUnfit | Refusal::PasswordUnfit => Exit::Usage,
            Refusal::NameTaken
            | Refusal::NameConfusable
            | Refusal::OtherName
            | Refusal::NotLoggedIn
            | Refusal::RegistrationClosed
            | Refusal::InviteNeeded
            | Refusal::InviteInvalid
            | Refusal::PasswordWrong
            | Refusal::PasswordNeeded
            | Refusal::TooManyTries
            | Refusal::TokenInvalid
            | Refusal::AccountClosed
            | Refusal::AuthUnavailable => Exit::Authentication,
            Refusal::TooLarge
            | Refusal::IdReused
            | Refusal::NotUnderstood
            | Refusal::NoSuchEntry
            | Refusal::TextUnfit => Exit::NotDelivered,
            // Nobody forbids it; the server's operator has to mend it.
            Refusal::Damaged => Exit::General,
            Refusal::NoSuchAccount
            | Refusal::NoSuchRoom
            | Refusal::NotMember
            | Refusal::Limit
            | Refusal::TooManyRooms
            | Refusal::TooManyFollowed
            | Refusal::TooManyDevices
            | Refusal::TooManySessions
            | Refusal::Busy
            | Refusal::StoreFull
            | Refusal::AccountFull
            | Refusal::RoomFull
            | Refusal::ServerFull
            | Refusal::OutOfScope
            | Refusal::NotAllowed
            | Refusal::RoomPasswordNeeded
            | Refusal::NotInvited
            | Refusal::Banned
            | Refusal::Muted
            | Refusal::SlowMode
            | Refusal::RoomTaken
            | Refusal::TooManyPins
            | Refusal::NotYours
            | Refusal::PasswordElsewhere => Exit::Denied,
        };
        Self::new(exit, format!("{}: {}", render_text(&request.to_string()), words::refusal(reason)))
    }

    /// What was asked of the server got no answer.
    pub(super) fn denied(request: impl fmt::Display, denial: Denial) -> Self {
        match denial {
            Denial::Refused(reason) => Self::refused(request, reason),
            Denial::LinkLost => Self::new(
                Exit::Connect,
                format!(
                    "{}: the connection was lost before the answer came; it may be done or not",
                    render_text(&request.to_string())
                ),
            ),
        }
    }

    /// The terminal refused something that every terminal has.
    #[expect(clippy::needless_pass_by_value, reason = "what `map_err` takes")]
    pub(super) fn terminal(error: std::io::Error) -> Self {
        Self::new(Exit::General, format!("the terminal can't be used: {error}"))
    }

    /// What a command has to say can't be written.
    #[expect(clippy::needless_pass_by_value, reason = "what `map_err` takes")]
    pub(super) fn stdout(error: std::io::Error) -> Self {
        Self::new(Exit::General, format!("can't write to stdout: {error}"))
    }

    /// The system refused something that it never should.
    #[expect(clippy::needless_pass_by_value, reason = "what `map_err` takes")]
    pub(super) fn system(error: std::io::Error) -> Self {
        Self::new(Exit::General, format!("this system refuses what a network program needs: {error}"))
    }

    /// A loop ended by itself: a fault of this machine, or of ours.
    pub(super) fn loop_ended(why: Option<String>) -> Self {
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        Self::new(Exit::General, format!("the network loop has ended{why}"))
    }

    /// The user stopped it.
    pub(super) fn interrupted(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Interrupted, sentence)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        // What could not be written is neither unreadable nor damaged: most often the disk is full.
        let exit = match error {
            ConfigError::Write { .. } => Exit::General,
            ConfigError::NoHome
            | ConfigError::Read { .. }
            | ConfigError::Taken(_)
            | ConfigError::NoFolder(_)
            | ConfigError::NoBackup { .. }
            | ConfigError::Inhabited(_)
            | ConfigError::Corrupt { .. }
            | ConfigError::Setting { .. }
            | ConfigError::NoProfile { .. } => Exit::Configuration,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<KeepError> for Failure {
    fn from(error: KeepError) -> Self {
        let exit = if error.is_damage() { Exit::Configuration } else { Exit::General };
        Self::new(exit, error.to_string())
    }
}

impl From<&OpenError> for Failure {
    fn from(error: &OpenError) -> Self {
        let exit = if error.is_want_of_room() { Exit::General } else { Exit::Configuration };
        Self::new(exit, error.to_string())
    }
}

impl From<BindError> for Failure {
    fn from(error: BindError) -> Self {
        Self::new(Exit::Connect, error.to_string())
    }
}

/// Which code a connection ends with that does not come about: the one table of that.
impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        let exit = match error {
            ConnectError::Server(error) => return error.into(),
            ConnectError::Home(error) => return error.into(),
            ConnectError::Keep(error) => return error.into(),
            ConnectError::Bind(error) => return error.into(),
            ConnectError::Invitation | ConnectError::NoName | ConnectError::Name(_) => Exit::Usage,
            ConnectError::System(_) | ConnectError::Stopped(_) => Exit::General,
            ConnectError::NotFound { .. }
            | ConnectError::NoHost { .. }
            | ConnectError::NoAnswer { .. }
            | ConnectError::Version(_) => Exit::Connect,
            ConnectError::Ambiguous { .. }
            | ConnectError::Twins { .. }
            | ConnectError::Untrusted { .. }
            | ConnectError::KeyChanged { .. } => Exit::ServerIdentity,
            // A refused login is told with what to type, which the library can't know.
            ConnectError::Login(reason) => return Self::new(Exit::Authentication, words::refusal(reason)),
            ConnectError::JoinKey { .. } => Exit::Authentication,
            ConnectError::Ended { code: CloseCode::Denied, .. } => Exit::Denied,
            ConnectError::Ended { .. } => Exit::General,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<ResolveError> for Failure {
    fn from(error: ResolveError) -> Self {
        let exit = match error {
            ResolveError::Empty
            | ResolveError::Port { .. }
            | ResolveError::NoPort(_)
            | ResolveError::Scheme { .. }
            | ResolveError::Brackets(_)
            | ResolveError::Host(_)
            | ResolveError::NoInterface { .. } => Exit::Usage,
            // An interface may come back, as a name may.
            ResolveError::Unknown { .. } | ResolveError::WrongInterface { .. } => Exit::Connect,
        };
        Self::new(exit, error.to_string())
    }
}

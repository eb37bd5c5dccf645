//! How a client is set up.

use std::collections::BTreeSet;

use chinwag_proto::wire::message::{Request, Secret};

use super::{SavedCursor, SavedPost, SavedSent};

/// How a client is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The name of the account.
    pub name: String,
    /// How a session becomes that account's.
    pub login: Login,
    /// What this device calls itself where it is enrolled.
    pub device: String,
    /// Make speculative copies where the path deserves them.
    pub speculative: bool,
    /// What this device held when it was saved last.
    pub cursors: Vec<SavedCursor>,
    /// What this device was told to be stored.
    pub sent: Vec<SavedSent>,
    /// What earlier programs of this device had said and nobody answered, in order. It is sent, and told by
    /// [`super::Notice::Kept`].
    pub outbox: Vec<SavedPost>,
    /// The interface shows [`Self::outbox`], each under its place there, counted from 1: this is its tag, as if the interface had
    /// said it, and no [`super::Notice::Kept`] tells of it. What an earlier program may have sent is not taken back, but deleted.
    pub shows_outbox: bool,
    /// Names (folded) of accounts that are ignored.
    pub ignored: BTreeSet<String>,
    /// Rooms, by their names as shown, that the user has left and the server does not know of it: they are left first of all,
    /// what [`Config::outbox`] has for them apart.
    pub leaving: BTreeSet<String>,
    /// What is said is kept on disk until it is answered ([`super::Save::said`]).
    pub keeps_outbox: bool,
    /// Follow every direct message of the account, not only those that were asked for.
    pub follow_direct: bool,
    /// Cursors wait for [`super::Command::Shown`]. Otherwise what was handed to the interface counts as shown.
    pub shown_by_face: bool,
    /// Tell what a full screen shows and lines do not: rosters whenever they change, and how good the link is.
    pub whole_screen: bool,
    /// Whether what was shown was read by a person, and who may know.
    pub reads: Reads,
}

/// How a session becomes an account's. After [`Self::Register`] or [`Self::Enrol`] was granted, later sessions use
/// [`Self::Device`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Login {
    /// By the device's key alone.
    #[default]
    Device,
    /// By making the account.
    Register {
        /// By which further devices are enrolled.
        password: Option<Secret>,
        /// Where registration is by invitation.
        invite: Option<Secret>,
    },
    /// By the account's password, which enrols this device.
    Enrol {
        /// The password.
        password: Secret,
    },
    /// By a token. The name is the token's account's, whatever the configuration says.
    Token(Secret),
}

/// Whether what was shown was read, and who may know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reads {
    /// The mark is shown to no person.
    #[default]
    Nobody,
    /// A person looks on; only the account's own devices are told.
    Private,
    /// A person looks on, and everyone may know.
    Told,
}

impl Config {
    /// A client for the account of this name on a device that holds nothing yet.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// What is asked of the server on a new link.
    pub(super) fn login_request(&self) -> Request {
        let (name, device) = (self.name.clone(), self.device.clone());
        match self.login.clone() {
            Login::Device => Request::Login { name },
            Login::Register { password, invite } => Request::Register { name, password, invite, device },
            Login::Enrol { password } => Request::Enrol { name, password, device },
            Login::Token(token) => Request::Token(token),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: String::new(),
            login: Login::Device,
            device: String::new(),
            speculative: true,
            cursors: Vec::new(),
            sent: Vec::new(),
            outbox: Vec::new(),
            shows_outbox: false,
            ignored: BTreeSet::new(),
            leaving: BTreeSet::new(),
            keeps_outbox: false,
            follow_direct: true,
            shown_by_face: false,
            whole_screen: false,
            reads: Reads::Nobody,
        }
    }
}

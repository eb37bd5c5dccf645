//! What goes into the machine and what comes out of it, as values.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use chinwag_discovery::Found;
use chinwag_proto::wire::id::PublicKey;

/// What a chat is to its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The server is in the process of the chat.
    Host {
        /// Something was said there before this run. A chat does not leave that by itself.
        has_history: bool,
    },
    /// The server is another's.
    Guest {
        /// The chat came there by itself, and so it goes on by itself when that server is lost.
        came_by_itself: bool,
    },
}

/// A server that this device knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// What it is called here, as [`Config::spelling`] spells it.
    pub called: String,
    /// The server's key.
    pub key: PublicKey,
}

/// What a chat is when it begins.
#[derive(Clone, Debug)]
pub struct Config {
    /// What it is to its server.
    pub role: Role,
    /// The key of its server.
    pub here: PublicKey,
    /// The servers that this device knows.
    pub pins: Vec<Pin>,
    /// Servers that the user was shown and did not want.
    pub declined: BTreeSet<PublicKey>,
    /// How this device spells the name that a server has on the subnet.
    pub spelling: fn(&str) -> String,
}

/// What happens to the chat, and what its user wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A discovery tells that a server is there, or says something new.
    Heard(Box<Found>),
    /// A discovery tells that a server is gone. One that leaves ends no session; it is heard again if that was a lie.
    Gone(PublicKey),
    /// Another server with the key of this process's one is at that address, or somebody says so.
    Twin(SocketAddr),
    /// The device knows these servers now.
    Pins(Vec<Pin>),
    /// So many people are at the server of this process.
    Company(usize),
    /// The server of the chat has let it in.
    Up,
    /// The server of the chat is not there any more.
    Lost,
    /// Whether nothing that the user said or asked is without an answer.
    Settled(bool),
    /// The user wants to know which others there are. More may be heard of from now on.
    List,
    /// The user wants to go to the server that is called so, or whose fingerprint begins so.
    Go(String),
    /// The chat has gone where [`Notice::TakeOver`] said.
    TakenOver,
    /// The chat has not gone: the user has said something meanwhile.
    NotYet,
}

/// What it tells whoever runs the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Others are to be looked for from now on, or no more.
    Look(bool),
    /// For the user, unasked: this server is here, and has proved its key.
    Another(Box<Found>),
    /// For the user, unasked: this server did not let the chat in, which would have gone there by itself.
    NotLetIn(Box<Found>),
    /// For the user, unasked and once: the key of the chat's server is that of another one, too. Where that is, if the one
    /// here is the server of this process.
    Twin(Option<SocketAddr>),
    /// For the user, who is without a server: nobody answers.
    Nobody,
    /// The answer to [`Command::List`].
    Others(Vec<Found>),
    /// The answer to [`Command::Go`]: this server is being called.
    Calling(Box<Found>),
    /// The answer to [`Command::Go`]: no server was heard of that is called so.
    Unheard(String),
    /// The answer to [`Command::Go`]: several are called so.
    Several(String, Vec<PublicKey>),
    /// The answer to [`Command::Go`]: what is called so has another key than the server that is known by this name.
    Impostor {
        /// What was heard.
        found: Box<Found>,
        /// The key that is known.
        expected: PublicKey,
    },
    /// The server was called as the user wished, and nothing came of it.
    NotGone(Box<Found>),
    /// The chat is to go on in the session that stands with the server of this key; [`Command::TakenOver`] or
    /// [`Command::NotYet`] is the answer.
    TakeOver {
        /// The server's key.
        key: PublicKey,
        /// Nobody asked for it.
        is_by_itself: bool,
    },
    /// The session that stands with the server of this key is not wanted any more.
    GiveUp(PublicKey),
    /// The server of this process is empty now that the chat is elsewhere: it is to end.
    StopServing,
    /// Others are at the server of this process, which goes on for them.
    ServesOn,
}

/// What takes time outside. At most one of each is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Shake hands with the server as nobody, and say goodbye: whether it proves its key.
    Prove(Box<Found>),
    /// Begin a session with it, beside the old one, and log in.
    Begin(Box<Found>),
}

/// A job is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Whether the server of that key has proved it, or wants a join key before it does.
    Proved(PublicKey, bool),
    /// What became of the session that was to be begun.
    Begun(Begun),
}

/// What became of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The session stands: the key is proved, and the user logged in.
    Stands,
    /// The user was not let in.
    NotLetIn,
    /// Nothing came of it for another reason.
    Failed,
}

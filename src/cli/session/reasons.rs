//! Why there is no session, in the words of the command line: what the library says, and what to type instead.

use std::borrow::Cow;
use std::net::SocketAddr;

use chinwag_proto::wire::datagram::VersionRange;
use chinwag_proto::wire::frame::CloseCode;
use chinwag_proto::wire::id::PublicKey;

use crate::client::{ConnectError, ServerName, locate};
use crate::config::Home;
use crate::net::ResolveError;
use crate::render::render_text;
use crate::words;

use super::super::failure::{Exit, Failure};
use super::super::looking::{Echo, while_looking};
use super::patience::given_up;

/// The failure that an error is, where a command of this home wanted to reach that server.
pub(in super::super) fn failure(home: &Home, server: &ServerName, error: ConnectError) -> Failure {
    let sentence = match &error {
        ConnectError::KeyChanged { .. }
        | ConnectError::NotFound { .. }
        | ConnectError::NoHost { .. }
        | ConnectError::Ambiguous { .. }
        | ConnectError::Twins { .. } => not_found(home, server, &error),
        ConnectError::Untrusted { key, .. } => unknown_key(home, server, key).to_string(),
        ConnectError::NoAnswer { silence, .. } => {
            let why = silence.why.as_deref().map(|why| not_found(home, server, why));
            given_up(server, silence, why.as_deref())
        }
        ConnectError::Version(theirs) => {
            format!("{server}: {}", words::wrong_version(VersionRange::OURS, *theirs))
        }
        ConnectError::JoinKey { given: true } => {
            format!("{server} refused the join key; ask its owner for the right one")
        }
        ConnectError::JoinKey { given: false } => {
            format!("{server} asks new devices for a join key; get it from its owner and add --join-key-file FILE")
        }
        ConnectError::Ended { code, reason } => ended(server, *code, reason),
        ConnectError::Stopped(why) => return Failure::loop_ended(why.as_ref().map(ToString::to_string)),
        ConnectError::Server(_)
        | ConnectError::Invitation
        | ConnectError::NoName
        | ConnectError::Name(_)
        | ConnectError::Home(_)
        | ConnectError::Keep(_)
        | ConnectError::Bind(_)
        | ConnectError::System(_)
        | ConnectError::Login(_) => return error.into(),
    };
    Failure::new(Failure::from(error).exit, sentence)
}

/// The addresses of a server. Blocks while the system, or the subnet, is asked.
pub(in super::super) fn where_is(
    home: &Home,
    server: &ServerName,
    key: Option<PublicKey>,
) -> Result<Vec<SocketAddr>, Failure> {
    while_looking(server, Echo::On, || locate(server, key)).map_err(|error| failure(home, server, error))
}

/// Why a server is not found where its name leads.
pub(super) fn not_found(home: &Home, server: &ServerName, why: &ConnectError) -> String {
    if let ConnectError::KeyChanged { expected, seen, .. } = why {
        return changed_key(home, server, expected, seen).to_string();
    }
    let help = if matches!(why, ConnectError::Ambiguous { .. }) {
        "; say which by its address"
    } else if matches!(why, ConnectError::Twins { .. }) {
        "; ask its owner to stop one of them, or say which by its address"
    } else if matches!(why, ConnectError::NotFound { .. }) {
        "; is it running? `chinwag find` lists who answers, --server HOST[:PORT] needs no discovery"
    } else if matches!(why, ConnectError::NoHost { .. }) {
        " (`chinwag find` lists who does)"
    } else {
        ""
    };
    format!("{why}{help}")
}

/// To who waits: nobody of that name answers.
pub(super) const NOT_HERE: &str = "no server of that name here";
/// The same: there is no address of that name.
pub(super) const NO_NAME: &str = "that name has no address now";

/// The same to who waits, in few words: what helps is said to who gives up. What will not pass by waiting is said in full.
pub(super) fn not_found_yet(home: &Home, server: &ServerName, why: &ConnectError) -> Cow<'static, str> {
    if matches!(why, ConnectError::NotFound { .. } | ConnectError::NoHost { .. }) {
        NOT_HERE.into()
    } else if matches!(why, ConnectError::Server(ResolveError::Unknown { .. })) {
        NO_NAME.into()
    } else {
        not_found(home, server, why).into()
    }
}

/// Another key than the pinned one answers.
pub(in super::super) fn changed_key(
    home: &Home,
    server: &ServerName,
    expected: &PublicKey,
    seen: &PublicKey,
) -> Failure {
    Failure::new(
        Exit::ServerIdentity,
        format!(
            "THE KEY OF {server} HAS CHANGED\n    trusted:       {expected}\n    answering now: {seen}\n\
             Either the server was set up anew, or someone else answers in its place; ask its owner. Nothing was sent.\n\
             If the new fingerprint is right: chinwag{} trust {server} {seen}",
            home.flag()
        ),
    )
}

/// The key is not known, and there is nobody to ask.
pub(super) fn unknown_key(home: &Home, server: &ServerName, key: &PublicKey) -> Failure {
    Failure::new(
        Exit::ServerIdentity,
        format!(
            "{server} is new to this device, and there is no terminal to ask at. If {key} is the fingerprint that it \
             printed when it started, trust it by `chinwag{} trust {server} {key}`; or add --accept-new to trust whoever answers",
            home.flag()
        ),
    )
}

fn ended(server: &ServerName, code: CloseCode, reason: &str) -> String {
    let reason = render_text(reason);
    let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let what = match code {
        CloseCode::Denied => "does not let this device in",
        CloseCode::Displaced => "has another session in the place of this one",
        CloseCode::Protocol => "ended the session for a breach of the protocol",
        // A server that goes down, or keys that are too old, only lose the session, which the client makes anew.
        CloseCode::Done | CloseCode::Shutdown | CloseCode::Expired => "ended the session",
    };
    format!("{server} {what}{because}")
}

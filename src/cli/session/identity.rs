//! Whether a server is the one that it should be: what to ask, and what to say when it is not.

use std::io::{self, BufRead as _, IsTerminal as _};

use chinwag_proto::endpoint::Target;
use chinwag_proto::wire::id::PublicKey;

use crate::config::Home;

use super::super::failure::{Exit, Failure};
use super::super::output::{ask, tell};
use crate::client::ServerName;

/// Asks the person at the terminal, if there is one, whether to trust a key that was never seen.
pub(super) fn trust_or_not(home: &Home, server: &ServerName, key: &PublicKey, accept_new: bool) -> Result<(), Failure> {
    if accept_new {
        tell(&format!("trusting {server} from now on, fingerprint {key}"));
        return Ok(());
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(unknown_key(home, server, key));
    }
    tell(&format!("{server} is new to this device. The fingerprint of its key is"));
    tell(&format!("    {key}"));
    tell("Compare it with the one that the server printed when it started.");
    ask("Trust it from now on? [y/N] ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(|error| Failure::new(Exit::General, error.to_string()))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        typed if typed == key.fingerprint() => Ok(()),
        _ => Err(Failure::new(Exit::ServerIdentity, format!("{server} is not trusted; nothing was sent to it"))),
    }
}

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

pub(super) fn join_key_sentence(server: &ServerName, target: &Target) -> String {
    match target.join_key {
        Some(_) => format!("{server} refused the join key; ask its owner for the right one"),
        None => format!("{server} asks new devices for a join key; get it from its owner and add --join-key-file FILE"),
    }
}

//! Whether a server that this device does not know is the one that it should be: what a person is asked.

use std::io::{self, BufRead as _, IsTerminal as _};

use chinwag_proto::wire::id::PublicKey;

use crate::config::Home;

use super::super::echo::discard_typed;
use super::super::failure::{Exit, Failure};
use super::super::output::{ask, tell};
use super::reasons::unknown_key;
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
    // Nobody answers what was not asked yet.
    discard_typed();
    ask("Trust it from now on? [y/N] ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(|error| Failure::new(Exit::General, error.to_string()))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        typed if typed == key.fingerprint() => Ok(()),
        _ => Err(Failure::new(Exit::ServerIdentity, format!("{server} is not trusted; nothing was sent to it"))),
    }
}

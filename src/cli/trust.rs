//! `chinwag trust`: show, pin and forget the keys of servers.

use crate::config::Home;

use super::args;
use super::failure::{Exit, Failure};
use super::looking::Echo;
use super::output::{say, tell};
use super::session::{ask_key, settled};
use crate::client::ServerName;

pub(super) fn run(home: &Home, args: &args::Trust) -> Result<(), Failure> {
    let server = args.server.clone().map(|server| meant(home, server, args.fingerprint.is_some())).transpose()?;
    match (&server, &args.fingerprint) {
        (Some(server), _) if args.forget => forget(home, server),
        (Some(server), Some(fingerprint)) => pin(home, server, fingerprint, args),
        (Some(server), None) => {
            let key = home.known_servers().key_of(server.as_str())?;
            let unknown = || Failure::new(Exit::ServerIdentity, format!("{server} is not known to this device"));
            say(&format!("{server} {}", key.ok_or_else(unknown)?));
            Ok(())
        }
        (None, _) => {
            home.known_servers().all()?.iter().for_each(|known| say(&format!("{} {}", known.server, known.key)));
            Ok(())
        }
    }
}

/// The server that is meant. Only one that is to be met is looked up; of the others what is known here decides.
fn meant(home: &Home, server: ServerName, is_to_be_met: bool) -> Result<ServerName, Failure> {
    if is_to_be_met {
        return settled(home, server, false, Echo::On);
    }
    let is_known = |server: &ServerName| home.known_servers().key_of(server.as_str()).map(|key| key.is_some());
    match server.namesake() {
        Some(on_lan) if !is_known(&server)? && is_known(&on_lan)? => Ok(on_lan),
        Some(_) | None => Ok(server),
    }
}

fn forget(home: &Home, server: &ServerName) -> Result<(), Failure> {
    let known = home.known_servers().forget(server.as_str())?;
    tell(&format!("{server} {}", if known { "is forgotten" } else { "was not known" }));
    Ok(())
}

/// Pins the key that the server has now, if its fingerprint is this one. The server proves to have it at every session.
fn pin(home: &Home, server: &ServerName, fingerprint: &str, args: &args::Trust) -> Result<(), Failure> {
    let wanted = fingerprint.trim().to_lowercase();
    let key = ask_key(home, server, args.timeout)?;
    if key.fingerprint() != wanted {
        let sentence = format!(
            "the server that answers at {server} has another key: {key}, not {wanted}; ask its owner which is right"
        );
        return Err(Failure::new(Exit::ServerIdentity, sentence));
    }
    home.known_servers().pin(server.as_str(), key)?;
    tell(&format!("{server} is trusted from now on, fingerprint {key}"));
    Ok(())
}

//! `chinwag admin auth`: the program that vouches for accounts, tried, and which accounts are its own.

use super::args::Auth;
use super::{Exit, Failure, Reply, Request, show};
use crate::cli::secret;

pub(super) fn run(
    what: &Auth,
    mut ask: impl FnMut(Request) -> Result<Reply, Failure>,
    json: bool,
) -> Result<(), Failure> {
    let vouch = |name: &String, vouched| Request::Vouch { account: name.clone(), vouched };
    match what {
        Auth::Adopt { name } => show::reply(ask(vouch(name, true))?, json),
        Auth::Release { name } => show::reply(ask(vouch(name, false))?, json),
        Auth::Test { name, password, password_file } => {
            let password = match (password_file, *password) {
                (Some(file), _) => Some(secret::from_file(file)?),
                (None, true) => Some(secret::prompt("Password: ", "give it by --password-file FILE")?),
                (None, false) => None,
            };
            if password.as_ref().is_some_and(|password| password.reveal().is_empty()) {
                return Err(Failure::usage("an empty password is nobody's, and no server asks about it"));
            }
            let reply = ask(Request::AuthTest { name: name.clone(), password })?;
            let verdict = if let Reply::Verdict(said) = &reply { said.verdict.as_str() } else { "" };
            let exit = match verdict {
                "no" => Some(Exit::Authentication),
                "failed" => Some(Exit::General),
                _ => None,
            };
            show::reply(reply, json)?;
            exit.map_or(Ok(()), |exit| Err(Failure::new(exit, "")))
        }
    }
}

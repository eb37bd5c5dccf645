//! Whom a command means: which server, under which name, by which invitation.

use chinwag_proto::wire::id::PublicKey;
use chinwag_proto::wire::message::{Secret, name};

use crate::config::{Home, Invite, NoInvite, read_join_key};
use crate::render::render_text;

use super::super::failure::Failure;
use super::super::looking::{Echo, while_looking};
use super::super::{args, secret};
use crate::client::{ServerName, Whom};

/// What is asked for: which server, as whom, by what.
pub(super) struct Asked {
    pub(super) server: ServerName,
    /// The account's name; empty for a token, which has its own.
    pub(super) name: String,
    /// The key that the server must have.
    pub(super) key: Option<PublicKey>,
    pub(super) join_key: Option<[u8; 32]>,
    /// The code of an invitation.
    pub(super) code: Option<Secret>,
    pub(super) token: Option<Secret>,
}

impl Asked {
    /// As the command line says it, and what was used last. A command that logs in by itself takes no token.
    pub(super) fn of(home: &Home, args: &args::Client, logs_in: bool, echo: Echo) -> Result<Self, Failure> {
        let token = match logs_in {
            true => None,
            false => secret::token(args.token_file.as_deref(), args.token_command.as_deref())?,
        };
        let (Invitation { server, key, join, code }, token) = Invitation::of(args)?.of_token(args, token)?;
        let server = match server {
            Some(server) => server,
            None => which_server(home, args).map_err(|failure| token_to_blame(token.as_ref()).unwrap_or(failure))?,
        };
        server.check()?;
        let server = settled(home, server, key.is_some(), echo)?;
        let name = if token.is_some() { String::new() } else { which_name(home, args, &server)? };
        let join_key = args.join_key_file.as_deref().map(read_join_key).transpose()?.or(join);
        Ok(Self { server, name, key, join_key, code, token })
    }
}

/// Where no server is known, a token should have said which: one that is none is to blame.
fn token_to_blame(token: Option<&Secret>) -> Option<Failure> {
    let is_token = |token: &&Secret| token.reveal().strip_prefix("cwt_").is_some_and(|rest| !rest.is_empty());
    let sentence = match token {
        None => return None,
        Some(token) if is_token(&token) => {
            "the token does not say which server it is for: give it as the whole link that `chinwag admin token create` prints, or \
             add --server HOST[:PORT]"
        }
        Some(_) => {
            "the token is not one: it is a link that begins with chinwag://, as `chinwag admin token create` prints it, or what begins \
             with cwt_ in there"
        }
    };
    Some(Failure::usage(sentence))
}

/// What an invitation says.
#[derive(Default)]
struct Invitation {
    server: Option<ServerName>,
    key: Option<PublicKey>,
    join: Option<[u8; 32]>,
    code: Option<Secret>,
}

impl Invitation {
    /// The one that was given: as a link, or in a file.
    fn of(args: &args::Client) -> Result<Self, Failure> {
        let in_file = args.invite_file.as_deref().map(secret::from_file).transpose()?;
        match (&args.server, in_file) {
            (Some(Whom::Invited(invite)), None) => Ok(Self::by(invite.clone())),
            (Some(Whom::Invited(_)), Some(_)) => Err(Failure::usage("two invitations are one too many")),
            (_, Some(given)) if given.reveal().starts_with("chinwag:") => {
                let invite = given.reveal().parse().map_err(|error: NoInvite| Failure::usage(error.to_string()))?;
                Ok(Self::by(invite))
            }
            (_, code) => Ok(Self { code, ..Self::default() }),
        }
    }

    /// What a token says that came as a link: the server that it is for, and the token itself. One that is only a token says nothing.
    /// Whoever names the server may know another way there, by which that key has to be met all the same.
    fn of_token(self, args: &args::Client, token: Option<Secret>) -> Result<(Self, Option<Secret>), Failure> {
        let Some(link) = token.as_ref().filter(|token| token.reveal().starts_with("chinwag:")) else {
            return Ok((self, token));
        };
        let wrong = |_: NoInvite| {
            Failure::usage(
                "the token begins like a link, but is not one that `chinwag admin token create` has printed; copy all of it",
            )
        };
        let Invite { host, key, join, code } = link.reveal().parse().map_err(wrong)?;
        let code = code.ok_or_else(|| wrong(NoInvite))?;
        let server = if args.server.is_some() { self.server } else { Some(ServerName::of(&host)) };
        Ok((Self { server, key: self.key.or(Some(key)), join: self.join.or(join), code: self.code }, Some(code)))
    }

    fn by(Invite { host, key, join, code }: Invite) -> Self {
        Self { server: Some(ServerName::of(&host)), key: Some(key), join, code }
    }
}

/// The server that was asked for, or the last one used.
fn which_server(home: &Home, args: &args::Client) -> Result<ServerName, Failure> {
    if let Some(Whom::Named(server)) = &args.server {
        return Ok(server.clone());
    }
    let last = home.recent().all()?.into_iter().next();
    last.map(|used| ServerName::of(&used.server))
        .ok_or_else(|| Failure::usage("which server? None was used before; add --server HOST[:PORT]"))
}

/// What the name of a server means on this device: a bare one may be that of a host, or of a server on the subnet. `is_given`:
/// its key stands in an invitation.
pub(in super::super) fn settled(
    home: &Home,
    server: ServerName,
    is_given: bool,
    echo: Echo,
) -> Result<ServerName, Failure> {
    let is_known = |spelling: &str| home.known_servers().key_of(spelling).map(|key| key.is_some());
    let asked = server.clone();
    Ok(while_looking(&asked, echo, || server.settle(is_given, is_known))?)
}

/// The name that was asked for, or the last one used there, or the user's.
fn which_name(home: &Home, args: &args::Client, server: &ServerName) -> Result<String, Failure> {
    let used = match &args.name {
        Some(name) => Some(name.clone()),
        None => home.recent().name_on(server.as_str())?,
    };
    let login = || ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|variable| std::env::var(variable).ok());
    let name = used.or_else(login).ok_or_else(|| Failure::usage("under which name? Add --name NAME"))?;
    match name::composed(&name) {
        Ok(name) => Ok(name.into_owned()),
        Err(error) => Err(Failure::usage(format!("{error} (--name \"{}\")", render_text(&name)))),
    }
}

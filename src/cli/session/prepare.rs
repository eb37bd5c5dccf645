//! What a command asks of the library before there is a connection: whom to call, under which name, and that it is the right one.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use chinwag_proto::wire::id::PublicKey;

use crate::client::{Connect, ConnectError, Device, ServerName};
use crate::config::Home;

use super::super::args;
use super::super::failure::Failure;
use super::super::looking::{Echo, while_looking};
use super::super::output::tell;
use super::super::signals::watch_signals;
use super::super::start::with_seed;
use super::identity::trust_or_not;
use super::patience::Patience;
use super::reasons::failure;
use super::wants::{Kind, TIMEOUT, Wants};
use super::whom::Asked;

/// A connection that is to be, with a server that is trusted.
pub(super) struct Prepared {
    pub(super) connect: Connect,
    pub(super) server: ServerName,
    pub(super) name: String,
    pub(super) is_by_token: bool,
}

impl Prepared {
    /// Finds out whom to call, under which name, and that it is the right one.
    pub(super) fn new(home: &Home, args: &args::Client, mut wants: Wants<'_>) -> Result<Self, Failure> {
        // Where the server is known to be somewhere, a chat may be under way, which watches signals.
        let is_person = wants.kind == Kind::Chat && wants.addrs.is_none() && io::stdin().is_terminal();
        let echo = if is_person { Echo::Off } else { Echo::On };
        // Whoever goes on from here watches them in a way of their own.
        let _signals = is_person.then(|| watch_signals(|| false)).transpose().map_err(Failure::system)?;
        let mut asked = Asked::of(home, args, wants.login.is_some(), echo)?;
        let (server, name) = (asked.server.clone(), asked.name.clone());
        let wrong = |error| failure(home, &server, error);
        let (kind, login) = (wants.kind, wants.login.take());
        let is_by_token = login.is_none() && asked.token.is_some();
        let mut connect = connect(home, args, &asked, wants)?;
        match while_looking(&server, echo, || connect.identify()) {
            Err(ConnectError::Untrusted { key, .. }) => {
                trust_or_not(home, &server, &key, args.accept_new)?;
                connect = connect.key(key);
            }
            Err(error) => return Err(wrong(error)),
            Ok(_) => {}
        }
        if kind == Kind::Send {
            // What is said is kept from here on, so it is for the command to say how long it makes sense to wait.
            connect = connect.patience(None);
        }
        connect = match (login, asked.token.take(), asked.code.take()) {
            (Some(login), _, code) => connect.login(login(code)?),
            (None, Some(token), _) => connect.token(token),
            (None, None, Some(code)) => connect.invite(code),
            (None, None, None) => connect,
        };
        Ok(Self { connect, server, name, is_by_token })
    }
}

/// Asks whoever answers for a server for its key, whether one is known or not.
pub(in super::super) fn ask_key(home: &Home, server: &ServerName, timeout: Duration) -> Result<PublicKey, Failure> {
    let wrong = |error| failure(home, server, error);
    let device = Device::of(home.clone()).map_err(wrong)?;
    let connect = device.server_named(server.clone()).map_err(wrong)?.patience(Some(timeout));
    let mut connect = telling(connect, server);
    while_looking(server, Echo::On, || connect.ask_key()).map_err(wrong)
}

/// While nobody answers who is asked for a key, that is said.
fn telling(connect: Connect, server: &ServerName) -> Connect {
    let mut patience = Patience::new(server);
    connect.while_unanswered(move |silence| {
        patience.trying(silence, false, None).into_iter().for_each(|said| tell(&said));
    })
}

/// What is asked of the library.
fn connect(home: &Home, args: &args::Client, asked: &Asked, wants: Wants<'_>) -> Result<Connect, Failure> {
    let Wants { kind, reads, whole_screen, addrs, key, login: _ } = wants;
    let wrong = |error| failure(home, &asked.server, error);
    let device = Device::of(home.clone()).map_err(wrong)?;
    let connect = telling(device.server_named(asked.server.clone()).map_err(wrong)?, &asked.server);
    let mut connect = connect
        .name(&asked.name)
        .reads(reads)
        .follow_direct(kind == Kind::Chat)
        .whole_screen(whole_screen)
        .shows_outbox(kind == Kind::Chat)
        .patience(args.timeout.or((kind != Kind::Chat).then_some(TIMEOUT)));
    if matches!(kind, Kind::Send | Kind::Ask) {
        // Whoever does one thing and goes has nobody who could be spoken to.
        connect = connect.passing();
    }
    if let Some(key) = asked.key.or(key) {
        connect = connect.key(key);
    }
    if let Some(addrs) = addrs {
        connect = connect.at(addrs);
    }
    if let Some(join_key) = asked.join_key {
        connect = connect.join_key(join_key);
    }
    if let Some(weather) = with_seed(args.weather.spec.as_ref())? {
        connect = connect.weather(weather);
    }
    Ok(connect)
}

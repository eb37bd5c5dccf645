//! `chinwag admin`: what is typed becomes a request to the server of this home, running or not.

mod args;
mod as_json;
mod asking;
mod auth;
mod backup;
mod invite;
mod maintain;
mod record;
mod refused;
mod running;
mod show;
mod token;
mod unread;

pub(super) use args::{Admin, Who, span};
#[cfg(unix)]
pub(super) use maintain::copy;
pub(super) use maintain::set_ban;
pub(super) use record::{Recorded, looked, record_role};
pub(super) use show::date;

use std::path::Path;

use chinwag_proto::rng::Rng;
use chinwag_proto::time::Now;
use chinwag_proto::wire::message::{Refusal, Secret, name};

use self::args::{ClockAct, What, after_ms};
use self::asking::{ask, granted, recorded};
use self::maintain::keep_ban;
use self::refused::refused;
use self::running::{ask_running, done};
use crate::admin::{Reply, Request, SetQuotas};
use crate::config::Home;
use crate::drive::{Clock, entropy};

use super::failure::{Exit, Failure};
use super::output::tell;
use super::secret::prompt_new;

pub(super) fn run(home: &Home, settings: Option<&Path>, admin: &Admin) -> Result<(), Failure> {
    let mut rng = entropy::rng().map_err(Failure::system)?;
    let now = Clock::start().now();
    // A plain question, whose answer is shown.
    let mut plain = |request| show::reply(ask(home, request, now, &mut rng)?, admin.json);
    match &admin.what {
        What::Backup { dir } => backup::backup(home, settings, dir, admin.json, &mut rng),
        What::Restore { dir } => backup::restore(home, settings, dir, admin.json),
        What::Log { last } => record::show(home, *last, admin.json),
        What::Verify => maintain::verify(home, admin.json),
        What::Repair => maintain::repair(home, admin.json, &mut rng),
        What::Export { file } => maintain::export(home, file.as_deref(), &mut rng),
        What::Invite { host, uses, expires, join_key_file, qr } => {
            let (host, join_key_file) = (host.as_deref(), join_key_file.as_deref());
            let until_ms = after_ms(now.wall, *expires);
            let (uses, qr, json) = (*uses, *qr, admin.json);
            invite::run(home, &invite::Wanted { host, uses, until_ms, join_key_file, qr, json }, &mut rng, now)
        }
        What::Token(what) => token::run(home, what, admin.json, &mut rng, now),
        What::Status => plain(Request::Status),
        What::Peers => plain(Request::Peers),
        What::Users => users(home, now, &mut rng, admin.json),
        What::Rooms => plain(Request::Rooms),
        What::Passwd { name, password_file } => {
            plain(Request::Passwd { account: name.clone(), password: new_password(password_file.as_deref())? })
        }
        What::Delete { name } => plain(Request::Unregister { account: name.clone() }),
        What::Kick { name } => plain(Request::Kick { account: name.clone() }),
        What::Ban { name } => ban(home, Request::Ban { account: name.clone() }, now, &mut rng, admin.json),
        What::Unban { name } => ban(home, Request::Unban { account: name.clone() }, now, &mut rng, admin.json),
        What::Auth(what) => auth::run(what, |request| ask(home, request, now, &mut rng), admin.json),
        What::Reload => plain(Request::Reload),
        What::Quota { account, room, server } => {
            let [account_bytes, room_bytes, server_bytes] = [account, room, server].map(|size| size.map(|size| size.0));
            quotas(home, SetQuotas { account_bytes, room_bytes, server_bytes }, now, &mut rng, admin.json)
        }
        What::Register { who } => plain(Request::Register((*who).into())),
        What::Retain { room, keep } => plain(Request::Retain { room: room.clone(), keep: *keep }),
        What::Clock { act: None } => plain(Request::Clock),
        What::Clock { act: Some(ClockAct::Confirm) } => plain(Request::ConfirmClock),
        What::Prune { room } => plain(Request::Prune { room: room.clone() }),
    }
}

/// The accounts, and which of them are banned.
fn users(home: &Home, now: Now, rng: &mut Rng, json: bool) -> Result<(), Failure> {
    let mut reply = ask(home, Request::Accounts, now, rng)?;
    if let Reply::Accounts(accounts) = &mut reply {
        let banned = home.banned().all()?;
        accounts.iter_mut().for_each(|account| account.banned = banned.contains(&name::fold(&account.name)));
    }
    show::reply(reply, json)
}

/// Sets quotas, if any is given, and shows them.
fn quotas(home: &Home, set: SetQuotas, now: Now, rng: &mut Rng, json: bool) -> Result<(), Failure> {
    if set != SetQuotas::default() {
        done(ask(home, Request::SetQuotas(set), now, rng)?)?;
        tell("it is so until the server stops; account-quota, room-quota and server-quota in its settings stay");
    }
    show::reply(ask(home, Request::Quotas, now, rng)?, json)
}

/// Bans an account or lifts that. A server that runs keeps it itself; for one that does not, it is kept here.
fn ban(home: &Home, request: Request, now: Now, rng: &mut Rng, json: bool) -> Result<(), Failure> {
    if let Some(reply) = ask_running(home, &request)? {
        return show::reply(granted(&request, reply)?, json);
    }
    if let (Request::Ban { account }, Reply::Accounts(all)) = (&request, ask(home, Request::Accounts, now, rng)?)
        && all.iter().all(|known| name::fold(&known.name) != name::fold(account))
    {
        return Err(refused(&request, Refusal::NoSuchAccount));
    }
    let (Request::Ban { account } | Request::Unban { account }) = &request else {
        return Err(Failure::usage("that is no ban"));
    };
    let is_banned = matches!(request, Request::Ban { .. });
    let reply = recorded(home, &request, || Ok(keep_ban(home, account, is_banned)))?;
    show::reply(granted(&request, reply)?, json)
}

/// A new password: the first line of a file, or typed twice.
fn new_password(file: Option<&Path>) -> Result<Secret, Failure> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(Exit::Configuration, format!("can't read {}: {error}", path.display())))?;
        return Ok(Secret::from(text.lines().next().unwrap_or_default().to_owned()));
    }
    let typed = prompt_new("New password: ", "give it by --password-file FILE")?;
    typed.ok_or_else(|| Failure::usage("no password was typed; nothing was changed"))
}

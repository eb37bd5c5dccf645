//! How a session becomes an account's, and ceases to be one.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::limits::{DEVICES_PER_ACCOUNT_MAX, SESSIONS_PER_ACCOUNT_MAX};
use chinwag_proto::time::Now;
use chinwag_proto::wire::frame::CloseCode;
use chinwag_proto::wire::id::{AccountId, PublicKey};
use chinwag_proto::wire::message::{Answer, Down, Refusal, name};

use super::accounts::Accounts;
use super::effect::Effect;
use super::limits::{ACCOUNTS_MAX, WELCOME_ROOMS_MAX};
use super::notice::Notice;
use super::out::Out;
use super::pending::{Asked, Ticket};
use super::sessions::Sessions;
use super::tables::Tables;
use super::timekeeper::Timekeeper;
use super::vouched::Vouched;
use super::{accounts, auth, defer, space, view};
use crate::names;
use chinwag_store::{NewAccount, Write};

/// Makes an account for a device that is vouched for.
pub(super) fn register_vouched(
    accounts: &Accounts,
    sessions: &mut Sessions,
    time: &Timekeeper,
    out: &mut Out,
    asked: Asked,
    (name, label): (String, String),
    now: Now,
) -> Result<(), Refusal> {
    let Some(device) = sessions.device_of(asked.session) else { return Ok(()) };
    let skeleton = names::confusable(&name);
    accounts.check_free(&name, &skeleton)?;
    if accounts.len() >= ACCOUNTS_MAX {
        return Err(Refusal::Limit);
    }
    let (phc, invite, at) = (None, None, time.latest(now));
    register_now(sessions, out, asked, NewAccount { name, skeleton, device, label, phc, invite, is_vouched: true, at })
}

pub(super) fn register_now(
    sessions: &mut Sessions,
    out: &mut Out,
    asked: Asked,
    new: NewAccount,
) -> Result<(), Refusal> {
    let ticket = Ticket::Registered(asked, new.clone());
    defer::defer(sessions, out, asked, Write::Account(new), ticket)
}

/// The account is durable.
pub(super) fn registered(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    new: NewAccount,
    (id, name, is_owner): (AccountId, &str, bool),
    now: Now,
) {
    tables.accounts.insert(id, name, new.skeleton, new.phc, is_owner);
    tables.accounts.enrol(id, new.device, accounts::Device { label: new.label, since: new.at });
    if new.is_vouched {
        tables.accounts.set_vouched(id, Some(Vouched::new(new.at)));
        auth::made_vouched(&tables.accounts, out, id, now);
    }
    if let Some(account) = tables.accounts.get_mut(id) {
        account.made_by = Some(accounts::MadeBy { device: new.device, told: None });
    }
    let welcomed = log_in(tables, out, asked, id, now);
    out.refuse_unless(asked, welcomed);
}

/// A session goes on from its welcome, or says goodbye: it has heard what was said before.
pub(super) fn heard(accounts: &mut Accounts, sessions: &Sessions, id: SessionId) {
    let account = sessions.get(id).and_then(|session| session.account);
    if let Some(account) = account.and_then(|account| accounts.get_mut(account)) {
        account.made_by.take_if(|made_by| made_by.told == Some(id));
    }
}

/// The device is durable.
pub(super) fn enrolled(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    (account, key, device): (AccountId, PublicKey, accounts::Device),
    now: Now,
) {
    tables.accounts.enrol(account, key, device);
    let welcomed = log_in(tables, out, asked, account, now);
    out.refuse_unless(asked, welcomed);
}

/// Ends an account's sessions. What was queued for them goes out before.
pub(super) fn end_sessions(
    tables: &Tables,
    out: &mut Out,
    id: AccountId,
    why: &str,
    which: impl Fn(&super::sessions::Session) -> bool,
) {
    let theirs = tables.accounts.get(id).map(|account| account.sessions.as_slice()).unwrap_or_default();
    let ended = theirs.iter().filter(|&&s| tables.sessions.get(s).is_some_and(&which));
    let close = |&session: &SessionId| Effect::Close(session, CloseCode::Denied, why.to_owned());
    out.effects.extend(ended.map(close));
}

pub(super) fn check_ban(tables: &Tables, account: AccountId) -> Result<(), Refusal> {
    let is_banned = !tables.banned.is_empty() && tables.banned.contains(&name::fold(tables.accounts.name(account)));
    if is_banned { Err(Refusal::Banned) } else { Ok(()) }
}

/// A session is an account's from now on.
pub(super) fn log_in(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    account: AccountId,
    now: Now,
) -> Result<(), Refusal> {
    check_ban(tables, account)?;
    let Some(session) = tables.sessions.get_mut(asked.session) else { return Ok(()) };
    if session.account.is_some_and(|present| present != account) {
        return Err(Refusal::OtherName);
    }
    let (device, addr) = (session.device, session.addr);
    let is_new = session.account.replace(account).is_none();
    let Some(entry) = tables.accounts.get_mut(account) else { return Ok(()) };
    if is_new {
        if entry.sessions.len() >= SESSIONS_PER_ACCOUNT_MAX {
            session.account = None;
            return Err(Refusal::TooManySessions);
        }
        entry.sessions.push(asked.session);
        out.notices.push_back(Notice::LoggedIn { name: entry.name.clone(), device, addr });
        auth::watch_vouched(&mut tables.accounts, &mut tables.auth, account, now);
    }
    let entry = tables.accounts.get_mut(account);
    if let Some(made_by) = entry.and_then(|entry| entry.made_by.as_mut())
        && made_by.device == device
        && made_by.told != Some(asked.session)
    {
        made_by.told = Some(asked.session);
        // Said before the welcome: whoever hears that knows which account it is let into.
        out.effects.push_back(Effect::tell(asked.session, &Down::AccountMade));
    }
    let ids: Vec<_> = tables.accounts.rooms_of(account).collect();
    let mut infos = ids
        .into_iter()
        .filter_map(|id| view::info(&tables.accounts, &tables.rooms, &tables.sessions, asked.session, id, account));
    let rooms = infos.by_ref().take(WELCOME_ROOMS_MAX).collect();
    let more: Vec<_> = infos.map(|info| Effect::tell(asked.session, &Down::Room(info))).collect();
    let (server, name) = (tables.name.clone(), tables.accounts.name(account).to_owned());
    out.answer(asked, Ok(Answer::Welcome { account, name, server, rooms }));
    out.effects.extend(more);
    space::tell_if_near(tables, out, asked.session, account);
    Ok(())
}

pub(super) fn enrol_now(
    accounts: &Accounts,
    sessions: &mut Sessions,
    out: &mut Out,
    asked: Asked,
    account: AccountId,
    label: String,
    now: Now,
) -> Result<(), Refusal> {
    let Some(device) = sessions.device_of(asked.session) else { return Ok(()) };
    if accounts.get(account).is_some_and(|account| account.devices.len() >= DEVICES_PER_ACCOUNT_MAX) {
        return Err(Refusal::TooManyDevices);
    }
    let known = accounts::Device { label: label.clone(), since: now.wall };
    defer::defer(
        sessions,
        out,
        asked,
        Write::Enrol { account, device, label, at: now.wall },
        Ticket::Enrolled(asked, account, device, known),
    )
}

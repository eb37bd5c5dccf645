//! Whose a session is: logins of every kind, passwords, devices, deletion. A device that is enrolled is known by its key; a
//! password is for devices that are not, and hashing it happens elsewhere.

use chinwag_proto::time::Now;
use chinwag_proto::wire::id::{AccountId, PublicKey};
use chinwag_proto::wire::message::{self, Answer, Device, Refusal, Secret};

use super::config::Registration;
use super::given::{check_new, label_of, new_name};
use super::limits::ACCOUNTS_MAX;
use super::out::Out;
use super::pending::{Asked, By, Hashing, Ticket};
use super::sessions::Sessions;
use super::tables::Tables;
use super::throttle::Lock;
use super::{accounts, auth, clock, defer, hashing, login, membership, vouching};
use crate::names;
use chinwag_store::{NewAccount, Write};

/// The account of this device, or a new one.
pub(super) fn login(tables: &mut Tables, out: &mut Out, asked: Asked, wanted: String, now: Now) -> Result<(), Refusal> {
    let Some(device) = tables.sessions.device_of(asked.session) else { return Ok(()) };
    match (tables.accounts.of_device(&device), tables.accounts.named(&wanted)) {
        (Some(account), named) if named == Some(account) => welcome(tables, out, asked, account, now),
        (Some(_), _) => Err(Refusal::OtherName),
        (None, _) if !auth::may_be_local(&tables.accounts, &tables.auth, &tables.sessions, asked) => {
            Err(Refusal::PasswordNeeded)
        }
        (None, _) => {
            let new = new_account(tables, out, new_name(&wanted)?, device, String::new(), None, now)?;
            login::register_now(&mut tables.sessions, out, asked, new)
        }
    }
}

pub(super) fn register(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    (wanted, label): (String, String),
    (password, invite): (Option<Secret>, Option<Secret>),
    now: Now,
) -> Result<(), Refusal> {
    let wanted = new_name(&wanted)?;
    let Some(device) = tables.sessions.device_of(asked.session) else { return Ok(()) };
    // A repeat on a new link: it was made before, and the answer was lost.
    if let Some(account) = tables.accounts.of_device(&device) {
        let is_same = tables.accounts.named(&wanted) == Some(account);
        return if is_same { welcome(tables, out, asked, account, now) } else { Err(Refusal::OtherName) };
    }
    if !auth::may_be_local(&tables.accounts, &tables.auth, &tables.sessions, asked) {
        let password = password.ok_or(Refusal::PasswordNeeded)?;
        let is_local = |account| tables.accounts.vouched(account).is_none();
        // What may be the password of a local account is nobody else's business.
        if tables.accounts.named(&wanted).is_some_and(is_local) {
            return Err(Refusal::NameTaken);
        }
        return vouching::ask_password(tables, out, asked, (wanted, label), password, now);
    }
    let new = new_account(tables, out, wanted, device, label, invite, now)?;
    match password {
        None => login::register_now(&mut tables.sessions, out, asked, new),
        Some(password) => hashing::make_for(
            tables,
            out,
            asked,
            check_new(password)?,
            |asked| Hashing::Register(asked, Box::new(new)),
            now,
        ),
    }
}

fn new_account(
    tables: &mut Tables,
    out: &mut Out,
    name: String,
    device: PublicKey,
    label: String,
    invite: Option<Secret>,
    now: Now,
) -> Result<NewAccount, Refusal> {
    // The first account makes the server its own. Where strangers can't register, they learn no names either.
    let registration = if tables.accounts.len() == 0 { Registration::Open } else { tables.registration };
    match (registration, &invite) {
        (Registration::Closed, _) => return Err(Refusal::RegistrationClosed),
        (Registration::Invited, None) => return Err(Refusal::InviteNeeded),
        (Registration::Invited, Some(_)) | (Registration::Open, _) => {}
    }
    let skeleton = names::confusable(&name);
    // By invitation, the store tells it, and looks at the invitation first: strangers learn no names.
    if registration == Registration::Open {
        tables.accounts.check_free(&name, &skeleton)?;
    }
    if tables.accounts.len() >= ACCOUNTS_MAX {
        return Err(Refusal::Limit);
    }
    let invite = (registration == Registration::Invited).then_some(invite).flatten();
    let invite = invite.map(|invite| message::hash(invite.reveal().as_bytes()));
    let until = invite.and_then(|invite| tables.invites.get(&invite).copied());
    if clock::check_ended(&mut tables.time, out, until, now) {
        return Err(Refusal::InviteInvalid);
    }
    let label = label_of(&label)?;
    let at = tables.time.latest(now);
    Ok(NewAccount { name, skeleton, device, label, phc: None, invite, is_vouched: false, at })
}

pub(super) fn enrol(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    (wanted, label): (String, String),
    password: Secret,
    now: Now,
) -> Result<(), Refusal> {
    let Some(device) = tables.sessions.device_of(asked.session) else { return Ok(()) };
    if let Some(account) = tables.accounts.of_device(&device) {
        let is_same = tables.accounts.named(&wanted) == Some(account);
        return if is_same { welcome(tables, out, asked, account, now) } else { Err(Refusal::OtherName) };
    }
    let account = tables.accounts.named(&wanted);
    let is_local = account.is_some_and(|account| tables.accounts.vouched(account).is_none());
    if tables.auth.is_there() && !is_local {
        return vouching::ask_password(tables, out, asked, (wanted, label), password, now);
    }
    // Nobody of that name, or no password: found out as slowly, and answered alike.
    let phc = account.and_then(|account| tables.accounts.get(account)).and_then(|account| account.phc.clone());
    let then = Hashing::Enrol(asked, account, label_of(&label)?);
    hashing::check_password(tables, out, asked, (Lock::of_account(&wanted), phc), password, then, now)
}

pub(super) fn token(tables: &mut Tables, out: &mut Out, asked: Asked, token: &Secret, now: Now) -> Result<(), Refusal> {
    let hash = message::hash(token.reveal().as_bytes());
    let token = tables.accounts.token(&hash).ok_or(Refusal::TokenInvalid)?;
    let (account, scopes, until) = (token.account, token.scopes.clone(), token.until);
    if clock::check_ended(&mut tables.time, out, until, now) {
        return Err(Refusal::TokenInvalid);
    }
    if let Some(session) = tables.sessions.get_mut(asked.session) {
        if session.account.is_some_and(|present| present != account) {
            return Err(Refusal::NotAllowed);
        }
        (session.scopes, session.token) = (Some(scopes), Some(hash));
    }
    if let Some(until) = until {
        let left_ms = until.as_unix_millis().saturating_sub(tables.time.latest(now).as_unix_millis());
        tables.clocks.expire(now.mono.plus_micros(left_ms.saturating_mul(1_000)), asked.session);
    }
    welcome(tables, out, asked, account, now)
}

pub(super) fn set_password(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    old: Option<Secret>,
    new: Secret,
    now: Now,
) -> Result<(), Refusal> {
    let id = tables.sessions.full_account_of(asked.session)?;
    tables.accounts.has_own_password(id)?;
    let new = check_new(new)?;
    let phc = tables.accounts.get(id).and_then(|account| account.phc.clone());
    match (phc, old) {
        (None, _) => hashing::make_for(tables, out, asked, new, |asked| Hashing::New(By::Session(asked), id), now),
        (Some(_), None) => Err(Refusal::PasswordNeeded),
        (Some(phc), Some(old)) => {
            let lock = tables.accounts.lock_of(id);
            hashing::check_password(tables, out, asked, (lock, Some(phc)), old, Hashing::Old(asked, id, new), now)
        }
    }
}

pub(super) fn unregister(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    password: Option<Secret>,
    now: Now,
) -> Result<(), Refusal> {
    let id = tables.sessions.full_account_of(asked.session)?;
    // Nobody would be the server's owner any more, and nobody could become it. The operator may do even that.
    if tables.accounts.get(id).is_some_and(|account| account.is_owner) {
        return Err(Refusal::NotAllowed);
    }
    let phc = tables.accounts.get(id).and_then(|account| account.phc.clone());
    match (phc, password) {
        (None, _) => defer::defer(
            &mut tables.sessions,
            out,
            asked,
            Write::Unregister { account: id },
            Ticket::Unregistered(By::Session(asked), id),
        ),
        (Some(_), None) => Err(Refusal::PasswordNeeded),
        (Some(phc), Some(password)) => {
            let lock = tables.accounts.lock_of(id);
            hashing::check_password(
                tables,
                out,
                asked,
                (lock, Some(phc)),
                password,
                Hashing::Unregister(asked, id),
                now,
            )
        }
    }
}

pub(super) fn devices(tables: &Tables, out: &mut Out, asked: Asked) -> Result<(), Refusal> {
    let account = tables.sessions.full_account_of(asked.session)?;
    let Some(account) = tables.accounts.get(account) else { return Ok(()) };
    let online = |key: &PublicKey| {
        account.sessions.iter().any(|&s| tables.sessions.get(s).is_some_and(|session| session.device == *key))
    };
    let device = |(key, device): (&PublicKey, &accounts::Device)| Device {
        key: *key,
        label: device.label.clone(),
        since: device.since,
        is_online: online(key),
    };
    let devices = account.devices.iter().map(device).collect();
    out.answer(asked, Ok(Answer::Devices(devices)));
    Ok(())
}

pub(super) fn revoke(sessions: &mut Sessions, out: &mut Out, asked: Asked, device: PublicKey) -> Result<(), Refusal> {
    let account = sessions.full_account_of(asked.session)?;
    defer::defer(
        sessions,
        out,
        asked,
        Write::Revoke { account, device },
        Ticket::Revoked(By::Session(asked), account, device),
    )
}

/// A device is none of the account's any more: its sessions end.
pub(super) fn revoked(tables: &mut Tables, out: &mut Out, by: By, id: AccountId, device: PublicKey) {
    tables.accounts.revoke(id, &device);
    out.answer_by(by, Ok(Answer::Done));
    login::end_sessions(tables, out, id, "this device was revoked", |session| session.device == device);
}

/// The account is deleted: it leaves every room, and its sessions end.
pub(super) fn unregistered(tables: &mut Tables, out: &mut Out, by: By, id: AccountId, now: Now) {
    out.answer_by(by, Ok(Answer::Done));
    let rooms: Vec<_> = tables.accounts.get(id).into_iter().flat_map(|account| account.rooms.iter().copied()).collect();
    for room in rooms {
        membership::put_out(tables, out, room, id, now);
    }
    tables.accounts.forget(id);
    login::end_sessions(tables, out, id, "the account was deleted", |_| true);
}

/// A session is to be an account's.
fn welcome(tables: &mut Tables, out: &mut Out, asked: Asked, account: AccountId, now: Now) -> Result<(), Refusal> {
    login::check_ban(tables, account)?;
    match tables.accounts.vouched(account) {
        Some(_) => vouching::welcome_vouched(tables, out, asked, account, now),
        None => login::log_in(tables, out, asked, account, now),
    }
}

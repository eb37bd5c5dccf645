//! Verdicts: what comes of what the program says that vouches for accounts.

use chinwag_proto::limits::SECRET_MAX_LEN;
use chinwag_proto::time::{Now, WallTime};
use chinwag_proto::wire::id::AccountId;
use chinwag_proto::wire::message::{Answer, Refusal, Secret};

use super::accounts::Accounts;
use super::asks::{Asking, Newcomer};
use super::auth::Auth;
use super::given::{label_of, new_name};
use super::job::{Ask, Verdict, WorkId};
use super::limits::{ASK_AGAIN, ASK_EVERY, VERDICT_KEPT};
use super::notice::{AuthNews, Notice};
use super::out::Out;
use super::pending::{Asked, By, Ticket};
use super::tables::Tables;
use super::throttle::Lock;
use super::timekeeper::Timekeeper;
use super::vouched::Vouched;
use super::{auth, login, membership};
use chinwag_store::Write;

/// Asks whether a device may be enrolled under this name.
pub(super) fn ask_password(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    (wanted, label): (String, String),
    password: Secret,
    now: Now,
) -> Result<(), Refusal> {
    let (wanted, label) = (new_name(&wanted)?, label_of(&label)?);
    let Some(from) = tables.sessions.get(asked.session).map(|session| session.addr.ip()) else { return Ok(()) };
    // To many directories, an empty password is no password, and all is well (RFC 4513, section 5.1.2).
    if password.reveal().is_empty() || password.reveal().len() > SECRET_MAX_LEN {
        return Err(Refusal::PasswordWrong);
    }
    if !tables.throttle.try_once(from, Lock::of_account(&wanted), now.mono) {
        return Err(Refusal::TooManyTries);
    }
    tables.sessions.pending(asked)?;
    let ask = Ask { name: wanted.clone(), password: Some(password) };
    if !out.asks.push_password(ask, Newcomer { asked, wanted, label }, now.mono) {
        tables.sessions.no_longer_pending(asked);
        return Err(Refusal::TooManyTries);
    }
    Ok(())
}

/// Lets a session into a vouched account, once that is known to be vouched for still.
pub(super) fn welcome_vouched(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    account: AccountId,
    now: Now,
) -> Result<(), Refusal> {
    if !tables.auth.is_there {
        return welcome_unasked(tables, out, asked, account, now);
    }
    let verdict = tables.accounts.vouched(account).and_then(|vouched| vouched.verdict);
    match verdict.filter(|(at, _)| now.mono.since(*at) < VERDICT_KEPT) {
        Some((_, true)) => login::log_in(tables, out, asked, account, now),
        Some((_, false)) => Err(Refusal::AccountClosed),
        None => {
            tables.sessions.pending(asked)?;
            auth::ask_name(&tables.accounts, out, account, Some(asked), now);
            Ok(())
        }
    }
}

/// The program can't be asked about an account.
fn welcome_unasked(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    account: AccountId,
    now: Now,
) -> Result<(), Refusal> {
    if auth::check_trusted(&mut tables.accounts, &tables.auth, &tables.time, account, now) {
        login::log_in(tables, out, asked, account, now)
    } else {
        Err(Refusal::AuthUnavailable)
    }
}

/// The program has said something.
pub(super) fn told(tables: &mut Tables, out: &mut Out, id: WorkId, verdict: Verdict, now: Now) {
    count(&mut tables.auth, out, &verdict);
    match out.asks.done(id) {
        None => {}
        Some(Asking::Password(newcomer)) => {
            tables.sessions.no_longer_pending(newcomer.asked);
            let asked = newcomer.asked;
            let done = judged_newcomer(tables, out, newcomer, verdict, now);
            out.refuse_unless(asked, done);
        }
        Some(Asking::Name(account, waiting)) => judged_account(tables, out, account, waiting, verdict, now),
    }
}

fn count(auth: &mut Auth, out: &mut Out, verdict: &Verdict) {
    let verdicts = &mut auth.verdicts;
    let count = match verdict {
        Verdict::Yes { .. } => &mut verdicts.yes,
        Verdict::No => &mut verdicts.no,
        Verdict::Failed { .. } => &mut verdicts.failed,
    };
    *count += 1;
    let why = if let Verdict::Failed { why } = verdict { Some(why.clone()) } else { None };
    if std::mem::replace(&mut auth.is_failing, why.is_some()) != why.is_some() {
        let news = why.map_or(AuthNews::Answers, |why| AuthNews::Fails { why });
        out.notices.push_back(Notice::Auth(news));
    }
}

/// What the program says of a name and a password.
fn judged_newcomer(
    tables: &mut Tables,
    out: &mut Out,
    newcomer: Newcomer,
    verdict: Verdict,
    now: Now,
) -> Result<(), Refusal> {
    let Newcomer { asked, wanted, label } = newcomer;
    let (name, is_moderator) = match verdict {
        Verdict::Yes { name, is_moderator } => (name, is_moderator),
        Verdict::No => return Err(Refusal::PasswordWrong),
        Verdict::Failed { .. } => return Err(Refusal::AuthUnavailable),
    };
    if let Some(session) = tables.sessions.get(asked.session) {
        tables.throttle.note_right(session.addr.ip(), Lock::of_account(&wanted), now.mono);
    }
    // A directory may take several names for one: the account has the one that it gives.
    let name = new_name(name.as_deref().unwrap_or(&wanted))?;
    match tables.accounts.named(&name) {
        // A local account stays whose it is.
        Some(account) if tables.accounts.vouched(account).is_none() => Err(Refusal::NameTaken),
        Some(account) => {
            confirm(tables, out, account, is_moderator, now);
            login::enrol_now(&tables.accounts, &mut tables.sessions, out, asked, account, label, now)
        }
        None => login::register_vouched(
            &tables.accounts,
            &mut tables.sessions,
            &tables.time,
            out,
            asked,
            (name, label),
            now,
        ),
    }
}

/// What the program says of an account.
fn judged_account(
    tables: &mut Tables,
    out: &mut Out,
    account: AccountId,
    waiting: Vec<Asked>,
    verdict: Verdict,
    now: Now,
) {
    // It may have become a local one meanwhile.
    if tables.accounts.vouched(account).is_some() {
        match verdict {
            Verdict::Yes { is_moderator, .. } => said(tables, out, account, Some(is_moderator), now),
            Verdict::No => said(tables, out, account, None, now),
            Verdict::Failed { .. } => failed(tables, out, account, now),
        }
    }
    for asked in waiting {
        tables.sessions.no_longer_pending(asked);
        let done = match tables.accounts.vouched(account).map(|vouched| vouched.verdict) {
            None | Some(Some((_, true))) => login::log_in(tables, out, asked, account, now),
            Some(Some((_, false))) => Err(Refusal::AccountClosed),
            Some(None) => welcome_unasked(tables, out, asked, account, now),
        };
        out.refuse_unless(asked, done);
    }
}

/// A verdict by name: vouched for, and whether as a moderator; or not.
fn said(tables: &mut Tables, out: &mut Out, account: AccountId, yes: Option<bool>, now: Now) {
    if let Some(is_moderator) = yes {
        confirm(tables, out, account, is_moderator, now);
    } else {
        disown(tables, out, account, now);
    }
    if let Some(vouched) = tables.accounts.vouched_mut(account) {
        vouched.verdict = Some((now.mono, yes.is_some()));
    }
}

/// The program vouches for an account.
fn confirm(tables: &mut Tables, out: &mut Out, account: AccountId, is_moderator: bool, now: Now) {
    let (grace, latest) = (tables.auth.grace, tables.time.latest(now));
    let Some(vouched) = tables.accounts.vouched_mut(account) else { return };
    (vouched.at, vouched.trusted_until, vouched.verdict) = (latest, Some(now.mono + grace), None);
    let was_moderator = std::mem::replace(&mut vouched.is_moderator, is_moderator);
    out.commits.push(Write::Vouch { account, at: Some(latest) }, Ticket::Quiet);
    auth::ask_again(&mut tables.accounts, &mut tables.auth, account, now.mono + ASK_EVERY);
    if was_moderator != is_moderator {
        tell_role(tables, out, account);
    }
}

/// The program vouches for an account no more: it is out, and stays out when the program can't be asked.
fn disown(tables: &mut Tables, out: &mut Out, account: AccountId, now: Now) {
    let Some(vouched) = tables.accounts.vouched_mut(account) else { return };
    let was_trusted = vouched.at != NEVER;
    (vouched.at, vouched.trusted_until, vouched.is_moderator) = (NEVER, Some(now.mono), false);
    if was_trusted {
        out.commits.push(Write::Vouch { account, at: Some(NEVER) }, Ticket::Quiet);
    }
    put_away(tables, out, account, "this account is closed");
}

/// The program can't be asked about an account.
fn failed(tables: &mut Tables, out: &mut Out, account: AccountId, now: Now) {
    if let Some(vouched) = tables.accounts.vouched_mut(account) {
        vouched.verdict = None;
    }
    if auth::check_trusted(&mut tables.accounts, &tables.auth, &tables.time, account, now) {
        let end = tables.accounts.vouched(account).and_then(|vouched| vouched.trusted_until);
        auth::ask_again(
            &mut tables.accounts,
            &mut tables.auth,
            account,
            end.map_or(now.mono, |end| end.min(now.mono + ASK_AGAIN)),
        );
    } else {
        put_away(tables, out, account, "this account's directory has not been heard for too long");
    }
}

/// Ends all sessions of an account that is not vouched for.
fn put_away(tables: &Tables, out: &mut Out, account: AccountId, why: &str) {
    let Some(entry) = tables.accounts.get(account).filter(|entry| !entry.sessions.is_empty()) else { return };
    let (name, count) = (entry.name.clone(), entry.sessions.len());
    out.notices.push_back(Notice::Auth(AuthNews::Ended { name, sessions: count, why: why.to_owned() }));
    login::end_sessions(tables, out, account, why, |_| true);
}

/// Asks about those whose time has come, and lets nobody wait too long.
pub(super) fn tick_auth(tables: &mut Tables, out: &mut Out, now: Now) {
    while let Some(&(due, account)) = tables.auth.due.first()
        && due <= now.mono
    {
        tables.auth.due.pop_first();
        let Some(vouched) = tables.accounts.vouched_mut(account) else { continue };
        vouched.due = None;
        if tables.accounts.get(account).is_none_or(|account| account.sessions.is_empty()) {
            continue;
        }
        if tables.auth.is_there {
            auth::ask_name(&tables.accounts, out, account, None, now);
        } else {
            failed(tables, out, account, now);
        }
    }
    while let Some(asking) = out.asks.give_up(now.mono) {
        match asking {
            Asking::Password(newcomer) => {
                tables.sessions.no_longer_pending(newcomer.asked);
                out.refuse(newcomer.asked, Refusal::AuthUnavailable);
            }
            Asking::Name(account, waiting) => {
                for asked in waiting {
                    tables.sessions.no_longer_pending(asked);
                    let done = welcome_unasked(tables, out, asked, account, now);
                    out.refuse_unless(asked, done);
                }
            }
        }
    }
}

/// An account's role in its rooms is another.
fn tell_role(tables: &Tables, out: &mut Out, account: AccountId) {
    let all: Vec<_> = tables.accounts.rooms_of(account).collect();
    for room in all {
        membership::tell_info(tables, out, room, account, None);
    }
}

/// The operator says that an account is vouched for by the program from now on, or is a local one.
pub(super) fn vouch(
    accounts: &Accounts,
    time: &Timekeeper,
    out: &mut Out,
    by: By,
    account: AccountId,
    is_vouched: bool,
    now: Now,
) -> Result<(), Refusal> {
    // Whoever owns the server is known to it, whatever becomes of the program.
    if accounts.get(account).is_some_and(|account| account.is_owner) {
        return Err(Refusal::NotAllowed);
    }
    let at = is_vouched.then(|| time.latest(now));
    out.commits.push(Write::Vouch { account, at }, Ticket::Vouched(by, account, at));
    Ok(())
}

/// That is durable.
pub(super) fn vouch_set(
    tables: &mut Tables,
    out: &mut Out,
    by: By,
    account: AccountId,
    at: Option<WallTime>,
    now: Now,
) {
    if let Some(due) = tables.accounts.set_vouched(account, at.map(Vouched::new)).and_then(|before| before.due) {
        tables.auth.due.remove(&(due, account));
    }
    auth::ask_again(&mut tables.accounts, &mut tables.auth, account, now.mono);
    tell_role(tables, out, account);
    out.answer_by(by, Ok(Answer::Done));
}

/// When somebody was vouched for who is not any more: longer ago than any grace.
const NEVER: WallTime = WallTime::from_unix_millis(0);

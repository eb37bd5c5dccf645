//! What the operator asks of a running server, beside watching it: accounts, tokens, invitations, rooms.

use chinwag_proto::time::{Now, WallTime};
use chinwag_proto::wire::message::{Answer, Refusal, Secret, name};

use super::command::{Operation, OperatorTag};
use super::config::Admission;
use super::effect::Effect;
use super::given::check_new;
use super::notice::Notice;
use super::out::Out;
use super::pending::{By, Hashing, Ticket};
use super::tables::Tables;
use super::timekeeper::Timekeeper;
use super::{clock, hashing, login, reports, space, tokens, upkeep, vouching};
use chinwag_store::{Retention, SecretHash, Token, Write};

/// Does what the operator asks.
pub(super) fn operate(tables: &mut Tables, out: &mut Out, tag: OperatorTag, operation: Operation, now: Now) {
    let by = By::Operator(tag);
    match carry_out(tables, out, by, tag, operation, now) {
        Ok(()) => {}
        Err(reason) => out.answer_by(by, Err(reason)),
    }
}

fn carry_out(
    tables: &mut Tables,
    out: &mut Out,
    by: By,
    tag: OperatorTag,
    operation: Operation,
    now: Now,
) -> Result<(), Refusal> {
    match operation {
        Operation::SetPassword { account, password } => set_password(tables, out, by, &account, password)?,
        Operation::Unregister { account } => {
            let account = tables.accounts.account_named(&account)?;
            out.commits.push(Write::Unregister { account }, Ticket::Unregistered(by, account));
        }
        Operation::Kick { account } => end(tables, out, by, &account, "ended by the server's operator")?,
        Operation::Ban { account } => {
            end(tables, out, by, &account, "banned by the server's operator")?;
            tables.banned.insert(name::fold(&account));
        }
        // It may have been deleted since.
        Operation::Unban { account } => match tables.banned.remove(&name::fold(&account)) {
            true => out.answer_by(by, Ok(Answer::Done)),
            false => return Err(Refusal::NoSuchAccount),
        },
        Operation::Vouch { account, is_vouched } => {
            let account = tables.accounts.account_named(&account)?;
            vouching::vouch(&tables.accounts, &tables.time, out, by, account, is_vouched, now)?;
        }
        Operation::MakeToken { account, hash, label, scopes, until } => {
            let account = tables.accounts.account_named(&account)?;
            if !check_over(&tables.time, out, tag, until, now) {
                tokens::make(&tables.accounts, out, by, Token { account, hash, label, scopes, until })?;
            }
        }
        Operation::RotateToken { label, hash, until } => {
            tokens::rotate(&tables.accounts, &tables.time, out, by, (label, hash, until), now)?;
        }
        Operation::RevokeToken { label } => tokens::revoke(&tables.accounts, out, by, &label)?,
        Operation::MakeInvite { hash, uses, until } => {
            make_invite(tables, out, (tag, by), (hash, uses, until), now);
        }
        Operation::SetRegistration(registration) => {
            tables.registration = registration;
            out.answer_by(by, Ok(Answer::Done));
        }
        Operation::SetAdmission(admission) => {
            admit(tables, out, admission);
            out.answer_by(by, Ok(Answer::Done));
        }
        Operation::SetQuotas(new) => {
            tables.quotas.set(new);
            out.answer_by(by, Ok(Answer::Done));
        }
        Operation::Retain { room, retention } => retain(tables, out, by, &room, retention, now)?,
        Operation::Prune { room } => prune(tables, out, (tag, by), &room, now)?,
        Operation::ConfirmClock => {
            clock::confirm_clock(&mut tables.clocks, &tables.rooms, &mut tables.time, out, by, now);
        }
        Operation::Clock => {
            clock::look_at_clock(&tables.rooms, &mut tables.time, out, now);
            out.notices.push_back(Notice::Clock(tag, tables.time.report(now)));
        }
        Operation::Quotas => out.notices.push_back(Notice::Quotas(tag, space::report_quotas(tables))),
        Operation::Accounts => out.notices.push_back(Notice::Accounts(tag, reports::report_accounts(tables))),
        Operation::Rooms => out.notices.push_back(Notice::Rooms(tag, reports::report_rooms(tables))),
        Operation::Tokens => out.notices.push_back(Notice::Tokens(tag, reports::report_tokens(&tables.accounts))),
    }
    Ok(())
}

fn set_password(tables: &mut Tables, out: &mut Out, by: By, account: &str, new: Secret) -> Result<(), Refusal> {
    let account = tables.accounts.account_named(account)?;
    tables.accounts.has_own_password(account)?;
    let hash = hashing::fresh(tables, check_new(new)?);
    hashing::queue(out, hash, Hashing::New(by, account))
}

fn make_invite(
    tables: &mut Tables,
    out: &mut Out,
    (tag, by): (OperatorTag, By),
    (hash, uses, until): (SecretHash, u32, Option<WallTime>),
    now: Now,
) {
    if !check_over(&tables.time, out, tag, until, now) {
        tables.invites.extend(until.map(|until| (hash, until)));
        out.commits.push(Write::Invite { hash, uses, until }, Ticket::Done(by));
    }
}

/// Ends all sessions of an account.
fn end(tables: &mut Tables, out: &mut Out, by: By, account: &str, why: &str) -> Result<(), Refusal> {
    let account = tables.accounts.account_named(account)?;
    login::end_sessions(tables, out, account, why, |_| true);
    out.answer_by(by, Ok(Answer::Done));
    Ok(())
}

/// A room keeps bodies for so long from now on.
fn retain(
    tables: &mut Tables,
    out: &mut Out,
    by: By,
    room: &str,
    retention: Retention,
    now: Now,
) -> Result<(), Refusal> {
    let room = tables.rooms.named(room).ok_or(Refusal::NoSuchRoom)?;
    if let Some(room) = tables.rooms.get_mut(room) {
        room.state.retention = retention;
    }
    out.commits.push(Write::Retain { room, retention }, Ticket::Done(by));
    clock::redate(&tables.rooms, &tables.time, out, room, now);
    tables.clocks.prune_by(now.mono);
    Ok(())
}

/// Removes what a room does not keep, unless that goes by a clock that nobody is sure of.
fn prune(
    tables: &mut Tables,
    out: &mut Out,
    (tag, by): (OperatorTag, By),
    room: &str,
    now: Now,
) -> Result<(), Refusal> {
    let room = tables.rooms.named(room).ok_or(Refusal::NoSuchRoom)?;
    clock::look_at_clock(&tables.rooms, &mut tables.time, out, now);
    let is_by_age = matches!(tables.rooms.get(room).map(|room| room.state.retention), Some(Retention::For(_)));
    if is_by_age && tables.time.sure(now).is_none() {
        out.notices.push_back(Notice::AgeUnsure(tag));
    } else {
        upkeep::prune(&tables.time, out, by, room, now);
    }
    Ok(())
}

/// From where sessions are taken from now on. Those that are not any more end.
fn admit(tables: &mut Tables, out: &mut Out, admission: Admission) {
    tables.admission = admission;
    let denied = tables.peers.outside(|ip| tables.admission.allows(ip));
    let code = chinwag_proto::wire::frame::CloseCode::Denied;
    out.effects.extend(denied.map(|session| Effect::Close(session, code, "not from this address".to_owned())));
}

/// Whether something that is valid until then would never be valid; the operator is told so.
fn check_over(time: &Timekeeper, out: &mut Out, tag: OperatorTag, until: Option<WallTime>, now: Now) -> bool {
    let latest = time.latest(now);
    let is_over = until.is_some_and(|until| until <= latest);
    if is_over {
        out.notices.push_back(Notice::OverAlready(tag, latest));
    }
    is_over
}

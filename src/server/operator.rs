//! What the operator asks of a running server, beside watching it: accounts, tokens, invitations, rooms.

use chinwag_proto::limits::DEVICE_LABEL_MAX_LEN;
use chinwag_proto::time::{Now, WallTime};
use chinwag_proto::wire::message::{Answer, Refusal, name, visible};

use super::command::{Operation, OperatorTag};
use super::config::Admission;
use super::effect::Effect;
use super::given::check_new;
use super::limits::TOKENS_MAX;
use super::notice::{Notice, TokenReport};
use super::out::Out;
use super::pending::{By, Hashing, Ticket};
use super::tables::Tables;
use super::timekeeper::Timekeeper;
use super::{clock, hashing, login, reports, space, tokens, upkeep, vouching};
use chinwag_store::{Retention, Token, Write};

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
        Operation::SetPassword { account, password } => {
            let account = tables.accounts.account_named(&account)?;
            tables.accounts.has_own_password(account)?;
            let hash = hashing::fresh(tables, check_new(password)?);
            hashing::queue(out, hash, Hashing::New(by, account))?;
        }
        Operation::Unregister { account } => {
            let account = tables.accounts.account_named(&account)?;
            out.commits.push(Write::Unregister { account }, Ticket::Unregistered(by, account));
        }
        Operation::Kick { account } => {
            let account = tables.accounts.account_named(&account)?;
            login::end_sessions(tables, out, account, "ended by the server's operator", |_| true);
            out.answer_by(by, Ok(Answer::Done));
        }
        Operation::Ban { account } => {
            let id = tables.accounts.account_named(&account)?;
            tables.banned.insert(name::fold(&account));
            login::end_sessions(tables, out, id, "banned by the server's operator", |_| true);
            out.answer_by(by, Ok(Answer::Done));
        }
        Operation::Unban { account } => {
            // It may have been deleted since.
            if !tables.banned.remove(&name::fold(&account)) {
                return Err(Refusal::NoSuchAccount);
            }
            out.answer_by(by, Ok(Answer::Done));
        }
        Operation::Vouch { account, is_vouched } => {
            let account = tables.accounts.account_named(&account)?;
            vouching::vouch(&tables.accounts, &tables.time, out, by, account, is_vouched, now)?;
        }
        Operation::MakeToken { account, hash, label, scopes, until } => {
            let account = tables.accounts.account_named(&account)?;
            if check_over(&tables.time, out, tag, until, now) {
                return Ok(());
            }
            if label.len() > DEVICE_LABEL_MAX_LEN {
                return Err(Refusal::TooLarge);
            }
            if label.is_empty() || visible::check_line(&label).is_err() {
                return Err(Refusal::TextUnfit);
            }
            if tables.accounts.tokens().count() >= TOKENS_MAX {
                return Err(Refusal::Limit);
            }
            if !tables.accounts.tokens_of(&label).is_empty() {
                return Err(Refusal::NameTaken);
            }
            let token = Token { account, hash, label, scopes, until };
            let Token { label, scopes, .. } = token.clone();
            out.commits.push(Write::Token { account, hash, label, scopes, until }, Ticket::Token(by, token));
        }
        Operation::RotateToken { label, hash, until } => {
            let old = tables.accounts.tokens().find(|token| token.label == label).cloned();
            let old = old.ok_or(Refusal::TokenInvalid)?;
            let token = Token { hash, until: until.or(old.until), ..old };
            // One that is valid no more would be followed by one that never was.
            if token.until.is_some_and(|until| until <= tables.time.latest(now)) {
                return Err(Refusal::TokenInvalid);
            }
            // In one batch, the old ones first known: there is no moment without a token, and none with both after it.
            let revoked = tables.accounts.tokens_of(&label);
            let Token { account, scopes, until, .. } = token.clone();
            let ticket = Ticket::Token(By::Nobody, token);
            out.commits.push(Write::Token { account, hash, label, scopes, until }, ticket);
            tokens::revoke_tokens(out, by, &revoked)?;
        }
        Operation::RevokeToken { label } => {
            let revoked = tables.accounts.tokens_of(&label);
            tokens::revoke_tokens(out, by, &revoked)?;
        }
        Operation::MakeInvite { hash, uses, until } => {
            if check_over(&tables.time, out, tag, until, now) {
                return Ok(());
            }
            if let Some(until) = until {
                tables.invites.insert(hash, until);
            }
            out.commits.push(Write::Invite { hash, uses, until }, Ticket::Done(by));
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
        Operation::Quotas => {
            let report = space::report_quotas(tables);
            out.notices.push_back(Notice::Quotas(tag, report));
        }
        Operation::Retain { room, retention } => {
            let room = tables.rooms.named(&room).ok_or(Refusal::NoSuchRoom)?;
            if let Some(room) = tables.rooms.get_mut(room) {
                room.retention = retention;
            }
            out.commits.push(Write::Retain { room, retention }, Ticket::Done(by));
            clock::redate(&tables.rooms, &tables.time, out, room, now);
            tables.clocks.prune_by(now.mono);
        }
        Operation::Prune { room } => {
            let room = tables.rooms.named(&room).ok_or(Refusal::NoSuchRoom)?;
            clock::look_at_clock(&tables.rooms, &mut tables.time, out, now);
            let is_by_age = matches!(tables.rooms.get(room).map(|room| room.retention), Some(Retention::For(_)));
            if is_by_age && tables.time.sure(now).is_none() {
                out.notices.push_back(Notice::AgeUnsure(tag));
            } else {
                upkeep::prune(&tables.time, out, by, room, now);
            }
        }
        Operation::Clock => {
            clock::look_at_clock(&tables.rooms, &mut tables.time, out, now);
            let report = tables.time.report(now);
            out.notices.push_back(Notice::Clock(tag, report));
        }
        Operation::ConfirmClock => {
            clock::confirm_clock(&mut tables.clocks, &tables.rooms, &mut tables.time, out, by, now)
        }
        Operation::Accounts => {
            let accounts = reports::report_accounts(tables);
            out.notices.push_back(Notice::Accounts(tag, accounts));
        }
        Operation::Rooms => {
            let rooms = reports::report_rooms(tables);
            out.notices.push_back(Notice::Rooms(tag, rooms));
        }
        Operation::Tokens => {
            let report = |token: &Token| TokenReport {
                account: tables.accounts.name(token.account).to_owned(),
                label: token.label.clone(),
                scopes: token.scopes.clone(),
                until: token.until,
            };
            let tokens = tables.accounts.tokens().map(report).collect();
            out.notices.push_back(Notice::Tokens(tag, tokens));
        }
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

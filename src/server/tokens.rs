//! Tokens: how they are made and revoked.

use chinwag_proto::limits::DEVICE_LABEL_MAX_LEN;
use chinwag_proto::time::{Now, WallTime};
use chinwag_proto::wire::message::{Answer, Refusal, visible};

use super::accounts::Accounts;
use super::effect::Effect;
use super::limits::TOKENS_MAX;
use super::out::Out;
use super::pending::{By, Ticket};
use super::tables::Tables;
use super::timekeeper::Timekeeper;
use chinwag_store::{SecretHash, Token, Write};

/// Makes a token.
pub(super) fn make(accounts: &Accounts, out: &mut Out, by: By, token: Token) -> Result<(), Refusal> {
    if token.label.len() > DEVICE_LABEL_MAX_LEN {
        return Err(Refusal::TooLarge);
    }
    if token.label.is_empty() || visible::check_line(&token.label).is_err() {
        return Err(Refusal::TextUnfit);
    }
    if accounts.tokens().count() >= TOKENS_MAX {
        return Err(Refusal::Limit);
    }
    if !accounts.tokens_of(&token.label).is_empty() {
        return Err(Refusal::NameTaken);
    }
    out.commits.push(write(&token), Ticket::Token(by, token));
    Ok(())
}

/// Makes a token, by this hash and until then, that allows what the one of that label does, and revokes that one.
pub(super) fn rotate(
    accounts: &Accounts,
    time: &Timekeeper,
    out: &mut Out,
    by: By,
    (label, hash, until): (String, SecretHash, Option<WallTime>),
    now: Now,
) -> Result<(), Refusal> {
    let old = accounts.tokens().find(|token| token.label == label).cloned().ok_or(Refusal::TokenInvalid)?;
    let token = Token { hash, until: until.or(old.until), ..old };
    // One that is valid no more would be followed by one that never was.
    if token.until.is_some_and(|until| until <= time.latest(now)) {
        return Err(Refusal::TokenInvalid);
    }
    // In one batch, the old ones first known: there is no moment without a token, and none with both after it.
    let revoked = accounts.tokens_of(&label);
    out.commits.push(write(&token), Ticket::Token(By::Nobody, token));
    for (hash, by) in with_last(&revoked, by) {
        out.commits.push_tied(Write::RevokeToken { hash }, Ticket::TokenRevoked(by, hash));
    }
    Ok(())
}

/// Revokes all tokens of that label.
pub(super) fn revoke(accounts: &Accounts, out: &mut Out, by: By, label: &str) -> Result<(), Refusal> {
    let revoked = accounts.tokens_of(label);
    if revoked.is_empty() {
        return Err(Refusal::TokenInvalid);
    }
    for (hash, by) in with_last(&revoked, by) {
        out.commits.push(Write::RevokeToken { hash }, Ticket::TokenRevoked(by, hash));
    }
    Ok(())
}

/// Hashes, each with who waits for it: whoever asked waits for the last.
fn with_last(hashes: &[SecretHash], by: By) -> impl Iterator<Item = (SecretHash, By)> {
    let last = hashes.len().saturating_sub(1);
    hashes.iter().enumerate().map(move |(at, &hash)| (hash, if at == last { by } else { By::Nobody }))
}

fn write(token: &Token) -> Write {
    let Token { account, hash, label, scopes, until } = token.clone();
    Write::Token { account, hash, label, scopes, until }
}

/// A token is none any more: sessions that came by it end.
pub(super) fn token_revoked(tables: &mut Tables, out: &mut Out, by: By, hash: &SecretHash) {
    tables.accounts.remove_token(hash);
    out.answer_by(by, Ok(Answer::Done));
    let came_by_it = tables.sessions.iter().filter(|session| session.token.as_ref() == Some(hash));
    let code = chinwag_proto::wire::frame::CloseCode::Denied;
    let close =
        |session: &super::sessions::Session| Effect::Close(session.id, code, "the token was revoked".to_owned());
    out.effects.extend(came_by_it.map(close));
}

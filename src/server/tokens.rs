//! Tokens: how they are made and revoked.

use chinwag_proto::wire::message::{Answer, Refusal};

use super::effect::Effect;
use super::out::Out;
use super::pending::{By, Ticket};
use super::tables::Tables;
use chinwag_store::{SecretHash, Write};

pub(super) fn revoke_tokens(out: &mut Out, by: By, hashes: &[SecretHash]) -> Result<(), Refusal> {
    let (&last, rest) = hashes.split_last().ok_or(Refusal::TokenInvalid)?;
    for &hash in rest {
        out.commits.push(Write::RevokeToken { hash }, Ticket::TokenRevoked(By::Nobody, hash));
    }
    out.commits.push(Write::RevokeToken { hash: last }, Ticket::TokenRevoked(by, last));
    Ok(())
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

//! Passwords on their way to be hashed: how often, and in what order.

use chinwag_proto::limits::SECRET_MAX_LEN;
use chinwag_proto::time::Now;
use chinwag_proto::wire::message::{Refusal, Secret};

use super::job::Hash;
use super::out::Out;
use super::pending::{Asked, Hashing};
use super::tables::Tables;
use super::throttle::Lock;

/// Queues a check of a password, if there were not too many tries at it from there.
pub(super) fn check_password(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    (lock, phc): (Lock, Option<String>),
    password: Secret,
    then: Hashing,
    now: Now,
) -> Result<(), Refusal> {
    let Some(from) = tables.sessions.get(asked.session).map(|session| session.addr.ip()) else { return Ok(()) };
    if password.reveal().len() > SECRET_MAX_LEN {
        return Err(Refusal::PasswordWrong);
    }
    if !tables.throttle.try_once(from, lock, now.mono) {
        return Err(Refusal::TooManyTries);
    }
    queue(out, Hash::Check { password, phc }, then)
}

/// The password was right: what was wrong before it counts no more.
pub(super) fn note_right(tables: &mut Tables, asked: Asked, lock: Lock, now: Now) {
    if let Some(session) = tables.sessions.get(asked.session) {
        tables.throttle.note_right(session.addr.ip(), lock, now.mono);
    }
}

pub(super) fn queue(out: &mut Out, hash: Hash, then: Hashing) -> Result<(), Refusal> {
    out.hashes.push(hash, then).map_err(|_| Refusal::TooManyTries)
}

/// Queues the hashing of a new password: as dear as a check, so it is throttled; no guess, so it takes nothing from those.
pub(super) fn make_for(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    password: Secret,
    then: impl FnOnce(Asked) -> Hashing,
    now: Now,
) -> Result<(), Refusal> {
    let Some(from) = tables.sessions.get(asked.session).map(|session| session.addr.ip()) else { return Ok(()) };
    if !tables.throttle.make_once(from, now.mono) {
        return Err(Refusal::TooManyTries);
    }
    let hash = fresh(tables, password);
    queue(out, hash, then(asked))
}

pub(super) fn fresh(tables: &mut Tables, password: Secret) -> Hash {
    Hash::Make { password, salt: tables.rng.bytes() }
}

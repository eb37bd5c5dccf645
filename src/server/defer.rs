//! Requests that wait for a commit.

use chinwag_proto::wire::message::Refusal;

use super::out::Out;
use super::pending::{Asked, By, Ticket};
use super::sessions::Sessions;
use chinwag_store::Write;

/// Waits for a commit before the request goes on.
pub(super) fn defer(
    sessions: &mut Sessions,
    out: &mut Out,
    asked: Asked,
    write: Write,
    ticket: Ticket,
) -> Result<(), Refusal> {
    if sessions.get(asked.session).is_none() {
        return Ok(());
    }
    sessions.pending(asked)?;
    out.commits.push(write, ticket);
    Ok(())
}

/// The same for whoever asked.
pub(super) fn defer_by(sessions: &mut Sessions, out: &mut Out, by: By, write: Write, ticket: Ticket) {
    match by {
        By::Session(asked) => {
            let deferred = defer(sessions, out, asked, write, ticket);
            out.refuse_unless(asked, deferred);
        }
        By::Operator(_) | By::Nobody => out.commits.push(write, ticket),
    }
}

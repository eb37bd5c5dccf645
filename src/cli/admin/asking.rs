//! What is asked of the server of a home, running or not.

use chinwag_proto::rng::Rng;
use chinwag_proto::time::Now;

use crate::admin::{Reply, Request, operate, own_user};
use crate::config::Home;

use super::super::failure::{Exit, Failure};
use super::maintain;
use super::record::record;
use super::refused::refused;
use super::running::ask_running;

/// Asks the server that runs with this home, or its store if none does.
pub(super) fn ask(home: &Home, request: Request, now: Now, rng: &mut Rng) -> Result<Reply, Failure> {
    if let Some(reply) = ask_running(home, &request)? {
        return granted(&request, reply);
    }
    let only_running = matches!(
        request,
        Request::Status
            | Request::Peers
            | Request::Reach
            | Request::Kick { .. }
            | Request::Register(_)
            | Request::Quotas
            | Request::SetQuotas(_)
            | Request::Reload
            | Request::AuthTest { .. }
    );
    let operation = request.clone().operation().map_err(|error| Failure::usage(error.to_string()))?;
    let Some(operation) = operation.filter(|_| !only_running) else {
        return Err(Failure::new(
            Exit::Connect,
            format!("no server runs with this home; start one: chinwag{} serve", home.flag()),
        ));
    };
    let store = maintain::open(home, rng)?;
    let reply = operate(store, operation, now, rng).map_err(|error| Failure::new(Exit::General, error.to_string()))?;
    granted(&request, recorded(home, &request, reply))
}

/// What was done without a running server is on record, too.
pub(super) fn recorded(home: &Home, request: &Request, reply: Reply) -> Reply {
    if reply.is_done() {
        record(home, own_user().as_deref(), request.act().as_deref());
    }
    reply
}

/// The reply, unless it is a refusal.
pub(super) fn granted(request: &Request, reply: Reply) -> Result<Reply, Failure> {
    if let Reply::Refused(reason) = reply { Err(refused(request, reason)) } else { Ok(reply) }
}

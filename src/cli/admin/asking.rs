//! What is asked of the server of a home, running or not.

use chinwag_proto::rng::Rng;
use chinwag_proto::time::Now;

use crate::admin::{Reply, Request, operate, own_user};
use crate::config::{Home, Outcome};
use crate::store::StoreError;

use super::super::failure::{Exit, Failure};
use super::maintain;
use super::record::{Recorded, looked};
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
            | Request::ContactInfo
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
    granted(&request, recorded(home, &request, || operate(store, operation, now, rng))?)
}

/// What is done without a running server is on record, too, before it is done.
pub(super) fn recorded(
    home: &Home,
    request: &Request,
    does: impl FnOnce() -> Result<Reply, StoreError>,
) -> Result<Reply, Failure> {
    let failed = |error: StoreError| Failure::new(Exit::General, error.to_string());
    let by = own_user();
    let Some(act) = request.act() else {
        looked(by.as_deref());
        return does().map_err(failed);
    };
    let general = |why| Failure::new(Exit::General, why);
    let recorded = Recorded::begin(home, by.as_deref(), &act).map_err(general)?;
    let reply = does();
    let outcome = match &reply {
        Ok(reply) if reply.is_done() => Outcome::Done,
        Ok(_) | Err(StoreError::Full | StoreError::Damaged(_)) => Outcome::NotDone,
        Err(StoreError::Failed(_)) => Outcome::Unknown,
    };
    recorded.settle(outcome).map_err(general)?;
    reply.map_err(failed)
}

/// The reply, unless it is a refusal.
pub(super) fn granted(request: &Request, reply: Reply) -> Result<Reply, Failure> {
    if let Reply::Refused(reason) = reply { Err(refused(request, reason)) } else { Ok(reply) }
}

//! The server that runs with this home, as it is asked over its socket.

use crate::admin::{Reply, Request};
use crate::config::Home;

use super::super::failure::{Exit, Failure};

/// Asks it; `None`: none runs.
#[cfg(unix)]
pub(super) fn ask_running(home: &Home, request: &Request) -> Result<Option<Reply>, Failure> {
    let path = home.admin_socket();
    crate::admin::ask(&path, request)
        .map_err(|error| Failure::new(Exit::Denied, format!("can't ask the server at {}: {error}", path.display())))
}

/// There are no such sockets here: only a server that does not run is asked.
#[cfg(not(unix))]
pub(super) fn ask_running(_: &Home, _: &Request) -> Result<Option<Reply>, Failure> {
    Ok(None)
}

/// A request was granted that is answered by nothing more.
pub(super) fn done(reply: Reply) -> Result<(), Failure> {
    match reply {
        Reply::Done => Ok(()),
        Reply::Refused(reason) => Err(Failure::refused("admin", reason)),
        Reply::Failed(why) => Err(Failure::new(Exit::General, why)),
        Reply::Reloaded { .. }
        | Reply::Status(_)
        | Reply::Peers(_)
        | Reply::ContactInfo(_)
        | Reply::Accounts(_)
        | Reply::Rooms(_)
        | Reply::Tokens(_)
        | Reply::Clock(_)
        | Reply::Verdict(_)
        | Reply::Quotas(_) => Ok(()),
    }
}

//! Where a server is that is known by its name on the subnet, `lan:NAME`: asked each time, so that it may move.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use chinwag_proto::wire::id::PublicKey;

use crate::config::Home;
use crate::discovery::{Found, Notice};
use crate::drive::Clock;

use super::super::failure::{Exit, Failure};
use super::super::server_name::ServerName;
use super::super::session::changed_key;
use super::Look;

/// How long it is asked for.
const ASK_FOR: Duration = Duration::from_secs(3);
/// Once one has answered to a name that is not pinned, another of that name has this long.
const OTHERS: Duration = Duration::from_millis(300);

/// The addresses of the server of that name: of the one whose key is pinned, if one is.
pub(in super::super) fn resolve(
    home: &Home,
    server: &ServerName,
    pinned: Option<PublicKey>,
) -> Result<Vec<SocketAddr>, Failure> {
    let clock = Clock::start();
    let look = Look::begin(pinned.into_iter().collect())?;
    let mut until = clock.mono() + ASK_FOR;
    let mut named: BTreeMap<PublicKey, Found> = BTreeMap::new();
    while clock.mono() < until {
        let Some(Notice::Found(found)) = look.next_within(until.since(clock.mono())) else { continue };
        if pinned == Some(*found.key()) {
            return Ok(found.addrs);
        }
        if ServerName::on_lan(&found.name) == *server {
            if pinned.is_none() && named.is_empty() {
                until = clock.mono() + OTHERS;
            }
            named.insert(*found.key(), *found);
        }
    }
    let mut all = named.into_values();
    match (all.next(), all.next(), pinned) {
        (Some(found), _, Some(pinned)) => Err(changed_key(home, server, &pinned, found.key())),
        (Some(found), None, None) => Ok(found.addrs),
        (Some(one), Some(other), None) => Err(Failure::new(
            Exit::ServerIdentity,
            format!(
                "two servers are called {server}: {} at {}, and {} at {}; say which by its address",
                one.key(),
                addr(&one),
                other.key(),
                addr(&other)
            ),
        )),
        (None, _, _) => Err(Failure::new(
            Exit::Connect,
            format!(
                "no server called {server} answers on this subnet (asked for {} s); is it running? `chinwag find` lists \
                 who answers, --server HOST[:PORT] needs no discovery",
                ASK_FOR.as_secs()
            ),
        )),
    }
}

fn addr(found: &Found) -> String {
    found.addrs.first().map_or_else(|| "an unknown address".to_owned(), ToString::to_string)
}

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
/// Once the pinned one has spoken by itself, its answer has this long.
const ANSWER: Duration = Duration::from_millis(1_000);
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
    let mut spoken: Option<Found> = None;
    while clock.mono() < until {
        let Some(Notice::Found(found)) = look.next_within(until.since(clock.mono())) else { continue };
        if pinned == Some(*found.key()) {
            if found.has_answered() {
                return Ok(found.addrs);
            }
            // Anybody can say where it is: it is asked itself.
            until = until.min(clock.mono() + ANSWER);
            spoken = Some(*found);
            continue;
        }
        if ServerName::on_lan(&found.name) == *server {
            if pinned.is_none() && named.is_empty() {
                until = clock.mono() + OTHERS;
            }
            named.insert(*found.key(), *found);
        }
    }
    if let Some(found) = spoken {
        return Ok(found.addrs);
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

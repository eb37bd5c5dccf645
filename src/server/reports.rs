//! What an operator who watches is told of the endpoint and the chat together: counters, and the peer table.

use std::time::Duration;

use chinwag_proto::endpoint::{Endpoint, SessionId};
use chinwag_proto::link::{Liveness, Spread};
use chinwag_proto::time::Now;
use chinwag_proto::wire::id::{AccountId, RoomId};
use chinwag_proto::wire::message::Measured;

use super::accounts::Accounts;
use super::counters::{Sight, Traffic, counters};
use super::notice::{AccountReport, PeerReport, RoomReport, SessionReport, Status, TokenReport};
use super::tables::Tables;
use chinwag_store::{Kind, Token};

pub(super) fn status(
    endpoint: &Endpoint,
    tables: &Tables,
    waiting: Vec<(&'static str, usize)>,
    traffic: &Traffic,
    commits: Spread,
    now: Now,
) -> Status {
    let (links, clock) = (endpoint.totals(), tables.time.report(now));
    let sight = Sight { tables, traffic, links: &links, is_clock_believed: clock.is_believed };
    Status {
        counters: counters(&sight),
        quotas: tables.quotas,
        clock,
        drops: endpoint.drops().iter().map(|(reason, &count)| (reason.to_string(), count)).collect(),
        verdicts: tables.auth.verdicts(),
        waiting,
        rtt: links.rtt,
        commits,
    }
}

/// How a session's link looks from here.
pub(super) fn measured(endpoint: &Endpoint, id: SessionId, now: Now) -> Measured {
    let link = endpoint.session(id).map(|info| info.link).unwrap_or_default();
    let (srtt_us, rttvar_us, loss_ppht) = (link.srtt_us, link.rttvar_us, link.loss_ppht);
    let (sent, received) = (link.datagrams_sent, link.datagrams_received);
    Measured { at: now.wall, srtt_us, rttvar_us, loss_ppht, sent, received }
}

/// The peer table, in the order of the addresses.
pub(super) fn report_peers(endpoint: &Endpoint, tables: &Tables, now: Now) -> Vec<PeerReport> {
    let report = |(addr, ids): (_, &[SessionId])| PeerReport {
        addr,
        sessions: ids.iter().filter_map(|&id| report_session(endpoint, tables, id, now)).collect(),
    };
    tables.peers.iter().map(report).collect()
}

fn report_session(endpoint: &Endpoint, tables: &Tables, id: SessionId, now: Now) -> Option<SessionReport> {
    let session = tables.sessions.get(id)?;
    let link = endpoint.session(id)?.link;
    Some(SessionReport {
        account: session.account.map(|account| tables.accounts.name(account).to_owned()),
        device: session.device,
        came_by_token: session.token.is_some(),
        is_heard: session.liveness == Liveness::Alive,
        rooms: session.rooms.len() + session.reads.len(),
        stands_for: Duration::from_micros(now.mono.micros_since(session.since)),
        srtt: Duration::from_micros(link.srtt_us),
        loss_ppht: link.loss_ppht,
        datagrams_sent: link.datagrams_sent,
        datagrams_received: link.datagrams_received,
        retransmitted: link.retransmitted,
    })
}

pub(super) fn report_accounts(tables: &Tables) -> Vec<AccountReport> {
    let report = |(_, account): (AccountId, &super::accounts::Account)| AccountReport {
        name: account.name.clone(),
        devices: account.devices.len(),
        sessions: account.sessions.len(),
        rooms: account.rooms.len(),
        is_owner: account.is_owner,
        has_password: account.phc.is_some(),
        is_vouched: account.vouched.is_some(),
        used_bytes: account.used,
    };
    tables.accounts.iter().filter(|(_, account)| !account.is_gone).map(report).collect()
}

pub(super) fn report_rooms(tables: &Tables) -> Vec<RoomReport> {
    let report = |(_, room): (RoomId, &super::rooms::Room)| {
        let Kind::Named(name) = &room.state.kind else { return None };
        Some(RoomReport {
            name: name.clone(),
            access: room.state.access,
            topic: room.state.topic.clone(),
            head: room.state.head,
            members: room.state.members.len(),
            followers: room.audience_len(),
            retention: room.state.retention,
            used_bytes: room.state.used,
        })
    };
    tables.rooms.iter().filter_map(report).collect()
}

pub(super) fn report_tokens(accounts: &Accounts) -> Vec<TokenReport> {
    let report = |token: &Token| TokenReport {
        account: accounts.name(token.account).to_owned(),
        label: token.label.clone(),
        scopes: token.scopes.clone(),
        until: token.until,
    };
    accounts.tokens().map(report).collect()
}

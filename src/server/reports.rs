//! What an operator who watches is told of the endpoint and the hall together: counters, and the peer table.

use std::time::Duration;

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::link::Liveness;
use chinwag_proto::time::Now;
use chinwag_proto::wire::message::Measured;

use super::Server;
use super::notice::{PeerReport, SessionReport, Status};

impl Server {
    pub(super) fn status(&self, now: Now) -> Status {
        let links = self.endpoint.totals();
        let in_rooms =
            |count: fn(&super::rooms::Room) -> usize| self.hall.rooms.iter().map(|(_, room)| count(room)).sum();
        Status {
            sessions: self.hall.sessions.len(),
            peers: self.hall.peers.len(),
            rooms: self.hall.rooms.len(),
            accounts: self.hall.accounts.iter().filter(|(_, account)| !account.is_gone).count(),
            members: in_rooms(|room| room.members.len()),
            followers: in_rooms(|room| room.followers().len()),
            is_full: self.hall.refused_full_at.is_some(),
            used_bytes: self.hall.used,
            quotas: self.hall.quotas,
            damaged: self.hall.damages.len(),
            clock: self.hall.time.report(now),
            entries: self.hall.entries,
            datagrams_sent: self.traffic.datagrams_sent,
            bytes_sent: self.traffic.bytes_sent,
            datagrams_received: self.traffic.datagrams_received,
            bytes_received: self.traffic.bytes_received,
            messages_received: links.messages_received,
            acked: links.acked,
            lost: links.lost,
            retransmitted: links.retransmitted,
            drops: self.endpoint.drops().iter().map(|(reason, &count)| (reason.to_string(), count)).collect(),
            verdicts: self.hall.auth.verdicts(),
            waiting: self.hall.waiting(),
            rtt: links.rtt,
            commits: self.commits.took,
        }
    }

    /// How a session's link looks from here.
    pub(super) fn measured(&self, id: SessionId, now: Now) -> Measured {
        let link = self.endpoint.session(id).map(|info| info.link).unwrap_or_default();
        let (srtt_us, rttvar_us, loss_ppht) = (link.srtt_us, link.rttvar_us, link.loss_ppht);
        let (sent, received) = (link.datagrams_sent, link.datagrams_received);
        Measured { at: now.wall, srtt_us, rttvar_us, loss_ppht, sent, received }
    }

    /// The peer table, in the order of the addresses.
    pub(super) fn report_peers(&self, now: Now) -> Vec<PeerReport> {
        let report = |(addr, ids): (_, &[SessionId])| PeerReport {
            addr,
            sessions: ids.iter().filter_map(|&id| self.report_session(id, now)).collect(),
        };
        self.hall.peers.iter().map(report).collect()
    }

    fn report_session(&self, id: SessionId, now: Now) -> Option<SessionReport> {
        let session = self.hall.sessions.get(id)?;
        let link = self.endpoint.session(id)?.link;
        Some(SessionReport {
            account: session.account.map(|account| self.hall.accounts.name(account).to_owned()),
            device: session.device,
            came_by_token: session.token.is_some(),
            is_heard: session.liveness == Liveness::Alive,
            rooms: session.rooms.len(),
            stands_for: Duration::from_micros(now.mono.micros_since(session.since)),
            srtt: Duration::from_micros(link.srtt_us),
            loss_ppht: link.loss_ppht,
            datagrams_sent: link.datagrams_sent,
            datagrams_received: link.datagrams_received,
            retransmitted: link.retransmitted,
        })
    }
}

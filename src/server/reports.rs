//! What an operator who watches is told of the endpoint and the hall together: counters, and the peer table.

use std::time::Duration;

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::link::Liveness;
use chinwag_proto::time::Now;

use super::Server;
use super::notice::{PeerReport, SessionReport, Status};

impl Server {
    pub(super) fn status(&self) -> Status {
        let retransmitted = |id| self.endpoint.session(id).map_or(0, |info| info.link.retransmitted);
        Status {
            sessions: self.hall.sessions.len(),
            peers: self.hall.peers.len(),
            rooms: self.hall.rooms.len(),
            entries: self.hall.entries,
            datagrams_sent: self.traffic.datagrams_sent,
            bytes_sent: self.traffic.bytes_sent,
            datagrams_received: self.traffic.datagrams_received,
            retransmitted: self.hall.sessions.iter().map(|session| retransmitted(session.id)).sum(),
            drops: self.endpoint.drops().iter().map(|(reason, &count)| (reason.to_string(), count)).collect(),
        }
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

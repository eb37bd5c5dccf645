//! The peer table: who is at which socket address. Several sessions may share one (NAT, several programs of a host).

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use chinwag_proto::endpoint::SessionId;

/// Sessions by socket address. Holds exactly the sessions that stand.
#[derive(Debug, Default)]
pub(super) struct Peers {
    table: BTreeMap<SocketAddr, Vec<SessionId>>,
}

impl Peers {
    pub(super) fn insert(&mut self, addr: SocketAddr, session: SessionId) {
        let sessions = self.table.entry(unmapped(addr)).or_default();
        if !sessions.contains(&session) {
            sessions.push(session);
        }
    }

    pub(super) fn remove(&mut self, addr: SocketAddr, session: SessionId) {
        let addr = unmapped(addr);
        if let Some(sessions) = self.table.get_mut(&addr) {
            sessions.retain(|&s| s != session);
            if sessions.is_empty() {
                self.table.remove(&addr);
            }
        }
    }

    /// A session's address changed.
    pub(super) fn shift(&mut self, from: SocketAddr, to: SocketAddr, session: SessionId) {
        self.remove(from, session);
        self.insert(to, session);
    }

    /// Every address with its sessions, in the order of the addresses.
    pub(super) fn iter(&self) -> impl Iterator<Item = (SocketAddr, &[SessionId])> {
        self.table.iter().map(|(&addr, sessions)| (addr, sessions.as_slice()))
    }

    /// The sessions at addresses that this does not let in.
    pub(super) fn outside<'a>(&'a self, is_in: impl Fn(IpAddr) -> bool + 'a) -> impl Iterator<Item = SessionId> + 'a {
        let outside = self.table.iter().filter(move |(addr, _)| !is_in(addr.ip()));
        outside.flat_map(|(_, sessions)| sessions.iter().copied())
    }

    /// Addresses that have a session.
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }
}

/// `::ffff:a.b.c.d` is a.b.c.d: a client is at one address, whatever kind of socket heard it.
pub(super) fn unmapped(addr: SocketAddr) -> SocketAddr {
    match addr.ip() {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => SocketAddr::new(IpAddr::V4(v4), addr.port()),
            None => addr,
        },
        IpAddr::V4(_) => addr,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_mapped_address_is_the_same_peer() {
        let mut peers = Peers::default();
        let (one, two) = (SessionId::from_parts(0, 0), SessionId::from_parts(1, 0));
        peers.insert(addr("[::ffff:10.0.0.7]:5000"), one);
        peers.insert(addr("10.0.0.7:5000"), two);
        assert_eq!(peers.len(), 1, "two sessions behind one address");
        assert!(peers.iter().eq([(addr("10.0.0.7:5000"), &[one, two][..])]));
        assert!(peers.outside(|ip| ip != addr("10.0.0.7:0").ip()).eq([one, two]));
        assert_eq!(peers.outside(|_| true).next(), None);
        peers.remove(addr("10.0.0.7:5000"), one);
        peers.shift(addr("10.0.0.7:5000"), addr("10.0.0.8:5000"), two);
        assert_eq!(peers.len(), 1);
        peers.remove(addr("[::ffff:10.0.0.8]:5000"), two);
        assert_eq!(peers.len(), 0, "nothing is left of a peer without sessions");
    }
}

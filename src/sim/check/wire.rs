//! No amplification: what an address gets from the server before it has proved anything.
//!
//! An address is proved when the server was reached from there by an `Init` whose cookie it had sent to that very address,
//! or by an intact sealed datagram that left after something from the server had arrived there: its owner was heard. Before,
//! - every datagram to it answers one from it, at once, and is no larger;
//! - once an intact sealed datagram came from it (a session that moves), at most three times the octets received go there.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use chinwag_proto::limits::AMPLIFICATION_FACTOR;
use chinwag_proto::wire::datagram::{Cookie, Init, Kind};

use super::{Findings, Promise};

/// Watches the server's socket from outside.
#[derive(Debug, Default)]
pub struct Wire {
    addresses: BTreeMap<SocketAddr, Account>,
}

#[derive(Debug, Default)]
struct Account {
    proved: bool,
    /// Something from the server arrived there.
    heard: bool,
    /// An intact sealed datagram came from there.
    moved: bool,
    received: usize,
    sent: usize,
    /// Lengths of what came and has no answer yet.
    open: Vec<usize>,
    cookies: BTreeSet<[u8; 24]>,
}

/// A datagram as it reaches the server.
#[derive(Clone, Copy, Debug)]
pub struct Inbound<'a> {
    /// The datagram's source address.
    pub from: SocketAddr,
    /// As it arrived.
    pub bytes: &'a [u8],
    /// The datagram was made by a client's machine, and came through unspoiled.
    pub genuine: bool,
    /// The sender had heard from the server at that address when it sent this.
    pub heard: bool,
}

impl Wire {
    /// Whether something from the server has arrived at an address.
    #[must_use]
    pub fn heard_at(&self, addr: SocketAddr) -> bool {
        self.addresses.get(&addr).is_some_and(|account| account.heard)
    }

    /// Something from the server arrives at an address.
    pub fn reaches(&mut self, addr: SocketAddr) {
        self.addresses.entry(addr).or_default().heard = true;
    }

    /// Another process answers from now on, to which nobody has proved anything.
    pub fn server_restarted(&mut self) {
        self.addresses.clear();
    }

    /// The server takes a datagram.
    pub fn received(&mut self, datagram: Inbound<'_>) {
        let account = self.addresses.entry(datagram.from).or_default();
        account.received += datagram.bytes.len();
        account.open.push(datagram.bytes.len());
        match Kind::of(datagram.bytes) {
            Ok(Kind::Init) => {
                let cookie = Init::decode(datagram.bytes).map(|(init, _, _)| init.cookie);
                account.proved |= cookie.is_ok_and(|cookie| account.cookies.contains(&cookie));
            }
            Ok(Kind::Sealed) if datagram.genuine => {
                account.moved = true;
                account.proved |= datagram.heard;
            }
            _ => {}
        }
    }

    /// The server sends a datagram.
    pub fn sent(&mut self, to: SocketAddr, bytes: &[u8], findings: &mut Findings) {
        let account = self.addresses.entry(to).or_default();
        account.sent += bytes.len();
        if let Ok(cookie) = Cookie::decode(bytes) {
            account.cookies.insert(cookie.cookie);
        }
        let answers = account.open.iter().position(|&len| len >= bytes.len());
        let largest = account.open.iter().max().copied().unwrap_or(0);
        match answers {
            Some(index) => {
                account.open.swap_remove(index);
            }
            None if account.proved => {}
            None if account.moved && account.sent <= AMPLIFICATION_FACTOR * account.received => {}
            None => {
                let what = format!(
                    "{} octets to {to}, which has proved nothing; {} came from there, {} went back, the largest \
                     unanswered one has {largest}",
                    bytes.len(),
                    account.received,
                    account.sent,
                );
                findings.add(Promise::NoAmplification, what);
            }
        }
    }

    /// The server has come to rest: what it has not answered by now it may not answer later.
    pub fn rested(&mut self) {
        for account in self.addresses.values_mut().filter(|account| !account.open.is_empty()) {
            account.open.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use chinwag_proto::limits::INIT_LEN;
    use chinwag_proto::wire::datagram::{InitFlags, SealedHeader, VersionRange};
    use chinwag_proto::wire::id::{ConnectionId, PublicKey};

    use super::*;

    const COOKIE: [u8; 24] = [5; 24];

    fn a() -> SocketAddr {
        "10.0.1.1:4000".parse().expect("an address")
    }

    fn b() -> SocketAddr {
        "10.0.1.2:4000".parse().expect("an address")
    }

    fn inbound(from: SocketAddr, bytes: &[u8], heard: bool) -> Inbound<'_> {
        Inbound { from, bytes, genuine: true, heard }
    }

    fn hello() -> Vec<u8> {
        vec![Kind::Hello.first_octet(); 256]
    }

    fn cookie() -> Vec<u8> {
        let versions = VersionRange { min: 1, max: 1 };
        let mut out = vec![0; Cookie::LEN];
        Cookie {
            versions,
            nonce: [1; 16],
            server: PublicKey([2; 32]),
            join_key_needed: false,
            capabilities: 0,
            cookie: COOKIE,
        }
        .encode(&mut out);
        out
    }

    fn init() -> Vec<u8> {
        let mut out = vec![0; INIT_LEN];
        let init = Init { flags: InitFlags(0), client_id: ConnectionId([3; 8]), nonce: [1; 16], cookie: COOKIE };
        init.encode(&[], |_| [0; 16], &mut out);
        out
    }

    fn sealed(len: usize) -> Vec<u8> {
        let mut out = vec![0; len];
        SealedHeader { flags: 0, destination: ConnectionId([4; 8]), number_low: 9 }.encode(&mut out);
        out
    }

    /// `true`: in. `false`: out. Gives the number of breaches.
    fn breaches(transcript: &[(bool, SocketAddr, Vec<u8>)]) -> usize {
        let (mut wire, mut findings) = (Wire::default(), Findings::default());
        for (is_in, addr, bytes) in transcript {
            if *is_in {
                wire.received(inbound(*addr, bytes, false));
            } else {
                wire.sent(*addr, bytes, &mut findings);
            }
        }
        findings.into_list().len()
    }

    #[test]
    fn a_handshake_is_no_amplification() {
        let talk = [
            (true, a(), hello()),
            (false, a(), cookie()),
            (true, a(), init()),
            (false, a(), vec![0; 200]),
            (false, a(), vec![0; 1_200]),
        ];
        assert_eq!(breaches(&talk), 0, "after a cookie came back the address is proved");
    }

    #[test]
    fn more_than_was_asked_is_a_breach() {
        assert_eq!(breaches(&[(true, a(), hello()), (false, a(), vec![0; 257])]), 1, "larger");
        assert_eq!(breaches(&[(true, a(), hello()), (false, a(), cookie()), (false, a(), cookie())]), 1, "twice");
        assert_eq!(breaches(&[(false, a(), cookie())]), 1, "unasked");
        assert_eq!(breaches(&[(true, a(), hello()), (false, b(), cookie())]), 1, "to another");
        let foreign = [(true, a(), hello()), (false, a(), cookie()), (true, b(), init()), (false, b(), vec![0; 400])];
        assert_eq!(breaches(&foreign), 1, "a cookie proves only the address that it was sent to");
    }

    #[test]
    fn a_session_that_moves_gets_three_times_until_it_answers() {
        let mut talk = vec![(true, a(), sealed(100)), (false, a(), sealed(100)), (false, a(), sealed(200))];
        assert_eq!(breaches(&talk), 0);
        talk.push((false, a(), sealed(40)));
        assert_eq!(breaches(&talk), 1);

        let (mut wire, mut findings) = (Wire::default(), Findings::default());
        wire.received(inbound(a(), &sealed(40), true));
        wire.sent(a(), &sealed(1_200), &mut findings);
        assert!(findings.is_empty(), "its owner was heard, and answered from there");
    }

    #[test]
    fn an_answer_may_not_wait_for_later() {
        let (mut wire, mut findings) = (Wire::default(), Findings::default());
        wire.received(inbound(a(), &hello(), false));
        wire.rested();
        wire.sent(a(), &cookie(), &mut findings);
        assert!(!findings.is_empty());
    }
}

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
    /// Its source address.
    pub from: SocketAddr,
    /// As it arrived.
    pub bytes: &'a [u8],
    /// It was made by a client's machine, and came through unspoiled.
    pub genuine: bool,
    /// Its sender had heard from the server at that address when it sent this.
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

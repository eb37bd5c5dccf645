//! What the system refuses, told apart by its error: each has a cause of its own, and a command that shows or mends it.

use std::io;
use std::net::IpAddr;

use rustix::io::Errno;

use super::firewall::{Firewall, Need};

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// To hear a group on an interface.
    Join,
    /// To send a datagram.
    Send,
}

/// A refusal, as the doctor says it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Why the system did not do it.
    pub(super) cause: String,
    /// What shows more of it, or mends it.
    pub(super) fix: String,
}

impl Refusal {
    /// What an error of the system says about sending to, or joining, `addr`. `need`: what a firewall would have to let out.
    pub(super) fn of(what: What, error: &io::Error, addr: IpAddr, firewall: &Firewall, need: Need) -> Self {
        let family = if addr.is_ipv4() { "-4" } else { "-6" };
        let route = || format!("ip {family} route get {addr}");
        let link = || "ip link    # is the interface there, and up?".to_owned();
        let errno = Errno::from_io_error(error);
        let (cause, fix) = match (errno, what) {
            // Linux says so of what a firewall drops on its way out.
            (Some(Errno::PERM), What::Send) => ("a firewall on this machine drops what leaves", firewall.opens(need)),
            (Some(Errno::ACCESS), What::Send) => {
                ("a route of this machine prohibits it, or it is a broadcast address", route())
            }
            (Some(Errno::PERM | Errno::ACCESS), What::Join) => {
                ("this program may not: a sandbox, or a security module", "journalctl -k | grep -i denied".to_owned())
            }
            (Some(Errno::INVAL), What::Send) => ("a route of this machine drops it", route()),
            (Some(Errno::NETUNREACH), _) => ("this machine has no route there", route()),
            (Some(Errno::HOSTUNREACH), _) => {
                ("this machine's route there leads nowhere, or nobody has that address", route())
            }
            (Some(Errno::ADDRNOTAVAIL), _) => {
                ("the address that it would leave from is gone, or not ready yet", format!("ip {family} address"))
            }
            (Some(Errno::NODEV | Errno::NXIO), _) => ("the interface is gone, or has no multicast", link()),
            (Some(Errno::NETDOWN), _) => ("the interface is down", link()),
            (Some(Errno::NOBUFS | Errno::NOMEM), What::Join) => (
                "a socket may hear a group on no more interfaces than it does; the others are asked, and not heard",
                "sysctl net.ipv4.igmp_max_memberships=64".to_owned(),
            ),
            (Some(Errno::NOBUFS | Errno::NOMEM), What::Send) => {
                ("the system has no room for it: the interface's queue is full", "tc -s qdisc".to_owned())
            }
            (Some(Errno::MSGSIZE), What::Send) => (
                "the interface carries no datagram of that length",
                format!("{}    # its interface: ip link set dev IFACE mtu 1280, at least", route()),
            ),
            (Some(Errno::AFNOSUPPORT), _) => {
                ("this family of addresses is off on this machine", "sysctl -a | grep disable_ipv6".to_owned())
            }
            _ => ("this machine refuses it", route()),
        };
        Self { cause: format!("{cause} ({error})"), fix }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_firewall_does_is_blamed_on_one() {
        let firewall = Firewall::Nftables(Vec::new());
        let addr = IpAddr::from([239, 255, 24, 69]);
        let all = [
            Errno::PERM,
            Errno::ACCESS,
            Errno::INVAL,
            Errno::NETUNREACH,
            Errno::HOSTUNREACH,
            Errno::ADDRNOTAVAIL,
            Errno::NODEV,
            Errno::NETDOWN,
            Errno::NOBUFS,
            Errno::MSGSIZE,
            Errno::AFNOSUPPORT,
            Errno::IO,
        ];
        let mut causes = Vec::new();
        for errno in all {
            for what in [What::Send, What::Join] {
                let refusal = Refusal::of(what, &errno.into(), addr, &firewall, Need::Questions);
                let is_blamed = refusal.cause.contains("firewall") || refusal.fix.contains("nft");
                assert_eq!(is_blamed, (errno, what) == (Errno::PERM, What::Send), "{refusal:?}");
                if what == What::Send {
                    causes.push(refusal.cause);
                }
            }
        }
        let told = causes.len();
        causes.sort();
        causes.dedup();
        assert_eq!(causes.len(), told, "each has words of its own");
        let join = Refusal::of(What::Join, &Errno::NOBUFS.into(), addr, &firewall, Need::Questions);
        assert!(join.fix.contains("igmp_max_memberships"), "{join:?}");
    }
}

//! An interface of this machine, as plain data: what the system tells of it, and what follows for datagrams that stay on
//! the link.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// One address of an interface; an interface that has several is there several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interface {
    /// The system's number of the interface, the scope of link-local addresses.
    pub index: u32,
    /// The interface's address.
    pub addr: IpAddr,
    /// Length of the subnet's prefix, in bits.
    pub prefix_len: u8,
    /// The directed broadcast address of the subnet, where there is one.
    pub broadcast: Option<Ipv4Addr>,
}

impl Interface {
    /// Whether an address lies in its subnet.
    #[must_use]
    pub fn reaches(&self, other: IpAddr) -> bool {
        match (self.addr, other) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                same_prefix(u32::from(ours).into(), u32::from(theirs).into(), 32, self.prefix_len)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => same_prefix(ours.into(), theirs.into(), 128, self.prefix_len),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    /// Whether multicast of its family goes out through it: any IPv4 address will do, of IPv6 only a link-local one (and on
    /// the loopback interface there is no IPv6 multicast).
    #[must_use]
    pub fn can_multicast(&self) -> bool {
        match self.addr {
            IpAddr::V4(_) => true,
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        }
    }

    /// A group as it is addressed on this interface: the IPv6 one has its scope.
    #[must_use]
    pub fn group(&self, v4: Ipv4Addr, v6: Ipv6Addr, port: u16) -> SocketAddr {
        match self.addr {
            IpAddr::V4(_) => SocketAddr::new(v4.into(), port),
            IpAddr::V6(_) => SocketAddr::V6(SocketAddrV6::new(v6, port, 0, self.index)),
        }
    }
}

/// The directed broadcast address of a subnet. One of two addresses, or of one, has none.
#[must_use]
pub fn directed_broadcast(addr: Ipv4Addr, prefix_len: u8) -> Option<Ipv4Addr> {
    let hosts = u32::MAX.checked_shr(prefix_len.into()).unwrap_or(0);
    (hosts > 1 && !addr.is_loopback()).then(|| Ipv4Addr::from(u32::from(addr) | hosts))
}

/// The addresses of this machine by which others on its networks reach it, the likeliest first: private IPv4 addresses, other IPv4
/// addresses, IPv6 addresses. None that hold for this machine or one link only.
#[must_use]
pub fn for_others(interfaces: &[Interface], only_v4: bool) -> Vec<IpAddr> {
    let rank = |addr: &IpAddr| match addr {
        IpAddr::V4(v4) if v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() => None,
        IpAddr::V4(v4) => Some(if v4.is_private() { 0 } else { 1 }),
        IpAddr::V6(v6) if only_v4 || v6.is_loopback() || v6.is_unicast_link_local() || v6.is_unspecified() => None,
        IpAddr::V6(_) => Some(2),
    };
    let mut ranked: Vec<_> = interfaces.iter().filter_map(|ours| Some((rank(&ours.addr)?, ours.addr))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, addr)| addr).collect()
}

/// Whether an address is on one of the links of this machine: its own, in a subnet of it, or a link-local one.
#[must_use]
pub fn is_on_link(interfaces: &[Interface], addr: IpAddr) -> bool {
    match addr {
        IpAddr::V6(v6) if v6.is_unicast_link_local() => true,
        IpAddr::V4(_) | IpAddr::V6(_) => addr.is_loopback() || interfaces.iter().any(|ours| ours.reaches(addr)),
    }
}

fn same_prefix(a: u128, b: u128, width: u8, len: u8) -> bool {
    let host_bits = u32::from(width.saturating_sub(len));
    a.checked_shr(host_bits).unwrap_or(0) == b.checked_shr(host_bits).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(addr: &str, prefix_len: u8) -> Interface {
        Interface { index: 3, addr: addr.parse().unwrap(), prefix_len, broadcast: None }
    }

    #[test]
    fn others_are_told_an_address_that_leads_here() {
        let ours = ["127.0.0.1", "::1", "fe80::1", "fd00::7", "169.254.1.1", "203.0.113.9", "192.168.1.7", "10.8.0.2"];
        let ours = ours.map(|addr| interface(addr, 24));
        let said = |only_v4| for_others(&ours, only_v4).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(said(false), ["192.168.1.7", "10.8.0.2", "203.0.113.9", "fd00::7"]);
        assert_eq!(said(true), ["192.168.1.7", "10.8.0.2", "203.0.113.9"]);
        assert!(for_others(&ours[..3], false).is_empty());
    }

    #[test]
    fn what_is_in_a_subnet_is_on_link_and_nothing_else() {
        let ours = [interface("192.168.1.7", 24), interface("fd00:1::7", 64), interface("10.9.8.7", 32)];
        for (addr, right) in [
            ("192.168.1.200", true),
            ("192.168.2.1", false),
            ("10.9.8.7", true),
            ("10.9.8.6", false),
            ("127.0.0.2", true),
            ("::1", true),
            ("fe80::9", true),
            ("fd00:1::ffff", true),
            ("fd00:2::1", false),
            ("8.8.8.8", false),
        ] {
            assert_eq!(is_on_link(&ours, addr.parse().unwrap()), right, "{addr}");
        }
    }

    #[test]
    fn a_prefix_of_no_bits_is_everything_of_its_family() {
        assert!(interface("0.0.0.0", 0).reaches("8.8.8.8".parse().unwrap()));
        assert!(!interface("::", 0).reaches("8.8.8.8".parse().unwrap()));
        assert!(interface("::", 0).reaches("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn the_broadcast_address_of_a_subnet_is_its_last_one() {
        let of = |addr: &str, prefix_len| directed_broadcast(addr.parse().unwrap(), prefix_len).map(|a| a.to_string());
        assert_eq!(of("10.70.0.1", 24).as_deref(), Some("10.70.0.255"));
        assert_eq!(of("10.70.1.1", 22).as_deref(), Some("10.70.3.255"));
        assert_eq!(of("10.70.0.1", 30).as_deref(), Some("10.70.0.3"));
        assert_eq!(of("10.70.0.1", 31), None);
        assert_eq!(of("10.70.0.1", 32), None);
        assert_eq!(of("127.0.0.1", 8), None);
    }

    #[test]
    fn the_ipv6_group_has_the_scope_of_its_interface() {
        let (v4, v6) = (Ipv4Addr::new(239, 1, 2, 3), "ff12::1".parse().unwrap());
        assert_eq!(interface("192.168.1.7", 24).group(v4, v6, 5).to_string(), "239.1.2.3:5");
        assert_eq!(interface("fe80::7", 64).group(v4, v6, 5).to_string(), "[ff12::1%3]:5");
    }
}

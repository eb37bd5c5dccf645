//! How a server is set up.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use chinwag_proto::limits::{MESSAGES_PER_S, PING_INTERVAL_MS};
use ipnet::IpNet;

use super::limits::{CATCH_UP_OCTETS_SAVED_UP, OCTETS_PER_S};
use super::quota::Quotas;

/// How a server is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The server's name, for people.
    pub name: String,
    /// The join key asked of new devices, if any.
    pub join_key: Option<[u8; 32]>,
    /// Most sessions at a time.
    pub sessions_max: usize,
    /// The ping interval that is advertised to clients.
    pub ping_interval: Duration,
    /// How long this server may keep its acknowledgements back.
    pub ack_delay: Duration,
    /// Who may register.
    pub registration: Registration,
    /// How long accounts that an outside program vouches for stay while it can't be asked; `None`: there is none.
    pub auth_grace: Option<Duration>,
    /// From where sessions are taken.
    pub admission: Admission,
    /// Names, folded, of accounts that are let in no more.
    pub banned: BTreeSet<String>,
    /// Make speculative copies where a path deserves them.
    pub speculative: bool,
    /// Posts a second, and requests a second, taken from a session beyond what it may send at once; `None`: all that come.
    pub messages_per_s: Option<u32>,
    /// Octets a second taken from an account beyond what it may send at once, and in proportion to these what is read for it;
    /// `None`: all that come.
    pub octets_per_s: Option<u32>,
    /// Octets of what was said before its devices came that an account is sent at once, where there is such a rate.
    pub catch_up_at_once: u64,
    /// How much is kept.
    pub quotas: Quotas,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: String::from("chinwag"),
            join_key: None,
            sessions_max: 10_000,
            ping_interval: Duration::from_millis(PING_INTERVAL_MS),
            ack_delay: Duration::ZERO,
            registration: Registration::Open,
            auth_grace: None,
            admission: Admission::default(),
            banned: BTreeSet::new(),
            speculative: true,
            messages_per_s: Some(MESSAGES_PER_S),
            octets_per_s: Some(OCTETS_PER_S),
            catch_up_at_once: CATCH_UP_OCTETS_SAVED_UP,
            quotas: Quotas::default(),
        }
    }
}

/// Who may register. The first account always may, and owns the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registration {
    /// Anyone.
    #[default]
    Open,
    /// Whoever has an invitation.
    Invited,
    /// Nobody.
    Closed,
}

/// From where sessions are taken: networks by CIDR (RFC 4632, RFC 4291). IPv4 addresses that come mapped are IPv4 addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// From these only; none: from everywhere.
    pub allow: Vec<IpNet>,
    /// But not from these.
    pub deny: Vec<IpNet>,
}

impl Admission {
    /// Whether a session is taken from there.
    #[must_use]
    pub fn allows(&self, addr: IpAddr) -> bool {
        let addr = addr.to_canonical();
        let is_in = |nets: &[IpNet]| nets.iter().any(|net| net.contains(&addr));
        (self.allow.is_empty() || is_in(&self.allow)) && !is_in(&self.deny)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_denied_is_denied_and_what_is_allowed_is_all() {
        let nets = |nets: &[&str]| nets.iter().map(|net| net.parse().expect("a network")).collect();
        let allows = |admission: &Admission, addr: &str| admission.allows(addr.parse().expect("an address"));
        let open = Admission::default();
        assert!(allows(&open, "10.0.0.1") && allows(&open, "fe80::1"));
        let lan = Admission { allow: nets(&["10.0.0.0/8", "fd00::/8"]), deny: nets(&["10.6.6.0/24"]) };
        assert!(allows(&lan, "10.1.2.3") && allows(&lan, "fd12::1"));
        assert!(allows(&lan, "::ffff:10.1.2.3"), "a mapped address is what it is mapped from");
        assert!(!allows(&lan, "10.6.6.9") && !allows(&lan, "::ffff:10.6.6.9"));
        assert!(!allows(&lan, "192.168.0.1") && !allows(&lan, "2001:db8::1"));
    }
}

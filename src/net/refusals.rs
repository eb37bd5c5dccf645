//! What the system refuses to send: where to, and why. A datagram that never left is not one that nobody answers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, io};

/// Destinations that are remembered between two looks.
const KEPT_MAX: usize = 32;

/// What a socket's system refused since somebody last looked: the last reason for each destination.
#[derive(Clone, Debug, Default)]
pub struct Refusals(Arc<Mutex<BTreeMap<SocketAddr, io::Error>>>);

impl Refusals {
    /// A datagram was refused.
    pub(super) fn note(&self, to: SocketAddr, error: io::Error) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT_MAX || kept.contains_key(&to) {
            kept.insert(to, error);
        }
    }

    /// What was refused since the last time, by destination.
    #[must_use]
    pub fn take(&self) -> Vec<Refused> {
        let kept = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        kept.into_iter().map(|(to, error)| Refused { to, error }).collect()
    }
}

/// A destination to which this machine sends nothing.
#[derive(Debug)]
pub struct Refused {
    /// Where it was to go.
    pub to: SocketAddr,
    /// What the system said.
    pub error: io::Error,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { to, error } = self;
        write!(f, "this machine does not send to {to}: {error}")?;
        if let Some(advice) = advice(error.kind()) {
            write!(f, "; {advice}")?;
        }
        Ok(())
    }
}

/// What helps.
#[expect(clippy::wildcard_enum_match_arm, reason = "the system's list of errors is open")]
const fn advice(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::NetworkUnreachable => Some("it has no route there: is it connected to that network?"),
        io::ErrorKind::HostUnreachable => Some("its routes call that host unreachable: see `ip route get`"),
        io::ErrorKind::PermissionDenied => {
            Some("a firewall or a route of this machine forbids it, or it is a broadcast address")
        }
        io::ErrorKind::InvalidInput => {
            Some("a route of this machine drops it, or the interface of a link-local address is missing or gone")
        }
        io::ErrorKind::AddrNotAvailable => Some("it does not speak that family of addresses, or has no address for it"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_destination_is_told_once_with_its_last_reason_and_what_helps() {
        let refusals = Refusals::default();
        let at = |port| SocketAddr::from(([10, 0, 0, 1], port));
        refusals.note(at(1), io::ErrorKind::NetworkUnreachable.into());
        refusals.note(at(1), io::ErrorKind::PermissionDenied.into());
        for port in 2..200 {
            refusals.note(at(port), io::ErrorKind::InvalidInput.into());
        }
        let told = refusals.clone().take();
        assert_eq!(told.len(), KEPT_MAX);
        assert_eq!(
            told[0].to_string(),
            "this machine does not send to 10.0.0.1:1: permission denied; a firewall or a route of this machine \
             forbids it, or it is a broadcast address"
        );
        assert!(refusals.take().is_empty());
    }
}

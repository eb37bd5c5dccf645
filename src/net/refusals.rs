//! What the system refuses to send: where to, and why. A datagram that never left is not one that nobody answers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, io};

/// Destinations that are remembered.
const KEPT_MAX: usize = 32;

/// Where a socket's system sends nothing at present: the last reason for each destination, until a datagram leaves for it.
#[derive(Clone, Debug, Default)]
pub struct Refusals(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Whether there are any: whatever leaves has to look no further while there is none.
    any: AtomicBool,
    kept: Mutex<BTreeMap<SocketAddr, Arc<io::Error>>>,
    /// Datagrams that were refused since the start, and the last reason, by destination.
    counted: Mutex<BTreeMap<SocketAddr, (u64, Arc<io::Error>)>>,
}

impl Refusals {
    /// A datagram was refused.
    pub(super) fn note(&self, to: SocketAddr, error: io::Error) {
        let error = Arc::new(error);
        let mut counted = self.0.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() < KEPT_MAX || counted.contains_key(&to) {
            let before = counted.get(&to).map_or(0, |(count, _)| *count);
            counted.insert(to, (before + 1, Arc::clone(&error)));
        }
        drop(counted);
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT_MAX || kept.contains_key(&to) {
            kept.insert(to, error);
            self.0.any.store(true, Ordering::Release);
        }
    }

    /// Whether a datagram that has left may be news: see [`Self::left`].
    pub(super) fn any(&self) -> bool {
        self.0.any.load(Ordering::Acquire)
    }

    /// A datagram has left.
    pub(super) fn left(&self, to: SocketAddr) {
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&to);
        self.0.any.store(!kept.is_empty(), Ordering::Release);
    }

    /// How many datagrams to a destination were refused since the start, whatever has left for it meanwhile, and why the last one was.
    #[must_use]
    pub fn counted(&self, to: SocketAddr) -> Option<(u64, Arc<io::Error>)> {
        let counted = self.0.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.get(&to).cloned()
    }

    /// What is refused at present, by destination.
    #[must_use]
    pub fn all(&self) -> Vec<Refused> {
        let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|(to, error)| Refused { to: *to, error: Arc::clone(error) }).collect()
    }
}

/// A destination to which this machine sends nothing.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Where it was to go.
    pub to: SocketAddr,
    /// What the system said.
    pub error: Arc<io::Error>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { to, error } = self;
        write!(f, "this machine does not send to {to}: {error}")?;
        if let Some(advice) = advice(error) {
            write!(f, "; {advice}")?;
        }
        Ok(())
    }
}

/// The number of `EPERM` on every Unix. The standard library calls it and `EACCES` by one name.
const EPERM: i32 = 1;
/// The number of `ENODEV` on Linux, the BSDs and macOS. The standard library has no name for it.
const ENODEV: i32 = 19;

/// What helps.
fn advice(error: &io::Error) -> Option<&'static str> {
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::PermissionDenied, Some(EPERM)) if cfg!(unix) => {
            Some("a firewall of this machine drops or rejects it on its way out: see `nft list ruleset`")
        }
        (_, Some(ENODEV)) if cfg!(unix) => Some("the interface is gone: see `ip link`"),
        (io::ErrorKind::NetworkUnreachable, _) => Some("it has no route there: is it connected to that network?"),
        (io::ErrorKind::HostUnreachable, _) => Some("its routes call that host unreachable: see `ip route get`"),
        (io::ErrorKind::PermissionDenied, _) => {
            Some("a route of this machine prohibits it (see `ip route get`), or it is a broadcast address")
        }
        (io::ErrorKind::InvalidInput, _) => {
            Some("a route of this machine drops it, or the interface of a link-local address is missing or gone")
        }
        (io::ErrorKind::AddrNotAvailable, _) => {
            Some("it does not speak that family of addresses, or has no address for it that is ready")
        }
        (io::ErrorKind::NetworkDown, _) => Some("the interface is down: see `ip link`"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, 1], port))
    }

    #[test]
    fn each_destination_is_told_with_its_last_reason_and_what_helps_until_something_leaves_for_it() {
        let refusals = Refusals::default();
        assert!(!refusals.any());
        refusals.note(at(1), io::ErrorKind::NetworkUnreachable.into());
        refusals.note(at(1), io::ErrorKind::PermissionDenied.into());
        for port in 2..200 {
            refusals.note(at(port), io::ErrorKind::InvalidInput.into());
        }
        let told = refusals.clone().all();
        assert_eq!(told.len(), KEPT_MAX);
        assert_eq!(
            told[0].to_string(),
            "this machine does not send to 10.0.0.1:1: permission denied; a route of this machine prohibits it (see `ip route \
             get`), or it is a broadcast address"
        );
        assert_eq!(refusals.all().len(), KEPT_MAX, "looking takes nothing away");
        refusals.left(at(1));
        assert!(refusals.any() && refusals.all().iter().all(|refused| refused.to != at(1)));
        let counts = [1, 2, 199].map(|port| refusals.counted(at(port)).map(|(count, _)| count));
        assert_eq!(counts, [Some(2), Some(1), None], "what was refused stays so");
        told.iter().for_each(|refused| refusals.left(refused.to));
        assert!(!refusals.any() && refusals.all().is_empty());
    }

    #[test]
    #[cfg(unix)]
    fn a_firewall_is_told_from_a_route() {
        let said = |errno| Refused { to: at(1), error: Arc::new(io::Error::from_raw_os_error(errno)) }.to_string();
        assert!(said(1).contains("firewall") && !said(1).contains("route"), "{}", said(1));
        assert!(said(13).contains("route") && !said(13).contains("firewall"), "{}", said(13));
        assert!(said(19).contains("interface is gone"), "{}", said(19));
    }
}

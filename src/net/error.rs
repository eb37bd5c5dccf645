//! Why there is no socket, or no address: by what the user can do about it.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;

/// Why a socket could not be had.
#[derive(Debug, Error)]
pub enum BindError {
    /// Another program has the port.
    #[error("port {} is taken on {}: another server may be running; stop it, or choose another port (0 picks a free one)", .0.port(), .0.ip())]
    PortTaken(SocketAddr),
    /// The address is not one of this machine's.
    #[error("{} is not an address of this machine; use one of its own, or [::] for all of them", .0.ip())]
    NotHere(SocketAddr),
    /// The port is reserved.
    #[error("port {} needs privileges that this user lacks; use a port from 1024 on", .0.port())]
    NotAllowed(SocketAddr),
    /// The system has no such address family.
    #[error("this system does not speak the family of {0}; use an address of the other one (0.0.0.0 for all of IPv4)")]
    NoFamily(SocketAddr),
    /// Something else.
    #[error("no socket on {addr}: {source}")]
    Other {
        /// The address that was wanted.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

impl BindError {
    /// Sorts what the system said of `addr`.
    pub(super) fn new(addr: SocketAddr, source: io::Error) -> Self {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the system's list of errors is open")]
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::PortTaken(addr),
            io::ErrorKind::AddrNotAvailable => Self::NotHere(addr),
            io::ErrorKind::PermissionDenied => Self::NotAllowed(addr),
            io::ErrorKind::Unsupported => Self::NoFamily(addr),
            _ if lacks_family(&source) => Self::NoFamily(addr),
            _ => Self::Other { addr, source },
        }
    }
}

/// Why `HOST[:PORT]` names no address.
#[derive(Debug, Error)]
pub enum ResolveError {
    /// Nothing was given.
    #[error("no host given; type HOST or HOST:PORT")]
    Empty,
    /// The port is no number, or one above 65535.
    #[error("{port:?} is not a port: a number up to 65535 is meant in {given:?}")]
    Port {
        /// All of what was given.
        given: String,
        /// What stands where the port should.
        port: String,
    },
    /// Port 0, where a port of somebody else is meant.
    #[error("nobody is reached at port 0: a number from 1 to 65535 is meant in {0:?}")]
    NoPort(String),
    /// The address of a page, or of another kind of server.
    #[error("{given:?} begins with {scheme}://, and a host alone is meant here: type {host}")]
    Scheme {
        /// All of what was given.
        given: String,
        /// What stands before `://`.
        scheme: String,
        /// The host in it, and its port.
        host: String,
    },
    /// An IPv6 address with its brackets wrong.
    #[error("{0:?} is not an address: an IPv6 address with a port is written [2001:db8::1]:24469")]
    Brackets(String),
    /// No name and no address.
    #[error(
        "{0:?} is no host for others to type: a name or an address is meant, as 192.168.1.7, chat.example.org:24470 or [fd00::7]:24470"
    )]
    Host(String),
    /// A link-local address without its interface.
    #[error(
        "{host} is an address on each link of this machine: say on which interface, as [{host}%NAME]:24469 (here are: {here})"
    )]
    NoInterface {
        /// The address.
        host: String,
        /// The names of the interfaces that there are.
        here: String,
    },
    /// An interface that is not there, or not now.
    #[error("this machine has no interface {name:?} (here are: {here})")]
    WrongInterface {
        /// The name that was given.
        name: String,
        /// The names of those that there are.
        here: String,
    },
    /// The name is not known.
    #[error("unknown host {host:?} ({source}); check the spelling, or give its address")]
    Unknown {
        /// The name.
        host: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Whether the system said that it lacks the address family: there is no `ErrorKind` for it.
#[cfg(unix)]
fn lacks_family(error: &io::Error) -> bool {
    const EAFNOSUPPORT: i32 = if cfg!(target_os = "linux") { 97 } else { 47 };
    error.raw_os_error() == Some(EAFNOSUPPORT)
}

/// Whether the system said that it lacks the address family: there is no `ErrorKind` for it.
#[cfg(not(unix))]
fn lacks_family(error: &io::Error) -> bool {
    const WSAEAFNOSUPPORT: i32 = 10_047;
    error.raw_os_error() == Some(WSAEAFNOSUPPORT)
}

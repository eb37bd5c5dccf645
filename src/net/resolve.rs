//! From what a person types to addresses.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs as _};

use super::{ResolveError, interfaces};

/// The addresses of `HOST[:PORT]`: a name, an IPv4 address, or an IPv6 address, in brackets if a port follows; a link-local one
/// with its interface after `%`. Blocks while the system looks a name up. There is at least one address in the answer, and none
/// twice. What a name or an interface means may change: whoever gets no answer resolves again.
///
/// # Errors
/// [`ResolveError`], which says what to type instead.
pub fn resolve(given: &str, default_port: u16) -> Result<Vec<SocketAddr>, ResolveError> {
    let (host, port) = split(given.trim(), default_port)?;
    one_link(host)?;
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![super::unmapped(SocketAddr::new(ip, port))]);
    }
    if let Some((ip, interface)) = scoped(host) {
        let gone = || ResolveError::WrongInterface { name: interface.to_owned(), here: links() };
        let index = interface.parse().ok().or_else(|| index_of(interface)).filter(|index| *index != 0);
        return Ok(vec![SocketAddr::V6(SocketAddrV6::new(ip, port, 0, index.ok_or_else(gone)?))]);
    }
    look_up(host, (host, port).to_socket_addrs())
}

/// The address that `HOST[:PORT]` is, where it is one that means the same at any time, and nothing has to be looked up.
#[must_use]
pub fn literal(given: &str, default_port: u16) -> Option<SocketAddr> {
    let (host, port) = split(given.trim(), default_port).ok()?;
    let ip = host.parse::<IpAddr>().ok()?;
    Some(super::unmapped(SocketAddr::new(ip, port)))
}

/// What the system found of a name.
fn look_up(
    host: &str,
    found: std::io::Result<impl Iterator<Item = SocketAddr>>,
) -> Result<Vec<SocketAddr>, ResolveError> {
    let mut addrs = Vec::new();
    let found = found.map_err(|source| ResolveError::Unknown { host: host.to_owned(), source })?;
    for addr in found.map(super::unmapped) {
        if !addrs.contains(&addr) {
            addrs.push(addr);
        }
    }
    if addrs.is_empty() {
        let source = std::io::Error::new(std::io::ErrorKind::NotFound, "no address");
        return Err(ResolveError::Unknown { host: host.to_owned(), source });
    }
    Ok(addrs)
}

/// Whether that is a `HOST[:PORT]` at all where somebody may be reached; nothing is looked up.
///
/// # Errors
/// [`ResolveError`], which says what to type instead.
pub fn check(given: &str) -> Result<(), ResolveError> {
    match split(given.trim(), 1)? {
        (_, 0) => Err(ResolveError::NoPort(given.to_owned())),
        (host, _) => one_link(host),
    }
}

/// Whether that is a `HOST[:PORT]` at all where a socket may listen; port 0 picks a free one. Nothing is looked up.
///
/// # Errors
/// [`ResolveError`], which says what to type instead.
pub fn check_own(given: &str) -> Result<(), ResolveError> {
    one_link(split(given.trim(), 1)?.0)
}

/// Whether an address needs no interface, or has one.
fn one_link(host: &str) -> Result<(), ResolveError> {
    match host.parse::<Ipv6Addr>() {
        Ok(ip) if ip.is_unicast_link_local() => Err(ResolveError::NoInterface { host: host.to_owned(), here: links() }),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// `HOST[:PORT]` as others are to type it: with its port, or this one, unless that is the usual one. Nothing is looked up.
///
/// # Errors
/// [`ResolveError`], which says what to type instead.
pub fn spell(given: &str, port: u16, usual_port: u16) -> Result<String, ResolveError> {
    let wrong = || ResolveError::Host(given.to_owned());
    let (host, port) = split(given.trim(), port)?;
    let ip = host.parse::<IpAddr>().ok();
    let is_name = !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if port == 0 || ip.is_none() && !is_name || ip.is_some_and(|ip| ip.is_unspecified()) {
        return Err(wrong());
    }
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    Ok(if port == usual_port { host } else { format!("{host}:{port}") })
}

/// Host and port of `HOST`, `HOST:PORT`, `V6`, `[V6]` or `[V6]:PORT`.
fn split(given: &str, default_port: u16) -> Result<(&str, u16), ResolveError> {
    if given.is_empty() || given.starts_with(':') && !given.starts_with("::") {
        return Err(ResolveError::Empty);
    }
    if let Some((scheme, rest)) = given.split_once("://") {
        let host = rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty()).unwrap_or("HOST[:PORT]");
        let (given, scheme, host) = (given.to_owned(), scheme.to_owned(), host.to_owned());
        return Err(ResolveError::Scheme { given, scheme, host });
    }
    if let Some(rest) = given.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or_else(|| ResolveError::Brackets(given.to_owned()))?;
        let is_address = host.parse::<Ipv6Addr>().is_ok() || scoped(host).is_some();
        is_address.then_some(()).ok_or_else(|| ResolveError::Brackets(given.to_owned()))?;
        return match after.strip_prefix(':') {
            Some(text) => Ok((host, port(given, text)?)),
            None if after.is_empty() => Ok((host, default_port)),
            None => Err(ResolveError::Brackets(given.to_owned())),
        };
    }
    match given.split_once(':') {
        None => Ok((given, default_port)),
        Some((_, text)) if text.contains(':') => {
            let is_address = given.parse::<Ipv6Addr>().is_ok() || scoped(given).is_some();
            is_address.then_some((given, default_port)).ok_or_else(|| ResolveError::Brackets(given.to_owned()))
        }
        Some((host, text)) => Ok((host, port(given, text)?)),
    }
}

/// An IPv6 address and its interface, `fe80::1%eth0`.
fn scoped(host: &str) -> Option<(Ipv6Addr, &str)> {
    let (ip, interface) = host.split_once('%')?;
    Some((ip.parse().ok()?, interface)).filter(|_| !interface.is_empty())
}

/// The number of an interface at this moment.
fn index_of(interface: &str) -> Option<u32> {
    interfaces::names().into_iter().find(|(name, _)| name == interface).map(|(_, index)| index)
}

/// The names of the interfaces that there are, for a person to choose from.
fn links() -> String {
    let names: Vec<String> = interfaces::names().into_iter().map(|(name, _)| name).collect();
    names.join(", ")
}

fn port(given: &str, text: &str) -> Result<u16, ResolveError> {
    text.parse().map_err(|_| ResolveError::Port { given: given.to_owned(), port: text.to_owned() })
}

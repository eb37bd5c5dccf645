//! From what a person types to addresses.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};

use super::ResolveError;

/// The addresses of `HOST[:PORT]`: a name, an IPv4 address, or an IPv6 address, in brackets if a port follows. Blocks while
/// the system looks a name up. There is at least one address in the answer, and none twice.
///
/// # Errors
/// [`ResolveError`], which says what to type instead.
pub fn resolve(given: &str, default_port: u16) -> Result<Vec<SocketAddr>, ResolveError> {
    let (host, port) = split(given.trim(), default_port)?;
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![super::unmapped(SocketAddr::new(ip, port))]);
    }
    let mut addrs = Vec::new();
    let found = (host, port)
        .to_socket_addrs()
        .map_err(|source| ResolveError::Unknown { host: host.to_owned(), source })?
        .map(super::unmapped);
    for addr in found {
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

/// Whether that is a `HOST[:PORT]` at all; nothing is looked up.
///
/// # Errors
/// [`ResolveError`], which says what to type instead.
pub fn check(given: &str) -> Result<(), ResolveError> {
    split(given.trim(), 0).map(drop)
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
    if let Some(rest) = given.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or_else(|| ResolveError::Brackets(given.to_owned()))?;
        host.split('%')
            .next()
            .and_then(|ip| ip.parse::<Ipv6Addr>().ok())
            .ok_or_else(|| ResolveError::Brackets(given.to_owned()))?;
        return match after.strip_prefix(':') {
            Some(text) => Ok((host, port(given, text)?)),
            None if after.is_empty() => Ok((host, default_port)),
            None => Err(ResolveError::Brackets(given.to_owned())),
        };
    }
    match given.split_once(':') {
        None => Ok((given, default_port)),
        Some((_, text)) if text.contains(':') => match given.parse::<Ipv6Addr>() {
            Ok(_) => Ok((given, default_port)),
            Err(_) => Err(ResolveError::Brackets(given.to_owned())),
        },
        Some((host, text)) => Ok((host, port(given, text)?)),
    }
}

fn port(given: &str, text: &str) -> Result<u16, ResolveError> {
    text.parse().map_err(|_| ResolveError::Port { given: given.to_owned(), port: text.to_owned() })
}

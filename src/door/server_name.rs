//! A server as a person names it, in the one spelling that pins and memories use.

use std::convert::Infallible;
use std::fmt;
use std::net::{Ipv6Addr, SocketAddr};
use std::str::FromStr;

use chinwag_proto::limits::CHAT_PORT;
use chinwag_proto::wire::id::PublicKey;
use chinwag_proto::wire::message::name;

use chinwag_home::{ConfigError, Home, Invite, NoInvite};
use chinwag_net::{ResolveError, check, literal, resolve};

/// What the names of servers begin with that are found on the subnet.
const LAN: &str = "lan:";

/// `host:port`, `192.0.2.1:port` or `[2001:db8::1]:port`, in lower case, the port always there; or `lan:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerName(String);

impl ServerName {
    /// The server that a person means. Takes anything; whether it means a server is [`Self::resolve`]'s to say.
    #[must_use]
    pub fn of(given: &str) -> Self {
        // Everything but the name of an interface means the same in upper case.
        let mut given = given.trim().to_owned();
        let end = given.find('%').unwrap_or(given.len());
        given.replace_range(..end, &given[..end].to_lowercase());
        if let Some(called) = given.strip_prefix(LAN) {
            return Self::on_lan(called);
        }
        let bare_v6 = given.split('%').next().is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok());
        Self(if bare_v6 {
            format!("[{given}]:{CHAT_PORT}")
        } else if !given.is_empty() && (given.ends_with(']') || !given.contains(':')) {
            format!("{given}:{CHAT_PORT}")
        } else {
            given
        })
    }

    /// A server that was found on the subnet, by what it is called there: `lan:lab`.
    #[must_use]
    pub fn on_lan(called: &str) -> Self {
        let plain = |c: char| if name::may_contain(c) { c } else { '-' };
        Self(format!("{LAN}{}", name::fold(called).chars().map(plain).collect::<String>()))
    }

    /// Whether it is found on the subnet, and not by an address.
    #[must_use]
    pub fn is_on_lan(&self) -> bool {
        self.0.starts_with(LAN)
    }

    /// The spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it can be one at all; nothing is looked up.
    ///
    /// # Errors
    /// It can't: [`ResolveError`] says what to type instead.
    pub fn check(&self) -> Result<(), ResolveError> {
        match self.0.strip_prefix(LAN) {
            Some("") => Err(ResolveError::Empty),
            Some(_) => Ok(()),
            None => check(&self.0),
        }
    }

    /// Its address, if it is named by one that means the same at any time.
    #[must_use]
    pub fn literal(&self) -> Option<SocketAddr> {
        literal(&self.0, CHAT_PORT)
    }

    /// Its addresses. Blocks while the system looks a name up.
    ///
    /// # Errors
    /// [`ResolveError`], which says what to type instead.
    pub fn resolve(&self) -> Result<Vec<SocketAddr>, ResolveError> {
        resolve(&self.0, CHAT_PORT)
    }
}

/// What the server with that key is called on this device: as it was before, or by its name on the subnet.
///
/// # Errors
/// The file of known servers can't be read or makes no sense.
pub fn name_of(home: &Home, key: &PublicKey, called: &str) -> Result<ServerName, ConfigError> {
    let on_lan = ServerName::on_lan(called);
    let pins: Vec<_> = home.known_servers().all()?.into_iter().filter(|pin| pin.key == *key).collect();
    let pin = pins.iter().find(|pin| pin.server == on_lan.as_str()).or(pins.first());
    Ok(pin.map_or(on_lan, |pin| ServerName::of(&pin.server)))
}

/// For the command line: [`ServerName::of`].
impl FromStr for ServerName {
    type Err = Infallible;

    fn from_str(given: &str) -> Result<Self, Infallible> {
        Ok(Self::of(given))
    }
}

/// Whom a person wants to reach: a server by its name, or by an invitation to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// By its name.
    Named(ServerName),
    /// By a link that says who it is, too.
    Invited(Invite),
}

impl FromStr for Whom {
    type Err = NoInvite;

    fn from_str(given: &str) -> Result<Self, NoInvite> {
        let given = given.trim();
        if given.starts_with("chinwag:") {
            given.parse().map(Self::Invited)
        } else {
            Ok(Self::Named(ServerName::of(given)))
        }
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_spelling_for_one_server() {
        for (given, spelling) in [
            ("lab", "lab:24469"),
            ("Lab.Local:7", "lab.local:7"),
            ("192.0.2.1", "192.0.2.1:24469"),
            ("::1", "[::1]:24469"),
            ("[::1]", "[::1]:24469"),
            ("[::1]:7", "[::1]:7"),
            ("FE80::1%enP2p1", "[fe80::1%enP2p1]:24469"),
            ("[fe80::1%Eth]:7", "[fe80::1%Eth]:7"),
            ("lan:50%", "lan:50-"),
            ("lan:The Lab", "lan:the-lab"),
        ] {
            assert_eq!(ServerName::of(given).as_str(), spelling);
        }
    }
}

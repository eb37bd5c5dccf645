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
///
/// A bare name (`lab`: no dot, no port) is a host, or the server that is called so on the subnet: [`Self::settle`] finds out.
///
/// ```
/// use chinwag_client::ServerName;
///
/// assert_eq!(ServerName::of("Lab.Local").as_str(), "lab.local:24469");
/// assert_eq!(ServerName::of("::1").as_str(), "[::1]:24469");
/// assert!(ServerName::of("lan:lab").is_on_lan());
/// ```
#[derive(Clone, Debug)]
pub struct ServerName {
    spelling: String,
    /// A bare name was given.
    is_bare: bool,
    /// It is decided what that means.
    is_settled: bool,
}

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
        let is_bare = !given.is_empty() && !given.contains(['.', ':', '[', ']', '%']);
        let bare_v6 = given.split('%').next().is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok());
        let spelling = if bare_v6 {
            format!("[{given}]:{CHAT_PORT}")
        } else if !given.is_empty() && (given.ends_with(']') || !given.contains(':')) {
            format!("{given}:{CHAT_PORT}")
        } else {
            given
        };
        Self { spelling, is_bare, is_settled: false }
    }

    /// A server that was found on the subnet, by what it is called there: `lan:lab`.
    #[must_use]
    pub fn on_lan(called: &str) -> Self {
        let plain = |c: char| if name::may_contain(c) { c } else { '-' };
        let spelling = format!("{LAN}{}", name::fold(called).chars().map(plain).collect::<String>());
        Self { spelling, is_bare: false, is_settled: false }
    }

    /// The server on the subnet that may be meant where a bare name was given: `lan:lab` for `lab`.
    #[must_use]
    pub fn namesake(&self) -> Option<Self> {
        let (called, _) = self.spelling.rsplit_once(':').filter(|_| self.is_bare && !self.is_on_lan())?;
        Some(Self { is_bare: true, ..Self::on_lan(called) })
    }

    /// Decides what a bare name means. A name that this device knows is what it is known as: a host, or else a server on the
    /// subnet, and nothing is looked up for that. A name that it does not know is the host of that name where it can be looked up,
    /// and else the server that is called so on the subnet. `is_known` says whether a spelling is known here. Where the key of the
    /// server `is_given`, a name that cannot be looked up now may still be a host. Blocks while the system looks a name up.
    ///
    /// # Errors
    /// Those of `is_known`.
    pub fn settle<E>(self, is_given: bool, is_known: impl Fn(&str) -> Result<bool, E>) -> Result<Self, E> {
        let Some(on_lan) = self.namesake().filter(|_| !self.is_settled) else { return Ok(self) };
        let is_host = is_known(&self.spelling)? || !is_known(&on_lan.spelling)? && (is_given || self.resolve().is_ok());
        let meant = if is_host { self } else { on_lan };
        Ok(Self { is_settled: true, ..meant })
    }

    /// The host that has the name of a server on the subnet, where a bare name was given: `lab:24469` for `lan:lab`.
    #[must_use]
    pub(super) fn host(&self) -> Option<Self> {
        let bare = self.bare().filter(|_| self.is_on_lan())?;
        Some(Self { spelling: format!("{bare}:{CHAT_PORT}"), ..self.clone() })
    }

    /// What people call it: the bare name, where one was given, and else the spelling.
    #[must_use]
    pub fn called(&self) -> &str {
        self.bare().unwrap_or(&self.spelling)
    }

    /// The name as it was given, where it was a bare one.
    #[must_use]
    fn bare(&self) -> Option<&str> {
        let host = || self.spelling.rsplit_once(':').map_or(&*self.spelling, |(host, _)| host);
        self.is_bare.then(|| self.spelling.strip_prefix(LAN).unwrap_or_else(host))
    }

    /// Whether it is found on the subnet, and not by an address.
    #[must_use]
    pub fn is_on_lan(&self) -> bool {
        self.spelling.starts_with(LAN)
    }

    /// The spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.spelling
    }

    /// Whether it can be one at all; nothing is looked up.
    ///
    /// # Errors
    /// It can't: [`ResolveError`] says what to type instead.
    pub fn check(&self) -> Result<(), ResolveError> {
        match self.spelling.strip_prefix(LAN) {
            Some("") => Err(ResolveError::Empty),
            Some(_) => Ok(()),
            None => check(&self.spelling),
        }
    }

    /// The server's address, if it is named by one that means the same at any time.
    #[must_use]
    pub fn literal(&self) -> Option<SocketAddr> {
        literal(&self.spelling, CHAT_PORT)
    }

    /// The server's addresses. Blocks while the system looks a name up.
    ///
    /// # Errors
    /// [`ResolveError`], which says what to type instead.
    pub fn resolve(&self) -> Result<Vec<SocketAddr>, ResolveError> {
        resolve(&self.spelling, CHAT_PORT)
    }
}

/// Two names are the same if they are spelt so: whether the port was typed says nothing of the server.
impl PartialEq for ServerName {
    fn eq(&self, other: &Self) -> bool {
        self.spelling == other.spelling
    }
}

impl Eq for ServerName {}

/// What the server with that key is called on this device: as it was before, or by its name on the subnet.
///
/// ```no_run
/// # fn list(home: &chinwag_client::Home, look: &chinwag_client::Look) -> Result<(), chinwag_client::ConfigError> {
/// use std::time::Duration;
///
/// use chinwag_client::{Heard, name_of};
///
/// if let Some(Heard::Found(server)) = look.next_within(Duration::from_secs(2)) {
///     println!("{}", name_of(home, server.key(), &server.name)?);
/// }
/// # Ok(()) }
/// ```
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
///
/// ```
/// use chinwag_client::Whom;
///
/// let whom: Whom = "lab.local".parse().expect("anything but a broken invitation is a name");
/// assert!(matches!(whom, Whom::Named(server) if server.as_str() == "lab.local:24469"));
/// assert!("chinwag://lab".parse::<Whom>().is_err(), "an invitation has the server's key");
/// ```
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
        f.write_str(&self.spelling)
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

    #[test]
    fn only_a_bare_name_may_be_that_of_a_server_on_the_subnet() {
        let namesake = |given: &str| ServerName::of(given).namesake().map(|server| server.to_string());
        assert_eq!(namesake("Lab").as_deref(), Some("lan:lab"));
        assert_eq!(namesake("ann@vm").as_deref(), Some("lan:ann-vm"));
        for given in ["", "lab.local", "lab:24469", "lan:lab", "192.0.2.1", "::1", "[::1]"] {
            assert_eq!(namesake(given), None, "{given}");
        }
    }

    #[test]
    fn a_bare_name_is_what_it_is_known_as_and_else_a_host_that_is_there_and_else_a_server_on_the_subnet() {
        let settled = |given: &str, is_given: bool, known: &[&str]| {
            let is_known = |spelling: &str| Ok::<_, Infallible>(known.contains(&spelling));
            ServerName::of(given).settle(is_given, is_known).expect("infallible").to_string()
        };
        // No resolver knows a name with a space.
        assert_eq!(settled("no host", false, &[]), "lan:no-host");
        assert_eq!(settled("no host", true, &[]), "no host:24469", "its key is given: it may be a host all the same");
        assert_eq!(settled("no host", true, &["lan:no-host"]), "lan:no-host");
        assert_eq!(settled("no host", false, &["no host:24469", "lan:no-host"]), "no host:24469");
        assert_eq!(settled("localhost", false, &[]), "localhost:24469", "a host that is there wins");
        assert_eq!(settled("localhost", false, &["lan:localhost"]), "lan:localhost", "unless the other is known");
        assert_eq!(settled("no host:24469", false, &["lan:no-host"]), "no host:24469");
    }
}

//! Invitations: `chinwag://HOST[:PORT]/#KEY[.JOIN[.CODE]]`. The fragment never travels anywhere by itself.

use std::fmt;
use std::str::FromStr;

use chinwag_proto::wire::id::PublicKey;
use chinwag_proto::wire::message::Secret;
use thiserror::Error;

use super::keys::{hex, unhex};

/// A link by which someone finds a server and knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Where the server is: host, and port if it is not the usual one.
    pub host: String,
    /// The server's key.
    pub key: PublicKey,
    /// The join key that it asks of new devices.
    pub join: Option<[u8; 32]>,
    /// The code by which an account may be made.
    pub code: Option<Secret>,
}

/// The text is no such link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("that is no invitation; one begins with chinwag:// and has the server's key after #")]
pub struct NoInvite;

impl fmt::Display for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chinwag://{}/#{}", self.host, hex(&self.key.0))?;
        let join = self.join.as_ref().map(|join| hex(join));
        match (&join, &self.code) {
            (None, None) => Ok(()),
            (Some(join), None) => write!(f, ".{join}"),
            (join, Some(code)) => write!(f, ".{}.{}", join.as_deref().unwrap_or_default(), code.reveal()),
        }
    }
}

impl FromStr for Invite {
    type Err = NoInvite;

    fn from_str(link: &str) -> Result<Self, NoInvite> {
        let rest = link.strip_prefix("chinwag://").ok_or(NoInvite)?;
        let (host, fragment) = rest.split_once("/#").ok_or(NoInvite)?;
        let mut parts = fragment.split('.');
        let key = parts.next().and_then(unhex).map(PublicKey).ok_or(NoInvite)?;
        let join = match parts.next() {
            None | Some("") => None,
            Some(join) => Some(unhex(join).ok_or(NoInvite)?),
        };
        let code = parts.next().filter(|code| !code.is_empty()).map(|code| Secret::from(code.to_owned()));
        if host.is_empty() || parts.next().is_some() {
            return Err(NoInvite);
        }
        Ok(Self { host: host.to_owned(), key, join, code })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_where_and_who_and_what_it_takes() {
        let key = PublicKey([0xab; 32]);
        let code = || Some(Secret::from(String::from("k3v9q0a1b2")));
        for (join, code) in [(None, None), (Some([7; 32]), None), (None, code()), (Some([7; 32]), code())] {
            let invite = Invite { host: "10.0.0.1:7000".into(), key, join, code };
            assert_eq!(invite.to_string().parse(), Ok(invite));
        }
        let plain = Invite { host: "lab".into(), key, join: None, code: None };
        assert_eq!(plain.to_string(), format!("chinwag://lab/#{}", "ab".repeat(32)));
    }

    #[test]
    fn what_is_cut_short_or_of_something_else_is_no_invitation() {
        for link in ["", "lab", "http://lab/#ab", "chinwag://lab", "chinwag:///#", "chinwag://lab/#abcd"] {
            assert_eq!(link.parse::<Invite>(), Err(NoInvite), "{link}");
        }
        let long = format!("chinwag://lab/#{0}.{0}.code.more", "ab".repeat(32));
        assert_eq!(long.parse::<Invite>(), Err(NoInvite));
    }
}

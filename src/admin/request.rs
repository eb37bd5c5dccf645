//! What can be asked for, as it is said on the local socket.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::message::{Secret, name};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::server::{Admission, NewQuotas, Operation, Registration};
use crate::store::{Retention, Scopes, SecretHash};

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Counters.
    Status,
    /// The peer table: who is at which address.
    Peers,
    /// Where the server is, and what it asks of new devices.
    ContactInfo,
    /// The accounts.
    Accounts,
    /// The named rooms.
    Rooms,
    /// The tokens.
    Tokens,
    /// Set an account's password.
    Passwd {
        /// The account.
        account: String,
        /// The new password.
        password: Secret,
    },
    /// Delete an account.
    Unregister {
        /// The account.
        account: String,
    },
    /// End an account's sessions.
    Kick {
        /// The account.
        account: String,
    },
    /// Let an account in no more.
    Ban {
        /// The account.
        account: String,
    },
    /// Let it in again.
    Unban {
        /// The account.
        account: String,
    },
    /// Say whether the auth command vouches for an account from now on, or it is a local one.
    Vouch {
        /// The account.
        account: String,
        /// The command does.
        vouched: bool,
    },
    /// Ask the auth command, and do nothing with its verdict.
    AuthTest {
        /// About this name,
        name: String,
        /// and this password; none: about the name alone.
        password: Option<Secret>,
    },
    /// Read the settings again.
    Reload,
    /// Make a token, of which only the hash is told.
    MakeToken {
        /// The account.
        account: String,
        /// BLAKE2s-256 of the token.
        hash: SecretHash,
        /// What it is called.
        label: String,
        /// The token may read.
        read: bool,
        /// The token may write.
        write: bool,
        /// Only in these rooms (`lobby`, `@bob`); none: everywhere.
        rooms: Vec<String>,
        /// Valid before this moment, in ms since 1970.
        until_ms: Option<u64>,
    },
    /// Make a token that allows what the one of that label does, and revoke that one.
    RotateToken {
        /// The label.
        label: String,
        /// BLAKE2s-256 of the new token.
        hash: SecretHash,
        /// Valid before this moment, in ms since 1970, instead of before when the old one was.
        until_ms: Option<u64>,
    },
    /// Revoke the tokens of that label.
    RevokeToken {
        /// The label.
        label: String,
    },
    /// Make an invitation, of which only the hash is told.
    MakeInvite {
        /// BLAKE2s-256 of the invitation.
        hash: SecretHash,
        /// Accounts that may be made by it.
        uses: u32,
        /// Valid before this moment, in ms since 1970.
        until_ms: Option<u64>,
    },
    /// Who may register from now on.
    Register(Registering),
    /// How much is kept at most, and how much is.
    Quotas,
    /// How much is kept at most from now on.
    SetQuotas(SetQuotas),
    /// From where sessions are taken from now on.
    Admit(Admitted),
    /// How long a room keeps what was said.
    Retain {
        /// The room.
        room: String,
        /// How long.
        keep: RetentionRule,
    },
    /// How the wall clock stands.
    Clock,
    /// The wall clock is right.
    ConfirmClock,
    /// Remove what a room does not keep.
    Prune {
        /// The room.
        room: String,
    },
    /// Copy the store, as it is now, to a new file.
    Backup {
        /// The file.
        to: PathBuf,
    },
}

/// See [`Registration`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Registering {
    /// Anyone may.
    Open,
    /// Whoever has an invitation may.
    Invite,
    /// Nobody may.
    Closed,
}

/// See [`NewQuotas`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetQuotas {
    /// Octets of what an account wrote; 0: any number.
    pub account_bytes: Option<u64>,
    /// Octets of what was said in a room.
    pub room_bytes: Option<u64>,
    /// Octets of what was said in all rooms.
    pub server_bytes: Option<u64>,
}

impl From<SetQuotas> for NewQuotas {
    fn from(set: SetQuotas) -> Self {
        let SetQuotas { account_bytes, room_bytes, server_bytes } = set;
        Self { account_bytes, room_bytes, server_bytes }
    }
}

/// See [`Admission`]: networks by CIDR.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admitted {
    /// From these only; none: from everywhere.
    pub allow: Vec<String>,
    /// But not from these.
    pub deny: Vec<String>,
}

/// See [`Retention`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetentionRule {
    /// For ever.
    Forever,
    /// So many days.
    Days(u32),
    /// The last so many messages.
    Last(u64),
    /// In memory only.
    Ephemeral,
}

/// Why a request makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Untranslatable {
    /// Not an address or a network.
    #[error("`{0}` is no network; write 10.0.0.0/8, 192.168.1.7 or fd00::/8")]
    Network(String),
}

impl Request {
    /// What a server is asked for by it; `None`: it is no question to the server itself.
    ///
    /// # Errors
    /// What in it makes no sense.
    pub fn operation(self) -> Result<Option<Operation>, Untranslatable> {
        Ok(Some(match self {
            Self::Status
            | Self::Peers
            | Self::ContactInfo
            | Self::Backup { .. }
            | Self::AuthTest { .. }
            | Self::Reload => {
                return Ok(None);
            }
            Self::Accounts => Operation::Accounts,
            Self::Rooms => Operation::Rooms,
            Self::Tokens => Operation::Tokens,
            Self::Passwd { account, password } => Operation::SetPassword { account, password },
            Self::Unregister { account } => Operation::Unregister { account },
            Self::Kick { account } => Operation::Kick { account },
            Self::Ban { account } => Operation::Ban { account },
            Self::Unban { account } => Operation::Unban { account },
            Self::Vouch { account, vouched } => Operation::Vouch { account, is_vouched: vouched },
            Self::MakeToken { account, hash, label, read, write, rooms, until_ms } => {
                let rooms: Vec<_> = rooms.iter().map(|room| name::fold(room.trim_start_matches('#'))).collect();
                let scopes = Scopes { read, write, rooms: (!rooms.is_empty()).then_some(rooms) };
                Operation::MakeToken { account, hash, label, scopes, until: until_ms.map(WallTime::from_unix_millis) }
            }
            Self::RotateToken { label, hash, until_ms } => {
                Operation::RotateToken { label, hash, until: until_ms.map(WallTime::from_unix_millis) }
            }
            Self::RevokeToken { label } => Operation::RevokeToken { label },
            Self::MakeInvite { hash, uses, until_ms } => {
                Operation::MakeInvite { hash, uses, until: until_ms.map(WallTime::from_unix_millis) }
            }
            Self::Register(registering) => Operation::SetRegistration(registering.into()),
            Self::Quotas => Operation::Quotas,
            Self::SetQuotas(set) => Operation::SetQuotas(set.into()),
            Self::Admit(admitted) => Operation::SetAdmission(admitted.admission()?),
            Self::Retain { room, keep } => Operation::Retain { room: bare(&room), retention: keep.into() },
            Self::Clock => Operation::Clock,
            Self::ConfirmClock => Operation::ConfirmClock,
            Self::Prune { room } => Operation::Prune { room: bare(&room) },
        }))
    }
}

impl Request {
    /// The account that is to be banned, or not any more: that is to be kept, and not by the store.
    #[must_use]
    pub fn ban(&self) -> Option<(&str, bool)> {
        if let Self::Ban { account } = self {
            return Some((account, true));
        }
        if let Self::Unban { account } = self { Some((account, false)) } else { None }
    }
}

impl Request {
    /// What was done by it, for the record; `None`: somebody only looked.
    #[must_use]
    pub fn act(&self) -> Option<String> {
        Some(match self {
            Self::Status
            | Self::Peers
            | Self::ContactInfo
            | Self::Accounts
            | Self::Rooms
            | Self::Tokens
            | Self::Clock
            | Self::Quotas
            | Self::AuthTest { .. }
            // Who asked for the copy says what it is for.
            | Self::Backup { .. } => return None,
            Self::ConfirmClock => "said that the clock is right".to_owned(),
            Self::Passwd { account, .. } => format!("set a password for {account}"),
            Self::Unregister { account } => format!("deleted {account}"),
            Self::Kick { account } => format!("kicked {account}"),
            Self::Ban { account } => format!("banned {account}"),
            Self::Unban { account } => format!("unbanned {account}"),
            Self::Vouch { account, vouched: true } => format!("gave {account} to the auth command"),
            Self::Vouch { account, vouched: false } => format!("took {account} from the auth command"),
            Self::Reload => "read the settings again".to_owned(),
            Self::MakeToken { account, label, read, write, rooms, .. } => {
                let may =
                    [("read", *read), ("write", *write)].into_iter().filter(|(_, may)| *may).map(|(what, _)| what);
                let may = may.collect::<Vec<_>>().join(" and ");
                let rooms = if rooms.is_empty() { String::new() } else { format!(" in #{}", rooms.join(", #")) };
                format!("made token {label} for {account}: may {may}{rooms}")
            }
            Self::RotateToken { label, .. } => format!("rotated token {label}"),
            Self::RevokeToken { label } => format!("revoked token {label}"),
            Self::MakeInvite { uses: 1, .. } => "made an invitation for one account".to_owned(),
            Self::MakeInvite { uses, .. } => format!("made an invitation for {uses} accounts"),
            Self::Register(Registering::Open) => "let anyone register".to_owned(),
            Self::Register(Registering::Invite) => "let those register who are invited".to_owned(),
            Self::Register(Registering::Closed) => "let nobody register".to_owned(),
            Self::SetQuotas(SetQuotas { account_bytes, room_bytes, server_bytes }) => {
                let quotas = [("an account", account_bytes), ("a room", room_bytes), ("the server", server_bytes)];
                let set = quotas.iter().filter_map(|(of, bytes)| bytes.map(|bytes| format!("{bytes} octets of {of}")));
                format!("set what is kept at most: {}", set.collect::<Vec<_>>().join(", "))
            }
            Self::Admit(_) => "set the lists of networks".to_owned(),
            Self::Retain { room, keep } => format!("set what #{} keeps: {keep}", bare(room)),
            Self::Prune { room } => format!("pruned #{}", bare(room)),
        })
    }
}

fn bare(room: &str) -> String {
    room.trim_start_matches('#').to_owned()
}

impl Admitted {
    /// The lists, read.
    ///
    /// # Errors
    /// [`Untranslatable::Network`]
    pub fn admission(&self) -> Result<Admission, Untranslatable> {
        let net = |text: &String| {
            let net = text.parse::<ipnet::IpNet>().ok();
            let host = || text.parse::<std::net::IpAddr>().ok().map(ipnet::IpNet::from);
            net.or_else(host).ok_or_else(|| Untranslatable::Network(text.clone()))
        };
        let nets = |texts: &[String]| texts.iter().map(net).collect::<Result<Vec<_>, _>>();
        Ok(Admission { allow: nets(&self.allow)?, deny: nets(&self.deny)? })
    }
}

impl From<Registering> for Registration {
    fn from(registering: Registering) -> Self {
        match registering {
            Registering::Open => Self::Open,
            Registering::Invite => Self::Invited,
            Registering::Closed => Self::Closed,
        }
    }
}

impl From<RetentionRule> for Retention {
    fn from(keep: RetentionRule) -> Self {
        match keep {
            RetentionRule::Forever => Self::Forever,
            RetentionRule::Days(days) => Self::For(Duration::from_secs(u64::from(days) * 86_400)),
            RetentionRule::Last(count) => Self::Last(count),
            RetentionRule::Ephemeral => Self::Ephemeral,
        }
    }
}

impl From<Retention> for RetentionRule {
    fn from(retention: Retention) -> Self {
        match retention {
            Retention::Forever => Self::Forever,
            Retention::For(span) => Self::Days(u32::try_from(span.as_secs() / 86_400).unwrap_or(u32::MAX)),
            Retention::Last(count) => Self::Last(count),
            Retention::Ephemeral => Self::Ephemeral,
        }
    }
}

impl RetentionRule {
    /// As it is typed, and as programs read it: `30d`, `last:1000`.
    #[must_use]
    pub fn typed(self) -> String {
        match self {
            Self::Last(count) => format!("last:{count}"),
            Self::Forever | Self::Days(_) | Self::Ephemeral => self.to_string(),
        }
    }
}

impl fmt::Display for RetentionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forever => f.write_str("forever"),
            Self::Days(days) => write!(f, "{days}d"),
            Self::Last(count) => write!(f, "last {count}"),
            Self::Ephemeral => f.write_str("ephemeral"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_one_line_that_hides_no_type() {
        let request = Request::Retain { room: "#lobby".into(), keep: RetentionRule::Days(30) };
        let line = serde_json::to_string(&request).expect("plain data");
        assert_eq!(line, r##"{"retain":{"room":"#lobby","keep":{"days":30}}}"##);
        assert_eq!(serde_json::from_str::<Request>(&line).expect("the same"), request);
        let retain =
            Operation::Retain { room: "lobby".into(), retention: Retention::For(Duration::from_secs(30 * 86_400)) };
        assert_eq!(request.operation(), Ok(Some(retain)));
    }

    #[test]
    fn a_network_is_an_address_or_a_prefix() {
        let admitted = |allow: &str| Admitted { allow: vec![allow.to_owned()], deny: Vec::new() }.admission();
        assert!(admitted("10.0.0.0/8").is_ok() && admitted("192.168.1.7").is_ok() && admitted("fd00::/8").is_ok());
        assert_eq!(admitted("lan"), Err(Untranslatable::Network("lan".into())));
        assert!(admitted("10.0.0.0/33").is_err());
    }
}

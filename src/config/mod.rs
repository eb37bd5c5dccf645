//! Settings, and what of a server a backup takes along. Everything else that a person's machine keeps between runs is
//! `chinwag-home`'s.

mod audit;
pub mod backup;
mod settings;
mod spare;

use chinwag_home::{file, keys};

pub use audit::{Audit, AuditRecord, Begun, Outcome, State};
pub use chinwag_home::{
    Banned, ConfigError, Home, Invite, KeyFile, KnownServer, KnownServers, NoInvite, Recent, Trouble, Used, join_key,
    read_join_key,
};
pub use settings::{Setting, Settings};
pub use spare::Spare;

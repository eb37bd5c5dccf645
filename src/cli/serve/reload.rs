//! Reading the settings of a running server again: what can change while it runs changes, of the rest is said that it wants a
//! restart. Settings that make no sense change nothing.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::{Mutex, PoisonError};

use super::super::output::tell;
use crate::cli::args::{Command, Serve};
use crate::cli::config::{Misread, Typed};
use crate::cli::failure::Failure;
use crate::cli::size::Size;
use crate::drive::Commands;
use crate::server::{self, NewQuotas, Operation, OperatorTag};

use super::admission::Lists;

/// The keys that can change while the server runs.
const CHANGEABLE: &[&str] =
    &["allow", "deny", "admission-file", "register", "account-quota", "room-quota", "server-quota"];

type Set = BTreeMap<&'static str, Vec<OsString>>;

/// Reads settings again.
pub(super) struct Reload {
    commands: Commands<server::Command>,
    /// As the server was started, or as it was changed since.
    holds: Mutex<Set>,
}

impl Reload {
    pub(super) fn new(typed: &Typed, commands: Commands<server::Command>) -> Self {
        Self { commands, holds: Mutex::new(typed.set()) }
    }

    /// Does it, and says so in the log. Gives the keys that wait for a restart.
    pub(super) fn run(&self) -> Result<Vec<&'static str>, Failure> {
        let done = self.again();
        match &done {
            Ok(waiting) if waiting.is_empty() => log::info!("read the settings again"),
            Ok(waiting) => log::info!("read the settings again; this waits for a restart: {}", waiting.join(", ")),
            Err(failure) => tell(&format!("{failure}; everything stays as it was")),
        }
        done
    }

    /// The same, for an operator who asks for it.
    #[cfg(unix)]
    pub(super) fn reply(&self) -> crate::admin::Reply {
        use crate::admin::Reply;
        match self.run() {
            Ok(waiting) => Reply::Reloaded { waiting: waiting.into_iter().map(ToOwned::to_owned).collect() },
            Err(failure) => Reply::Failed(format!("{failure}; everything stays as it was")),
        }
    }

    /// Takes what the settings are now. Gives the keys that wait for a restart.
    fn again(&self) -> Result<Vec<&'static str>, Failure> {
        let typed = Typed::of(std::env::args_os()).map_err(|misread| match misread {
            Misread::Usage(error) => Failure::usage(error.to_string()),
            Misread::Settings(failure) => failure,
        })?;
        let Some(Command::Serve(args)) = &typed.cli.command else { return Ok(Vec::new()) };
        let admission = Lists::new(args).read()?;
        let (mut holds, now) = (self.holds.lock().unwrap_or_else(PoisonError::into_inner), typed.set());
        let differs = |key: &&str| holds.get(*key) != now.get(*key);
        let keys = now.keys().chain(holds.keys()).copied();
        let waiting: std::collections::BTreeSet<_> =
            keys.filter(|key| !CHANGEABLE.contains(key) && differs(key)).collect();
        self.operate(Operation::SetAdmission(admission));
        // An operator may have said otherwise since: only a change of the setting itself counts.
        if differs(&"register") {
            self.operate(registration(args));
        }
        let changed = |key: &str, quota: Size| differs(&key).then_some(quota.0);
        let quotas = NewQuotas {
            account_bytes: changed("account-quota", args.account_quota),
            room_bytes: changed("room-quota", args.room_quota),
            server_bytes: changed("server-quota", args.server_quota),
        };
        if quotas != NewQuotas::default() {
            self.operate(Operation::SetQuotas(quotas));
        }
        for &key in CHANGEABLE {
            match now.get(key) {
                Some(values) => drop(holds.insert(key, values.clone())),
                None => drop(holds.remove(key)),
            }
        }
        Ok(waiting.into_iter().collect())
    }

    fn operate(&self, operation: Operation) {
        // A server that is stopping takes nobody in anyway.
        let _ = self.commands.send(server::Command::Operate(OperatorTag(0), operation));
    }
}

fn registration(args: &Serve) -> Operation {
    Operation::SetRegistration(crate::admin::Registering::from(args.register).into())
}

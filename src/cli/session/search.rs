//! A server that is known by its name on the subnet may come back at another address: it is looked for while nobody answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use chinwag_proto::endpoint::Target;

use crate::client::Command;
use crate::config::Home;
use crate::drive::Commands;

use super::super::discover;
use super::super::server_name::ServerName;

/// Attempts without an answer before the subnet is asked.
const PATIENCE: u32 = 3;

/// Looks for a server, one search at a time.
#[derive(Default)]
pub(super) struct Search {
    under_way: Arc<AtomicBool>,
}

impl Search {
    /// Nobody has answered for so many attempts.
    pub(super) fn trying(
        &self,
        home: &Home,
        server: &ServerName,
        target: &Target,
        attempts: u32,
        commands: &Commands<Command>,
    ) {
        if !server.is_on_lan() || attempts < PATIENCE || self.under_way.swap(true, Ordering::AcqRel) {
            return;
        }
        let (home, server, target) = (home.clone(), server.clone(), target.clone());
        let (commands, under_way) = (commands.clone(), Arc::clone(&self.under_way));
        let search = move || {
            // An impostor's answer, or none: the old address goes on being tried.
            let found = discover::resolve(&home, &server, target.pin).unwrap_or_default();
            if !found.is_empty() && found.iter().any(|addr| !target.addrs.contains(addr)) {
                log::info!("{server} is found at {}", found[0]);
                let _ = commands.send(Command::Connect(Target { addrs: found, ..target }));
            }
            under_way.store(false, Ordering::Release);
        };
        if let Err(error) = thread::Builder::new().name("search".to_owned()).spawn(search) {
            log::debug!("no search for the server: {error}");
        }
    }
}

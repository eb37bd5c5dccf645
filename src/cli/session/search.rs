//! A server that is known by its name on the subnet may come back at another address: it is looked for while nobody answers.

use std::net::SocketAddr;
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
/// Addresses that are tried at a time.
const ADDRS_MAX: usize = 8;

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
            if found.iter().any(|addr| !target.addrs.contains(addr)) {
                log::info!("{server} is said to be at {}", found[0]);
                let _ = commands.send(Command::Connect(Target { addrs: also(&target.addrs, &found), ..target }));
            }
            under_way.store(false, Ordering::Release);
        };
        if let Err(error) = thread::Builder::new().name("search".to_owned()).spawn(search) {
            log::debug!("no search for the server: {error}");
        }
    }
}

/// The addresses that are known, and then those that beacons tell of: anybody can send one, so nothing is given up for it.
fn also(known: &[SocketAddr], told: &[SocketAddr]) -> Vec<SocketAddr> {
    let new = told.iter().filter(|addr| !known.contains(addr));
    known.iter().chain(new).take(ADDRS_MAX).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_beacons_say_is_tried_beside_what_is_known() {
        let at = |n: u16| SocketAddr::from(([10, 0, 0, 1], n));
        assert_eq!(also(&[at(1), at(2)], &[at(3), at(2)]), [at(1), at(2), at(3)]);
        let many: Vec<_> = (10..30).map(at).collect();
        assert_eq!(also(&[at(1)], &many).len(), ADDRS_MAX);
        assert_eq!(also(&[at(1)], &many)[0], at(1));
    }
}

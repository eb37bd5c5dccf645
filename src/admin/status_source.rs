//! Counters of a running server, for whoever asks, from any thread. The server makes them when it is asked, between two turns of
//! its loop: on the way of a datagram nothing is locked for them and nothing allocated.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::drive::Commands;
use crate::server::{Command, Notice, Status};

/// Who may wait for an answer at a time.
const WAITING_MAX: usize = 64;

/// Asks a server for its counters.
#[derive(Clone)]
pub struct StatusSource {
    commands: Commands<Command>,
    waiting: Arc<Mutex<Vec<SyncSender<Box<Status>>>>>,
}

impl StatusSource {
    /// For the server that takes these commands. Its notices must come to [`Self::notice`].
    #[must_use]
    pub fn new(commands: Commands<Command>) -> Self {
        Self { commands, waiting: Arc::default() }
    }

    /// The counters now; `None`: the server stops, or does not answer within that time.
    #[must_use]
    pub fn ask(&self, within: Duration) -> Option<Box<Status>> {
        let (give, take) = sync_channel(1);
        {
            let mut waiting = self.waiting();
            if waiting.len() >= WAITING_MAX {
                return None;
            }
            waiting.push(give);
        }
        self.commands.send(Command::Status).ok()?;
        take.recv_timeout(within).ok()
    }

    /// Hears a notice of the server.
    pub fn notice(&self, notice: &Notice) {
        let Notice::Status(status) = notice else { return };
        for waits in std::mem::take(&mut *self.waiting()) {
            // Whoever asked may have gone.
            let _ = waits.try_send(status.clone());
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<SyncSender<Box<Status>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Servers on the subnet, as commands look for them.

pub(super) mod find;
mod lan;
mod listing;

pub(super) use lan::resolve;
pub(super) use listing::{Trust, line};

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use crate::discovery::{Command, Notice};
use crate::drive::Scout;

use super::failure::Failure;
use super::start;

/// Notices that wait for a slow reader; what comes then is heard with the next answer.
const NOTICES_MAX: usize = 1_024;

/// Somebody looks for servers, until this is dropped.
pub(super) struct Look {
    scout: Scout,
    notices: Receiver<Notice>,
    /// While this is here, a discovery that has ended is one of which nothing comes.
    _sender: SyncSender<Notice>,
}

impl Look {
    /// Begins to look.
    pub(super) fn begin() -> Result<Self, Failure> {
        let (sender, notices) = sync_channel(NOTICES_MAX);
        let to = sender.clone();
        let scout = Scout::start(move |notice| drop(to.try_send(notice))).map_err(start::system)?;
        scout.send(Command::Seek);
        Ok(Self { scout, notices, _sender: sender })
    }

    /// Asks once more, now.
    pub(super) fn again(&self) {
        self.scout.send(Command::Seek);
    }

    /// What comes within that time.
    pub(super) fn next_within(&self, time: Duration) -> Option<Notice> {
        self.notices.recv_timeout(time).ok()
    }
}

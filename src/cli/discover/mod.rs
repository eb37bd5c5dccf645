//! Servers on the subnet, as commands look for them.

pub(super) mod find;
mod lan;
mod listing;

pub(super) use lan::resolve;
pub(super) use listing::{Trust, columns, line, rows};

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use chinwag_proto::wire::id::PublicKey;

use crate::discovery::{Command, Notice};
use crate::drive::Scout;

use super::failure::Failure;
use super::start;

/// Notices that wait for a slow reader; what comes then is heard with the next answer.
const NOTICES_MAX: usize = 1_024;

/// Somebody looks for servers, until this is dropped.
pub(super) struct Look {
    /// Dropped before the discovery, which may wait for room here.
    notices: Receiver<Notice>,
    scout: Scout,
    /// While this is here, a discovery that has ended is one of which nothing comes.
    sender: SyncSender<Notice>,
}

impl Look {
    /// Begins to look. Servers with these keys, the most important first, are heard in any crowd of others.
    pub(super) fn begin(expected: Vec<PublicKey>) -> Result<Self, Failure> {
        let (sender, notices) = sync_channel(NOTICES_MAX);
        let (to, keys) = (sender.clone(), expected.clone());
        let face = move |notice| match &notice {
            Notice::Found(found) if keys.contains(found.key()) => drop(to.send(notice)),
            Notice::Found(_) | Notice::Gone(_) | Notice::Asked | Notice::Twin(_) | Notice::Stopped => {
                drop(to.try_send(notice))
            }
        };
        let scout = Scout::start(face).map_err(start::system)?;
        scout.send(Command::Expect(expected));
        scout.send(Command::Seek);
        Ok(Self { notices, scout, sender })
    }

    /// Asks once more, now.
    pub(super) fn again(&self) {
        self.scout.send(Command::Seek);
    }

    /// What ends a wait of another thread.
    pub(super) fn waker(&self) -> Waker {
        Waker(self.sender.clone())
    }

    /// What comes within that time.
    pub(super) fn next_within(&self, time: Duration) -> Option<Notice> {
        self.notices.recv_timeout(time).ok()
    }
}

/// Ends a wait for the next notice.
pub(super) struct Waker(SyncSender<Notice>);

impl Waker {
    /// Whoever waits gets a notice that says nothing.
    pub(super) fn wake(&self) {
        // If there is no room, there is a notice.
        let _ = self.0.try_send(Notice::Asked);
    }
}

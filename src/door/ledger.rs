//! What the handles and the thread of a client share: who waits for which answer, and what has none of what was said.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chinwag_client_core::{Denial, Reply};
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::Refusal;

/// What a device has said on a server and the server has not answered: neither stored nor refused. Given by
/// [`Client::outbox`](super::Client::outbox) and [`Client::flush`](super::Client::flush).
///
/// ```
/// use chinwag_client::OutboxCount;
///
/// fn may_end(left: OutboxCount) -> bool {
///     left.unkept == 0
/// }
/// assert!(may_end(OutboxCount { waiting: 3, unkept: 0, earlier: 1 }), "all of it is kept for the next program");
/// assert!(OutboxCount::default().is_empty());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxCount {
    /// Messages of this client.
    pub waiting: usize,
    /// The posts of these that are in memory only: they are lost if this program ends now. The others are sent by the next client of
    /// this device.
    pub unkept: usize,
    /// Messages of earlier programs of this device, which are sent now. [`Event::Kept`](super::Event::Kept) tells of each.
    pub earlier: usize,
}

impl OutboxCount {
    /// Whether all is answered.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.waiting == 0 && self.earlier == 0
    }
}

/// What became of a message.
pub(super) type Posted = Result<RoomSeq, Refusal>;
/// What became of a question.
pub(super) type Replied = Result<Reply, Denial>;

/// Messages and questions without an answer.
pub(super) struct Ledger {
    next_tag: AtomicU64,
    /// What is said is kept in a folder.
    keeps: bool,
    open: Mutex<Open>,
    changed: Condvar,
}

#[derive(Default)]
struct Open {
    posts: BTreeMap<u64, Said>,
    asks: BTreeMap<u64, SyncSender<Replied>>,
    earlier: usize,
    has_stopped: bool,
}

struct Said {
    /// Who waits; none where the client has stopped.
    answered: Option<SyncSender<Posted>>,
    is_kept: bool,
}

impl Ledger {
    /// For a client that sends so many messages of earlier programs.
    pub(super) fn new(keeps: bool, earlier: usize) -> Self {
        let open = Mutex::new(Open { earlier, ..Open::default() });
        Self { next_tag: AtomicU64::new(1), keeps, open, changed: Condvar::new() }
    }

    /// A new number for a message or a question.
    pub(super) fn tag(&self) -> u64 {
        self.next_tag.fetch_add(1, Ordering::Relaxed)
    }

    /// A message is about to be said. Where its answer will be.
    pub(super) fn post(&self) -> (u64, Receiver<Posted>) {
        let (answered, answer) = sync_channel(1);
        let tag = self.tag();
        self.open().posts.insert(tag, Said { answered: Some(answered), is_kept: false });
        (tag, answer)
    }

    /// Somebody waits for an answer. Where that will be.
    pub(super) fn ask(&self) -> (u64, Receiver<Replied>) {
        let (answered, answer) = sync_channel(1);
        let tag = self.tag();
        self.open().asks.insert(tag, answered);
        (tag, answer)
    }

    /// Nobody waits for it any more.
    pub(super) fn forget_ask(&self, tag: u64) {
        self.open().asks.remove(&tag);
    }

    /// A message was answered.
    pub(super) fn posted(&self, tag: u64, answer: Posted) {
        if let Some(Said { answered: Some(waiting), .. }) = self.open().posts.remove(&tag) {
            // Maybe nobody waits.
            let _ = waiting.try_send(answer);
        }
        self.changed.notify_all();
    }

    /// A message is in the outbox, or could not be put there.
    pub(super) fn kept(&self, tag: u64, is_kept: bool) {
        if let Some(said) = self.open().posts.get_mut(&tag) {
            said.is_kept = is_kept && self.keeps;
        }
    }

    /// A question was answered. Gives the answer back where nobody waits for it.
    pub(super) fn answered(&self, tag: u64, answer: Replied) -> Option<Replied> {
        match self.open().asks.remove(&tag) {
            Some(waiting) => {
                let _ = waiting.try_send(answer);
                None
            }
            None => Some(answer),
        }
    }

    /// More messages of earlier programs were found.
    pub(super) fn adopted(&self, count: usize) {
        self.open().earlier += count;
    }

    /// One of them was answered.
    pub(super) fn earlier_answered(&self) {
        let mut open = self.open();
        open.earlier = open.earlier.saturating_sub(1);
        drop(open);
        self.changed.notify_all();
    }

    /// What is not answered.
    pub(super) fn outbox(&self) -> OutboxCount {
        self.open().outbox()
    }

    /// The same when all is answered, when nothing will be any more, or after so long.
    pub(super) fn flush(&self, time: Duration) -> OutboxCount {
        let is_open = |open: &mut Open| !open.has_stopped && !open.outbox().is_empty();
        let waited = self.changed.wait_timeout_while(self.open(), time, is_open);
        let (open, _) = waited.unwrap_or_else(PoisonError::into_inner);
        open.outbox()
    }

    /// Nothing will be answered any more.
    pub(super) fn stopped(&self) {
        let mut open = self.open();
        open.has_stopped = true;
        open.asks.clear();
        open.posts.values_mut().for_each(|said| said.answered = None);
        drop(open);
        self.changed.notify_all();
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn outbox(&self) -> OutboxCount {
        let unkept = self.posts.values().filter(|said| !said.is_kept).count();
        OutboxCount { waiting: self.posts.len(), unkept, earlier: self.earlier }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    #[test]
    fn what_is_said_is_waited_for_until_it_is_answered() {
        let ledger = Arc::new(Ledger::new(true, 1));
        let ((one, stored), (two, refused)) = (ledger.post(), ledger.post());
        ledger.kept(one, true);
        ledger.kept(two, false);
        assert_eq!(ledger.outbox(), OutboxCount { waiting: 2, unkept: 1, earlier: 1 });
        assert_eq!(ledger.flush(Duration::ZERO), ledger.outbox(), "the time is over");
        let flushing = Arc::clone(&ledger);
        let flushed = thread::spawn(move || flushing.flush(Duration::MAX));
        ledger.posted(one, Ok(RoomSeq(7)));
        ledger.posted(two, Err(Refusal::Muted));
        ledger.earlier_answered();
        assert!(flushed.join().expect("no panic").is_empty());
        assert_eq!((stored.recv(), refused.recv()), (Ok(Ok(RoomSeq(7))), Ok(Err(Refusal::Muted))));
    }

    #[test]
    fn nobody_waits_for_a_client_that_has_stopped_and_what_it_leaves_is_known() {
        let ledger = Arc::new(Ledger::new(true, 0));
        let ((tag, answer), (_, reply)) = (ledger.post(), ledger.ask());
        ledger.kept(tag, true);
        let flushing = Arc::clone(&ledger);
        let flushed = thread::spawn(move || flushing.flush(Duration::MAX));
        ledger.stopped();
        assert_eq!(flushed.join().expect("no panic"), OutboxCount { waiting: 1, unkept: 0, earlier: 0 });
        assert!(answer.recv().is_err() && reply.recv().is_err());
    }

    #[test]
    fn in_memory_nothing_is_kept() {
        let ledger = Ledger::new(false, 0);
        let (tag, _answer) = ledger.post();
        ledger.kept(tag, true);
        assert_eq!(ledger.outbox().unkept, 1);
    }
}

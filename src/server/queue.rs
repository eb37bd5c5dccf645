//! What waits for the store. Whoever says little does not wait for those who say much: short entries, and all that is no entry,
//! go before long ones, of which a batch takes a few. What one account writes stays in the order in which it came.

use std::collections::{BTreeMap, VecDeque};

use chinwag_proto::wire::id::AccountId;

use super::limits::{BATCH_BYTES_MAX, BATCH_LONG_BYTES_MAX, BATCH_WRITES_MAX, SHORT_ENTRY_MAX_LEN};
use super::pending::Ticket;
use chinwag_store::Write;

/// A write that waits.
#[derive(Debug)]
struct Waiting {
    write: Write,
    /// What is to be done when it is durable.
    ticket: Ticket,
    /// It is stored with the one before it, or neither is.
    is_tied: bool,
}

/// Writes that wait for a batch.
#[derive(Debug, Default)]
pub(super) struct Queue {
    short: VecDeque<Waiting>,
    /// Long entries, and what their authors wrote after them.
    long: VecDeque<Waiting>,
    /// By account: how many of its writes are among the long ones.
    held_up: BTreeMap<AccountId, usize>,
    /// Octets of all entries.
    bytes: usize,
}

impl Queue {
    pub(super) fn push(&mut self, write: Write, ticket: Ticket) {
        self.wait(Waiting { write, ticket, is_tied: false });
    }

    /// Takes in a write that is stored with the one pushed before it, or neither is. Both are no entry and of no account.
    pub(super) fn push_tied(&mut self, write: Write, ticket: Ticket) {
        self.wait(Waiting { write, ticket, is_tied: true });
    }

    fn wait(&mut self, waiting: Waiting) {
        let write = &waiting.write;
        let len = entry_len(write).unwrap_or(0);
        self.bytes += len;
        let account = account_of(write);
        let is_held_up = account.is_some_and(|account| self.held_up.contains_key(&account));
        if is_held_up || len > SHORT_ENTRY_MAX_LEN {
            if let Some(account) = account {
                *self.held_up.entry(account).or_default() += 1;
            }
            self.long.push_back(waiting);
        } else {
            self.short.push_back(waiting);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.short.len() + self.long.len()
    }

    /// Octets of entries.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes the next batch out; empty if nothing waits.
    pub(super) fn take(&mut self) -> (Vec<Write>, Vec<Ticket>) {
        let (short, long) = (how_many(&self.short, BATCH_BYTES_MAX), how_many(&self.long, BATCH_LONG_BYTES_MAX));
        let long = self.long.drain(..long).inspect(|waiting| {
            if let Some(account) = account_of(&waiting.write) {
                release(&mut self.held_up, account);
            }
        });
        let batch: (Vec<Write>, Vec<Ticket>) =
            self.short.drain(..short).chain(long).map(|waiting| (waiting.write, waiting.ticket)).unzip();
        self.bytes -= batch.0.iter().filter_map(entry_len).sum::<usize>();
        batch
    }
}

/// How many writes of a queue go into a batch. It ends before none that is tied to the one before it.
fn how_many(queue: &VecDeque<Waiting>, bytes_max: usize) -> usize {
    let mut bytes = 0;
    for (count, Waiting { write, is_tied, .. }) in queue.iter().enumerate() {
        let len = entry_len(write).unwrap_or(0);
        let is_full = count >= BATCH_WRITES_MAX || (len > 0 && bytes + len > bytes_max);
        if count > 0 && is_full && !is_tied {
            return count;
        }
        bytes += len;
    }
    queue.len()
}

fn release(held_up: &mut BTreeMap<AccountId, usize>, account: AccountId) {
    if let Some(count) = held_up.get_mut(&account) {
        *count -= 1;
        if *count == 0 {
            held_up.remove(&account);
        }
    }
}

fn entry_len(write: &Write) -> Option<usize> {
    if let Write::Append(append) = write { Some(append.entry.len()) } else { None }
}

/// The account whose entries such a write must not overtake.
const fn account_of(write: &Write) -> Option<AccountId> {
    match write {
        Write::Append(append) => Some(append.author),
        Write::Enter { account, .. }
        | Write::Leave { account, .. }
        | Write::Mark { account, .. }
        | Write::Unregister { account } => Some(*account),
        Write::Account(_)
        | Write::Enrol { .. }
        | Write::Revoke { .. }
        | Write::Vouch { .. }
        | Write::Password { .. }
        | Write::Token { .. }
        | Write::RevokeToken { .. }
        | Write::Invite { .. }
        | Write::Room(_)
        | Write::Direct { .. }
        | Write::Retain { .. }
        | Write::Expire { .. }
        | Write::Prune { .. }
        | Write::Redate { .. }
        | Write::Timekeeping(_)
        | Write::Probe
        | Write::Compact => None,
    }
}

#[cfg(test)]
mod tests {
    use chinwag_proto::time::WallTime;
    use chinwag_proto::wire::id::{PublicKey, RoomId};

    use super::*;
    use chinwag_store::{Append, Change, Origin};

    const ROOM: RoomId = RoomId(1);

    fn entry(author: u64, len: usize) -> Write {
        let origin = Origin { device: PublicKey::default(), id: Default::default(), hash: [0; 32] };
        let (author, at) = (AccountId(author), WallTime::from_unix_millis(0));
        let (entry, change, unless_repeated) = (vec![0; len], Change::None, None);
        Write::Append(Append { room: ROOM, author, origin, at, entry, change, unless_repeated })
    }

    fn leave(account: u64) -> Write {
        Write::Leave { room: ROOM, account: AccountId(account) }
    }

    fn queue(writes: impl IntoIterator<Item = Write>) -> Queue {
        let mut queue = Queue::default();
        writes.into_iter().for_each(|write| queue.push(write, Ticket::Quiet));
        queue
    }

    /// All batches: of entries the author and the length, of others the account and 0.
    fn batches(mut queue: Queue) -> Vec<Vec<(u64, usize)>> {
        let mut batches = Vec::new();
        while queue.len() > 0 {
            let (writes, tickets) = queue.take();
            assert_eq!(writes.len(), tickets.len(), "each write has its ticket");
            let say = |write: &Write| (account_of(write).map_or(0, |account| account.0), entry_len(write).unwrap_or(0));
            batches.push(writes.iter().map(say).collect());
        }
        assert_eq!((queue.bytes(), queue.held_up.len()), (0, 0));
        batches
    }

    #[test]
    fn a_batch_of_many_octets_or_writes_takes_no_further_entry() {
        let half = SHORT_ENTRY_MAX_LEN;
        let many = (0..2 * BATCH_WRITES_MAX).map(|_| leave(1));
        let writes = (0..BATCH_BYTES_MAX / half + 1).map(|_| entry(1, half)).chain(many).chain([entry(1, 1)]);
        let sizes: Vec<_> = batches(queue(writes)).iter().map(Vec::len).collect();
        let first = BATCH_BYTES_MAX / half;
        assert_eq!(sizes, [first, BATCH_WRITES_MAX, BATCH_WRITES_MAX, 2]);
    }

    #[test]
    fn what_is_tied_together_is_not_torn_apart() {
        let revoke = || Write::RevokeToken { hash: [0; 32] };
        let mut queue = queue((1..BATCH_WRITES_MAX).map(|_| revoke()));
        queue.push(revoke(), Ticket::Quiet);
        queue.push_tied(revoke(), Ticket::Quiet);
        queue.push(revoke(), Ticket::Quiet);
        assert_eq!(batches(queue).iter().map(Vec::len).collect::<Vec<_>>(), [BATCH_WRITES_MAX + 1, 1]);
    }

    #[test]
    fn who_says_little_waits_for_one_long_entry_at_most() {
        let long = BATCH_LONG_BYTES_MAX;
        let queue = queue([entry(1, long), entry(1, long), entry(2, long), entry(3, 10), leave(4)]);
        let expected: [&[_]; 3] = [&[(3, 10), (4, 0), (1, long)], &[(1, long)], &[(2, long)]];
        assert_eq!(batches(queue), expected);
    }

    #[test]
    fn what_an_account_writes_stays_in_its_order() {
        let long = BATCH_LONG_BYTES_MAX;
        let queue = queue([entry(1, 5), entry(1, long), entry(1, 6), leave(1), entry(2, 7)]);
        let expected: [&[_]; 2] = [&[(1, 5), (2, 7), (1, long)], &[(1, 6), (1, 0)]];
        assert_eq!(batches(queue), expected);
    }
}

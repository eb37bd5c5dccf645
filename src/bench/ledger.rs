//! The check: every member has every message, exactly once, in one order; and how long each took.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chinwag_proto::time::Instant;

use super::message::Message;

/// What is known of all deliveries.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    members: Vec<Member>,
    /// By number in the room, from 1: the message as its first reader saw it, and how many have been handed it in order.
    messages: Vec<Option<(Message, u32)>>,
    /// Messages that all members have.
    pub(super) complete: u64,
    /// Measured messages handed up, in order, to anyone.
    pub(super) deliveries: u64,
    pub(super) duplicated: u64,
    pub(super) out_of_order: u64,
    /// From writing to being handed up in order, in µs.
    pub(super) latencies_us: Vec<u32>,
    /// Only messages written from then on are measured (in µs; shared by all that play together),
    measured_from: Arc<AtomicU64>,
    /// and only when this member has them, if one is named.
    measured_member: Option<usize>,
}

#[derive(Clone, Debug)]
struct Member {
    /// The number that is handed up next.
    next: u64,
    /// What arrived before its turn.
    held: BTreeMap<u64, Message>,
}

impl Member {
    /// What is handed up next, if it is there.
    fn take_next(&mut self) -> Option<(u64, Message)> {
        let number = self.next;
        let message = self.held.remove(&number)?;
        self.next += 1;
        Some((number, message))
    }
}

impl Ledger {
    /// Messages that are written from `measured_from` on are measured.
    pub(super) fn new(members: usize, measured_from: Arc<AtomicU64>) -> Self {
        let member = Member { next: 1, held: BTreeMap::new() };
        Self { members: vec![member; members], measured_from, ..Self::default() }
    }

    /// Measures only what this member is handed.
    pub(super) fn measure_only(&mut self, member: usize) {
        self.measured_member = Some(member);
    }

    /// A member received a message; its client says that nothing up to `contiguous_upto` is missing.
    pub(super) fn arrived(&mut self, now: Instant, member: usize, number: u64, contiguous_upto: u64, message: Message) {
        let reader = &mut self.members[member];
        if number == reader.next {
            reader.next += 1;
            self.hand_up(now, member, number, message);
        } else if number < reader.next || reader.held.insert(number, message).is_some() {
            self.duplicated += 1;
            return;
        }
        while let Some((number, message)) = self.members[member].take_next() {
            self.hand_up(now, member, number, message);
        }
        if contiguous_upto >= self.members[member].next {
            self.out_of_order += 1;
        }
    }

    fn hand_up(&mut self, now: Instant, member: usize, number: u64, message: Message) {
        let index = usize::try_from(number - 1).expect("numbers of messages fit in memory");
        if self.messages.len() <= index {
            self.messages.resize(index + 1, None);
        }
        let (first, readers) = self.messages[index].get_or_insert((message, 0));
        if *first != message {
            self.out_of_order += 1;
        }
        *readers += 1;
        if *readers as usize == self.members.len() {
            self.complete += 1;
        }
        let measured_from = Instant::from_micros(self.measured_from.load(Ordering::Relaxed));
        if message.written >= measured_from && self.measured_member.is_none_or(|only| only == member) {
            self.deliveries += 1;
            self.latencies_us.push(u32::try_from(now.micros_since(message.written)).unwrap_or(u32::MAX));
        }
    }

    /// Takes in what others saw of the same room.
    pub(super) fn merge(&mut self, mut other: Self) {
        let both = self.messages.iter().flatten().zip(other.messages.iter().flatten());
        self.out_of_order += both.filter(|((one, _), (another, _))| one != another).count() as u64;
        self.members.append(&mut other.members);
        self.latencies_us.append(&mut other.latencies_us);
        self.deliveries += other.deliveries;
        self.duplicated += other.duplicated;
        self.out_of_order += other.out_of_order;
    }

    /// Deliveries that are missing, if `written` messages were written in all.
    pub(super) fn lost(&self, written: u64) -> u64 {
        self.members.iter().map(|member| (written + 1).saturating_sub(member.next)).sum()
    }

    /// How often a publisher's message stands in the room before an earlier one of the same, or twice.
    pub(super) fn misordered(&self) -> u64 {
        let mut next: BTreeMap<u32, u32> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut wrong = 0;
        for (message, _) in self.messages.iter().flatten() {
            let next = next.entry(message.publisher).or_default();
            wrong += u64::from(message.sequence < *next || !seen.insert((message.publisher, message.sequence)));
            *next = (*next).max(message.sequence + 1);
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(sequence: u32) -> Message {
        Message { publisher: 0, sequence, written: Instant::from_micros(10) }
    }

    fn at(us: u64) -> Instant {
        Instant::from_micros(us)
    }

    #[test]
    fn latency_counts_until_nothing_before_is_missing() {
        let mut ledger = Ledger::new(1, Arc::default());
        ledger.arrived(at(20), 0, 2, 0, message(1));
        ledger.arrived(at(50), 0, 1, 2, message(0));
        assert_eq!(ledger.latencies_us, [40, 40]);
        assert_eq!((ledger.complete, ledger.lost(2), ledger.misordered()), (2, 0, 0));
        assert_eq!((ledger.duplicated, ledger.out_of_order), (0, 0));
    }

    #[test]
    fn every_fault_is_counted() {
        let mut ledger = Ledger::new(2, Arc::default());
        ledger.arrived(at(20), 0, 1, 1, message(0));
        ledger.arrived(at(20), 0, 1, 1, message(0));
        assert_eq!(ledger.duplicated, 1);
        ledger.arrived(at(20), 0, 3, 3, message(2));
        assert_eq!(ledger.out_of_order, 1, "2 is missing, whatever the client says");
        ledger.arrived(at(20), 1, 1, 1, message(5));
        assert_eq!(ledger.out_of_order, 2, "the two members disagree on 1");
        assert_eq!(ledger.lost(3), 2 + 2);
        let mut elsewhere = Ledger::new(1, Arc::default());
        elsewhere.arrived(at(20), 0, 1, 1, message(7));
        ledger.merge(elsewhere);
        assert_eq!((ledger.out_of_order, ledger.lost(3)), (3, 2 + 2 + 2), "nor does a third agree");
        let mut ledger = Ledger::new(1, Arc::default());
        ledger.arrived(at(20), 0, 1, 1, message(1));
        ledger.arrived(at(20), 0, 2, 2, message(0));
        assert_eq!(ledger.misordered(), 1);
    }
}

//! The sent ring: for every datagram that may still be acknowledged, when it left, what became of it, and which pieces it
//! carried (RFC 9002, appendix A.1). References only; the payloads are looked up again when they are needed.

use alloc::collections::VecDeque;

use crate::limits::{LOST_LINGER_MS, SENT_RING_LEN};
use crate::time::Instant;

/// What is known of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing yet.
    Out,
    /// It arrived.
    Acked,
    /// It was given up, and might still turn out to have arrived.
    Lost,
    /// Nobody will say: it elicits no acknowledgement.
    Untold,
}

/// Why a datagram went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Something in it is new.
    Fresh,
    /// Only because the probe timer fired or a loss was detected.
    Repair,
    /// Only for speculative copies.
    Speculative,
    /// To find out whether the path carries a datagram of its length.
    Search,
}

/// One datagram that was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) at: Instant,
    /// The largest packet number in its `Ack`, if that left nothing out.
    pub(super) ack_upto: Option<u64>,
    pub(super) fate: Fate,
    pub(super) purpose: Purpose,
    /// Octets of the datagram, header and tag included.
    pub(super) len: u16,
    refs_start: u64,
    refs_len: u16,
}

/// A datagram that goes out, with so many pieces.
#[derive(Clone, Copy, Debug)]
pub(super) struct New {
    pub(super) at: Instant,
    pub(super) fate: Fate,
    pub(super) purpose: Purpose,
    pub(super) ack_upto: Option<u64>,
    pub(super) len: u16,
    pub(super) refs: u16,
}

/// Datagrams by packet number, and their references to pieces, in two ring buffers that grow to what is needed and stay.
#[derive(Debug, Default)]
pub(super) struct SentRing {
    base: u64,
    ring: VecDeque<Sent>,
    refs_base: u64,
    refs: VecDeque<u64>,
    /// No datagram before this one is [`Fate::Out`].
    first_out: u64,
    in_flight: u32,
    /// Datagrams given up and still remembered, in order.
    lost: VecDeque<u64>,
}

impl SentRing {
    /// The number of the next datagram.
    pub(super) fn next(&self) -> u64 {
        self.base + self.ring.len() as u64
    }

    /// Datagrams out there.
    pub(super) const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// No datagram before this one waits for news.
    pub(super) const fn first_out(&self) -> u64 {
        self.first_out
    }

    /// Remembers that the datagram being written carries a piece.
    pub(super) fn carry(&mut self, piece: u64) {
        self.refs.push_back(piece);
    }

    /// The datagram is written: it carries the last `refs` pieces.
    pub(super) fn push(&mut self, datagram: New) {
        let New { at, fate, purpose, ack_upto, len, refs } = datagram;
        let refs_start = self.refs_base + self.refs.len() as u64 - u64::from(refs);
        self.ring.push_back(Sent { at, ack_upto, fate, purpose, len, refs_start, refs_len: refs });
        self.in_flight += u32::from(fate == Fate::Out);
        self.tidy(at);
    }

    /// Uses up a number for a datagram that is not this ring's business.
    pub(super) fn skip(&mut self) {
        let at = self.ring.back().map_or(Instant::EPOCH, |sent| sent.at);
        self.push(New { at, fate: Fate::Untold, purpose: Purpose::Fresh, ack_upto: None, len: 0, refs: 0 });
    }

    pub(super) fn is_full(&self) -> bool {
        self.ring.len() >= SENT_RING_LEN
    }

    pub(super) const fn base(&self) -> u64 {
        self.base
    }

    pub(super) fn get(&self, number: u64) -> Option<&Sent> {
        self.ring.get(usize::try_from(number.checked_sub(self.base)?).ok()?)
    }

    /// The `i`-th piece of a datagram.
    pub(super) fn piece(&self, sent: &Sent, i: u16) -> Option<u64> {
        let at = sent.refs_start.checked_sub(self.refs_base)? + u64::from(i);
        (i < sent.refs_len).then(|| self.refs.get(usize::try_from(at).ok()?).copied()).flatten()
    }

    /// Settles the fate of a datagram; gives it as it was before.
    pub(super) fn settle(&mut self, number: u64, fate: Fate) -> Option<Sent> {
        let index = usize::try_from(number.checked_sub(self.base)?).ok()?;
        let sent = self.ring.get_mut(index)?;
        let before = *sent;
        sent.fate = fate;
        self.in_flight -= u32::from(before.fate == Fate::Out);
        if fate == Fate::Lost {
            let at = self.lost.partition_point(|&lost| lost < number);
            self.lost.insert(at, number);
        } else if before.fate == Fate::Lost {
            self.lost.retain(|&lost| lost != number);
        }
        while self.get(self.first_out).is_some_and(|sent| sent.fate != Fate::Out) {
            self.first_out += 1;
        }
        Some(before)
    }

    /// The first datagram in `from..=last` that was given up.
    pub(super) fn first_lost(&self, from: u64, last: u64) -> Option<u64> {
        let at = self.lost.partition_point(|&lost| lost < from);
        self.lost.get(at).copied().filter(|&lost| lost <= last)
    }

    /// Forgets the oldest datagrams of which no news can matter.
    pub(super) fn tidy(&mut self, now: Instant) {
        while let Some(front) = self.ring.front() {
            let lingers = front.fate == Fate::Lost && now.micros_since(front.at) < LOST_LINGER_MS * 1_000;
            if front.fate == Fate::Out || (lingers && !self.is_full()) {
                break;
            }
            let end = front.refs_start + u64::from(front.refs_len);
            while self.refs_base < end {
                self.refs.pop_front();
                self.refs_base += 1;
            }
            if front.fate == Fate::Lost {
                self.lost.pop_front();
            }
            self.ring.pop_front();
            self.base += 1;
        }
        self.first_out = self.first_out.max(self.base);
        while self.get(self.first_out).is_some_and(|sent| sent.fate != Fate::Out) {
            self.first_out += 1;
        }
    }
}

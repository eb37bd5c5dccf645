//! Identifiers and numbers, each a type of its own.

use core::fmt;

use alloc::string::String;
use blake2::digest::consts::U32;
use blake2::{Blake2s, Digest};
use serde::{Deserialize, Serialize};

/// Declares a number on the wire: a `u64` as a varint, shown in decimal.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// The next number. The last one there is has itself as next: a peer can name it, but nobody counts that far.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// Number of a datagram within a link; new for every datagram, retransmissions included. The low 32 bits are on the
    /// wire, all 64 are the nonce.
    PacketNumber
}
number! {
    /// A room, unique on its server for ever. Direct messages are a room of two.
    RoomId
}
number! {
    /// Number of an entry in a room's log (server to client) or of a message in a link's outbox order (client to server).
    /// The first is 1; 0 stands before the first.
    RoomSeq
}
number! {
    /// An account on its server.
    AccountId
}
number! {
    /// Identity of a log; new whenever a number could otherwise be given twice.
    LogId
}
number! {
    /// One run of a server on its store: random, and remembered by the store. Where a device has seen a log in an epoch further than
    /// the store knows of, or in one that it does not know, the store is an earlier state of itself. No server has 0.
    Epoch
}
number! {
    /// A control request of a client, from 1 in each process; repeated unchanged on a new link.
    RequestId
}
number! {
    /// Random per process start; tells two programs of one device apart. A session belongs to (device, instance).
    InstanceId
}
number! {
    /// Version of a room's presence; every change in a room has a larger one.
    PresenceVersion
}

/// Selects the key that opens a `Sealed` datagram; chosen at random by its receiver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub [u8; 8]);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// Names a message for ever: a repeat with the same id is the same message. 64 random bits per start of the device, and a
/// counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClientMsgId {
    /// Random, new at each start of the device.
    #[serde(with = "postcard::fixint::le")]
    pub start: u64,
    /// 1, 2, 3 … within a start.
    pub counter: u64,
}

impl fmt::Display for ClientMsgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}.{}", self.start, self.counter)
    }
}

/// An X25519 public key (RFC 7748): the identity of a server or of a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// The 20 characters by which people compare keys: the first 100 bits of BLAKE2s-256 (RFC 7693) over the key, in
    /// Crockford's base 32, lower case, in groups of five (`k3v9q-…`).
    #[must_use]
    pub fn fingerprint(&self) -> String {
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let hash: [u8; 32] = Blake2s::<U32>::digest(self.0).into();
        let mut out = String::with_capacity(23);
        for i in 0..20 {
            if i > 0 && i % 5 == 0 {
                out.push('-');
            }
            let bit = i * 5;
            let pair = u16::from_be_bytes([hash[bit / 8], hash[bit / 8 + 1]]);
            let index = usize::from((pair >> (11 - bit % 8)) & 31);
            out.push(char::from(ALPHABET[index]));
        }
        out
    }
}

/// The fingerprint.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fingerprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_that_a_peer_can_name_overflows() {
        assert_eq!(RoomSeq(7).next(), RoomSeq(8));
        assert_eq!(RoomSeq(u64::MAX).next(), RoomSeq(u64::MAX));
    }

    #[test]
    fn a_fingerprint_is_twenty_characters_in_four_groups() {
        let print = PublicKey([7; 32]).fingerprint();
        assert_eq!(print.len(), 23);
        assert_eq!(print.split('-').map(str::len).collect::<alloc::vec::Vec<_>>(), [5, 5, 5, 5]);
        assert_ne!(print, PublicKey([8; 32]).fingerprint());
    }
}

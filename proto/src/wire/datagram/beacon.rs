//! `Beacon`: I serve here. Layout of every version: first octet, versions 2, nonce 16, boot id 8, server key 32, address 16,
//! port 2, flags 1, page 2, pages 2, people 4, rooms 4; then the server's name, and rooms up to the CRC-32 4.
//!
//! Anyone can send one: it says where to knock, and the handshake proves who is there.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::hello::VersionRange;
use super::{Kind, crc};
use crate::error::DropReason;
use crate::limits::{BEACON_MAX_LEN, BEACON_TOPIC_MAX_LEN, BEACON_UNASKED_MAX_LEN, CRC_LEN, NAME_MAX_LEN};
use crate::wire::id::PublicKey;
use crate::wire::message::name;

/// What a server says of itself on the subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beacon {
    /// All that has a constant size.
    pub head: BeaconHead,
    /// What the server is called, at most [`NAME_MAX_LEN`] octets.
    pub name: String,
    /// Public rooms, as many as have room in the datagram.
    pub rooms: Vec<BeaconRoom>,
}

/// The part of a `Beacon` that has a constant size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeaconHead {
    /// What the server speaks.
    pub versions: VersionRange,
    /// The nonce of the `Query` that is answered; zeros if nobody asked.
    pub nonce: [u8; 16],
    /// Random per start of the server: another one means that it was restarted.
    pub boot: [u8; 8],
    /// The server's static key: a hint until a handshake has proved it.
    pub server: PublicKey,
    /// Where to call it, IPv4 addresses mapped; zeros: where this datagram came from.
    pub addr: [u8; 16],
    /// The server's UDP port of chat.
    #[serde(with = "postcard::fixint::le")]
    pub port: u16,
    /// What else there is to say.
    pub flags: BeaconFlags,
    /// Which page of the rooms this is, from 0.
    #[serde(with = "postcard::fixint::le")]
    pub page: u16,
    /// How many pages there are; at least 1 in an answer, 0 if nobody asked.
    #[serde(with = "postcard::fixint::le")]
    pub pages: u16,
    /// People who are online.
    #[serde(with = "postcard::fixint::le")]
    pub online: u32,
    /// Public rooms, on all pages.
    #[serde(with = "postcard::fixint::le")]
    pub rooms: u32,
}

/// Bits of a `Beacon`; those without a name are zero when sent and ignored when received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BeaconFlags(pub u8);

/// A public room in a `Beacon`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeaconRoom {
    /// The room's name.
    pub name: String,
    /// The room's topic, cut after [`BEACON_TOPIC_MAX_LEN`] octets.
    pub topic: String,
    /// People in it who are online.
    pub online: u32,
}

impl BeaconFlags {
    /// A device that is new there needs a join key.
    pub const JOIN_KEY_NEEDED: Self = Self(1);
    /// Somebody's chat program serves beside: it may end with it, and gives way to another server.
    pub const CASUAL: Self = Self(2);
    /// The server goes down now.
    pub const LEAVING: Self = Self(4);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self, wanted: bool) -> Self {
        if wanted { Self(self.0 | other.0) } else { self }
    }
}

impl BeaconHead {
    /// Length of the head, the first octet included.
    pub const LEN: usize = 1 + 2 + 16 + 8 + 32 + 16 + 2 + 1 + 2 + 2 + 4 + 4;

    /// A head of the first page, from a server that is to be called where the beacon comes from.
    #[must_use]
    pub fn new(server: PublicKey, boot: [u8; 8], port: u16) -> Self {
        Self {
            versions: VersionRange::OURS,
            nonce: [0; 16],
            boot,
            server,
            addr: [0; 16],
            port,
            flags: BeaconFlags::default(),
            page: 0,
            pages: 0,
            online: 0,
            rooms: 0,
        }
    }

    /// Where to call the server, if it is not where the beacon comes from.
    #[must_use]
    pub fn addr(&self) -> Option<IpAddr> {
        (self.addr != [0; 16]).then(|| Ipv6Addr::from(self.addr).to_canonical())
    }

    /// Sets where to call the server.
    #[must_use]
    pub fn at(self, addr: IpAddr) -> Self {
        let v6 = match addr {
            IpAddr::V4(v4) => v4.to_ipv6_mapped(),
            IpAddr::V6(v6) => v6,
        };
        Self { addr: v6.octets(), ..self }
    }
}

impl BeaconRoom {
    /// A room with its topic cut to what a beacon carries, at a character's end.
    #[must_use]
    pub fn new(name: &str, topic: &str, online: u32) -> Self {
        let cut = topic.floor_char_boundary(BEACON_TOPIC_MAX_LEN);
        Self { name: name.into(), topic: topic[..cut].into(), online }
    }

    /// The room's length on the wire.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        postcard::experimental::serialized_size(self).expect("plain data has a size")
    }
}

impl Beacon {
    /// Room for names and rooms in the longest `Beacon`.
    pub const CONTENTS_MAX_LEN: usize = BEACON_MAX_LEN - BeaconHead::LEN - CRC_LEN;

    /// Reads a `Beacon`.
    ///
    /// # Errors
    /// The reason for which it is dropped.
    pub fn decode(datagram: &[u8]) -> Result<Self, DropReason> {
        if !(BeaconHead::LEN + 1 + CRC_LEN..=BEACON_MAX_LEN).contains(&datagram.len()) {
            return Err(DropReason::Length);
        }
        if Kind::of(datagram)? != Kind::Beacon {
            return Err(DropReason::Kind);
        }
        let contents = crc::check(datagram)?;
        let (head, rest) =
            postcard::take_from_bytes::<BeaconHead>(&contents[1..]).map_err(|_| DropReason::Malformed)?;
        let (name, mut rest) = postcard::take_from_bytes::<&str>(rest).map_err(|_| DropReason::Malformed)?;
        if head.versions.min > head.versions.max || name.len() > NAME_MAX_LEN {
            return Err(DropReason::Malformed);
        }
        let mut rooms = Vec::new();
        while !rest.is_empty() {
            let room;
            (room, rest) = postcard::take_from_bytes::<BeaconRoom>(rest).map_err(|_| DropReason::Malformed)?;
            if name::check(&room.name).is_err() || room.topic.len() > BEACON_TOPIC_MAX_LEN {
                return Err(DropReason::Malformed);
            }
            rooms.push(room);
        }
        Ok(Self { head, name: name.into(), rooms })
    }

    /// Writes a `Beacon` into `out`: its length. The rooms must have room: [`Self::CONTENTS_MAX_LEN`] is for the name and for
    /// them.
    ///
    /// # Panics
    /// If `out` is shorter than [`BEACON_MAX_LEN`], or if the rooms have no room.
    pub fn encode(&self, out: &mut [u8]) -> usize {
        let out = &mut out[..BEACON_MAX_LEN];
        out[0] = Kind::Beacon.first_octet();
        let mut at = 1;
        let room = BEACON_MAX_LEN - CRC_LEN;
        at += postcard::to_slice(&self.head, &mut out[at..room]).expect("a head has a constant size").len();
        at += postcard::to_slice(&self.name, &mut out[at..room]).expect("a name has room").len();
        for listed in &self.rooms {
            at += postcard::to_slice(listed, &mut out[at..room]).expect("the caller counted").len();
        }
        let len = at + CRC_LEN;
        crc::write(&mut out[..len]);
        len
    }
}

/// `Beacon v1 of k3v9q-…, page 1 of 2, 3 rooms`.
impl fmt::Display for Beacon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { head, rooms, .. } = self;
        write!(f, "Beacon {} of {}", head.versions, head.server)?;
        if head.flags.has(BeaconFlags::LEAVING) {
            return f.write_str(", leaving");
        }
        if head.pages > 1 {
            write!(f, ", page {} of {}", u32::from(head.page) + 1, head.pages)?;
        }
        write!(f, ", {} rooms", rooms.len())
    }
}

const _: () = assert!(
    BeaconHead::LEN + 1 + NAME_MAX_LEN + CRC_LEN <= BEACON_UNASKED_MAX_LEN,
    "a Beacon that nobody asked for has no rooms, and is short"
);
const _: () = assert!(
    Beacon::CONTENTS_MAX_LEN >= 1 + NAME_MAX_LEN + 1 + NAME_MAX_LEN + 1 + BEACON_TOPIC_MAX_LEN + 5,
    "every page has a room"
);

//! What a datagram may be, and what it may not.

use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::limits::{CRC_LEN, DATAGRAM_MAX_LEN, HELLO_LEN, INIT_LEN, QUERY_LEN};
use crate::wire::id::{ConnectionId, PublicKey};

const HELLO: Hello = Hello { versions: VersionRange::OURS, nonce: [7; 16], capabilities: 0 };
const COOKIE: Cookie = Cookie {
    versions: VersionRange::OURS,
    nonce: [7; 16],
    server: PublicKey([9; 32]),
    join_key_needed: false,
    capabilities: 0,
    cookie: [5; 24],
};
const INIT: Init = Init { flags: InitFlags(0), client_id: ConnectionId([1; 8]), nonce: [7; 16], cookie: [5; 24] };

/// Changes an octet and repairs the checksum.
fn changed<const N: usize>(mut datagram: [u8; N], at: usize, to: u8) -> [u8; N] {
    datagram[at] = to;
    crc::write(&mut datagram);
    datagram
}

fn hello() -> [u8; HELLO_LEN] {
    let mut out = [0xee; HELLO_LEN];
    HELLO.encode(&mut out);
    out
}

fn cookie() -> [u8; Cookie::LEN] {
    let mut out = [0xee; Cookie::LEN];
    COOKIE.encode(&mut out);
    out
}

fn init() -> [u8; INIT_LEN] {
    let mut out = [0xee; INIT_LEN];
    INIT.encode(&[3; 96], |_| [4; 16], &mut out);
    out
}

#[test]
fn hello_and_cookie_are_read_in_every_version() {
    for version in [0, 2, 15] {
        assert_eq!(Hello::decode(&changed(hello(), 0, version << 4 | 1)), Ok(HELLO));
        assert_eq!(Cookie::decode(&changed(cookie(), 0, version << 4 | 2)), Ok(COOKIE));
        assert_eq!(Init::decode(&changed(init(), 0, version << 4 | 3)), Err(DropReason::Version));
    }
}

#[test]
fn query_and_beacon_are_read_in_every_version() {
    let query = Query { versions: VersionRange::OURS, nonce: [7; 16], server: Query::EVERY_SERVER, page: 3 };
    let mut out = [0xee; QUERY_LEN];
    query.encode(&mut out);
    let mut longest = [0xee; DATAGRAM_MAX_LEN];
    let beacon = beacon(Vec::new());
    let len = beacon.encode(&mut longest);
    for version in [0, 2, 15] {
        assert_eq!(Query::decode(&changed(out, 0, version << 4 | 7)), Ok(query));
        longest[0] = version << 4 | 8;
        crc::write(&mut longest[..len]);
        assert_eq!(Beacon::decode(&longest[..len]).as_ref(), Ok(&beacon));
    }
}

fn beacon(rooms: Vec<BeaconRoom>) -> Beacon {
    Beacon { head: BeaconHead::new(PublicKey([9; 32]), [1; 8], 24_469), name: "lab".into(), rooms }
}

#[test]
fn a_beacon_says_where_to_call_or_leaves_it_to_its_source() {
    let head = BeaconHead::new(PublicKey([9; 32]), [1; 8], 24_469);
    assert_eq!(head.addr(), None);
    for addr in ["192.0.2.7", "fe80::7"] {
        let addr = addr.parse().unwrap();
        assert_eq!(head.at(addr).addr(), Some(addr), "unmapped inside");
    }
}

#[test]
fn a_beacon_with_a_name_that_no_room_can_have_is_refused() {
    let mut out = [0; DATAGRAM_MAX_LEN];
    for (name, right) in [("lobby", true), ("", false), ("two words", false), ("\u{202e}evil", false)] {
        let len = beacon(vec![BeaconRoom::new(name, "", 1)]).encode(&mut out);
        assert_eq!(Beacon::decode(&out[..len]).is_ok(), right, "{name:?}");
    }
}

#[test]
fn a_topic_is_cut_at_the_end_of_a_character() {
    let room = BeaconRoom::new("lobby", &"\u{6e2c}".repeat(100), 1);
    assert_eq!(room.topic, "\u{6e2c}".repeat(40));
    assert_eq!(BeaconRoom::new("lobby", "short", 1).topic, "short");
}

#[test]
fn a_range_of_versions_is_not_empty() {
    assert_eq!(Hello::decode(&changed(hello(), 1, 2)), Err(DropReason::Malformed));
    assert_eq!(Cookie::decode(&changed(cookie(), 1, 2)), Err(DropReason::Malformed));
    let range = |min, max| VersionRange { min, max };
    assert_eq!(range(1, 3).common(range(2, 9)), Some(3));
    assert_eq!(range(1, 3).common(range(4, 9)), None);
}

#[test]
fn padding_is_zeros() {
    assert_eq!(Hello::decode(&changed(hello(), HELLO_LEN - CRC_LEN - 1, 1)), Err(DropReason::Malformed));
    assert_eq!(Init::decode(&changed(init(), Init::MAC_AT - 1, 1)), Err(DropReason::Malformed));
}

#[test]
fn a_handshake_message_ends_before_the_mac() {
    let longest = u8::try_from(Init::NOISE_MAX_LEN).expect("fits");
    let (_, noise, mac) = Init::decode(&init()).map(|(i, n, m)| (i, n.len(), m)).expect("an Init");
    assert_eq!((noise, mac), (96, [4; 16]));
    let datagram = changed(init(), Init::PROLOGUE_LEN, longest);
    assert_eq!(Init::decode(&datagram).map(|(_, noise, _)| noise.len()), Ok(Init::NOISE_MAX_LEN));
    assert_eq!(Init::decode(&changed(init(), Init::PROLOGUE_LEN, longest + 1)), Err(DropReason::Malformed));
}

#[test]
fn a_flag_is_yes_or_no() {
    let at = 1 + 2 + 16 + 32;
    assert!(Cookie::decode(&changed(cookie(), at, 1)).expect("a Cookie").join_key_needed);
    assert_eq!(Cookie::decode(&changed(cookie(), at, 2)), Err(DropReason::Malformed));
}

#[test]
fn a_wrong_length_or_checksum_is_noticed_before_anything_else() {
    let mut datagram = [0; DATAGRAM_MAX_LEN];
    datagram[..HELLO_LEN].copy_from_slice(&hello());
    assert_eq!(Hello::decode(&datagram[..HELLO_LEN + 1]), Err(DropReason::Length));
    datagram[40] ^= 1;
    assert_eq!(Hello::decode(&datagram[..HELLO_LEN]), Err(DropReason::Checksum));
    assert_eq!(Accept::decode(&datagram[..13]), Err(DropReason::Length));
    assert_eq!(SealedHeader::decode(&datagram[..39]), Err(DropReason::Length));
    assert_eq!(Reset::decode(&datagram[..28]), Err(DropReason::Length));
}

#[test]
fn the_first_octet_says_version_and_kind() {
    assert_eq!(Kind::of(&[]), Err(DropReason::Length));
    assert_eq!(Kind::of(&[0x10]), Err(DropReason::Kind));
    assert_eq!(Kind::of(&[0x19]), Err(DropReason::Kind));
    assert_eq!(Kind::of(&[0x25]), Err(DropReason::Version));
    assert_eq!(Kind::of(&[0x21]), Ok(Kind::Hello));
    assert_eq!(Kind::of(&[Kind::Sealed.first_octet()]), Ok(Kind::Sealed));
}

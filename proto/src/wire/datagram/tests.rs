//! What a datagram may be, and what it may not.

use super::*;
use crate::limits::{CRC_LEN, DATAGRAM_MAX_LEN, HELLO_LEN, INIT_LEN};
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

//! The datagrams and frames that the vectors are made of: every kind, and the edges.

use chinwag_proto::limits::{ACK_RANGES_MAX, CHAT_PORT, FRAGMENT_MAX_LEN, FRAGMENT_MIN_LEN, FRAMES_MAX_LEN};
use chinwag_proto::wire::datagram::{
    Accept, Beacon, BeaconFlags, BeaconHead, BeaconRoom, Cookie, Hello, Init, InitFlags, Query, Reset, SealedHeader,
    VersionRange,
};
use chinwag_proto::wire::frame::{
    AckRange, Channel, Close, CloseCode, Credit, Cursor, Fragment, Frame, FrameWriter, Message, PathToken,
};
use chinwag_proto::wire::id::{ConnectionId, PacketNumber, PublicKey, RoomId, RoomSeq};

use crate::fields::written;

/// `N` octets that count up from `first`.
fn count<const N: usize>(first: u8) -> [u8; N] {
    let mut next = first;
    [0; N].map(|_| {
        let this = next;
        next = next.wrapping_add(1);
        this
    })
}

/// Datagrams by name. Opaque parts (cookies, handshake messages, tags) count up; real ones are in `handshake.json`.
pub(crate) fn datagrams() -> Vec<(String, Vec<u8>)> {
    let mut out = [0; 1_200];
    let mut all = Vec::new();
    let mut add = |name: &str, len: usize, out: &[u8]| all.push((name.to_string(), out[..len].to_vec()));

    let hello = Hello { versions: VersionRange::OURS, nonce: count(1), capabilities: 0 };
    add("hello", hello.encode(&mut out), &out);
    let hello = Hello { versions: VersionRange { min: 1, max: 255 }, nonce: count(0x80), capabilities: 0x0403_0201 };
    add("hello of a client that speaks more versions", hello.encode(&mut out), &out);

    let cookie = Cookie {
        versions: VersionRange::OURS,
        nonce: count(1),
        server: PublicKey(count(0x20)),
        join_key_needed: false,
        capabilities: 0,
        cookie: count(0x60),
    };
    add("cookie", cookie.encode(&mut out), &out);
    let cookie = Cookie {
        versions: VersionRange { min: 2, max: 3 },
        join_key_needed: true,
        capabilities: u32::MAX,
        server: PublicKey([0xff; 32]),
        ..cookie
    };
    add("cookie of a newer server with a join key", cookie.encode(&mut out), &out);

    let init = Init {
        flags: InitFlags::default(),
        client_id: ConnectionId(count(0xa0)),
        nonce: count(1),
        cookie: count(0x60),
    };
    add("init", init.encode(&count::<96>(0), |_| count(0xe0), &mut out), &out);
    let init = Init { flags: InitFlags::JOIN_KEY, ..init };
    add("init under a join key, longest", init.encode(&[0xaa; Init::NOISE_MAX_LEN], |_| count(0xe0), &mut out), &out);

    let accept = Accept { client_id: ConnectionId(count(0xa0)) };
    add("accept", accept.encode(&count::<48>(0), &mut out), &out);
    add("accept, longest", accept.encode(&[0xbb; Accept::NOISE_MAX_LEN], &mut out), &out);

    SealedHeader { flags: 0, destination: ConnectionId(count(0xb0)), number_low: 0x0403_0201 }.encode(&mut out);
    out[14..40].copy_from_slice(&count::<26>(0x40));
    add("sealed, shortest; the contents are not really sealed", 40, &out);

    let reset = Reset { id: ConnectionId(count(0xb0)), token: count(0x10) };
    add("reset", reset.encode(&mut out), &out);

    let query = Query { versions: VersionRange::OURS, nonce: count(1), server: Query::EVERY_SERVER, page: 0 };
    add("query", query.encode(&mut out), &out);
    let query =
        Query { versions: VersionRange { min: 1, max: 9 }, server: PublicKey(count(0x20)), page: 0x0102, ..query };
    add("query for a page of one server", query.encode(&mut out), &out);

    let head = BeaconHead::new(PublicKey(count(0x20)), count(0x70), CHAT_PORT);
    let mut beacon = Beacon { head, name: "lab".to_string(), rooms: Vec::new() };
    add("beacon that nobody asked for", beacon.encode(&mut out), &out);
    beacon.head.flags = BeaconFlags::CASUAL.with(BeaconFlags::LEAVING, true);
    add("beacon of a server that goes down", beacon.encode(&mut out), &out);
    let rooms = vec![BeaconRoom::new("lobby", "everything", 3), BeaconRoom::new("caf\u{e9}", "", 300)];
    let head =
        BeaconHead { nonce: count(1), pages: 1, online: 301, rooms: 2, flags: BeaconFlags::default(), ..beacon.head };
    let beacon = Beacon { head: head.at([192, 0, 2, 7].into()), rooms, ..beacon };
    add("beacon, an answer that says where to call", beacon.encode(&mut out), &out);
    let (mut rooms, mut left) = (Vec::new(), Beacon::CONTENTS_MAX_LEN - 1);
    for n in 0..100_u32 {
        let room = BeaconRoom::new(&format!("room-{n}"), &"\u{6e2c}".repeat(60), n);
        match left.checked_sub(room.encoded_len()) {
            Some(rest) => left = rest,
            None => break,
        }
        rooms.push(room);
    }
    let versions = VersionRange { min: 1, max: 2 };
    let flags = BeaconFlags::JOIN_KEY_NEEDED;
    let head = BeaconHead { versions, flags, page: 1, pages: 12, online: u32::MAX, rooms: 100, ..beacon.head };
    let beacon = Beacon { head: head.at([0xfe80, 0, 0, 0, 0, 0, 0, 1].into()), name: String::new(), rooms };
    add("beacon, a full page of a newer server without a name", beacon.encode(&mut out), &out);
    all
}

/// Frames by name, each as it goes on the wire.
pub(crate) fn frames() -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    let room = Channel::Room(RoomId(7));
    let message = |channel, number, ahead, body| Frame::Message(Message { channel, number, ahead, body });
    let cut = |begun, each: usize, index, last, bytes| {
        let each = u16::try_from(each).expect("fits a datagram");
        Frame::Fragment(Fragment { channel: room, number: 300, ahead: 2, begun, each, index, last, bytes })
    };
    let fragment = |index, last, bytes| cut(1, FRAGMENT_MAX_LEN, index, last, bytes);
    let full = [0x61; FRAGMENT_MAX_LEN];
    let least = &full[..FRAGMENT_MIN_LEN];
    // Kind 1, length 2, channel 2, number 1, ahead 1.
    let longest = [0x62; FRAMES_MAX_LEN - 7];
    let plain: Vec<(&str, Frame<'_>)> = vec![
        ("padding of two octets", Frame::Padding { len: 0 }),
        ("padding", Frame::Padding { len: 200 }),
        ("message in a room", message(room, 12, 1, b"hello")),
        (
            "message far ahead, in a room with a large number",
            message(Channel::Room(RoomId(u64::MAX)), 1 << 40, 200, b""),
        ),
        ("control message", message(Channel::Control, 1, 1, &[0, 1])),
        ("presence", message(Channel::Presence(RoomId(7)), 128, 128, &[0])),
        ("typing", message(Channel::Typing(RoomId(7)), 0, 0, &[9])),
        ("bulk message", message(Channel::Bulk, 3, 3, b"page")),
        ("message that fills a datagram", message(room, 13, 1, &longest)),
        ("first fragment", fragment(0, 2, &full)),
        ("last fragment", fragment(2, 2, b"the end")),
        ("first fragment of the same message on a narrow path", cut(2, FRAGMENT_MIN_LEN, 0, 4, least)),
        ("last fragment of as many as there may be", cut(u32::MAX, FRAGMENT_MIN_LEN, 139, 139, least)),
        ("cursor", Frame::Cursor(Cursor { room: RoomId(7), upto: RoomSeq(12) })),
        ("largest cursor", Frame::Cursor(Cursor { room: RoomId(u64::MAX), upto: RoomSeq(u64::MAX) })),
        ("credit", Frame::Credit(Credit { messages: 1_024 })),
        ("ping", Frame::Ping),
        ("path challenge", Frame::PathChallenge(PathToken(count(0xc0)))),
        ("path response", Frame::PathResponse(PathToken(count(0xc0)))),
    ];
    all.extend(plain.iter().map(|(name, frame)| ((*name).to_string(), written(&[*frame]))));
    for code in [
        CloseCode::Done,
        CloseCode::Shutdown,
        CloseCode::Displaced,
        CloseCode::Protocol,
        CloseCode::Denied,
        CloseCode::Expired,
    ] {
        let reason = if code == CloseCode::Done { "" } else { "tschüß" };
        all.push((format!("close: {code:?}"), written(&[Frame::Close(Close { code, reason })])));
    }
    let many: Vec<(u64, u64)> = (0..ACK_RANGES_MAX as u64).map(|i| (10_000 - i * 300, 10_000 - i * 300 + i)).collect();
    for (name, delay_us, ranges) in [
        ("ack of one datagram", 0, vec![(0, 0)]),
        ("ack of a range", 2_000, vec![(3, 7)]),
        ("ack of ranges with the smallest gap", 128, vec![(9, 9), (3, 7), (0, 1)]),
        ("ack of as many ranges as there may be", 20_000, many),
        ("ack of the largest number", u64::MAX, vec![(u64::MAX, u64::MAX), (0, 0)]),
    ] {
        let mut out = [0; FRAMES_MAX_LEN];
        let mut writer = FrameWriter::new(&mut out);
        let ranges = ranges.into_iter().map(|(a, b)| AckRange { first: PacketNumber(a), last: PacketNumber(b) });
        writer.put_ack(delay_us, ranges).expect("there is room");
        let len = writer.len();
        all.push((name.to_string(), out[..len].to_vec()));
    }
    all
}

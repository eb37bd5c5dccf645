//! Encoding and decoding each kind of datagram.

use chinwag_proto::limits::DATAGRAM_MAX_LEN;
use chinwag_proto::wire::datagram::{Accept, Cookie, Hello, Init, InitFlags, Reset, SealedHeader, VersionRange};
use chinwag_proto::wire::frame::{AckRange, Channel, Frame, FrameWriter, Frames, Message};
use chinwag_proto::wire::id::{ConnectionId, PacketNumber, PublicKey, RoomId};
use divan::{Bencher, black_box};

fn buffer() -> [u8; DATAGRAM_MAX_LEN] {
    [0; DATAGRAM_MAX_LEN]
}

#[divan::bench]
fn hello(bencher: Bencher<'_, '_>) {
    let hello = Hello { versions: VersionRange::OURS, nonce: [1; 16], capabilities: 0 };
    let mut out = buffer();
    bencher.bench_local(move || {
        let len = black_box(&hello).encode(&mut out);
        Hello::decode(&out[..len])
    });
}

#[divan::bench]
fn cookie(bencher: Bencher<'_, '_>) {
    let cookie = Cookie {
        versions: VersionRange::OURS,
        nonce: [1; 16],
        server: PublicKey([2; 32]),
        join_key_needed: false,
        capabilities: 0,
        cookie: [3; 24],
    };
    let mut out = buffer();
    bencher.bench_local(move || {
        let len = black_box(&cookie).encode(&mut out);
        Cookie::decode(&out[..len])
    });
}

#[divan::bench]
fn init(bencher: Bencher<'_, '_>) {
    let init = Init { flags: InitFlags::default(), client_id: ConnectionId([1; 8]), nonce: [1; 16], cookie: [3; 24] };
    let mut out = buffer();
    bencher.bench_local(move || {
        let len = black_box(&init).encode(&[7; 150], |_| [9; 16], &mut out);
        Init::decode(&out[..len]).map(|(init, noise, _)| (init, noise.len()))
    });
}

#[divan::bench]
fn accept(bencher: Bencher<'_, '_>) {
    let accept = Accept { client_id: ConnectionId([1; 8]) };
    let mut out = buffer();
    bencher.bench_local(move || {
        let len = black_box(&accept).encode(&[7; 120], &mut out);
        Accept::decode(&out[..len]).map(|(accept, noise)| (accept, noise.len()))
    });
}

#[divan::bench]
fn reset(bencher: Bencher<'_, '_>) {
    let reset = Reset { id: ConnectionId([1; 8]), token: [4; 16] };
    let mut out = buffer();
    bencher.bench_local(move || {
        let len = black_box(&reset).encode(&mut out);
        Reset::decode(&out[..len])
    });
}

#[divan::bench]
fn sealed_header(bencher: Bencher<'_, '_>) {
    let header = SealedHeader { flags: 0, destination: ConnectionId([1; 8]), number_low: 77 };
    let mut out = buffer();
    bencher.bench_local(move || {
        black_box(&header).encode(&mut out);
        SealedHeader::decode(&out[..64]).map(|header| header.number(PacketNumber(78)))
    });
}

/// The contents of the usual `Sealed`: an acknowledgement and a message.
#[divan::bench]
fn sealed_contents(bencher: Bencher<'_, '_>) {
    let message = Message { channel: Channel::Room(RoomId(3)), number: 1_000, ahead: 0, body: &[b'x'; 100] };
    let mut out = buffer();
    bencher.bench_local(move || {
        let mut writer = FrameWriter::new(&mut out);
        let ranges = [AckRange { first: PacketNumber(90), last: PacketNumber(99) }];
        let acked = writer.put_ack(black_box(120), ranges.into_iter()).is_ok();
        let written = writer.put(&Frame::Message(black_box(message))).is_ok();
        let len = writer.len();
        (acked, written, Frames::new(&out[..len]).filter(Result::is_ok).count())
    });
}

//! What a frame may be, and what it may not.

use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::limits::{ACK_RANGES_MAX, CLOSE_REASON_MAX_LEN, FRAGMENT_MAX_LEN, FRAGMENT_MIN_LEN, FRAMES_MAX_LEN};
use crate::wire::id::{PacketNumber, RoomId};

/// Every frame in `contents` as a transcript shows it, and every reason for refusing one.
fn read(contents: &[u8]) -> Vec<String> {
    Frames::new(contents)
        .map(|frame| match frame {
            Ok(frame) => frame.to_string(),
            Err(reason) => reason.to_string(),
        })
        .collect()
}

/// One frame with this kind and body.
fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = u16::try_from(body.len()).expect("short");
    let mut out = vec![kind];
    out.extend(postcard::to_allocvec(&len).expect("plain data"));
    out.extend_from_slice(body);
    out
}

fn range(first: u64, last: u64) -> AckRange {
    AckRange { first: PacketNumber(first), last: PacketNumber(last) }
}

#[test]
fn a_frame_of_an_unknown_kind_is_skipped_and_the_rest_is_used() {
    assert_eq!(read(&[200, 2, 9, 9, 6, 0]), ["unknown frame", "Ping"]);
    assert_eq!(read(&[200, 3, 9, 9]), ["malformed"], "but not one that ends beyond the datagram");
}

#[test]
fn after_a_malformed_frame_nothing_is_read() {
    assert_eq!(read(&[6, 0, 6, 1, 0, 6, 0]), ["Ping", "malformed"]);
    assert_eq!(read(&[0, 2, 0, 1, 6, 0]), ["malformed"], "padding is zeros");
    assert_eq!(read(&[6, 0xff, 0xff, 0xff, 0xff]), ["malformed"], "a length has at most 16 bits");
    assert_eq!(read(&[6]), ["malformed"]);
}

#[test]
fn a_datagram_has_at_most_64_frames() {
    let pings = [6, 0].repeat(65);
    assert_eq!(read(&pings[..128]).len(), 64);
    assert_eq!(read(&pings).last().map(String::as_str), Some("too many frames"));

    let mut out = [0; FRAMES_MAX_LEN];
    let mut writer = FrameWriter::new(&mut out);
    assert!((0..64).all(|_| writer.put(&Frame::Ping).is_ok()));
    assert_eq!((writer.put(&Frame::Ping), writer.room(), writer.len()), (Err(Full), 0, 128));
}

#[test]
fn an_ack_that_goes_below_zero_or_has_too_many_ranges_is_refused() {
    assert_eq!(read(&frame(1, &[5, 0, 5])), ["Ack 0-5"]);
    assert_eq!(read(&frame(1, &[5, 0, 6])), ["malformed"], "the first range begins below zero");
    assert_eq!(read(&frame(1, &[5, 0, 0, 2, 1])), ["Ack 5,0-1"]);
    assert_eq!(read(&frame(1, &[5, 0, 0, 2, 2])), ["malformed"], "a later range begins below zero");
    assert_eq!(read(&frame(1, &[5, 0, 0, 4, 0])), ["malformed"], "a later range ends below zero");
    assert_eq!(read(&frame(1, &[5, 0, 0, 2])), ["malformed"], "half a range");
    assert_eq!(read(&frame(1, &[])), ["malformed"]);

    let most = |ranges: usize| [&[200, 1, 0, 0][..], &[0, 0].repeat(ranges - 1)].concat();
    assert_eq!(read(&frame(1, &most(ACK_RANGES_MAX)))[0].split(',').count(), ACK_RANGES_MAX);
    assert_eq!(read(&frame(1, &most(ACK_RANGES_MAX + 1))), ["malformed"]);
}

#[test]
fn an_ack_takes_what_room_is_left_newest_ranges_first() {
    let ranges = || (0..100).map(|i| range(10_000 - i * 10, 10_003 - i * 10));
    for (room, expected) in [(4, Err(Full)), (7, Ok(1)), (9, Ok(2)), (10, Ok(2)), (500, Ok(ACK_RANGES_MAX))] {
        let mut out = vec![0; room];
        let mut writer = FrameWriter::new(&mut out);
        assert_eq!(writer.put_ack(7, ranges()), expected, "{room} octets");
        let len = writer.len();
        assert_eq!(len == 0, expected.is_err());
        if let Some(Ok(Frame::Ack(ack))) = Frames::new(&out[..len]).next() {
            assert!(ack.ranges().eq(ranges().take(expected.unwrap_or(0))));
        }
    }
    assert_eq!(FrameWriter::new(&mut [0; 99]).put_ack(0, [].into_iter()), Err(Full), "nothing to acknowledge");
}

#[test]
fn a_message_is_no_further_ahead_than_its_number() {
    assert_eq!(read(&frame(2, &[4, 7, 3, 3, b'x'])), ["Message #7 3 ahead 3 1B"]);
    assert_eq!(read(&frame(2, &[4, 7, 3, 4, b'x'])), ["malformed"]);
    assert_eq!(read(&frame(2, &[5, 7, 3, 1, b'x'])), ["malformed"], "there is no such channel");
    assert_eq!(read(&frame(2, &[4, 7, 3])), ["malformed"]);
}

#[test]
fn only_the_last_fragment_may_be_short_and_none_is_empty() {
    let fragment = |each: usize, index, last, len| {
        let cut = [each as u8 & 0x7f | 0x80, (each >> 7) as u8];
        read(&frame(3, &[&[4, 7, 3, 1, 9][..], &cut, &[index, last], &vec![0; len]].concat()))
    };
    let (most, least) = (FRAGMENT_MAX_LEN, FRAGMENT_MIN_LEN);
    assert_eq!(fragment(most, 0, 1, most), ["Fragment #7 3 1/2 1100B"]);
    assert_eq!(fragment(most, 1, 1, 1), ["Fragment #7 3 2/2 1B"]);
    assert_eq!(fragment(most, 60, 60, 780), ["Fragment #7 3 61/61 780B"]);
    assert_eq!(fragment(least, 139, 139, least), ["Fragment #7 3 140/140 477B"]);
    for (each, index, last, len, why) in [
        (most, 0, 1, most - 1, "a short first one"),
        (most, 1, 1, 0, "an empty last one"),
        (most, 1, 1, most + 1, "a long one"),
        (least, 1, 1, least + 1, "one that is longer than the others"),
        (most, 0, 0, 5, "a single one is a message"),
        (most, 2, 1, most, "one after the last"),
        (least, 140, 140, 5, "too many"),
        (most, 60, 60, 781, "a message that is too long"),
        (most, 0, 61, most, "a message that must be too long"),
        (least - 1, 0, 1, least - 1, "pieces that are too short"),
        (most + 1, 0, 1, most + 1, "pieces that are too long"),
    ] {
        assert_eq!(fragment(each, index, last, len), ["malformed"], "{why}");
    }
}

#[test]
fn a_reason_for_closing_is_short_text() {
    assert_eq!(read(&frame(9, b"\0bye")), ["Close Done \"bye\""]);
    assert_eq!(read(&frame(9, b"\x06bye")), ["malformed"], "there is no such code");
    assert_eq!(read(&frame(9, b"\0\xff")), ["malformed"]);
    assert_eq!(read(&frame(9, &[0; CLOSE_REASON_MAX_LEN + 2])), ["malformed"]);

    let reason = "ü".repeat(150);
    let mut out = [0; FRAMES_MAX_LEN];
    let mut writer = FrameWriter::new(&mut out);
    writer.put(&Frame::Close(Close { code: CloseCode::Done, reason: &reason })).expect("room");
    let len = writer.len();
    let expected = Close { code: CloseCode::Done, reason: &reason[..CLOSE_REASON_MAX_LEN] };
    assert_eq!(Frames::new(&out[..len]).next(), Some(Ok(Frame::Close(expected))), "what is too long is cut");
}

#[test]
fn a_longer_varint_than_necessary_is_read() {
    assert_eq!(read(&[6, 0x80, 0x00]), ["Ping"]);
    assert_eq!(read(&frame(5, &[0x81, 0x80, 0x00])), ["Credit 1"]);
    assert_eq!(read(&frame(5, &[0xff; 10])), ["malformed"], "more than 64 bits");
}

#[test]
fn what_does_not_fit_is_not_written() {
    let message = Message { channel: Channel::Room(RoomId(7)), number: 1, ahead: 1, body: &[0; 100] };
    for room in 0..106 {
        let mut out = vec![0xee; room];
        let mut writer = FrameWriter::new(&mut out);
        assert_eq!(writer.put(&Frame::Message(message)), Err(Full), "{room} octets");
        assert!(writer.is_empty());
        assert!(out.iter().all(|&b| b == 0xee));
    }
    let mut out = [0; 106];
    assert_eq!(FrameWriter::new(&mut out).put(&Frame::Message(message)), Ok(()));
    assert_eq!(out[..7], [2, 104, 4, 7, 1, 1, 0]);
}

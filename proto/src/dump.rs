//! One line per datagram, for tests, traces and the transcripts in PROTOCOL.md: `12.000ms c>s #3 Message #7 12 5B`.
//!
//! What is sealed shows only its header; whoever holds the opened contents shows those with [`opened`].

use core::fmt;

use crate::error::DropReason;
use crate::time::Instant;
use crate::wire::datagram::{Accept, Beacon, Cookie, Hello, Init, Kind, Query, Reset, SealedHeader};
use crate::wire::frame::Frames;
use crate::wire::id::PacketNumber;

/// Which way a datagram goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// Client to server.
    Up,
    /// Server to client.
    Down,
}

/// A datagram as it is on the wire.
#[must_use]
pub const fn datagram(at: Instant, way: Way, datagram: &[u8]) -> Line<'_> {
    Line { at, way, what: What::Datagram(datagram) }
}

/// The opened contents of a `Sealed` datagram.
#[must_use]
pub const fn opened(at: Instant, way: Way, number: PacketNumber, contents: &[u8]) -> Line<'_> {
    Line { at, way, what: What::Opened(number, contents) }
}

/// One line of a transcript, without its end.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    at: Instant,
    way: Way,
    what: What<'a>,
}

#[derive(Clone, Copy, Debug)]
enum What<'a> {
    Datagram(&'a [u8]),
    Opened(PacketNumber, &'a [u8]),
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.at, self.way)?;
        match self.what {
            What::Datagram(datagram) => write_datagram(f, datagram),
            What::Opened(number, contents) => write_contents(f, number, contents),
        }
    }
}

/// `c>s` or `s>c`.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Up => "c>s",
            Self::Down => "s>c",
        })
    }
}

fn write_datagram(f: &mut fmt::Formatter<'_>, datagram: &[u8]) -> fmt::Result {
    let known = match Kind::of(datagram) {
        Ok(Kind::Hello) => Hello::decode(datagram).map(|hello| write!(f, "{hello}")),
        Ok(Kind::Cookie) => Cookie::decode(datagram).map(|cookie| write!(f, "{cookie}")),
        Ok(Kind::Init) => Init::decode(datagram).map(|(init, _, _)| write!(f, "{init}")),
        Ok(Kind::Accept) => Accept::decode(datagram).map(|(accept, _)| write!(f, "{accept}")),
        Ok(Kind::Sealed) => SealedHeader::decode(datagram).map(|header| write!(f, "{header}")),
        Ok(Kind::Reset) => Reset::decode(datagram).map(|reset| write!(f, "{reset}")),
        Ok(Kind::Query) => Query::decode(datagram).map(|query| write!(f, "{query}")),
        Ok(Kind::Beacon) => Beacon::decode(datagram).map(|beacon| write!(f, "{beacon}")),
        Err(reason) => Err(reason),
    };
    match known {
        Ok(written) => written?,
        Err(reason) => write!(f, "bad ({reason})")?,
    }
    write!(f, " {}B", datagram.len())
}

fn write_contents(f: &mut fmt::Formatter<'_>, number: PacketNumber, contents: &[u8]) -> fmt::Result {
    write!(f, "#{number}")?;
    for (i, frame) in Frames::new(contents).enumerate() {
        f.write_str(if i == 0 { " " } else { " | " })?;
        match frame {
            Ok(frame) => write!(f, "{frame}")?,
            Err(DropReason::UnknownFrame) => f.write_str("unknown")?,
            Err(reason) => write!(f, "bad ({reason})")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;
    use crate::wire::datagram::VersionRange;
    use crate::wire::frame::{AckRange, Channel, Close, CloseCode, Frame, FrameWriter, Message};
    use crate::wire::id::{ConnectionId, RoomId};

    const AT: Instant = Instant::from_micros(12_345);

    #[test]
    fn cleartext_is_shown_by_its_kind() {
        let mut out = [0; 1_200];
        let hello = Hello { versions: VersionRange::OURS, nonce: [7; 16], capabilities: 0 };
        let len = hello.encode(&mut out);
        assert_eq!(datagram(AT, Way::Up, &out[..len]).to_string(), "12.345ms c>s Hello v1 256B");
        out[9] ^= 1;
        assert_eq!(datagram(AT, Way::Up, &out[..len]).to_string(), "12.345ms c>s bad (checksum) 256B");
        let reset = Reset { id: ConnectionId([0xab; 8]), token: [1; 16] };
        let len = reset.encode(&mut out);
        assert_eq!(datagram(AT, Way::Down, &out[..len]).to_string(), "12.345ms s>c Reset of abababababababab 29B");
        assert_eq!(
            datagram(AT, Way::Down, &[0x15; 40]).to_string(),
            "12.345ms s>c Sealed to 1515151515151515 #353703189 40B"
        );
        assert_eq!(datagram(AT, Way::Down, &[]).to_string(), "12.345ms s>c bad (length) 0B");
    }

    #[test]
    fn opened_contents_are_shown_frame_by_frame() {
        let mut out = [0; 200];
        let mut writer = FrameWriter::new(&mut out);
        let ranges =
            [(9, 9), (3, 7)].map(|(first, last)| AckRange { first: PacketNumber(first), last: PacketNumber(last) });
        writer.put_ack(2_000, ranges.into_iter()).expect("room");
        for (number, ahead) in [(12, 1), (14, 3)] {
            let message = Message { channel: Channel::Room(RoomId(7)), number, ahead, body: b"hello" };
            writer.put(&Frame::Message(message)).expect("room");
        }
        writer.put(&Frame::Close(Close { code: CloseCode::Done, reason: "bye\n" })).expect("room");
        let len = writer.len();
        assert_eq!(
            opened(AT, Way::Up, PacketNumber(3), &out[..len]).to_string(),
            "12.345ms c>s #3 Ack 9,3-7 +2000us | Message #7 12 5B | Message #7 14 ahead 3 5B | Close Done \"bye\\n\""
        );
        out[len] = 99;
        assert!(opened(AT, Way::Up, PacketNumber(3), &out[len..len + 2]).to_string().ends_with("#3 unknown"));
        assert!(opened(AT, Way::Up, PacketNumber(3), &out[len..=len]).to_string().ends_with("#3 bad (malformed)"));
    }
}

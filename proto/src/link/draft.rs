//! A datagram that is being written.

use crate::limits::FRAMES_PER_DATAGRAM_MAX;
use crate::wire::frame::{Channel, Fragment, Frame, FrameWriter, Message};

use super::cut::Cut;
use super::sent::Purpose;

/// Octets kept free for the newest ranges of an acknowledgement.
const ACK_RESERVE: usize = 24;

/// Frames so far, and what they make of the datagram.
pub(super) struct Draft<'a> {
    pub(super) writer: FrameWriter<'a>,
    /// The number that it will have.
    pub(super) number: u64,
    frames: usize,
    /// Pieces that it carries.
    pub(super) refs: u16,
    pub(super) eliciting: bool,
    pub(super) fresh: bool,
    pub(super) repair: bool,
    pub(super) bulk: bool,
    /// It asks something whose answer would be missed: it carries pieces, or a `Ping`.
    pub(super) asks: bool,
    pub(super) probe: bool,
    /// It is only to find out whether the path carries its length.
    pub(super) searches: bool,
    /// Something did not fit.
    pub(super) full: bool,
}

/// A message, or a part of one, on its way into a draft.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) channel: Channel,
    pub(super) number: u64,
    /// Up to here nothing needs to be waited for.
    pub(super) floor: u64,
    /// How it is cut, which of the messages that were cut it is, and which piece this is; nothing of that for a whole one.
    pub(super) cut: Cut,
    pub(super) begun: u32,
    pub(super) index: u8,
    pub(super) bytes: &'a [u8],
}

impl<'a> Draft<'a> {
    pub(super) const fn new(out: &'a mut [u8], number: u64) -> Self {
        Self {
            writer: FrameWriter::new(out),
            number,
            frames: 0,
            refs: 0,
            eliciting: false,
            fresh: false,
            repair: false,
            bulk: false,
            asks: false,
            probe: false,
            searches: false,
            full: false,
        }
    }

    /// Why it goes out.
    pub(super) const fn purpose(&self) -> Purpose {
        if self.searches {
            Purpose::Search
        } else if self.fresh {
            Purpose::Fresh
        } else if self.repair {
            Purpose::Repair
        } else {
            Purpose::Speculative
        }
    }

    /// Octets left for content.
    pub(super) fn room(&self) -> usize {
        if self.frames + 1 >= FRAMES_PER_DATAGRAM_MAX { 0 } else { self.writer.room().saturating_sub(ACK_RESERVE) }
    }

    /// Appends a part of a message; gives whether it fitted.
    pub(super) fn part(&mut self, part: Part<'_>) -> bool {
        let Part { channel, number, floor, cut, begun, index, bytes } = part;
        let ahead = number.saturating_sub(floor);
        // An otherwise empty datagram gives up the acknowledgement's place rather than never carry a long message.
        if !self.writer.is_empty() && self.room() < part.len() {
            self.full = true;
            return false;
        }
        let put = match (cut.last(), u16::try_from(cut.each())) {
            (last @ 1.., Ok(each)) => {
                self.writer.put(&Frame::Fragment(Fragment { channel, number, ahead, begun, each, index, last, bytes }))
            }
            _ => self.writer.put(&Frame::Message(Message { channel, number, ahead, body: bytes })),
        };
        self.wrote(put.is_ok())
    }

    /// Appends a small frame that elicits an acknowledgement; gives whether it fitted.
    pub(super) fn small(&mut self, frame: &Frame<'_>) -> bool {
        let put = self.room() > 0 && self.writer.put(frame).is_ok();
        self.wrote(put)
    }

    fn wrote(&mut self, put: bool) -> bool {
        self.frames += usize::from(put);
        self.eliciting |= put;
        self.full |= !put;
        put
    }
}

impl<'a> Part<'a> {
    /// A message that goes whole.
    pub(super) fn whole(channel: Channel, number: u64, floor: u64, bytes: &'a [u8]) -> Self {
        Self { channel, number, floor, cut: Cut::whole(bytes.len()), begun: 0, index: 0, bytes }
    }

    /// Octets of its frame.
    fn len(&self) -> usize {
        let channel = match self.channel {
            Channel::Control | Channel::Bulk => 1,
            Channel::Presence(room) | Channel::Typing(room) | Channel::Room(room) => 1 + varint_len(room.0),
        };
        let numbers = varint_len(self.number) + varint_len(self.number.saturating_sub(self.floor));
        let cut = match self.cut.last() {
            0 => 0,
            1.. => varint_len(u64::from(self.begun)) + varint_len(self.cut.each() as u64) + 2,
        };
        let body = channel + numbers + cut + self.bytes.len();
        1 + varint_len(body as u64) + body
    }
}

const fn varint_len(value: u64) -> usize {
    (70 - (value | 1).leading_zeros() as usize) / 7
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{FRAGMENT_HEAD_MAX_LEN, FRAGMENT_MAX_LEN, MESSAGE_MAX_LEN, MESSAGE_NUMBER_END};
    use crate::wire::id::RoomId;

    #[test]
    fn the_length_of_a_part_is_known_before_it_is_written() {
        let bytes = &[7; 1_200];
        for (number, floor, begun, len) in [
            (1, 0, 0, 0),
            (128, 0, 0, 100),
            (u64::MAX >> 2, 5, 0, 128),
            (16_384, 16_383, 1, 1_100),
            (9, 2, 1 << 14, 477),
        ] {
            for channel in [Channel::Control, Channel::Room(RoomId(127)), Channel::Room(RoomId(300))] {
                let mut out = [0; 1_200];
                let mut draft = Draft::new(&mut out, 0);
                let whole = Part::whole(channel, number, floor, &bytes[..len]);
                let part = if begun == 0 { whole } else { Part { cut: Cut::new(5_000, len), begun, ..whole } };
                assert!(draft.part(part));
                assert_eq!(draft.writer.len(), part.len(), "{number} {channel}");
            }
        }
    }

    #[test]
    fn no_fragment_has_a_longer_head_than_is_reckoned_with() {
        let (mut out, bytes) = ([0; 1_200], [7; FRAGMENT_MAX_LEN]);
        let mut draft = Draft::new(&mut out, 0);
        let number = MESSAGE_NUMBER_END - 1;
        let whole = Part::whole(Channel::Room(RoomId(u64::MAX)), number, 0, &bytes);
        let part = Part { cut: Cut::new(MESSAGE_MAX_LEN, FRAGMENT_MAX_LEN), begun: u32::MAX, ..whole };
        assert!(draft.part(part));
        assert_eq!(draft.writer.len(), FRAGMENT_HEAD_MAX_LEN + FRAGMENT_MAX_LEN);
    }
}

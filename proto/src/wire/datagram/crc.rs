//! The CRC-32 that ends a cleartext datagram. It catches corruption and cross-talk, not forgery.

use crate::error::DropReason;
use crate::limits::CRC_LEN;

/// Writes the checksum of all that stands before the last four octets of `datagram` into them, little-endian.
pub(super) fn write(datagram: &mut [u8]) {
    let at = datagram.len() - CRC_LEN;
    let crc = crc32fast::hash(&datagram[..at]);
    datagram[at..].copy_from_slice(&crc.to_le_bytes());
}

/// What stands before the checksum, if that is right.
pub(super) fn check(datagram: &[u8]) -> Result<&[u8], DropReason> {
    let (contents, crc) = datagram.split_last_chunk::<CRC_LEN>().ok_or(DropReason::Length)?;
    if crc32fast::hash(contents).to_le_bytes() == *crc { Ok(contents) } else { Err(DropReason::Checksum) }
}

//! One record: what was done to a file. All numbers are little-endian; a record is one write, so that another process may
//! append marks of its own to the same file.
//!
//! | octets | what |
//! |---|---|
//! | 1 | [`Kind`] |
//! | 2 | length of the name |
//! | 4 | length of the data |
//! | 8 | offset of a write; length after a truncation |
//! | | the name, below the folder that is watched; empty: that folder |
//! | | the data: what was written; the new name of what was renamed |

use std::ffi::c_int;

use crate::next;

/// What was done.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Kind {
    Create = b'C',
    Write = b'W',
    Truncate = b'T',
    Sync = b'S',
    SyncFolder = b'D',
    SyncFailed = b'X',
    Unlink = b'U',
    Rename = b'R',
    Folder = b'F',
}

/// Appends a record.
pub(crate) fn append(to: c_int, kind: Kind, name: &str, offset: u64, data: &[u8]) {
    let mut record = Vec::with_capacity(15 + name.len() + data.len());
    record.push(kind as u8);
    record.extend(u16::try_from(name.len()).expect("a short name").to_le_bytes());
    record.extend(u32::try_from(data.len()).expect("a write that fits").to_le_bytes());
    record.extend(offset.to_le_bytes());
    record.extend(name.as_bytes());
    record.extend(data);
    // SAFETY: the octets are there.
    let written = unsafe { next::write(to, record.as_ptr().cast(), record.len()) };
    assert_eq!(usize::try_from(written), Ok(record.len()), "the record itself can't be written");
}

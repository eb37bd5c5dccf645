//! Values in the body of a frame.

use serde::Deserialize;

use crate::error::DropReason;

/// Decodes one value from the start of `bytes`.
pub(super) fn take<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<(T, &'a [u8]), DropReason> {
    postcard::take_from_bytes(bytes).map_err(|_| DropReason::Malformed)
}

/// Decodes one value that fills `bytes`.
pub(super) fn exact<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, DropReason> {
    match take(bytes)? {
        (value, []) => Ok(value),
        _ => Err(DropReason::Malformed),
    }
}

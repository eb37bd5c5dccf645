//! Bounds of discovery that are no part of the protocol.

use std::time::Duration;

/// A server that answered nothing for this long, though it was asked again and again, is gone.
pub const FOUND_LIFETIME: Duration = Duration::from_secs(16);
/// Servers that a seeker remembers at most; what a crowd of forgers says beyond that is not heard. One that answers takes the
/// place of one that was never asked, and one that is known the place of any other.
pub const FOUND_MAX: usize = 256;
/// Keys that a seeker is told to expect at most.
pub const EXPECTED_MAX: usize = FOUND_MAX / 2;
/// Addresses that it remembers of a server at most.
pub const ADDRS_MAX: usize = 4;
/// A page of rooms is asked for again when it is older than this.
pub const PAGE_FRESH: Duration = Duration::from_secs(4);
/// An answer counts for the last so many queries.
pub const NONCES_MAX: usize = 64;
/// Askers whose budgets an announcer keeps apart at most.
pub const ASKERS_MAX: usize = 1_024;
/// What a server says of itself is asked for again when it is older than this.
pub const ADVERTISEMENT_FRESH: Duration = Duration::from_millis(250);
/// And an answer waits for that at most so long.
pub const ADVERTISEMENT_WAIT: Duration = Duration::from_millis(30);
/// Datagrams that wait to be sent at most.
pub const OUTBOX_MAX: usize = 256;
/// Notices that wait to be taken at most; a seeker that falls behind learns of a server with its next answer.
pub const NOTICES_MAX: usize = 512;

//! Bounds and times of roaming. None of them is a part of the protocol.

use std::time::Duration;

/// Servers that are remembered at most. One that answers, or that is known, takes the place of one that only spoke.
pub const OTHERS_MAX: usize = 32;
/// Strangers that a person is told of unasked; the others are in the list.
pub const TOLD_MAX: usize = 8;
/// A server that says something new again and again is looked at this often.
pub const PATIENT: Duration = Duration::from_secs(1);
/// One that did not answer, or whose session was given up, is tried again after this long; after each further failure it is
/// twice as long,
pub const SILENT: Duration = Duration::from_secs(10);
/// and at most this long.
pub const SILENT_MAX: Duration = Duration::from_secs(80);
/// Once there is a server to go to unasked, a better one may be heard of for so long: where several have just heard of each
/// other, all are to go to the same one.
pub const SETTLE: Duration = Duration::from_millis(200);
/// Others have this long to answer before it is said that there are none.
pub const NOBODY: Duration = Duration::from_secs(3);
/// Handshakes with servers that are not known, and that nobody asked for, at most so many
pub const HANDSHAKES_MAX: usize = 20;
/// within this time. Whoever forges beacons causes no more of them.
pub const HANDSHAKES_WINDOW: Duration = Duration::from_secs(60);
/// So much of a fingerprint says which server is meant, where several are called alike.
pub const FINGERPRINT_MIN: usize = 5;

const _: () = assert!(SILENT.as_secs() <= SILENT_MAX.as_secs());
const _: () = assert!(TOLD_MAX <= OTHERS_MAX && TOLD_MAX <= HANDSHAKES_MAX);

//! Every bound of the client.

use std::time::Duration;

use chinwag_proto::limits::{CREDIT_INITIAL, TEXT_MAX_LEN, UP_UNACKED_MAX};

/// Messages in all outboxes.
pub const OUTBOX_MAX: usize = 65_536;
/// Octets in all outboxes.
pub const OUTBOX_MAX_BYTES: usize = 64 << 20;
/// What waits for the server's leave for less than this is not worth a word.
pub const WAIT_SAID_FROM: Duration = Duration::from_secs(2);
/// Messages of this process whose numbers are remembered, so that something can be said about them.
pub const STORED_MAX: usize = 4_096;
/// Messages of a room that are under way without an answer.
pub const UNDER_WAY_MAX: usize = 512;
/// Octets of a room that are under way without an answer (a single message is always allowed).
pub const UNDER_WAY_MAX_BYTES: usize = 1 << 20;
/// Messages that overtook the answer to a join.
pub const EARLY_MAX: usize = 4_096;
/// Octets of them.
pub const EARLY_MAX_BYTES: usize = 4 << 20;
/// Rooms followed.
pub const ROOMS_MAX: usize = chinwag_proto::limits::ROOMS_PER_SESSION_MAX;
/// Accounts remembered in a room's roster.
pub const ROSTER_MAX: usize = 65_536;
/// Whoever is not in the roster this long after a room was entered again has left meanwhile.
pub const STALE_AFTER: Duration = Duration::from_secs(30);
/// What interfaces asked for and nobody answered yet.
pub const ASKS_MAX: usize = 256;
/// One's own typing is told at most this often in a room.
pub const TYPING_INTERVAL: Duration = Duration::from_secs(3);
/// Whoever was typing and is silent for so long has stopped.
pub const TYPING_FORGOTTEN: Duration = Duration::from_secs(6);
/// Accounts remembered as typing in a room.
pub const TYPING_MAX: usize = 64;
/// What was read is told at most this often in a room.
pub const READ_INTERVAL: Duration = Duration::from_millis(500);
/// Octets of what is being typed in a room, to be kept: a message, and the command before it.
pub const DRAFT_MAX_LEN: usize = TEXT_MAX_LEN + 1_024;
/// Accounts ignored.
pub const IGNORED_MAX: usize = 4_096;
/// Most posts in one record: a large outbox becomes several.
pub const SAVE_MAX: usize = 4_096;
/// How long goodbyes are sent, and the last cursors recorded, before the client has stopped.
pub const STOP_LINGER: Duration = Duration::from_secs(2);

const _: () = assert!(TYPING_INTERVAL.as_millis() * 2 <= TYPING_FORGOTTEN.as_millis());
const _: () = assert!(UP_UNACKED_MAX <= UNDER_WAY_MAX && UNDER_WAY_MAX as u64 <= CREDIT_INITIAL);
const _: () = assert!(TEXT_MAX_LEN * 4 <= UNDER_WAY_MAX_BYTES && UNDER_WAY_MAX_BYTES <= OUTBOX_MAX_BYTES);

/// Rooms that are only looked at, of which a client remembers on a link what the server said.
pub const LOOKED_AT_MAX: usize = 4_096;

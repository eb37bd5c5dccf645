//! Every bound of the server. What a table may hold is here, and nowhere else.

use std::time::Duration;

use chinwag_proto::limits::{
    BULK_QUEUE_MAX, CREDIT_INITIAL, DELIVERED_INTERVAL_MS, MESSAGE_MAX_LEN, PAGE_MAX_BYTES, ROOM_UNACKED_MAX,
    TEXT_MAX_LEN, TYPING_INTERVAL_MS,
};

/// Entries of a room kept at hand.
pub(super) const TAIL_ENTRIES_MAX: usize = 1_024;
/// Octets of a room's entries kept at hand.
pub(super) const TAIL_BYTES_MAX: usize = 1 << 20;
/// Octets of all rooms' entries kept at hand; above it, a room that grows keeps [`TAIL_SHORT_BYTES`] only.
pub(super) const TAILS_BYTES_MAX: usize = 256 << 20;
/// See [`TAILS_BYTES_MAX`].
pub(super) const TAIL_SHORT_BYTES: usize = 64 << 10;
/// Octets of older entries, read again from the store for those who are behind.
pub(super) const OLDER_BYTES_MAX: usize = 16 << 20;
/// Most entries in one read.
pub(super) const LOAD_ENTRIES: usize = 256;
/// About the most octets in one read.
pub(super) const LOAD_BYTES: usize = 256 << 10;
/// Reads under way at a time.
pub(super) const LOADS_MAX: usize = 8;
/// Reads that wait for their turn; whoever needs a further one is asked again when a read is done.
pub(super) const LOADS_QUEUED_MAX: usize = 64;

/// Octets of a session's posts that were received and not answered yet.
pub(super) const UNANSWERED_BYTES_MAX: usize = 8 << 20;
/// Octets of posts that wait for a commit.
pub(super) const QUEUED_BYTES_MAX: usize = 256 << 20;
/// Requests of a session that wait for a commit.
pub(super) const REQUESTS_PENDING_MAX: usize = 1_024;

/// Accounts; a further one is refused.
pub(super) const ACCOUNTS_MAX: usize = 1 << 20;
/// Rooms; a further one is refused.
pub(super) const ROOMS_MAX: usize = 1 << 20;
/// All sessions of an account together may write so many times what one may,
pub(super) const SESSIONS_AT_FULL_RATE: u64 = 8;
/// and save up that much of it.
pub(super) const POSTS_SAVED_UP: Duration = Duration::from_secs(2);
/// Octets a second that an account writes, on all its sessions, beyond what it has saved up.
pub const OCTETS_PER_S: u32 = 64 << 10;
/// So many of them are saved up: what an account may write at once. What all others wait for is made of this.
pub(super) const OCTETS_SAVED_UP: u64 = 256 << 10;
/// An octet of a text beyond this length costs its author one more: the index of words takes a text in one go, and nobody's message
/// is stored meanwhile.
pub(super) const LONG_TEXT_LEN: usize = 8 << 10;
/// An account that writes more is told that what is more waits, at most this often.
pub(super) const OVER_BUDGET_EVERY: Duration = Duration::from_secs(10);
/// An octet that is told to so many sessions costs its author one more.
pub(super) const FOLLOWERS_PER_SHARE: usize = 128;
/// So many times as many octets may be read for an account as it may write,
pub(super) const READ_OCTETS_TIMES: u64 = 16;
/// and so many at once: a person who leafs through a year.
pub(super) const READ_OCTETS_SAVED_UP: u64 = 8 << 20;
/// And so many times as many may be sent to the devices of an account of what was said before they came,
pub(super) const CATCH_UP_OCTETS_TIMES: u64 = 64;
/// and so many at once, unless that is set: a few devices that were away for a week, or one that is new.
pub const CATCH_UP_OCTETS_SAVED_UP: u64 = 64 << 20;
/// Where that is used up, the account's streams are given so much in turn.
pub(super) const CATCH_UP_SHARE_BYTES: u64 = 64 << 10;
/// What a stream costs that begins in what is no longer at hand: a part of a piece that the store reads, however little is sent of it.
pub(super) const CATCH_UP_COST_BYTES: u64 = 64 << 10;
/// What each of its entries costs beside its octets, also one that is gone.
pub(super) const CATCH_UP_ENTRY_COST_BYTES: u64 = 32;
/// A search costs so much even if it finds nothing.
pub(super) const SEARCH_COST_BYTES: u64 = 16 << 10;
/// So does a page of a list, which looks at all that there is of its kind.
pub(super) const LIST_COST_BYTES: u64 = 16 << 10;
/// Octets of an account's posts, on all its sessions, that were received and not answered yet: what others wait for at most,
/// where each account has a budget.
pub(super) const ACCOUNT_UNANSWERED_BYTES_MAX: usize = 128 << 10;
/// A longer entry waits until the short ones of others have gone.
pub(super) const SHORT_ENTRY_MAX_LEN: usize = 4 << 10;
/// A batch for the store with so many octets of short entries takes no further one,
pub(super) const BATCH_BYTES_MAX: usize = 128 << 10;
/// and none takes more than so many writes, but for those that are stored together or not at all;
pub(super) const BATCH_WRITES_MAX: usize = 1_024;
/// and a second long entry, or a third, only if they have no more octets together: about the longest one.
pub(super) const BATCH_LONG_BYTES_MAX: usize = 64 << 10;
/// Octets beyond the quota of an account or a room for what looks after rooms, which may go on without end: a thousand acts;
pub(super) const QUOTA_RESERVE_FOR_ACTS_BYTES: u64 = 256 << 10;
/// and for all of that together, beyond the server's.
pub(super) const QUOTA_RESERVE_FOR_ALL_ACTS_BYTES: u64 = 8 << 20;
/// Rooms that an account may be in, to enter a further public one or to open a further direct one.
pub(super) const ROOMS_PER_ACCOUNT_MAX: usize = chinwag_proto::limits::ROOMS_PER_SESSION_MAX;
/// Rooms listed in a welcome; the others follow one by one.
pub(super) const WELCOME_ROOMS_MAX: usize = 120;

/// Authors of a room who are told how far their newest entry got.
pub(super) const WATCHED_MAX: usize = 64;
/// How long news of that is gathered before it is told,
pub(super) const REACH_AFTER: Duration = Duration::from_millis(DELIVERED_INTERVAL_MS);
/// and by how much longer for each member of the room, in µs.
pub(super) const REACH_AFTER_PER_MEMBER_US: u64 = 1_000;
/// Marks are durable after this long at the latest.
pub(super) const MARKS_AFTER: Duration = Duration::from_secs(2);
/// Marks in one batch.
pub(super) const MARKS_PER_BATCH: usize = 2_048;

/// Passwords being hashed, or waiting for it: 19 MiB each while it is its turn.
pub(super) const HASHES_MAX: usize = 128;
/// Guesses at one password from one source at once,
pub(super) const TRIES_BURST: u32 = 8;
/// and one more each time that so long has passed.
pub(super) const TRY_EVERY: Duration = Duration::from_secs(8);
/// Guesses at all passwords from one source at once: behind one address there may be many people,
pub(super) const SOURCE_TRIES_BURST: u32 = 64;
/// and one more each time that so long has passed.
pub(super) const SOURCE_TRY_EVERY: Duration = Duration::from_secs(2);
/// New passwords from one source at once: a room full of people that registers,
pub(super) const MAKES_BURST: u32 = 32;
/// and one more each time that so long has passed.
pub(super) const MAKE_EVERY: Duration = Duration::from_secs(2);
/// Sources of tries that are remembered, of each kind.
pub(super) const THROTTLED_MAX: usize = 4_096;
/// Questions that the program that vouches for accounts is asked at a time, each in a process of its own;
pub const ASKS_AT_ONCE: usize = 4;
/// so many of them about a name alone: there is always a place left for whoever comes with a password.
pub(super) const ASKS_BY_NAME_AT_ONCE: usize = 3;
/// Questions with a password that wait for their turn. Those by name are one for each account at most.
pub(super) const PASSWORD_ASKS_MAX: usize = 128;
/// Whoever waits for an answer waits no longer than this.
pub(super) const ASK_PATIENCE: Duration = Duration::from_secs(6);
/// What was said by name holds for so long.
pub(super) const VERDICT_KEPT: Duration = Duration::from_secs(5 * 60);
/// An account that is online is asked about so often,
pub(super) const ASK_EVERY: Duration = Duration::from_secs(60 * 60);
/// and so soon again when there was no answer.
pub(super) const ASK_AGAIN: Duration = Duration::from_secs(5 * 60);
/// For so long after it was vouched for last, an account may come in while the program can't be asked, unless that is set.
pub const AUTH_GRACE: Duration = Duration::from_secs(24 * 60 * 60);

/// Tokens of all accounts.
pub(super) const TOKENS_MAX: usize = 4_096;

/// A store that refused for lack of space has room again when it took a batch and refused none for so long: where it is all but
/// full, small messages find a place and large ones do not.
pub(super) const ROOM_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Queries of a session that are not answered yet.
pub(super) const QUERIES_PER_SESSION_MAX: usize = BULK_QUEUE_MAX;
/// Queries of an account that are not answered yet, on all its sessions.
pub(super) const QUERIES_PER_ACCOUNT_MAX: usize = 2 * BULK_QUEUE_MAX;
/// Queries of all sessions that the store was asked and has not answered yet.
pub(super) const QUERIES_MAX: usize = 256;
/// About the most octets of entries in an answer to one.
pub(super) const PAGE_BYTES: usize = PAGE_MAX_BYTES;
/// Public rooms that are shown to people who have not come in yet.
pub(super) const SHOWN_ROOMS_MAX: usize = 640;
/// Rooms or members in one list.
pub(super) const LIST_MAX: usize = 60;
/// At most one typing notice of a session is passed on in so long.
pub(super) const TYPING_EVERY: Duration = Duration::from_millis(TYPING_INTERVAL_MS);
/// How often rooms with a retention are looked at.
pub(super) const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// How often tokens, invitations and the index of words are looked at (which is written anew where something was deleted),
pub(super) const TIDY_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// and how long tokens and invitations are listed after their time is over.
pub(super) const EXPIRED_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How often the wall clock is looked at, and what is known of it stored: after a crash and a restart of the machine it is believed if
/// all of that took less than [`CLOCK_TRUST`].
pub(super) const CLOCK_LOOK_EVERY: Duration = Duration::from_secs(15 * 60);
/// The wall clock is believed while it is no further from what it should be.
pub(super) const CLOCK_TRUST: Duration = Duration::from_secs(60 * 60);
/// One that is not believed is so again when it has run for so long without a further jump.
pub const CLOCK_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// What a clock may have gone on while its machine was off and that does not count as a jump: a holiday's week.
pub(super) const CLOCK_OFF_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Presence of a room with more accounts than this goes out in batches.
pub(super) const PRESENCE_AT_ONCE_MAX: usize = 50;
/// How often, there.
pub(super) const PRESENCE_BATCH: Duration = Duration::from_millis(250);
/// An account that went offline without a word has left after this long.
pub(super) const LEFT_AFTER: Duration = Duration::from_secs(30);
/// An account that left is forgotten after this long: whoever has not heard of it by then is offline.
pub(super) const FORGET_LEFT_AFTER: Duration = Duration::from_secs(60);
/// How long goodbyes are sent before the server has stopped.
pub(super) const STOP_LINGER: Duration = Duration::from_millis(300);

const _: () = assert!(TAIL_ENTRIES_MAX >= 2 * ROOM_UNACKED_MAX, "who keeps up is served from the tail");
const _: () = assert!(
    CLOCK_LOOK_EVERY.as_secs() * 4 <= CLOCK_TRUST.as_secs() && CLOCK_TRUST.as_secs() * 24 == CLOCK_WAIT.as_secs()
);
const _: () = assert!(LOAD_BYTES >= MESSAGE_MAX_LEN && OLDER_BYTES_MAX >= LOADS_MAX * 2 * LOAD_BYTES);
const _: () = assert!(UNANSWERED_BYTES_MAX >= 64 * TEXT_MAX_LEN && CREDIT_INITIAL >= 64);
const _: () = assert!(
    SOURCE_TRIES_BURST >= 4 * TRIES_BURST && SOURCE_TRY_EVERY.as_millis() * 4 <= TRY_EVERY.as_millis(),
    "who guesses at one password leaves room for the others behind the same address"
);
const _: () = assert!(HASHES_MAX as u32 > SOURCE_TRIES_BURST + MAKES_BURST, "one source does not fill the queue");
const _: () = assert!(
    OCTETS_SAVED_UP >= 3 * MESSAGE_MAX_LEN as u64 && ACCOUNT_UNANSWERED_BYTES_MAX > TEXT_MAX_LEN,
    "whoever writes a longest text now and then never waits"
);
const _: () = assert!(QUERIES_PER_ACCOUNT_MAX >= QUERIES_PER_SESSION_MAX && QUERIES_MAX >= 8 * QUERIES_PER_ACCOUNT_MAX);
const _: () = assert!(WELCOME_ROOMS_MAX * 540 <= MESSAGE_MAX_LEN, "a welcome fits a message");
const _: () = assert!(PAGE_BYTES < MESSAGE_MAX_LEN && LIST_MAX * 500 < PAGE_MAX_BYTES, "a page fits a message");

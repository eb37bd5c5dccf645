//! Every bound and every constant of the protocol, in one place. PROTOCOL.md names each of them; a test compares the two.
//!
//! Units are last in the names: `_US` microseconds, `_MS` milliseconds, `_S` seconds, `_LEN` and `_BYTES` octets.

use core::net::{Ipv4Addr, Ipv6Addr};

/// The protocol version spoken, in the high nibble of a datagram's first octet and in the ranges of `Hello` and `Cookie`.
pub const VERSION: u8 = 1;
/// UDP port of chat.
pub const CHAT_PORT: u16 = 24469;
/// UDP port of discovery.
pub const DISCOVERY_PORT: u16 = 24470;

// --- datagrams -------------------------------------------------------------------------------------------------------

/// Largest UDP payload sent; the don't-fragment bit is set.
pub const DATAGRAM_MAX_LEN: usize = 1_200;
/// Every path carries a UDP payload of this length: what every host must be able to receive (RFC 791, section 3.1: 576 octets)
/// less the headers of IPv4 without options and of UDP. Nothing that comes before a session, or looks for one, is longer.
pub const DATAGRAM_MIN_LEN: usize = 548;
/// Length of every `Hello`, padding included.
pub const HELLO_LEN: usize = 256;
/// Length of every `Init`, padding included.
pub const INIT_LEN: usize = 320;
/// Length of every `Reset`.
pub const RESET_LEN: usize = 29;
/// Length of the header of `Sealed`: version and kind 1, flags 1, destination connection id 8, packet number 4.
pub const SEALED_HEADER_LEN: usize = 14;
/// Length of the tag that ends a `Sealed`.
pub const TAG_LEN: usize = 16;
/// Shortest `Sealed`; shorter contents are padded, so that a `Reset` is always smaller than what it answers.
pub const SEALED_MIN_LEN: usize = 40;
/// Length of the CRC-32 that ends a cleartext datagram.
pub const CRC_LEN: usize = 4;
/// Most frames in a datagram; a further one drops the datagram.
pub const FRAMES_PER_DATAGRAM_MAX: usize = 64;
/// Room for frames in the largest `Sealed`.
pub const FRAMES_MAX_LEN: usize = DATAGRAM_MAX_LEN - SEALED_HEADER_LEN - TAG_LEN;

// --- messages --------------------------------------------------------------------------------------------------------

/// Largest text of a message, in octets of UTF-8; a longer one is an error at `send`.
pub const TEXT_MAX_LEN: usize = 65_536;
/// Largest encoded message (text, author, time and ids): what fragments can carry.
pub const MESSAGE_MAX_LEN: usize = FRAGMENT_MIN_LEN * FRAGMENTS_MAX;
/// Most octets of a message in a fragment.
pub const FRAGMENT_MAX_LEN: usize = 1_100;
/// Fewest octets of a message in a fragment that is not its last: what fits on every path.
pub const FRAGMENT_MIN_LEN: usize = DATAGRAM_MIN_LEN - SEALED_HEADER_LEN - TAG_LEN - FRAGMENT_HEAD_MAX_LEN;
/// Longest head of a `Fragment`: kind 1, length 2, channel 11, number and ahead 9 each, begun 5, each 2, index and last 1 each.
pub const FRAGMENT_HEAD_MAX_LEN: usize = 41;
/// Most fragments of a message.
pub const FRAGMENTS_MAX: usize = 140;
/// Most octets that a peer may have in half-received messages and in messages held for order.
pub const REASSEMBLY_MAX_BYTES: usize = 128 * 1024;
/// What later messages may take of that; the rest is for the next one in order, so that it can always come.
pub const HELD_MAX_BYTES: usize = REASSEMBLY_MAX_BYTES - MESSAGE_MAX_LEN;
/// A half-received message of which nothing came for this long may be given up when its room is needed.
pub const REASSEMBLY_STALE_S: u64 = 30;
/// A message in fragments whose last acknowledgement comes later than this after its beginning goes out anew.
pub const FRAGMENTS_FRESH_S: u64 = 15;
/// Width of a receiver's memory of what arrived beyond the first gap, in messages of one channel.
pub const RECEIVE_WINDOW_LEN: usize = 256;
/// Message numbers stay below this.
pub const MESSAGE_NUMBER_END: u64 = 1 << 62;
/// Most messages that a receiver holds out of order on one ordered channel.
pub const ORDERED_HELD_MAX: usize = 128;
/// Longest name of an account or a room, in octets of UTF-8.
pub const NAME_MAX_LEN: usize = 64;
/// Most marks in a row in a name: what any language stacks on a letter, and no tower.
pub const NAME_MARKS_MAX: usize = 4;
/// Longest password, token or invitation, in octets.
pub const SECRET_MAX_LEN: usize = 256;
/// Longest topic of a room, in octets.
pub const TOPIC_MAX_LEN: usize = 400;
/// Longest status text of someone who is away, in octets.
pub const STATUS_MAX_LEN: usize = 100;
/// Longest reaction, in octets: room for the longest emoji sequences in use.
pub const EMOJI_MAX_LEN: usize = 40;
/// Longest name that a device gives itself, in octets.
pub const DEVICE_LABEL_MAX_LEN: usize = 64;
/// Longest search, in octets.
pub const SEARCH_MAX_LEN: usize = 400;
/// Most epochs of which a device says how far it saw a log in them; a server looks at no more.
pub const MARKS_MAX: usize = 8;
/// Longest rules of a room, in octets.
pub const RULES_MAX_LEN: usize = 1_000;
/// Most pinned entries of a room.
pub const PINS_MAX: usize = 50;
/// Most entries, hits, rooms or members in one bulk message.
pub const PAGE_MAX: u16 = 500;
/// A bulk message has no further element that would make it longer than this; the first one it has whatever its length.
pub const PAGE_MAX_BYTES: usize = 32 * 1024;
/// Most devices of an account.
pub const DEVICES_PER_ACCOUNT_MAX: usize = 256;
/// Most sessions of an account at a time.
pub const SESSIONS_PER_ACCOUNT_MAX: usize = 64;
/// Shortest password of an account, in octets.
pub const PASSWORD_MIN_LEN: usize = 8;
/// A session says at most once in this time that somebody types in a room.
pub const TYPING_INTERVAL_MS: u64 = 1_000;
/// Whoever was said to type, and neither wrote nor was said to type again, does not type after this long.
pub const TYPING_SHOWN_MS: u64 = 6_000;
/// How far an entry has got is told to its author at most this often.
pub const DELIVERED_INTERVAL_MS: u64 = 100;
/// Most rooms of a session.
pub const ROOMS_PER_SESSION_MAX: usize = 1_024;
/// Most of them that a session follows without its account being a member.
pub const FOLLOWED_PER_SESSION_MAX: usize = 64;
/// Longest reason in a `Close`.
pub const CLOSE_REASON_MAX_LEN: usize = 200;

// --- secure session --------------------------------------------------------------------------------------------------

/// Width of the replay window, in packet numbers.
pub const REPLAY_WINDOW_LEN: usize = 2_048;
/// A cookie is good for this long.
pub const COOKIE_LIFETIME_S: u64 = 10;
/// The server's cookie secret changes this often; the previous one stays good.
pub const COOKIE_SECRET_S: u64 = 120;
/// A repeated `Init` gets the same `Accept` for this long.
pub const ACCEPT_REPEAT_S: u64 = 5;
/// Half-open handshakes held at most.
pub const HALF_OPEN_MAX: usize = 1_024;
/// A fresh handshake is begun after this long.
pub const REKEY_AFTER_S: u64 = 30 * 60;
/// Keys die at this age.
pub const KEY_LIFETIME_S: u64 = 60 * 60;
/// After a new handshake the old connection ids still receive for this long.
pub const OLD_ID_LINGER_S: u64 = 30;
/// First retransmission of an unanswered `Hello` or `Init`; doubles up to [`HANDSHAKE_RETRY_MAX_MS`].
pub const HANDSHAKE_RETRY_MS: u64 = 100;
/// Longest wait between handshake attempts.
pub const HANDSHAKE_RETRY_MAX_MS: u64 = 1_000;
/// How long a pinned client waits for its own server when another key answered first.
pub const PIN_WAIT_MS: u64 = 1_000;
/// An unvalidated path gets at most this many times the octets that came from it.
pub const AMPLIFICATION_FACTOR: usize = 3;
/// A path challenge unanswered for this long is sent again.
pub const PATH_CHALLENGE_RETRY_MS: u64 = 200;
/// A path that has not answered for this long is given up.
pub const PATH_CHALLENGE_TIMEOUT_MS: u64 = 3_000;
/// At most one `Reset` per address and port in this time.
pub const RESET_INTERVAL_MS: u64 = 20;
/// Most `Reset`s in a second, over all addresses.
pub const RESETS_PER_S_MAX: u32 = 5_000;
/// Handshakes per second and /24 or /64, enforced only under load.
pub const HANDSHAKES_PER_PREFIX_PER_S: u32 = 50;
/// Handshakes per second and address, enforced only under load; those above it are not counted against the prefix.
pub const HANDSHAKES_PER_ADDRESS_PER_S: u32 = 10;
/// A server is under load above this many handshakes in a second, or with half of [`HALF_OPEN_MAX`] in use.
pub const HANDSHAKES_BUSY_PER_S: u32 = 500;
/// A half-open handshake is forgotten after this long.
pub const HALF_OPEN_LIFETIME_S: u64 = 10;
/// A client begins a fresh handshake up to this long before [`REKEY_AFTER_S`], so that many do not do so at once.
pub const REKEY_JITTER_S: u64 = 90;
/// After this many unanswered copies of an `Init` a client starts again at `Hello`.
pub const INIT_COPIES_MAX: u32 = 5;
/// Copies of `Close` that are sent.
pub const CLOSE_COPIES: u32 = 3;
/// Time between two copies of `Close`.
pub const CLOSE_INTERVAL_MS: u64 = 50;
/// After a `Close` was received, its connection ids stay known for this long, so that late datagrams get no `Reset`.
pub const CLOSED_LINGER_MS: u64 = 1_000;
/// A server forgets a session that has been offline for this long; until then the client may go on with it.
pub const OFFLINE_LINGER_S: u64 = 30;
/// After a server said that it goes down, its clients wait up to this long before they look for it again.
pub const SHUTDOWN_RETURN_MS: u64 = 500;
/// Handshake and reset datagrams waiting to be sent; beyond that none is answered.
pub const OUTBOX_MAX: usize = 1_024;

// --- discovery -------------------------------------------------------------------------------------------------------

/// The IPv4 group of discovery, of the site-local range (RFC 2365, section 6.1).
pub const DISCOVERY_GROUP_V4: Ipv4Addr = Ipv4Addr::new(239, 255, 24, 69);
/// The IPv6 group of discovery, transient and link-local (RFC 4291, section 2.7).
pub const DISCOVERY_GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff12, 0, 0, 0, 0, 0, 0, 0x2469);
/// Hop limit of every datagram of discovery: it ends at the first router.
pub const DISCOVERY_HOPS: u8 = 1;
/// Length of every `Query`, padding included.
pub const QUERY_LEN: usize = DATAGRAM_MIN_LEN;
/// Length of the longest `Beacon`.
pub const BEACON_MAX_LEN: usize = QUERY_LEN;
/// Longest `Beacon` that nobody asked for.
pub const BEACON_UNASKED_MAX_LEN: usize = 256;
/// Longest topic in a `Beacon`, in octets; a longer one is cut.
pub const BEACON_TOPIC_MAX_LEN: usize = 120;
/// Most pages of rooms; what lies after them is found by a member's list of rooms.
pub const BEACON_PAGES_MAX: usize = 160;
/// An answer waits a random time up to this, so that many servers do not answer at once.
pub const BEACON_JITTER_MS: u64 = 20;
/// `Beacon`s a second that a server sends at most, over all askers.
pub const BEACONS_PER_S_MAX: u32 = 20;
/// `Beacon`s that it sends at once after a silence.
pub const BEACONS_BURST: u32 = 40;
/// `Beacon`s a second that one address gets at most, and at once after a silence twice as many.
pub const BEACONS_PER_ADDRESS_PER_S: u32 = 10;
/// Answers that wait for their time at most; a further query is dropped.
pub const BEACONS_WAITING_MAX: usize = 64;
/// Copies of a `Beacon` that nobody asked for.
pub const BEACON_COPIES: u32 = 2;
/// Time between two of them.
pub const BEACON_INTERVAL_MS: u64 = 100;
/// When a seeker sends its first query: at random up to this.
pub const QUERY_JITTER_MS: u64 = 20;
/// When it sends the next ones, after the first.
pub const QUERY_SCHEDULE_MS: [u64; 5] = [100, 250, 550, 1_000, 2_000];
/// After those it asks this often, as long as someone looks.
pub const QUERY_STEADY_MS: u64 = 3_000;

// --- link: acknowledgements, RTT, loss -------------------------------------------------------------------------------

/// Most ranges in an `Ack`.
pub const ACK_RANGES_MAX: usize = 32;
/// Above this many datagrams a second from a peer, its acknowledgements wait [`ACK_DELAY_BUSY_US`].
pub const ACK_BUSY_PER_S: u32 = 200;
/// The delay of acknowledgements of a busy peer.
pub const ACK_DELAY_BUSY_US: u64 = 2_000;
/// Longest acknowledgement delay that a server may advertise.
pub const ACK_DELAY_MAX_US: u64 = 20_000;
/// Window of the minimum RTT.
pub const MIN_RTT_WINDOW_S: u64 = 30;
/// RTT assumed where the handshake gave none.
pub const INITIAL_RTT_US: u64 = 100_000;
/// Loss by packet threshold; adaptive upwards on reordering.
pub const PACKET_THRESHOLD: u64 = 3;
/// Below this RTT the packet threshold is off.
pub const PACKET_THRESHOLD_MIN_RTT_US: u64 = 5_000;
/// Slack over the smoothed RTT before loss is declared by time.
pub const LOSS_SLACK_US: u64 = 500;
/// The slowest send-to-acknowledgement loop is remembered for this long.
pub const SLOWEST_LOOP_WINDOW_MS: u64 = 512;
/// Datagrams remembered while unacknowledged; beyond that the oldest counts as lost.
pub const SENT_RING_LEN: usize = 4_096;
/// The adaptive packet threshold grows up to this.
pub const PACKET_THRESHOLD_MAX: u64 = 64;
/// A lost datagram is remembered for this long, to see whether the loss was one.
pub const LOST_LINGER_MS: u64 = 1_000;
/// An answer to a `Ping` is given twice from this measured loss on, in parts per 100,000.
pub const PONG_TWICE_LOSS_PPHT: u32 = 10_000;
/// How long after the first the second answer to a `Ping` goes out.
pub const PONG_TWICE_US: u64 = 20_000;

// --- link: probe timer, ladder, governor -----------------------------------------------------------------------------

/// Shortest probe timeout.
pub const PROBE_MIN_US: u64 = 2_000;
/// Longest first probe timeout.
pub const PROBE_MAX_US: u64 = 500_000;
/// Smallest variance term of the probe timeout.
pub const PROBE_VARIANCE_MIN_US: u64 = 1_000;
/// Above this many datagrams a second sent to a peer, its acknowledgements may come late by [`ACK_DELAY_BUSY_US`].
pub const PROBE_BUSY_PER_S: u32 = 100;
/// The ladder: the n-th firing without progress waits the probe timeout times this, in halves; the last step repeats
/// with a further factor 4/3 per firing.
pub const LADDER_HALVES: [u32; 9] = [2, 2, 2, 3, 4, 6, 8, 12, 16];
/// No step of the ladder is longer than this.
pub const LADDER_MAX_MS: u64 = 1_000;
/// Every step of the ladder is longer by a random part of itself, up to this, in per mille.
pub const LADDER_JITTER_PER_MILLE: u64 = 60;
/// The governor backs off when queueing delay exceeds this.
pub const GOVERNOR_QUEUE_US: u64 = 20_000;
/// The governor looks at shares only above this many datagrams a second.
pub const GOVERNOR_MIN_PER_S: u32 = 200;
/// The governor backs off when more than this share of the datagrams of a second are retransmissions, in per mille.
pub const GOVERNOR_SHARE_PER_MILLE: u32 = 650;
/// The governor doubles its factor at most this often, and halves it after as long again without reason.
pub const GOVERNOR_STEP_MS: u64 = 200;
/// Doublings of the governor at most.
pub const GOVERNOR_DOUBLINGS_MAX: u32 = 3;
/// The share says nothing about a peer that has been silent for this long.
pub const GOVERNOR_SILENCE_MS: u64 = 1_000;

// --- link: redundancy ------------------------------------------------------------------------------------------------

/// Re-carried and speculative copies start at this measured loss, in parts per 100,000.
pub const REDUNDANCY_LOSS_PPHT: u32 = 200;
/// A second speculative copy starts at this measured loss, in parts per 100,000.
pub const SECOND_COPY_LOSS_PPHT: u32 = 3_000;
/// Loss is measured over this many datagrams.
pub const LOSS_WINDOW_LEN: usize = 256;
/// What became of datagrams longer ago than this says nothing of loss now.
pub const LOSS_AGE_MAX_MS: u64 = 60_000;
/// At least so many datagrams in a row that are all lost,
pub const OUTAGE_DATAGRAMS_MIN: u64 = 6;
/// over at least this long, are an outage, and do not count as loss.
pub const OUTAGE_MIN_MS: u64 = 1_500;
/// A message up to this length may be re-carried.
pub const RECARRY_MESSAGE_MAX_LEN: usize = 512;
/// Most messages re-carried in a datagram.
pub const RECARRY_MESSAGES_MAX: usize = 4;
/// Most octets re-carried in a datagram.
pub const RECARRY_MAX_BYTES: usize = 600;
/// Most copies of a message made by re-carrying.
pub const RECARRY_COPIES_MAX: u8 = 4;
/// A message is re-carried when its last copy is older than a quarter of the RTT, or than this.
pub const RECARRY_AGE_MAX_US: u64 = 5_000;
/// Speculative copies are made only at this smoothed RTT or above.
pub const SPECULATIVE_MIN_RTT_US: u64 = 8_000;
/// Bounds of the wait before a speculative copy: a quarter of the RTT, held between these.
pub const SPECULATIVE_WAIT_MIN_US: u64 = 3_000;
/// See [`SPECULATIVE_WAIT_MIN_US`].
pub const SPECULATIVE_WAIT_MAX_US: u64 = 10_000;
/// Speculative copies are switched off while they save fewer than this share of the messages whose first datagram was
/// lost, in per mille: losses then come together, and a copy is lost with its original.
pub const SPECULATIVE_YIELD_PER_MILLE: u32 = 250;
/// Speculative copies that were switched off are tried again after this long.
pub const SPECULATIVE_RETRY_S: u64 = 5;
/// Datagrams a second, and at once, that may be sent for speculative copies alone.
pub const SPECULATIVE_PER_S: u32 = 100;
/// See [`SPECULATIVE_PER_S`].
pub const SPECULATIVE_BURST: u32 = 32;
/// A message with this many copies already gets no speculative one.
pub const SPECULATIVE_COPIES_MAX: u8 = 2;
/// Unacknowledged pieces looked at when a datagram is filled up with copies.
pub const RECARRY_SCAN_MAX: usize = 64;

// --- link: path MTU --------------------------------------------------------------------------------------------------

/// A path is a black hole for long datagrams when all of them were lost so many times in a row while shorter ones arrived.
pub const BLACK_HOLE_BURSTS_MIN: u32 = 3;
/// On a path that loses much anyway it takes more, up to this.
pub const BLACK_HOLE_BURSTS_MAX: u32 = 12;
/// So many probes of a size in a row must be lost before the path counts as too narrow for it.
pub const MTU_PROBES_MAX: u32 = 3;
/// The search for the path's size ends when what passes and what does not are no further apart than this, in octets.
pub const MTU_SEARCH_STEP: usize = 32;
/// The search begins again so long after it ended below [`DATAGRAM_MAX_LEN`], once there is more to send than fits.
pub const MTU_RAISE_S: u64 = 60;

// --- link: congestion and flow ---------------------------------------------------------------------------------------

/// Chat is never blocked below this many datagrams a second.
pub const FLOOR_PER_S: u32 = 200;
/// Burst of the floor.
pub const FLOOR_BURST: u32 = 64;
/// Congestion window at the start, in datagrams.
pub const WINDOW_INITIAL: u32 = 16;
/// Smallest congestion window.
pub const WINDOW_MIN: u32 = 4;
/// Largest congestion window.
pub const WINDOW_MAX: u32 = 1_024;
/// The window shrinks while datagrams wait in queues for longer than this.
pub const QUEUE_TARGET_US: u64 = 5_000;
/// The window shrinks when a round trip's loss exceeds the baseline by this, in parts per 100,000.
pub const LOSS_EXCESS_PPHT: u32 = 15_000;
/// Bulk may run ahead of its pace by this much, so that a timer need not fire for every datagram.
pub const PACING_AHEAD_US: u64 = 1_000;
/// Most unacknowledged messages of a room, server to client.
pub const ROOM_UNACKED_MAX: usize = 256;
/// Most unacknowledged messages of a peer.
pub const PEER_UNACKED_MAX: usize = 1_024;
/// Most unacknowledged octets of a peer.
pub const PEER_UNACKED_MAX_BYTES: usize = 256 * 1024;
/// Most unacknowledged messages, client to server.
pub const UP_UNACKED_MAX: usize = 128;
/// Messages that a client may send before the first `Credit`, counted over the link.
pub const CREDIT_INITIAL: u64 = 1_024;
/// New `Credit` is sent when it is this much more than the last, or when the client has little left.
pub const CREDIT_STEP: u64 = 256;
/// So little credit is little.
pub const CREDIT_LOW: u64 = 64;
/// Posts a second, and requests a second, that a server takes from a session, unless it is set up otherwise.
pub const MESSAGES_PER_S: u32 = 200;
/// Requests that a server takes at once; posts are bounded by [`CREDIT_INITIAL`].
pub const REQUESTS_BURST: u64 = 2_304;
/// Where the rate alone holds credit back, what has come together in this time is told at once.
pub const CREDIT_INTERVAL_US: u64 = 50_000;
/// Most pieces that a link keeps account of, from the oldest unacknowledged one on.
pub const PIECES_MAX: usize = 4_096;
/// Most unacknowledged control messages.
pub const CONTROL_UNACKED_MAX: u64 = 128;
/// Most queued typing notices; a further one displaces the oldest.
pub const TYPING_QUEUE_MAX: usize = 16;
/// `Cursor`s go out at most this often, by themselves.
pub const CURSOR_INTERVAL_US: u64 = 50_000;
/// Most queued control messages of a session.
pub const CONTROL_QUEUE_MAX: usize = 4_096;
/// Most queued bulk messages of a session.
pub const BULK_QUEUE_MAX: usize = 16;

// --- link: heartbeat -------------------------------------------------------------------------------------------------

/// Ping interval.
pub const PING_INTERVAL_MS: u64 = 3_000;
/// Ping interval that a server advertises above [`MANY_PEERS`].
pub const PING_INTERVAL_MANY_MS: u64 = 10_000;
/// Shortest and longest ping interval that a client lets a server advertise.
pub const PING_INTERVAL_ADVERTISED_MIN_MS: u64 = 500;
/// See [`PING_INTERVAL_ADVERTISED_MIN_MS`].
pub const PING_INTERVAL_ADVERTISED_MAX_MS: u64 = 60_000;
/// Peers above which the longer ping interval holds.
pub const MANY_PEERS: usize = 2_000;
/// Both ends probe after the ping interval and this.
pub const PROBE_SILENCE_MS: u64 = 1_500;
/// Interval of heartbeat probes.
pub const HEARTBEAT_PROBE_MS: u64 = 400;
/// A peer is suspect after the ping interval and this.
pub const SUSPECT_SILENCE_MS: u64 = 5_000;
/// A peer is offline after the ping interval and this, and enough unanswered probes.
pub const OFFLINE_SILENCE_MS: u64 = 9_000;
/// Fewest and most unanswered probes before a peer is offline.
pub const OFFLINE_PROBES_MIN: u32 = 5;
/// See [`OFFLINE_PROBES_MIN`].
pub const OFFLINE_PROBES_MAX: u32 = 18;
/// From this much silence on, a peer gets at most one datagram per [`HEARTBEAT_PROBE_MS`].
pub const QUIET_AFTER_SILENCE_MS: u64 = 2_000;

const _: () = assert!(TEXT_MAX_LEN + 1_024 <= MESSAGE_MAX_LEN, "fragments carry the largest text and its envelope");
const _: () = assert!(PAGE_MAX_BYTES <= HELD_MAX_BYTES, "a page holds up no other long message");
const _: () = assert!(
    DEVICES_PER_ACCOUNT_MAX * (DEVICE_LABEL_MAX_LEN + 64) < MESSAGE_MAX_LEN,
    "an account's devices fit into one answer"
);
const _: () = assert!(TYPING_INTERVAL_MS * 2 < TYPING_SHOWN_MS, "one lost notice is not seen");
const _: () = assert!(FRAGMENTS_MAX <= 192, "a fragment bitmap is three u64");
const _: () = assert!(FRAGMENTS_FRESH_S * 2 <= REASSEMBLY_STALE_S, "what a sender counts as received is there still");
const _: () = assert!(MESSAGE_MAX_LEN < REASSEMBLY_MAX_BYTES, "a largest message can be reassembled");
const _: () = assert!(FRAGMENT_MAX_LEN + FRAGMENT_HEAD_MAX_LEN <= FRAMES_MAX_LEN, "a fragment fits a datagram");
const _: () = assert!(FRAGMENT_MIN_LEN < FRAGMENT_MAX_LEN);
const _: () = assert!(
    HELLO_LEN <= DATAGRAM_MIN_LEN && INIT_LEN <= DATAGRAM_MIN_LEN && QUERY_LEN <= DATAGRAM_MIN_LEN,
    "whoever looks for a server finds it on every path"
);
const _: () =
    assert!(SEALED_HEADER_LEN + TAG_LEN + CLOSE_REASON_MAX_LEN + 8 <= DATAGRAM_MIN_LEN, "a session ends on every path");
const _: () = assert!(BEACON_UNASKED_MAX_LEN <= BEACON_MAX_LEN && BEACON_MAX_LEN <= QUERY_LEN, "no answer amplifies");
const _: () = assert!(DATAGRAM_MIN_LEN < DATAGRAM_MAX_LEN && MTU_SEARCH_STEP < DATAGRAM_MAX_LEN - DATAGRAM_MIN_LEN);
const _: () = assert!(RESET_LEN < SEALED_MIN_LEN, "a reset never amplifies");
const _: () = assert!(SEALED_MIN_LEN > SEALED_HEADER_LEN + TAG_LEN);
const _: () = assert!(REKEY_AFTER_S < KEY_LIFETIME_S && REKEY_JITTER_S < REKEY_AFTER_S);
const _: () = assert!(ACCEPT_REPEAT_S <= HALF_OPEN_LIFETIME_S && ACCEPT_REPEAT_S <= COOKIE_LIFETIME_S);
const _: () =
    assert!(SEALED_MIN_LEN >= SEALED_HEADER_LEN + 10 + TAG_LEN, "a path challenge needs no more than the least");
const _: () = assert!(WINDOW_MIN < WINDOW_INITIAL && WINDOW_INITIAL < WINDOW_MAX);
const _: () = assert!((WINDOW_MAX as usize) < SENT_RING_LEN && REPLAY_WINDOW_LEN >= WINDOW_MAX as usize * 2);
const _: () = assert!(ROOM_UNACKED_MAX <= PEER_UNACKED_MAX && UP_UNACKED_MAX <= ORDERED_HELD_MAX);
const _: () = assert!(HEARTBEAT_PROBE_MS * OFFLINE_PROBES_MAX as u64 <= OFFLINE_SILENCE_MS - PROBE_SILENCE_MS);
const _: () = assert!(
    HEARTBEAT_PROBE_MS <= PING_INTERVAL_ADVERTISED_MIN_MS && PING_INTERVAL_ADVERTISED_MIN_MS < PING_INTERVAL_MS
);
const _: () = assert!(SUSPECT_SILENCE_MS < OFFLINE_SILENCE_MS && PROBE_SILENCE_MS < SUSPECT_SILENCE_MS);
const _: () = assert!(ROOM_UNACKED_MAX <= RECEIVE_WINDOW_LEN && BULK_QUEUE_MAX <= RECEIVE_WINDOW_LEN);
const _: () = assert!(CONTROL_UNACKED_MAX as usize <= ORDERED_HELD_MAX && PEER_UNACKED_MAX < PIECES_MAX);
const _: () = assert!(PROBE_BUSY_PER_S < ACK_BUSY_PER_S, "whoever may be answered late allows for it first");
const _: () = assert!(CREDIT_LOW < CREDIT_STEP && CREDIT_STEP < CREDIT_INITIAL);
const _: () = assert!(
    CREDIT_INITIAL as usize + 2 * ROOMS_PER_SESSION_MAX < CONTROL_QUEUE_MAX,
    "whoever has not taken the answers to its posts is not sent too much by coming into all of its rooms"
);
const _: () = assert!(
    REQUESTS_BURST as usize > 2 * ROOMS_PER_SESSION_MAX,
    "whoever leaves all rooms and comes into as many others is not held up"
);
const _: () = assert!(QUEUE_TARGET_US < GOVERNOR_QUEUE_US);

//! What a chat says in words of its own: line mode, and what belongs to this machine at any face. What it gives is safe to show.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::Path;

use chinwag_proto::wire::message::Reach;

use crate::desk::{Calendar, Deed, Findings};
use crate::render::{counted, render_text};
use crate::words;

/// Somebody was ahead of a question for a password.
pub(super) const EARLY: &str = "what was typed before this question is discarded";
/// This machine has no desktop, or none that opens links.
pub(super) const NO_OPENER: &str = "nothing here opens links; y copies them";
/// A program that serves others is not to be suspended.
pub(super) const SERVES_OTHERS: &str =
    "others are at this machine's server, which would stand still: /quit offers to go on serving them";

/// That older messages do not come.
pub(super) fn skipped(room: &str, skipped: u64) -> String {
    let are = if skipped == 1 { "is" } else { "are" };
    format!("{}: {} {are} skipped", render_text(room), counted(skipped, "older message"))
}

/// What a room is about.
pub(super) fn topic(room: &str, topic: &str) -> String {
    format!("{}: {}", render_text(room), render_text(topic))
}

/// What is new in a room that is entered.
pub(super) fn unread(room: &str, unread: u64) -> String {
    format!("{}: {unread} new since you read last, on whatever device", render_text(room))
}

/// That a message has no answer yet, by its beginning.
pub(super) fn on_its_way(deed: &Deed, calendar: Calendar) -> String {
    format!("{}on its way: {}", change(deed), words::beginning_of(deed, calendar))
}

/// That a message waits, by its beginning.
pub(super) fn queued(deed: &Deed, calendar: Calendar) -> String {
    format!("{}queued until there is a connection: {}", change(deed), words::beginning_of(deed, calendar))
}

/// What says something otherwise is no second message.
const fn change(deed: &Deed) -> &'static str {
    if deed.is_edit() { "your change is " } else { "" }
}

/// How far a message to one person got.
pub(super) fn reached(room: &str, reach: Reach) -> String {
    let who = render_text(room.trim_start_matches('@'));
    if reach.read > 0 { format!("✓✓ {who} has read it") } else { format!("✓ {who} has it") }
}

/// How much a search has found.
pub(super) fn found(findings: &Findings) -> String {
    if findings.words.is_none() {
        return "pinned:".to_owned();
    }
    let more = if findings.is_more { " (/search shows more)" } else { "" };
    let end = if findings.hits.is_empty() { "" } else { ":" };
    format!("{} found{more}{end}", findings.hits.len())
}

/// At which server this chat is: what that calls itself, if it has told, what it is called here, and where it is, if that is known.
pub(super) fn this_is(
    called: &str,
    known_as: &impl Display,
    addr: Option<SocketAddr>,
    fingerprint: Option<impl Display>,
) -> String {
    let called = match render_text(called) {
        none if none.is_empty() => known_as.to_string(),
        called => format!("{called} ({known_as})"),
    };
    let at = addr.map_or_else(String::new, |addr| format!(" at {addr}"));
    let print = fingerprint.map_or_else(String::new, |print| format!(", fingerprint {print}"));
    format!("this is {called}{at}{print}")
}

/// How to get to another server, where a chat stays at its own.
pub(super) fn how_to_go(server: &str) -> String {
    format!("/quit, and `chinwag chat --server {}` goes there", render_text(server))
}

/// That the chat goes on at another server, and whether nobody had asked for that.
pub(super) fn gone_to(server: &impl Display, fingerprint: &impl Display, is_by_itself: bool) -> String {
    let why = if is_by_itself { "others are here, too, so this chat has gone to" } else { "this chat has gone to" };
    format!("{why} {server}, fingerprint {fingerprint}")
}

/// A message that stands nowhere else any more.
pub(super) fn lost(room: &str, text: &str) -> String {
    format!("LOST, in {}: {}", render_text(room), render_text(text))
}

/// The system does not start a program.
pub(super) fn not_started(program: &Path, error: &impl Display) -> String {
    format!("{} can't be started: {error}", program.display())
}

/// There is no next line.
pub(super) fn unreadable(error: &impl Display) -> String {
    format!("can't read stdin: {error}")
}

/// How many of the lines that were read came to nothing.
pub(super) fn not_done(lines: usize) -> String {
    match lines {
        1 => "one line was refused, or can't be done".to_owned(),
        more => format!("{more} lines were refused, or can't be done"),
    }
}

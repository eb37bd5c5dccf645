//! What line mode says in words of its own. What it gives is safe to show.

use chinwag_proto::wire::message::Reach;

use crate::desk::{Calendar, Deed, Findings};
use crate::render::{counted, render_text};
use crate::words;

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

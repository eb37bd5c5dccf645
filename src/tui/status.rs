//! The row above everything, with the room and the link, and the row above the composer, with whatever the user should know now.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::cells::{cut, put, width};
use super::panes::DRAFT;
use super::sentences::offers::{self, Offer};
use super::sentences::{self, HOW, hint};
use super::theme::{Role, Theme};
use crate::client_core::Quality;
use crate::desk::ConnectionState;
use crate::desk::Desk;
use crate::desk::compose::complete::{Completion, command_of, commands};
use crate::render::render_text;
use crate::words::{self, help};

/// Columns of a topic that say something; fewer are not shown.
const TOPIC_MIN: usize = 12;
/// Columns between what is said above the line and what is elsewhere.
const GAP: usize = 2;
/// Loss below this is not worth a word, in parts per 100,000.
const LOSS_SHOWN: u32 = 100;

/// Draws the title: room, topic, link.
pub(super) fn title(desk: &Desk, theme: Theme, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let columns = usize::from(area.width);
    let (link, role) = link(desk);
    // How the link is is said whole on a screen of 40 columns: the rest of the row may be cut.
    let link = cut(&link, columns * 2 / 3);
    let at = area.right().saturating_sub(u16::try_from(width(&link)).unwrap_or(0) + 1);
    put(buf, area, at, area.y, &link, theme.style(role));
    let room = render_text(desk.room());
    let left = usize::from(at.saturating_sub(area.x)).saturating_sub(2);
    let x = put(buf, area, area.x, area.y, &format!(" {}", cut(&room, left)), theme.style(Role::Title));
    let topic = render_text(desk.topic(desk.room()));
    let left = usize::from(at.saturating_sub(x)).saturating_sub(4);
    if !topic.is_empty() && left >= TOPIC_MIN {
        put(buf, area, x, area.y, &format!("  {}", cut(&topic, left)), theme.style(Role::Dim));
    }
}

/// How the link is: `0.4 ms`, `12 ms, 8 % lost`, `reconnecting, 3 queued`.
pub(super) fn link(desk: &Desk) -> (String, Role) {
    match (desk.connection_state(), desk.quality()) {
        (ConnectionState::Up, None) => (sentences::link(ConnectionState::Up, 0), Role::Dim),
        (ConnectionState::Up, Some(Quality { rtt_us, loss_ppht: ..LOSS_SHOWN })) => {
            (sentences::round_trip(rtt_us), Role::Good)
        }
        (ConnectionState::Up, Some(Quality { rtt_us, loss_ppht })) => {
            (sentences::losing(rtt_us, loss_ppht), Role::Trouble)
        }
        (
            link @ (ConnectionState::Connecting
            | ConnectionState::Refused
            | ConnectionState::Suspect
            | ConnectionState::Lost),
            _,
        ) => (sentences::link(link, desk.pending_len()), Role::Trouble),
    }
}

/// What there is to know above the composer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hints<'a> {
    pub(super) text: &'a str,
    /// It was entered, and could not be done.
    pub(super) is_refused: bool,
    pub(super) completion: Option<&'a Completion>,
    /// What is chosen, in words.
    pub(super) chosen: Option<Choice<'a>>,
    /// The timeline is not at its end.
    pub(super) is_scrolled: bool,
    /// Nothing stands at the sides to tell of other rooms.
    pub(super) has_no_rooms: bool,
    /// The user has not entered anything yet.
    pub(super) is_new: bool,
    /// What a key could not do.
    pub(super) hint: Option<hint::Ways>,
}

/// What is chosen, in words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice<'a> {
    /// An entry: which, of whom, of when; or why it has no number.
    pub(super) what: &'a str,
    /// What keys do to it.
    pub(super) offers: &'a [Offer],
}

/// Draws the row above the composer.
pub(super) fn hints(desk: &Desk, hints: Hints<'_>, theme: Theme, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let whole = usize::from(area.width).saturating_sub(2);
    let mut parts = if hints.has_no_rooms { elsewhere(desk) } else { Vec::new() };
    let whole_answer = told(desk, hints, whole);
    let elsewhere = loop {
        let elsewhere = parts.join(", ");
        let beside = whole.saturating_sub(if elsewhere.is_empty() { 0 } else { width(&elsewhere) + GAP });
        let answer = told(desk, hints, beside);
        // An answer to a key is said as if nothing were elsewhere, which is said again after it.
        let is_whole = answer.1 == Role::Dim && parts.len() < 2 || answer == whole_answer && width(&answer.0) <= beside;
        if parts.is_empty() || is_whole {
            break elsewhere;
        }
        parts.pop();
    };
    let at = area.right().saturating_sub(u16::try_from(width(&elsewhere)).unwrap_or(0) + 1);
    put(buf, area, at, area.y, &elsewhere, theme.style(Role::Called));
    let gap = if elsewhere.is_empty() { 0 } else { GAP };
    let left = Rect { width: at.saturating_sub(area.x).saturating_sub(u16::try_from(gap).unwrap_or(0)), ..area };
    if let Some(completion) = hints.completion {
        return candidates(completion, theme, left, buf);
    }
    let columns = usize::from(left.width).saturating_sub(1);
    let (words, role) = match told(desk, hints, columns) {
        // Half of it would help nobody.
        (none, _) if none.is_empty() && hints.is_new && hints.text.is_empty() && width(HOW) < columns => {
            (HOW.into(), Role::Dim)
        }
        words => words,
    };
    put(buf, left, left.x, left.y, &format!(" {}", cut(&words, columns)), theme.style(role));
}

fn told(desk: &Desk, hints: Hints<'_>, columns: usize) -> (String, Role) {
    if let Some(hint) = hints.hint {
        return (hint::fitting(hint, columns), Role::News);
    }
    if let Some(chosen) = hints.chosen {
        return (offers::in_words(chosen.what, chosen.offers, columns), Role::News);
    }
    if hints.is_refused {
        return (hint::fitting(hint::REFUSED, columns), Role::News);
    }
    if let Some(help) = command_of(hints.text).and_then(help::of) {
        // Half of what it does would help nobody.
        let whole = format!("{}   {}", help.usage, help.what);
        return (if width(&whole) > columns { help.usage.to_owned() } else { whole }, Role::News);
    }
    if let Some(prefix) = hints.text.strip_prefix('/').filter(|rest| !rest.starts_with('/')) {
        let names: Vec<String> = commands(prefix).map(|name| format!("/{name}")).collect();
        let none = || hint::fitting(hint::NO_COMMAND, columns);
        return (if names.is_empty() { none() } else { as_many(&names, columns) }, Role::News);
    }
    let new = desk.in_view().map_or(0, |room| room.unread);
    match desk.in_view().map(|room| words::typers(&room.typing)).unwrap_or_default() {
        _ if hints.is_scrolled && new > 0 => (sentences::new_below(new), Role::Unread),
        _ if hints.is_scrolled => (sentences::TO_END.to_owned(), Role::Dim),
        typers if !typers.is_empty() => (typers, Role::Dim),
        _ if desk.is_away() => (hint::fitting(hint::AWAY, columns), Role::Dim),
        _ => (String::new(), Role::Dim),
    }
}

/// As many of the names as there is room for, each of them whole, and how many more there are.
fn as_many(names: &[String], columns: usize) -> String {
    let shown = |count: usize| match names.len() - count {
        0 => names.join("  "),
        more => format!("{}  +{more}", names[..count].join("  ")),
    };
    let fits = (1..=names.len()).rev().map(shown).find(|said| width(said) <= columns);
    fits.unwrap_or_else(|| shown(1))
}

/// What is unread in other rooms, and what of that is for the user.
fn elsewhere(desk: &Desk) -> Vec<String> {
    let others = desk.rooms().filter(|(name, _)| *name != desk.room());
    let (unread, called) =
        others.fold((0, 0), |(unread, called), (_, room)| (unread + room.unread, called + room.mentions));
    let draft = if desk.rooms().any(|(name, _)| desk.has_draft(name)) { DRAFT } else { "" };
    let mut parts = Vec::new();
    if !draft.is_empty() || unread > 0 {
        let unread = if unread > 0 { unread.to_string() } else { String::new() };
        let all = [draft, &unread].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
        parts.push(sentences::elsewhere(&all.join(" ")));
    }
    match called {
        0 => {}
        all if all == unread => parts.push(sentences::FOR_YOU.to_owned()),
        some => parts.push(sentences::some_for_you(some)),
    }
    parts
}

fn candidates(completion: &Completion, theme: Theme, area: Rect, buf: &mut Buffer) {
    let (all, at) = completion.candidates();
    let mut x = area.x + 1;
    // Those from the chosen one on, where not all fit.
    let first =
        if all.iter().map(|one| width(&one.shown()) + 2).sum::<usize>() > usize::from(area.width) { at } else { 0 };
    for (n, candidate) in all.iter().enumerate().skip(first) {
        let role = if n == at { Role::Chosen } else { Role::Dim };
        x = put(buf, area, x, area.y, &candidate.shown(), theme.style(role));
        x = x.saturating_add(2);
    }
}

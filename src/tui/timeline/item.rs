//! What stands in a timeline, as rows: messages with all that belongs to them, asides, what is on its way, and the lines
//! between.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use chinwag_proto::wire::id::RoomSeq;

use super::place::{END, tag_of};
use crate::desk::Desk;
use crate::desk::fold::{Line, What};
use crate::desk::mention::mentions;
use crate::desk::{Aside, DeliveryState, Key, Room, Tone};
use crate::render::{render_lines, render_text};
use crate::tui::cells::{cut, width};
use crate::tui::links::{Hyperlink, links};
use crate::tui::sentences;
use crate::tui::theme::{Role, name_role};
use crate::tui::wrap::{Row, Run, run, wrap, wrap_marked};
use crate::words::dates::{Day, clock_time};
use crate::words::{self, Told};

/// From that many columns on, times and names have columns of their own.
const COLUMNS_FROM: usize = 44;
/// The columns of a time, with the space after it.
const TIME: usize = 6;
/// The columns of a name, and on a wide screen.
const NAME: usize = 9;
const NAME_WIDE: usize = 14;
const WIDE_FROM: usize = 90;
/// The columns before further rows of a message where names have no columns of their own.
const HANGING: usize = 2;

/// All that the rows of an item are made of: as long as it is the same, so are they.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A message or an act.
    Said {
        number: RoomSeq,
        line: Line,
        mark: Option<DeliveryState>,
        /// What it answers: whose, and its beginning.
        quote: Option<(String, String)>,
        is_own: bool,
        is_ignored: bool,
    },
    Aside(Aside),
    Pending {
        text: String,
        mark: DeliveryState,
        name: String,
    },
    /// Gone meanwhile.
    Nothing,
}

impl Content {
    pub(super) fn of(desk: &Desk, key: Key) -> Self {
        if key.0 == END.0 {
            return pending(desk, key).map_or(Self::Nothing, |(text, mark)| Self::Pending {
                text: text.into_owned(),
                mark,
                name: desk.name().to_owned(),
            });
        }
        let Some(room) = desk.in_view() else { return Self::Nothing };
        if key.1 > 0 {
            return room.asides.get(&key).map_or(Self::Nothing, |aside| Self::Aside(aside.clone()));
        }
        match room.line(key) {
            Some(line) => Self::Said {
                number: key.0,
                line: line.clone(),
                mark: mark(desk, room, key.0, line),
                quote: quote(desk, line),
                is_own: desk.is_own(line),
                is_ignored: desk.is_ignored(&line.name),
            },
            None => Self::Nothing,
        }
    }

    /// Whether they are the same still.
    pub(super) fn hold(&self, desk: &Desk, key: Key) -> bool {
        let room = desk.in_view();
        match self {
            Self::Said { line, mark, quote: quoted, is_own: own, is_ignored, .. } => {
                room.and_then(|room| room.line(key)).is_some_and(|now| {
                    now == line
                        && room.is_some_and(|room| *mark == self::mark(desk, room, key.0, now))
                        && *own == desk.is_own(now)
                        && *is_ignored == desk.is_ignored(&now.name)
                        && *quoted == quote(desk, now)
                })
            }
            Self::Aside(aside) => room.and_then(|room| room.asides.get(&key)) == Some(aside),
            Self::Pending { text, mark, name } => {
                pending(desk, key) == Some((text.into(), *mark)) && name == desk.name()
            }
            Self::Nothing => false,
        }
    }
}

/// How far a message of the user's got. What is in the log is stored, whoever sent it when.
fn mark(desk: &Desk, room: &Room, number: RoomSeq, line: &Line) -> Option<DeliveryState> {
    desk.is_own(line).then(|| room.delivery_state(number).unwrap_or(DeliveryState::Stored))
}

/// The rows of an item.
pub(super) fn rows(desk: &Desk, facts: &Content, columns: usize) -> Vec<Row> {
    match facts {
        Content::Said { is_ignored: true, .. } | Content::Nothing => Vec::new(),
        Content::Said { number, line, mark, quote, is_own, .. } => {
            let time = clock_time(line.at, desk.calendar());
            match &line.what {
                What::Text(text, _) => {
                    let whom = if *is_own { "" } else { desk.name() };
                    let said =
                        Said { time: &time, name: &line.name, text, whom, role: Role::Text, number: Some(*number) };
                    let mut rows = message(&said, quote.as_ref(), columns);
                    if line.edited.is_some() {
                        append(&mut rows, columns, run(sentences::EDITED, Role::Dim));
                    }
                    if line.is_pinned {
                        append(&mut rows, columns, run(sentences::PINNED, Role::Dim));
                    }
                    if let Some(mark) = mark {
                        append(&mut rows, columns, mark_run(*mark));
                    }
                    rows.extend(reactions(line, columns));
                    rows
                }
                What::Deleted => {
                    let said = Said {
                        time: &time,
                        name: &line.name,
                        text: sentences::DELETED,
                        whom: "",
                        role: Role::Dim,
                        number: None,
                    };
                    message(&said, None, columns)
                }
                What::Topic(_) | What::Act(_) => {
                    let (Told::Said(text) | Told::Done(text)) = words::folded(line, &empty(), desk.calendar());
                    let time = if columns >= COLUMNS_FROM { format!("{time:<TIME$}") } else { String::new() };
                    let rows = indented(&text, Role::Event, columns.saturating_sub(width(&time)));
                    let lead = |n| run(if n == 0 { time.clone() } else { " ".repeat(width(&time)) }, Role::Dim);
                    rows.into_iter().enumerate().map(|(n, row)| [vec![lead(n)], row].concat()).collect()
                }
            }
        }
        Content::Aside(Aside { tone, text, refused: _ }) => {
            let role = match tone {
                Tone::Event => Role::Event,
                Tone::Line => Role::Text,
                Tone::News => Role::News,
                Tone::Trouble => Role::Trouble,
            };
            if *tone == Tone::Line { wrap(text, columns, role) } else { indented(text, role, columns) }
        }
        Content::Pending { text, mark, name } => {
            let said = Said { time: "", name, text, whom: "", role: Role::Dim, number: None };
            let mut rows = message(&said, None, columns);
            append(&mut rows, columns, mark_run(*mark));
            rows
        }
    }
}

/// The rows above an item: a hole, the day, and where the new begins. And the hole, if there is one.
pub(super) fn above(desk: &Desk, key: Key, columns: usize) -> (Vec<Row>, Option<RoomSeq>) {
    let mut rows = Vec::new();
    let Some(room) = desk.in_view() else { return (rows, None) };
    let Some(line) = room.line(key) else { return (rows, None) };
    let hole = room.hole_before(key.0);
    if hole.is_some() {
        rows.push(self::hole(columns));
    }
    let before = room.messages.before(key.0);
    let day = Day::of(line.at, desk.calendar());
    let day_before = before.and_then(|before| Day::of(room.messages.line(before)?.at, desk.calendar()));
    if let Some(day) = day.filter(|day| Some(*day) != day_before) {
        rows.push(across(&day.words(), Role::Dim, columns));
    }
    if room.new_after.is_some_and(|after| key.0 > after && before.is_none_or(|before| before <= after)) {
        rows.push(across(sentences::NEW, Role::New, columns));
    }
    (rows, hole)
}

/// Where messages are not at hand.
pub(super) fn hole(columns: usize) -> Row {
    across(sentences::EARLIER, Role::Dim, columns)
}

/// What is said, by whom, and how.
struct Said<'a> {
    time: &'a str,
    name: &'a str,
    text: &'a str,
    /// Whose mention is looked for.
    whom: &'a str,
    role: Role,
    /// Its number, from which on its links are links.
    number: Option<RoomSeq>,
}

fn message(said: &Said<'_>, quote: Option<&(String, String)>, columns: usize) -> Vec<Row> {
    let text = render_lines(said.text, "");
    let marked: Vec<Range<usize>> = mentions(&text, said.whom);
    let links = said.number.map_or_else(Vec::new, |number| links(&text, &number.0.to_string()));
    let name = render_text(said.name);
    let gutter = gutter(columns);
    let hanging = hanging(columns);
    let mut rows = Vec::new();
    let beside = |rows: &mut Vec<Row>, more: Vec<Row>, first: &[Run]| {
        for row in more {
            let mut whole = if rows.is_empty() { first.to_vec() } else { vec![run(" ".repeat(hanging), Role::Text)] };
            whole.extend(row);
            rows.push(whole);
        }
    };
    let (first, inline) = if columns >= COLUMNS_FROM {
        let room = gutter - TIME - 1;
        let name = cut(&name, room);
        let pad = " ".repeat(room - width(&name));
        let first = vec![
            run(format!("{:<TIME$}{pad}", said.time), Role::Dim),
            run(name, name_role(said.name)),
            run(" ", Role::Text),
        ];
        (first, 0)
    } else {
        let name = cut(&name, (columns / 2).max(4));
        let inline = width(&name) + 2;
        (vec![run(name, name_role(said.name)), run(": ", Role::Dim)], inline)
    };
    if let Some((who, what)) = quote {
        let quoted = cut(&format!("╭ {}: {what}", render_text(who)), columns.saturating_sub(hanging.max(inline)));
        beside(&mut rows, vec![vec![run(quoted, Role::Dim)]], &first);
    }
    // Beside an inline name the first row is shorter than the rest, which hangs below it.
    let lead = if rows.is_empty() { inline.saturating_sub(hanging) } else { 0 };
    let room = columns.saturating_sub(hanging).max(2);
    beside(&mut rows, wrap_marked(&text, lead, room, said.role, &marked, &links), &first);
    rows
}

/// The columns before a text.
fn gutter(columns: usize) -> usize {
    match columns {
        WIDE_FROM.. => TIME + NAME_WIDE + 1,
        COLUMNS_FROM.. => TIME + NAME + 1,
        _ => 0,
    }
}

/// The columns before further rows of a message: where there is no gutter, they are told from the next name all the same.
fn hanging(columns: usize) -> usize {
    gutter(columns).max(HANGING)
}

/// Puts something behind the last row, or below it where there is no room.
fn append(rows: &mut Vec<Row>, columns: usize, what: Run) {
    let used = rows.last().map_or(0, |row| row.iter().map(|run| width(&run.text)).sum());
    match rows.last_mut() {
        Some(row) if used + width(&what.text) <= columns => row.push(what),
        _ => {
            let pad = " ".repeat(hanging(columns));
            rows.push(vec![run(pad, Role::Text), run(what.text.trim_start(), what.role)]);
        }
    }
}

fn mark_run(mark: DeliveryState) -> Run {
    let role = match mark {
        DeliveryState::Queued | DeliveryState::Deleting => Role::Trouble,
        DeliveryState::Sent | DeliveryState::Stored | DeliveryState::Reached(_) => Role::Dim,
    };
    run(sentences::mark(mark), role)
}

fn reactions(line: &Line, columns: usize) -> Vec<Row> {
    if line.reactions.is_empty() {
        return Vec::new();
    }
    let all: Vec<String> =
        line.reactions().map(|(emoji, who)| format!("{} {}", cut(&render_text(emoji), 16), who.len())).collect();
    let hanging = hanging(columns);
    let rows = wrap(&all.join("  "), columns.saturating_sub(hanging), Role::Event);
    let pad = |row: Row| [vec![run(" ".repeat(hanging), Role::Text)], row].concat();
    rows.into_iter().map(pad).collect()
}

/// `-- text`, further rows indented.
fn indented(text: &str, role: Role, columns: usize) -> Vec<Row> {
    let rows = wrap(text, columns.saturating_sub(3), role);
    let first = |n: usize| run(if n == 0 { "-- " } else { "   " }, role);
    rows.into_iter().enumerate().map(|(n, row)| [vec![first(n)], row].concat()).collect()
}

/// A line across, with words in its middle.
fn across(words: &str, role: Role, columns: usize) -> Row {
    let words = cut(words, columns.saturating_sub(4));
    let left = columns.saturating_sub(width(&words) + 2);
    let before = "─".repeat(left / 2);
    let after = "─".repeat(left - left / 2);
    vec![run(format!("{before} {words} {after}"), role)]
}

/// What a message answers: whose, and its beginning.
fn quote(desk: &Desk, line: &Line) -> Option<(String, String)> {
    let What::Text(_, Some(to)) = &line.what else { return None };
    let answered = desk.in_view()?.messages.line(*to);
    Some(match answered.map(|answered| (&answered.name, &answered.what)) {
        Some((name, What::Text(text, _))) => (name.clone(), words::beginning(text, 120)),
        Some((name, What::Deleted | What::Topic(_) | What::Act(_))) => (name.clone(), sentences::DELETED.to_owned()),
        None => (sentences::absent(*to), "…".to_owned()),
    })
}

fn pending(desk: &Desk, key: Key) -> Option<(Cow<'_, str>, DeliveryState)> {
    let tag = tag_of(key)?;
    let pending = desk.waiting_row(tag).filter(|pending| pending.room == desk.room())?;
    let mark = if desk.is_being_deleted(tag) {
        DeliveryState::Deleting
    } else if pending.number.is_some() {
        DeliveryState::Stored
    } else if pending.is_kept && desk.connection_state() != crate::desk::ConnectionState::Up {
        DeliveryState::Queued
    } else {
        DeliveryState::Sent
    };
    Some((words::deed(desk.reading_of(tag)?, desk.calendar()), mark))
}

const fn empty() -> crate::desk::Messages {
    crate::desk::Messages::new(1)
}

/// What a row says that can be chosen, as it was typed.
pub(in crate::tui) fn text_of(desk: &Desk, key: Key) -> Option<String> {
    if key.0 == END.0 {
        return pending(desk, key).map(|(text, _)| text.into_owned());
    }
    let room = desk.in_view()?;
    if key.1 > 0 {
        return room.asides.get(&key)?.refused.as_ref().map(|refused| refused.again.clone());
    }
    match &room.line(key)?.what {
        What::Text(text, _) => Some(text.clone()),
        What::Deleted | What::Topic(_) | What::Act(_) => None,
    }
}

/// What the links of a row lead to.
pub(in crate::tui) fn links_of(desk: &Desk, key: Key) -> Vec<Rc<Hyperlink>> {
    let text = text_of(desk, key).unwrap_or_default();
    links(&render_lines(&text, ""), &key.0.to_string()).into_iter().map(|(_, link)| link).collect()
}

/// The moment of a message in full, for whoever chooses it.
pub(in crate::tui) fn moment(desk: &Desk, key: Key) -> Option<String> {
    let line = desk.in_view()?.line(key)?;
    Some(sentences::moment(key.0, &line.name, line.at, desk.calendar()))
}

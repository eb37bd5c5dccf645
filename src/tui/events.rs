//! What the terminal brings, and what becomes of it: typed text, commands of this face, and what lies above the conversation.

use crossterm::event::{Event, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::keys::{Action, action};
use super::layout::{ROOMS_FROM, ROSTER_FROM};
use super::overlay::{Overlay, Place, help_lines};
use super::sentences::{self, hint};
use super::timeline::Chosen;
use super::{Flow, Theme, Tui};
use crate::client_core::Found;
use crate::desk::Desk;
use crate::desk::compose::complete::{Completion, Known, emoji_at_caret};
use crate::desk::compose::{Composer, Edit};
use crate::desk::parse::{Line, parse};
use crate::desk::{Key, Next};

/// A paste of more lines than that is asked about first.
const PASTED_LINES: usize = 5;
/// Rows that a turn of the wheel goes.
const WHEEL: usize = 3;

impl Tui {
    /// Takes what the terminal brings.
    pub fn event(&mut self, event: &Event, desk: &mut Desk) -> Flow {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                desk.touched();
                self.key(*key, desk)
            }
            Event::Paste(text) => {
                desk.touched();
                self.paste(text, desk);
                Flow::GoOn
            }
            Event::Mouse(mouse) => {
                self.mouse(*mouse, desk);
                Flow::GoOn
            }
            Event::FocusGained | Event::FocusLost => {
                self.has_focus = matches!(event, Event::FocusGained);
                desk.watched(self.has_focus && self.anchor.is_none());
                Flow::GoOn
            }
            // It may be another terminal, to which the old one's session was attached.
            // What was too narrow may not be so any more.
            Event::Resize(..) => {
                self.hint = None;
                Flow::Redraw
            }
            Event::Key(_) => Flow::GoOn,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest depends on what is going on")]
    fn key(&mut self, key: KeyEvent, desk: &mut Desk) -> Flow {
        self.hint = None;
        let Some(action) = action(key) else { return Flow::GoOn };
        match action {
            Action::Suspend => return Flow::Suspend,
            Action::Redraw => return Flow::Redraw,
            Action::Theme => {
                self.set_theme(self.theme.next(), desk);
                return Flow::GoOn;
            }
            Action::Mouse => {
                self.has_mouse = !self.has_mouse;
                return Flow::Mouse;
            }
            _ if desk.question().is_some() => return self.secret(action, desk),
            _ => {}
        }
        match self.overlay.take() {
            Some(overlay) => self.above(overlay, action, desk),
            None => return self.act(action, desk),
        }
        Flow::GoOn
    }

    /// A key while a password is typed.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest means nothing there")]
    fn secret(&mut self, action: Action, desk: &mut Desk) -> Flow {
        match action {
            Action::Edit(edit) => self.secret.edit(edit),
            Action::Enter => {
                let typed = self.secret.take();
                desk.secret(typed);
            }
            Action::Escape | Action::Interrupt | Action::End => {
                self.secret.take();
                desk.not_answered();
            }
            _ => {}
        }
        Flow::GoOn
    }

    /// A key in the conversation itself.
    fn act(&mut self, action: Action, desk: &mut Desk) -> Flow {
        if self.chosen.is_some() && self.about_chosen(action, desk) {
            return Flow::GoOn;
        }
        if matches!(action, Action::Edit(_) | Action::NewLine | Action::Complete { .. }) {
            // The line has the keys again.
            self.takes_keys = false;
        }
        match action {
            Action::Edit(edit) => self.edit(edit, desk),
            Action::NewLine => self.edit(Edit::Char('\n'), desk),
            Action::Enter => {
                let flow = self.enter(desk);
                self.resume(desk);
                return flow;
            }
            Action::Complete { is_back } => self.complete(is_back, desk),
            Action::Escape => self.step_out(desk),
            Action::Interrupt if desk.composer().text().is_empty() => return flow(desk.quit()),
            Action::Interrupt => {
                // It can be had back from the history.
                desk.composer_mut().enter();
                self.resume(desk);
            }
            Action::End if desk.composer().text().is_empty() => return flow(desk.quit()),
            Action::End => self.edit(Edit::Delete, desk),
            Action::ScrollUp => self.scroll_up(self.page(), desk),
            Action::ScrollDown => self.scroll_down(self.page(), desk),
            Action::ChooseUp => self.choose(true, desk),
            Action::ChooseDown => self.choose(false, desk),
            Action::RoomUp => self.step_room(true, desk),
            Action::RoomDown => self.step_room(false, desk),
            Action::Room(at) => {
                let name = desk.rooms().nth(at).map(|(name, _)| name.to_owned());
                name.iter().for_each(|name| self.go_to(name, desk));
            }
            Action::NextUnread => self.next_unread(desk),
            Action::Switch => self.overlay = Some(Overlay::switcher(Composer::default(), desk)),
            Action::Search => self.overlay = Some(Overlay::Search { words: Composer::default() }),
            Action::Help => self.overlay = Some(Overlay::Help { from: 0 }),
            Action::Rooms if self.parts.title.width < ROOMS_FROM => self.hint = Some(hint::NO_ROOMS),
            Action::Roster if self.parts.title.width < ROSTER_FROM => self.hint = Some(hint::NO_ROSTER),
            Action::Rooms => self.wants_rooms = !self.wants_rooms,
            Action::Roster => self.wants_roster = !self.wants_roster,
            Action::Theme | Action::Mouse | Action::Redraw | Action::Suspend => {}
        }
        Flow::GoOn
    }

    fn edit(&mut self, edit: Edit, desk: &mut Desk) {
        desk.composer_mut().edit(edit);
        if edit == Edit::Char(':') {
            emoji_at_caret(desk.composer_mut());
        }
        if matches!(edit, Edit::Char(_)) && desk.composer().is_message() {
            desk.typing();
        }
    }

    fn enter(&mut self, desk: &mut Desk) -> Flow {
        let is_blank = desk.composer().text().trim().is_empty();
        self.has_entered |= !is_blank;
        if desk.composer().text().trim() == "/help" {
            desk.composer_mut().enter();
            self.overlay = Some(Overlay::Help { from: 0 });
            return Flow::GoOn;
        }
        if self.wants_theme(desk) {
            return Flow::GoOn;
        }
        if !self.pins_chosen(desk) {
            return Flow::GoOn;
        }
        let room = desk.room().to_owned();
        let next = desk.enter().next;
        if room != desk.room() || !is_blank {
            self.go_to_end();
        }
        flow(next)
    }

    /// A line that is about the colours of this face. Gives whether it was one.
    fn wants_theme(&mut self, desk: &mut Desk) -> bool {
        let Ok(Line::Theme(wanted)) = parse(desk.composer().text()) else { return false };
        let theme = wanted.as_deref().map_or_else(|| Some(self.theme.next()), Theme::named);
        let Some(theme) = theme else {
            desk.trouble(sentences::no_theme(&Theme::NAMES));
            return true;
        };
        self.set_theme(theme, desk);
        desk.composer_mut().enter();
        true
    }

    /// Other colours, now and the next time.
    fn set_theme(&mut self, theme: Theme, desk: &mut Desk) {
        self.theme = theme;
        desk.set("theme", theme.name());
    }

    fn complete(&mut self, is_back: bool, desk: &mut Desk) {
        let rooms: Vec<String> = desk.rooms().map(|(name, _)| name.to_owned()).collect();
        let people = desk.people();
        let emoji = desk.emoji_used().clone();
        let known = Known { people: &people, rooms: &rooms, emoji: Some(&emoji) };
        self.completion = Completion::tab(self.completion.take(), desk.composer_mut(), known, is_back);
    }

    fn step_out(&mut self, desk: &mut Desk) {
        if self.completion.take().is_some() {
            return;
        }
        let was_chosen = self.chosen.take().is_some();
        if !was_chosen && self.anchor.is_none() && self.waiting.contains_key(desk.room()) {
            // Back to what was being typed; what it waited for is in the history.
            desk.composer_mut().enter();
            self.resume(desk);
        }
        if !was_chosen || self.anchor.is_none() {
            self.go_to_end();
        }
        desk.watched(self.has_focus);
    }

    /// Looks at another room.
    pub(super) fn go_to(&mut self, name: &str, desk: &mut Desk) {
        self.go_to_end();
        desk.watched(self.has_focus);
        desk.look_at(name);
    }

    fn step_room(&mut self, is_up: bool, desk: &mut Desk) {
        let names: Vec<String> = desk.rooms().map(|(name, _)| name.to_owned()).collect();
        let at = names.iter().position(|name| name == desk.room()).unwrap_or(0);
        let to = if is_up { (at + names.len()).saturating_sub(1) } else { at + 1 };
        if let Some(name) = names.get(to % names.len().max(1)) {
            self.go_to(name, desk);
        }
    }

    /// Where the user was called, or else where something is new.
    fn next_unread(&mut self, desk: &mut Desk) {
        let others = || desk.rooms().filter(|(name, room)| *name != desk.room() && room.unread > 0);
        let called = others().find(|(_, room)| room.mentions > 0);
        let next = called.or_else(|| others().next()).map(|(name, _)| name.to_owned());
        next.iter().for_each(|name| self.go_to(name, desk));
    }

    /// A key while something lies above the conversation; it stays there unless it is done with.
    fn above(&mut self, overlay: Overlay, action: Action, desk: &mut Desk) {
        if matches!(action, Action::Escape | Action::Interrupt) {
            self.findings = None;
            return;
        }
        self.overlay = match overlay {
            Overlay::Switcher { letters, at, found } => self.switch(letters, at, found, action, desk),
            Overlay::Search { words } => search(words, action, desk),
            Overlay::Findings { at } => self.findings(at, action, desk),
            Overlay::Help { from } => {
                let len = help_lines(self.parts.title.width).len();
                stepped(from, len, self.page(), action).map(|from| Overlay::Help { from })
            }
            Overlay::Paste { text } => {
                if action != Action::Enter {
                    Some(Overlay::Paste { text })
                } else {
                    desk.composer_mut().paste(&text);
                    None
                }
            }
        };
    }

    fn switch(
        &mut self,
        mut letters: Composer,
        at: usize,
        found: Vec<Place>,
        action: Action,
        desk: &mut Desk,
    ) -> Option<Overlay> {
        if let Action::Edit(edit) = action
            && !matches!(edit, Edit::Up | Edit::Down)
        {
            letters.edit(edit);
            return Some(Overlay::switcher(letters, desk));
        }
        if action == Action::Enter {
            if let Some(place) = found.get(at) {
                self.go_to(&place.name, desk);
            }
            return None;
        }
        let at = stepped(at, found.len(), self.page(), action)?;
        Some(Overlay::Switcher { letters, at, found })
    }

    fn findings(&mut self, at: usize, action: Action, desk: &mut Desk) -> Option<Overlay> {
        let hits = self.findings.as_ref().map_or(0, |findings| findings.hits.len());
        if action == Action::Enter {
            let hit = self.findings.take().and_then(|findings| findings.hits.into_iter().nth(at));
            if let Some(Found { room, number, .. }) = hit {
                self.go_to(&room, desk);
                desk.fetch_around(&room, number);
                self.sought = Some((room, (number, 0)));
            }
            return None;
        }
        match stepped(at, hits, self.page(), action) {
            Some(at) => Some(Overlay::Findings { at }),
            None => {
                self.findings = None;
                None
            }
        }
    }

    fn paste(&mut self, text: &str, desk: &mut Desk) {
        if desk.question().is_some() {
            return self.secret.insert(text.lines().next().unwrap_or_default());
        }
        let in_one_line = || text.lines().collect::<Vec<_>>().join(" ");
        match &mut self.overlay {
            Some(Overlay::Switcher { letters, .. }) => {
                letters.insert(&in_one_line());
                let letters = std::mem::take(letters);
                self.overlay = Some(Overlay::switcher(letters, desk));
            }
            Some(Overlay::Search { words }) => words.insert(&in_one_line()),
            Some(Overlay::Findings { .. } | Overlay::Help { .. } | Overlay::Paste { .. }) => {}
            None => {
                let text = text.replace("\r\n", "\n").replace('\r', "\n");
                if text.trim_end_matches('\n').lines().count() > PASTED_LINES {
                    self.overlay = Some(Overlay::Paste { text });
                } else {
                    desk.composer_mut().paste(&text);
                }
            }
        }
    }

    fn mouse(&mut self, mouse: MouseEvent, desk: &mut Desk) {
        let at = Position { x: mouse.column, y: mouse.row };
        match mouse.kind {
            MouseEventKind::ScrollUp if self.overlay.is_none() => self.scroll_up(WHEEL, desk),
            MouseEventKind::ScrollDown if self.overlay.is_none() => self.scroll_down(WHEEL, desk),
            MouseEventKind::Down(MouseButton::Left) if self.overlay.is_none() => {
                if self.parts.rooms.is_some_and(|area| area.contains(at)) {
                    let room = self.room_rows.iter().find(|(y, _)| *y == at.y).map(|(_, name)| name.clone());
                    room.iter().for_each(|name| self.go_to(name, desk));
                } else if self.parts.timeline.contains(at) {
                    let hit = self.seen.items.iter().find(|(_, top, bottom)| (*top..*bottom).contains(&at.y));
                    let can_be = |key: &Key| Chosen::at(desk, *key).is_some();
                    self.takes_keys = true;
                    self.chosen = hit.map(|(key, ..)| *key).filter(can_be).filter(|key| self.chosen != Some(*key));
                }
            }
            MouseEventKind::Down(_)
            | MouseEventKind::Up(_)
            | MouseEventKind::Drag(_)
            | MouseEventKind::Moved
            | MouseEventKind::ScrollUp
            | MouseEventKind::ScrollDown
            | MouseEventKind::ScrollLeft
            | MouseEventKind::ScrollRight => {}
        }
    }
}

const fn flow(next: Next) -> Flow {
    match next {
        Next::GoOn => Flow::GoOn,
        Next::End => Flow::End,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the rest means nothing there")]
fn search(mut words: Composer, action: Action, desk: &mut Desk) -> Option<Overlay> {
    match action {
        Action::Edit(edit) => words.edit(edit),
        Action::Enter => {
            if !words.text().trim().is_empty() {
                desk.search(words.take());
            }
            return None;
        }
        _ => {}
    }
    Some(Overlay::Search { words })
}

/// Another place in a list; `None`: it is closed.
#[expect(clippy::wildcard_enum_match_arm, reason = "the rest means nothing there")]
fn stepped(at: usize, len: usize, page: usize, action: Action) -> Option<usize> {
    let last = len.saturating_sub(1);
    Some(match action {
        Action::Edit(Edit::Up) => at.saturating_sub(1),
        Action::Edit(Edit::Down) => (at + 1).min(last),
        Action::ScrollUp => at.saturating_sub(page),
        Action::ScrollDown => (at + page).min(last),
        Action::Edit(Edit::Home) => 0,
        Action::Edit(Edit::End) => last,
        Action::Enter | Action::Help | Action::Edit(Edit::Char('q')) => return None,
        _ => at,
    })
}

//! What keys do to the message that is chosen.

use super::keys::Action;
use super::{Tui, timeline};
use crate::desk::Desk;
use crate::desk::Key;
use crate::desk::compose::Edit;
use crate::desk::fold::What;
use crate::desk::parse::{Line, parse};

impl Tui {
    /// A key while a message is chosen. Gives whether it was about that.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is about the conversation")]
    pub(super) fn about_chosen(&mut self, action: Action, desk: &mut Desk) -> bool {
        let Some(chosen) = self.chosen.filter(|_| desk.composer().text().is_empty()) else { return false };
        let number = chosen.0;
        let text = match action {
            Action::Enter | Action::Edit(Edit::Char('r')) => format!("/reply {number} "),
            Action::Edit(Edit::Char('e')) => {
                let line = desk.in_view().and_then(|room| room.line((number, 0)));
                match line.map(|line| &line.what) {
                    Some(What::Text(text, _)) => format!("/edit {number} {text}"),
                    _ => return true,
                }
            }
            Action::Edit(Edit::Char('p')) => {
                let is_pinned =
                    desk.in_view().and_then(|room| room.line((number, 0))).is_some_and(|line| line.is_pinned);
                format!("/{} {number}", if is_pinned { "unpin" } else { "pin" })
            }
            Action::Edit(Edit::Char('d')) => format!("/delete {number}"),
            Action::Edit(Edit::Char('+')) => format!("/react {number} "),
            Action::Edit(Edit::Char('o')) => {
                self.open(chosen, desk);
                return true;
            }
            Action::Edit(Edit::Char('y')) => {
                self.copy(chosen, desk);
                return true;
            }
            _ => return false,
        };
        desk.composer_mut().set(&text);
        self.go_to_end();
        true
    }

    /// The next link of a message, which may have several.
    fn next_link(&mut self, chosen: Key, desk: &Desk) -> Option<String> {
        let links = timeline::item::links_of(desk, chosen);
        let link = links.get(self.link_at % links.len().max(1))?;
        self.link_at += 1;
        Some(link.url.clone())
    }

    fn open(&mut self, chosen: Key, desk: &Desk) {
        match self.next_link(chosen, desk) {
            Some(url) => self.wanted.open = Some(url),
            None => self.hint = Some("there is no link in it"),
        }
    }

    /// Copies the next link of a message, or what it says.
    fn copy(&mut self, chosen: Key, desk: &Desk) {
        let text = || match desk.in_view()?.line(chosen).map(|line| &line.what) {
            Some(What::Text(text, _)) => Some(text.clone()),
            Some(What::Deleted | What::Topic(_) | What::Act(_)) | None => None,
        };
        self.wanted.copy = self.next_link(chosen, desk).or_else(text);
        let copied = self.wanted.copy.is_some();
        self.hint =
            Some(if copied { "copied, if this terminal lets programs do that" } else { "there is nothing to copy" });
    }

    /// A pin without a number is meant for the message that is chosen.
    pub(super) fn pins_chosen(&self, desk: &mut Desk) {
        let typed = parse(desk.composer().text());
        if let (Some(chosen), Ok(Line::Pin { of: None, is_set })) = (self.chosen, typed) {
            desk.composer_mut().set(&format!("/{} {}", if is_set { "pin" } else { "unpin" }, chosen.0));
        }
    }
}

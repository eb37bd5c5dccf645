//! What keys do to the row that is chosen: a message, something of the user's that is on its way, or something that was refused.

use super::keys::Action;
use super::sentences::hint;
use super::timeline::Chosen;
use super::{Tui, timeline};
use crate::desk::compose::Edit;
use crate::desk::fold::What;
use crate::desk::parse::{Line, parse};
use crate::desk::{Desk, Doing, Key};
use chinwag_proto::wire::id::RoomSeq;

impl Tui {
    /// What is chosen stays so when it gets its number, and is not any more when it is gone.
    pub(super) fn follow_chosen(&mut self, desk: &Desk) {
        let Some(chosen) = self.chosen else { return };
        let number = timeline::tag_of(chosen).and_then(|tag| desk.number_of(tag));
        self.chosen = match number {
            Some(number) => Some((number, 0)),
            // A message that was sought may be about to come.
            None if chosen.1 == 0 && timeline::tag_of(chosen).is_none() => Some(chosen),
            None => Chosen::at(desk, chosen).map(|_| chosen),
        };
    }

    /// A key while a row is chosen. Gives whether it was about that.
    pub(super) fn about_chosen(&mut self, action: Action, desk: &mut Desk) -> bool {
        self.follow_chosen(desk);
        let is_empty = desk.composer().text().is_empty();
        let Some(key) = self.chosen.filter(|_| is_empty || self.takes_keys) else { return false };
        // A line that is being typed is entered; only what was refused says that Enter is about it.
        if action == Action::Enter && !is_empty && !matches!(Chosen::at(desk, key), Some(Chosen::Refused(_))) {
            return false;
        }
        match (action, Chosen::at(desk, key)) {
            (Action::Edit(Edit::Char('o')), Some(_)) => self.open(key, desk),
            (Action::Edit(Edit::Char('y')), Some(_)) => self.copy(key, desk),
            (action, Some(Chosen::Entry(number))) => return self.about_entry(action, number, desk),
            (action, Some(Chosen::OnItsWay(tag))) => return self.about_pending(action, tag, desk),
            (action, Some(Chosen::Refused(key))) => return self.about_refused(action, key, desk),
            (_, None) => return false,
        }
        true
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is about the conversation")]
    fn about_entry(&mut self, action: Action, number: RoomSeq, desk: &mut Desk) -> bool {
        let line = desk.in_view().and_then(|room| room.line((number, 0)));
        let is_deleted = line.is_some_and(|line| line.what == What::Deleted);
        if let Some((doing, why)) = doing_of(action)
            && !desk.can(doing, number)
        {
            self.hint = Some(if is_deleted { hint::DELETED } else { why });
            return true;
        }
        let text = match action {
            Action::Enter | Action::Edit(Edit::Char('r')) => format!("/reply {number} "),
            Action::Edit(Edit::Char('e')) => match line.map(|line| &line.what) {
                Some(What::Text(text, _)) => format!("/edit {number} {text}"),
                _ => {
                    self.hint = Some(hint::NO_TEXT);
                    return true;
                }
            },
            Action::Edit(Edit::Char('p')) => {
                let is_pinned = line.is_some_and(|line| line.is_pinned);
                format!("/{} {number}", if is_pinned { "unpin" } else { "pin" })
            }
            Action::Edit(Edit::Char('d')) => format!("/delete {number}"),
            Action::Edit(Edit::Char('+')) => format!("/react {number} "),
            _ => return false,
        };
        self.type_in(&text, desk);
        true
    }

    /// What has no number is known by its tag in a line about it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is about the conversation")]
    fn about_pending(&mut self, action: Action, tag: u64, desk: &mut Desk) -> bool {
        // As it will read, which is what its row shows.
        let said = desk.reading_of(tag).filter(|_| desk.can_reword(tag)).and_then(|deed| deed.body.text());
        match action {
            Action::Edit(Edit::Char('d')) if desk.can_take_back(tag) => self.type_in(&format!("/delete ~{tag}"), desk),
            Action::Edit(Edit::Char('e')) if let Some(said) = said => {
                let line = format!("/edit ~{tag} {said}");
                self.type_in(&line, desk);
            }
            Action::Enter | Action::Edit(Edit::Char('r' | 'e' | 'p' | '+' | 'd')) => {
                self.hint = Some(match () {
                    () if said.is_some() => hint::NO_NUMBER,
                    () if desk.is_being_deleted(tag) => hint::DELETING,
                    () if desk.can_take_back(tag) => hint::NO_MESSAGE,
                    () => hint::MAY_BE_SENT,
                });
            }
            _ => return false,
        }
        true
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is about the conversation")]
    fn about_refused(&mut self, action: Action, key: Key, desk: &mut Desk) -> bool {
        match action {
            Action::Enter | Action::Edit(Edit::Char('e')) => self.take_up(key, desk),
            Action::Edit(Edit::Char('d')) => {
                desk.take_refused(key);
                self.go_to_end();
            }
            Action::Edit(Edit::Char('r' | 'p' | '+')) => self.hint = Some(hint::NOT_DELIVERED),
            _ => return false,
        }
        true
    }

    /// What was refused is typed again, in the room where it was, and its row goes.
    fn take_up(&mut self, key: Key, desk: &mut Desk) {
        let refused = desk.in_view().and_then(|room| room.asides.get(&key)?.refused.clone());
        let Some(refused) = refused else { return };
        if refused.again.is_empty() {
            self.hint = Some(hint::NOT_AGAIN);
            return;
        }
        let is_elsewhere = refused.room != desk.room();
        if is_elsewhere && desk.has_draft(&refused.room) {
            self.hint = Some(hint::IS_TYPING);
            return;
        }
        desk.take_refused(key);
        if is_elsewhere {
            self.go_to(&refused.room, desk);
        }
        self.type_in(&refused.again, desk);
    }

    /// Puts a line about the chosen row there, to be gone on with. What was being typed waits until that is done with.
    fn type_in(&mut self, line: &str, desk: &mut Desk) {
        let (text, caret) = (desk.composer().text().to_owned(), desk.composer().caret());
        if !text.trim().is_empty() {
            // Should this program end meanwhile, or a line about another row come in between, it is in the history.
            desk.composer_mut().enter();
            self.waiting.entry(desk.room().to_owned()).or_insert((text, caret));
        }
        desk.composer_mut().set(line);
        self.go_to_end();
    }

    /// What waited for a line about a message is typed again, once that line is gone.
    pub(super) fn resume(&mut self, desk: &mut Desk) {
        if !desk.composer().text().is_empty() {
            return;
        }
        if let Some((text, caret)) = self.waiting.remove(desk.room()) {
            desk.composer_mut().set_at(&text, caret);
        }
    }

    /// The next link of a row, which may have several.
    fn next_link(&mut self, chosen: Key, desk: &Desk) -> Option<String> {
        let links = timeline::item::links_of(desk, chosen);
        let link = links.get(self.link_at % links.len().max(1))?;
        self.link_at += 1;
        Some(link.url.clone())
    }

    fn open(&mut self, chosen: Key, desk: &Desk) {
        match self.next_link(chosen, desk) {
            Some(url) => self.wanted.open = Some(url),
            None => self.hint = Some(hint::NO_LINK),
        }
    }

    /// Copies the next link of a row, or what it says.
    fn copy(&mut self, chosen: Key, desk: &Desk) {
        self.wanted.copy = self.next_link(chosen, desk).or_else(|| timeline::item::text_of(desk, chosen));
        let copied = self.wanted.copy.is_some();
        self.hint = Some(if copied { hint::COPIED } else { hint::NOTHING_TO_COPY });
    }

    /// A pin without a number is meant for the message that is chosen. Gives whether there is something to be entered.
    pub(super) fn pins_chosen(&mut self, desk: &mut Desk) -> bool {
        self.follow_chosen(desk);
        let typed = parse(desk.composer().text());
        let (Some(chosen), Ok(Line::Pin { of: None, is_set })) = (self.chosen, typed) else { return true };
        match Chosen::at(desk, chosen) {
            Some(Chosen::Entry(number)) => {
                desk.composer_mut().set(&format!("/{} {number}", if is_set { "pin" } else { "unpin" }));
                return true;
            }
            Some(Chosen::OnItsWay(_)) => self.hint = Some(hint::NO_PIN_YET),
            Some(Chosen::Refused(_)) => self.hint = Some(hint::NO_PIN),
            None => return true,
        }
        false
    }
}

/// What a key does to a message, and why it may not.
#[expect(clippy::wildcard_enum_match_arm, reason = "the rest is about the conversation")]
const fn doing_of(action: Action) -> Option<(Doing, hint::Ways)> {
    match action {
        Action::Enter | Action::Edit(Edit::Char('r')) => Some((Doing::Reply, hint::DELETED)),
        Action::Edit(Edit::Char('+')) => Some((Doing::React, hint::DELETED)),
        Action::Edit(Edit::Char('e')) => Some((Doing::Edit, hint::NOT_TO_EDIT)),
        Action::Edit(Edit::Char('d')) => Some((Doing::Delete, hint::NOT_TO_DELETE)),
        Action::Edit(Edit::Char('p')) => Some((Doing::Pin, hint::NOT_TO_PIN)),
        _ => None,
    }
}

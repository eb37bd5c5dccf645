//! What a user types: text of one or more lines, the caret in it, and what was typed before. It knows of characters as people
//! count them (grapheme clusters), and nothing of keys, columns or a terminal: so all faces type alike.

pub mod complete;
pub mod emoji;

use unicode_segmentation::UnicodeSegmentation as _;

/// Lines remembered.
const HISTORY_MAX: usize = 500;

/// A text that is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Composer {
    text: String,
    /// Octets before the caret; always between two graphemes.
    caret: usize,
    history: Vec<String>,
    /// Where in the history we are; its length: at the text that is being typed.
    at: usize,
    /// What was being typed when we went into the history.
    draft: String,
    /// The text was entered and could not be done: what is typed next takes its place.
    is_refused: bool,
    /// The text was put there to be gone on with: a command takes its place.
    is_suggested: bool,
}

/// What a key does to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Puts a character at the caret.
    Char(char),
    /// Moves the caret to the left by a character.
    Left,
    /// Moves the caret to the right by a character.
    Right,
    /// Moves the caret to the left by a word.
    WordLeft,
    /// Moves the caret to the right by a word.
    WordRight,
    /// To the beginning of the line.
    Home,
    /// To its end.
    End,
    /// To the line above; at the first one, to what was typed before.
    Up,
    /// To the line below; at the last one, back to what was typed after.
    Down,
    /// To what was typed before.
    Earlier,
    /// To what was typed after.
    Later,
    /// Removes the character before the caret.
    Backspace,
    /// Removes the one after it.
    Delete,
    /// Removes the word before the caret.
    DeleteWord,
    /// Removes all of the line before the caret; where nothing is, all lines.
    DeleteToHome,
    /// Removes all of the line after the caret.
    DeleteToEnd,
}

impl Composer {
    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Octets before the caret.
    #[must_use]
    pub const fn caret(&self) -> usize {
        self.caret
    }

    /// Something was typed that is to be sent, as far as one can tell.
    #[must_use]
    pub fn is_message(&self) -> bool {
        !self.text.trim().is_empty() && (!self.text.starts_with('/') || self.text.starts_with("//"))
    }

    /// Does what a key asks for.
    pub fn edit(&mut self, edit: Edit) {
        let is_suggested = std::mem::take(&mut self.is_suggested);
        if is_suggested && edit == Edit::Char('/') {
            self.take();
        }
        let begins_anew = matches!(edit, Edit::Char(c) if !c.is_whitespace());
        self.no_more_refused(begins_anew);
        match edit {
            Edit::Char(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            Edit::Left => self.caret = self.left(),
            Edit::Right => self.caret = self.right(),
            Edit::WordLeft => self.caret = self.word_left(),
            Edit::WordRight => self.caret = self.word_right(),
            Edit::Home => self.caret = self.home(),
            Edit::End => self.caret = self.end(),
            Edit::Up => self.up(),
            Edit::Down => self.down(),
            Edit::Earlier => self.earlier(),
            Edit::Later => self.later(),
            Edit::Backspace => self.delete(self.left()),
            Edit::Delete => self.delete(self.right()),
            Edit::DeleteWord => self.delete(self.word_left()),
            Edit::DeleteToHome => self.delete_to_home(),
            Edit::DeleteToEnd => self.delete(self.end()),
        }
    }

    /// Puts what was pasted at the caret. The last newline is that of the last line: nobody means an empty one after it.
    pub fn paste(&mut self, text: &str) {
        self.no_more_refused(true);
        self.insert(text.trim_end_matches(['\r', '\n']));
    }

    /// Puts text at the caret, newlines and all.
    pub fn insert(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        self.text.insert_str(self.caret, &text);
        self.caret += text.len();
        self.settle();
    }

    /// Puts another text in the place of what is typed; the caret stands at its end.
    pub fn set(&mut self, text: &str) {
        self.set_at(text, text.len());
    }

    /// Puts another text in the place of what is typed; the caret stands after so many octets, or where it may stand next to that.
    pub fn set_at(&mut self, text: &str, caret: usize) {
        self.text = text.to_owned();
        self.caret = caret.min(text.len());
        (self.is_refused, self.is_suggested) = (false, false);
        self.settle();
    }

    /// Puts the beginning of a command there, for the user to go on with. Another command takes its place.
    pub fn suggest(&mut self, text: &str) {
        self.set(text);
        self.is_suggested = true;
    }

    /// Puts a text back that was entered and could not be done. What is typed next takes its place; a space goes on with it, and
    /// so does whatever moves the caret.
    pub fn give_back(&mut self, text: &str) {
        self.set(text);
        self.is_refused = !text.is_empty();
    }

    /// The text could not be done, and nothing was typed since.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        self.is_refused
    }

    /// Puts another text in the place of the octets from `from` to the caret.
    pub fn replace_before_caret(&mut self, from: usize, with: &str) {
        self.text.replace_range(from..self.caret, with);
        self.caret = from + with.len();
        self.is_refused = false;
        self.settle();
    }

    /// Takes the text: it was entered.
    pub fn enter(&mut self) -> String {
        let text = self.take();
        self.remember(&text);
        text
    }

    /// Takes the text, and remembers nothing of it.
    pub fn take(&mut self) -> String {
        self.caret = 0;
        (self.is_refused, self.is_suggested) = (false, false);
        self.at = self.history.len();
        self.draft.clear();
        std::mem::take(&mut self.text)
    }

    /// Remembers a text as one that was entered.
    pub fn remember(&mut self, text: &str) {
        if !text.trim().is_empty() && self.history.last().is_none_or(|last| last != text) {
            self.history.push(text.to_owned());
            if self.history.len() > HISTORY_MAX {
                self.history.remove(0);
            }
        }
        self.at = self.history.len();
    }

    /// A text that could not be done is one like any other, or gives way to a new one.
    fn no_more_refused(&mut self, gives_way: bool) {
        if std::mem::take(&mut self.is_refused) && gives_way {
            self.text.clear();
            self.caret = 0;
        }
    }

    fn delete_to_home(&mut self) {
        let home = self.home();
        if home < self.caret {
            self.delete(home);
        } else if self.text.contains('\n') {
            // It can be had back from the history.
            self.enter();
        }
    }

    /// Removes what is between the caret and there.
    fn delete(&mut self, there: usize) {
        let (from, to) = (self.caret.min(there), self.caret.max(there));
        self.text.replace_range(from..to, "");
        self.caret = from;
        self.settle();
    }

    /// Moves the caret out of a grapheme that has just formed around it.
    fn settle(&mut self) {
        let ends = self.text.grapheme_indices(true).map(|(at, grapheme)| at + grapheme.len());
        self.caret = if self.caret == 0 { 0 } else { ends.into_iter().find(|end| *end >= self.caret).unwrap_or(0) };
    }

    fn left(&self) -> usize {
        self.text[..self.caret].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        self.text[self.caret..].graphemes(true).next().map_or(self.caret, |grapheme| self.caret + grapheme.len())
    }

    fn word_left(&self) -> usize {
        self.text[..self.caret].unicode_word_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn word_right(&self) -> usize {
        let next = self.text[self.caret..].unicode_word_indices().next();
        next.map_or(self.text.len(), |(at, word)| self.caret + at + word.len())
    }

    fn home(&self) -> usize {
        self.text[..self.caret].rfind('\n').map_or(0, |at| at + 1)
    }

    fn end(&self) -> usize {
        self.text[self.caret..].find('\n').map_or(self.text.len(), |at| self.caret + at)
    }

    fn up(&mut self) {
        let home = self.home();
        if home == 0 {
            return self.earlier();
        }
        let above = self.text[..home - 1].rfind('\n').map_or(0, |at| at + 1);
        self.caret = self.along(above, home - 1);
    }

    fn down(&mut self) {
        let end = self.end();
        if end == self.text.len() {
            return self.later();
        }
        let below = end + 1;
        let its_end = self.text[below..].find('\n').map_or(self.text.len(), |at| below + at);
        self.caret = self.along(below, its_end);
    }

    /// The place in the line from `start` to `end` that is as many characters in as the caret is in its own.
    fn along(&self, start: usize, end: usize) -> usize {
        let characters = self.text[self.home()..self.caret].graphemes(true).count();
        let line = self.text[start..end].grapheme_indices(true);
        line.map(|(at, _)| start + at).nth(characters).unwrap_or(end)
    }

    fn earlier(&mut self) {
        if self.at > 0 {
            if self.at == self.history.len() {
                self.draft = std::mem::take(&mut self.text);
            }
            self.at -= 1;
            self.set(&self.history[self.at].clone());
        }
    }

    fn later(&mut self) {
        if self.at < self.history.len() {
            self.at += 1;
            let text = self.history.get(self.at).cloned().unwrap_or_else(|| std::mem::take(&mut self.draft));
            self.set(&text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Composer {
        let mut composer = Composer::default();
        composer.insert(text);
        composer
    }

    /// The text with the caret drawn as `|`.
    fn shown(composer: &Composer) -> String {
        let (before, after) = composer.text.split_at(composer.caret);
        format!("{before}|{after}")
    }

    fn after(mut composer: Composer, edits: &[Edit]) -> String {
        edits.iter().for_each(|edit| composer.edit(*edit));
        shown(&composer)
    }

    #[test]
    fn what_people_count_as_one_character_is_one_step() {
        use Edit::{Backspace, Delete, Left};
        assert_eq!(after(typed("a👩‍👩‍👧‍👦"), &[Left]), "a|👩‍👩‍👧‍👦");
        assert_eq!(after(typed("a🇩🇪"), &[Backspace]), "a|");
        assert_eq!(after(typed("👍🏽!"), &[Left, Backspace]), "|!");
        assert_eq!(after(typed("e\u{301}x"), &[Left, Left, Delete]), "|x");
        assert_eq!(after(typed("שלום"), &[Left]), "שלו|ם");
        assert_eq!(after(typed("ab"), &[Left, Edit::Char('\u{301}')]), "a\u{301}|b");
    }

    #[test]
    fn up_and_down_go_through_lines_before_they_go_through_history() {
        use Edit::{Down, End, Home, Up};
        let mut composer = typed("before");
        composer.enter();
        composer.insert("你好世界\nab\nxyz");
        let mut press = |edit| {
            composer.edit(edit);
            shown(&composer)
        };
        assert_eq!(press(Up), "你好世界\nab|\nxyz");
        assert_eq!(press(Up), "你好|世界\nab\nxyz");
        assert_eq!(press(End), "你好世界|\nab\nxyz");
        assert_eq!(press(Home), "|你好世界\nab\nxyz");
        assert_eq!(press(Up), "before|");
        assert_eq!(press(Down), "你好世界\nab\nxyz|");
    }

    #[test]
    fn what_is_pasted_ends_where_its_last_line_does() {
        let mut composer = typed("> ");
        composer.paste("one\r\n\ntwo\r\n\n");
        assert_eq!(shown(&composer), "> one\n\ntwo|");
        composer.paste("\n");
        assert_eq!(shown(&composer), "> one\n\ntwo|");
    }

    #[test]
    fn a_line_is_deleted_and_not_the_text() {
        let composer = typed("one\ntwo three\nfour");
        let up = || {
            let mut composer = composer.clone();
            composer.edit(Edit::Up);
            composer
        };
        assert_eq!(after(up(), &[Edit::DeleteToEnd]), "one\ntwo |\nfour");
        assert_eq!(after(up(), &[Edit::DeleteToHome]), "one\n|three\nfour");
        assert_eq!(after(up(), &[Edit::DeleteWord]), "one\n|three\nfour");
    }

    #[test]
    fn several_lines_are_gone_after_two_presses_and_can_be_had_back() {
        use Edit::{DeleteToHome, Earlier, Home};
        assert_eq!(after(typed("one\ntwo\nthree"), &[DeleteToHome]), "one\ntwo\n|");
        assert_eq!(after(typed("one\ntwo\nthree"), &[DeleteToHome, DeleteToHome]), "|");
        assert_eq!(after(typed("one\ntwo"), &[DeleteToHome, DeleteToHome, Earlier]), "one\n|");
        assert_eq!(after(typed("one"), &[Home, DeleteToHome]), "|one", "one line is left alone");
    }

    #[test]
    fn what_could_not_be_done_gives_way_to_what_is_typed_next() {
        use Edit::{Backspace, Char, Earlier, Left};
        let refused = || {
            let mut composer = typed("/lsit");
            let text = composer.enter();
            composer.give_back(&text);
            composer
        };
        assert_eq!(after(refused(), &[Char('/'), Char('l')]), "/l|");
        assert_eq!(after(refused(), &[Char('x'), Earlier]), "/lsit|");
        assert_eq!(after(refused(), &[Char(' '), Char('x')]), "/lsit x|");
        assert_eq!(after(refused(), &[Left, Char('x')]), "/lsix|t");
        assert_eq!(after(refused(), &[Backspace, Char('x')]), "/lsix|");
        let suggested = || {
            let mut composer = Composer::default();
            composer.suggest("/nick ");
            composer
        };
        assert_eq!(after(suggested(), &[Char('b'), Char('/')]), "/nick b/|");
        assert_eq!(after(suggested(), &[Char('/'), Char('l')]), "/l|");
        let mut pasted = refused();
        pasted.paste("/list");
        assert_eq!(shown(&pasted), "/list|");
    }

    #[test]
    fn history_keeps_what_was_half_typed() {
        let mut composer = typed("one");
        composer.enter();
        composer.insert("half");
        assert_eq!(after(composer.clone(), &[Edit::Earlier]), "one|");
        assert_eq!(after(composer, &[Edit::Earlier, Edit::Earlier, Edit::Later, Edit::Later]), "half|");
    }
}

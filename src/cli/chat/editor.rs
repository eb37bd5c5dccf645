//! The line being typed, for line mode: which keys do what to it, and the one row that is seen of it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::desk::compose::complete::{Candidate, Completion, Known};
use crate::desk::compose::{Composer, Edit};
use crate::render::render_part;

/// What stands before the line.
const PROMPT: &str = "> ";

/// A line editor of one row; a longer line scrolls sideways.
#[derive(Debug, Default)]
pub(super) struct Editor {
    completion: Option<Completion>,
    /// It is a password: this stands before it, and nothing of it is shown.
    hidden: Option<&'static str>,
}

/// What a key meant beyond editing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// Only the line changed, or nothing.
    Edited,
    /// What was typed is entered.
    Enter,
    /// No more is coming: end of input on an empty line.
    End,
    /// Stop at once.
    Interrupt,
}

/// One row, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// What it shows.
    pub(super) shown: String,
    /// The caret's column, from 0.
    pub(super) caret: usize,
}

impl Editor {
    /// For a password.
    pub(super) fn hidden(prompt: &'static str) -> Self {
        Self { hidden: Some(prompt), ..Self::default() }
    }

    /// Takes a key.
    pub(super) fn key(&mut self, composer: &mut Composer, key: KeyEvent) -> Typed {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        #[expect(clippy::wildcard_enum_match_arm, reason = "there are many keys, and these are ours")]
        match key.code {
            KeyCode::Char('c') if control => Typed::Interrupt,
            KeyCode::Char('d') if control && composer.text().is_empty() => Typed::End,
            KeyCode::Char('j' | 'm') if control => Typed::Enter,
            KeyCode::Enter if !alt => Typed::Enter,
            code => {
                let newline = (code == KeyCode::Enter).then_some(Edit::Char('\n'));
                if let Some(edit) = newline.or_else(|| edit(code, control, alt)) {
                    composer.edit(edit);
                }
                Typed::Edited
            }
        }
    }

    /// Completes the word before the caret; again: by the next candidate, or the one before.
    pub(super) fn complete(&mut self, composer: &mut Composer, known: Known<'_>, is_back: bool) {
        self.completion = Completion::tab(self.completion.take(), composer, known, is_back);
    }

    /// What the word that is being completed may become besides.
    pub(super) fn candidates(&self, composer: &Composer) -> String {
        let standing = self.completion.as_ref().filter(|completion| completion.stands(composer));
        let all = standing.map_or(&[][..], |completion| completion.candidates().0);
        all.iter().map(Candidate::shown).collect::<Vec<_>>().join(" ")
    }

    /// The row as drawn on a terminal of so many columns. One column stays free, so that no terminal wraps.
    pub(super) fn row(&self, composer: &Composer, columns: usize) -> Row {
        if let Some(prompt) = self.hidden {
            let shown: String = prompt.chars().take(columns.saturating_sub(1)).collect();
            return Row { caret: shown.width(), shown };
        }
        let room = columns.saturating_sub(PROMPT.len() + 1).max(1);
        let cells: Vec<(usize, String)> = composer
            .text()
            .grapheme_indices(true)
            .map(|(at, grapheme)| (at, render_part(grapheme).into_owned()))
            .collect();
        let before = cells.iter().take_while(|(at, _)| *at < composer.caret()).count();
        // As much as fits before the caret, then as much as fits after it.
        let mut start = before;
        let mut width = 0;
        while start > 0 && width + cells[start - 1].1.width() <= room {
            start -= 1;
            width += cells[start].1.width();
        }
        let caret = PROMPT.len() + width;
        let mut end = before;
        while end < cells.len() && width + cells[end].1.width() <= room {
            width += cells[end].1.width();
            end += 1;
        }
        let shown: String = cells[start..end].iter().map(|(_, cell)| cell.as_str()).collect();
        Row { shown: format!("{PROMPT}{shown}"), caret }
    }
}

/// What a key does to the text.
fn edit(code: KeyCode, control: bool, alt: bool) -> Option<Edit> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "there are many keys, and these are ours")]
    Some(match code {
        KeyCode::Char('d') if control => Edit::Delete,
        KeyCode::Char('a') if control => Edit::Home,
        KeyCode::Char('e') if control => Edit::End,
        KeyCode::Char('b') if control => Edit::Left,
        KeyCode::Char('f') if control => Edit::Right,
        KeyCode::Char('h') if control => Edit::Backspace,
        KeyCode::Char('k') if control => Edit::DeleteToEnd,
        KeyCode::Char('u') if control => Edit::DeleteToHome,
        KeyCode::Char('w') if control => Edit::DeleteWord,
        KeyCode::Char('p') if control => Edit::Earlier,
        KeyCode::Char('n') if control => Edit::Later,
        KeyCode::Backspace if alt || control => Edit::DeleteWord,
        KeyCode::Backspace => Edit::Backspace,
        KeyCode::Delete => Edit::Delete,
        KeyCode::Left if control || alt => Edit::WordLeft,
        KeyCode::Right if control || alt => Edit::WordRight,
        KeyCode::Left => Edit::Left,
        KeyCode::Right => Edit::Right,
        KeyCode::Home => Edit::Home,
        KeyCode::End => Edit::End,
        KeyCode::Up => Edit::Up,
        KeyCode::Down => Edit::Down,
        KeyCode::Char(c) if !control && !alt => Edit::Char(c),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line that is being typed.
    #[derive(Default)]
    struct Line {
        editor: Editor,
        composer: Composer,
    }

    impl Line {
        fn complete(&mut self, known: Known<'_>, is_back: bool) {
            self.editor.complete(&mut self.composer, known, is_back);
        }

        fn candidates(&self) -> String {
            self.editor.candidates(&self.composer)
        }

        fn row(&self, columns: usize) -> Row {
            self.editor.row(&self.composer, columns)
        }
    }

    fn editor(text: &str) -> Line {
        let mut line = Line::default();
        line.composer.insert(text);
        line
    }

    fn press(line: &mut Line, code: KeyCode) -> Typed {
        line.editor.key(&mut line.composer, KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn control(line: &mut Line, c: char) -> Typed {
        line.editor.key(&mut line.composer, KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))
    }

    /// The row with the caret drawn as `|`.
    fn drawn(editor: &Line, columns: usize) -> String {
        let row = editor.row(columns);
        let mut width = 0;
        let at = row.shown.grapheme_indices(true).find(|(_, grapheme)| {
            let here = width == row.caret;
            width += if here { 0 } else { grapheme.width() };
            here
        });
        let at = at.map_or(row.shown.len(), |(at, _)| at);
        format!("{}|{}", &row.shown[..at], &row.shown[at..])
    }

    #[test]
    fn typing_moving_and_deleting() {
        let mut e = editor("hello wrld");
        for _ in 0..3 {
            press(&mut e, KeyCode::Left);
        }
        press(&mut e, KeyCode::Char('o'));
        assert_eq!(drawn(&e, 40), "> hello wo|rld");
        control(&mut e, 'w');
        assert_eq!(drawn(&e, 40), "> hello |rld");
        control(&mut e, 'a');
        press(&mut e, KeyCode::Delete);
        control(&mut e, 'k');
        assert_eq!(drawn(&e, 40), "> |");
        assert_eq!(control(&mut e, 'd'), Typed::End);
        assert_eq!(control(&mut e, 'c'), Typed::Interrupt);
    }

    #[test]
    fn wide_and_joined_characters_are_one_step_and_their_own_width() {
        let mut e = editor("你好👩‍👧e\u{301}");
        assert_eq!(e.row(40).caret, 2 + 2 + 2 + 2 + 1);
        press(&mut e, KeyCode::Left);
        press(&mut e, KeyCode::Backspace);
        assert_eq!(drawn(&e, 40), "> 你好|e\u{301}");
        press(&mut e, KeyCode::Backspace);
        press(&mut e, KeyCode::Delete);
        assert_eq!(drawn(&e, 40), "> 你|");
    }

    #[test]
    fn a_combining_mark_never_leaves_the_caret_inside_a_character() {
        let mut e = editor("ae");
        press(&mut e, KeyCode::Left);
        press(&mut e, KeyCode::Char('\u{301}'));
        assert_eq!(drawn(&e, 40), "> a\u{301}|e");
        press(&mut e, KeyCode::Backspace);
        assert_eq!(drawn(&e, 40), "> |e");
    }

    #[test]
    fn a_long_line_scrolls_and_never_wraps() {
        let mut e = editor("0123456789");
        assert_eq!(drawn(&e, 8), "> 56789|");
        control(&mut e, 'a');
        assert_eq!(drawn(&e, 8), "> |01234");
        let wide = editor("你好世界");
        for columns in 0..20 {
            let row = wide.row(columns);
            assert!(row.shown.width() < columns.max(6), "{columns}: {row:?}");
        }
    }

    #[test]
    fn what_is_pasted_stays_one_message() {
        let mut e = Line::default();
        e.composer.paste("a\r\nb\x1b\r\n");
        assert_eq!(drawn(&e, 40), "> a␊b␛|");
        assert_eq!((press(&mut e, KeyCode::Enter), e.composer.text()), (Typed::Enter, "a\nb\x1b"));
    }

    #[test]
    fn tab_goes_through_what_a_word_may_become() {
        let (people, rooms) = (["bob".to_owned(), "bea".to_owned()], ["#lobby".to_owned()]);
        let known = Known { people: &people, rooms: &rooms, emoji: None };
        let mut e = editor("b");
        e.complete(known, false);
        assert_eq!((drawn(&e, 40).as_str(), e.candidates().as_str()), ("> bob: |", "bob: bea:"));
        e.complete(known, false);
        assert_eq!(drawn(&e, 40), "> bea: |");
        e.complete(known, true);
        assert_eq!(drawn(&e, 40), "> bob: |");
        press(&mut e, KeyCode::Char('#'));
        assert_eq!(e.candidates(), "", "something else was typed");
        e.complete(known, false);
        assert_eq!((drawn(&e, 40).as_str(), e.candidates().as_str()), ("> bob: #lobby |", ""));
        let mut command = editor("/who");
        command.complete(known, false);
        assert!(drawn(&command, 40).starts_with("> /who"), "{}", drawn(&command, 40));
    }

    #[test]
    fn a_password_is_not_shown() {
        let mut e = Line { editor: Editor::hidden("password: "), ..Line::default() };
        e.composer.insert("correct horse");
        assert_eq!(e.row(40), Row { shown: "password: ".into(), caret: 10 });
        assert_eq!(e.row(5).shown, "pass");
    }
}

//! Which key does what. A pure map; what the screen is doing at the moment decides what becomes of it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::desk::compose::Edit;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Edit(Edit),
    NewLine,
    Enter,
    Complete {
        is_back: bool,
    },
    /// One step out: of what lies above the timeline, of what is chosen, to the end.
    Escape,
    /// Ctrl-C: empties the line, or goes.
    Interrupt,
    /// Ctrl-D: goes, if nothing is typed.
    End,
    ScrollUp,
    ScrollDown,
    ChooseUp,
    ChooseDown,
    RoomUp,
    RoomDown,
    /// To a room by its place, from 0.
    Room(usize),
    NextUnread,
    Switch,
    Search,
    Help,
    Theme,
    Rooms,
    Roster,
    Mouse,
    Redraw,
    Suspend,
}

/// What a key asks for, if it is one of ours.
pub(super) fn action(key: KeyEvent) -> Option<Action> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let shift = key.modifiers.contains(KeyModifiers::SHIFT);
    #[expect(clippy::wildcard_enum_match_arm, reason = "there are many keys, and these are ours")]
    Some(match key.code {
        KeyCode::Enter if alt || shift => Action::NewLine,
        KeyCode::Enter => Action::Enter,
        KeyCode::Esc => Action::Escape,
        KeyCode::Tab => Action::Complete { is_back: false },
        KeyCode::BackTab => Action::Complete { is_back: true },
        KeyCode::PageUp => Action::ScrollUp,
        KeyCode::PageDown => Action::ScrollDown,
        KeyCode::F(1) => Action::Help,
        KeyCode::F(2) => Action::Rooms,
        KeyCode::F(3) => Action::Roster,
        KeyCode::Up if alt => Action::RoomUp,
        KeyCode::Down if alt => Action::RoomDown,
        KeyCode::Up if shift || control => Action::ChooseUp,
        KeyCode::Down if shift || control => Action::ChooseDown,
        KeyCode::Char(c) if control => return with_control(c),
        KeyCode::Char(c) if alt => return with_alt(c),
        _ => Action::Edit(edit(key.code, control, alt)?),
    })
}

fn with_control(c: char) -> Option<Action> {
    Some(match c.to_ascii_lowercase() {
        'c' => Action::Interrupt,
        'd' => Action::End,
        'f' => Action::Search,
        'j' => Action::NewLine,
        'k' => Action::Switch,
        'l' => Action::Redraw,
        'm' => Action::Enter,
        't' => Action::Theme,
        'z' => Action::Suspend,
        'a' => Action::Edit(Edit::Home),
        'e' => Action::Edit(Edit::End),
        'b' => Action::Edit(Edit::Left),
        'h' => Action::Edit(Edit::Backspace),
        'n' => Action::Edit(Edit::Later),
        'p' => Action::Edit(Edit::Earlier),
        'u' => Action::Edit(Edit::DeleteToHome),
        'w' => Action::Edit(Edit::DeleteWord),
        _ => return None,
    })
}

fn with_alt(c: char) -> Option<Action> {
    Some(match c {
        'a' => Action::NextUnread,
        'm' => Action::Mouse,
        'b' => Action::Edit(Edit::WordLeft),
        'f' => Action::Edit(Edit::WordRight),
        'k' => Action::Edit(Edit::DeleteToEnd),
        '1'..='9' => Action::Room(c as usize - '1' as usize),
        _ => return None,
    })
}

fn edit(code: KeyCode, control: bool, alt: bool) -> Option<Edit> {
    let by_word = control || alt;
    #[expect(clippy::wildcard_enum_match_arm, reason = "there are many keys, and these are ours")]
    Some(match code {
        KeyCode::Char(c) => Edit::Char(c),
        KeyCode::Backspace if by_word => Edit::DeleteWord,
        KeyCode::Backspace => Edit::Backspace,
        KeyCode::Delete => Edit::Delete,
        KeyCode::Left if by_word => Edit::WordLeft,
        KeyCode::Right if by_word => Edit::WordRight,
        KeyCode::Left => Edit::Left,
        KeyCode::Right => Edit::Right,
        KeyCode::Home => Edit::Home,
        KeyCode::End => Edit::End,
        KeyCode::Up => Edit::Up,
        KeyCode::Down => Edit::Down,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_the_help_says() {
        let of = |code, modifiers| action(KeyEvent::new(code, modifiers));
        let (none, alt, control) = (KeyModifiers::NONE, KeyModifiers::ALT, KeyModifiers::CONTROL);
        assert_eq!(of(KeyCode::Enter, none), Some(Action::Enter));
        assert_eq!(of(KeyCode::Enter, alt), Some(Action::NewLine));
        assert_eq!(of(KeyCode::Char('j'), control), Some(Action::NewLine));
        assert_eq!(of(KeyCode::Char('k'), control), Some(Action::Switch));
        assert_eq!(of(KeyCode::Char('a'), alt), Some(Action::NextUnread));
        assert_eq!(of(KeyCode::Char('3'), alt), Some(Action::Room(2)));
        assert_eq!(of(KeyCode::Char('你'), none), Some(Action::Edit(Edit::Char('你'))));
        assert_eq!(of(KeyCode::Up, KeyModifiers::SHIFT), Some(Action::ChooseUp));
        assert_eq!(of(KeyCode::F(12), none), None);
    }
}

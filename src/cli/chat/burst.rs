//! Keys that come at once. A terminal that does not say what is pasted sends it as keys, faster than anyone types: a newline inside
//! of such a burst is one of the text, and enters nothing.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// How long the next part of a paste may take: the system hands over so many octets at a time.
const PART: Duration = Duration::from_millis(20);
/// Keys that are held at most.
const KEYS_MAX: usize = 1 << 16;

/// Keys that came one right after the other.
#[derive(Debug, Default)]
pub(super) struct Burst {
    keys: Vec<KeyEvent>,
    has_newline: bool,
}

impl Burst {
    /// How long to wait for what comes next before the burst is over. Whoever types waits for nothing.
    pub(super) const fn patience(&self) -> Duration {
        if self.has_newline && self.keys.len() > 1 { PART } else { Duration::ZERO }
    }

    /// Takes what comes next. Gives what is not held back.
    pub(super) fn take(&mut self, event: Event) -> Vec<Event> {
        if let Event::Key(key) = &event
            && character(*key).is_some()
            && self.keys.len() < KEYS_MAX
        {
            self.has_newline |= key.code == KeyCode::Enter;
            self.keys.push(*key);
            return Vec::new();
        }
        let mut all = self.end();
        all.push(event);
        all
    }

    /// Nothing comes next: what was held back, as a paste if lines were in it.
    pub(super) fn end(&mut self) -> Vec<Event> {
        let keys = std::mem::take(&mut self.keys);
        self.has_newline = false;
        let inside = keys.len().saturating_sub(1);
        if keys.iter().take(inside).any(|key| key.code == KeyCode::Enter) {
            return vec![Event::Paste(keys.into_iter().filter_map(character).collect())];
        }
        keys.into_iter().map(Event::Key).collect()
    }
}

/// The character of a text that a key may be.
#[expect(clippy::wildcard_enum_match_arm, reason = "there are many keys, and these are those of a text")]
fn character(key: KeyEvent) -> Option<char> {
    let is_plain = key.kind == KeyEventKind::Press && (key.modifiers - KeyModifiers::SHIFT).is_empty();
    match key.code {
        KeyCode::Char(c) if is_plain => Some(c),
        KeyCode::Enter if is_plain && key.modifiers.is_empty() => Some('\n'),
        KeyCode::Tab if is_plain => Some('\t'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(c: char) -> Event {
        let code = if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
        Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    /// What becomes of a text that comes as keys at once.
    fn burst(text: &str) -> Vec<Event> {
        let mut burst = Burst::default();
        let mut all: Vec<Event> = text.chars().flat_map(|c| burst.take(key(c))).collect();
        all.extend(burst.end());
        all
    }

    #[test]
    fn a_newline_inside_of_a_burst_enters_nothing() {
        assert_eq!(burst("one\ntwo"), [Event::Paste("one\ntwo".into())]);
        assert_eq!(burst("one\n\n"), [Event::Paste("one\n\n".into())]);
        // The last one may be a key that was pressed: by a program that types one line, or by a person, whose keys come at once over a
        // connection that is slow. One line that is pasted with its newline can't be told from that, and is entered as well.
        assert_eq!(burst("hi\n"), ['h', 'i', '\n'].map(key));
        assert_eq!(burst("\n"), [key('\n')]);
    }

    #[test]
    fn other_keys_keep_their_place() {
        let mut burst = Burst::default();
        let up = || Event::Key(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE));
        assert_eq!(burst.take(key('a')), []);
        assert_eq!(burst.take(up()), [key('a'), up()]);
        assert_eq!((burst.end(), burst.patience()), (vec![], Duration::ZERO));
        burst.take(key('\n'));
        assert_eq!(burst.patience(), Duration::ZERO, "nobody who types waits");
        burst.take(key('b'));
        assert_eq!(burst.patience(), PART);
    }
}

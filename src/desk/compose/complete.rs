//! Completion by Tab: commands, rooms, people and emoji, whatever the word before the caret may become.

use std::collections::BTreeMap;

use chinwag_proto::wire::message::name::fold;

use super::{Composer, emoji};
use crate::parse;

/// What there is to complete with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// Names of people, the likeliest first.
    pub people: &'a [String],
    /// Names of rooms as shown: `#lobby`.
    pub rooms: &'a [String],
    /// How often the user used each emoji.
    pub emoji: Option<&'a BTreeMap<String, u32>>,
}

/// Something that a word may become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What is put in.
    text: String,
    /// Its name, where the text has none.
    name: Option<&'static str>,
}

impl Candidate {
    /// As a list shows it: `👍 thumbsup`.
    #[must_use]
    pub fn shown(&self) -> String {
        let text = self.text.trim_end();
        self.name.map_or_else(|| text.to_owned(), |name| format!("{text} {name}"))
    }
}

impl From<String> for Candidate {
    fn from(text: String) -> Self {
        Self { text, name: None }
    }
}

/// A word that is being completed; each Tab takes the next candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Where the word begins.
    from: usize,
    candidates: Vec<Candidate>,
    at: usize,
    /// The text after the last step: when it is another one, something else was typed meanwhile.
    after: String,
}

/// Most candidates that are worth going through.
const CANDIDATES_MAX: usize = 64;

impl Completion {
    /// Completes the word before the caret, if it can become something; the first candidate is in its place then.
    pub fn begin(composer: &mut Composer, known: Known<'_>) -> Option<Self> {
        let (from, candidates) = candidates(composer, known);
        if candidates.is_empty() {
            return None;
        }
        let mut begun = Self { from, candidates, at: 0, after: String::new() };
        begun.put(composer);
        Some(begun)
    }

    /// What a press of Tab does: the next candidate of what is being completed, or the first of something new. `None`: there is
    /// nothing more to choose from.
    pub fn tab(completing: Option<Self>, composer: &mut Composer, known: Known<'_>, is_back: bool) -> Option<Self> {
        if let Some(mut going_on) = completing
            && going_on.step(composer, is_back)
        {
            return Some(going_on);
        }
        // One that can become only one thing is done.
        Self::begin(composer, known).filter(|begun| begun.candidates.len() > 1)
    }

    /// Takes the next candidate, or the one before. False: something else was typed meanwhile.
    pub fn step(&mut self, composer: &mut Composer, is_back: bool) -> bool {
        if !self.stands(composer) {
            return false;
        }
        let len = self.candidates.len();
        self.at = if is_back { (self.at + len - 1) % len } else { (self.at + 1) % len };
        self.put(composer);
        true
    }

    /// Nothing else was typed since.
    #[must_use]
    pub fn stands(&self, composer: &Composer) -> bool {
        composer.text() == self.after
    }

    /// All that the word may become, and which of them stands there now.
    #[must_use]
    pub fn candidates(&self) -> (&[Candidate], usize) {
        (&self.candidates, self.at)
    }

    fn put(&mut self, composer: &mut Composer) {
        composer.replace_before_caret(self.from, &self.candidates[self.at].text);
        composer.text().clone_into(&mut self.after);
    }
}

/// Where the word before the caret begins, and what it may become.
fn candidates(composer: &Composer, known: Known<'_>) -> (usize, Vec<Candidate>) {
    let before = &composer.text()[..composer.caret()];
    let from = before.rfind(char::is_whitespace).map_or(0, |at| {
        let width = before[at..].chars().next().map_or(1, char::len_utf8);
        at + width
    });
    let word = &before[from..];
    let all: Vec<Candidate> = match word.chars().next() {
        Some('/') if from == 0 => commands(&word[1..]).map(|name| format!("/{name} ").into()).collect(),
        Some('#') => rooms(word, known).map(|room| format!("{room} ").into()).collect(),
        Some('@') => people(&word[1..], known).map(|name| format!("@{name} ").into()).collect(),
        Some(':') if word.len() > 1 => {
            let emoji = emoji::beginning(&word[1..], known.emoji).into_iter();
            emoji.map(|(name, emoji)| Candidate { text: emoji.to_owned(), name: Some(name) }).collect()
        }
        Some(_) => {
            let all = people(word, known);
            all.map(|name| if from == 0 { format!("{name}: ") } else { format!("{name} ") }.into()).collect()
        }
        None => Vec::new(),
    };
    (from, all.into_iter().take(CANDIDATES_MAX).collect())
}

/// Commands whose names begin so.
pub fn commands(prefix: &str) -> impl Iterator<Item = &'static str> {
    parse::COMMANDS.iter().map(parse::Command::name).filter(move |name| name.starts_with(prefix))
}

fn rooms<'a>(word: &str, known: Known<'a>) -> impl Iterator<Item = &'a String> {
    let wanted = fold(word);
    known.rooms.iter().filter(move |room| fold(room).starts_with(&wanted))
}

fn people<'a>(word: &str, known: Known<'a>) -> impl Iterator<Item = &'a String> {
    let wanted = fold(word);
    known.people.iter().filter(move |name| fold(name).starts_with(&wanted))
}

/// What a colon has just ended: `:smile:` becomes what it means. Gives whether it did.
pub fn emoji_at_caret(composer: &mut Composer) -> bool {
    let before = &composer.text()[..composer.caret()];
    let Some(inner) = before.strip_suffix(':') else { return false };
    let Some(from) = inner.rfind(':') else { return false };
    let is_word = inner[..from].chars().next_back().is_none_or(char::is_whitespace);
    match emoji::named(&inner[from + 1..]).filter(|_| is_word) {
        Some(emoji) => {
            composer.replace_before_caret(from, emoji);
            true
        }
        None => false,
    }
}

/// The command that is being typed, by its first name, once that is: what it takes can be shown.
#[must_use]
pub fn command_of(text: &str) -> Option<&'static str> {
    let typed = text.strip_prefix('/').filter(|rest| !rest.starts_with('/'))?;
    parse::find(typed.split(char::is_whitespace).next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> (Vec<String>, Vec<String>) {
        (["bob", "Bea", "安娜"].map(String::from).to_vec(), ["#lobby", "#loud"].map(String::from).to_vec())
    }

    /// The text after so many presses of Tab.
    fn tabs(text: &str, times: usize) -> String {
        let (people, rooms) = known();
        let mut composer = Composer::default();
        composer.insert(text);
        let mut completion: Option<Completion> = None;
        for _ in 0..times {
            let known = Known { people: &people, rooms: &rooms, emoji: None };
            match &mut completion {
                Some(going) => assert!(going.step(&mut composer, false)),
                none => *none = Completion::begin(&mut composer, known),
            }
        }
        composer.text().to_owned()
    }

    #[test]
    fn a_word_becomes_what_it_may_mean() {
        assert_eq!(tabs("/bac", 1), "/back ");
        assert_eq!(tabs("/un", 2), "/unmute ");
        assert_eq!(tabs("b", 1), "bob: ");
        assert_eq!(tabs("b", 2), "Bea: ");
        assert_eq!(tabs("b", 3), "bob: ");
        assert_eq!(tabs("hello be", 1), "hello Bea ");
        assert_eq!(tabs("你好 @安", 1), "你好 @安娜 ");
        assert_eq!(tabs("/join #lo", 2), "/join #loud ");
        assert_eq!(tabs("well :tad", 1), "well 🎉");
        assert_eq!(tabs("well :thu", 1), "well 👍");
        assert_eq!(tabs("nobody ", 1), "nobody ");
    }

    #[test]
    fn a_named_emoji_becomes_one_when_its_second_colon_is_typed() {
        let typed = |text: &str| {
            let mut composer = Composer::default();
            composer.insert(text);
            emoji_at_caret(&mut composer);
            composer.text().to_owned()
        };
        assert_eq!(typed("so :smile:"), "so 😄");
        assert_eq!(typed("10:30:"), "10:30:");
        assert_eq!(typed(":nothing:"), ":nothing:");
    }

    #[test]
    fn a_command_is_known_once_its_name_is_typed() {
        assert_eq!(command_of("/j #lob"), Some("join"));
        assert_eq!(command_of("//ban"), None);
        assert_eq!(command_of("/ba"), None);
    }
}

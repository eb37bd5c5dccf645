//! Telling a user who looks elsewhere: the bell, and notifications that terminals know how to show on a desktop.

use chinwag_proto::wire::message::Entry;

use super::sentences::{and_more, who_where};
use crate::render::render_text;
use crate::words::beginning;

/// Something that was said just now and rings: to the user, or as the rules have it. All of it is safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// Where, as shown.
    pub room: String,
    /// By whom.
    pub who: String,
    /// What: the beginning of it, in one line.
    pub text: String,
}

/// So much of a message is in a notification.
const PINGED: usize = 120;

impl Ping {
    /// A message in that room rings.
    #[must_use]
    pub fn of(room: &str, entry: &Entry) -> Self {
        let text = beginning(entry.body.text().unwrap_or_default(), PINGED);
        Self { room: render_text(room).into_owned(), who: render_text(&entry.name).into_owned(), text }
    }
}

/// How the user is to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    /// Not at all.
    Off,
    /// By the bell.
    #[default]
    Bell,
    /// By the bell, and OSC 9 (iTerm2, `WezTerm`, kitty, Windows Terminal, `ConEmu`).
    Osc9,
    /// By the bell, and OSC 777 (`VTE`, urxvt, foot, Ghostty).
    Osc777,
    /// By the bell, and by the desktop itself: whoever runs the face shows [`Notify::notes`] there.
    Desktop,
}

/// Something to be shown beside the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Who, and where.
    pub title: String,
    /// What.
    pub text: String,
}

/// So many of them at once; of more only the number is told.
const AT_ONCE: usize = 3;

impl Notify {
    /// What they are called.
    pub const NAMES: [&str; 5] = ["off", "bell", "osc9", "osc777", "desktop"];

    /// The one that is called so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Off, Self::Bell, Self::Osc9, Self::Osc777, Self::Desktop];
        Self::NAMES.iter().position(|known| *known == name).map(|at| all[at])
    }

    /// What the terminal is known to understand, by its environment.
    #[must_use]
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let program = variable("TERM_PROGRAM").unwrap_or_default();
        let term = variable("TERM").unwrap_or_default();
        if matches!(program.as_str(), "iTerm.app" | "WezTerm") || term.contains("kitty") {
            Self::Osc9
        } else if program == "ghostty"
            || variable("VTE_VERSION").is_some()
            || term.starts_with("foot")
            || term.contains("rxvt")
        {
            Self::Osc777
        } else {
            Self::Bell
        }
    }

    /// What is shown on the desktop of these, if that is wanted.
    #[must_use]
    pub fn notes(self, pings: &[Ping]) -> Vec<Note> {
        if self == Self::Desktop { notes(pings) } else { Vec::new() }
    }

    /// What is written to the terminal to tell of these. Pings are safe to show; what would end the sequence is taken out, too.
    #[must_use]
    pub fn sequence(self, pings: &[Ping]) -> String {
        if self == Self::Off || pings.is_empty() {
            return String::new();
        }
        let told: String = notes(pings).iter().map(|note| self.one(&note.title, &note.text)).collect();
        format!("\x07{told}")
    }

    fn one(self, title: &str, text: &str) -> String {
        let plain = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
        match self {
            Self::Off | Self::Bell | Self::Desktop => String::new(),
            Self::Osc9 => format!("\x1b]9;{}: {}\x1b\\", plain(title), plain(text)),
            Self::Osc777 => {
                format!("\x1b]777;notify;{};{}\x1b\\", plain(title).replace(';', ","), plain(text).replace(';', ","))
            }
        }
    }
}

/// A few of them, and how many more there are.
fn notes(pings: &[Ping]) -> Vec<Note> {
    let mut notes: Vec<_> =
        pings.iter().take(AT_ONCE).map(|ping| Note { title: title(ping), text: ping.text.clone() }).collect();
    if pings.len() > AT_ONCE {
        notes.push(Note { title: "chinwag".to_owned(), text: and_more(pings.len() - AT_ONCE) });
    }
    notes
}

fn title(ping: &Ping) -> String {
    if ping.room.starts_with('@') { ping.who.clone() } else { who_where(&ping.who, &ping.room) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_says_who_and_what_and_can_not_be_broken_out_of() {
        let ping = |room: &str, text: &str| Ping { room: room.into(), who: "bob".into(), text: text.into() };
        let told = Notify::Osc777.sequence(&[ping("#lobby", "ann; look\x1b\\\x07")]);
        assert_eq!(told, "\x07\x1b]777;notify;bob in #lobby;ann, look\\\x1b\\");
        assert_eq!(Notify::Osc9.sequence(&[ping("@bob", "hi")]), "\x07\x1b]9;bob: hi\x1b\\");
        assert_eq!(Notify::Bell.sequence(&[ping("@bob", "hi")]), "\x07");
        assert_eq!(Notify::Off.sequence(&[ping("@bob", "hi")]), "");
        assert_eq!(Notify::Bell.notes(&[ping("@bob", "hi")]), []);
        let note = Note { title: "bob in #lobby".into(), text: "hi".into() };
        assert_eq!(Notify::Desktop.notes(&[ping("#lobby", "hi")]), [note]);
        assert_eq!(Notify::Desktop.sequence(&[ping("#lobby", "hi")]), "\x07");
        let many = vec![ping("@bob", "hi"); 5];
        assert!(Notify::Osc9.sequence(&many).ends_with("chinwag: and 2 more\x1b\\"));
    }
}
